"""Recognising the name of an organisation as people write it: short forms, spelling, word order."""

from __future__ import annotations

import re
from collections.abc import Collection
from difflib import SequenceMatcher
from unicodedata import combining, normalize

MAX_NAME = 300
SKIPPED = frozenset(
    {"a", "an", "and", "by", "for", "her", "his", "hm", "in", "majestys", "majesty", "of", "on", "s", "the", "to"}
)
SAME = {"constabulary": "police", "constabularies": "police", "dept": "department", "svc": "service"}
GENERIC = frozenset(
    {
        "agency",
        "authority",
        "board",
        "body",
        "british",
        "commission",
        "commissioner",
        "department",
        "director",
        "england",
        "executive",
        "force",
        "general",
        "government",
        "ireland",
        "kingdom",
        "national",
        "nationale",
        "northern",
        "office",
        "officer",
        "police",
        "provider",
        "public",
        "scotland",
        "scottish",
        "service",
        "services",
        "team",
        "uk",
        "unit",
        "united",
        "wales",
        "welsh",
    }
)
"""Words that many bodies share; alone they recognise nobody."""
GENERIC_WEIGHT = 0.3
LIKE = 0.85
"""How alike two longer words must be to count as one misspelt."""


def read_tokens(text: str) -> tuple[str, ...]:
    """The telling words of a name, in order, each once.

    >>> read_tokens("Avon & Somerset Constabulary")
    ('avon', 'somerset', 'police')
    """
    plain = "".join(each for each in normalize("NFKD", text[:MAX_NAME].casefold()) if not combining(each))
    words = re.findall(r"[a-z0-9]+", re.sub(r"['\N{RIGHT SINGLE QUOTATION MARK}.]", "", plain))
    return tuple(dict.fromkeys(SAME.get(word, word) for word in words if word not in SKIPPED))


def score_label(asked: Collection[str], label: Collection[str]) -> float:
    """How well a label is recognised in what was asked, from 0 (not at all) to 1 (the same words).

    Takes    asked, label: words from `read_tokens`.
    Generic words count for little, and never suffice unless they are the whole label.
    """
    matched = [word for word in label if any(_is_alike(word, other) for other in asked)]
    if not matched or (len(matched) < len(label) and not set(matched) - GENERIC):
        return 0.0
    covered = _weigh(matched) / _weigh(label)
    used = [word for word in asked if any(_is_alike(word, other) for other in label)]
    return covered * (0.9 + 0.1 * _weigh(used) / _weigh(asked))


def _weigh(words: Collection[str]) -> float:
    return sum(GENERIC_WEIGHT if word in GENERIC else 1.0 for word in words)


def _is_alike(one: str, other: str) -> bool:
    if one == other:
        return True
    if min(len(one), len(other)) < 5 or one[0] != other[0]:
        return False
    return SequenceMatcher(None, one, other).ratio() >= LIKE
