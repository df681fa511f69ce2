"""The `fairshare` command: every subcommand, in the order of the chain."""

from __future__ import annotations

import gc
import sys

import typer

from fairshare.cli import agreement_clauses, agreement_life, agreements, handing_over, rejected  # noqa: F401 (each adds commands)
from fairshare.cli.agree import agree
from fairshare.cli.agree_check import add_checking
from fairshare.cli.agree_machine import add_machine_face
from fairshare.cli.ask import ask
from fairshare.cli.budget import budget
from fairshare.cli.case import case
from fairshare.cli.cases import cases
from fairshare.cli.commands import Root, add_command
from fairshare.cli.compare import compare
from fairshare.cli.decide import decide
from fairshare.cli.deidentify import deidentify
from fairshare.cli.deliver import deliver
from fairshare.cli.demo.command import demo
from fairshare.cli.document import document
from fairshare.cli.form import form
from fairshare.cli.history import add_history
from fairshare.cli.intake import intake
from fairshare.cli.key_custody import add_custody
from fairshare.cli.keys import keys
from fairshare.cli.learn import add_learning
from fairshare.cli.mutate import mutate
from fairshare.cli.opt_outs import add_leaving_out, opt_outs
from fairshare.cli.plan import plan
from fairshare.cli.redact import redact
from fairshare.cli.register import register
from fairshare.cli.release import release
from fairshare.cli.rules import rules
from fairshare.cli.share import share
from fairshare.cli.start import start
from fairshare.cli.statistics import statistics
from fairshare.cli.synthetic import synthetic
from fairshare.cli.tools import tools
from fairshare.cli.verify import verify
from fairshare.cli.what_if import what_if
from fairshare.cli.worker import worker

app = typer.Typer(
    cls=Root,
    name="fairshare",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="One sharing of personal information, from the question to the receipt. It is not legal advice.",
)
DECIDE, DESK, PROVE, LEARN = "Decide", "At the desk", "Prove", "Learn"

add_command(app, "tools", panel=DECIDE)(tools)
add_command(app, "ask", panel=DECIDE)(ask)
add_command(app, "decide", panel=DECIDE)(decide)
add_command(app, "compare", panel=DECIDE)(compare)
add_command(app, "what-if", panel=DECIDE)(what_if)
app.add_typer(rules, name="rules", rich_help_panel=DECIDE)
add_command(rules, "mutate")(mutate)
add_command(app, "document", panel=DECIDE)(document)
add_command(app, "start", panel=DESK)(start)
app.add_typer(intake, name="intake", rich_help_panel=DESK)
app.add_typer(form, name="form", rich_help_panel=DESK)
app.add_typer(case, name="case", rich_help_panel=DESK)
add_checking(agree)
add_machine_face(agree)
app.add_typer(agree, name="agree", rich_help_panel=DESK)
app.add_typer(register, name="register", rich_help_panel=DESK)
app.add_typer(redact, name="redact", rich_help_panel=DESK)
app.add_typer(plan, name="plan", rich_help_panel=DESK)
app.add_typer(deidentify, name="deidentify", rich_help_panel=DESK)
add_history(release)
add_leaving_out(release)
app.add_typer(release, name="release", rich_help_panel=DESK)
app.add_typer(opt_outs, name="opt-outs", rich_help_panel=DESK)
app.add_typer(statistics, name="statistics", rich_help_panel=DESK)
app.add_typer(budget, name="budget", rich_help_panel=DESK)
app.add_typer(synthetic, name="synthetic", rich_help_panel=DESK)
app.add_typer(worker, name="worker", rich_help_panel=DESK)
add_command(app, "deliver", panel=DESK)(deliver)
app.add_typer(share, name="share", rich_help_panel=DESK)
add_custody(keys)
app.add_typer(keys, name="keys", rich_help_panel=PROVE)
add_command(app, "demo", panel=PROVE)(demo)
add_command(app, "verify", panel=PROVE)(verify)

add_learning(app, panel=LEARN)
app.add_typer(cases, name="cases", rich_help_panel=LEARN)


@app.callback()
def explain(
    version: bool = typer.Option(
        False, "--version", help="Show the version and stop.", callback=lambda on: show_version(on)
    ),
) -> None:
    """What `fairshare` itself takes."""


def show_version(wanted: bool) -> None:
    """Prints the version when it is asked for, and stops."""
    if wanted:
        from fairshare import __version__

        typer.echo(__version__)
        raise typer.Exit


def main() -> None:
    """Runs the command line."""
    # One command builds much that lives until its end, and hardly any circles: look for them seldom.
    gc.set_threshold(100_000, 50, 100)
    try:
        app()
    except BrokenPipeError:
        # Whoever was reading has left, as `head` does; there is nobody to tell.
        sys.stderr.close()
        raise SystemExit(1) from None
