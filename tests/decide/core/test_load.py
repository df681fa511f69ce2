"""A rule base that is not sound is refused, with the file, the place, a code and what to do."""

from __future__ import annotations

import copy
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.decide import errors
from fairshare.decide.archive import ArchiveChanged, RulesNotArchived, archive_base, load_archived, read_archived
from fairshare.decide.language import RuleBase
from fairshare.decide.load import canonical_bytes, load_base, read_base, read_folder
from fairshare.decide.load_lines import add_line
from fairshare.words import FairshareError, Mark
from fairshare.words.reading import parse_yaml
from tests.decide.core.sample_base import FOLDER
from tests.decide.random_bases import draw_files

READ = {"level": "must", "cite": ["a.s1"]}
FILES: dict[str, Any] = {
    "facts/a.yaml": {
        "facts": {
            "who.kind": {"type": "choice", "values": ["police", "other"], "scope": "flow"},
            "age": {"type": "number", "scope": "person"},
            "sure": {"type": "bool", "always_known": True},
            "needed": {"type": "bool", "scope": "item", "judgement": {"role": "decider", "factors": ["aim"]}},
        }
    },
    "thresholds.yaml": {"thresholds": {"adult": {"value": 18}, "new_law": {"value": "2026-02-05"}}},
    "gates/g.yaml": {
        "gate": "g",
        "conclusions": {
            "known": {"scope": "flow"},
            "may": {"scope": "item", "force": "may"},
            "bar": {"scope": "item", "force": "must_not"},
        },
        "constraints": [{"id": "c1", "never": ["who.kind is other", "sure is yes"]}],
        "rules": [
            {
                "id": "known.police",
                "conclude": "known",
                "if": ["who.kind is police"],
                "level": "must",
                "cite": ["a.s1"],
            },
            {
                "id": "may.needed",
                "conclude": "may",
                "if": ["known", "needed is yes"],
                "level": "must",
                "cite": ["a.s1"],
            },
            {"id": "bar.known", "conclude": "bar", "if": ["known"], **READ},
        ],
    },
    "rollup.yaml": {"rows": [{"outcome": "SHARE_FULL", "when": ["may"]}], "default": "DEFER_NEED_INFO"},
    "properties.yaml": {
        "properties": [{"id": "p1", "if": ["may"], "then": ["known"], "scope": "item", "mutant": "may.needed"}]
    },
    "tools/t.yaml": {"tool": "t", "gates": ["g"], "goals": ["may"], "starts_with": {"sure": False}},
}
RULE = "gates/g.yaml/rules/1"
ADULT = "thresholds.yaml/thresholds/adult/value"


class Book:
    """Law in which `a.s1` was read, `a.s2` is remembered, `code.x` is guidance, and nothing else is held."""

    def mark(self, provision: str, day: date) -> Mark | None:
        held = {"a.s1": Mark.READ, "a.s2": Mark.REMEMBERED, "code.x": Mark.READ}
        if provision == "a.ended":
            return Mark.READ if day < date(2026, 1, 1) else None
        if provision == "a.begun":
            return Mark.READ if day >= date(2026, 1, 1) else None
        return held.get(provision)

    def is_law(self, provision: str) -> bool:
        return not provision.startswith("code.")


def change(*changes: tuple[str, Any]) -> dict[str, Any]:
    """The files with something set at a path such as `gates/g.yaml/rules/1/if`; None removes it."""
    files = copy.deepcopy(FILES)
    for path, value in changes:
        name = next((name for name in files if path.startswith(name)), path)
        steps = path.removeprefix(name).strip("/").split("/") if path != name else []
        if not steps:
            files[name] = value
            continue
        at: Any = files[name]
        for step in steps[:-1]:
            at = at[int(step)] if isinstance(at, list) else at[step]
        last: Any = int(steps[-1]) if isinstance(at, list) else steps[-1]
        if value is None:
            del at[last]
        elif isinstance(at, list) and last == len(at):
            at.append(value)
        else:
            at[last] = value
    return files


