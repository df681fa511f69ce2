"""Signals as data: how they are written, that they hold together, and that no file breaks the reader."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairshare.agree.bank import load_bank
from fairshare.agree.check_signals import SIGNALS, MalformedSignals, load_signals, parse_signal, parse_signals
from fairshare.agree.check_text import Reading
from fairshare.documents.paragraphs import read_paragraphs
from fairshare.law import load_law
from fairshare.words import FairshareError, Mark

FILES = {name: (SIGNALS / f"{name}.yaml").read_bytes() for name in ("groups", "contents", "traps", "kinds", "changes")}
WORDS = (SIGNALS / "words" / "en.yaml").read_bytes()
LANGUAGES = ("en", "cy")


def matches(signal, text):
    reading = Reading(read_paragraphs(text.encode(), where="a.txt"))
    return bool(reading.find([parse_signal(signal, {"period": ("#number_day*", "a_week")})]))


@pytest.mark.parametrize(
    ("signal", "text", "found"),
    [
        ("keep* year", "It is keeping well this year.", True),
        ("keep* year", "It is keeping well in all weathers. Each year.", False),  # another sentence
        ("keep|hold year", "We hold it a year.", True),
        ("as_long_as", "Kept as long as needed.", True),
        ("as_long_as", "As needed, long.", False),
        ("#period", "Within 30 days.", True),
        ("#period", "Within thirty days.", True),
        ("#period", "Within some days.", False),
        ("article_6_*_e", "Article 6(1)(e) applies.", True),
        ("warrants !not", "It warrants that.", True),
        ("warrants !not", "It warrants not that.", False),
        ("pŵer", "Pŵer y Cyngor.", True),
        ("first last", "First " + "and " * 30 + "last.", False),  # too far apart
    ],
)
def test_a_signal_is_words_in_one_sentence(signal, text, found):
    assert matches(signal, text) is found


@pytest.mark.parametrize("signal", ["", "!not", "a||b", "a__b", "#nothing"])
def test_a_signal_that_says_nothing_is_refused(signal):
    with pytest.raises(MalformedSignals):
        parse_signal(signal, {})


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_that_is_looked_for_has_its_words(language):
    signals = load_signals(language)
    for each in (*signals.contents, *signals.traps):
        assert each.words.title
        assert each.words.why.endswith((".", "."))
        if each in signals.contents and each.weak:
            assert each.words.weak, each.id
    assert signals.unreviewed is (language == "cy")


def test_english_and_welsh_say_the_same_things():
    english, welsh = load_signals("en"), load_signals("cy")
    assert english.phrases.keys() == welsh.phrases.keys()
    assert [bool(each.words.weak) for each in english.contents] == [bool(each.words.weak) for each in welsh.contents]
    assert [bool(each.words.missing) for each in english.changes] == [
        bool(each.words.missing) for each in welsh.changes
    ]


def test_every_clause_proposed_is_in_the_clause_bank():
    clauses = set(load_bank().clauses)
    signals = load_signals()
    named = {clause for each in (*signals.contents, *signals.traps) for clause in each.clauses}
    assert named <= clauses
    assert all(each.clauses or each.words.proposal for each in signals.traps)


def test_only_law_that_was_read_says_must():
    law = load_law()
    for each in load_signals().contents:
        if each.strength == "must":
            marks = [law.provision(cite).versions[0].checked.how for cite in each.cites]
            assert Mark.READ in marks, each.id


def test_our_words_never_claim_to_be_advice_or_approval():
    for language in LANGUAGES:
        text = (SIGNALS / "words" / f"{language}.yaml").read_text("utf-8").lower()
        assert not re.search(r"this is legal advice|approved by us|we advise you", text)
    assert "not legal advice" in load_signals().phrases["not_advice"]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("contents", b"ukgdpr.art32", b"ukgdpr.art999"),
        ("contents", b"  retention:", b"  keeping:"),
        ("traps", b"lacks: [review]", b"lacks: [nothing]"),
        ("changes", b"about: basis_warranty", b"about: no_such_trap"),
        ("groups", b"  - #number", b"  - [1]"),
        ("groups", b"article: [article", b"article: [[article]"),
        ("contents", b'"#basis"', b'"#bases"'),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(name, old, new):
    changed = {**FILES, name: FILES[name].replace(old, new, 1)}
    if changed[name] == FILES[name]:
        changed[name] = FILES[name] + b"\nextra: {}\n"
    with pytest.raises(FairshareError):
        parse_signals(changed, WORDS, "en", law=load_law())


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([*FILES, "words"]), st.binary(max_size=200))
def test_any_bytes_are_signals_or_refused(name, raw):
    files = {**FILES, name: raw} if name != "words" else FILES
    with pytest.raises(FairshareError):
        parse_signals(files, raw if name == "words" else WORDS, "en", law=load_law())
