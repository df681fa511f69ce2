"""How much is found is what the documentation says, on layouts tuned to and on layouts never tuned to."""

import hashlib
import json
import re

import pytest

from tests.layouts.build import HERE, SCANS, list_names, read_labels
from tests.layouts.measure import PAGE, agree, measure, read_again, read_kept, total, write_table

LOWEST = {"development": (0.97, 0.02), "sealed": (0.79, 0.09)}
"""By set: the recall that may not be fallen below, and the share of wrong values that may not be gone above."""


@pytest.fixture(scope="module")
def measured():
    return {folder: measure(folder) for folder in LOWEST}


def test_there_are_enough_layouts_and_half_of_the_sealed_ones_are_scans():
    assert len(list_names("development")) >= 10
    assert len(list_names("sealed")) == 10
    assert sum(name in SCANS for name in list_names("sealed")) == 5


def test_nothing_in_the_sealed_set_has_changed_since_before_the_extractor_was_written():
    sealed = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (HERE / "sealed").iterdir()}
    assert sealed == json.loads((HERE / "sealed.json").read_text("utf-8"))


@pytest.mark.parametrize("folder", LOWEST)
def test_what_is_found_is_no_less_than_what_is_published(measured, folder):
    whole = total(measured[folder].values())["all"]
    recall, false_fill = LOWEST[folder]
    assert whole.recall >= recall
    assert whole.false_fill <= false_fill


def test_the_published_table_is_what_is_measured():
    published = re.search(r"measured: start -->\n\n(.*?)\n\n<!-- measured: end", PAGE.read_text("utf-8"), re.DOTALL)[1]
    assert published == write_table()


def test_a_scan_read_again_gives_the_words_that_the_figures_rest_on():
    name = "d12-scanned-letter.jpg"
    again, kept = (read("development", name).text.split() for read in (read_again, read_kept))
    shared = len(set(again) & set(kept)) / len(set(kept))
    assert shared > 0.9, "the figures for scans rest on another reading: run `python -m tests.layouts.measure`"


def test_labels_and_values_agree_only_when_they_say_the_same():
    assert agree("line", "PC 4471", "pc4471")
    assert not agree("line", "4471", "4417")
    assert agree("words", "the register of loans in May", "Register of loans in May 2026")
    assert not agree("words", "the register", "CCTV of reception")


def test_every_label_names_a_field_that_there_is():
    from fairshare.request.intake_shapes import load_vocabulary

    for folder in LOWEST:
        for labels in read_labels(folder).values():
            assert labels.keys() <= load_vocabulary().fields.keys()
