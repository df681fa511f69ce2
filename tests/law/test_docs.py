"""The pages about law as data say what is so: the count of marks, and an example that loads."""

import re
from datetime import date
from pathlib import Path

from fairshare.decide.library import load_real_base, load_words
from fairshare.law import describe_marks, load_law
from fairshare.law.checking import MEMORY, Source, parse_sources
from fairshare.law.provisions import parse_provisions
from fairshare.words import Mark
from tools.lawyer_page import LawyerPage

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_explanation_prints_the_marks_as_they_are() -> None:
    assert describe_marks(load_law()) in (DOCS / "explain" / "law-as-data.md").read_text(encoding="utf-8")


def test_the_example_of_the_how_to_loads_and_changes_on_its_day() -> None:
    page = (DOCS / "how-to" / "add-a-provision.md").read_text(encoding="utf-8")
    texts, example = (each.encode() for each in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL))
    sources = {**parse_sources(texts, where="page"), MEMORY: Source(id=MEMORY, title="nothing", on=date(2026, 11, 22))}
    (provision,) = parse_provisions(example, sources, where="page")
    old, new = provision.at(date(2026, 3, 31)), provision.at(date(2026, 4, 1))
    assert old is not None
    assert new is not None
    assert (old.checked.how, new.checked.how) == (Mark.REMEMBERED, Mark.READ)
    assert provision.link == "https://www.legislation.gov.uk/ukpga/2026/999/section/5"


def test_nine_in_ten_provisions_behind_rules_that_block_were_read_and_all_behind_a_must() -> None:
    page = LawyerPage(load_real_base(), load_words("en"), load_law())
    read, cited = page.find_read(2)
    assert len(read) >= 0.9 * len(cited)
    read, cited = page.find_read(3)
    assert read == cited
