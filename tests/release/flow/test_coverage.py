"""A release goes only if the decision, the agreement and the law of the day cover all of it; each refusal says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.agree.force import AgreementNotInForce
from fairshare.records.commitments import record_id
from fairshare.records.kinds import Departure, Party, ReleaseKind, ScopeState
from fairshare.release import refusals
from fairshare.release.coverage import check_coverage, why_not_release
from fairshare.release.coverage_contents import check_file
from fairshare.release.filters import ListChanged
from fairshare.release.grounds import Grounds
from fairshare.release.kinds import ChosenFile, Contents, Documents, People
from fairshare.release.refusals import (
    AgreementMissing,
    AnotherRecord,
    DecisionNotSigned,
    DepartureNotApproved,
    ItemMissing,
    ItemNotAgreed,
    ItemNotTreated,
    LawChanged,
    NotDecidedToShare,
    OtherHolder,
    OtherKind,
    OtherPurpose,
    OtherRecipient,
    OutsideAgreement,
    OutsideDates,
    PersonNotCovered,
    PlanNotRecorded,
    SecondPersonNeeded,
    TwoVersions,
    WrongFile,
)
from fairshare.words import FairshareError, Item, Organisation, Outcome, Period, Purpose, Reason
from tests.release.flow.stories import (
    CHECKER,
    HANDLER,
    HOLDER_KEY,
    LEAD,
    OFFICER,
    PLAN,
    POLICE,
    TODAY,
    UNIVERSITY,
    bundle,
    line,
    make_agreement,
    make_decision,
    make_release,
    make_study_decision,
    make_study_table,
    make_table,
    one_off,
    record_plan,
    routine,
    tell,
)

NOWHERE = Path("nowhere")
TABLE = make_table(NOWHERE)
STUDY = make_study_table(NOWHERE)
FILES = Documents((ChosenFile("i4", NOWHERE / "a.txt", "a.txt"),))
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
DEPARTED = Departure(assessed=Outcome.REFUSE_VOLUNTARY, reasons="A child may be at risk.")
REDACTED_FILE = line("i4", "Tenancy file", ScopeState.REDACTED, treatment="names blurred", item={"kind": "document"})
VIEWED = line("i5", "Door footage", item={"kind": "viewed"})


def decided(**changes: Any) -> tuple[Grounds, Contents]:
    """The police's table, under a decision that is not as it should be."""
    return one_off(TABLE, decision=make_decision(**changes)), TABLE


def intended(**changes: Any) -> tuple[Grounds, Contents]:
    """The police's table, under an intent that is not as it should be."""
    return one_off(TABLE, release=changes), TABLE


def chosen(*files: ChosenFile, scope: Any = None, items: tuple[str, ...] = ("i4",)) -> tuple[Grounds, Contents]:
    """A bundle of files, under a decision with this scope."""
    decision = make_decision(scope=(scope,)) if scope else None
    return bundle(decision=decision, release={"items": items}), Documents(files)


def planned(changed: bytes, by: bytes, **changes: Any) -> tuple[Grounds, Contents]:
    """The police's table, by a plan with one thing in it changed."""
    assert changed in PLAN
    table = make_table(NOWHERE, PLAN.replace(changed, by), **changes)
    return one_off(table), table


def agreed(**changes: Any) -> tuple[Grounds, Contents]:
    """The university's table, under an agreement that is not as it should be."""
    return routine(STUDY, agreement=changes), STUDY


def with_roles(discloser: str, recipient: str) -> tuple[Party, ...]:
    one, other = make_agreement(make_study_decision()).parties
    return (one.model_copy(update={"role": discloser}), other.model_copy(update={"role": recipient}))


A_FILE = FILES.files[0]
BLURRED = replace(A_FILE, treatment="names blurred", name="b.txt")

