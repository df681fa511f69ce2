"""The tour in the README, the tutorials and some how-tos are run, command by command, as a reader would."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    *sorted((DOCS / "tutorials").glob("*.md")),
    *(
        DOCS / "how-to" / f"{name}.md"
        for name in ("agreement", "agreement-check", "desk", "documents", "intake", "redact", "register", "scripts")
    ),
]
SECONDS = 120


def read_steps(text):
    """The steps of a page: files to save (```yaml answers.yaml), and commands ($ ...) with the output shown below."""
    for language, name, body in re.findall(r"^```(\w+)[ ]?([\w.-]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        if name:
            yield "save", name, body
        elif language == "console":
            for command, output in re.findall(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", body, re.MULTILINE):
                yield "run", command, output


def find_missing(shown, printed):
    """The first line of the output shown that was not printed, in order; `...` stands for anything."""
    lines = iter(line.strip() for line in printed.splitlines())
    for line in (each.strip() for each in shown.splitlines()):
        pattern = ".*".join(map(re.escape, line.split("...")))
        if line not in ("", "...") and not any(re.fullmatch(pattern, each) for each in lines):
            return line
    return None


def test_a_page_is_read_as_files_to_save_and_commands_to_run():
    page = "```yaml a.yaml\nx: 1\n```\n\n```console\n$ cat \\\n  a.yaml\nx: 1\n$ true\n```\n\n```sh\nmake demo\n```\n"
    assert list(read_steps(page)) == [
        ("save", "a.yaml", "x: 1\n"),
        ("run", "cat \\\n  a.yaml", "x: 1\n"),
        ("run", "true", ""),
    ]
    assert find_missing("a\n...\nb... d", "a\nc\nb c d") is None
    assert find_missing("b\na", "a\nb") == "a"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_on_the_page_works_and_prints_what_is_shown(page, tmp_path):
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "COLUMNS": "200",
        "NO_COLOR": "1",
    }
    for kind, what, text in read_steps(page.read_text("utf-8")):
        if kind == "save":
            (tmp_path / what).write_text(text, "utf-8")
            continue
        done = subprocess.run(
            ["bash", "-c", what],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"$ {what}\n{done.stdout}"
        assert find_missing(text, done.stdout) is None, f"$ {what}\n{done.stdout}"
