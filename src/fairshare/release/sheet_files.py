"""The release sheet as files: the recipient's copy beside what goes, the holder's own, as HTML and as PDF."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from fairshare.documents import Brand, render
from fairshare.records.kinds import SentFile
from fairshare.release.delivery import HOW_TO_OPEN, seal_bytes_into, write_plain_into
from fairshare.release.manifest import name_sealed
from fairshare.release.sheet import SheetFacts, write_how_to_open, write_sheet
from fairshare.release.sheet_document import write_sheet_document
from fairshare.release.sheet_sections import Audience
from fairshare.release.staging import write_synced
from fairshare.request.wording import Cover
from fairshare.words import FairshareError

SHEET = "release-sheet.html"
SHEET_PDF = "release-sheet.pdf"


def add_sheets(
    facts: SheetFacts, out: Path, to: tuple[str, ...], *, language: str, pdf: bool = False
) -> tuple[SentFile, ...]:
    """The recipient's copy of the sheet, sealed like the rest; and in the clear, how to open it all.

    Takes    pdf: also as PDF, for a recipient who gets files.
    """
    page = write_sheet(facts, audience="recipient", language=language).encode()
    drawn = write_sheet_pdf(facts, audience="recipient", language=language) if pdf else None
    if not to:
        write_synced(out / SHEET, page)
        if drawn is not None:
            write_synced(out / SHEET_PDF, drawn)
        return ()
    place = len(facts.files) + 1
    sheet = seal_bytes_into(page, out / name_sealed(place), to, name=SHEET, media_type="text/html; charset=utf-8")
    if facts.sealed == "sharing":
        return (sheet,)
    sheets = [sheet]
    if drawn is not None:
        target = out / name_sealed(place + 1)
        sheets.append(seal_bytes_into(drawn, target, to, name=SHEET_PDF, media_type="application/pdf"))
    how = write_how_to_open(facts.sealed or "key", language=language).encode()
    return *sheets, write_plain_into(how, out, name=HOW_TO_OPEN, media_type="text/plain; charset=utf-8")


def write_sheet_pdf(facts: SheetFacts, *, audience: Audience, language: str = "en") -> bytes | None:
    """The release sheet as PDF/UA; the same release gives the same bytes.

    Returns  None where it cannot be drawn, most often because typst is not installed: the HTML says the same, and no
             release waits for its PDF.
    """
    release = facts.release
    cover = Cover(
        brand=Brand(organisation=release.holder.name),
        dated=release.law_date,
        author=release.released_by.name,
        language="cy-GB" if language == "cy" else "en-GB",
    )
    try:
        return render(write_sheet_document(facts, cover, audience=audience), "pdf")
    except (FairshareError, ValidationError):
        return None