REFUSED: dict[str, tuple[tuple[Grounds, Contents], type[FairshareError]]] = {
    "the decision is not signed": ((one_off(TABLE, decision_signed_by=frozenset()), TABLE), DecisionNotSigned),
    "it names another decision": (intended(decision="sha256:" + "0" * 64), AnotherRecord),
    "the decision refuses": (decided(outcome=Outcome.REFUSE_PROHIBITED), NotDecidedToShare),
    "the decision waits for more": (decided(outcome=Outcome.DEFER_NEED_INFO), NotDecidedToShare),
    "the decision sends the asker elsewhere": (decided(outcome=Outcome.REDIRECT), NotDecidedToShare),
    "nobody approved a departure": (decided(departure=DEPARTED), DepartureNotApproved),
    "the decider approved their own departure": (
        decided(departure=DEPARTED.model_copy(update={"second_approver": LEAD})),
        DepartureNotApproved,
    ),
    "another organisation releases": (intended(holder=POLICE), OtherHolder),
    "it goes to another organisation": (intended(recipient=UNIVERSITY), OtherRecipient),
    "it goes to one of the same name elsewhere": (
        intended(recipient=Organisation(name="Northshire Police", country="FR")),
        OtherRecipient,
    ),
    "it goes to another officer": (intended(recipient_contact=CHECKER), OtherRecipient),
    "it goes to no officer in particular": (intended(recipient_contact=None), OtherRecipient),
    "it is for another purpose": (intended(purpose=Purpose(code="crime.prevention")), OtherPurpose),
    "it was meant for yesterday": (intended(law_date=YESTERDAY), OutsideDates),
    "the decision is not valid yet": (decided(valid=Period(start=TOMORROW)), OutsideDates),
    "the decision is no longer valid": (decided(valid=Period(start=YESTERDAY, end=YESTERDAY)), OutsideDates),
    "it names an item twice": (intended(items=("i1", "i2", "i1")), ItemMissing),
    "it names no items": (intended(items=()), ItemMissing),
    "it takes in an item that was withheld": (intended(items=("i1", "i2", "i3")), ItemNotAgreed),
    "it takes in an item never decided on": (intended(items=("i1", "i2", "i9")), ItemNotAgreed),
    "an item was agreed, but under an outcome of refusal": (
        decided(scope=(line("i1", "Name", outcome=Outcome.REFUSE_VOLUNTARY), line("i2", "Born"))),
        ItemNotAgreed,
    ),
    "an item is to be redacted, and nobody said how": (
        decided(scope=(line("i1", "Name", ScopeState.REDACTED), line("i2", "Born"))),
        ItemNotTreated,
    ),
    "an item is agreed on one line and withheld on another": (
        decided(scope=(line("i1", "Name"), line("i1", "Name", ScopeState.WITHHELD), line("i2", "Born"))),
        ItemNotAgreed,
    ),
    "an item is about somebody else": (
        decided(scope=(line("i1", "Name", item={"person": "p9"}), line("i2", "Born"))),
        PersonNotCovered,
    ),
    "what may only be viewed is handed over": (chosen(A_FILE, scope=VIEWED, items=("i5",)), OtherKind),
    "a column leaves as a document": (chosen(replace(A_FILE, item="i1"), items=("i1",)), OtherKind),
    "a table was meant and files were made ready": ((one_off(TABLE), FILES), OtherKind),
    "files were meant and a table was made ready": ((bundle(), TABLE), AnotherRecord),
    "no second person checked an address at risk": (
        (one_off(TABLE, at_risk=frozenset({"i1"})), TABLE),
        SecondPersonNeeded,
    ),
    "the releaser checked it themselves": (
        (one_off(TABLE, at_risk=frozenset({"i1"}), release={"checked_by": HANDLER}), TABLE),
        SecondPersonNeeded,
    ),
    "the releaser checked it under another role": (
        (
            one_off(
                TABLE,
                at_risk=frozenset({"i1"}),
                release={"checked_by": HANDLER.model_copy(update={"name": " c.  AVOCET", "identifier": None})},
            ),
            TABLE,
        ),
        SecondPersonNeeded,
    ),
    "routine sharing names no agreement": ((routine(STUDY, release={"agreement": None}), STUDY), AgreementMissing),
    "no agreement is given": ((replace(routine(STUDY), agreement=None), STUDY), AgreementMissing),
    "it names another agreement": (
        (routine(STUDY, release={"agreement": "sha256:" + "0" * 64}), STUDY),
        AnotherRecord,
    ),
    "one party has not signed": (
        (routine(STUDY, agreement_signed_by=frozenset({HOLDER_KEY.public.kid})), STUDY),
        AgreementNotInForce,
    ),
    "the agreement has run out": (
        agreed(valid=Period(start=YESTERDAY, end=YESTERDAY), review_on=TODAY),
        AgreementNotInForce,
    ),
    "the agreement has not begun": (agreed(valid=Period(start=TOMORROW)), AgreementNotInForce),
    "the agreement's review has lapsed": (agreed(review_on=YESTERDAY), AgreementNotInForce),
    "the agreement is for another purpose": (agreed(purpose=Purpose(code="research.other")), OutsideAgreement),
    "the agreement has fewer items": (
        agreed(items=(Item(ref="i1", label="Reference", kind="column"),)),
        OutsideAgreement,
    ),
    "the agreement means something else by that name": (
        agreed(
            items=(Item(ref="i1", label="Address", kind="column"), Item(ref="i2", label="Date of birth", kind="column"))
        ),
        OutsideAgreement,
    ),
    "the agreement is about one person only": (
        agreed(
            items=(
                Item(ref="i1", label="Reference", kind="column", person="p1"),
                Item(ref="i2", label="Date of birth", kind="column"),
            )
        ),
        OutsideAgreement,
    ),
    "the agreement covers another period of the item": (
        agreed(
            items=(
                Item(ref="i1", label="Reference", kind="column", period=Period(start=TODAY)),
                Item(ref="i2", label="Date of birth", kind="column"),
            )
        ),
        OutsideAgreement,
    ),
    "the agreement asks for more treatment": (agreed(treatments={"i2": "age_band"}), OutsideAgreement),
    "the holder may not disclose under the agreement": (
        agreed(parties=with_roles("recipient", "recipient")),
        OutsideAgreement,
    ),
    "the recipient may not receive under the agreement": (
        agreed(parties=with_roles("discloser", "discloser")),
        OutsideAgreement,
    ),
    "no plan was recorded": ((one_off(TABLE, plan=None), TABLE), AnotherRecord),
    "it names another plan": (intended(plan="sha256:" + "0" * 64), AnotherRecord),
    "the plan is not the one recorded": (
        (one_off(TABLE), make_table(NOWHERE, PLAN.replace(b"two people", b"others"))),
        PlanNotRecorded,
    ),
    "a column belongs to no item": (planned(b", item: i1", b""), ItemNotAgreed),
    "a column carries an item that was withheld": (planned(b"item: i1", b"item: i3"), ItemMissing),
    "a column carries an item not named in the intent": (
        (one_off(TABLE, release={"items": ("i1",)}), TABLE),
        ItemMissing,
    ),
    "nothing carries an item that the intent names": (
        planned(b"  - {column: born, treatment: generalise, to: year, item: i2}\n", b""),
        ItemMissing,
    ),
    "a column goes without its treatment": (
        planned(b"treatment: generalise, to: year", b"treatment: keep"),
        ItemNotTreated,
    ),
    "a column is treated too weakly": (planned(b"to: year", b"to: month"), ItemNotTreated),
    "the plan takes in everybody": (
        planned(b"rows:\n  - {column: id, test: one_of, values: ['1', '2']}\n", b""),
        PersonNotCovered,
    ),
    "the plan leaves people out instead": (planned(b"one_of", b"none_of"), PersonNotCovered),
    "the plan picks people by another column": (planned(b"column: id", b"column: name"), PersonNotCovered),
    "the plan takes in somebody unknown": (planned(b"'2'", b"'3'"), PersonNotCovered),
    "nobody says whose the values are": (planned(b"'2'", b"'2'", people=None), PersonNotCovered),
    "the plan takes in somebody who is not a subject": (
        planned(b"'2'", b"'3'", people=People("id", {"1": "p1", "2": "p2", "3": "p3"})),
        PersonNotCovered,
    ),
    "the plan picks people from a list that may change": (
        planned(b"test: one_of, values: ['1', '2']", b"test: listed, path: who.txt"),
        PersonNotCovered,
    ),
    "a column was agreed for one of two people": (
        decided(scope=(line("i1", "Name", item={"person": "p1"}), line("i2", "Born"))),
        PersonNotCovered,
    ),
    "a file goes unredacted": (chosen(A_FILE, scope=REDACTED_FILE), ItemNotTreated),
    "a file is redacted otherwise than decided": (
        chosen(replace(A_FILE, treatment="faces blurred"), scope=REDACTED_FILE),
        ItemNotTreated,
    ),
    "one item goes redacted and unredacted": (chosen(A_FILE, BLURRED), TwoVersions),
    "a file belongs to no decided item": (chosen(A_FILE, replace(A_FILE, item="i9", name="c.txt")), ItemMissing),
    "more is told than is named": (
        (bundle(release={"release_kind": ReleaseKind.SPOKEN}), tell("i4", "i3")),
        ItemMissing,
    ),
    "it is told without what was to be left out": (
        (
            bundle(decision=make_decision(scope=(REDACTED_FILE,)), release={"release_kind": ReleaseKind.SPOKEN}),
            tell("i4"),
        ),
        ItemNotTreated,
    ),
    "the law has changed": (
        (one_off(TABLE, law_today=lambda decision, day: (Reason(text="The basis no longer applies."),)), TABLE),
        LawChanged,
    ),
}
REFUSED["the agreement is not to hand"] = (
    (routine(STUDY, agreement_signed_by=frozenset()), STUDY),
    AgreementNotInForce,
)
REFUSED["no agreement is given"] = ((replace(routine(STUDY), agreement=None), STUDY), AgreementMissing)


