"""What the page on releasing a table shows is what the program takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fairshare.cli.app import app
from fairshare.cli.forms import ReleaseForm, read_form
from fairshare.cli.release import make_contents
from fairshare.release.coverage import why_not_release
from fairshare.release.delivery import open_release
from fairshare.release.flow import run_release
from fairshare.release.kinds import Table
from tests.release.flow.stories import (
    READER_SECRET,
    TRUSTED,
    FileBook,
    make_ports,
    one_off,
    to_reader,
    write_people,
)

PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "release-a-table.md").read_text("utf-8")
FILES = dict(re.findall(r"```yaml\n# (\S+)\n(.*?)```", PAGE, re.DOTALL))
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]


def test_the_plan_and_the_form_on_the_page_make_a_release(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    write_people(tmp_path)
    form = read_form(ReleaseForm, tmp_path / "release.yaml")
    table = make_contents(form, tmp_path, tmp_path)
    assert isinstance(table, Table)
    grounds = one_off(table, release={"release_kind": form.kind, "items": form.items, "channel": form.channel})
    assert why_not_release(grounds, table) is None
    released = run_release(grounds, table, to_reader(tmp_path / "out"), make_ports(FileBook(tmp_path / "book")))
    opened = open_release(released.folder, READER_SECRET, trust=TRUSTED, into=tmp_path / "in")
    assert (opened.folder / "tenancies.csv").read_text().count("\n") == 3


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_on_the_page_has_the_options_it_is_shown_with(command: str) -> None:
    words = shlex.split(command)
    assert words[0] == "fairshare"
    shown = CliRunner().invoke(app, [*words[1:3], "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0, command
    for option in (word for word in words if word.startswith("--")):
        assert option in shown.output, option


@pytest.mark.parametrize("code", sorted(set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", PAGE))))
def test_each_code_on_the_page_is_one_that_a_release_gives(code: str) -> None:
    from fairshare.agree.force import AgreementNotInForce
    from fairshare.release import refusals

    codes = {each.code for each in vars(refusals).values() if isinstance(each, type) and hasattr(each, "code")}
    assert code in codes | {AgreementNotInForce.code}
