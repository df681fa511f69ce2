"""Full-text search: what is looked for is found and marked, and nothing typed can upset it."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.learn import join_pieces, search
from fairshare.learn.mutations import list_forms
from fairshare.learn.search import MAX_TEXT, NoFullTextSearch, SearchTooLong, open_table
from fairshare.words import FairshareError, SettingOutOfRange


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ring the caller back", "emergencies.ring_back"),
        ("the police sent a form", "police_request_compels"),
        ("consent to protect a child", "safeguarding_needs_consent"),
        ("acknowledge a complaint within 30 days", "complaints.acknowledge"),
        ("differential privacy noise", "pets.differential_privacy"),
        ("buying a list", "databases.lists_are_sharing"),
        ("tipping off", "poca2002.s333A"),
        ("which lawful basis", "basis.relied_on"),
        ("urgent request", "le.urgent"),
    ],
)
def test_what_is_looked_for_is_among_the_first_things_found(text, found):
    assert found in [hit.id for hit in search(text, limit=5)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("cydsyniad i amddiffyn plentyn", "safeguarding_needs_consent"),
        ("cwyn o fewn 30 diwrnod", "complaints.acknowledge"),
        ("ffoniwch alwr yn ôl", "emergencies.ring_back"),
        ("prynu rhestr", "databases.lists_are_sharing"),
    ],
)
def test_welsh_is_found_too(text, found):
    assert found in [hit.id for hit in search(text, "cy", limit=5)]


@pytest.mark.parametrize("mutated", ["gydsyniad", "chydsyniad", "nghydsyniad"])
def test_a_mutated_welsh_word_finds_what_its_plain_form_finds(mutated):
    plain = {hit.id for hit in search("cydsyniad", "cy", limit=100)}
    assert plain
    assert plain <= {hit.id for hit in search(mutated, "cy", limit=100)}


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("plentyn", {"blentyn", "mhlentyn", "phlentyn"}),
        ("llys", {"lys"}),
        ("rhannu", {"rannu"}),
        ("gwybodaeth", {"wybodaeth", "ngwybodaeth"}),
        ("argyfwng", {"hargyfwng"}),
        ("ddeddf", {"deddf", "neddf"}),
    ],
)
def test_the_forms_of_a_welsh_word_are_its_mutations(word, forms):
    assert forms <= set(list_forms(word))


def test_accents_need_not_be_typed():
    assert [hit.id for hit in search("pwer i rannu", "cy")] == [hit.id for hit in search("pŵer i rannu", "cy")]


def test_every_part_that_matches_is_marked_whatever_its_ending():
    hit = next(each for each in search("ring back", limit=5) if each.id == "security.who_is_asking")
    assert [piece.text for piece in hit.excerpt if piece.found] == ["ringing", "back"]
    assert "[ringing] [back]" in join_pieces(hit.excerpt, "[", "]")


def test_all_the_words_count_before_any_of_them_does():
    assert search("paragraph zzzzzz")
    fewer, more = search("vital interests refuses", limit=100), search("vital interests", limit=100)
    assert 0 < len(fewer) < len(more)
    assert {hit.id for hit in fewer} < {hit.id for hit in more}


def test_what_nobody_says_finds_nothing():
    assert search("zzzzzz") == ()
    assert search("  !?... ") == ()


def test_no_more_is_found_than_was_asked_for():
    assert len(search("information", limit=3)) == 3


@pytest.mark.parametrize("limit", [0, -1, 101])
def test_a_limit_out_of_range_is_refused(limit):
    with pytest.raises(SettingOutOfRange):
        search("consent", limit=limit)


def test_a_text_too_long_is_refused():
    assert search("a" * MAX_TEXT) == ()
    with pytest.raises(SearchTooLong):
        search("a" * (MAX_TEXT + 1))


NASTY = [
    '"',
    "'; DROP TABLE taught; --",
    "NEAR(consent police, 3)",
    "title:consent",
    "^consent*",
    "NOT consent",
    "-consent",
    "consent AND",
    "(((",
    "\x00consent",
    "\x02consent\x03",
    "\ud800",
    "½ ² ໐ 𞤀 ـ",
    "_",
    "ﬁle",
]


@pytest.mark.parametrize("text", NASTY)
@pytest.mark.parametrize("language", ["en", "cy"])
def test_what_looks_like_a_command_is_only_words(text, language):
    for hit in search(text, language):
        assert hit.kind in ("paragraph", "myth", "case", "provision", "tool", "question")


@given(st.text(max_size=MAX_TEXT + 5), st.sampled_from(["en", "cy"]), st.integers(-1, 105))
def test_anything_typed_is_answered_or_refused_by_name(text, language, limit):
    refused = len(text) > MAX_TEXT or not 1 <= limit <= 100
    try:
        hits = search(text, language, limit)
    except FairshareError:
        assert refused
        return
    assert not refused
    assert len(hits) <= limit
    pieces = [piece for hit in hits for piece in (*hit.title, *hit.excerpt)]
    assert not any(re.search("[\x00-\x08]", piece.text) for piece in pieces)


def test_several_threads_may_search_at_once():
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(search, ["consent", "emergency"] * 20))
    assert set(found[::2]) == {found[0]}
    assert set(found[1::2]) == {found[1]}


def test_sqlite_without_what_is_needed_is_named():
    with pytest.raises(NoFullTextSearch):
        open_table("no_such_tokenizer")
