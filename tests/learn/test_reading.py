"""Files of any bytes are read, or refused by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.learn.handbook import FOLDER as HANDBOOK
from fairshare.learn.handbook import ChapterWords, WrittenChapter, join_chapter
from fairshare.learn.myths import FOLDER as MYTHS
from fairshare.learn.myths import MythFile, MythWordsFile, load_myths
from fairshare.learn.quiz import FOLDER as QUIZ
from fairshare.learn.quiz import QuizFile, QuizWordsFile, load_quiz
from fairshare.learn.reading import Phrases, load_phrases, parse_shape
from fairshare.words import BadInput, FairshareError

FILES = [
    (WrittenChapter, HANDBOOK / "en" / "22-complaints.yaml"),
    (ChapterWords, HANDBOOK / "cy" / "22-complaints.yaml"),
    (MythFile, MYTHS / "en.yaml"),
    (MythWordsFile, MYTHS / "cy.yaml"),
    (QuizFile, QUIZ / "en.yaml"),
    (QuizWordsFile, QUIZ / "cy.yaml"),
    (Phrases, HANDBOOK.parent / "phrases" / "cy.yaml"),
]


def find_refusal(shape, raw):
    """Why bytes were refused, or None; anything but an error of the family gets out."""
    try:
        read = parse_shape(shape, raw, where="here")
        if isinstance(read, WrittenChapter):
            join_chapter(read, None, where="here")
    except FairshareError as error:
        return error
    return None


@pytest.mark.parametrize(("shape", "path"), FILES, ids=lambda each: getattr(each, "__name__", ""))
@given(junk=st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_by_name(shape, path, junk):
    refusal = find_refusal(shape, junk)
    assert refusal
    assert refusal.where.startswith("here")
    assert refusal.fix


@pytest.mark.parametrize(("shape", "path"), FILES[:4], ids=lambda each: getattr(each, "__name__", ""))
@given(spot=st.integers(0, 10_000), junk=st.binary(max_size=8), cut=st.integers(0, 8))
def test_a_real_file_with_a_few_bytes_changed_is_read_or_refused_by_name(shape, path, spot, junk, cut):
    raw = path.read_bytes()[:3_000]
    spot %= len(raw)
    refusal = find_refusal(shape, raw[:spot] + junk + raw[spot + cut :])
    assert refusal is None or (refusal.where and refusal.fix)


@pytest.mark.parametrize("load", [load_myths, load_quiz])
def test_a_translation_that_leaves_something_out_is_refused(tmp_path, load):
    source = MYTHS if load is load_myths else QUIZ
    (tmp_path / "en.yaml").write_bytes((source / "en.yaml").read_bytes())
    lines = (source / "cy.yaml").read_text("utf-8").splitlines(keepends=True)
    starts = [at for at, line in enumerate(lines) if line.startswith("  ") and line[2] != " "]
    (tmp_path / "cy.yaml").write_text("".join(lines[: starts[-1]]), "utf-8")
    with pytest.raises(BadInput) as caught:
        load("cy", tmp_path)
    assert "one language only" in caught.value.message


def test_both_languages_have_the_same_phrases():
    assert set(load_phrases("en")) == set(load_phrases("cy"))
