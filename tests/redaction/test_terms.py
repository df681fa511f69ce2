"""Finding the words to be removed, however they are spelt or broken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fairshare.documents.redact_terms import MARKER, Box, Piece, Removals, Term, find_spans, find_terms, remove_terms


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("Ida Wren", "IDA  WREN"),
        ("Ida Wren", "Ida\nWren"),
        ("Ida Wren", "Wren? Ida, Wren"),
        ("Ida Wren", "ida.wren@example.org"),
        ("Ida Wren", "IdaWren"),
        ("Siân", "Sian"),
        ("Sian", "SIÂN"),
        ("office", "o\ufb03ce"),
        ("Wren", "W\u200br\u00aden"),
        ("Wren", "Wre-\nn"),
        ("Wren", "Wren's"),
        ("O'Dell", "O\u2019Dell"),
        ("943 476 5919", "9434765919"),
        ("9434765919", "943-476-5919"),
        ("14 Heron Court, NS1 2AB", "14 Heron Court\nNS1 2AB"),
        ("14 Heron Court, NS1 2AB", "14 Heron Court NS12AB"),
        ("Straße", "STRASSE"),
    ],
)
def test_a_term_is_found_in_other_spellings(term, text):
    assert find_terms(text, [Term(text=term)]) == (1,)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("Ann", "Annual"),
        ("Ann", "Joann"),
        ("12", "112"),
        ("Al An", "Alan"),
        ("Ida Wren", "Ida met Wren"),
        ("Wren", "Wrens"),
    ],
)
def test_part_of_a_longer_word_is_not_the_term(term, text):
    assert find_terms(text, [Term(text=term)]) == (0,)


def test_a_term_may_be_for_parts_of_words_and_for_one_letter_case():
    assert find_terms("Annual ann", [Term(text="Ann", whole_words=False, exact_case=True)]) == (1,)


def test_what_several_pieces_hold_together_is_removed_from_each():
    pieces = [Piece("I met I"), Piece("d"), Piece("a", "\t"), Piece("Wren, and Ida"), Piece(" Wren")]
    texts, found = remove_terms(pieces, [Term(text="Ida Wren")])
    assert texts == [f"I met {MARKER}", "", "", f", and {MARKER}", ""]
    assert found == (2,)


def test_terms_that_overlap_leave_one_marker():
    assert remove_terms([Piece("x Ida Wren Kit y")], [Term(text="Ida Wren"), Term(text="Wren Kit")])[0] == [
        f"x {MARKER} y"
    ]


@pytest.mark.parametrize("text", ["redacted", "...", "[redacted]", " "])
def test_a_term_of_no_letters_or_the_marker_itself_is_refused(text):
    with pytest.raises(ValidationError):
        Term(text=text)


def test_a_box_has_an_area():
    with pytest.raises(ValidationError):
        Box(x0=5, y0=0, x1=5, y1=9)


letters = st.text(st.sampled_from("abIdaWren 1\n-.,é\u200b\u00ad\ufb01"), max_size=60)


@given(
    texts=st.lists(letters, max_size=6), terms=st.lists(st.sampled_from(["Ida", "Ida Wren", "11", "a b", "fi", "e-a"]))
)
def test_after_removal_no_term_is_left_and_nothing_else_is_lost(texts, terms):
    wanted = Removals(terms=tuple(Term(text=each) for each in terms)).terms
    pieces = [Piece(each, "\n") for each in texts]
    cleaned, found = remove_terms(pieces, wanted)
    whole = "".join(piece.text + piece.after for piece in pieces)
    spans = find_spans(whole, wanted)
    assert sum(found) == len(spans)
    removed = {place for span in spans for place in range(span.start, span.end)}
    kept = [letter for place, letter in enumerate(whole) if place not in removed and letter != "\n"]
    assert [each for each in "".join(cleaned).replace(MARKER, "") if each != "\n"] == kept


@given(st.text(max_size=200), st.text(max_size=20))
def test_any_text_can_be_searched_for_any_term(text, term):
    try:
        wanted = Term(text=term)
    except ValidationError:
        return
    for span in find_spans(text, [wanted]):
        assert 0 <= span.start < span.end <= len(text)
