"""The pages of the handbook and the myths: complete, readable by everybody, and as the documentation has them."""

import itertools
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import html5lib
import pytest

from fairshare.decide.library import load_words
from fairshare.law import load_law
from fairshare.learn import load_handbook, load_myths, load_quiz
from fairshare.learn.myths import read_myths
from fairshare.learn.pages import list_stale, main, render_pages
from fairshare.learn.render import make_handbook_page, make_myths_page, render_html

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {
    (language, name): page
    for language in ("en", "cy")
    for name, page in (
        ("handbook", make_handbook_page(load_handbook(language), load_law(), load_words(language))),
        ("myths", make_myths_page(read_myths(language), load_law(), load_words(language))),
    )
}
every_page = pytest.mark.parametrize(("language", "name"), PAGES, ids=lambda each: each)


def parse(language, name):
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(render_html(PAGES[language, name]))


def read_text(element):
    return " ".join("".join(element.itertext()).split())


def test_the_pages_of_the_documentation_are_up_to_date():
    stale = list_stale(DOCS / "reference")
    assert stale == [], "run `python -m fairshare.learn.pages`"


def test_checking_changes_nothing_and_writing_makes_the_check_pass(tmp_path, capsys):
    assert main([str(tmp_path), "--check"]) == 1
    assert "handbook-cy.md is not up to date" in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
    assert main([str(tmp_path)]) == 0
    assert main([str(tmp_path), "--check"]) == 0


@every_page
def test_a_page_is_whole_html_that_fetches_nothing(language, name):
    html = render_html(PAGES[language, name])
    root = parse(language, name)
    assert root.get("lang") == language
    assert not re.search(r"<(script|img|iframe|link|object|form)\b|\bsrc=|@import|url\(", html)
    assert root.find(".//title").text


@every_page
def test_headings_do_not_skip_a_level_and_every_id_stands_once(language, name):
    root = parse(language, name)
    levels = [int(each.tag[1]) for each in root.iter() if re.fullmatch("h[1-6]", str(each.tag))]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    targets = [each.get("href")[1:] for each in root.iter("a") if each.get("href").startswith("#")]
    assert set(targets) <= set(ids)


def test_each_paragraph_shows_its_label_its_mark_its_law_and_its_questions():
    root = parse("en", "handbook")
    entries = {each.get("id"): read_text(each) for each in root.iter("div") if "entry" in each.get("class", "")}
    assert set(entries) == {each.id for each in load_handbook().paragraphs}
    shown = entries["lawfulness.consent"]
    assert shown.startswith("Must. Rely on consent only if")
    assert "How it was checked: read" in shown
    assert "Article 7" in shown
    assert load_words("en").fact("consent.state").question in shown
    assert "Should." in entries["emergencies.ring_back"]
    assert "our suggestion" in entries["emergencies.ring_back"]


def test_a_heading_never_states_a_myth_as_if_it_were_so():
    for language, word in (("en", "Myth: "), ("cy", "Chwedl: ")):
        headings = [read_text(each) for each in parse(language, "myths").iter("h3")]
        assert len(headings) == len(load_myths())
        assert all(each.startswith(word) for each in headings)


@pytest.mark.parametrize("name", sorted(render_pages()))
def test_every_page_says_that_no_regulator_has_approved_it_and_welsh_that_it_is_a_draft(name):
    text = render_pages()[name]
    assert ("No regulator" in text) or ("Nid oes rheoleiddiwr" in text)
    assert ("-cy" in name) == ("nad oes siaradwr Cymraeg" in text)


def test_a_translation_that_somebody_has_read_is_no_longer_called_a_draft():
    draft = read_myths("cy")
    assert len(make_myths_page(draft, load_law()).about) == 3
    assert len(make_myths_page(replace(draft, unreviewed=False), load_law()).about) == 2


def test_law_in_english_is_marked_as_english_on_a_welsh_page():
    links = [
        each for span in parse("cy", "handbook").iter("span") if span.get("lang") == "en" for each in span.iter("a")
    ]
    assert len(links) > 100


@pytest.mark.parametrize("page", ["how-to/learn.md", "explain/handbook.md"])
def test_what_the_documentation_says_of_sizes_is_so(page):
    text = " ".join((DOCS / page).read_text("utf-8").split())
    sizes = {
        "chapters": len(load_handbook().chapters),
        "paragraphs": len(load_handbook().paragraphs),
        "myths": len(load_myths()),
        "topics": len(load_quiz().topics),
    }
    said = re.findall(r"\b(\d+) (chapters|paragraphs|myths|topics)\b", text)
    assert said
    assert [(number, what) for number, what in said if int(number) != sizes[what]] == []


def test_the_examples_of_the_how_to_run_one_after_another():
    examples = re.findall(r"```python\n(.*?)```", (DOCS / "how-to" / "learn.md").read_text("utf-8"), re.DOTALL)
    assert len(examples) == 4
    done = subprocess.run([sys.executable, "-c", "\n".join(examples)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "must Acknowledge a complaint" in done.stdout
    assert "**Ring**" in done.stdout
    assert "1 of 3" in done.stdout
