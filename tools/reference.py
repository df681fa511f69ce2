"""Write docs/reference from the code: errors, exit codes, commands, settings and the schema of plans.

python -m tools.reference           writes the pages
python -m tools.reference --check   changes nothing; fails if a page is not what would be written
"""

import ast
import importlib
import inspect
import itertools
import pkgutil
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import fairshare
from fairshare.release.plan_schema import SCHEMA_NAME, render_schema
from fairshare.words import ExitCode, FairshareError

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs" / "reference"
WRITTEN = "<!-- Written by `make docs` from the code; do not edit. -->\n"

EXIT_MEANINGS = {
    ExitCode.DONE: "It was done.",
    ExitCode.FAILED: "It failed in a way that no other code describes.",
    ExitCode.USAGE: "The command line itself is wrong: an unknown option, a missing argument.",
    ExitCode.BAD_INPUT: "A file, field or argument is malformed, too large or does not exist.",
    ExitCode.REFUSED: "A rule of who, when or what stands in the way. Nothing was done.",
    ExitCode.UNSOUND: "Evidence does not hold: a signature, digest, proof or link is wrong.",
    ExitCode.SIGNERS_UNKNOWN: "The case is internally consistent, but without trusted keys its signers are unknown.",
    ExitCode.MISSING_PART: "An optional part of the installation is missing; the message says what adds it.",
}


def find_errors() -> list[type[FairshareError]]:
    """Every error of the family, by code, once every module of Fairshare has been imported."""
    for module in pkgutil.walk_packages(fairshare.__path__, "fairshare."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)

    def descend(error: type[FairshareError]) -> Iterator[type[FairshareError]]:
        yield error
        for each in error.__subclasses__():
            yield from descend(each)

    found = {each for each in descend(FairshareError) if each.__module__.startswith("fairshare.")}
    return sorted(found, key=lambda each: (each.code, each.__name__))


def describe(error: type[FairshareError]) -> str:
    """The first paragraph of an error's docstring, on one line."""
    words = inspect.cleandoc(error.__doc__ or "").split("\n\n")[0]
    return " ".join(words.split())


def render_errors() -> str:
    """The page of errors: one heading each, so that a code can be linked to."""
    parts = [
        "# Errors\n",
        WRITTEN,
        "Every error says what happened, where, and what to do next. Its code never changes once published; with",
        "`--json` the command line prints it as `code`. The exit status is the one that the error names below",
        "([exit codes](exit-codes.md)).\n",
    ]
    for error in find_errors():
        kinds = [each.code for each in error.__mro__[1:] if issubclass(each, FairshareError)]
        lineage = f" A kind of [`{kinds[0]}`](#{kinds[0].lower()})." if kinds else ""
        parts.append(
            f"## {error.code}\n\n{describe(error)}\n\nExit code {error.exit_code}.{lineage} "
            f"In Python: `{error.__module__}.{error.__name__}`.\n"
        )
    return "\n".join(parts)


def render_exit_codes() -> str:
    """The page of exit codes."""
    rows = "\n".join(f"| {code.value} | `{code.name}` | {EXIT_MEANINGS[code]} |" for code in ExitCode)
    return (
        f"# Exit codes\n\n{WRITTEN}\nWhat the exit status of `fairshare` means; stable across versions.\n\n"
        f"| code | name | meaning |\n|---|---|---|\n{rows}\n"
    )


def render_commands() -> str:
    """The page of commands, as the command line describes itself."""
    from typer import Context
    from typer.cli import get_docs_for_click
    from typer.main import get_command

    from fairshare.cli import app

    command = get_command(app)
    text = get_docs_for_click(obj=command, ctx=Context(command), name="fairshare", title="Commands")
    text = re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)
    heading, _, rest = text.partition("\n")
    return f"{heading}\n\n{WRITTEN}{rest.rstrip()}\n"


def find_settings(source: Path) -> dict[str, str]:
    """Environment variables named in the source, each with the text that follows the constant that names it."""
    found: dict[str, str] = {}
    for path in sorted(source.rglob("*.py")):
        tree = ast.parse(path.read_bytes())
        names = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
        here = {name: "" for name in names if isinstance(name, str) and re.fullmatch(r"FAIRSHARE_[A-Z0-9_]+", name)}
        found = here | found
        for first, second in itertools.pairwise(tree.body):
            match first, second:
                case (
                    ast.Assign(value=ast.Constant(value=str(name)))
                    | ast.AnnAssign(value=ast.Constant(value=str(name))),
                    ast.Expr(value=ast.Constant(value=str(text))),
                ) if name in found:
                    found[name] = " ".join(text.split())
    return dict(sorted(found.items()))


def render_settings() -> str:
    """The page of settings: the environment variables that Fairshare reads."""
    rows = "\n".join(f"| `{name}` | {text} |" for name, text in find_settings(ROOT / "src").items())
    table = (
        f"| variable | meaning |\n|---|---|\n{rows}\n" if rows else "None: everything is given on the command line.\n"
    )
    return f"# Settings\n\n{WRITTEN}\nThe environment variables that Fairshare reads.\n\n{table}"


def render_pages() -> dict[Path, str]:
    """Every page of the reference, by path."""
    pages = {
        REFERENCE / "errors.md": render_errors(),
        REFERENCE / "exit-codes.md": render_exit_codes(),
        REFERENCE / "settings.md": render_settings(),
        REFERENCE / "schemas" / SCHEMA_NAME: render_schema(),
    }
    if (ROOT / "src" / "fairshare" / "cli" / "__init__.py").is_file():
        pages[REFERENCE / "commands.md"] = render_commands()
    return pages


def write_or_check(pages: dict[Path, str], *, check: bool) -> int:
    """Writes the pages; with `check`, names those that differ from what would be written and returns 1."""
    stale = [path for path, text in pages.items() if not path.is_file() or path.read_text("utf-8") != text]
    for path in stale:
        if check:
            print(f"{path.relative_to(ROOT)} is not up to date: run `make docs`.")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(pages[path], "utf-8")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(write_or_check(render_pages(), check="--check" in sys.argv[1:]))
