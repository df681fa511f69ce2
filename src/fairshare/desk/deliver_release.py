"""Deliver a finished release: put its sealed files where the recipient collects them, and write down what was put.

The release itself is made already, and stays made whatever happens here: a delivery is repeated until it is whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from fairshare.desk.entering import check_allowed
from fairshare.desk.entries import Delivered, PlacedFile
from fairshare.desk.ports import Desk
from fairshare.desk.released import find_folder, find_released
from fairshare.desk.who import Action, Actor
from fairshare.records import new_salt
from fairshare.release.deliveries.opening import describe_place, open_store
from fairshare.release.deliveries.places import S3Place, SftpPlace
from fairshare.release.deliveries.refusals import OtherPlace
from fairshare.release.deliveries.uploading import OnSent, check_local, upload_files
from fairshare.release.going_on import Went, check_goes_on
from fairshare.words import FairshareError

LOOK_AGAIN = timedelta(seconds=2)
_ALMOST = 0.9
"""The share of all bytes after which it is looked at each time, so that no manifest follows a pause."""


@dataclass(frozen=True)
class NamedPlace:
    """A place by its name at the desk; `base` is where the paths in it start."""

    name: str
    place: S3Place | SftpPlace
    base: Path


def deliver_release(
    desk: Desk, actor: Actor, name: str, to: NamedPlace, *, on_progress: OnSent = lambda share: None
) -> Delivered:
    """Puts a release where its recipient collects it, and checks what is there; safe to repeat.

    Takes    name: the release's id or folder, or a case, whose newest release it then is.
    Raises   NotYours; ReleaseRecalled, AgreementNotInForce and their like when it may not go on today; OtherPlace; what
             the other side says, as one of the errors of `fairshare.release.deliveries`: then what is there is of no
             use to anybody until it is delivered again, because the manifest goes last.
    """
    went = find_released(desk, name)
    check_allowed(desk, actor, Action.DELIVER, went.release.case)
    check_goes_on(went, desk.clock.now().date())
    if to.place.recipient != went.release.recipient.name:
        raise OtherPlace(
            f"{to.name} is where another organisation collects, not {went.release.recipient.name}",
            fix="Name a place of the recipient's own.",
            where="to",
        )
    folder = find_folder(desk, went)
    files = check_local(folder, went.receipt)
    write = _writer(desk, actor, went, to)
    write("started", (), None)
    try:
        with open_store(to.place, folder.name, to.base) as store:
            placed = upload_files(files, store, _checking(desk, went, on_progress))
    except FairshareError as error:
        write("failed", (), error.code)
        raise
    found = tuple(
        PlacedFile(name=each.name, bytes=each.bytes, sha256=each.sha256, checked=each.checked) for each in placed
    )
    return write("whole", found, None)


def list_deliveries(desk: Desk, case: str | None = None) -> tuple[Delivered, ...]:
    """What was delivered, or not, in the order in which it happened."""
    return tuple(each for each in desk.entries.of_kind("delivered", case) if isinstance(each, Delivered))


def _checking(desk: Desk, went: Went, on_progress: OnSent) -> OnSent:
    """Looks again, every few seconds and before the manifest, whether it may still go on: a pause stops a delivery."""
    looked = desk.clock.now()

    def check(share: float) -> None:
        nonlocal looked
        now = desk.clock.now()
        if now - looked >= LOOK_AGAIN or share >= _ALMOST:
            looked = now
            check_goes_on(find_released(desk, went.id), now.date())
        on_progress(share)

    return check


def _writer(
    desk: Desk, actor: Actor, went: Went, to: NamedPlace
) -> Callable[[str, tuple[PlacedFile, ...], str | None], Delivered]:
    def write(outcome: str, files: tuple[PlacedFile, ...], code: str | None) -> Delivered:
        entry = Delivered.model_validate(
            {
                "salt": new_salt(desk.entropy),
                "at": desk.clock.now(),
                "case": went.release.case,
                "release": went.id,
                "to": to.name,
                "place": describe_place(to.place, find_folder(desk, went).name),
                "recipient": went.release.recipient.name,
                "by": actor.person,
                "outcome": outcome,
                "files": files,
                "code": code,
            }
        )
        desk.entries.add(entry)
        return entry

    return write
