"""The forms in which a Welsh word may stand: its first letters change with the word before it."""

from __future__ import annotations

_RADICAL_TO_MUTATED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ll", ("l",)),
    ("rh", ("r",)),
    ("p", ("b", "mh", "ph")),
    ("t", ("d", "nh", "th")),
    ("c", ("g", "ngh", "ch")),
    ("b", ("f", "m")),
    ("d", ("dd", "n")),
    ("g", ("", "ng")),
    ("m", ("f",)),
)
"""Soft, nasal and aspirate mutations, in that order; *g* is lost in the soft one."""
_VOWELS = "aeiouwyâêîôûŵŷ"


def list_forms(word: str) -> tuple[str, ...]:
    """A word as typed, what it may be a mutation of, and the mutations of those; in a fixed order.

    >>> list_forms("gydsyniad")[:3]
    ('gydsyniad', 'cydsyniad', 'ydsyniad')
    >>> "chydsyniad" in list_forms("cydsyniad") and "nghydsyniad" in list_forms("gydsyniad")
    True
    """
    radicals = [word, *_find_radicals(word)]
    mutated = [form for radical in radicals for form in _mutate(radical)]
    return tuple(dict.fromkeys(form for form in (*radicals, *mutated) if form))


def _find_radicals(word: str) -> list[str]:
    found = [
        radical + word[len(start) :]
        for radical, mutations in _RADICAL_TO_MUTATED
        for start in mutations
        if start and word.startswith(start)
    ]
    if word[:1] in _VOWELS:
        found.append(f"g{word}")
    if word[:1] == "h" and word[1:2] in _VOWELS:
        found.append(word[1:])
    return found


def _mutate(word: str) -> list[str]:
    for radical, mutations in _RADICAL_TO_MUTATED:
        if word.startswith(radical):
            return [start + word[len(radical) :] for start in mutations]
    return [f"h{word}"] if word[:1] in _VOWELS else []
