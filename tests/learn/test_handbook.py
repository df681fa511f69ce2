"""The handbook: labelled, tied to the rules and the law, the same in both languages."""

from datetime import date

import pytest

from fairshare.decide.library import load_real_base
from fairshare.law import load_law
from fairshare.learn import list_dangling_ties, load_handbook, load_myths, load_quiz
from fairshare.learn.reading import UnknownTopic
from fairshare.words import BadInput, NotFound

DAY = date(2026, 11, 22)
HANDBOOK, WELSH = load_handbook("en"), load_handbook("cy")
CHAPTERS_OF_THE_CODE = {
    "brief",
    "finding_your_way",
    "deciding",
    "agreements",
    "principles",
    "accountability",
    "fairness",
    "lawfulness",
    "security",
    "rights",
    "law_enforcement",
    "due_diligence",
    "databases",
    "children",
    "emergencies",
    "public_sector",
    "ethics",
    "enforcement",
}
OTHERS = {
    "police_requests",
    "safeguarding",
    "interests",
    "complaints",
    "pets",
    "mental_health",
    "universities",
    "liability",
}


def test_every_chapter_of_the_code_is_there_and_what_belongs_beside_it():
    assert {each.id for each in HANDBOOK.chapters if each.follows == "code"} == CHAPTERS_OF_THE_CODE
    assert {each.id for each in HANDBOOK.chapters if each.follows != "code"} == OTHERS


def test_everything_taught_is_tied_to_what_is_there_and_no_mark_promises_more_than_its_law():
    dangling = list_dangling_ties(HANDBOOK, load_myths(), load_quiz(), base=load_real_base(), law=load_law(), day=DAY)
    assert not dangling, "\n" + "\n".join(dangling)


def test_a_must_is_read_law_in_force():
    law = load_law()
    for each in HANDBOOK.paragraphs:
        if each.label == "must":
            assert each.checked == "read", each.id
            assert each.cites, each.id
            assert all(law.provision(cited).may_conclude_must(DAY) for cited in each.cites), each.id


def test_what_cites_nothing_says_whose_it_is():
    for each in HANDBOOK.paragraphs:
        if not each.cites:
            assert each.checked in ("ours", "secondary"), each.id
            assert each.label != "must", each.id


def test_every_paragraph_is_tied_to_a_gate_and_nearly_all_to_a_question():
    about_the_code_itself = ["brief.code_counts"]
    assert [each.id for each in HANDBOOK.paragraphs if not each.gates] == about_the_code_itself
    without = [each.id for each in HANDBOOK.paragraphs if not each.facts]
    assert len(without) * 10 <= len(HANDBOOK.paragraphs), without


@pytest.mark.parametrize("handbook", [HANDBOOK, WELSH], ids=lambda each: each.language)
def test_a_paragraph_is_short_and_ends_as_a_sentence(handbook):
    for each in handbook.paragraphs:
        assert len(each.text.split()) <= 60, each.id
        assert each.text.endswith((".", "?")), each.id
        assert each.note is None or each.note.endswith("."), each.id


def test_welsh_says_the_same_things_in_the_same_order_and_is_a_draft():
    def shape(handbook):
        return [(each.id, each.label, each.cites, each.facts, bool(each.note)) for each in handbook.paragraphs]

    assert shape(WELSH) == shape(HANDBOOK)
    assert WELSH.unreviewed
    assert not HANDBOOK.unreviewed
    same = [one.id for one, other in zip(HANDBOOK.paragraphs, WELSH.paragraphs, strict=True) if one.text == other.text]
    assert same == []


@pytest.mark.parametrize("handbook", [HANDBOOK, WELSH], ids=lambda each: each.language)
@pytest.mark.parametrize("claim", ["ico-approved", "approved by the ico", "official guidance", "legal advice from"])
def test_nothing_claims_a_regulators_approval(handbook, claim):
    said = " ".join(each.text + " " + (each.note or "") for each in handbook.paragraphs).casefold()
    assert claim not in said


def test_paragraphs_are_found_by_question_and_by_gate():
    assert "lawfulness.consent" in [each.id for each in HANDBOOK.paragraphs_for_fact("consent.state")]
    assert "deciding.assess_high_risk" in [each.id for each in HANDBOOK.paragraphs_for_gate("dpia")]
    assert HANDBOOK.paragraphs_for_fact("no.such_fact") == ()


def test_an_unknown_chapter_is_a_clear_error_that_names_the_chapters():
    with pytest.raises(UnknownTopic) as caught:
        HANDBOOK.chapter("nosuch")
    assert "complaints" in caught.value.fix


CHAPTER = """\
chapter: one
title: One
follows: law
source: The law.
summary: A summary.
paragraphs:
  one.first: {label: must, text: Do it., cites: [ukgdpr.art5], checked: read}
  one.second: {label: could, text: Or not., note: Older guidance differs., checked: ours}
"""
WORDS = """\
reviewed_by: null
chapter: one
title: Un
source: Y gyfraith.
summary: Crynodeb.
paragraphs:
  one.first: {text: Gwnewch.}
  one.second: {text: Neu beidio., note: Gwahanol.}
"""


def write(folder, english=CHAPTER, welsh=WORDS):
    for language, text in (("en", english), ("cy", welsh)):
        (folder / language).mkdir()
        (folder / language / "01-one.yaml").write_text(text, "utf-8")
    return folder


def test_a_handbook_of_ones_own_loads_in_both_languages(tmp_path):
    folder = write(tmp_path)
    assert [each.text for each in load_handbook("en", folder).paragraphs] == ["Do it.", "Or not."]
    assert [each.note for each in load_handbook("cy", folder).paragraphs] == [None, "Gwahanol."]


@pytest.mark.parametrize(
    ("english", "welsh"),
    [
        (CHAPTER, WORDS.replace("  one.second: {text: Neu beidio., note: Gwahanol.}\n", "")),
        (CHAPTER, WORDS.replace(", note: Gwahanol.", "")),
        (CHAPTER, WORDS.replace("chapter: one", "chapter: two")),
        (CHAPTER, WORDS.replace("reviewed_by: null\n", "")),
        (CHAPTER.replace("one.first", "two.first"), WORDS.replace("one.first", "two.first")),
        (CHAPTER.replace("label: must", "label: shall"), WORDS),
        (CHAPTER.replace("checked: read", "checked: surely"), WORDS),
        (CHAPTER.replace("text: Do it.", "text: ''"), WORDS),
        (CHAPTER.replace("summary: A summary.", "summary: A summary.\nextra: 1"), WORDS),
    ],
)
def test_a_file_that_breaks_a_rule_is_named(tmp_path, english, welsh):
    with pytest.raises(BadInput) as caught:
        load_handbook("cy", write(tmp_path, english, welsh))
    assert "01-one.yaml" in caught.value.where


def test_two_files_of_one_chapter_are_refused(tmp_path):
    folder = write(tmp_path)
    for language in ("en", "cy"):
        (folder / language / "02-one.yaml").write_bytes((folder / language / "01-one.yaml").read_bytes())
    with pytest.raises(BadInput):
        load_handbook("en", folder)


def test_a_folder_without_a_handbook_is_not_an_empty_handbook(tmp_path):
    with pytest.raises(NotFound):
        load_handbook("en", tmp_path)