RULES = [
    ("RULES_UNKNOWN_KEY", "gates/g.yaml: rules.1.when", [(f"{RULE}/when", [])]),
    ("RULES_UNKNOWN_KEY", "facts/a.yaml: facts.sure.skope", [("facts/a.yaml/facts/sure/skope", "case")]),
    ("RULES_UNKNOWN_KEY", "rollup.yaml: rows.0.if", [("rollup.yaml/rows/0/if", [])]),
    ("RULES_WRONG_SHAPE", "gates/g.yaml: rules.1.level", [(f"{RULE}/level", "perhaps")]),
    ("RULES_WRONG_SHAPE", "gates/g.yaml: rules.1.level", [(f"{RULE}/level", None)]),
    ("RULES_WRONG_SHAPE", "gates/g.yaml: rules.1.if", [(f"{RULE}/if", None)]),
    ("RULES_WRONG_SHAPE", "gates/g.yaml: rules.1.priority", [(f"{RULE}/priority", "high")]),
    ("RULES_WRONG_SHAPE", "gates/g.yaml: rules.1.from", [(f"{RULE}/from", "2026-02-30")]),
    ("RULES_WRONG_SHAPE", "gates/g.yaml: rules.1.from", [(f"{RULE}/from", "2026-W01-1")]),
    (
        "RULES_WRONG_SHAPE",
        "gates/g.yaml: rules.may.needed",
        [(f"{RULE}/from", "2026-02-05"), (f"{RULE}/to", "2026-02-04")],
    ),
    ("RULES_WRONG_SHAPE", "rollup.yaml: default", [("rollup.yaml/default", "PERHAPS")]),
    ("RULES_WRONG_SHAPE", "thresholds.yaml: thresholds.adult.value", [(ADULT, 1.5)]),
    (
        "RULES_WRONG_SHAPE",
        "thresholds.yaml: thresholds.adult.value",
        [(ADULT, True)],
    ),
    ("RULES_WRONG_SHAPE", "gates/g.yaml", [("gates/g.yaml", [1, 2])]),
    ("RULES_WRONG_SHAPE", "extra/x.yaml", [("extra/x.yaml", {})]),
    ("RULES_WRONG_SHAPE", "facts.yaml", [("facts.yaml", {})]),
    ("RULES_BAD_NAME", "gates/g.yaml: rules.1.id", [(f"{RULE}/id", "May Needed")]),
    ("RULES_BAD_NAME", "gates/g.yaml: rules.1.id", [(f"{RULE}/id", "may\n")]),
    ("RULES_BAD_NAME", "facts/a.yaml: facts.who.kind.values.0", [("facts/a.yaml/facts/who.kind/values/0", "Police!")]),
    ("RULES_DUPLICATE_ID", "gates/g.yaml: rules.known.police", [(f"{RULE}/id", "known.police")]),
    ("RULES_DUPLICATE_ID", "gates/g.yaml: conclusions.age", [("gates/g.yaml/conclusions/age", {})]),
    ("RULES_DUPLICATE_ID", "thresholds.yaml: thresholds.age", [("thresholds.yaml/thresholds/age", {"value": 1})]),
    ("RULES_DUPLICATE_ID", "tools/u.yaml: tool", [("tools/u.yaml", FILES["tools/t.yaml"])]),
    ("RULES_DUPLICATE_ID", "facts/a.yaml: facts.who.kind.values", [("facts/a.yaml/facts/who.kind/values/1", "police")]),
    ("RULES_UNDEFINED_NAME", "gates/g.yaml: rules.may.needed.if.0", [(f"{RULE}/if/0", "unheard")]),
    ("RULES_UNDEFINED_NAME", "gates/g.yaml: rules.may.needed.if.0", [(f"{RULE}/if/0", "un.heard is yes")]),
    ("RULES_UNDEFINED_NAME", "gates/g.yaml: rules.may.needed.if.0", [(f"{RULE}/if/0", "needed is perhaps")]),
    ("RULES_UNDEFINED_NAME", "gates/g.yaml: rules.may.needed.if.0", [(f"{RULE}/if/0", "age >= old")]),
    ("RULES_UNDEFINED_NAME", "gates/g.yaml: rules.may.needed.conclude", [(f"{RULE}/conclude", "nothing")]),
    ("RULES_UNDEFINED_NAME", "tools/t.yaml: gates", [("tools/t.yaml/gates/0", "h")]),
    ("RULES_UNDEFINED_NAME", "tools/t.yaml: goals", [("tools/t.yaml/goals/0", "h")]),
    ("RULES_UNDEFINED_NAME", "tools/t.yaml", [("tools/t.yaml/first", ["h"])]),
    ("RULES_UNDEFINED_NAME", "tools/t.yaml: starts_with.who.kind", [("tools/t.yaml/starts_with/who.kind", "army")]),
    ("RULES_UNDEFINED_NAME", "properties.yaml: properties.p1.mutant", [("properties.yaml/properties/0/mutant", "x")]),
    ("RULES_UNDEFINED_NAME", "gates/g.yaml: rules.may.needed.nations", [(f"{RULE}/nations", ["S"])]),
    (
        "RULES_UNDEFINED_NAME",
        "gates/g.yaml: conclusions.ask.finding",
        [("gates/g.yaml/conclusions/ask", {"force": "refer", "finding": "nothing"})],
    ),
    ("RULES_BAD_CONDITION", "gates/g.yaml: rules.may.needed.if.0", [(f"{RULE}/if/0", "needed = yes")]),
    ("RULES_BAD_CONDITION", "gates/g.yaml: rules.may.needed.if.0", [(f"{RULE}/if/0", "needed")]),
    ("RULES_BAD_CONDITION", "gates/g.yaml: rules.may.needed.if.0", [(f"{RULE}/if/0", "known is yes")]),
    ("RULES_BAD_CONDITION", "gates/g.yaml: rules.may.needed.if.0", [(f"{RULE}/if/0", "age is not unobtainable")]),
    ("RULES_BAD_CONDITION", "gates/g.yaml: rules.may.needed.if.0", [(f"{RULE}/if/0", {"most": ["known"]})]),
    ("RULES_BAD_CONDITION", "gates/g.yaml: rules.may.needed.if.0", [(f"{RULE}/if/0", 7)]),
    ("RULES_BAD_CONDITION", "gates/g.yaml: constraints.c1", [("gates/g.yaml/constraints/0/never/0", "known")]),
    ("RULES_WRONG_TYPE", "gates/g.yaml: rules.may.needed.if.0", [(f"{RULE}/if/0", "age is 18")]),
    ("RULES_WRONG_TYPE", "gates/g.yaml: rules.may.needed.if.0", [(f"{RULE}/if/0", "needed >= adult")]),
    ("RULES_WRONG_TYPE", "gates/g.yaml: rules.may.needed.if.0", [(f"{RULE}/if/0", "age >= new_law")]),
    ("RULES_WRONG_TYPE", "gates/g.yaml: rules.may.needed.if.0", [(f"{RULE}/if/0", "sure is unobtainable")]),
    ("RULES_WRONG_TYPE", "gates/g.yaml: rules.may.needed.if.0", [(f"{RULE}/if/0", "sure is known")]),
    ("RULES_WRONG_TYPE", "facts/a.yaml: facts.sure", [("facts/a.yaml/facts/sure/values", ["a", "b"])]),
    ("RULES_WRONG_TYPE", "facts/a.yaml: facts.age", [("facts/a.yaml/facts/age/values", ["a"])]),
    ("RULES_WRONG_TYPE", "facts/a.yaml: facts.who.kind", [("facts/a.yaml/facts/who.kind/values", ["police"])]),
    ("RULES_WRONG_TYPE", "facts/a.yaml: facts.who.kind.values", [("facts/a.yaml/facts/who.kind/values/1", "known")]),
    ("RULES_WRONG_TYPE", "gates/g.yaml: conclusions.ask", [("gates/g.yaml/conclusions/ask", {"force": "refer"})]),
    (
        "RULES_WRONG_TYPE",
        "gates/g.yaml: conclusions.ask.finding",
        [("gates/g.yaml/conclusions/ask", {"force": "refer", "finding": "sure"})],
    ),
    (
        "RULES_WRONG_TYPE",
        "gates/g.yaml: conclusions.ask.finding",
        [("gates/g.yaml/conclusions/ask", {"scope": "item", "finding": "needed"})],
    ),
    (
        "RULES_WRONG_TYPE",
        "facts/a.yaml: facts.nation",
        [(f"{RULE}/nations", ["S"]), ("facts/a.yaml/facts/nation", {"type": "bool"})],
    ),
    ("RULES_WRONG_SCOPE", "gates/g.yaml: rules.known.police", [("gates/g.yaml/rules/0/if/0", "needed is yes")]),
    ("RULES_WRONG_SCOPE", "gates/g.yaml: rules.known.police", [("gates/g.yaml/rules/0/if/0", "age >= adult")]),
    ("RULES_WRONG_SCOPE", "gates/g.yaml: rules.may.needed", [(f"{RULE}/if/0", {"some_item": ["needed is yes"]})]),
    (
        "RULES_WRONG_SCOPE",
        "gates/g.yaml: rules.known.police",
        [("gates/g.yaml/rules/0/if/0", {"some_person": ["age >= adult"]})],
    ),
    ("RULES_WRONG_SCOPE", "gates/g.yaml: constraints.c1", [("gates/g.yaml/constraints/0/never/1", "age >= adult")]),
    (
        "RULES_WRONG_SCOPE",
        "gates/g.yaml: conclusions.ask.finding",
        [("gates/g.yaml/conclusions/ask", {"force": "refer", "finding": "needed"})],
    ),
    ("RULES_WRONG_SCOPE", "properties.yaml: properties.p1", [("properties.yaml/properties/0/scope", "case")]),
    ("RULES_CIRCLE", "gates/g.yaml: conclusions.", [("gates/g.yaml/rules/0/if/0", {"some_item": ["may"]})]),
    ("RULES_NO_CITATION", "gates/g.yaml: rules.may.needed", [(f"{RULE}/cite", [])]),
    ("RULES_UNKNOWN_PROVISION", "gates/g.yaml: rules.may.needed.cite", [(f"{RULE}/cite", ["a.s9"])]),
    ("RULES_UNKNOWN_PROVISION", "gates/g.yaml: rules.may.needed.cite", [(f"{RULE}/cite", ["a.ended"])]),
    (
        "RULES_UNKNOWN_PROVISION",
        "gates/g.yaml: rules.may.needed.cite",
        [(f"{RULE}/cite", ["a.begun"]), (f"{RULE}/from", "2025-12-31")],
    ),
    ("RULES_LAW_NOT_READ", "gates/g.yaml: rules.bar.known.cite", [("gates/g.yaml/rules/2/cite", ["a.s2"])]),
    ("RULES_LAW_NOT_READ", "gates/g.yaml: rules.bar.known", [("gates/g.yaml/rules/2/level", "should")]),
    ("RULES_LAW_NOT_READ", "gates/g.yaml: rules.bar.known.cite", [("gates/g.yaml/rules/2/cite", ["code.x"])]),
    ("RULES_LAW_NOT_READ", "gates/g.yaml: rules.known.police.cite", [("gates/g.yaml/rules/0/cite", ["a.s1", "a.s2"])]),
    ("RULES_LAW_NOT_READ", "gates/g.yaml: rules.known.police", [("gates/g.yaml/rules/0/level", "could")]),
    (
        "RULES_LAW_NOT_READ",
        "gates/g.yaml: rules.known.police",
        [
            ("gates/g.yaml/rules/0/level", "could"),
            ("gates/g.yaml/rules/2/if", []),
            ("gates/g.yaml/rules/2/unless", ["not known"]),
        ],
    ),
]


