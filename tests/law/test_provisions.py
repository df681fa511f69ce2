"""The provisions that ship: sound, dated, linked, marked, and changing on the days the law changed."""

import re
from datetime import date, timedelta

import pytest

from fairshare.law import Kind, Provision, UnknownProvision, count_marks, describe_marks, load_law
from fairshare.law.checking import MEMORY
from fairshare.words import Mark

LAW = load_law()
READ_ON = date(2026, 11, 22)
EARLIEST = date(1900, 1, 1)
STATUTE_LINK = re.compile(
    r"^https://www\.legislation\.gov\.uk/"
    r"(ukpga/\d{4}/\d+|ukpga/Geo5/[0-9-]+/\d+|eur/2016/679|uksi/\d{4}/\d+|asp/\d{4}/\d+|anaw/\d{4}/\d+|apni/\d{4}/\d+"
    r"|nisi/\d{4}/\d+)"
    r"(/(article|section|schedule|regulation|part|annex)/[0-9A-Z]+(/(paragraph|part)/[0-9A-Z]+)?)$"
)

every_provision = pytest.mark.parametrize("provision", LAW.provisions.values(), ids=lambda each: each.id)


@every_provision
def test_a_provision_is_dated_sanely_and_marked(provision: Provision) -> None:
    for version in provision.versions:
        assert version.start is None or EARLIEST < version.start <= READ_ON
        assert version.end is None or version.end < READ_ON
        assert version.status != "in_force" or version.start is not None or version.end is None
        assert version.checked.on == READ_ON
        assert (version.checked.how is Mark.REMEMBERED) == (version.checked.source == MEMORY)
        assert version.checked.dated is None or version.checked.dated <= version.checked.on
        assert 10 <= len(version.says) <= 400
        assert version.says.endswith(".")
        assert "/" not in version.checked.against.replace("S.I. 2026/82", "").replace("S.I. 2025/904", "")


@every_provision
def test_a_statute_links_to_its_place_on_legislation_gov_uk(provision: Provision) -> None:
    if provision.kind is Kind.STATUTE:
        assert provision.link
        assert STATUTE_LINK.match(provision.link), provision.link


@every_provision
def test_welsh_stands_beside_english_and_is_marked_unreviewed(provision: Provision) -> None:
    assert provision.says_cy
    assert provision.says_cy_reviewed is False


def test_no_two_ids_differ_only_by_case() -> None:
    assert len({each.casefold() for each in LAW.provisions}) == len(LAW.provisions)


def test_an_id_is_found_whatever_its_case() -> None:
    assert LAW.provision("UKGDPR.ART6.1.EA") is LAW.provision("ukgdpr.art6.1.ea")


def test_an_unknown_id_is_an_error_of_the_family_with_a_next_step() -> None:
    with pytest.raises(UnknownProvision) as caught:
        LAW.provision("ukgdpr.art99.9")
    assert caught.value.code == "UNKNOWN_PROVISION"
    assert caught.value.where == "ukgdpr.art99.9"


@pytest.mark.parametrize(
    ("provision_id", "first_day"),
    [
        ("ukgdpr.art15.1A", "2024-01-01"),  # searches, treated as in force from then
        ("fgma2003.s5B", "2015-10-31"),
        ("dpa2018.s40A", "2025-08-19"),  # two months after Royal Assent
        ("dpa2018.s71A", "2025-08-20"),  # first commencement regulations
        ("dpa2018.s120B", "2025-08-20"),
        ("dpa2018.schA1", "2025-08-20"),
        ("dpa2018.s29.1A", "2025-11-17"),  # joint processing with intelligence services
        ("dpa2018.s82A", "2025-11-17"),
        ("pcsca2022.s44A", "2026-01-12"),  # victim information requests
        ("pcsca2022.s44C", "2026-01-12"),
        ("code.vir", "2026-01-12"),
        ("ukgdpr.art5.3", "2026-02-05"),  # sixth commencement regulations
        ("ukgdpr.art6.1.ea", "2026-02-05"),
        ("ukgdpr.art8A.3.d", "2026-02-05"),
        ("ukgdpr.art8A.4", "2026-02-05"),
        ("ukgdpr.art12A", "2026-02-05"),
        ("ukgdpr.art22B.4", "2026-02-05"),
        ("ukgdpr.art44A", "2026-02-05"),
        ("ukgdpr.annex1.para1", "2026-02-05"),
        ("ukgdpr.annex1.para5", "2026-02-05"),
        ("ukgdpr.annex2.para6", "2026-02-05"),
        ("ukgdpr.annex2.para12", "2026-02-05"),
        ("ico.rli.crime", "2026-03-23"),  # the regulator's guidance
        ("ico.compatibility", "2026-03-23"),
        ("dpa2018.s164A", "2026-06-19"),  # complaints
        ("si2026no82.reg7", "2026-06-19"),
    ],
)
def test_a_new_provision_is_in_force_from_its_day_and_not_before(provision_id: str, first_day: str) -> None:
    day = date.fromisoformat(first_day)
    provision = LAW.provision(provision_id)
    assert provision.status_at(day - timedelta(days=1)) == "not_in_force"
    assert provision.status_at(day) == "in_force"


