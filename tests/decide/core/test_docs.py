"""The page of the rule language loads, and the how-to of a newcomer's own tool works as it is written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fairshare.decide import load_shapes
from fairshare.decide.assess import assess
from fairshare.decide.evaluate import find_program
from fairshare.decide.library import HeldLaw
from fairshare.decide.load import load_base, read_base
from fairshare.decide.program import CaseShape
from fairshare.decide.words import WordsFile, list_missing_words, list_stray_words, read_words
from fairshare.law import load_law
from fairshare.words import Answer, Outcome
from fairshare.words.reading import parse_yaml

DOCS = Path(__file__).parents[3] / "docs"
LANGUAGE = (DOCS / "reference" / "rule-language.md").read_text("utf-8")
LAW_DATE = date(2026, 11, 22)
HOW_TO = (DOCS / "how-to" / "write-a-tool.md").read_text("utf-8")


def read_examples() -> dict[str, Any]:
    """The examples of the page, as the files they would stand in."""
    files: dict[str, Any] = {}
    for body in re.findall(r"^```yaml\n(.*?)^```$", LANGUAGE, re.MULTILINE | re.DOTALL):
        found = parse_yaml(body.encode(), where="example")
        if "question" in str(found):
            files["words"] = found
        elif "gate" in found:
            files[f"gates/{found['gate']}.yaml"] = found
        elif "tool" in found:
            files["tools/one.yaml"] = found
        elif "rows" in found:
            files["rollup.yaml"] = found
        elif "thresholds" in found:
            files["thresholds.yaml"] = {"thresholds": found["thresholds"]}
            files["properties.yaml"] = {"properties": found["properties"]}
        else:
            files["facts/all.yaml"] = found
    return files


def test_the_examples_of_the_page_make_one_rule_base_that_loads() -> None:
    files = read_examples()
    words = files.pop("words")
    base = read_base(files, law=HeldLaw(load_law()))
    assert find_program(base, next(iter(base.tools)), CaseShape(), LAW_DATE).goals
    load_shapes.shape_file(WordsFile, words, "example")


def test_every_key_of_the_language_is_on_its_page() -> None:
    shapes = [
        each for each in vars(load_shapes).values() if isinstance(each, type) and issubclass(each, load_shapes.Shape)
    ]
    keys = {field.alias or name for shape in [*shapes, WordsFile] for name, field in shape.model_fields.items()}
    assert {key for key in keys if not re.search(rf"\b{key}\b", LANGUAGE)} == set()


@pytest.fixture
def newcomer(tmp_path: Path) -> Path:
    """A folder with the files that the how-to has its reader save."""
    for name, body in re.findall(r"^```yaml ([\w./-]+)\n(.*?)^```$", HOW_TO, re.MULTILINE | re.DOTALL):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(body, "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("agrees", "written", "health", "outcome"),
    [
        (True, True, False, Outcome.SHARE_FULL),
        (True, True, True, Outcome.SHARE_WITH_CONDITIONS),
        (True, False, False, Outcome.DEFER_NEED_INFO),
        (False, True, False, Outcome.REFUSE_VOLUNTARY),
        ("unobtainable", True, "unobtainable", Outcome.REFUSE_VOLUNTARY),
        (None, True, False, None),
    ],
)
def test_a_newcomers_tool_decides(newcomer: Path, agrees: Any, written: Any, health: Any, outcome: Outcome) -> None:
    base = load_base(newcomer / "gym" / "rules", law=HeldLaw(load_law()))
    said = {"member.agrees": agrees, "request.in_writing": written, "item.health_note": health}
    answers = {key: Answer(value=value) for key, value in said.items() if value is not None}
    assert assess(base, "gym.insurer", CaseShape(), LAW_DATE, answers).items["i1"] is outcome


def test_a_newcomers_words_fit_their_rules(newcomer: Path) -> None:
    base = load_base(newcomer / "gym" / "rules")
    words = read_words(newcomer / "gym" / "words" / "en", "en")
    assert list_missing_words(base, words) == list_stray_words(base, words) == []


def test_the_commands_of_the_how_to_print_what_it_shows(newcomer: Path) -> None:
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(newcomer),
        "COLUMNS": "200",
        "NO_COLOR": "1",
    }
    blocks = re.findall(r"^```console\n(.*?)^```$", HOW_TO, re.MULTILINE | re.DOTALL)
    steps = [step for block in blocks for step in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)]
    assert len(steps) == 3
    for command, shown in steps:
        done = subprocess.run(
            command.split(), cwd=newcomer, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        pattern = ".*".join(re.escape(part.strip()) for part in shown.split("..."))
        assert re.search(pattern, done.stdout, re.DOTALL), done.stdout
