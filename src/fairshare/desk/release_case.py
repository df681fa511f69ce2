"""Release what a decision covers: record the plan and the intent, do it all or not at all, record the receipt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal

from fairshare.agree.standing import Held
from fairshare.desk.entering import check_allowed, find_latest, read_case
from fairshare.desk.guards import check_keys, find_judgement, guard_releases, settle_opt_outs
from fairshare.desk.held_agreements import find_current, hold_agreement
from fairshare.desk.keep_budget import make_budget_guard
from fairshare.desk.keep_opt_outs import find_known, find_registered
from fairshare.desk.ports import Desk
from fairshare.desk.readers import check_readers, note_unchecked
from fairshare.desk.redact_case import find_case_redaction
from fairshare.desk.share_release import check_agreed
from fairshare.desk.who import Action, Actor
from fairshare.desk.workspace import find_actor
from fairshare.records import (
    Agreement,
    Decision,
    Plan,
    Receipt,
    Release,
    ReleaseKind,
    SignedRecord,
    check_record,
    new_salt,
    sign_record,
)
from fairshare.release.bundle_record import Redaction
from fairshare.release.flow import Guard, Handover, Ports, Released, recover, run_release
from fairshare.release.grounds import Grounds
from fairshare.release.kinds import Contents, Table, files_of
from fairshare.release.opt_outs_proof import MissingListsGuard
from fairshare.release.packing import OnProgress
from fairshare.release.parts import KEPT_FOR, WaitingParts, discard_parts, list_waiting
from fairshare.release.rejected_guard import REJECTED, RejectedGuard
from fairshare.release.sealed_to import Readers
from fairshare.release.sharing.blocks import ShareStore
from fairshare.words import Person, Reason

RELEASES = "releases"
"""Where finished releases are, among the desk's files."""


@dataclass(frozen=True)
class Wanted:
    """What somebody asks the desk to release, and how it is handed over."""

    kind: ReleaseKind
    items: tuple[str, ...]
    contents: Contents
    channel: str
    readers: Readers = ()
    checked_by: Person | None = None
    at_risk: frozenset[str] = frozenset()
    language: str = "en"
    why_unchecked: str = ""
    """Why it is sealed to a key that nobody has recorded as the recipient's; only in an emergency."""


@dataclass(frozen=True)
class DeskBook:
    """The desk's records as the book that a release is written down in."""

    desk: Desk
    case: str
    plan: SignedRecord | None = None
    """What the intent follows from and is written down with it."""

    def is_finished(self, release_id: str) -> bool:
        """Whether the sender's receipt for this intent is in the case."""
        return any(
            isinstance(signed.record, Receipt)
            and signed.record.release == release_id
            and signed.record.side == "sender"
            for signed in read_case(self.desk, self.case)
        )

    def write_intent(self, release: SignedRecord) -> None:
        """Keeps and logs the intent, and the plan before it, before any work."""
        if self.plan is not None:
            self.desk.records.add(self.plan)
        self.desk.records.add(release)

    def write_outcome(self, released: Released) -> None:
        """Keeps and logs the receipt, and keeps the holder's release sheet with the facts that stay here."""
        release = released.manifest.release.id
        self.desk.files.write(sheet_name(release), released.sheet.encode())
        if released.pdf is not None:
            self.desk.files.write(sheet_name(release, "pdf"), released.pdf)
        if released.kept is not None:
            self.desk.files.write(sheet_name(release, "json"), released.kept)
        self.desk.records.add(released.manifest.receipt)


