"""Where the project's folder of law texts stands beside the repository, what is marked read is held against it."""

import re
from pathlib import Path

import pytest

from fairshare.law import Provision, Version, load_law
from fairshare.words import Mark

TEXTS = Path(__file__).resolve().parents[3] / "shared" / "law-text"
pytestmark = pytest.mark.skipif(not TEXTS.is_dir(), reason="the folder of law texts is not beside this repository")

FILES = {
    "ukgdpr-2026": "uk-gdpr-2026-selected.md",
    "dpa-2026": "dpa-2018-2026-selected.md",
    "ca2004-2026": "children-act-2004-s11.md",
    "vapa-2024": "victims-and-prisoners-act-2024-part-1.txt",
    "pcsca-2024": "pcsca-2022-ss-8-to-44.txt",
}
DATED = ("ukgdpr-2026", "dpa-2026", "ca2004-2026")
LONGEST_RUN = 14
"""Words in a row that our own words may share with a text by chance and terms of art."""

CHECKED = [
    (provision, version)
    for provision in load_law().provisions.values()
    for version in provision.versions
    if version.checked.source in FILES and version.checked.how is Mark.READ
]
every_read_version = pytest.mark.parametrize(("provision", "version"), CHECKED, ids=[each.id for each, _ in CHECKED])


def read_text(source: str) -> str:
    return (TEXTS / FILES[source]).read_text(encoding="utf-8")


def find_heading(provision: Provision, source: str) -> str:
    """The heading under which the text holds the provision, as a pattern for one line."""
    number = provision.pinpoint.split(" ", 1)[1]
    if source in DATED:
        place = re.match(r"(Article|section|Annex|Schedule) ([0-9A-Z]+)( paragraph [0-9]+)?", provision.pinpoint)
        assert place, provision.pinpoint
        kind, first, paragraph = place.groups()
        if kind == "Annex":
            paragraph = None
        return rf"^## {kind.capitalize()} {first}{paragraph or ''}( \(Part 3\))?$"
    plain = re.match(r"[0-9]+[A-Z]?", number)
    assert plain, provision.pinpoint
    if provision.id.startswith("pcsca2022.s44"):
        return rf"^(28|29)\.{plain.group()}$"
    return rf"^{plain.group()}$"


@every_read_version
def test_what_is_marked_read_has_its_heading_in_the_text(provision: Provision, version: Version) -> None:
    source = version.checked.source
    assert re.search(find_heading(provision, source), read_text(source), re.MULTILINE), provision.id


@every_read_version
def test_the_version_date_is_the_one_the_text_states(provision: Provision, version: Version) -> None:
    source = version.checked.source
    if source not in DATED:
        return
    text = read_text(source)
    heading = re.search(find_heading(provision, source), text, re.MULTILINE)
    assert heading
    stated = re.search(r"text (?:of|valid) ([0-9]{1,2} [A-Z][a-z]+ [0-9]{4})", text[heading.end() :])
    assert stated
    assert version.checked.dated
    day = version.checked.dated
    assert stated.group(1) in (f"{day.day} {day:%b} {day:%Y}", f"{day.day} {day:%B} {day:%Y}")


@every_read_version
def test_our_words_are_our_own(provision: Provision, version: Version) -> None:
    ours = re.findall(r"[a-z]+", version.says.casefold())
    theirs = " ".join(re.findall(r"[a-z]+", read_text(version.checked.source).casefold()))
    runs = [" ".join(ours[start : start + LONGEST_RUN]) for start in range(len(ours) - LONGEST_RUN + 1)]
    assert not [run for run in runs if run in theirs]
