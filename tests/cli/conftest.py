"""The command line as a person or a program uses it, on a small rule base of its own."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fairshare.cli import app

SMALL = Path(__file__).parent / "small"
ANSWERS = """
tool: share
people: {p1: Kit Marsh}
items: {i1: {label: Address, person: p1}}
answers:
  danger.now: no
  asker.kind: police
  request.in_writing: yes
  item.sealed: no
  item.needed: {value: needed, by: {name: Jo Heron, role: decider}, reason: to find them,
                factors: {aim: to find them, less_intrusive_means: none}}
"""


@dataclass(frozen=True)
class Ran:
    """How a command ended, and what it printed."""

    exit_code: int
    out: str
    err: str

    @property
    def document(self):
        return json.loads(self.out)

    @property
    def error(self):
        return self.document["error"]


def run_app(*words, typed=None):
    done = CliRunner().invoke(app, [str(each) for each in words], input=typed, env={"COLUMNS": "100"})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ran(done.exit_code, done.stdout, done.stderr)


@pytest.fixture
def run():
    return run_app


@pytest.fixture
def small():
    return SMALL


@pytest.fixture
def answers(tmp_path):
    path = tmp_path / "answers.yaml"
    path.write_text(ANSWERS)
    return path