def release_case(
    desk: Desk,
    actor: Actor,
    case: str,
    wanted: Wanted,
    *,
    law_today: Callable[[Decision, date], tuple[Reason, ...]],
    on_progress: OnProgress | None = None,
) -> Released:
    """Releases part or all of what the case's newest decision covers, today.

    Takes    law_today: what the law of a date would decide otherwise; see `fairshare.desk.decide_case`.
    Raises   NotYours, TooSoon, or the reason why the release is refused; then nothing has left.
    """
    before = check_allowed(desk, actor, Action.RELEASE, case)
    decided = find_latest(before, "decision")
    assert isinstance(decided.record, Decision)  # noqa: S101 (found by its kind)
    wanted = settle_wanted(desk, decided.record, wanted)
    agreement = find_agreement(desk, before, decided.id)
    held = hold_agreement(desk, before, agreement) if agreement is not None else None
    check_may_be_read(desk, held, wanted)
    redaction = find_case_redaction(desk, case) if files_of(wanted.contents) else None
    plan = find_plan(desk, actor, decided, wanted.contents, redaction)
    release = make_release(desk, actor, decided, agreement, plan, wanted)
    grounds = Grounds(
        release=release,
        decision=decided.record,
        decision_signed_by=find_signers(desk, decided, of=decided.record.holder.name),
        today=desk.clock.now().date(),
        law_today=law_today,
        plan=plan.record if plan is not None and isinstance(plan.record, Plan) else None,
        agreement=agreement.record if agreement is not None and isinstance(agreement.record, Agreement) else None,
        agreement_signed_by=held.signed_by if held is not None else (),
        agreement_notices=held.notices if held is not None else (),
        agreement_place=held.place if held is not None else 0,
        framework=held.framework if held is not None else None,
        at_risk=wanted.at_risk,
        redaction=redaction,
        opt_outs=find_known(desk, case),
        judgement=find_judgement(desk, case, wanted.contents),
    )
    check_keys(desk, actor, decided.record, agreement.id if agreement is not None else None, wanted.contents)
    handover = Handover(make_destination(desk, case), readers=wanted.readers, language=wanted.language, pdf=True)
    ports = make_ports(desk, decided.record, agreement, plan)
    return run_release(grounds, wanted.contents, handover, ports, on_progress=on_progress)


def make_ports(desk: Desk, decision: Decision, agreement: SignedRecord | None, plan: SignedRecord | None) -> Ports:
    """What a release of this desk needs of it: its key and book, its guards, and how the agreement stands later on."""
    case = decision.case
    return Ports(
        key=desk.key,
        book=DeskBook(desk, case, plan),
        now=desk.clock.now,
        entropy=desk.entropy,
        guards=make_guards(desk, case, emergency=decision.emergency),
        held_now=lambda: hold_agreement(desk, read_case(desk, case), agreement) if agreement is not None else None,
    )


def make_guards(desk: Desk, case: str, *, emergency: bool = False) -> tuple[Guard, ...]:
    """The guards of a release of this case: budget, opt-outs and history, and the rows that it rejects."""
    rejected = RejectedGuard(desk.files.path(REJECTED))
    missing = MissingListsGuard(find_registered(desk))
    return (make_budget_guard(desk), missing, *guard_releases(desk, case, emergency=emergency), rejected)


def check_may_be_read(desk: Desk, held: Held | None, wanted: Wanted) -> None:
    """Refuses to share what no token could read, because no agreement is in force."""
    if isinstance(wanted.readers, ShareStore):
        check_agreed(held, desk.clock.now().date())


def settle_wanted(desk: Desk, decision: Decision, wanted: Wanted) -> Wanted:
    """What is asked for, its readers checked, and its lists of opt-outs marked as far as they reach."""
    checked = check_sealed_to(desk, decision, wanted)
    contents = settle_opt_outs(checked.contents, decision)
    return replace(checked, contents=contents, checked_by=settle_checker(desk, decision, checked.checked_by))


def settle_checker(desk: Desk, decision: Decision, checked_by: Person | None) -> Person | None:
    """Who checked, as the desk knows them; somebody else only in an emergency. Raises NotFound."""
    if checked_by is None or decision.emergency:
        return checked_by
    return find_actor(desk, checked_by.name).person


def make_destination(desk: Desk, case: str) -> Path:
    """The folder that the case's releases appear in."""
    destination = desk.files.path(f"{RELEASES}/{case}")
    destination.mkdir(mode=0o700, parents=True, exist_ok=True)
    return destination


def check_sealed_to(desk: Desk, decision: Decision, wanted: Wanted) -> Wanted:
    """Refuses a key that is not known to be the recipient's; one given on the spot is written into how it goes.

    Raises   OtherReader, ReaderNotChecked.
    """
    # A passphrase names nobody: it is told to the recipient, over another channel.
    keys = wanted.readers if isinstance(wanted.readers, tuple) else ()
    reason = wanted.why_unchecked.strip()
    on_the_spot = check_readers(
        desk.readers, decision.recipient, keys, emergency=decision.emergency, why_unchecked=reason
    )
    return replace(wanted, channel=note_unchecked(wanted.channel, reason)) if on_the_spot else wanted


