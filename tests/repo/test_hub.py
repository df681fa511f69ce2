"""The page that answers the regulator's hub row by row names every tool, and nothing that is not there."""

import re

from typer.main import get_command

from fairshare.cli import app
from fairshare.decide.library import load_real_base


def test_the_page_names_every_tool_and_only_commands_that_exist(root):
    named = re.findall(r"`([^`]+)`", (root / "docs" / "reference" / "hub.md").read_text())
    tools, commands = load_real_base().tools, get_command(app).commands
    said = {each.split()[1] for each in named if each.startswith("fairshare ")}
    assert said <= set(commands)
    others = {each for each in named if not each.startswith("fairshare ")}
    assert set(tools) <= others
    assert {each for each in others if "." in each} <= set(tools)
