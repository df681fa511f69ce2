"""What the pages on delivering and sharing show is what the program takes."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fairshare.cli.app import app
from fairshare.cli.forms import ReleaseForm, parse_written, read_form
from fairshare.release.deliveries.places import read_places
from tools.reference import find_errors

DOCS = Path(__file__).parents[3] / "docs" / "how-to"
PAGES = {name: (DOCS / name).read_text("utf-8") for name in ("deliver.md", "share-with-delta-sharing.md")}
FILES = [
    (page, *found)
    for page, text in PAGES.items()
    for found in re.findall(r"```yaml\n# (\S+)\n(.*?)```", text, re.DOTALL)
]
COMMANDS = [
    line
    for text in PAGES.values()
    for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("fairshare")
]


def test_the_places_on_the_page_are_places() -> None:
    (text,) = (text for _, name, text in FILES if name == "deliveries.yaml")
    places = read_places(parse_written(text.encode(), where="page"), where="page")
    assert {each.kind for each in places.values()} == {"s3", "sftp"}


@pytest.mark.parametrize(("page", "text"), [(page, text) for page, name, text in FILES if name == "release.yaml"])
def test_the_release_forms_on_the_pages_are_forms(page: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "release.yaml"
    path.write_text(text)
    form = read_form(ReleaseForm, path)
    assert (form.handed_over, form.deliver_to) == (
        ("sealed", "university-store") if page == "deliver.md" else ("delta_sharing", None)
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_on_the_pages_has_the_options_it_is_shown_with(command: str) -> None:
    words = shlex.split(command)
    named = words[1:2] if words[1] == "deliver" else words[1:3]
    shown = CliRunner().invoke(app, [*named, "--help"], env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0, command
    for option in (word for word in words if word.startswith("--")):
        assert option in shown.output, option


def test_each_code_on_the_pages_is_an_error() -> None:
    shown = {code for text in PAGES.values() for code in re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", text)}
    assert shown - {each.code for each in find_errors()} - {"REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"} == set()