def recover_releases(desk: Desk) -> tuple[Released, ...]:
    """Finishes or discards what a killed release left, in every case; safe at any time.

    Finished parts of a long run stay for a week, so that the same release goes on where it was cut short.
    """
    found: list[Released] = []
    for case in desk.records.cases():
        destination = desk.files.path(f"{RELEASES}/{case}")
        if destination.is_dir():
            found.extend(recover(destination, DeskBook(desk, case), make_guards(desk, case)))
            discard_parts(destination, older_than=desk.clock.now() - KEPT_FOR)
    return tuple(found)


def list_unfinished(desk: Desk) -> tuple[WaitingParts, ...]:
    """The finished parts of long runs that were cut short: run the same release again, and it goes on from them."""
    return tuple(waiting for folder in _list_destinations(desk) for waiting in list_waiting(folder))


def discard_unfinished(desk: Desk) -> int:
    """Removes those parts, but for what is being made at this moment; says how many runs they were of."""
    return sum(discard_parts(folder) for folder in _list_destinations(desk))


def _list_destinations(desk: Desk) -> list[Path]:
    return [desk.files.path(f"{RELEASES}/{case}") for case in desk.records.cases()]


def find_plan(
    desk: Desk, actor: Actor, decided: SignedRecord, contents: Contents, redaction: Redaction | None
) -> SignedRecord | None:
    """What the release was made ready by: a table's plan, or the recorded redaction of any of its documents."""
    redacted = {file.item for file in redaction.record.files} if redaction is not None else set()
    if redaction is not None and any(each.item in redacted for each in files_of(contents)):
        return next(each for each in read_case(desk, decided.record.case) if each.id == redaction.id)
    return sign_plan(desk, actor, decided, contents)


def sign_plan(desk: Desk, actor: Actor, decided: SignedRecord, contents: Contents) -> SignedRecord | None:
    """For a table, its plan as a record, so that the receipt can be checked against it later."""
    if not isinstance(contents, Table):
        return None
    return sign_record(
        Plan(
            case=decided.record.case,
            salt=new_salt(desk.entropy),
            follows=(decided.id,),
            made_at=desk.clock.now(),
            made_by=actor.person,
            plan=contents.plan.model_dump(mode="json"),
        ),
        desk.key,
    )


def make_release(
    desk: Desk,
    actor: Actor,
    decided: SignedRecord,
    agreement: SignedRecord | None,
    plan: SignedRecord | None,
    wanted: Wanted,
) -> Release:
    """The intent: what is about to go, to whom, under what."""
    decision = decided.record
    assert isinstance(decision, Decision)  # noqa: S101 (found by its kind)
    now = desk.clock.now()
    return Release(
        case=decision.case,
        salt=new_salt(desk.entropy),
        follows=tuple(each.id for each in (decided, agreement, plan) if each is not None),
        made_at=now,
        made_by=actor.person,
        release_kind=wanted.kind,
        decision=decided.id,
        agreement=agreement.id if agreement is not None else None,
        plan=plan.id if plan is not None else None,
        holder=decision.holder,
        recipient=decision.recipient,
        recipient_contact=decision.recipient_contact,
        purpose=decision.purpose,
        items=wanted.items,
        law_date=now.date(),
        channel=wanted.channel,
        released_by=actor.person,
        checked_by=wanted.checked_by,
    )


def find_agreement(desk: Desk, records: tuple[SignedRecord, ...], decision_id: str) -> SignedRecord | None:
    """The agreement that counts today among those that follow from this decision, if there is one."""
    following = {
        each.id for each in records if isinstance(each.record, Agreement) and decision_id in each.record.follows
    }
    return find_current(desk, records, following)


def find_signers(desk: Desk, signed: SignedRecord, *, of: str | None = None) -> frozenset[str]:
    """The ids of the trusted keys whose signatures on this record hold; with `of`, that organisation's only.

    A partner whose key is trusted may sign an agreement, but never decide for the holder.
    """
    return frozenset(key.kid for key in check_record(signed, desk.trusted) if of in (None, key.name))


def sheet_name(release_id: str, format: Literal["html", "pdf", "json"] = "html") -> str:
    """Where the holder's copy of a release sheet is kept, and as JSON the facts that its receipt only commits to."""
    return f"sheets/{release_id.removeprefix('sha256:')}.{format}"
