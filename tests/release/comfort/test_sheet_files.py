"""The release sheet goes as PDF beside the page: to the recipient, and to the holder, even if a process is killed."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from fairshare.records.kinds import ReleaseKind
from fairshare.release.delivery import open_release
from fairshare.release.flow import Released, Step, recover, run_release
from fairshare.release.sheet_files import SHEET, SHEET_PDF, write_sheet_pdf
from tests.documents.pdf_checks import find_pdf_faults
from tests.release.comfort.test_sections import TOLD
from tests.release.flow.stories import (
    READER_SECRET,
    TRUSTED,
    FileBook,
    bundle,
    make_ports,
    make_study_table,
    routine,
    tell,
    to_reader,
    write_people,
)
from tools.sheet_picture import draw_pages


def read_text(pdf: bytes) -> str:
    opened = pypdfium2.PdfDocument(pdf)
    return " ".join(" ".join(page.get_textpage().get_text_bounded() for page in opened).split())


def release_study(folder: Path, **options: Any) -> Released:
    """The university's table, sealed, with its sheets."""
    table = make_study_table(folder)
    write_people(folder)
    handover = replace(to_reader(folder / "out"), pdf=True)
    return run_release(routine(table), table, handover, make_ports(FileBook(folder / "book")), **options)


def test_recipient_and_holder_each_get_their_own_sheet_as_a_sound_pdf(tmp_path: Path) -> None:
    released = release_study(tmp_path)
    opened = open_release(released.folder, READER_SECRET, trust=TRUSTED, into=tmp_path / "in")
    theirs = (opened.folder / SHEET_PDF).read_bytes()
    assert released.pdf is not None
    assert (opened.folder / SHEET).is_file()
    for pdf in (theirs, released.pdf):
        assert find_pdf_faults(pdf) == []
    assert "hiv_status" not in read_text(theirs)
    assert "Why Name came out so" in read_text(released.pdf)
    assert "Why Name came out so" not in read_text(theirs)


def test_what_is_told_leaves_its_sheet_as_pdf_as_well(tmp_path: Path) -> None:
    handover = replace(to_reader(tmp_path / "out"), readers=(), pdf=True)
    grounds = bundle(release={"release_kind": ReleaseKind.SPOKEN})
    released = run_release(grounds, tell("i4"), handover, make_ports(FileBook(tmp_path / "book")))
    assert sorted(each.name for each in released.folder.iterdir()) == [SHEET, SHEET_PDF]


class Killed(BaseException):
    """The process ends here."""


def test_the_holders_pdf_survives_a_killed_process(tmp_path: Path) -> None:
    def die(step: Step) -> None:
        if step is Step.COMMITTED:
            raise Killed

    with pytest.raises(Killed):
        release_study(tmp_path, on_step=die)
    (finished,) = recover(tmp_path / "out", FileBook(tmp_path / "book"))
    assert finished.pdf is not None
    assert find_pdf_faults(finished.pdf) == []


def test_the_same_release_gives_the_same_pdf() -> None:
    assert write_sheet_pdf(TOLD, audience="holder") == write_sheet_pdf(TOLD, audience="holder")


def test_without_typst_the_release_goes_without_its_pdf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    released = release_study(tmp_path)
    assert released.pdf is None
    opened = open_release(released.folder, READER_SECRET, trust=TRUSTED, into=tmp_path / "in")
    assert (opened.folder / SHEET).is_file()
    assert not (opened.folder / SHEET_PDF).exists()


def test_the_page_on_sheets_shows_a_real_one_small_enough_and_described() -> None:
    docs = Path(__file__).parents[3] / "docs"
    picture = docs / "pictures" / "release-sheet.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size < 200_000
    page = (docs / "explain" / "release-sheet.md").read_text("utf-8")
    (alt,) = re.findall(r"!\[([^\]]+)\]\(\.\./pictures/release-sheet\.png\)", page)
    assert len(alt.split()) > 20


def test_the_picture_is_drawn_from_the_pages_of_a_sheet() -> None:
    pdf = write_sheet_pdf(TOLD, audience="holder")
    assert pdf is not None
    assert draw_pages(pdf).startswith(b"\x89PNG")
