"""The clause bank meets every expected content for each kind of agreement, in both languages, on law that is held."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.agree.bank import CLAUSES, find_slots, load_bank, parse_bank
from fairshare.decide.library import load_real_base
from fairshare.law import load_law
from fairshare.records import Form
from fairshare.words import FairshareError

BANK = load_bank()
WELSH = load_bank("cy")
LAW = load_law()
ART_26 = {"responsibilities", "rights", "transparency", "roles", "essence", "each", "contact"}
ART_28 = {"binding", "subject", "nature", "types", "controller", "instructions", "confidentiality", "security"} | {
    "others",
    "rights",
    "assist",
    "end",
    "audit",
    "unlawful",
}


def meeting(form: Form, content: str, when: str | None) -> list[str]:
    """The clauses of a kind that meet a content, and go in whenever it is expected."""
    clauses = [*BANK.for_form(form), *(BANK.for_form(Form.FRAMEWORK) if form is Form.FRAMEWORK_SCHEDULE else ())]
    return [
        each.id
        for each in clauses
        if content in each.meets
        and set(each.when) <= ({when} if when else set())
        and (each.level != "could" or each.always)
    ]


@pytest.mark.parametrize("form", list(Form))
def test_every_expected_content_is_met_by_a_clause_of_each_kind(form: Form) -> None:
    assert [each.id for each in BANK.expected(form) if not meeting(form, each.id, each.when)] == []


@pytest.mark.parametrize(
    ("form", "prefix", "elements"), [(Form.JOINT, "joint", ART_26), (Form.PROCESSOR, "processor", ART_28)]
)
def test_each_element_that_the_law_lists_is_required_and_present(form: Form, prefix: str, elements: set[str]) -> None:
    expected = {each.id for each in BANK.expected(form) if each.by == "law" and each.when is None}
    assert expected == {f"{prefix}.{each}" for each in elements}
    must = [each for each in BANK.contents if each.id in expected and each.id != "joint.contact"]
    assert {each.level for each in must} == {"must"}


@pytest.mark.parametrize("clause", BANK.clauses.values(), ids=lambda each: each.id)
def test_a_must_cites_law_and_every_citation_is_in_force(clause) -> None:  # type: ignore[no-untyped-def]
    provisions = [LAW.provision(each) for each in clause.cites]
    assert all(each.status_at(date(2026, 11, 22)) == "in_force" for each in provisions)
    if clause.level == "must":
        assert any(each.kind.is_law for each in provisions)


def test_the_two_languages_have_the_same_slots_and_alternatives() -> None:
    assert list(BANK.clauses) == list(WELSH.clauses)
    for one, other in zip(BANK.clauses.values(), WELSH.clauses.values(), strict=True):
        assert [set(find_slots(each)) for each in one.texts] == [set(find_slots(each)) for each in other.texts], one.id
    for name, words in BANK.schedules.items():
        theirs = WELSH.schedules[name]
        assert [len(words.columns), len(words.points), len(words.duties)] == [
            len(theirs.columns),
            len(theirs.points),
            len(theirs.duties),
        ]


def test_circumstances_are_read_off_questions_and_conclusions_of_the_rule_base() -> None:
    base = load_real_base()
    for conditions in BANK.circumstances.values():
        for each in conditions:
            assert each.answer is None or each.answer in base.facts
            assert each.conclusion is None or each.conclusion in base.conclusions


def test_no_clause_is_for_nothing_and_no_slot_is_unused() -> None:
    used = {slot for each in BANK.clauses.values() for slot in each.slots}
    assert set(BANK.slots) == used
    assert all(each.forms for each in BANK.clauses.values())
    assert len({each.words.text for each in BANK.clauses.values()}) == len(BANK.clauses)


def test_no_clause_promises_a_basis_or_claims_approval_or_caps_what_people_may_claim() -> None:
    for each in BANK.clauses.values():
        for text in each.texts:
            lowered = text.casefold()
            for word in ("warrants", "indemnif", "approved by the ico", "liability is limited", "shall not exceed"):
                assert word not in lowered, each.id
    assert BANK.clause("answer.recourse").level == "could"


BROKEN = st.binary(max_size=200) | st.sampled_from(
    [
        b"clauses: 3",
        b"groups: {}\ncircumstances: {}\nslots: {}\nclauses: []\nschedules: []",
        (CLAUSES / "bank.yaml").read_bytes().replace(b"care.breach,", b"care.other,", 1),
        (CLAUSES / "bank.yaml").read_bytes().replace(b"ukgdpr.art33, ukgdpr.art34]", b"ukgdpr.art999]", 1),
        (CLAUSES / "bank.yaml").read_bytes().replace(b"when: [treated]", b"when: [full_moon]", 1),
        (CLAUSES / "bank.yaml").read_bytes().replace(b"forms: [mou]", b"forms: [treaty]", 1),
    ]
)


@given(BROKEN)
def test_a_broken_bank_is_refused_in_one_family_of_errors(raw: bytes) -> None:
    words = [path.read_bytes() for path in sorted((CLAUSES / "en").glob("*.yaml"))]
    with pytest.raises(FairshareError):
        parse_bank(raw, (CLAUSES / "contents.yaml").read_bytes(), words, "en", law=LAW)
    with pytest.raises(FairshareError):
        parse_bank((CLAUSES / "bank.yaml").read_bytes(), raw, words, "en", law=LAW)
