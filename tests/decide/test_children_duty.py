"""The duty to share about children in England: its start is not confirmed, so both outcomes are shown."""

from datetime import date

from fairshare.decide.assess import assess
from fairshare.decide.library import load_real_base
from fairshare.decide.program import CaseShape
from fairshare.words import Answer, Outcome

TODAY = date(2026, 11, 22)
ANSWERS: dict[str, str | bool] = {
    "danger": "none",
    "nation": "england",
    "recipient.never_contact": False,
    "recipient.helper": "protection_service",
    "holder.public_authority": True,
    "holder.performing_tasks": True,
    "duty.listed_body": True,
    "recipient.listed_body": True,
    "item.helps_child": True,
    "children.purpose": "check_worry",
    "children.more_harm": "sharing_helps",
    "item.hidden_from_recipient": False,
    "item.location_at_risk": False,
    "item.bar": "none",
    "item.confidence": "none",
    "item.special_category": False,
    "item.criminal_offence": False,
    "item.shows_others": False,
    "item.accuracy": "checked",
    "necessity.finding": "needed",
    "delivery.channel": "spoken",
    "requests.repeated": False,
    "consent.state": "not_asked",
    "consent.real_choice": False,
    "person.role": "victim",
}


def outcomes(**changed: str | bool) -> tuple[Outcome | None, list[tuple[Outcome | None, tuple[str, ...]]]]:
    """The outcome of one item, and those that unconfirmed law would bring."""
    answers = {key: Answer(value=value) for key, value in (ANSWERS | changed).items()}
    found = assess(load_real_base(), "sg.children", CaseShape(), TODAY, answers)
    return found.items["i1"], [(each.then, each.rules) for each in found.alternatives]


def test_both_outcomes_are_shown_and_the_present_one_shares() -> None:
    now, alternatives = outcomes()
    assert now is Outcome.SHARE_FULL
    assert [then for then, _ in alternatives] == [Outcome.MUST_SHARE]
    assert "share.must.england_children" in alternatives[0][1]


def test_the_duty_is_for_england_only() -> None:
    for nation in ("wales", "scotland", "northern_ireland"):
        now, alternatives = outcomes(nation=nation, **{"duty.protect_finding": "does_not_apply"})
        assert now is Outcome.SHARE_FULL
        assert alternatives == []


def test_a_body_that_does_not_know_whether_it_is_listed_shares_without_claiming_the_duty() -> None:
    now, alternatives = outcomes(**{"duty.listed_body": "unobtainable"})
    assert now is Outcome.SHARE_FULL
    assert alternatives == []


def test_even_the_duty_sends_nothing_to_somebody_on_the_never_contact_list() -> None:
    now, alternatives = outcomes(**{"recipient.never_contact": True})
    assert now is Outcome.REFUSE_VOLUNTARY
    assert alternatives == []
