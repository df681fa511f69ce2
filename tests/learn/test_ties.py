"""A tie that leads nowhere, and a mark that promises too much, are named in a sentence."""

from dataclasses import replace
from datetime import date

import pytest

from fairshare.decide.library import load_real_base
from fairshare.law import load_law
from fairshare.learn import list_dangling_ties, load_handbook, load_myths, load_quiz

DAY = date(2026, 11, 22)


def list_after(change, *, day=DAY):
    """What dangles once one paragraph has been changed."""
    handbook = load_handbook()
    chapters = tuple(
        replace(
            chapter,
            paragraphs=tuple(
                replace(each, **change) if each.id == "complaints.acknowledge" else each for each in chapter.paragraphs
            ),
        )
        for chapter in handbook.chapters
    )
    return list_dangling_ties(
        replace(handbook, chapters=chapters), load_myths(), load_quiz(), base=load_real_base(), law=load_law(), day=day
    )


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"facts": ("no.such_fact",)}, "the rule base has no fact no.such_fact"),
        ({"gates": ("no_such_gate",)}, "the rule base has no gate no_such_gate"),
        ({"cites": ("dpa2018.s999",)}, "the law of 2026-11-22 does not hold dpa2018.s999"),
        ({"cites": ()}, "it says must and cites nothing"),
        ({"cites": ("ico.complaints",)}, "it says must, and ico.complaints is not law in force that somebody read"),
        ({"cites": ("ca2004.s16LA",)}, "it says must, and ca2004.s16LA is not law in force that somebody read"),
        ({"cites": ("ico.complaints",), "label": "should"}, "it is marked read, and ico.complaints is secondary"),
        ({"checked": "ours", "label": "could"}, "it is marked ours and cites something"),
    ],
)
def test_what_dangles_is_named(change, sentence):
    assert f"complaints.acknowledge: {sentence}" in list_after(change)


def test_a_paragraph_that_myths_or_questions_point_to_is_missed():
    assert "complaints.acknowledge: there is no complaints.acknowledge to see" in list_after(
        {"id": "complaints.renamed"}
    )


def test_law_that_was_not_in_force_yet_carries_no_must():
    assert "complaints.acknowledge: the law of 2026-06-18 does not hold dpa2018.s164A" in list_after(
        {}, day=date(2026, 6, 18)
    )
