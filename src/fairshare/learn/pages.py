"""Writing the handbook and the myths into the documentation, in both languages.

python -m fairshare.learn.pages docs/reference           writes the pages
python -m fairshare.learn.pages docs/reference --check   changes nothing; fails if a page is not what would be written
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import get_args

from fairshare.decide.words import Language
from fairshare.law import load_law
from fairshare.learn.handbook import load_handbook
from fairshare.learn.myths import read_myths
from fairshare.learn.render import make_handbook_page, make_myths_page, render_markdown


def render_pages() -> dict[str, str]:
    """Every page of Markdown, by file name."""
    law, pages = load_law(), {}
    for language in get_args(Language):
        ending = "" if language == "en" else f"-{language}"
        pages[f"handbook{ending}.md"] = render_markdown(make_handbook_page(load_handbook(language), law))
        pages[f"myths{ending}.md"] = render_markdown(make_myths_page(read_myths(language), law))
    return pages


def list_stale(folder: Path) -> list[str]:
    """The pages in a folder that are missing or not what would be written."""
    return [
        name
        for name, text in render_pages().items()
        if not (folder / name).is_file() or (folder / name).read_text("utf-8") != text
    ]


def write_pages(folder: Path) -> None:
    """Writes every page into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in render_pages().items():
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
