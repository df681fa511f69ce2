"""What goes is called anonymous only on the judgement of a named person, about that plan, until its day of review."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.release.intruder import (
    JudgementUnfit,
    digest_plan,
    digest_source,
    read_judgement_form,
    why_not_anonymous,
)
from fairshare.release.kinds import Table
from fairshare.release.plan import Plan
from fairshare.release.sheet_facts import judge_risk
from fairshare.words import FairshareError
from fairshare.words.reading import build
from tests.release.flow.stories import CHECKER, TODAY, OneKey, one_off

FORM = b"""
attacks:
  - sort: linking
    sources: [the electoral register, local newspapers of 2025]
    result: nobody_found
    what: Twenty people who are known to be in it were looked for, by age and district.
conclusion: cannot_be_identified
reason: Groups are of fifty and more, and nothing in them is rare.
review_on: 2027-11-22
"""
PLAN = build(
    Plan,
    {"name": "x", "source": {"format": "csv", "path": "p.csv"}, "columns": [{"column": "a", "treatment": "keep"}]},
    where="x",
)


SOURCE = "a" * 64


def judge(form: bytes = FORM, plan: Plan = PLAN, on: date = TODAY, source: str | None = SOURCE) -> Any:
    return read_judgement_form(form, plan=digest_plan(plan), source=source, by=CHECKER, on=on, where="judgement.yaml")


def test_a_judgement_holds_for_its_plan_and_its_time():
    assert why_not_anonymous(judge(), PLAN, SOURCE, TODAY) is None


@pytest.mark.parametrize(
    ("judgement", "day", "why"),
    [
        (None, TODAY, "nobody has judged"),
        (judge(plan=PLAN.model_copy(update={"name": "y"})), TODAY, "another plan"),
        (judge(FORM.replace(b"cannot_be", b"may_be")), TODAY, "may be identified"),
        (judge(), date(2027, 11, 22), "looked at again"),
        (judge(), TODAY - timedelta(days=1), "dated later"),
    ],
)
def test_without_a_judgement_that_stands_nothing_is_called_anonymous(tmp_path, judgement, day, why):
    (tmp_path / "p.csv").write_text("a\n1\n")
    assert why in why_not_anonymous(judgement, PLAN, SOURCE, day)
    table = Table(plan=PLAN, keys=OneKey(), base=tmp_path)
    grounds = one_off(table, judgement=judgement, today=day)
    assert judge_risk("de_identified", grounds, table) == "de_identified"


def test_only_what_was_de_identified_is_ever_called_anonymous(tmp_path):
    table = Table(plan=PLAN, keys=OneKey(), base=tmp_path)
    (tmp_path / "p.csv").write_text("a\n1\n")
    grounds = one_off(table, judgement=judge(source=digest_source(PLAN, tmp_path)))
    assert judge_risk("de_identified", grounds, table) == "anonymous"
    assert judge_risk("pseudonymised", grounds, table) == "pseudonymised"
    assert judge_risk("identifiable", grounds, table) == "identifiable"


def test_a_judgement_ends_with_the_files_that_it_was_about(tmp_path):
    table = Table(plan=PLAN, keys=OneKey(), base=tmp_path)
    (tmp_path / "p.csv").write_text("a\n1\n")
    grounds = one_off(table, judgement=judge(source=digest_source(PLAN, tmp_path)))
    (tmp_path / "p.csv").write_text("a\n9\n")
    assert judge_risk("de_identified", grounds, table) == "de_identified"


def test_what_may_change_at_any_moment_cannot_be_judged(tmp_path):
    source = {"format": "postgresql", "connection": "c", "table": "t"}
    database = build(Plan, {**PLAN.model_dump(mode="json", exclude_defaults=True), "source": source}, where="x")
    assert digest_source(database, tmp_path) is None
    with pytest.raises(JudgementUnfit):
        judge(source=None)
    old = judge().model_copy(update={"source": None})
    assert why_not_anonymous(old, PLAN, SOURCE, TODAY) is not None


@pytest.mark.parametrize(
    "form",
    [
        FORM.replace(b"nobody_found", b"somebody_found"),
        FORM.replace(b"nobody_found", b"not_certain"),
        FORM.replace(b"2027-11-22", b"2020-01-01"),
        FORM + b"by: {name: Somebody Else, role: x}\n",
    ],
)
def test_a_judgement_that_contradicts_itself_or_names_who_made_it_is_refused(form):
    with pytest.raises(JudgementUnfit):
        judge(form)


@given(st.one_of(st.binary(max_size=200), st.sampled_from([FORM[:n] for n in range(0, len(FORM), 7)])))
def test_any_bytes_are_a_judgement_or_refused(raw):
    try:
        judge(raw)
    except FairshareError:
        pass