def test_the_rule_base_that_the_table_breaks_is_sound() -> None:
    base = read_base(FILES, law=Book())
    assert base.constraints[0].scope == "flow"
    assert list(base.rules) == ["known.police", "may.needed", "bar.known"]


@pytest.mark.parametrize(("code", "place", "changes"), RULES, ids=lambda each: each if isinstance(each, str) else "")
def test_what_is_wrong_is_named_with_its_place(code: str, place: str, changes: list[tuple[str, Any]]) -> None:
    with pytest.raises(FairshareError) as caught:
        read_base(change(*changes), law=Book())
    assert caught.value.code == code
    assert (caught.value.where or "").startswith(place)
    assert caught.value.fix.endswith((".", "`."))


def test_every_code_of_the_rule_language_is_in_the_table() -> None:

    codes = {
        each.code for each in vars(errors).values() if isinstance(each, type) and issubclass(each, errors.BadRules)
    }
    assert codes - {"RULES_NOT_VALID"} == {code for code, _, _ in RULES}


def test_remembered_law_may_refer_and_may_speak_against_a_bar() -> None:
    against = {"id": "bar.not", "conclude": "not bar", "if": ["sure is yes"], "level": "should", "cite": ["a.s2"]}
    refer = {"id": "ask.it", "conclude": "ask", "if": ["known"], "level": "could", "cite": ["a.s2"]}
    read_base(
        change(
            ("gates/g.yaml/rules/3", against),
            ("gates/g.yaml/rules/4", refer),
            ("gates/g.yaml/conclusions/ask", {"scope": "item", "force": "refer", "finding": "needed"}),
        ),
        law=Book(),
    )


