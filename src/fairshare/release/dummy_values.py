"""Values that look like those of people in the United Kingdom and can be nobody's.

Each shape comes from a range that is kept for tests or drama, or that is never given out:

- NHS numbers that begin 999, the range for testing, with a right check digit.
- Telephone numbers that Ofcom keeps for drama: 07700 900xxx, 020 7946 0xxx, 01632 960xxx.
- E-mail addresses at example.org (RFC 2606).
- Postcodes in areas that begin with Q, V or X, with which no area begins.
- National Insurance numbers that begin QQ, which is never given out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from random import Random
from string import ascii_lowercase, ascii_uppercase
from typing import Literal

Like = Literal["nhs_number", "phone", "email", "postcode", "national_insurance", "name", "address"]
_TREES = (
    "Alder", "Ash", "Aspen", "Beech", "Birch", "Cedar", "Cherry", "Elder", "Elm", "Hawthorn", "Hazel", "Holly",
    "Juniper", "Larch", "Linden", "Maple", "Oak", "Pine", "Poplar", "Rowan", "Spruce", "Sycamore", "Willow", "Yew",
)  # fmt: skip
_PHONES = ("07700 900{:03}", "020 7946 0{:03}", "01632 960{:03}")
_WORDS: tuple[tuple[str, Like], ...] = (
    (r"nhs", "nhs_number"),
    (r"e_?mail", "email"),
    (r"phone|mobile|(^|_)tel", "phone"),
    (r"post_?code", "postcode"),
    (r"(^|_)nino|national_insurance", "national_insurance"),
    (r"address|street", "address"),
    (r"(^|_)(first_?|last_?|full_?|given_?|fore|sur)?name$", "name"),
)


def guess_like(name: str) -> Like | None:
    """What a column of text is like, by its name alone; None for most.

    >>> guess_like("NHS number"), guess_like("Home Tel."), guess_like("surname"), guess_like("filename")
    ('nhs_number', 'phone', 'name', None)
    """
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return next((like for pattern, like in _WORDS if re.search(pattern, plain)), None)


def find_check_digit(nine: str) -> int | None:
    """The tenth digit of an NHS number, from the first nine (modulus 11); None where there is none.

    >>> find_check_digit("999000001"), find_check_digit("999000000")
    (8, None)
    """
    digit = 11 - sum(int(each) * weight for each, weight in zip(nine, range(10, 1, -1), strict=True)) % 11
    return {11: 0, 10: None}.get(digit, digit)


def make_nhs_numbers(chance: Random, rows: int) -> Iterator[str]:
    """NHS numbers for testing, all different as long as there are enough."""
    place = chance.randrange(10**6)
    while True:
        # 7 and 1,000,000 have no common factor: every number of the range comes once before any comes twice.
        place = (place + 7) % 10**6
        nine = f"999{place:06}"
        if (digit := find_check_digit(nine)) is not None:
            yield f"{nine}{digit}"


def make_phones(chance: Random, rows: int) -> Iterator[str]:
    """Telephone numbers from the ranges kept for drama."""
    while True:
        yield chance.choice(_PHONES).format(chance.randrange(1000))


def make_emails(chance: Random, rows: int) -> Iterator[str]:
    """Addresses at a domain that nobody can have, all different."""
    number = 0
    while True:
        number += 1
        yield f"{chance.choice(_TREES).lower()}.{number}@example.org"


def make_postcodes(chance: Random, rows: int) -> Iterator[str]:
    """Postcodes of the right shape in areas that do not exist."""
    while True:
        area = chance.choice("QVX") + chance.choice(ascii_uppercase)
        inward = "".join(chance.choice("ABDEFGHJLNPQRSTUWXYZ") for _ in range(2))
        yield f"{area}{chance.randint(1, 99)} {chance.randrange(10)}{inward}"


def make_insurance_numbers(chance: Random, rows: int) -> Iterator[str]:
    """National Insurance numbers with a prefix that is never given out."""
    while True:
        yield f"QQ{chance.randrange(10**6):06}{chance.choice('ABCD')}"


def make_names(chance: Random, rows: int) -> Iterator[str]:
    """Names that say that nobody has them."""
    while True:
        yield f"Dummy {chance.choice(_TREES)}"


def make_addresses(chance: Random, rows: int) -> Iterator[str]:
    """Addresses in a place that says that it is none."""
    while True:
        yield f"{chance.randint(1, 200)} {chance.choice(_TREES)} Street, Dummytown"


def make_text(chance: Random, least: int, most: int) -> str:
    """Letters that mean nothing, of a length between two."""
    return "".join(chance.choice(ascii_lowercase) for _ in range(chance.randint(least, most)))


MAKERS: dict[Like, Callable[[Random, int], Iterator[str]]] = {
    "nhs_number": make_nhs_numbers,
    "phone": make_phones,
    "email": make_emails,
    "postcode": make_postcodes,
    "national_insurance": make_insurance_numbers,
    "name": make_names,
    "address": make_addresses,
}
