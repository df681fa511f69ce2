"""Draw docs/pictures/release-sheet.png: pages of a real release sheet, from the demo's release of the Rossi study.

python -m tools.sheet_picture
"""

import subprocess
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from fairshare.documents.parts import import_part

PICTURE = Path(__file__).parents[1] / "docs" / "pictures" / "release-sheet.png"
PAGES = (0, 1, 2)
SCALE = 0.95
MARGIN = 12


def draw_pages(pdf: bytes) -> bytes:
    """The first pages of a PDF side by side, as a PNG in shades of grey: that is how a sheet must be readable."""
    from PIL import Image

    opened = import_part("pypdfium2").PdfDocument(pdf)
    drawn = [opened[number].render(scale=SCALE).to_pil().convert("L") for number in PAGES if number < len(opened)]
    width = sum(each.width + MARGIN for each in drawn) + MARGIN
    sheet = Image.new("L", (width, drawn[0].height + 2 * MARGIN), 200)
    at = MARGIN
    for each in drawn:
        sheet.paste(each, (at, MARGIN))
        at += each.width + MARGIN
    made = BytesIO()
    sheet.quantize(16).save(made, "PNG", optimize=True)
    return made.getvalue()


def make_sheet(folder: Path) -> bytes:
    """The PDF of the release sheet that the demo's second story ends with."""
    out = folder / "demo"
    program = Path(sys.executable).with_name("fairshare")
    subprocess.run([program, "demo", "--out", out, "--json"], check=True, capture_output=True)
    return (out / "probation" / "sheet.pdf").read_bytes()


if __name__ == "__main__":
    with TemporaryDirectory() as made_in:
        PICTURE.write_bytes(draw_pages(make_sheet(Path(made_in))))
