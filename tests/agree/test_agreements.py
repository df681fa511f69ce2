"""An agreement says what was decided, needs every party's key, and pauses when it lapses."""

from datetime import UTC, date, datetime
from itertools import product

import pytest

from fairshare.agree import (
    AgreementNotInForce,
    NotForAgreement,
    check_agreement_in_force,
    draft_agreement,
    why_not_in_force,
    write_agreement_text,
)
from fairshare.records.kinds import Agreement, Decision, Party
from fairshare.words import Period, Person

KEY_A, KEY_B = "a" * 43, "b" * 43
ANNE = Person(name="Anne Holder", role="IG lead")
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def make_decision(**changes: object) -> Decision:
    fields: dict[str, object] = {
        "case": "c1",
        "salt": "0" * 32,
        "made_at": NOW,
        "made_by": ANNE,
        "tool": "ca.reuse",
        "rules": "0" * 64,
        "law_date": date(2026, 11, 22),
        "answers": {},
        "assessed": "SHARE_WITH_CONDITIONS",
        "outcome": "SHARE_WITH_CONDITIONS",
        "holder": {"name": "North Probation"},
        "recipient": {"name": "Mid University"},
        "purpose": {"code": "research.recidivism", "text": "A study of reoffending"},
        "scope": [
            {
                "item": {"ref": "i1", "label": "week of arrest"},
                "state": "agreed",
                "outcome": "SHARE_FULL",
                "reason": {"text": "needed"},
            },
            {
                "item": {"ref": "i2", "label": "age"},
                "state": "redacted",
                "outcome": "SHARE_DEIDENTIFIED",
                "treatment": "band",
                "reason": {"text": "needed"},
            },
            {
                "item": {"ref": "i3", "label": "name | alias"},
                "state": "withheld",
                "outcome": "REFUSE_VOLUNTARY",
                "reason": {"text": "not needed"},
            },
        ],
        "conditions": ["Do not link to other data"],
        "routine": True,
        "valid": {"start": date(2026, 11, 1), "end": date(2027, 10, 31)},
        "decided_by": ANNE,
    }
    return Decision.model_validate(fields | changes)


def make_party(name: str, key: str, role: str) -> Party:
    return Party.model_validate({"organisation": {"name": name}, "role": role, "key": key, "contact": ANNE})


PARTIES = (make_party("North Probation", KEY_A, "discloser"), make_party("Mid University", KEY_B, "recipient"))
VALID = Period(start=date(2026, 11, 22), end=date(2027, 10, 31))


def draft(**changes: object) -> Agreement:
    wanted: dict[str, object] = {
        "decision": make_decision(),
        "parties": PARTIES,
        "valid": VALID,
        "review_on": date(2027, 5, 1),
    }
    wanted |= changes
    return draft_agreement(
        wanted["decision"],  # type: ignore[arg-type]
        "sha256:" + "1" * 64,
        wanted["parties"],  # type: ignore[arg-type]
        title="Reoffending study",
        valid=wanted["valid"],  # type: ignore[arg-type]
        review_on=wanted["review_on"],  # type: ignore[arg-type]
        salt="2" * 32,
        made_at=NOW,
        made_by=ANNE,
    )


def test_the_draft_holds_what_was_decided_and_nothing_withheld() -> None:
    agreement = draft()
    assert [item.ref for item in agreement.items] == ["i1", "i2"]
    assert agreement.treatments == {"i2": "band"}
    assert agreement.conditions == ("Do not link to other data",)
    assert agreement.follows == ("sha256:" + "1" * 64,)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"decision": make_decision(outcome="REFUSE_VOLUNTARY")}, "nothing to agree"),
        ({"parties": PARTIES[:1]}, "Mid University must be a party"),
        ({"parties": (PARTIES[0], make_party("Mid University", KEY_A, "recipient"))}, "same key"),
        ({"valid": Period(start=date(2026, 10, 1), end=date(2027, 1, 1))}, "outside the decision's dates"),
        ({"valid": Period(start=date(2026, 11, 22))}, "outside the decision's dates"),
        ({"valid": Period(start=date(2026, 11, 22), end=date(2028, 1, 1))}, "outside the decision's dates"),
        ({"review_on": date(2027, 11, 1)}, "review day"),
    ],
)
def test_a_draft_that_the_decision_does_not_support_is_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(NotForAgreement) as refused:
        draft(**changes)
    assert says in refused.value.message
    assert refused.value.fix


@pytest.mark.parametrize(("first", "second"), list(product([True, False], repeat=2)))
def test_an_agreement_is_in_force_only_when_every_key_has_signed(first: bool, second: bool) -> None:
    signed = {key for key, present in ((KEY_A, first), (KEY_B, second)) if present}
    assert (why_not_in_force(draft(), signed, date(2026, 12, 1)) is None) == (first and second)


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(2026, 11, 21), "runs from"),
        (date(2026, 11, 22), None),
        (date(2027, 5, 1), None),
        (date(2027, 5, 2), "due for review"),
        (date(2027, 11, 1), "runs from"),
    ],
)
def test_an_agreement_pauses_outside_its_dates_and_after_its_review(day: date, code: str | None) -> None:
    if code is None:
        check_agreement_in_force(draft(), {KEY_A, KEY_B}, day)
    else:
        with pytest.raises(AgreementNotInForce, match=code):
            check_agreement_in_force(draft(), {KEY_A, KEY_B}, day)


def test_the_text_shows_every_term_and_escapes_table_cells() -> None:
    agreement = draft().model_copy(update={"title": "T", "terms": {"Retention": "Five years"}})
    text = write_agreement_text(agreement, signed_by={KEY_A: "2026-11-22"})
    for expected in (
        "North Probation",
        "Mid University",
        "week of arrest",
        "| age | band |",
        "review by 2027-05-01",
        "Five years",
    ):
        assert expected in text
    assert "not yet" in text
    assert "2026-11-22" in text
    assert "alias" not in text
