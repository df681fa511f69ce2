"""Dates as people write them, in English and in Welsh."""

from datetime import date
from typing import Final, Literal

MONTHS: Final = {
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    "cy": (
        *("Ionawr", "Chwefror", "Mawrth", "Ebrill", "Mai", "Mehefin"),
        *("Gorffennaf", "Awst", "Medi", "Hydref", "Tachwedd", "Rhagfyr"),
    ),
}


def write_date(day: date, language: Literal["en", "cy"] = "en") -> str:
    """A day in words.

    >>> write_date(date(2026, 2, 5)), write_date(date(2026, 2, 5), "cy")
    ('5 February 2026', '5 Chwefror 2026')
    """
    return f"{day.day} {MONTHS[language][day.month - 1]} {day.year}"
