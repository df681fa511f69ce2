"""Writing the handbook, the myths and the case studies into the documentation, in both languages.

python -m fairshare.learn.pages docs/reference           writes the pages
python -m fairshare.learn.pages docs/reference --check   changes nothing; fails if a page is not what would be written
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

from fairshare.decide.words import Language
from fairshare.law import load_law
from fairshare.learn.cases import load_cases
from fairshare.learn.cases_page import make_cases_page
from fairshare.learn.handbook import load_handbook
from fairshare.learn.myths import read_myths
from fairshare.learn.render import make_handbook_page, make_myths_page, render_markdown
from fairshare.learn.vectors import VECTOR_SCHEMAS, make_vectors, write_vectors
from fairshare.records.schemas import render_schemas


def render_pages() -> dict[str, str]:
    """Every page of Markdown, by file name."""
    law, pages = load_law(), {}
    for language in get_args(Language):
        ending = "" if language == "en" else f"-{language}"
        pages[f"handbook{ending}.md"] = render_markdown(make_handbook_page(load_handbook(language), law))
        pages[f"myths{ending}.md"] = render_markdown(make_myths_page(read_myths(language), law))
        pages[f"cases{ending}.md"] = render_markdown(make_cases_page(load_cases(), language))
    return pages


def render_vectors() -> dict[str, str]:
    """The case studies as test vectors, and the JSON Schema of that file, by file name."""
    vectors = write_vectors(make_vectors(load_cases().values())).decode()
    return {"test-vectors.json": vectors, **render_schemas(VECTOR_SCHEMAS)}


def render_files() -> dict[str, str]:
    """Everything that is written, by file name."""
    return render_pages() | render_vectors()


def list_stale(folder: Path) -> list[str]:
    """The files in a folder that are missing or not what would be written."""
    return [
        name
        for name, text in render_files().items()
        if not (folder / name).is_file() or (folder / name).read_text("utf-8") != text
    ]


def write_pages(folder: Path) -> None:
    """Writes every file into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in render_files().items():
        (folder / name).write_text(text, "utf-8")


def main(arguments: list[str]) -> int:
    """Writes or checks the pages of the folder named; returns the exit status."""
    folder = Path(next((each for each in arguments if not each.startswith("-")), "docs/reference"))
    if "--check" not in arguments:
        write_pages(folder)
        return 0
    stale = list_stale(folder)
    sys.stdout.write(
        "".join(f"{folder / name} is not up to date: run `python -m fairshare.learn.pages`.\n" for name in stale)
    )
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
