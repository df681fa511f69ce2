"""The life of an agreement: delegate, ink, review, suspend, resume, leave, end, certify, reminders."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairshare.cli.agree import agree
from fairshare.cli.agreement_clauses import find_form
from fairshare.cli.agreement_files import (
    KeyFile,
    NoticeOut,
    Reasons,
    Target,
    Written,
    describe_notice,
    read_any_agreement,
    sign_notice,
    write_documents,
)
from fairshare.cli.case import is_file
from fairshare.cli.commands import Page, add_command
from fairshare.cli.desks import HERE, ActingAs, CaseName, DeskFolder, open_as
from fairshare.cli.files import read_day, write_file
from fairshare.cli.screen import Screen
from fairshare.words import Person
from fairshare.words.reading import build, read_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from fairshare.records import SignedRecord
    from fairshare.records.agreed import Matter

Day = Annotated[str | None, typer.Option("--on", metavar="DAY", help="From when; today if not said.")]
PersonOption = Annotated[str, typer.Option("--person", metavar="NAME, ROLE", help="Who signed.")]


@add_command(agree, "delegate")
def delegate(
    case: CaseName,
    to: Annotated[str, typer.Argument(metavar="NAME", help="Who may sign, by their name at the desk.")],
    until: Annotated[str, typer.Option("--until", metavar="DAY", help="The last day.")],
    form: Annotated[
        list[str] | None, typer.Option("--form", metavar="KIND", help="Only this kind of agreement. Repeat it.")
    ] = None,
    reason: Reasons = "",
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Let somebody else at the desk sign in this case, within limits."""
    from fairshare.desk.look_after_agreement import delegate_signing
    from fairshare.desk.workspace import find_actor

    forms = [find_form(each) for each in form or ()]
    with open_as(desk, name) as (at, actor):
        person = find_actor(at, to).person
        said = delegate_signing(at, actor, case, person, read_day(until, where="--until"), forms, reason=reason)
    return show_notice(said, None, f"{to} may sign in this case until {until}.")