@pytest.mark.parametrize("case", REFUSED)
def test_a_release_is_refused_for_the_reason_that_applies(case: str) -> None:
    (grounds, contents), error = REFUSED[case]
    with pytest.raises(error) as raised:
        check_coverage(grounds, contents)
    assert type(raised.value) is error
    reason = why_not_release(grounds, contents)
    assert reason is not None
    assert reason.text[0].isupper()
    assert reason.text.endswith(".")
    assert raised.value.fix in reason.text


def test_each_refusal_has_a_code_of_its_own() -> None:
    errors = [
        each for each in vars(refusals).values() if isinstance(each, type) and each.__module__ == refusals.__name__
    ]
    assert len({each.code for each in errors}) == len(errors)
    at_the_desk = {AgreementNotInForce, WrongFile, refusals.BadReaders, refusals.OtherReader, refusals.ReaderNotChecked}
    tested = {error for _, error in REFUSED.values()} | at_the_desk
    assert set(errors) <= tested


COVERED: dict[str, tuple[Grounds, Contents]] = {
    "a table for the police": (one_off(TABLE), TABLE),
    "a bundle": (bundle(), FILES),
    "a bundle, told instead": (bundle(release={"release_kind": ReleaseKind.SPOKEN}), tell("i4")),
    "a table under an agreement": (routine(STUDY), STUDY),
    "an emergency, its agreement lapsed": (
        routine(STUDY, decision=make_study_decision(emergency=True), agreement={"review_on": YESTERDAY}),
        STUDY,
    ),
    "an order of court, its agreement unsigned": (
        routine(STUDY, decision=make_study_decision(compelled=True), agreement_signed_by=frozenset()),
        STUDY,
    ),
    "a one-off, its agreement run out": (
        routine(
            STUDY,
            decision=make_study_decision(routine=False),
            agreement={"valid": Period(start=YESTERDAY, end=YESTERDAY)},
        ),
        STUDY,
    ),
    "a departure that a second person approved": decided(
        departure=DEPARTED.model_copy(update={"second_approver": CHECKER})
    ),
    "a departure in an emergency": decided(departure=DEPARTED, emergency=True),
    "an address at risk, checked by another": (
        one_off(TABLE, at_risk=frozenset({"i1"}), release={"checked_by": CHECKER}),
        TABLE,
    ),
    "an address at risk, in an emergency": (
        one_off(TABLE, decision=make_decision(emergency=True), at_risk=frozenset({"i1"})),
        TABLE,
    ),
    "somebody at risk, in an item that stays": (one_off(TABLE, at_risk=frozenset({"i4"})), TABLE),
    "a stronger treatment than was decided": (routine(STUDY, agreement={"treatments": {}}), STUDY),
    "a coarser agreement about anyone": (
        routine(
            STUDY,
            agreement={
                "items": (
                    Item(ref="i1", label="REFERENCE", kind="column"),
                    Item(ref="i2", label="Date of birth", kind="column"),
                )
            },
        ),
        STUDY,
    ),
    "two people, each with an item of their own": (
        one_off(
            make_table(NOWHERE, items={"name": ("i1", "i5")}),
            decision=make_decision(
                scope=(
                    line("i1", "Name", item={"person": "p1"}),
                    line("i5", "Name", item={"person": "p2"}),
                    line("i2", "Born", ScopeState.REDACTED, treatment="year only"),
                )
            ),
            release={"items": ("i1", "i5", "i2")},
        ),
        make_table(NOWHERE, items={"name": ("i1", "i5")}),
    ),
    "one of two people": planned(b"'1', '2'", b"'1'"),
    "one person by a plain test": planned(b"one_of, values: ['1', '2']", b"equals, value: '2'"),
    "the last day": (
        one_off(TABLE, decision=make_decision(valid=Period(start=YESTERDAY, end=TODAY))),
        TABLE,
    ),
    "a file redacted as decided": chosen(BLURRED, scope=REDACTED_FILE),
    "two files of one item": chosen(A_FILE, replace(A_FILE, name="b.txt")),
}