@pytest.mark.parametrize(
    ("provision_id", "last_day"),
    [
        ("ukgdpr.art6.4", "2026-02-04"),
        ("ukgdpr.art22", "2026-02-04"),
        ("ukgdpr.art44", "2026-02-04"),
        ("ukgdpr.art45", "2026-02-04"),
        ("ukgdpr.art89", "2026-02-04"),
        ("dpa2018.s19", "2026-02-04"),
        ("dpa2018.s49", "2026-02-04"),
        ("dpa2018.sch2.para1.b.ii", "2026-02-04"),  # exemptions stopped lifting purpose limitation
    ],
)
def test_a_repealed_provision_holds_to_its_last_day_and_no_longer(provision_id: str, last_day: str) -> None:
    day = date.fromisoformat(last_day)
    provision = LAW.provision(provision_id)
    assert provision.status_at(day) == "in_force"
    assert provision.status_at(day + timedelta(days=1)) == "not_in_force"
    assert provision.at(day + timedelta(days=1)) is None


@pytest.mark.parametrize(
    ("provision_id", "first_day", "before", "after"),
    [
        ("ukgdpr.art5.1.b", "2026-02-05", "presumed", "this controller"),
        ("ukgdpr.art6.1.e", "2026-02-05", "whose task", "controller's own task"),
        ("ukgdpr.art6.1.closing", "2026-02-05", "could not rely on legitimate interests", "recognised or not"),
        ("ukgdpr.art9.2.j", "2026-02-05", "Article 89", "Article 84B"),
        ("ukgdpr.art21.1", "2026-02-05", "could object", "recognised legitimate interest"),
        ("dpa2018.s36.1", "2026-02-05", "its collection", "this controller collected"),
        ("dpa2018.sch1.para4", "2026-02-05", "Article 89", "Article 84B"),
        ("dpa2018.s62", "2025-08-19", "justification", "so far as possible, who"),
    ],
)
def test_a_changed_provision_says_the_old_until_its_day_and_the_new_from_it(
    provision_id: str, first_day: str, before: str, after: str
) -> None:
    day = date.fromisoformat(first_day)
    provision = LAW.provision(provision_id)
    old, new = provision.at(day - timedelta(days=1)), provision.at(day)
    assert old is not None
    assert new is not None
    assert before in old.says
    assert before not in new.says
    assert after in new.says


@pytest.mark.parametrize("provision_id", ["ukgdpr.art17.1.g", "ca2004.s16LA", "cwsa2026.s4", "vapa2024.s31"])
def test_commencement_unconfirmed_is_a_third_state_and_never_concludes_must(provision_id: str) -> None:
    provision = LAW.provision(provision_id)
    assert provision.status_at(READ_ON) == "unconfirmed"
    assert provision.at(READ_ON) is not None
    assert not provision.may_conclude_must(READ_ON)


@pytest.mark.parametrize(
    ("provision_id", "may"),
    [
        ("ukgdpr.art6.1.c", True),  # a statute that was read
        ("dpa2018.s30.2", True),
        ("ta2000.s38B", True),
        ("fgma2003.s5B", True),
        ("fsma2000.s348", False),  # remembered
        ("commonlaw.confidence", False),  # known from secondary sources
        ("code.datasharing", False),  # not law
        ("policy.suggestion", False),  # read, but not law
        ("ukgdpr.art6.4", False),  # no longer in force
    ],
)
def test_only_law_in_force_that_was_read_may_conclude_must(provision_id: str, may: bool) -> None:
    assert LAW.provision(provision_id).may_conclude_must(READ_ON) is may


def test_the_mark_of_a_provision_is_that_of_its_version_on_the_day() -> None:
    assert LAW.mark("ukgdpr.art6.1.e", date(2026, 2, 5)) is Mark.READ
    assert LAW.mark("ukgdpr.art6.1.e", date(2026, 2, 4)) is Mark.SECONDARY
    assert LAW.mark("ukgdpr.art6.1.ea", date(2026, 2, 4)) is None
    assert LAW.mark("no.such", date(2026, 2, 4)) is None


@pytest.mark.parametrize(
    ("provision_id", "nations"),
    [
        ("dpa2018.s208", ("S",)),
        ("pcsca2022.s44A", ("E", "W")),
        ("pcsca2022.s44F", ("E", "W", "S", "NI")),
        ("clani1967.s5", ("NI",)),
        ("sswbwa2014.s128", ("W",)),
        ("aspsa2007.s5", ("S",)),
        ("careact2014.s45", ("E",)),
        ("rta1988.s172", ("E", "W", "S")),
    ],
)
def test_a_provision_knows_its_nations(provision_id: str, nations: tuple[str, ...]) -> None:
    assert LAW.provision(provision_id).nations == nations


def test_every_numbered_paragraph_that_rules_may_cite_is_there() -> None:
    wanted = {f"dpa2018.sch1.para{number}" for number in range(1, 42)}
    wanted |= {f"dpa2018.sch8.para{number}" for number in range(1, 10)}
    wanted |= {f"ukgdpr.annex1.para{number}" for number in range(1, 9)}
    wanted |= {f"ukgdpr.annex2.para{number}" for number in range(1, 13)}
    wanted |= {f"ukgdpr.art6.1.{point}" for point in ("a", "b", "c", "d", "e", "ea", "f")}
    wanted |= {f"ukgdpr.art9.2.{point}" for point in "abcdefghij"}
    wanted |= {f"dpa2018.sch2.para{number}" for number in (1, 2, 3, 4, 5, *range(7, 29))}
    assert wanted <= set(LAW.provisions)


def test_the_marks_are_counted_over_every_version() -> None:
    counted = count_marks(LAW)
    assert sum(counted.values()) == sum(len(each.versions) for each in LAW.provisions.values())
    assert str(counted[Mark.READ]) in describe_marks(LAW)


def test_the_law_is_loaded_once_and_carries_a_digest() -> None:
    assert load_law() is LAW
    assert re.fullmatch(r"[0-9a-f]{64}", LAW.digest)
