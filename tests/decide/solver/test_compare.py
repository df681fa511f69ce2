"""What another law would flip: one case at a time, and a file of them at once, with the same result."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fairshare.decide import bulk
from fairshare.decide.bulk import BulkStopped, compare_file
from fairshare.decide.bulk_cases import Group, Part, gather_cases
from fairshare.decide.bulk_flips import Evaluator
from fairshare.decide.compare import DatedRules, StoredCase, compare, compare_standings, read_case, stand
from fairshare.decide.language import RuleBase
from fairshare.decide.load import read_base
from fairshare.words import BadInput, FairshareError, NotFound
from tests.decide.random_bases import LAW_DATE, Author
from tests.decide.solver.test_verify import sound_files

SHAPES = [
    None,
    {"flows": ["f1"], "persons": [], "items": [{"ref": "i1", "flow": "f1"}]},
    {
        "flows": ["f1", "f2"],
        "persons": ["p1"],
        "items": [{"ref": "i1", "flow": "f1", "person": "p1"}, {"ref": "i2", "flow": "f2", "person": None}],
    },
]


def random_answer(random: Random, base: RuleBase, name: str) -> Any:
    fact = base.facts[name]
    strange = ["unobtainable", 1, True, "nothing", "yes", 17, "2026-02-05", 1.0, None, {"value": True}, 10**20, " yes"]
    if random.random() < 0.04:
        return random.choice(strange)
    if not fact.always_known and random.random() < 0.15:
        return "unobtainable"
    if fact.type == "number":
        return random.randint(10, 70)
    if fact.type == "date":
        return random.choice(["2026-02-04", "2026-02-05", "2026-02-06", "2026-03-01"])
    value = random.choice(fact.values)
    return value == "yes" if fact.type == "bool" else value


def random_case(random: Random, base: RuleBase, at: int) -> dict[str, Any]:
    shape = random.choice(SHAPES)
    parts = shape or {"flows": ["f1"], "persons": ["p1"], "items": [{"ref": "i1"}]}
    refs = {"flow": parts["flows"], "person": parts["persons"], "item": [each["ref"] for each in parts["items"]]}
    answers: dict[str, Any] = {}
    share = random.choice([0.2, 0.6, 0.9, 1.0])
    for name, fact in base.facts.items():
        if random.random() < share:
            answers[name] = random_answer(random, base, name)
        for ref in refs.get(fact.scope, ()):
            if random.random() < 0.3:
                answers[f"{name}@{ref}"] = random_answer(random, base, name)
    if random.random() < 0.02:
        answers["no.such_fact"] = True
    found = {"id": f"case-{at}", "tool": "small" if random.random() < 0.98 else "other", "answers": answers}
    return found if shape is None and random.random() < 0.9 else {**found, "shape": shape or SHAPES[1]}


def write_lines(random: Random, base: RuleBase, count: int) -> list[bytes]:
    lines = []
    for at in range(count):
        text = json.dumps(random_case(random, base, at), separators=random.choice([None, (",", ":"), (", ", " : ")]))
        if random.random() < 0.03:
            spoilt = [text[:-3], text + "x", "[]", text.replace('"id"', '"ib"'), text.replace('"tool":', '"id":'), ""]
            text = random.choice([*spoilt, text.replace('"answers"', '"answers": {}, "answers"'), f" {text} "])
        lines.append(text.encode() + b"\n")
    return lines


def other_law(random: Random, base: RuleBase) -> DatedRules:
    """The rule base without some rules or a fact's gate, perhaps on another day."""
    kept = {name: rule for name, rule in base.rules.items() if random.random() < 0.8}
    day = random.choice([LAW_DATE, date(2027, 6, 1)])
    return DatedRules(replace(base, rules=kept, digest=f"{base.digest[:60]}{random.randrange(10**4):04}"), day)


