"""How fast a PDF is redacted: terms and boxes on every page, and the result searched again.

python bench/redaction.py                  200 pages, in a process of its own, as a release does it
python bench/redaction.py --pages 50       fewer

The pages are dense: about 700 words each. Beside it, the same pages only drawn, which is the least that any redaction
from pixels must do.
"""

import argparse
import io
import time
from dataclasses import dataclass

import pikepdf
import pypdfium2

from fairshare.documents.redact import Box, Removals, Term
from fairshare.documents.redact_apart import redact_apart

SENTENCE = "the tenant said that Ida Wren of 14 Heron Court had rung on 07700 900123 about the noise again"


@dataclass(frozen=True)
class Timed:
    """One way, and how long it took."""

    name: str
    seconds: float
    megabytes: float = 0.0


def make_pages(count: int) -> bytes:
    pdf = pikepdf.new()
    font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
    words = SENTENCE.split()
    for page in range(count):
        lines = [" ".join(words[(page + n + k) % len(words)] for k in range(14)) for n in range(50)]
        text = "\n".join(f"BT /F0 11 Tf 50 {780 - 15 * n} Td ({line}) Tj ET" for n, line in enumerate(lines))
        made = pikepdf.Dictionary(
            Type=pikepdf.Name.Page, MediaBox=[0, 0, 595, 842], Contents=pdf.make_stream(text.encode()),
            Resources=pikepdf.Dictionary(Font=pikepdf.Dictionary(F0=font)),
        )  # fmt: skip
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(made)))
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


def time_redaction(raw: bytes, pages: int) -> Timed:
    boxes = tuple(Box(page=n, x0=50, y0=700, x1=300, y1=760) for n in range(1, pages + 1))
    terms = tuple(Term(text=text) for text in ("Ida Wren", "14 Heron Court", "07700 900123"))
    began = time.perf_counter()
    made = redact_apart(raw, "a.pdf", Removals(boxes=boxes, terms=terms))
    took = time.perf_counter() - began
    assert sum(made.found) > pages
    return Timed("redacted and searched", took, len(made.content) / 1e6)


def time_drawing(raw: bytes) -> Timed:
    began = time.perf_counter()
    pdf = pypdfium2.PdfDocument(raw)
    for page in pdf:
        page.render(scale=150 / 72)
    return Timed("only drawn", time.perf_counter() - began)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=200)
    pages = parser.parse_args().pages
    raw = make_pages(pages)
    print(f"{pages} pages, {len(raw) / 1e6:.1f} MB")
    for each in (time_redaction(raw, pages), time_drawing(raw)):
        size = f", {each.megabytes:.1f} MB" if each.megabytes else ""
        print(f"{each.name:24} {each.seconds:6.1f} s, {1000 * each.seconds / pages:5.0f} ms a page{size}")


if __name__ == "__main__":
    main()
