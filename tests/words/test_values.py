"""The values that every room shares, and the family of errors."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from fairshare.words import (
    UNOBTAINABLE,
    Answer,
    FairshareError,
    Item,
    NotFound,
    Organisation,
    Outcome,
    Period,
    Person,
    Purpose,
    Reason,
    Subject,
)

VALUES: list[type[BaseModel]] = [Organisation, Person, Subject, Period, Purpose, Item, Reason, Answer]


@pytest.mark.parametrize("value", VALUES, ids=lambda each: each.__name__)
def test_every_value_is_frozen_and_refuses_unknown_fields(value):
    assert value.model_config["frozen"]
    assert value.model_config["extra"] == "forbid"


@given(start=st.dates(), end=st.dates() | st.none(), day=st.dates())
def test_a_period_covers_both_its_ends_and_nothing_outside(start, end, day):
    if end is not None and end < start:
        with pytest.raises(ValidationError, match="ends before it starts"):
            Period(start=start, end=end)
        return
    period = Period(start=start, end=end)
    assert period.covers(start)
    assert period.covers(end or date.max)
    assert period.covers(day) == (start <= day <= (end or date.max))


@pytest.mark.parametrize(
    ("outcome", "shares"),
    [
        (Outcome.MUST_SHARE, True),
        (Outcome.SHARE_FULL, True),
        (Outcome.SHARE_WITH_CONDITIONS, True),
        (Outcome.SHARE_MINIMISED, True),
        (Outcome.SHARE_DEIDENTIFIED, True),
        (Outcome.DEFER_NEED_INFO, False),
        (Outcome.REDIRECT, False),
        (Outcome.REFUSE_VOLUNTARY, False),
        (Outcome.REFUSE_PROHIBITED, False),
    ],
)
def test_only_the_sharing_outcomes_let_anything_go(outcome, shares):
    assert outcome.shares is shares


def test_every_outcome_is_in_the_table_above():
    assert len(Outcome) == 9


@pytest.mark.parametrize(
    ("value", "kind"),
    [(True, bool), (False, bool), (0, int), (1, int), ("yes", str), (date(2026, 2, 5), date), (UNOBTAINABLE, str)],
)
def test_an_answer_keeps_its_type_through_json(value, kind):
    answer = Answer.model_validate_json(Answer(value=value).model_dump_json())
    assert answer.value == value
    assert type(answer.value) is kind
    assert answer.cannot_be_known == (value == UNOBTAINABLE)


@pytest.mark.parametrize("ref", ["", "P1", "1p", "p 1", "../p1", "p" * 41, "p1\n"])
def test_a_ref_is_a_short_plain_name(ref):
    with pytest.raises(ValidationError):
        Subject(ref=ref, label="A person")


def test_an_error_says_what_where_and_what_to_do_next():
    error = NotFound("there is no such tool", fix="Run `fairshare tools`.", where="tool")
    assert str(error) == "NOT_FOUND: there is no such tool (at tool). Run `fairshare tools`."
    assert isinstance(error, FairshareError)
    assert error.exit_code == 3
