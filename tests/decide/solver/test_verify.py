"""`verify` finds every gap, contradiction, broken property and dead part, and shows a case for it."""

from collections.abc import Iterator
from datetime import date
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.decide.ground import ground
from fairshare.decide.language import RuleBase
from fairshare.decide.load import read_base
from fairshare.decide.program import Program
from fairshare.decide.verify import SMALL, Fault, FaultSort, list_days, list_steps, verify_rules
from fairshare.decide.verify_programs import Sightings
from fairshare.words import Mark
from tests.decide.random_bases import Author, Random
from tests.decide.solver import brute

LAW = date(2026, 3, 1)


def sound_files() -> dict[str, Any]:
    """A small rule base with nothing wrong with it."""
    return {
        "facts/all.yaml": {
            "facts": {
                "nation": {
                    "type": "choice",
                    "values": ["england", "wales", "scotland", "northern_ireland"],
                    "always_known": True,
                },
                "order.valid": {"type": "bool", "scope": "flow", "always_known": True},
                "item.barred": {"type": "bool", "scope": "item", "always_known": True},
                "bar.finding": {"type": "bool", "scope": "item", "judgement": {"role": "legal"}},
            }
        },
        "gates/one.yaml": {
            "gate": "one",
            "conclusions": {
                "share.must": {"scope": "item", "force": "must"},
                "share.must_not": {"scope": "item", "force": "must_not"},
                "share.may": {"scope": "item", "force": "may"},
                "refer.bar": {"scope": "item", "force": "refer", "finding": "bar.finding"},
            },
            "rules": [
                rule("must.order", "share.must", ["order.valid is yes"], unless=["share.must_not", "refer.bar"]),
                rule("never.bar", "share.must_not", ["item.barred is yes", "bar.finding is yes"]),
                rule("refer.open", "refer.bar", ["item.barred is yes", "bar.finding is unobtainable"]),
                rule("may.share", "share.may", ["order.valid is no"], unless=["share.must_not", "refer.bar"]),
            ],
        },
        "rollup.yaml": {
            "rows": [
                {"outcome": "REFUSE_PROHIBITED", "when": ["share.must_not"]},
                {"outcome": "MUST_SHARE", "when": ["share.must"]},
                {"outcome": "SHARE_FULL", "when": ["share.may"]},
                {"outcome": "DEFER_NEED_INFO", "when": ["refer.bar"]},
            ],
            "default": "REDIRECT",
        },
        "properties.yaml": {
            "properties": [
                {
                    "id": "bars.win",
                    "if": ["item.barred is yes", "bar.finding is yes"],
                    "then": ["share.must_not", {"all": ["not share.may"]}],
                    "scope": "item",
                    "mutant": "never.bar",
                }
            ]
        },
        "tools/small.yaml": {
            "tool": "small",
            "gates": ["one"],
            "goals": ["share.must", "share.must_not", "share.may", "refer.bar"],
        },
    }


def rule(name: str, conclude: str, conditions: list[Any], **others: Any) -> dict[str, Any]:
    return {"id": name, "conclude": conclude, "if": conditions, "level": "must", "cite": ["act.s1"], **others}


def faults_of(files: dict[str, Any], **options: Any) -> list[Fault]:
    return list(verify_rules(read_base(files), **options))


def test_a_sound_rule_base_has_no_fault_but_the_fact_nobody_reads() -> None:
    assert [(fault.sort, fault.subject) for fault in faults_of(sound_files())] == [(FaultSort.UNREACHABLE, "nation")]


