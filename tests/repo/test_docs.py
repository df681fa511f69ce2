"""The documentation: up to date, linked, and shaped as it says."""

import re
import subprocess

import pytest

from tools.chain_picture import PICTURE, draw_chain
from tools.reference import find_settings, render_pages

ADR_HEADINGS = ["Forces", "Choice", "Cost", "What would change our mind"]
ADR_STATUSES = r"^Status: (accepted|replaced by \[?\d{4}.*), \d{4}-\d{2}-\d{2}$"


def find_anchors(text):
    """The anchors of a page's headings, as the usual Markdown readers make them."""
    headings = re.findall(
        r"^#+ (.+?)\s*$", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE
    )
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def find_links(text):
    """The targets of a page's links and pictures, code left aside."""
    prose = re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))
    return re.findall(r"\]\(([^)\s]+)\)", prose) + re.findall(r'(?:src|href)="([^"]+)"', prose)


def test_every_link_between_files_leads_somewhere(tracked):
    broken = []
    for page in (path for path in tracked if path.suffix == ".md"):
        for link in find_links(page.read_text("utf-8")):
            if re.match(r"[a-z]+:", link):
                continue
            name, _, anchor = link.partition("#")
            target = (page.parent / name).resolve() if name else page
            if not target.exists():
                broken.append(f"{page}: {link}")
            elif anchor and target.suffix == ".md" and anchor not in find_anchors(target.read_text("utf-8")):
                broken.append(f"{page}: {link} (no such heading)")
    assert not broken, "\n".join(broken)


def test_every_page_of_the_docs_can_be_reached_from_the_index(root, tracked):
    docs = root / "docs"
    waiting, reached = [docs / "index.md"], set()
    while waiting:
        page = waiting.pop()
        if page in reached or page.suffix != ".md" or not page.is_file():
            continue
        reached.add(page)
        links = (link.partition("#")[0] for link in find_links(page.read_text("utf-8")))
        waiting += [(page.parent / link).resolve() for link in links if link and not re.match(r"[a-z]+:", link)]
    assert {path for path in tracked if path.suffix == ".md" and path.is_relative_to(docs)} - reached == set()


def test_the_generated_reference_is_up_to_date():
    assert [
        str(page) for page, text in render_pages().items() if not page.is_file() or page.read_text() != text
    ] == [], "run `make docs`"


def test_the_picture_of_the_chain_is_up_to_date_and_described():
    assert PICTURE.read_text("utf-8") == draw_chain()
    assert "<title" in draw_chain()
    assert "<desc" in draw_chain()


def test_every_setting_has_a_meaning(root):
    assert [name for name, text in find_settings(root / "src").items() if not text] == []


def find_decisions(root):
    return sorted((root / "docs" / "decisions").glob("[0-9]*.md"))


def test_every_decision_has_the_headings_of_the_template_and_a_number_of_its_own(root):
    numbers = [path.name[:4] for path in find_decisions(root)]
    assert numbers == [f"{index:04}" for index in range(1, len(numbers) + 1)]
    for path in [*find_decisions(root), root / "docs" / "decisions" / "template.md"]:
        assert re.findall(r"^## (.+)$", path.read_text("utf-8"), re.MULTILINE) == ADR_HEADINGS, path


def test_every_decision_says_its_number_and_where_it_stands(root):
    for path in find_decisions(root):
        text = path.read_text("utf-8")
        assert text.startswith(f"# {int(path.name[:4])}. "), path
        assert re.search(ADR_STATUSES, text, re.MULTILINE), path


def test_make_help_lists_every_target(root):
    makefile = (root / "Makefile").read_text("utf-8").replace("\\\n", "")
    targets = re.search(r"^\.PHONY: (.+)$", makefile, re.MULTILINE).group(1).split()
    shown = subprocess.run(["make", "help"], cwd=root, check=True, capture_output=True, text=True).stdout
    assert [target for target in targets if f"make {target} " not in shown] == []


@pytest.mark.parametrize("statement", ["not legal advice", "Open Government Licence v3.0", "remembered"])
def test_the_readme_says_plainly_what_fairshare_is_not(root, statement):
    assert statement in " ".join((root / "README.md").read_text("utf-8").split())
