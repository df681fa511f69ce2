"""Rows of a source that cannot be read: counted for the sheet, and kept apart for whoever can put them right."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from fairshare.release.sections import InBoth, Section
from fairshare.release.sources import CsvFile, XlsxSheet, resolve_path
from fairshare.release.sources_csv import MAX_ROW_BYTES, RejectedRow, check_structure, open_text, read_rows
from fairshare.release.sources_xlsx import open_sheet
from fairshare.words import BadInput


class RejectsUnkept(BadInput):
    """The rows that cannot be read cannot be written where they should be kept."""

    code = "REJECTS_UNKEPT"


def describe_rejected(rejected: Mapping[str, int]) -> tuple[Section, ...]:
    """The part of the sheet about rows that could not be read, by reason; none when all could."""
    if not rejected:
        return ()
    total = sum(rejected.values())
    return (
        Section(
            name="rejected",
            title=InBoth(en="Rows that could not be read", cy="Rhesi na ellid eu darllen"),
            says=(
                InBoth(
                    en=f"{total:,} rows of the source could not be read as the plan says. None of them was sent.",
                    cy=f"Ni ellid darllen {total:,} rhes o'r ffynhonnell fel y dywed y cynllun. Ni anfonwyd yr un.",
                ),
                InBoth(
                    en="`fairshare plan rejected PLAN` lists them, and keeps them in a file for the holder alone.",
                    cy="Mae `fairshare plan rejected PLAN` yn eu rhestru, ac yn eu cadw i'r deiliad yn unig.",
                ),
            ),
            headings=(InBoth(en="Reason", cy="Rheswm"), InBoth(en="Rows", cy="Rhesi")),
            rows=tuple((reason, f"{rows:,}") for reason, rows in sorted(rejected.items())),
        ),
    )


def find_rejected(source: CsvFile | XlsxSheet, base: Path) -> list[RejectedRow]:
    """Which rows cannot be read, by their place in the file, and why; never what they say."""
    path = resolve_path(base, source.path)
    if isinstance(source, XlsxSheet):
        with open_sheet(path, source) as sheet:
            return [row for row in sheet.read_rows() if isinstance(row, RejectedRow)]
    check_structure(path, source)
    return [row for row in read_rows(path, source) if isinstance(row, RejectedRow)]


def keep_rejected(source: CsvFile | XlsxSheet, base: Path, write_to: Path) -> int:
    """Writes each row that cannot be read to a new file, whole, with its place and the reason; says how many.

    Takes    write_to: a path where nothing is yet. Its lines are JSON, and only its owner can read it: the rows are
             personal data, and stay with the holder.
    """
    reasons = {row.row: row.reason for row in find_rejected(source, base)}
    path = resolve_path(base, source.path)
    try:
        handle = os.open(write_to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            for place, cells in _raw_rows(path, source) if reasons else ():
                if place in reasons:
                    line = {"row": place, "reason": reasons[place], "cells": cells}
                    out.write(json.dumps(line, ensure_ascii=False) + "\n")
    except OSError:
        raise RejectsUnkept(
            "the rows that cannot be read cannot be kept there",
            fix="Name a new file in a folder that you may write to.",
            where=str(write_to),
        ) from None
    return len(reasons)


def _raw_rows(path: Path, source: CsvFile | XlsxSheet) -> Iterator[tuple[int, list[str] | list[str | None]]]:
    """Each row with its place and its cells as they stand in the file."""
    if isinstance(source, XlsxSheet):
        with open_sheet(path, source) as sheet:
            start = source.header_row + 1
            for place, cells in enumerate(sheet.values.iter_rows(min_row=start, values_only=True), start=start):
                yield place, [None if cell is None else str(cell) for cell in cells]
        return
    csv.field_size_limit(MAX_ROW_BYTES)
    with open_text(path, source) as handle:
        yield from enumerate(csv.reader(handle, delimiter=source.delimiter, strict=True), start=1)