@pytest.mark.parametrize("case", COVERED)
def test_a_release_that_is_covered_may_go(case: str) -> None:
    assert why_not_release(*COVERED[case]) is None


def test_the_law_asked_about_is_that_of_the_release_date() -> None:
    asked: list[date] = []

    def law_today(decision: object, day: date) -> tuple[Reason, ...]:
        asked.append(day)
        return ()

    check_coverage(one_off(TABLE, decision=make_decision(law_date=YESTERDAY), law_today=law_today), TABLE)
    assert asked == [TODAY]


def test_a_plan_recorded_with_its_defaults_written_out_is_the_same_plan() -> None:
    spelt_out = record_plan(TABLE.plan).model_copy(update={"plan": TABLE.plan.model_dump(mode="json")})
    assert spelt_out != record_plan(TABLE.plan)
    grounds = one_off(TABLE, plan=spelt_out, release={"plan": record_id(spelt_out)})
    assert why_not_release(grounds, TABLE) is None


@pytest.mark.parametrize(
    ("required", "treatment", "enough"),
    [
        ("month", "generalise, to: month", True),
        ("month", "generalise, to: year", True),
        ("year", "generalise, to: month", False),
        ("year only", "generalise, to: year", True),
        ("pseudonymise", "pseudonymise, key: k", True),
        ("pseudonymise", "mask", False),
        ("mask", "mask", True),
        ("mask", "mask, keep_last: 3", False),
        ("masked, the first 0 and last 3 characters kept", "mask, keep_last: 3", True),
        ("postcode_district", "generalise, to: postcode_area", True),
        ("postcode_area", "generalise, to: postcode_district", False),
        ("something nobody knows", "generalise, to: year", False),
        ("keep", "keep", True),
    ],
)
def test_a_treatment_is_enough_if_it_is_the_one_required_or_stronger(
    required: str, treatment: str, enough: bool
) -> None:
    plan = PLAN.replace(b"generalise, to: year", treatment.encode())
    table = make_table(NOWHERE, plan)
    scope = (line("i1", "Name"), line("i2", "Born", treatment=required))
    grounds = one_off(table, decision=make_decision(scope=scope))
    assert (why_not_release(grounds, table) is None) is enough