def one_by_one(before: DatedRules, after: DatedRules, lines: list[bytes]) -> tuple[list[str], list[int]]:
    flips, unreadable = [], []
    for number, raw in enumerate(lines):
        if not raw.strip():
            continue
        try:
            case = read_case(raw)
        except FairshareError:
            unreadable.append(number)
            continue
        flips += [flip.to_json() for flip in compare(before, after, [case])]
    return flips, unreadable


def side_by_side(evaluator: Evaluator, lines: list[bytes]) -> tuple[list[str], list[int]]:
    """All the lines as two parts, settled together."""
    half = len(lines) // 2
    parts: dict[Group, list[tuple[int, Part]]] = {}
    unusual = []
    for start, some in ((0, lines[:half]), (half, lines[half:])):
        gathered = gather_cases(some)
        unusual += [(start + number, raw) for number, raw in gathered.unusual]
        for group, part in gathered.parts.items():
            parts.setdefault(group, []).append((start, part))
    found = [evaluator.evaluate_lines(unusual), *(evaluator.evaluate_parts(*each) for each in parts.items())]
    assert sum(each.cases + len(each.unreadable) for each in found) == sum(bool(each.strip()) for each in lines)
    flips = sorted(flip for each in found for flip in each.flips)
    return [text for _, text in flips], sorted(number for each in found for number in each.unreadable)


@given(st.integers(0, 2**32 - 1))
@example(6903828)
def test_cases_side_by_side_flip_as_they_do_one_by_one(seed: int) -> None:
    random = Random(seed)
    base = read_base(Author(random, random.randint(3, 10), random.randint(2, 5)).write_files())
    before, after = DatedRules(base, LAW_DATE), other_law(random, base)
    lines = write_lines(random, base, 60)
    evaluator = Evaluator(before, after)
    assert side_by_side(evaluator, lines) == one_by_one(before, after, lines)
    # What it learnt from the first lines must not colour the next.
    more = write_lines(random, base, 30)
    assert side_by_side(evaluator, more) == one_by_one(before, after, more)


def test_a_file_of_thousands_flips_as_its_cases_do_one_by_one_on_two_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = Random(7)
    base = read_base(Author(random, 9, 5).write_files())
    before, after = DatedRules(base, LAW_DATE), other_law(random, base)
    lines = write_lines(random, base, 3_000)
    (tmp_path / "cases.jsonl").write_bytes(b"".join(lines))
    monkeypatch.setattr(bulk, "LEAST_RANGE_BYTES", 10_000)
    flips, unreadable = one_by_one(before, after, lines)
    for workers in (1, 2):
        seen: list[tuple[int, int]] = []
        tally = compare_file(
            before,
            after,
            tmp_path / "cases.jsonl",
            tmp_path / "flips.jsonl",
            workers=workers,
            progress=lambda done, total, seen=seen: seen.append((done, total)),
        )
        assert (tmp_path / "flips.jsonl").read_text().splitlines() == flips
        assert tally.flips == len(flips) > 100
        assert tally.unreadable == tuple(each + 1 for each in unreadable)
        assert seen[0][0] == 0
        assert seen[-1][0] == seen[-1][1] == sum(map(len, lines))
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def small_law(**changes: Any) -> DatedRules:
    return DatedRules(read_base(sound_files()), LAW_DATE)


def test_a_flip_says_what_stands_differently_before_and_after() -> None:
    before = small_law()
    files = sound_files()
    files["gates/one.yaml"]["rules"].append(
        {"id": "bar", "conclude": "not share.may", "if": ["item.barred is no"], "level": "must", "cite": ["act.s1"]}
    )
    case = StoredCase(id="c1", tool="small", answers={"order.valid": False, "item.barred": False})
    flips = list(compare(before, DatedRules(read_base(files), LAW_DATE), [case]))
    assert [flip.changes for flip in flips] == [
        {"i1": ("SHARE_FULL", "REDIRECT"), "share.may@i1": ("true", "false")},
    ]
    assert json.loads(flips[0].to_json())["changes"]["i1"] == ["SHARE_FULL", "REDIRECT"]