@pytest.mark.parametrize(
    "dates",
    [
        [("to", "2025-12-31"), ("cite", ["a.ended"])],
        [("from", "2026-01-01"), ("cite", ["a.begun"])],
        [("cite", ["a.begun"])],
    ],
)
def test_a_rule_may_cite_what_holds_on_its_own_days(dates: list[tuple[str, Any]]) -> None:
    read_base(change(*[(f"{RULE}/{name}", value) for name, value in dates]), law=Book())


def test_a_rule_base_needs_its_roll_up() -> None:
    files = {name: found for name, found in FILES.items() if name != "rollup.yaml"}
    with pytest.raises(FairshareError, match="there is no rollup"):
        read_base(files)


@pytest.mark.parametrize(
    ("old", "new", "where", "at"),
    [
        ("level: must", "levl: must", "gates/basis.yaml:{}: rules.", "levl: must"),
        (
            "[order.kind is",
            "[order.kin is",
            "gates/basis.yaml:{}: rules.basis.legal_obligation.order.if",
            "[order.kin is",
        ),
        ("conclude: basis", "conclude: bases", "gates/basis.yaml:{}: rules.basis.", "conclude: bases"),
        ("gate: basis", "gaet: basis", "gates/basis.yaml:{}: gaet", "gaet: basis"),
    ],
)
def test_a_mistake_in_a_file_is_told_with_its_line(tmp_path: Path, old: str, new: str, where: str, at: str) -> None:
    shutil.copytree(FOLDER / "rules", tmp_path / "rules")
    file = tmp_path / "rules" / "gates" / "basis.yaml"
    file.write_text(file.read_text("utf-8").replace(old, new, 1), "utf-8")
    line = next(number for number, each in enumerate(file.read_text("utf-8").splitlines(), 1) if at in each)
    with pytest.raises(errors.BadRules) as caught:
        load_base(tmp_path / "rules")
    assert (caught.value.where or "").startswith(where.format(line))


