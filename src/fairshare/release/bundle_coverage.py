"""Coverage of a redacted bundle: the redacted files go, never the documents before, and a second person has looked."""

from __future__ import annotations

from collections.abc import Iterator

from fairshare.release.bundle_told import why_not_told
from fairshare.release.grounds import Grounds
from fairshare.release.kinds import Contents, Told, files_of
from fairshare.release.refusals import AnotherRecord, OtherRecipient, SecondPersonNeeded, WrongFile
from fairshare.words import Refused


def check_redaction(grounds: Grounds, contents: Contents) -> Iterator[Refused]:
    """A release of redacted documents names their redaction, which a second person has checked where it must be."""
    redaction = grounds.redaction
    if redaction is None:
        return
    made = [file for each in files_of(contents) for file in redaction.made_for(each.item)]
    if made and grounds.release.plan != redaction.id:
        yield AnotherRecord(
            "the release does not name the redaction of its documents",
            fix="Record a new intent; the newest redaction of the case is named in it.",
            where="release.plan",
        )
    for file in made:
        # In an emergency one person acts, and it is reviewed after.
        if file.needs_second_person and redaction.record.checked_by is None and not grounds.decision.emergency:
            yield SecondPersonNeeded(
                f"item {file.item} was redacted for somebody at risk, or has places that no program has read,"
                " and no second person has checked it",
                fix="Have somebody else run `fairshare redact check`.",
                where=f"item {file.item}",
            )


def check_redacted_file(grounds: Grounds, ref: str, sha256: str) -> None:
    """Refuses, once a file's digest is known, a document before redaction, whatever item it is sent as.

    Also a file of a redacted item that is not the one that was made.
    """
    redaction = grounds.redaction
    if redaction is None:
        return
    before = redaction.sources.sha256.get(sha256)
    if before is not None:
        raise WrongFile(
            f"the file for item {ref} is item {before} before it was redacted",
            fix="Take it out; send the redacted file that was made.",
            where=f"item {ref}",
        )
    made = redaction.made_for(ref)
    if made and sha256 not in {each.sha256 for each in made}:
        raise WrongFile(
            f"the file for item {ref} is not the redacted one that was made and recorded",
            fix="Send that one, or redact it again.",
            where=f"item {ref}",
        )


def check_told(grounds: Grounds, contents: Contents) -> Iterator[Refused]:
    """What was told, by its note, was told by the releaser to the person who was decided on, all of it as agreed."""
    if isinstance(contents, Told) and contents.note is not None:
        reason = why_not_told(contents.note, grounds.release, grounds.decision)
        if reason is not None:
            yield OtherRecipient(
                reason.text.rstrip("."), fix="Correct the note, or have it decided again.", where="told.note"
            )
