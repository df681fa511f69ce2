"""The figures that are published are the ones that the labelled agreements give."""

from pathlib import Path

import pytest

from fairshare.agree.check_signals import load_signals
from fairshare.documents.paragraphs import read_paragraphs
from tests.agree_check.set.figures import write_figures
from tests.agree_check.set.make_files import FORMATS, SET, make_file
from tests.agree_check.set.measuring import check_agreement, label_states, read_labels

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "explain" / "agreement-check.md"
REAL = ROOT.parent / "shared" / "real-inputs" / "agreements"
PUBLISHED = "uk-social-housing-data-sharing-agreement.md"


def test_the_page_publishes_the_figures_as_measured():
    assert write_figures() in PAGE.read_text("utf-8"), "run: python -m tests.agree_check.set.figures"


@pytest.mark.parametrize(("folder", "count"), [("development", 20), ("sealed", 10)])
def test_every_labelled_agreement_is_there_and_its_labels_name_what_is_looked_for(folder, count):
    labels = read_labels(folder)
    assert set(labels) == {path.name for path in (SET / folder).iterdir()} - {"labels.yaml"}
    assert len(labels) == count
    contents = {each.id: each for each in load_signals().contents}
    traps = {each.id for each in load_signals().traps}
    for label in labels.values():
        named = [name for state in ("present", "weak", "not_applicable") for name in label.get(state, ())]
        assert len(named) == len(set(named))
        assert all(label["kind"] in contents[name].sorts for name in named)
        assert set(label["traps"]) <= traps


def test_the_set_is_read_from_every_format():
    assert {"docx", "docx_bold", "odt", "pdf"} == set(FORMATS.values())
    for name in FORMATS:
        folder = "sealed" if name.startswith("s") else "development"
        assert read_paragraphs(make_file(SET / folder / name), where=name).format in ("docx", "odt", "pdf")


@pytest.mark.skipif(not REAL.is_dir(), reason="the folder of real inputs is not beside this repository")
def test_the_real_agreement_is_read_as_a_person_read_it():
    from tests.agree_check.set.measuring import DAY

    label = read_labels("real")[PUBLISHED]
    paper = read_paragraphs((REAL / PUBLISHED).read_bytes(), where=PUBLISHED)
    found = check_agreement(paper, load_signals(), law_date=DAY)
    wanted = label_states(label, [each.id for each in load_signals().contents if "separate" in each.sorts])
    assert {each.id: each.state for each in found.findings} == wanted
    assert {each.id for each in found.traps} == set(label["traps"])