def rules_of(files: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = files["gates/one.yaml"]["rules"]
    return found


def drop_a_row(files: dict[str, Any]) -> None:
    files["rollup.yaml"]["rows"].pop()


def refer_too_long(files: dict[str, Any]) -> None:
    rules_of(files)[2]["if"] = ["item.barred is yes", "bar.finding is not yes"]


def refer_to_what_no_rule_reads(files: dict[str, Any]) -> None:
    files["facts/all.yaml"]["facts"]["dpo.finding"] = {"type": "bool", "scope": "item", "judgement": {"role": "dpo"}}
    files["gates/one.yaml"]["conclusions"]["refer.bar"]["finding"] = "dpo.finding"


def conclude_both_ways(files: dict[str, Any]) -> None:
    rules_of(files).append(rule("may.not", "not share.may", ["item.barred is no"]))


def let_a_basis_beat_a_bar(files: dict[str, Any]) -> None:
    rules_of(files)[3]["unless"] = ["refer.bar"]


def name_a_mutant_that_changes_nothing(files: dict[str, Any]) -> None:
    files["properties.yaml"]["properties"][0]["mutant"] = "may.share"


def name_an_exception_that_changes_nothing(files: dict[str, Any]) -> None:
    files["properties.yaml"]["properties"][0]["mutant_unless"] = ["item.barred is no"]


def ask_for_the_impossible(files: dict[str, Any]) -> None:
    files["properties.yaml"]["properties"][0]["if"] = ["share.may", "share.must"]


def write_a_rule_that_never_fires(files: dict[str, Any]) -> None:
    rules_of(files).append(rule("dead", "share.may", ["item.barred is yes", "item.barred is no"]))


def write_an_exception_that_never_holds(files: dict[str, Any]) -> None:
    rules_of(files)[3]["unless"].append("order.valid is yes")


def write_a_row_that_is_never_reached(files: dict[str, Any]) -> None:
    files["rollup.yaml"]["rows"].append({"outcome": "REDIRECT", "when": ["share.must", "share.may"]})


def constrain_everything_away(files: dict[str, Any]) -> None:
    never = [["order.valid is yes"], ["order.valid is no"]]
    files["gates/one.yaml"]["constraints"] = [{"id": f"c.n{at}", "never": each} for at, each in enumerate(never)]


def constrain_a_nation_away(files: dict[str, Any]) -> None:
    parts = [["nation is scotland", "order.valid is yes"], ["nation is scotland", "order.valid is no"]]
    files["gates/one.yaml"]["constraints"] = [{"id": f"c.n{at}", "never": each} for at, each in enumerate(parts)]


def forbid_an_answer(files: dict[str, Any]) -> None:
    files["gates/one.yaml"]["constraints"] = [{"id": "c.one", "never": ["bar.finding is no"]}]


@pytest.mark.parametrize(
    ("spoil", "sort", "subject", "says"),
    [
        (drop_a_row, FaultSort.GAP, "rollup", "No row holds"),
        (refer_too_long, FaultSort.GAP, "refer.bar", "bar.finding is not open"),
        (refer_to_what_no_rule_reads, FaultSort.GAP, "refer.bar", "dpo.finding is not open"),
        (conclude_both_ways, FaultSort.CONTRADICTION, "share.may", "may.share for it and may.not against it"),
        (let_a_basis_beat_a_bar, FaultSort.PROPERTY, "bars.win", "does not hold"),
        (name_a_mutant_that_changes_nothing, FaultSort.PROPERTY, "bars.win", "still holds with may.share spoiled"),
        (name_an_exception_that_changes_nothing, FaultSort.PROPERTY, "bars.win", "still holds with never.bar spoiled"),
        (ask_for_the_impossible, FaultSort.PROPERTY, "bars.win", "premise can never hold"),
        (write_a_rule_that_never_fires, FaultSort.UNREACHABLE, "dead", "never fire"),
        (write_an_exception_that_never_holds, FaultSort.UNREACHABLE, "may.share", "exception 3 can never hold"),
        (write_a_row_that_is_never_reached, FaultSort.UNREACHABLE, "rollup", "Row 5 (REDIRECT)"),
        (constrain_everything_away, FaultSort.IMPOSSIBLE, "small", "No case is possible"),
        (constrain_a_nation_away, FaultSort.IMPOSSIBLE, "small", "No case in scotland"),
        (forbid_an_answer, FaultSort.UNREACHABLE, "bar.finding", "No case can have the answer no"),
    ],
)
def test_each_kind_of_fault_is_found(spoil: Any, sort: FaultSort, subject: str, says: str) -> None:
    files = sound_files()
    spoil(files)
    found = [fault for fault in faults_of(files) if fault.sort is sort and fault.subject == subject]
    assert any(says in fault.says for fault in found), [str(fault) for fault in faults_of(files)]


def test_a_mutant_may_be_a_rule_with_one_more_exception() -> None:
    files = sound_files()
    files["properties.yaml"]["properties"][0]["mutant_unless"] = ["bar.finding is yes"]
    assert [fault for fault in faults_of(files) if fault.sort is FaultSort.PROPERTY] == []


def test_a_fault_shows_a_case_that_brings_it_about_and_every_answer_in_it_is_needed() -> None:
    files = sound_files()
    drop_a_row(files)
    fault = next(fault for fault in faults_of(files) if fault.sort is FaultSort.GAP)
    assert dict(fault.answers) == {"item.barred@i1": "yes", "bar.finding@i1": "unobtainable"}
    assert str(fault) == (
        "gap: rollup: No row holds, and the default REDIRECT is reached. "
        "(small, law of 2018-05-25: item.barred@i1 is yes, bar.finding@i1 is unobtainable)"
    )
    page = Path(__file__).parents[3] / "docs" / "how-to" / "verify-rules.md"
    assert f"    {fault}\n" in page.read_text("utf-8")


def test_what_only_older_or_unconfirmed_law_brings_about_is_found_too() -> None:
    files = sound_files()
    old = rule("old.may_not", "not share.may", ["item.barred is no"], to="2020-01-01")
    coming = rule("new.must_not", "not share.must", ["item.barred is no"], status="unconfirmed")
    rules_of(files).extend([old, coming])
    found = {(fault.subject, fault.day) for fault in faults_of(files) if fault.sort is FaultSort.CONTRADICTION}
    assert found == {("share.may", date(2018, 5, 25)), ("share.must", date(2020, 1, 2))}


class Library:
    """A law book for tests: what is held, and how it was checked."""

    def __init__(self, **marks: Mark) -> None:
        self.marks = marks

    def mark(self, provision: str, day: date) -> Mark | None:
        return self.marks.get(provision.partition(".")[0])

    def is_law(self, provision: str) -> bool:
        return provision.startswith("act")


@pytest.mark.parametrize(
    ("law", "expected"),
    [
        (Library(act=Mark.READ), set()),
        (Library(), {"citation"}),
        (Library(act=Mark.REMEMBERED), {"unread"}),
    ],
)
def test_citations_are_looked_up_and_unread_law_supports_no_must(law: Library, expected: set[str]) -> None:
    faults = faults_of(sound_files(), law=law)
    assert {fault.sort for fault in faults} - {FaultSort.UNREACHABLE} == expected
    unread = {fault.subject for fault in faults if fault.sort is FaultSort.UNREAD}
    assert unread <= {"must.order", "never.bar"}


def test_a_should_behind_a_must_is_found() -> None:
    files = sound_files()
    rules_of(files)[0]["level"] = "should"
    found = [fault for fault in faults_of(files, law=Library(act=Mark.READ)) if fault.sort is FaultSort.UNREAD]
    assert [(fault.subject, fault.says) for fault in found] == [
        ("must.order", "share.must rests on it, and it is of level should.")
    ]


def test_progress_counts_up_to_the_total() -> None:
    seen: list[tuple[int, int]] = []
    verify_rules(read_base(sound_files()), progress=lambda done, total, what: seen.append((done, total)))
    assert [done for done, _ in seen] == list(range(seen[-1][1] + 1))


def test_each_outcome_is_counted_once_for_a_tool_and_law_that_reach_it() -> None:
    files, sightings = sound_files(), Sightings()
    base = read_base(files)
    verify_rules(base, sightings=sightings)
    programs = len(list_steps(base))
    outcomes = ["REFUSE_PROHIBITED", "MUST_SHARE", "SHARE_FULL", "DEFER_NEED_INFO"]
    assert sightings.reached == dict.fromkeys(outcomes, programs)


def test_a_day_is_looked_at_for_each_state_of_the_law() -> None:
    files = sound_files()
    rules_of(files).append(
        rule("new", "share.may", ["order.valid is no"], **{"from": "2026-02-05", "to": "2027-01-01"})
    )
    assert list_days(read_base(files)) == (date(2018, 5, 25), date(2026, 2, 5), date(2027, 1, 2))


def bases() -> st.SearchStrategy[RuleBase]:
    return st.builds(
        lambda seed, facts, conclusions: read_base(Author(Random(seed), facts, conclusions).write_files()),
        st.integers(0, 2**32 - 1),
        st.integers(2, 5),
        st.integers(1, 4),
    )


def every_case(program: Program) -> Iterator[tuple[brute.Values, list[bool]]]:
    for values in product(*(range(len(each.values)) for each in program.variables)):
        holds = brute.evaluate_nodes(program, values)
        if all(holds[node] for _, node in program.constraints):
            yield values, holds


def list_expected(base: RuleBase, program: Program, seen: set[tuple[str, ...]]) -> Iterator[tuple[FaultSort, str]]:
    """By trying every case: the gaps and ties; and what was seen, into `seen`."""
    for values, holds in every_case(program):
        seen.update(("value", each.fact, each.values[at]) for each, at in zip(program.variables, values, strict=True))
        for rows in program.outcomes.values():
            first = next(at for at, (_, node) in enumerate(rows) if holds[node])
            seen.add(("row", str(first)))
            if first == len(rows) - 1:
                yield FaultSort.GAP, "rollup"
        for one in program.rules:
            if holds[one.fires]:
                seen.add(("rule", one.rule))
            for at, node in enumerate(one.exceptions):
                if holds[node] and all(holds[each] for each in one.conditions):
                    seen.add(("exception", one.rule, str(at)))
            fired = [each for each in program.rules if each.conclusion == one.conclusion and holds[each.fires]]
            highest = [each for each in fired if each.priority == max(each.priority for each in fired)]
            if one in highest and any(each.positive != one.positive for each in highest):
                yield FaultSort.CONTRADICTION, base.rules[one.rule].conclusion


@given(bases())
def test_verify_agrees_with_trying_every_case_of_a_small_rule_base(base: RuleBase) -> None:
    programs = [
        ground(base, step.tool, step.shape, step.day, with_unconfirmed=step.with_unconfirmed)
        for step in list_steps(base, (SMALL,))
    ]
    if any(prod(len(each.values) for each in program.variables) > 500 for program in programs):
        return
    seen: set[tuple[str, ...]] = set()
    expected = {fault for program in programs for fault in list_expected(base, program, seen)}
    impossible = all(not any(True for _ in every_case(program)) for program in programs)
    faults = verify_rules(base, shapes=(SMALL,))
    found = {(fault.sort, fault.subject) for fault in faults}
    assert {each for each in found if each[0] in (FaultSort.GAP, FaultSort.CONTRADICTION)} == expected
    dead = {fault.subject for fault in faults if fault.says == "It can never fire."}
    assert dead == {name for name in base.rules if ("rule", name) not in seen}
    idle = {(fault.subject, fault.says[14]) for fault in faults if "exception" in fault.says}
    assert idle == {
        (name, str(at + 1))
        for name, each in base.rules.items()
        for at in range(len(each.exceptions))
        if name not in dead and ("exception", name, str(at)) not in seen
    }
    assert (FaultSort.IMPOSSIBLE, "small") in found or not impossible
    for fault in faults:
        if fault.sort is FaultSort.GAP:
            check_case_shows_gap(base, fault)


def check_case_shows_gap(base: RuleBase, fault: Fault) -> None:
    """The default is reached in every case with those answers, whichever law of that day is taken."""
    assert fault.day is not None
    reached = set()
    for unconfirmed in (False, True):
        program = ground(base, "small", SMALL, fault.day, with_unconfirmed=unconfirmed)
        known = {program.index[key]: value for key, value in fault.answers.items() if key in program.index}
        rows = program.outcomes["i1"]
        for values, holds in every_case(program):
            if all(program.variables[at].values[values[at]] == value for at, value in known.items()):
                first = next(at for at, (_, node) in enumerate(rows) if holds[node])
                reached.add((unconfirmed, first == len(rows) - 1))
    assert any({truth for law, truth in reached if law is unconfirmed} == {True} for unconfirmed in (False, True))