@given(where=st.text(max_size=60), raw=st.binary(max_size=200))
def test_a_line_is_looked_for_in_any_bytes_without_harm(where: str, raw: bytes) -> None:
    place = f"gates/g.yaml: {where}"
    assert add_line(place, {"gates/g.yaml": raw}).endswith(where)
    assert add_line(where, {}) == where


def test_a_folder_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(FairshareError) as caught:
        load_base(tmp_path / "none")
    assert caught.value.code == "NOT_FOUND"


@given(draw_files(), st.data())
def test_a_rule_base_with_one_thing_replaced_loads_or_is_refused_by_the_family(
    files: dict[str, Any], data: st.DataObject
) -> None:
    junk = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.lists(st.text(max_size=4), max_size=2)
    broken = copy.deepcopy(files)
    at: Any = broken
    while True:
        keys = list(range(len(at))) if isinstance(at, list) else sorted(at)
        key = data.draw(st.sampled_from(keys))
        if not isinstance(at[key], list | dict) or not at[key] or data.draw(st.integers(0, 3)) == 0:
            at[key] = data.draw(junk)
            break
        at = at[key]
    try:
        assert isinstance(read_base(broken, law=Book()), RuleBase)
    except FairshareError:
        pass


@given(st.binary(max_size=300))
def test_any_bytes_in_a_file_are_a_rule_base_or_an_error_of_the_family(raw: bytes) -> None:
    for name in FILES:
        try:
            read_base(FILES | {name: parse_yaml(raw, where=name)})
        except FairshareError:
            pass


