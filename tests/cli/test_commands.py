"""What every command has in common."""

import json
import os
import subprocess
import sys

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from fairshare.cli import app
from fairshare.cli.commands import Page, add_command, finish
from fairshare.cli.screen import Screen, make_plain
from fairshare.words import ExitCode, FairshareError, Refused

HEAVY = {"duckdb", "pysat", "pyrage", "django", "jinja2", "cryptography", "joserfc", "rfc8785"}


def list_commands(group=None, path=()):
    group = group or get_command(app)
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from list_commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(list_commands())


def load(statement):
    code = f"import sys; sys.argv = ['fairshare']; {statement}; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}


def test_the_commands_of_the_whole_chain_are_there():
    first = {path[0] for path in COMMANDS}
    assert first >= {"tools", "ask", "decide", "what-if", "compare", "rules", "start", "case", "agree", "release"}
    assert first >= {"keys", "verify", "demo"}


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_every_command_explains_itself_and_takes_json_and_debug(path, run):
    assert {"as_json", "debug"} <= {each.name for each in COMMANDS[path].params}
    helped = run(*path, "--help")
    assert helped.exit_code == 0
    assert "--json" in helped.out


def test_importing_the_command_line_loads_nothing_heavy():
    assert load("import fairshare.cli") & HEAVY == set()


def test_help_loads_nothing_heavy():
    assert load("from fairshare.cli import app; app(['decide', '--help'], standalone_mode=False)") & HEAVY == set()


def test_deciding_loads_neither_django_nor_duckdb(small, answers):
    words = ["decide", "share", str(answers), "--rules", str(small)]
    assert load(f"from fairshare.cli import app; app({words!r}, standalone_mode=False)") & {"django", "duckdb"} == set()


def test_an_error_is_one_line_with_its_code_place_and_next_step(run):
    done = run("decide", "le.request", "no-such-file")
    assert done.exit_code == ExitCode.BAD_INPUT
    assert done.out == ""
    assert done.err.splitlines() == ["NOT_FOUND: there is no such file (at no-such-file). Check the path."]


def test_an_error_is_a_document_for_machines(run):
    done = run("decide", "le.request", "no-such-file", "--json")
    assert done.err == ""
    assert done.error == {
        "code": "NOT_FOUND",
        "message": "there is no such file",
        "fix": "Check the path.",
        "where": "no-such-file",
        "exit_code": 3,
    }


def test_a_traceback_is_shown_only_when_asked_for(run):
    assert "Traceback" not in run("decide", "le.request", "no-such-file").err
    assert "Traceback" in run("decide", "le.request", "no-such-file", "--debug").err


@pytest.mark.parametrize("words", [["keys", "shw"], ["decide"], ["decide", "a", "b", "--no-such"], ["nonsense"]])
def test_a_wrong_command_line_is_a_usage_error_in_words_and_as_a_document(run, words):
    plain, machine = run(*words), run(*words, "--json")
    assert plain.exit_code == machine.exit_code == ExitCode.USAGE
    assert plain.err
    assert machine.error["code"] == "USAGE"
    assert machine.error["exit_code"] == 2


@pytest.mark.parametrize("error", [Refused("it may not be", fix="Ask."), ZeroDivisionError("1/0"), OSError("disk")])
def test_whatever_a_command_raises_ends_as_one_error_with_an_exit_code(capsys, error):
    def act():
        raise error

    known = isinstance(error, FairshareError)
    assert finish(act, as_json=True, debug=False) == (4 if known else 1)
    found = json.loads(capsys.readouterr().out)["error"]
    assert found["code"] == ("REFUSED" if known else "UNEXPECTED")
    assert finish(act, as_json=False, debug=False) == (4 if known else 1)
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "disk" not in said


def test_a_command_that_shows_work_keeps_standard_output_for_the_document():
    group = typer.Typer()

    @group.callback()
    def main() -> None: ...

    @add_command(group, "work")
    def work(screen: Screen) -> Page:
        """Work."""
        screen.line("working")
        return Page({"done": True}, lambda shown: shown.line("done"), ExitCode.SIGNERS_UNKNOWN)

    done = CliRunner().invoke(group, ["work", "--json"])
    assert (done.exit_code, json.loads(done.stdout), done.stderr) == (6, {"done": True}, "working\n")
    assert CliRunner().invoke(group, ["work"]).stdout == "working\ndone\n"


def test_what_others_wrote_cannot_steer_the_terminal():
    assert make_plain("\x1b]0;title\x07 \x9b2J a\tb\nc\udcff") == "\ufffd]0;title\ufffd \ufffd2J a\tb\nc\ufffd"


@pytest.mark.parametrize("width", [20, 40, 200])
def test_output_fits_the_terminal_and_has_no_colour_where_none_is_wanted(small, width):
    environment = os.environ | {"COLUMNS": str(width), "NO_COLOR": "1"}
    words = [sys.executable, "-m", "fairshare.cli", "tools", "share", "--rules", str(small)]
    done = subprocess.run(words, env=environment, check=True, capture_output=True, text=True)
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= width
    assert "intelligence" not in done.stderr


def test_a_reader_who_leaves_early_is_no_error(small):
    command = f"{sys.executable} -m fairshare.cli tools share --rules {small} | true"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stderr == ""


def test_the_shell_can_complete_the_names_of_tools():
    environment = os.environ | {
        "_FAIRSHARE_COMPLETE": "complete_bash",
        "COMP_WORDS": "fairshare decide le.u",
        "COMP_CWORD": "2",
    }
    words = [sys.executable, "-c", "from fairshare.cli import app; app(prog_name='fairshare')"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["le.urgent"]


def test_the_version_is_that_of_the_package(run):
    from fairshare import __version__

    assert run("--version").out.strip() == __version__
