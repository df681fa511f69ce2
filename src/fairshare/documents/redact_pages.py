"""Writing a PDF of pictures, each with its words laid over it unseen, so that it can be searched and read aloud."""

from __future__ import annotations

import io
import zlib
from collections.abc import Sequence
from typing import Any

from fairshare.documents.parts import import_part
from fairshare.documents.redact_words import Word

_CODES = range(33, 256)
"""Codes that a font of ours uses; what each stands for is in the font's own table."""
_HALF = 500
"""Every letter is half as wide as high, in thousandths; words are stretched to the width they have on the page."""
_LARGE = 350_000
"""Bytes from which a page is tried as JPEG: it is a photograph or a scan, not text."""
_QUALITY = 85
_SHADES = bytes((shade >> 4) * 17 for shade in range(256))
"""Sixteen shades of grey are enough for text, and far smaller."""


class PageWriter:
    """A PDF being written, page by page."""

    def __init__(self) -> None:
        self._pikepdf = import_part("pikepdf")
        self._pdf = self._pikepdf.new()
        self._codes: dict[str, tuple[int, int]] = {}
        """By letter, the number of its font and its code there."""
        self._fonts: list[Any] = []

    def add_page(self, picture: Any, size: tuple[float, float], words: Sequence[Word], marker: str) -> None:
        """Adds a page of this size in points, showing the picture; where a removed word stood, the marker is read."""
        pikepdf = self._pikepdf
        content, entries = _encode(picture, pikepdf)
        shown = self._pdf.make_stream(content, entries)
        written, used = self._write(words, size, marker)
        width, height = (f"{each:.2f}" for each in size)
        contents = f"q {width} 0 0 {height} 0 0 cm /I Do Q\n{written}"
        page = pikepdf.Dictionary(
            Type=pikepdf.Name.Page,
            MediaBox=pikepdf.Array([0, 0, *(pikepdf.Object.parse(each.encode()) for each in (width, height))]),
            Resources=pikepdf.Dictionary(
                XObject=pikepdf.Dictionary(I=shown),
                Font=pikepdf.Dictionary({f"/F{number}": self._fonts[number] for number in used}),
            ),
            Contents=self._pdf.make_stream(contents.encode("ascii")),
        )
        self._pdf.pages.append(pikepdf.Page(self._pdf.make_indirect(page)))

    def finish(self) -> bytes:
        """The file: the same pages always give the same bytes."""
        pikepdf = self._pikepdf
        for number, font in enumerate(self._fonts):
            letters = {code: letter for letter, (which, code) in self._codes.items() if which == number}
            font.ToUnicode = self._pdf.make_stream(_write_table(letters))
        out = io.BytesIO()
        self._pdf.save(
            out,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            compress_streams=True,
            static_id=False,
        )
        return out.getvalue()

    def _write(self, words: Sequence[Word], size: tuple[float, float], marker: str) -> tuple[str, list[int]]:
        """The words as text that is not painted, and the fonts it uses."""
        lines, used, gone = ["BT 3 Tr"], set(), False
        for word in words:
            # Several removed words in a row are one gap: their number would tell something.
            if word.removed and gone:
                continue
            gone = word.removed
            text = (marker if word.removed else word.text) + " "
            area = word.area
            high = max(area.y1 - area.y0, 0.5)
            wide = max(area.x1 - area.x0, 0.5)
            stretch = 100 * wide / ((len(text) - 1) * high * _HALF / 1000)
            low = size[1] - area.y1 + high * 0.2
            lines.append(f"{min(stretch, 9_999):.1f} Tz 1 0 0 1 {area.x0:.2f} {low:.2f} Tm")
            for number, codes in self._encode(text):
                used.add(number)
                lines.append(f"/F{number} {high:.2f} Tf <{codes.hex()}> Tj")
        return "\n".join([*lines, "ET"]), sorted(used)

    def _encode(self, text: str) -> list[tuple[int, bytes]]:
        runs: list[tuple[int, bytes]] = []
        for letter in text:
            if letter not in self._codes:
                number, place = divmod(len(self._codes), len(_CODES))
                if number == len(self._fonts):
                    self._fonts.append(self._make_font())
                self._codes[letter] = (number, _CODES[place])
            number, code = self._codes[letter]
            if runs and runs[-1][0] == number:
                runs[-1] = (number, runs[-1][1] + bytes([code]))
            else:
                runs.append((number, bytes([code])))
        return runs

    def _make_font(self) -> Any:
        pikepdf = self._pikepdf
        return self._pdf.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Font,
                Subtype=pikepdf.Name.Type1,
                BaseFont=pikepdf.Name.Helvetica,
                FirstChar=_CODES[0],
                LastChar=_CODES[-1],
                Widths=pikepdf.Array([_HALF] * len(_CODES)),
            )
        )


def _encode(picture: Any, pikepdf: Any) -> tuple[bytes, dict[str, Any]]:
    """A picture's bytes as they stand in a PDF, and the entries that say how to read them."""
    if _is_grey(picture):
        picture = picture.convert("L").point(_SHADES)
    entries = {
        "/Type": pikepdf.Name.XObject,
        "/Subtype": pikepdf.Name.Image,
        "/Width": picture.width,
        "/Height": picture.height,
        "/BitsPerComponent": 8,
        "/ColorSpace": pikepdf.Name.DeviceGray if picture.mode == "L" else pikepdf.Name.DeviceRGB,
        "/Filter": pikepdf.Name.FlateDecode,
    }
    packed = zlib.compress(picture.tobytes(), 2)
    if len(packed) > _LARGE:
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=_QUALITY)
        if len(out.getvalue()) < len(packed):
            return out.getvalue(), entries | {"/Filter": pikepdf.Name.DCTDecode}
    return packed, entries


def _is_grey(picture: Any) -> bool:
    chops = import_part("PIL.ImageChops")
    red, green, blue = picture.reduce(3).split()
    return all(chops.difference(red, other).getextrema()[1] <= 8 for other in (green, blue))


def _write_table(letters: dict[int, str]) -> bytes:
    """The table of a font that says which letter each code stands for."""
    rows = [f"<{code:02x}> <{letter.encode('utf-16-be').hex()}>" for code, letter in sorted(letters.items())]
    blocks = [rows[first : first + 100] for first in range(0, len(rows), 100)]
    return "\n".join(
        [
            "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
            "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
            "1 begincodespacerange <00> <ff> endcodespacerange",
            *(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks),
            "endcmap CMapName currentdict /CMap defineresource pop end end",
        ]
    ).encode("ascii")
