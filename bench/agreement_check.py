"""How fast an existing agreement of forty pages is checked, from the bytes of a Word file to the findings.

python bench/agreement_check.py            40 pages: the figure that the project asks for is under 3 seconds
python bench/agreement_check.py --pages 200

The file is made of agreements of the labelled set, one after another, at 450 words to a page. Reading the signals and
importing the libraries counts, as somebody who runs the command waits for them too.
"""

import argparse
import io
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import docx

ROOT = Path(__file__).resolve().parents[1]
SET = ROOT / "tests" / "agree_check" / "set" / "development"
WORDS_A_PAGE = 450
CHECK = """
import sys
from datetime import date
from pathlib import Path
from fairshare.agree.check import check_agreement
from fairshare.agree.check_signals import load_signals
from fairshare.documents.paragraphs import read_paragraphs
paper = read_paragraphs(Path(sys.argv[1]).read_bytes(), where="bench.docx")
found = check_agreement(paper, load_signals(), law_date=date(2026, 11, 22))
print(len(paper.paragraphs), len(found.findings), len(found.traps))
"""


def make_docx(pages: int) -> bytes:
    """A Word file of about so many pages."""
    texts = [path.read_text("utf-8") for path in sorted(SET.glob("d*"))]
    document = docx.Document()
    words = 0
    while words < pages * WORDS_A_PAGE:
        for text in texts:
            for line in filter(None, map(str.strip, text.splitlines())):
                document.add_paragraph(line.lstrip("# "), style="Heading 2" if line.startswith("#") else None)
                words += len(line.split())
            if words >= pages * WORDS_A_PAGE:
                break
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def main() -> None:
    """Measures and prints one line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=40)
    parser.add_argument("--times", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "agreement.docx"
        path.write_bytes(make_docx(asked.pages))
        taken = []
        for _ in range(asked.times):
            started = time.perf_counter()
            done = subprocess.run([sys.executable, "-c", CHECK, path], check=True, capture_output=True, text=True)
            taken.append(time.perf_counter() - started)
    paragraphs = done.stdout.split()[0]
    print(
        f"{asked.pages} pages, {paragraphs} paragraphs: {min(taken):.2f} s to {max(taken):.2f} s, {asked.times} times"
    )


if __name__ == "__main__":
    main()
