"""The competent-authority register: names as people write them, and status by function and purpose."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.law import Entry, UnknownEntry, load_law
from fairshare.law.names import read_tokens, score_label
from fairshare.words import Mark

LAW = load_law()
REGISTER = LAW.register
every_entry = pytest.mark.parametrize("entry", REGISTER.entries.values(), ids=lambda each: each.id)


@pytest.mark.parametrize(
    ("written", "entry_id", "name"),
    [
        ("Met Police", "sch7.para6", "Metropolitan Police Service"),
        ("metropolitan police servce", "sch7.para6", "Metropolitan Police Service"),
        ("Avon and Somerset Police", "sch7.para5", "Avon and Somerset Police"),
        ("AVON & SOMERSET CONSTABULARY", "sch7.para5", "Avon and Somerset Police"),
        ("Heddlu De Cymru", "sch7.para5", "South Wales Police"),
        ("HMRC", "sch7.para21", "HM Revenue and Customs"),
        ("His Majesty's Revenue & Customs", "sch7.para21", "HM Revenue and Customs"),
        ("DWP", "sch7.para1", "Department for Work and Pensions"),
        ("Border Force", "sch7.para1", "Home Office"),
        ("Police Scotland", "sch7.para9", "Police Scotland"),
        ("PSNI", "sch7.para8", "Police Service of Northern Ireland"),
        ("CPS", "sch7.para47", "Crown Prosecution Service"),
        ("Bristol City Council", "function.council", "Council"),
        ("Natural Resources Wales", "function.natural-resources-wales", "Natural Resources Wales"),
        ("Police and Crime Commissioner for Kent", "function.local-policing-body", "Police and crime commissioner"),
        ("MI5", "never.intelligence", "Security Service"),
        ("GCHQ", "never.intelligence", "Government Communications Headquarters"),
        ("F.B.I.", "never.overseas", "Federal Bureau of Investigation"),
        ("An Garda Síochána", "never.overseas", "An Garda Síochána"),
        ("Gardaí", "never.overseas", "An Garda Síochána"),
        ("Europol", "never.europol", "Europol"),
        ("Shopwatch", "never.crime-partnership", "Business crime reduction partnership"),
    ],
)
def test_a_body_is_found_by_the_name_people_use(written: str, entry_id: str, name: str) -> None:
    best = REGISTER.find(written)[0]
    assert (best.entry.id, best.name) == (entry_id, name)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "   ",
        "the",
        "police",
        "Police Federation",
        "University of Glasgow",
        "?!",
        "National Service Office",
        "Northern Ireland Service",
    ],
)
def test_a_name_that_tells_nothing_finds_nobody(written: str) -> None:
    assert REGISTER.find(written) == ()


def test_one_welsh_force_is_not_taken_for_another() -> None:
    assert [each.name for each in REGISTER.find("North Wales Police")] == ["North Wales Police"]


@given(st.text(max_size=400))
def test_any_text_is_searched_without_an_error_and_scores_stay_in_range(text: str) -> None:
    found = REGISTER.find(text, limit=3)
    assert len(found) <= 3
    assert all(0 < each.score <= 1 for each in found)


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_score_is_full_only_for_the_same_words(one: str, other: str) -> None:
    asked, label = read_tokens(one), read_tokens(other)
    if asked and label:
        assert 0 <= score_label(asked, label) <= 1.0000001
        assert score_label(label, label) == pytest.approx(1)


@pytest.mark.parametrize(
    ("entry_id", "function", "purpose", "answer"),
    [
        ("sch7.para5", None, "law_enforcement", "competent"),
        ("sch7.para5", None, "unknown", "only_if"),  # the same force, purpose not stated
        ("sch7.para5", None, "other", "not_competent"),  # the same force as an employer
        ("sch7.para21", None, "law_enforcement", "competent"),
        ("sch7.para21", None, "other", "not_competent"),  # assessing tax is not law enforcement
        ("sch7.para43", None, "law_enforcement", "only_if"),  # a contractor outside its contract is not one
        ("sch7.para43", "custody", "law_enforcement", "competent"),
        ("function.council", None, "law_enforcement", "only_if"),
        ("function.council", "trading_standards", "law_enforcement", "competent"),
        ("function.council", "trading_standards", "unknown", "only_if"),
        ("function.council", "planning", "law_enforcement", "only_if"),  # doubtful whether it qualifies
        ("function.council", "libraries", "law_enforcement", "only_if"),
        ("function.tv-licensing", "tv_licence", "law_enforcement", "only_if"),
        ("function.non-ministerial", None, "law_enforcement", "only_if"),
        ("never.intelligence", None, "law_enforcement", "not_competent"),
        ("never.overseas", None, "law_enforcement", "not_competent"),
        ("never.private-investigator", None, "law_enforcement", "not_competent"),
    ],
)
def test_status_follows_function_and_purpose_not_the_body(
    entry_id: str, function: str | None, purpose: str, answer: str
) -> None:
    status = REGISTER.judge_status(entry_id, function=function, purpose=purpose)  # type: ignore[arg-type]
    assert status.answer == answer
    assert bool(status.condition) == (answer == "only_if")
    assert status.register_version == REGISTER.version
    assert all(each in LAW.provisions for each in status.cites)


def test_a_body_that_is_never_one_is_told_its_other_route() -> None:
    status = REGISTER.judge_status("never.intelligence", purpose="law_enforcement")
    assert "section 19" in status.why.casefold()
    assert "cta2008.s19" in status.cites
    assert REGISTER.entry("never.intelligence").route == "intelligence_service"


def test_an_unknown_entry_is_an_error_of_the_family() -> None:
    with pytest.raises(UnknownEntry):
        REGISTER.judge_status("sch7.para99")


def test_schedule_7_is_whole_paragraphs_1_to_56_with_15a() -> None:
    paragraphs = {each.paragraph for each in REGISTER.entries.values() if each.basis == "listed"}
    assert paragraphs == {str(number) for number in range(1, 57)} | {"15A"}


@every_entry
def test_an_entry_names_nations_bodies_and_how_it_was_checked(entry: Entry) -> None:
    assert entry.nations
    assert entry.bodies
    assert entry.name_cy
    assert entry.checked.on == REGISTER.as_of
    assert entry.basis != "listed" or entry.checked.how is Mark.READ
    assert all(set(body.nations or ()) <= set(entry.nations) for body in entry.bodies)


def test_the_territorial_forces_are_all_there() -> None:
    forces = REGISTER.entry("sch7.para5").bodies
    assert len(forces) == 41
    assert [each.name for each in forces if each.nations == ("W",)] == [
        "Dyfed-Powys Police",
        "Gwent Police",
        "North Wales Police",
        "South Wales Police",
    ]


def test_the_version_names_the_day_and_the_contents() -> None:
    assert re.fullmatch(r"2026-11-22\+[0-9a-f]{12}", REGISTER.version)