PUBLISHED = b"""publish:
  publish: private_statistics
  person: id
  epsilon: 1
  keys: [{column: born, first: 1950, last: 1960}]
  statistics: [{statistic: count, name: people}]
"""


@pytest.mark.parametrize(
    ("required", "enough"),
    [("private_statistics", True), ("year", True), ("month", True), ("keep", False), ("synthetic", False)],
)
def test_what_is_published_of_a_column_meets_a_decision_that_says_so_or_would_let_its_rows_go(
    required: str, enough: bool
) -> None:
    table = make_table(NOWHERE, PLAN + PUBLISHED)
    scope = (line("i1", "Name"), line("i2", "Born", treatment=required))
    refused = why_not_release(one_off(table, decision=make_decision(scope=scope)), table)
    assert (refused is None) is enough
    if refused is not None:
        assert f"as decided: {required}; the plan says year, then private_statistics" in refused.text
    assert [said for _, said in table.treatments()] == [
        "only in statistics with differential privacy (epsilon 1; at most 1 row(s) a person)",
        "year only; only in statistics with differential privacy (epsilon 1; at most 1 row(s) a person)",
    ]


def test_a_decision_that_lets_a_column_go_as_it_is_lets_statistics_of_it_go() -> None:
    table = make_table(NOWHERE, PLAN + PUBLISHED)
    scope = (line("i1", "Name", treatment="keep"), line("i2", "Born"))
    assert why_not_release(one_off(table, decision=make_decision(scope=scope)), table) is None


def test_people_may_come_from_a_list_whose_digest_the_plan_names(tmp_path: Path) -> None:
    listed = tmp_path / "who.txt"
    listed.write_text("1\n2\n")
    digest = sha256(listed.read_bytes()).hexdigest()
    test = f"test: listed, path: who.txt, sha256: {digest}".encode()
    table = make_table(tmp_path, PLAN.replace(b"test: one_of, values: ['1', '2']", test))
    assert why_not_release(one_off(table), table) is None
    listed.write_text("1\n2\n3\n")
    with pytest.raises(ListChanged):
        check_coverage(one_off(table), table)


