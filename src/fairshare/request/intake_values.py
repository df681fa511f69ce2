"""Single values as requests write them: days, people with rank and number, telephone numbers, bodies, addresses."""

from __future__ import annotations

import re
from datetime import date

from fairshare.words import Value

_MONTHS = {
    name: number
    for number, names in enumerate(
        ("january jan ionawr", "february feb chwefror", "march mar mawrth", "april apr ebrill", "may mai",
         "june jun mehefin", "july jul gorffennaf", "august aug awst", "september sep sept medi",
         "october oct hydref", "november nov tachwedd", "december dec rhagfyr"), start=1)
    for name in names.split()
}  # fmt: skip
_NAMES = "|".join(sorted(_MONTHS, key=len, reverse=True))
DAY = (
    r"(?:\d{4}-\d{2}-\d{2}|\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d{2})\b|"
    rf"\d{{1,2}}(?:st|nd|rd|th)? ?(?:of )?(?:{_NAMES})\b,? ?\d{{4}})"
)
"""How a day is written, with its year."""
BARE_DAY = rf"\d{{1,2}}(?:st|nd|rd|th)? ?(?:of )?(?:{_NAMES})\b"
PHONE = r"(?:\+44 ?(?:\(0\))?|0)(?:\d[ -]?){8,9}\d(?:,? ?(?:ext\.?|x) ?\d{2,6})?|\b101,? ?ext(?:ension)?\.? ?\d{3,6}"
EMAIL = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"
POSTCODE = r"\b[A-Z]{1,2}\d[A-Z0-9]? ?\d[A-Z]{2}\b"
_RANKS = (
    "detective chief superintendent|detective superintendent|detective chief inspector|detective inspector|"
    "detective sergeant|detective constable|chief superintendent|superintendent|chief inspector|police sergeant|"
    "police constable|inspector|sergeant|constable|cwnstabl|rhingyll|arolygydd|"
    "det\\.? insp|det\\.? sgt|det\\.? con|insp|sgt|supt|pcso|dcs|dci|acc|dc|ds|di|ps|pc|ci|ts/dc"
)
RANK = rf"(?:(?:t/|a/|temporary |acting )?(?:{_RANKS}))"
NUMBER = r"(?:[A-Z]{1,3} ?)?\d{2,8}"
_WORD = r"(?:[A-ZÀ-Þ][\w'’\u00C0-\u017F]*(?:-[A-Za-zÀ-ÿ][\w'’]*)*|[A-Z]\.?)"
NAME = rf"{_WORD}(?: (?:de |van |von |ap |ab |ferch )?{_WORD}){{1,3}}"
_TITLE = re.compile(r"^(?:mr|mrs|ms|miss|mx|dr|sir|prof|professor)\.? ", re.IGNORECASE)
BODY = (
    r"\b(?:police|constabulary|heddlu|council|department|office of|ministry|agency|authority|commission|nhs|trust|"
    r"insurance|llp|solicitors|probation|university|borough|service|revenue|association|hospital)\b"
)


class NamedPerson(Value):
    """A person as a request writes them down: name, rank or title, number."""

    name: str = ""
    role: str = ""
    number: str = ""


def parse_day(text: str, *, near: date | None = None) -> date | None:
    """The first day that a text says; the day comes before the month, as in the United Kingdom.

    Takes    near: a day whose year is meant where none is written.

    >>> parse_day("on 9th December 1958"), parse_day("14.02.87"), parse_day("4 Mawrth 2026").isoformat()
    (datetime.date(1958, 12, 9), datetime.date(1987, 2, 14), '2026-03-04')
    """
    found = re.search(DAY, text, re.IGNORECASE)
    if found:
        return _make_day(found[0])
    bare = re.search(BARE_DAY, text, re.IGNORECASE) if near else None
    return _make_day(f"{bare[0]} {near.year}") if bare and near else None


def _make_day(text: str) -> date | None:
    parts = re.findall(r"\d+|[a-z]{3,}", text.lower())
    parts = [each for each in parts if each not in ("of",)]
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return date.fromisoformat(text)
        day, month, year = parts[0], parts[1], parts[2]
        number = int(month) if month.isdigit() else _MONTHS[month]
        return date(_widen_year(int(year)), number, int(day))
    except (ValueError, KeyError, IndexError):
        return None


def _widen_year(year: int) -> int:
    """A year of two digits: up to 40 is of this century, and the rest of the last."""
    return year if year > 99 else year + (2000 if year <= 40 else 1900)


def parse_person(text: str) -> NamedPerson:
    """A person's name, rank and number, in whatever order they stand.

    >>> parse_person("PS 774 Oona BRANNIGAN")
    NamedPerson(name='Oona Brannigan', role='PS', number='774')
    >>> parse_person("Osric Fennimore, Team Manager")
    NamedPerson(name='Osric Fennimore', role='Team Manager', number='')
    """
    rest = text.strip(" .,;:")
    role = number = ""
    for rank in re.finditer(rf"(?<![\w'-]){RANK}(?![\w'-])", rest, re.IGNORECASE):
        # Short ranks are letters that names begin with too, unless they are capitals.
        if len(rank[0]) > 4 or rank[0][:2].isupper() or rank[0] in ("Insp", "Sgt", "Supt"):
            role, rest = rank[0], f"{rest[: rank.start()]} {rest[rank.end() :]}"
            break
    digits = re.search(rf"(?<![\w/]){NUMBER}(?![\w/])", rest)
    if digits:
        number = digits[0]
        rest = f"{rest[: digits.start()]} {rest[digits.end() :]}"
    rest = re.sub(r"\(\s*\)", " ", rest)
    comma = "," in rest
    head, tail = (part.strip(" ,;()-–") for part in rest.partition(",")[::2])
    if comma and not role and tail and not re.fullmatch(_WORD, tail):
        rest, role = head, tail
    elif comma and head.isupper() and tail:
        rest = f"{tail} {head}"
    return NamedPerson(name=write_name(rest), role=role.strip(), number=number.strip())


def write_name(text: str) -> str:
    """A person's name in ordinary letters, without title.

    >>> write_name("Mr Aurelio FINCHLEY-DRAKE,")
    'Aurelio Finchley-Drake'
    """
    words = _TITLE.sub("", " ".join(text.split()).strip(" .,;:()-–\"'"))
    return " ".join(_lower(word) if word.isupper() and len(word) > 2 else word for word in words.split())


def _lower(word: str) -> str:
    return "-".join(each[:1] + each[1:].lower() for each in word.split("-"))


def is_name(text: str) -> bool:
    """Whether a text can be the name of a person, and of nothing else that requests speak of.

    >>> is_name("Calliope Anne Hargreave-Obi"), is_name("Northmoor Constabulary"), is_name("the suspect")
    (True, False, False)
    """
    words = write_name(text)
    return bool(re.fullmatch(NAME, words)) and not re.search(BODY, words, re.IGNORECASE)


def split_body(text: str) -> tuple[str, str]:
    """A body and the unit of it that asks.

    >>> split_body("Eastmere Police, Major Crime Team")
    ('Eastmere Police', 'Major Crime Team')
    """
    body, unit = (*re.split(r" *[,;] *| [–-] ", text.strip(" ,;"), maxsplit=1), "")[:2]
    return body, unit