@pytest.mark.parametrize(
    ("tool", "answers", "code"),
    [
        ("none", {}, "TOOL_NOT_FOUND"),
        ("small", {"no.such_fact": True}, "ANSWERS_NOT_VALID"),
        ("small", {"order.valid": 1}, "ANSWERS_NOT_VALID"),
    ],
)
def test_a_case_that_cannot_be_evaluated_stands_at_a_problem(tool: str, answers: dict[str, Any], code: str) -> None:
    case = StoredCase(id="c1", tool=tool, answers=answers)
    assert stand(small_law(), case) == {"problem": code}
    assert compare_standings("c1", tool, stand(small_law(), case), {"i1": "SHARE_FULL"}) is not None


def test_answers_that_clash_are_a_problem_of_the_case() -> None:
    files = sound_files()
    files["gates/one.yaml"]["constraints"] = [{"id": "c.one", "never": ["order.valid is yes", "item.barred is yes"]}]
    case = StoredCase(id="c1", tool="small", answers={"order.valid": True, "item.barred": True})
    assert stand(DatedRules(read_base(files), LAW_DATE), case) == {"problem": "CONTRADICTORY_ANSWERS"}


def test_nothing_is_written_when_the_work_does_not_end(tmp_path: Path) -> None:
    (tmp_path / "cases.jsonl").write_text('{"id": "c1", "tool": "small", "answers": {}}\n')
    (tmp_path / "flips.jsonl").write_text("as before\n")

    def stop(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare_file(small_law(), small_law(), tmp_path / "cases.jsonl", tmp_path / "flips.jsonl", progress=stop)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["cases.jsonl", "flips.jsonl"]
    assert (tmp_path / "flips.jsonl").read_text() == "as before\n"


def test_files_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        compare_file(small_law(), small_law(), tmp_path / "none", tmp_path / "flips.jsonl")
    (tmp_path / "cases.jsonl").write_bytes(b"")
    with pytest.raises(BadInput):
        compare_file(small_law(), small_law(), tmp_path / "cases.jsonl", tmp_path / "none" / "flips.jsonl")
    assert compare_file(small_law(), small_law(), tmp_path / "cases.jsonl", tmp_path / "flips.jsonl").cases == 0


def test_a_worker_that_dies_is_an_error_and_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = b'{"id": "c1", "tool": "small", "answers": {}}\n'
    (tmp_path / "cases.jsonl").write_bytes(line * 100)
    monkeypatch.setattr(bulk, "LEAST_RANGE_BYTES", 100)
    monkeypatch.setattr(bulk, "_gather_range", _die)
    with pytest.raises(BulkStopped):
        compare_file(small_law(), small_law(), tmp_path / "cases.jsonl", tmp_path / "flips.jsonl", workers=2)
    assert [each.name for each in tmp_path.iterdir()] == ["cases.jsonl"]


def _die(each: bulk.Range) -> None:
    import os

    os._exit(1)


@given(st.one_of(st.binary(max_size=200), st.from_regex(rb'\{"id": ?"c", ?"tool": ?"small"(, ?"answers": ?\{.*\})?\}')))
def test_any_bytes_are_a_stored_case_or_an_error(raw: bytes) -> None:
    try:
        read_case(raw)
    except FairshareError:
        pass
    law = small_law()
    assert side_by_side(Evaluator(law, law), [raw])[0] == []


def test_a_line_that_is_too_long_is_unreadable_and_the_next_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOST_LINE_BYTES", 100)
    line = b'{"id": "c1", "tool": "small", "answers": {}}\n'
    (tmp_path / "cases.jsonl").write_bytes(line + b"x" * 1_000 + b"\n" + line)
    tally = compare_file(small_law(), small_law(), tmp_path / "cases.jsonl", tmp_path / "flips.jsonl")
    assert (tally.cases, tally.unreadable) == (2, (2,))