DIGEST, OTHER = "a" * 64, "b" * 64
WHOLE = line("i4", "File", item={"sha256": DIGEST})
CUT = line("i4", "File", ScopeState.REDACTED, treatment="names blurred", item={"sha256": DIGEST})
KEPT = line("i5", "Other file", ScopeState.WITHHELD, item={"sha256": OTHER})


@pytest.mark.parametrize(
    ("scope", "digest", "refused"),
    [
        ((WHOLE,), DIGEST, False),
        ((WHOLE,), OTHER, True),  # not the file that was decided on
        ((CUT,), OTHER, False),
        ((CUT,), DIGEST, True),  # the original, said to be redacted
        ((line("i4", "File"), KEPT), DIGEST, False),
        ((line("i4", "File"), KEPT), OTHER, True),  # a withheld file under another item's name
    ],
)
def test_a_file_must_be_the_one_that_was_decided_on(scope: tuple[Any, ...], digest: str, refused: bool) -> None:
    grounds = bundle(decision=make_decision(scope=scope))
    if refused:
        with pytest.raises(WrongFile):
            check_file(grounds, "i4", digest)
    else:
        check_file(grounds, "i4", digest)


REFS = st.sampled_from([f"i{n}" for n in range(1, 10)])
ORGANISATIONS = st.builds(Organisation, name=st.sampled_from(["Harbour Homes", "Northshire Police", "Somebody", "X"]))
DAYS = st.dates(date(2020, 1, 1), date(2035, 1, 1))
MUTATIONS = st.one_of(
    st.fixed_dictionaries({"items": st.lists(REFS, max_size=5).map(tuple)}),
    st.fixed_dictionaries({"recipient": ORGANISATIONS}),
    st.fixed_dictionaries({"holder": ORGANISATIONS}),
    st.fixed_dictionaries({"recipient_contact": st.sampled_from([OFFICER, CHECKER, None])}),
    st.fixed_dictionaries({"purpose": st.builds(Purpose, code=st.from_regex(r"\A[a-z][a-z.]{0,20}\Z"))}),
    st.fixed_dictionaries({"law_date": DAYS}),
    st.fixed_dictionaries({"release_kind": st.sampled_from(ReleaseKind)}),
    st.fixed_dictionaries({"decision": st.from_regex(r"\Asha256:[0-9a-f]{64}\Z")}),
    st.fixed_dictionaries({"plan": st.from_regex(r"\Asha256:[0-9a-f]{64}\Z")}),
)


@given(st.lists(MUTATIONS, min_size=1, max_size=3))
def test_an_intent_that_differs_from_what_was_decided_is_always_refused(mutations: list[dict[str, Any]]) -> None:
    good = one_off(TABLE)
    changed: dict[str, Any] = {}
    for mutation in mutations:
        changed |= mutation
    intent = make_release(good.decision, **({"plan": good.release.plan} | changed))
    same = sorted(intent.items) == ["i1", "i2"] and intent == good.release.model_copy(update={"items": intent.items})
    reason = why_not_release(replace(good, release=intent), TABLE)
    assert (reason is None) is same


@given(
    withheld=st.sets(REFS),
    redacted=st.sets(REFS),
    agreed_items=st.sets(REFS),
    wanted=st.lists(REFS, min_size=1, max_size=6, unique=True),
    changed=st.sets(REFS),
)
def test_files_go_only_for_items_agreed_or_redacted_as_decided(
    withheld: set[str], redacted: set[str], agreed_items: set[str], wanted: list[str], changed: set[str]
) -> None:
    scope = tuple(
        [line(ref, "Held", ScopeState.WITHHELD) for ref in sorted(withheld)]
        + [line(ref, "Cut", ScopeState.REDACTED, treatment="blurred") for ref in sorted(redacted)]
        + [line(ref, "Whole") for ref in sorted(agreed_items)]
    )
    files = Documents(
        tuple(ChosenFile(ref, NOWHERE, f"{ref}.txt", treatment="blurred" if ref in changed else None) for ref in wanted)
    )
    grounds = bundle(decision=make_decision(scope=scope), release={"items": tuple(wanted)})
    allowed = all(
        ref in redacted | agreed_items and ref not in withheld and (ref not in redacted or ref in changed)
        for ref in wanted
    )
    assert (why_not_release(grounds, files) is None) is allowed


def test_no_refusal_names_a_person_or_a_file() -> None:
    for (grounds, contents), _ in REFUSED.values():
        reason = why_not_release(grounds, contents)
        assert reason is not None
        for secret in ("Wren", "Teal", "Avocet", "Heron", "Plover", "a.txt", "Tenancy file"):
            assert secret not in reason.text
