"""How every command behaves, written once: `--json`, `--debug`, errors in one line, and stable exit codes.

A command is a plain function from its arguments to a `Page`. Registering it here adds the rest.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from fairshare.cli.screen import Screen, make_plain
from fairshare.words import ExitCode, FairshareError

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document, for machines.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


class Unexpected(FairshareError):
    """Something went wrong that Fairshare did not foresee: a fault in Fairshare itself."""

    code = "UNEXPECTED"


@dataclass(frozen=True)
class Page:
    """What a command has to say: a document for machines, and how to show it to people."""

    document: dict[str, Any]
    show: Callable[[Screen], None]
    exit_code: ExitCode = ExitCode.DONE


def add_command(group: typer.Typer, name: str, *, panel: str | None = None) -> Callable[[Act], Act]:
    """Makes a command of a function that returns a Page.

    The function may ask for `screen`: where to show people what happens meanwhile. With `--json` that is the error
    stream, so that the standard output holds the document and nothing else.
    """

    def register(act: Act) -> Act:
        given = inspect.signature(act, eval_str=True)
        wants_screen = "screen" in given.parameters

        @wraps(act)
        def run(*, as_json: bool, debug: bool, **arguments: Any) -> None:
            if wants_screen:
                arguments["screen"] = Screen(to_errors=as_json)
            raise typer.Exit(finish(lambda: act(**arguments), as_json=as_json, debug=debug))

        shown = [each for each in given.parameters.values() if each.name != "screen"]
        added = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=annotation)
            for name, annotation in (("as_json", AsJson), ("debug", Debug))
        ]
        run.__signature__ = given.replace(parameters=[*shown, *added], return_annotation=None)  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in (*shown, *added)}
        group.command(name, rich_help_panel=panel)(run)
        return act

    return register


Act = Callable[..., Page]


def finish(act: Callable[[], Page], *, as_json: bool, debug: bool) -> int:
    """Runs a command and prints what it has to say, or why it failed; returns the exit status."""
    try:
        page = act()
        if as_json:
            print_document(page.document)
        else:
            page.show(Screen())
        return int(page.exit_code)
    except FairshareError as error:
        print_error(error, as_json=as_json)
        if debug:
            show_traceback()
        return int(error.exit_code)
    except (BrokenPipeError, KeyboardInterrupt, typer.Exit, typer.Abort):
        raise
    except Exception as error:
        print_error(
            Unexpected(
                f"something went wrong that should not have ({type(error).__name__})",
                fix="Run it again with --debug, and report what it prints.",
            ),
            as_json=as_json,
        )
        if debug:
            show_traceback()
        return int(ExitCode.FAILED)


def print_document(document: dict[str, Any]) -> None:
    """One JSON document on the standard output."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=not _is_unicode(), default=_write_other) + "\n")


def print_error(error: FairshareError, *, as_json: bool) -> None:
    """What happened, where, and what to do next: one line for people, one document for machines."""
    if as_json:
        print_document(describe_error(error))
    else:
        sys.stderr.write(make_plain(" ".join(str(error).split())) + "\n")


def describe_error(error: FairshareError) -> dict[str, Any]:
    """An error as a document."""
    return {
        "error": {
            "code": error.code,
            "message": error.message,
            "fix": error.fix,
            "where": error.where,
            "exit_code": int(error.exit_code),
        }
    }


def show_traceback() -> None:
    """The traceback of the error being handled, on the error stream."""
    import traceback

    traceback.print_exc()


class Root(TyperGroup):
    """The command line as a whole; its own faults are documents too when `--json` is among the arguments."""

    def main(self, args: Any = None, *rest: Any, **options: Any) -> Any:
        given = list(sys.argv[1:] if args is None else args)
        if "--json" not in given or not options.get("standalone_mode", True):
            return super().main(args, *rest, **options)
        try:
            return sys.exit(super().main(args, *rest, **{**options, "standalone_mode": False}))
        except TyperException as error:
            _refuse_usage(error)


def _refuse_usage(error: TyperException) -> NoReturn:
    said = {
        "code": "USAGE",
        "message": error.format_message(),
        "fix": "See `fairshare --help`.",
        "where": None,
        "exit_code": int(ExitCode.USAGE),
    }
    print_document({"error": said})
    sys.exit(int(ExitCode.USAGE))


def _is_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"


def _write_other(value: Any) -> Any:
    from pydantic import BaseModel

    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, set | frozenset):
        return sorted(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
