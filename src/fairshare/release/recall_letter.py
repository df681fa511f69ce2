"""The letter with which a release is called back: it names the release, and shows nothing of what went."""

from __future__ import annotations

from datetime import date

from fairshare.release.going_on import Went
from fairshare.release.sheet_sections import read_words
from fairshare.words import Person
from fairshare.words.dates import write_date


def write_recall_letter(went: Went, *, reason: str, on: date, by: Person, shared: bool, language: str = "en") -> str:
    """The letter to the recipient, as plain text.

    Takes    shared: whether it was read by Delta Sharing, which stops by itself.
    """
    words, release = read_words(language), went.release
    day, sent = (write_date(each, words["language"]) for each in (on, went.receipt.finished_at.date()))
    parts = [
        f"{release.holder.name}\n{day}",
        words["recall_to"].format(recipient=release.recipient.name),
        words["recall_says"].format(day=sent, channel=release.channel),
        words["recall_why"].format(reason=reason),
        words["recall_shared"] if shared else words["recall_please"],
        words["recall_asks"],
        words["recall_notice"],
        f"{by.name}\n{by.role}",
        f"{words['release_id']}: {went.id}\n{words['files']}:",
        "\n".join(f"  {each.name}  SHA-256 {each.sha256}" for each in went.receipt.files) or f"  {words['files_none']}",
    ]
    return "\n\n".join(parts) + "\n"
