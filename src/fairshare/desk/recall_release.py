"""Call a release back: whatever can still be stopped stops at once, and the recipient gets it in writing."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import dataclass

from fairshare.desk.entering import check_allowed, enter
from fairshare.desk.ports import Desk
from fairshare.desk.released import find_folder, find_released
from fairshare.desk.who import Action, Actor
from fairshare.records import Notice, SignedRecord, encode, new_salt
from fairshare.records.agreed import Recalled
from fairshare.release.recall_letter import write_recall_letter
from fairshare.release.sharing.blocks import SEALED_TO
from fairshare.words import BadInput

LETTERS = "recalls"
"""Where letters of recall are, among the desk's files, with the signed notices that go with them."""


@dataclass(frozen=True)
class RecalledRelease:
    """A release that was recalled: the notice, the letter to the recipient, and whether it was read by sharing."""

    notice: SignedRecord
    letter: str
    recipient: str
    was_shared: bool


def recall_release(desk: Desk, actor: Actor, name: str, *, reason: str, language: str = "en") -> RecalledRelease:
    """Records that a release is recalled from today, and writes to the recipient.

    A share is refused from the moment at which this is recorded, also in the middle of a read, and what is kept of it
    here is removed. What was handed over cannot be fetched back: the letter asks for it to be deleted.
    Takes    name: the release's id or folder, or a case; reason: for the recipient to read.
    """
    went = find_released(desk, name)
    check_allowed(desk, actor, Action.RECALL, went.release.case)
    if not reason.strip():
        raise BadInput("a recall needs a reason", fix="Say in a sentence what went wrong.", where="reason")
    if went.recalled_on is not None:
        raise BadInput("it is recalled already", fix="Nothing more is needed.", where="release")
    now = desk.clock.now()
    notice = enter(
        desk,
        Notice(
            case=went.release.case,
            salt=new_salt(desk.entropy),
            follows=(went.id,),
            made_at=now,
            made_by=actor.person,
            agreement=went.release.agreement,
            party=desk.organisation,
            reason=reason.strip(),
            matter=Recalled(release=went.id, on=now.date()),
        ),
    )
    shared = went.receipt.sealed_to == SEALED_TO
    if shared:
        # Refused already: what cannot be removed now does no harm, and evidence stays in the records.
        with suppress(OSError):
            shutil.rmtree(find_folder(desk, went))
    letter = write_recall_letter(
        went, reason=reason.strip(), on=now.date(), by=actor.person, shared=shared, language=language
    )
    number = went.id.removeprefix("sha256:")
    desk.files.write(f"{LETTERS}/{number}.txt", letter.encode())
    desk.files.write(f"{LETTERS}/{number}.json", encode(notice))
    return RecalledRelease(notice, letter, went.release.recipient.name, shared)
