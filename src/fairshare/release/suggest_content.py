"""What a column looks like, by its name and by what stands in it: the patterns are data, in `suggest.yaml`.

They are patterns of how things are written in the UK. They miss what is written another way, and find what is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import Field

from fairshare.release.bundle_find import is_nhs_number, is_ni_number
from fairshare.words.reading import build, parse_yaml
from fairshare.words.values import Line, Text, Value

ColumnKind = Literal["direct_identifier", "special_category", "quasi_identifier", "free_text", "plain"]
"""In the order in which a doubt is settled."""
Treat = Literal["pseudonymise", "drop", "keep", "year", "postcode_district", "age_bands"]

_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"


class Recogniser(Value):
    """One kind of content, as `suggest.yaml` describes it."""

    id: Line
    kind: ColumnKind
    en: Line
    cy: Line
    names: tuple[Line, ...]
    treat: Treat
    pattern: Text | None = None
    check: Literal["nhs_number", "ni_number", "upn", "iban", "snomed"] | None = None
    holds: Line | None = None
    """A list of words below."""
    share: Annotated[float, Field(gt=0, le=1)] = 0.8
    """The least share of values that must look like it."""
    distinct: int = 1
    """How many different values there must be, at least."""


class Recognisers(Value):
    """All of `suggest.yaml`."""

    recognisers: tuple[Recogniser, ...]
    lists: dict[Line, tuple[Line, ...]]


@dataclass(frozen=True)
class Met:
    """What points to one recogniser: the column's name, its values, or both."""

    by: Recogniser
    by_name: bool
    share: float = 0.0
    """How much of what stands there looks like it; 0 if that was not seen."""

    @property
    def strength(self) -> int:
        """How much this proves: a check digit or a list more than a pattern, a pattern more than a name."""
        proof = 3 if self.by.check else 2 if self.by.holds or self.by.pattern else 0
        return (proof if self.share else 0) + (2 if self.by_name else 0)


def find_met(column: str, values: Sequence[str]) -> list[Met]:
    """Everything that a column's name or its values point to, the strongest first.

    Takes    values: a sample of what is there, as text, nulls left out.
    """
    words = split_name(column)
    found = []
    for each in read_recognisers().recognisers:
        by_name = any(_stands_in(tuple(name.split()), words) for name in each.names)
        share = measure_share(each, values)
        if by_name or share:
            found.append(Met(each, by_name, share))
    order = ("direct_identifier", "special_category", "quasi_identifier", "free_text", "plain")
    return sorted(found, key=lambda met: (-met.strength, -met.share, order.index(met.by.kind)))


def split_name(column: str) -> tuple[str, ...]:
    """The words of a column's name, in lower case.

    >>> split_name("dateOfBirth"), split_name("NHS_No.2")
    (('date', 'of', 'birth'), ('nhs', 'no', '2'))
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", column)
    return tuple(re.findall(r"[^\W_]+", spaced.casefold()))


def measure_share(by: Recogniser, values: Sequence[str]) -> float:
    """The share of values that look like it; 0 where that is too few to say anything."""
    if not values or not (by.pattern or by.holds) or len(set(values)) < by.distinct:
        return 0.0
    if by.holds:
        words = _word_list(by.holds)
        looks = sum(value.strip().casefold() in words or _first_in(value, words, by.holds) for value in values)
    else:
        pattern = _compiled(by.pattern or "")
        check = CHECKS[by.check] if by.check else None
        looks = sum(bool(pattern.fullmatch(value)) and (check is None or check(value)) for value in values)
    share = looks / len(values)
    return share if share >= by.share else 0.0


def is_upn(text: str) -> bool:
    """Whether a unique pupil number has the letter that its twelve digits give; a temporary one ends in a letter.

    >>> is_upn("A801200001001"), is_upn("H801200001001")
    (False, True)
    """
    if not re.fullmatch(r"[A-Z]\d{11}[\dA-Z]", text):
        return False
    last = int(text[12]) if text[12].isdigit() else ord(text[12]) - ord("A")
    digits = [*map(int, text[1:12]), last]
    return text[0] == _UPN_LETTERS[sum(digit * weight for weight, digit in enumerate(digits, start=2)) % 23]


def is_iban(text: str) -> bool:
    """Whether an international bank account number has the check digits that it needs (ISO 7064, mod 97).

    >>> is_iban("GB82 WEST 1234 5698 7654 32"), is_iban("GB83 WEST 1234 5698 7654 32")
    (True, False)
    """
    plain = re.sub(r"\s", "", text).upper()
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", plain, re.ASCII):
        return False
    return int("".join(str(int(each, 36)) for each in plain[4:] + plain[:4])) % 97 == 1


def is_snomed(text: str) -> bool:
    """Whether digits have the check digit and the partition of a SNOMED CT identifier (Verhoeff).

    >>> is_snomed("195967001"), is_snomed("195967002")
    (True, False)
    """
    if not re.fullmatch(r"[1-9][0-9]{5,17}", text) or text[-3:-1] not in ("00", "01", "02", "10", "11", "12"):
        return False
    check = 0
    for place, digit in enumerate(reversed(text)):
        check = _times(check, _turned(int(digit), place))
    return check == 0


def _times(a: int, b: int) -> int:
    # The symmetries of a pentagon: five turns, and five turns of its mirror image.
    if a < 5:
        return (a + b) % 5 if b < 5 else 5 + (a + b) % 5
    return 5 + (a - b) % 5 if b < 5 else (a - b) % 5


def _turned(digit: int, times: int) -> int:
    for _ in range(times % 8):
        digit = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[digit]
    return digit


CHECKS: dict[str, Callable[[str], bool]] = {
    "nhs_number": is_nhs_number,
    "ni_number": is_ni_number,
    "upn": is_upn,
    "iban": is_iban,
    "snomed": is_snomed,
}


def _stands_in(name: tuple[str, ...], words: tuple[str, ...]) -> bool:
    plain = tuple(_plain(word) for word in words)
    return any(plain[at : at + len(name)] == name for at in range(len(plain) - len(name) + 1))


def _plain(word: str) -> str:
    return word.translate(str.maketrans("âêîôûŵŷïáéíóúàèìòù", "aeiouwyiaeiouaeiou"))


def _first_in(value: str, words: frozenset[str], holds: str) -> bool:
    # A whole name is known by any of its words.
    parts = value.casefold().replace(",", " ").split()
    return holds == "names" and 2 <= len(parts) <= 4 and any(part in words for part in parts)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@cache
def _word_list(name: str) -> frozenset[str]:
    return frozenset(each.casefold() for each in read_recognisers().lists[name])


@cache
def read_recognisers() -> Recognisers:
    """The patterns and lists of words, from their file."""
    raw = (files("fairshare.release") / "suggest.yaml").read_bytes()
    return build(Recognisers, parse_yaml(raw, where="suggest.yaml"), where="suggest.yaml")
