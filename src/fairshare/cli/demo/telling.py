"""Telling a story by its commands: each is printed, run, timed, and its result shown in a line or two."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from string import Template
from time import perf_counter
from typing import Any

from fairshare.cli.screen import Screen
from fairshare.words import ExitCode, FairshareError

EXAMPLES = Path(__file__).parent


class DemoFailed(FairshareError):
    """A step of the demo did not end as it should."""

    code = "DEMO_FAILED"


@dataclass
class Step:
    """One command of a story, how it ended, and how long it took."""

    says: str
    command: str
    exit_code: int
    seconds: float
    shown: tuple[str, ...]


@dataclass
class Story:
    """One story being told in a folder of its own."""

    name: str
    title: str
    folder: Path
    screen: Screen
    steps: list[Step] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)
    """By what it is, where it is, in the story's folder."""
    not_exercised: tuple[str, ...] = ()
    seconds: float = 0.0

    def say(self, text: str) -> None:
        """A sentence between the steps."""
        self.screen.line(text, indent=3)

    def run(
        self,
        says: str,
        command: str,
        *,
        expect: ExitCode = ExitCode.DONE,
        show: Callable[[dict[str, Any]], tuple[str, ...]] = lambda _: (),
    ) -> dict[str, Any]:
        """Runs one command as it is printed, checks how it ended, and shows what came of it."""
        started = perf_counter()
        exit_code, document = run_command(shlex.split(command)[1:])
        seconds = perf_counter() - started
        failed = document.get("error")
        if exit_code != expect:
            said = f"{failed['code']}: {failed['message']}" if failed else f"it ended with {exit_code}, not {expect}"
            raise DemoFailed(
                f"the step `{command}` failed ({said})", fix="Run that command in the story's folder.", where=self.name
            )
        shown = (f"{failed['message'].capitalize()}. [{failed['code']}]",) if failed else show(document)
        self.steps.append(Step(says, command, exit_code, round(seconds, 3), shown))
        self.screen.bullet(says, marker=f"{len(self.steps)}.")
        self.screen.exact(f"   $ {command}", "dim")
        for line in shown:
            self.screen.line(line, "yellow" if failed or expect else "", indent=3)
        self.screen.line(f"{seconds:.2f} s", "dim", indent=3)
        return document

    def keep(self, what: str, path: str) -> None:
        """Remembers where something is."""
        self.files[what] = str(self.folder / path)

    def describe(self) -> dict[str, Any]:
        """The story as a document."""
        return {
            "story": self.name,
            "title": self.title,
            "folder": str(self.folder),
            "seconds": round(self.seconds, 3),
            "steps": [vars(step) for step in self.steps],
            "files": self.files,
            "not_exercised": list(self.not_exercised),
        }


def run_command(words: list[str]) -> tuple[int, dict[str, Any]]:
    """One command in this process, with `--json`: its exit status and its document."""
    from fairshare.cli.app import app

    said = StringIO()
    with redirect_stdout(said), redirect_stderr(StringIO()):
        try:
            exit_code = app([*words, "--json"], standalone_mode=False)
        except SystemExit as stop:
            exit_code = stop.code
    found = json.loads(said.getvalue() or "{}")
    return int(exit_code or 0), found


@contextmanager
def tell_story(name: str, title: str, out: Path, screen: Screen) -> Iterator[Story]:
    """A story in a new folder under `out`, from which its commands are run; its examples are copied there first."""
    folder = open_folder(out, name)
    story = Story(name, title, folder, screen)
    started = perf_counter()
    screen.heading(title)
    with chdir(folder):
        yield story
    story.seconds = perf_counter() - started


def open_folder(out: Path, name: str) -> Path:
    """A new folder for a story, with its example files."""
    folder = (out / name).resolve()
    folder.mkdir(mode=0o700, parents=True)
    copy_examples(name, folder, datetime.now(UTC).date())
    return folder


def copy_examples(name: str, folder: Path, today: date) -> None:
    """The story's example files, with days put in so that they hold today."""
    days = {
        "today": today,
        "in_30_days": today + timedelta(days=30),
        "in_180_days": today + timedelta(days=180),
        "in_a_year": today + timedelta(days=365),
    }
    for each in sorted((EXAMPLES / name).glob("*.yaml")):
        text = Template(each.read_text("utf-8")).safe_substitute({key: day.isoformat() for key, day in days.items()})
        (folder / each.name).write_text(text, "utf-8")
