"""The words of the rules in two languages: the same keys, and Welsh that is Welsh and says whether it was reviewed."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from fairshare.decide.library import WORDS, load_real_base, load_words
from fairshare.decide.load import read_folder
from fairshare.decide.words import Language, list_missing_words, list_stray_words

ENGLISH, WELSH = read_folder(WORDS / "en"), read_folder(WORDS / "cy")
SHARED = sorted(set(ENGLISH) & set(WELSH))
REVIEWED_BY = ("reviewed_by",)

SPELLED_ALIKE = {"Contract"}
ENGLISH_WORD = re.compile(
    r"\b(?:about|and|anybody|ask|been|by|can|does|for|from|has|have|if|it|its|law|may|must|nobody|not|of|or|share|"
    r"somebody|that|the|their|them|they|this|under|was|what|when|whether|which|who|with|would|you|your)\b",
    re.IGNORECASE,
)
PLACEHOLDER = re.compile(r"\{[^}]*\}")


def leaves(part: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every text of a file, with the keys that lead to it."""
    for key, value in part.items():
        if isinstance(value, Mapping):
            yield from leaves(value, (*above, key))
        else:
            yield (*above, key), value


def texts(file: Mapping[str, Any]) -> dict[tuple[str, ...], Any]:
    return {path: text for path, text in leaves(file) if path != REVIEWED_BY}


def pairs(file: str) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Each text that a file has in both languages."""
    welsh = texts(WELSH[file])
    return ((path, text, welsh[path]) for path, text in texts(ENGLISH[file]).items() if path in welsh)


def differing(file: str, look: Callable[[str], object]) -> list[tuple[str, ...]]:
    """Where the two languages differ in what `look` sees."""
    return [path for path, english, welsh in pairs(file) if look(english) != look(welsh)]


@pytest.mark.parametrize("language", ["en", "cy"])
def test_the_rules_have_all_their_words_and_no_others(language: Language) -> None:
    words = load_words(language)
    assert list_missing_words(load_real_base(), words) == []
    assert list_stray_words(load_real_base(), words) == []


def test_both_languages_have_the_same_files() -> None:
    assert sorted(ENGLISH) == sorted(WELSH)


@pytest.mark.parametrize("file", SHARED)
def test_both_languages_have_the_same_keys_in_the_same_order(file: str) -> None:
    assert list(texts(WELSH[file])) == list(texts(ENGLISH[file]))


@pytest.mark.parametrize("file", SHARED)
def test_a_welsh_file_says_at_its_top_whether_a_welsh_speaker_has_read_it(file: str) -> None:
    assert next(iter(WELSH[file])) == "reviewed_by"
    reviewer = WELSH[file]["reviewed_by"]
    assert reviewer is None or reviewer.strip()
    assert "reviewed_by" not in ENGLISH[file]


def test_the_welsh_counts_as_unreviewed_until_every_file_is_reviewed() -> None:
    assert load_words("cy").unreviewed is any(file["reviewed_by"] is None for file in WELSH.values())
    assert not load_words("en").unreviewed


@pytest.mark.parametrize("file", SHARED)
def test_every_text_says_something_in_both_languages(file: str) -> None:
    for file_texts in (texts(ENGLISH[file]), texts(WELSH[file])):
        assert [path for path, text in file_texts.items() if not isinstance(text, str) or not text.strip()] == []


@pytest.mark.parametrize("file", SHARED)
def test_no_welsh_text_is_a_copy_of_the_english(file: str) -> None:
    assert [path for path, english, welsh in pairs(file) if welsh == english and welsh not in SPELLED_ALIKE] == []


@pytest.mark.parametrize("file", SHARED)
def test_no_english_words_are_left_in_the_welsh(file: str) -> None:
    found = {path: ENGLISH_WORD.findall(text) for path, text in texts(WELSH[file]).items()}
    assert {path: words for path, words in found.items() if words} == {}


@pytest.mark.parametrize("file", SHARED)
def test_both_languages_fill_in_the_same_values(file: str) -> None:
    assert differing(file, lambda text: sorted(PLACEHOLDER.findall(text))) == []


@pytest.mark.parametrize("file", SHARED)
def test_a_sentence_ends_alike_in_both_languages(file: str) -> None:
    assert differing(file, lambda text: text[-1:] if text[-1:] in (".", "?") else "") == []


@pytest.mark.parametrize("file", SHARED)
def test_every_number_of_a_provision_is_the_same_in_both_languages(file: str) -> None:
    """A paragraph, section or date that differs would send a reader to other law."""
    assert differing(file, lambda text: sorted(re.findall(r"\d+", text))) == []


def test_the_glossary_of_welsh_terms_says_that_nobody_has_reviewed_it() -> None:
    page = Path(__file__).parents[3] / "docs" / "reference" / "welsh-terms.md"
    assert "not been reviewed by a Welsh speaker" in " ".join(page.read_text(encoding="utf-8").split())