@given(st.text(alphabet="abcdefgh.is notknown<>=, unobtainable_\n\t\0", max_size=40))
def test_any_text_is_a_condition_or_an_error_of_the_family(text: str) -> None:
    try:
        read_base(change((f"{RULE}/if/0", text)))
    except FairshareError:
        pass


def test_deeply_nested_conditions_are_refused_and_not_a_crash() -> None:
    nested: Any = "known"
    for _ in range(5_000):
        nested = [nested]
    with pytest.raises(FairshareError):
        read_base(change((f"{RULE}/if/0", nested)))


def test_the_digest_changes_with_what_the_files_say_and_not_with_how_they_are_written(tmp_path: Path) -> None:
    rules = FOLDER / "rules"
    first = load_base(rules)
    for path in rules.rglob("*.yaml"):
        copied = tmp_path / path.relative_to(rules)
        copied.parent.mkdir(parents=True, exist_ok=True)
        copied.write_text("# a remark\n" + path.read_text())
    assert load_base(tmp_path).digest == first.digest
    (tmp_path / "thresholds.yaml").write_text("thresholds: {adult_age: {value: 16}, new_law_day: {value: 2026-02-05}}")
    assert load_base(tmp_path).digest != first.digest


def test_an_archived_rule_base_is_the_same_rule_base(tmp_path: Path) -> None:
    base = load_base(FOLDER / "rules")
    path = archive_base(FOLDER / "rules", tmp_path)
    assert path.name == f"{base.digest}.json"
    assert archive_base(FOLDER / "rules", tmp_path) == path
    assert load_archived(base.digest, tmp_path) == base
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_a_changed_or_missing_archive_is_refused(tmp_path: Path) -> None:
    path = archive_base(FOLDER / "rules", tmp_path)
    path.write_bytes(path.read_bytes().replace(b"18", b"16", 1))
    with pytest.raises(ArchiveChanged):
        load_archived(path.stem, tmp_path)
    for digest in ("0" * 64, "../../etc/passwd"):
        with pytest.raises(RulesNotArchived):
            load_archived(digest, tmp_path)


@given(st.binary(max_size=200) | st.integers(0, 3_000).map(lambda cut: canonical_bytes(FILES)[:cut]))
def test_any_bytes_are_an_archive_or_an_error_of_the_family(raw: bytes) -> None:
    try:
        read_archived(raw)
    except FairshareError:
        pass


def test_an_archive_has_one_spelling() -> None:
    assert read_archived(canonical_bytes(FILES)).digest == read_base(FILES).digest
    with pytest.raises(FairshareError, match="canonical"):
        read_archived(canonical_bytes(FILES) + b"\n")
    assert read_folder(FOLDER / "rules")