@add_command(agree, "ink")
def ink(
    case: CaseName,
    organisation: Annotated[str, typer.Argument(metavar="ORGANISATION", help="The party that signed on paper.")],
    person: PersonOption,
    scan: Annotated[Path, typer.Option("--scan", metavar="FILE", help="The scanned page.")],
    witness: Annotated[str, typer.Option("--witness", metavar="NAME, ROLE", help="Who saw it.")],
    on: Day = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Record that a party signed on paper: who signed, who saw it, and the scan by its digest."""
    from fairshare.desk.look_after_agreement import record_ink

    raw = read_file(scan)
    with open_as(desk, name) as (at, actor):
        day = read_day(on, where="--on") if on else at.clock.now().date()
        said = record_ink(at, actor, case, organisation, read_person(person), day, raw, read_person(witness))
    return show_notice(said, None, f"{organisation} signed in ink on {day}.")


@add_command(agree, "review")
def review(
    case: CaseName,
    next_on: Annotated[str, typer.Option("--next", metavar="DAY", help="The next review.")],
    on: Day = None,
    reason: Reasons = "",
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Record a review that found the agreement good as it is. To change something, use `vary`."""
    from fairshare.desk.look_after_agreement import review_agreement

    with open_as(desk, name) as (at, actor):
        day, next_day = find_day(on, at.clock.now().date()), read_day(next_on, where="--next")
        said = review_agreement(at, actor, case, day, next_day, reason=reason)
    return show_notice(said, None, f"Reviewed; the next review is on {next_on}.")


@add_command(agree, "trigger")
def trigger(
    case: CaseName,
    what: Annotated[
        str,
        typer.Argument(metavar="WHAT", help="law, basis, parties, breach, volume, complaint or other."),
    ],
    on: Day = None,
    reason: Reasons = "",
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Note that something calls for a review; it stays among the reminders until one is held."""
    from fairshare.desk.look_after_agreement import call_for_review
    from fairshare.records.agreed import Triggered

    with open_as(desk, name) as (at, actor):
        day = find_day(on, at.clock.now().date())
        checked = build(Triggered, {"trigger": what, "on": day}, where="WHAT")
        said = call_for_review(at, actor, case, checked.trigger, day, reason=reason)
    return show_notice(said, None, "Noted. It is among the reminders until a review is held.")


@add_command(agree, "suspend")
def suspend(
    target: Target,
    on: Day = None,
    reason: Reasons = "",
    out: NoticeOut = None,
    key: KeyFile = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Suspend the routine sharing under the agreement; emergencies, duties and one-off decisions go on."""
    from fairshare.desk.look_after_agreement import suspend_agreement
    from fairshare.records.agreed import Suspended

    said = tell(
        target,
        key,
        on,
        reason,
        desk,
        name,
        lambda day: Suspended(on=day),
        lambda at, actor, day: suspend_agreement(at, actor, target, day, reason=reason),
    )
    return show_notice(said, out, "Suspended. Routine releases pause; nothing else does.")


@add_command(agree, "resume")
def resume(
    target: Target,
    on: Day = None,
    reason: Reasons = "",
    out: NoticeOut = None,
    key: KeyFile = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Take up again what your organisation suspended."""
    from fairshare.desk.look_after_agreement import resume_agreement
    from fairshare.records.agreed import Resumed

    said = tell(
        target,
        key,
        on,
        reason,
        desk,
        name,
        lambda day: Resumed(on=day),
        lambda at, actor, day: resume_agreement(at, actor, target, day, reason=reason),
    )
    return show_notice(said, out, "Resumed.")


@add_command(agree, "leave")
def leave(
    target: Target,
    on: Day = None,
    reason: Reasons = "",
    out: NoticeOut = None,
    key: KeyFile = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Leave the agreement; with fewer than two parties left, it ends."""
    from fairshare.desk.look_after_agreement import leave_agreement
    from fairshare.records.agreed import Left

    said = tell(
        target,
        key,
        on,
        reason,
        desk,
        name,
        lambda day: Left(on=day),
        lambda at, actor, day: leave_agreement(at, actor, target, day, reason=reason),
    )
    return show_notice(said, out, "Recorded. What was received is to be returned or deleted, and that certified.")


@add_command(agree, "end")
def end(
    target: Target,
    on: Day = None,
    give_back: Annotated[
        bool, typer.Option("--return", help="What was received goes back, and is not deleted.")
    ] = False,
    within: Annotated[int, typer.Option("--within", metavar="DAYS", help="By when.")] = 30,
    reason: Reasons = "",
    out: NoticeOut = None,
    key: KeyFile = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """End the agreement, with return or deletion of what was received."""
    from fairshare.desk.look_after_agreement import end_agreement
    from fairshare.records.agreed import Ended

    then: Any = "return" if give_back else "delete"
    made = build(Ended, {"on": date.min, "then": then, "within_days": within}, where="--within")
    said = tell(
        target,
        key,
        on,
        reason,
        desk,
        name,
        lambda day: made.model_copy(update={"on": day}),
        lambda at, actor, day: end_agreement(at, actor, target, day, then, within, reason=reason),
    )
    return show_notice(said, out, "Recorded. Certify the deletion or return with `fairshare agree certify`.")


@add_command(agree, "certify")
def certify(
    target: Target,
    how: Annotated[str, typer.Option("--how", metavar="TEXT", help="How it was deleted or returned.")],
    returned: Annotated[bool, typer.Option("--returned", help="It was returned, not deleted.")] = False,
    kept: Annotated[str, typer.Option("--kept", metavar="TEXT", help="What the law makes you keep, and why.")] = "",
    on: Day = None,
    write: Written = None,
    out: NoticeOut = None,
    key: KeyFile = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """Certify, signed, that what was received under an agreement that ended is deleted or returned."""
    from fairshare.agree import write_certificate_document
    from fairshare.desk.look_after_agreement import certify_deletion
    from fairshare.records.agreed import DeletionCertified

    def make(day: date) -> DeletionCertified:
        return DeletionCertified(on=day, did="returned" if returned else "deleted", how=how, kept=kept)

    said = tell(
        target, key, on, "", desk, name, make, lambda at, actor, day: certify_deletion(at, actor, target, make(day))
    )
    notice: Any = said.record
    if write:
        agreement = read_any_agreement(Path(target))[0] if is_file(target) else find_named(desk, name, notice)
        write_documents(write_certificate_document(agreement, notice), write)
    return show_notice(said, out, "Certified.")


@add_command(agree, "reminders")
def reminders(
    ics: Annotated[Path | None, typer.Option("--ics", metavar="FILE", help="Write them as a calendar.")] = None,
    desk: DeskFolder = HERE,
    name: ActingAs = None,
) -> Page:
    """List what is to be done under all agreements, and by when: reviews, ends, deletions, proposals, new law."""
    from fairshare.agree import write_calendar
    from fairshare.desk.look_after_agreement import list_desk_reminders
    from fairshare.law import load_law

    with open_as(desk, name) as (at, _):
        found = list_desk_reminders(at, load_law())
        now = at.clock.now()
    if ics is not None:
        write_file(ics, write_calendar(found, now))

    def show(screen: Screen) -> None:
        screen.table(
            ["by", "what", "whose", "case"], [(each.on, each.text, each.party or "", each.case) for each in found]
        )
        if ics is not None:
            screen.line(f"Written: {ics}.")

    return Page({"reminders": [vars(each) for each in found], "file": str(ics) if ics else None}, show)


def tell(
    target: str,
    key: Path | None,
    on: str | None,
    reason: str,
    desk: Path,
    name: str | None,
    make: Callable[[date], Matter],
    act: Callable[[Any, Any, date], SignedRecord],
) -> SignedRecord:
    """Says something under an agreement: at the desk, or, about a file, with a key and no desk."""
    if is_file(target):
        return sign_notice(Path(target), key, make(find_day(on, datetime.now(UTC).date())), reason)
    with open_as(desk, name) as (at, actor):
        return act(at, actor, find_day(on, at.clock.now().date()))


def find_day(text: str | None, today: date) -> date:
    """The day that an option names, or today."""
    return read_day(text, where="--on") if text else today


def read_person(text: str) -> Person:
    """A person from `Name, role`."""
    name, _, role = text.partition(",")
    return build(Person, {"name": name, "role": role.strip() or "signatory"}, where=text[:40])


def find_named(desk: Path, name: str | None, notice: Any) -> Any:
    """The agreement that a notice names, at the desk."""
    with open_as(desk, name) as (at, _):
        found: Any = at.records.find(notice.agreement)
        return found.record


def show_notice(said: SignedRecord, out: Path | None, text: str) -> Page:
    """What was recorded, and where the file for the other parties is."""
    document = describe_notice(said, out)

    def show(screen: Screen) -> None:
        screen.line(text, "bold")
        if out is not None:
            screen.line(f"Send {out} to the other parties; they take it in with `fairshare agree take`.")

    return Page(document, show)
