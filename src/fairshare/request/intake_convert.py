"""From the value beside a label to the values that are kept: a person taken apart, days, numbers, items one by one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

from fairshare.documents.read_shapes import join_lines
from fairshare.request.intake_labels import BLANK, Labelled
from fairshare.request.intake_law import find_law
from fairshare.request.intake_shapes import Confidence, Found, How
from fairshare.request.intake_values import (
    BARE_DAY,
    BODY,
    DAY,
    EMAIL,
    NAME,
    PHONE,
    RANK,
    is_name,
    parse_day,
    parse_person,
    split_body,
    write_name,
)

Values = Iterator[tuple[str, str]]
_BULLET = re.compile(r"^\s*(?:[-–—•·▪*‣◦]|\(?[a-z0-9]{1,2}[.)])\s+")
_YES = re.compile(r"^\s*(?:yes|oes|ydw|y)\b", re.IGNORECASE)
_NO = re.compile(r"^\s*(?:no|not|nac oes|na|n)\b", re.IGNORECASE)
_LIFE = re.compile(r"\b(?:life|lives|kill|suicid|death|die|dying|serious harm now)\b", re.IGNORECASE)


def convert(found: Labelled, *, scanned: bool) -> list[Found]:
    """What a labelled value says, field by field."""
    written = join_lines(found.values)
    if found.field == "skip" or (not written and found.field != "signature"):
        return []
    made = []
    for field, value in _CONVERTERS.get(found.field, _keep)(found):
        if value and not BLANK.match(value):
            sure: Confidence = "likely" if scanned else "clear"
            made.append(_make(field, value, written, found, sure, "label"))
    return made


def _make(field: str, value: str, written: str, found: Labelled, sure: Confidence, how: How) -> Found:
    other = "" if value == written else written
    return Found(
        field=field, value=value[:20_000], written=other[:2_000], place=found.place.place, confidence=sure, how=how
    )


def _keep(found: Labelled) -> Values:
    yield found.field, join_lines(found.values).strip(" ;")


def _convert_person(prefix: str, role: str) -> Callable[[Labelled], Values]:
    def convert_person(found: Labelled) -> Values:
        text = join_lines(found.values)
        if found.field == "officer" and (other := _read_sender(text)):
            yield from other
            return
        head = re.split(PHONE, re.split(EMAIL, text)[0])[0]
        person = parse_person(
            re.sub(r",?\s*\b(?:tel|telephone|phone|email|e-mail)\b.*$", "", head, flags=re.IGNORECASE)
        )
        yield f"{prefix}.name", person.name if is_name(person.name) or len(person.name.split()) > 1 else ""
        yield f"{prefix}.{role}", person.role
        yield f"{prefix}.number", person.number
        if prefix == "contact":
            yield from (("contact.phone", each) for each in find_phones(text))
            yield from (("contact.email", each.lower()) for each in re.findall(EMAIL, text))

    return convert_person


def _read_sender(text: str) -> list[tuple[str, str]]:
    """What stands after "From", where that is not a person: a body, or the first day of a period."""
    if parse_day(text):
        return list(find_period(f"from {text}"))
    if re.search(BODY, text, re.IGNORECASE) and not re.match(RANK, text, re.IGNORECASE):
        body, unit = split_body(text)
        return [("requester.organisation", body), ("requester.unit", unit)]
    return []


def _convert_role(prefix: str, role: str) -> Callable[[Labelled], Values]:
    def convert_role(found: Labelled) -> Values:
        text = join_lines(found.values)
        match = re.fullmatch(rf"({RANK})[ ,/]*((?:[A-Z]{{1,3}} ?)?\d{{1,8}})", text.strip(), re.IGNORECASE)
        yield f"{prefix}.{role}", match[1] if match else text
        yield f"{prefix}.number", match[2] if match else ""

    return convert_role


def _convert_number(field: str) -> Callable[[Labelled], Values]:
    def convert_number(found: Labelled) -> Values:
        text = join_lines(found.values).strip()
        # A number without a digit is the next label, or a remark.
        yield field, text if re.search(r"\d", text) and len(text) <= 30 else ""

    return convert_number


def find_phones(text: str) -> list[str]:
    """Telephone numbers in a text, as they are written.

    >>> find_phones("Tel 101 ext 40551 | Mob 07700 900217")
    ['101 ext 40551', '07700 900217']
    """
    return [" ".join(each.split()).strip(" -,") for each in re.findall(PHONE, text)]


def _convert_phone(found: Labelled) -> Values:
    text = join_lines(found.values)
    yield from (("contact.phone", each) for each in find_phones(text))
    yield from (("contact.email", each.lower()) for each in re.findall(EMAIL, text))


def _convert_email(found: Labelled) -> Values:
    text = join_lines(found.values)
    # A scan may leave a space inside an address.
    emails = re.findall(EMAIL, text) or re.findall(EMAIL, text.replace(" ", ""))
    yield from (("contact.email", each.lower()) for each in emails)
    yield from (("contact.phone", each) for each in find_phones(text))


def _convert_body(found: Labelled) -> Values:
    body, unit = split_body(found.values[0]) if len(found.values) > 1 else split_body(join_lines(found.values))
    yield "requester.organisation", body
    yield "requester.unit", unit or " ".join(found.values[1:])


def _convert_day(field: str) -> Callable[[Labelled], Values]:
    def convert_day(found: Labelled) -> Values:
        for each in found.values if found.rows else (join_lines(found.values),):
            day = parse_day(each)
            yield field, day.isoformat() if day else ""

    return convert_day


def _convert_deadline(found: Labelled) -> Values:
    text = join_lines(found.values)
    day = parse_day(text)
    yield "deadline", day.isoformat() if day else text


def _convert_period(found: Labelled) -> Values:
    yield from find_period(join_lines(found.values))


def find_period(text: str, *, near: date | None = None) -> Values:
    """The first and last day of the stretch that a text asks about.

    >>> dict(find_period("from 1 May 2026 to 3 May 2026")), dict(find_period("since 2 July 2026"))
    ({'period.start': '2026-05-01', 'period.end': '2026-05-03'}, {'period.start': '2026-07-02', 'period.end': ''})
    """
    day = rf"(?:{DAY}|{BARE_DAY})"
    span = re.search(
        rf"({day})\W{{0,3}}(?:to|and|until|till|up to|[-–]|hyd at)\W{{0,3}}(?:end:? ?)?({day})", text, re.IGNORECASE
    )
    short = re.search(rf"\b(\d{{1,2}})(?:st|nd|rd|th)? ?(?:to|-|–|and) ?({day})", text, re.IGNORECASE)
    since = re.search(rf"\b(?:since|from|after) ({day})", text, re.IGNORECASE)
    if span:
        last = parse_day(span[2], near=near)
        first = parse_day(span[1], near=last or near)
        pair = (first, last)
    elif short and (last := parse_day(short[2], near=near)) and int(short[1]) <= last.day:
        pair = (last.replace(day=max(int(short[1]), 1)), last)
    elif since:
        pair = (parse_day(since[1], near=near), None)
    else:
        return
    if pair[0] and (pair[1] is None or pair[0] <= pair[1]):
        yield "period.start", pair[0].isoformat()
        yield "period.end", pair[1].isoformat() if pair[1] else ""


def split_items(lines: tuple[str, ...]) -> list[str]:
    """What is asked for, one by one: a bullet, a number or a line of a cell begins another.

    >>> split_items(("1. The form", "2. Statements from", "January"))
    ['The form', 'Statements from January']
    """
    bulleted = any(_BULLET.match(line) for line in lines)
    items: list[str] = []
    for line in lines:
        text = _BULLET.sub("", line).strip()
        fresh = _BULLET.match(line) is not None if bulleted else text[:1].isupper()
        if not items or fresh:
            items.append(text)
        else:
            items[-1] = join_lines([items[-1], text])
    split = [each for item in items for each in re.split(r" *; *(?:and\b)?", item)]
    return [each.strip(" ;,") for each in split if each.strip(" ;,.")]


def _convert_items(found: Labelled) -> Values:
    yield from (("item", each) for each in split_items(found.values))


def _convert_law(found: Labelled) -> Values:
    text = join_lines(found.values)
    laws = [name for name, _ in find_law(text)]
    yield from (("basis", each) for each in laws or [text])


def _convert_subject(found: Labelled) -> Values:
    for each in found.values if found.rows else (join_lines(found.values),):
        yield from read_subject(each)


def read_subject(text: str) -> Values:
    """A person whom a request is about: name, and date of birth and address where they stand beside it."""
    born = re.search(r"(?:,|\(|\b)\s*(?:born|d\.? ?o\.? ?b\.?|date of birth)[ :on]*([^,;)]{6,24})", text, re.IGNORECASE)
    home = re.search(r"\b(?:of|at) (\d[^;()]{8,80}|[A-Z][^;()]{12,80}[A-Z]{1,2}\d[A-Z0-9]? ?\d[A-Z]{2})", text)
    name = text[: min([each.start() for each in (born, home) if each] or [len(text)])]
    whole = re.match(rf"(?:(?:Mr|Mrs|Ms|Miss|Mx|Dr)\.? )?{NAME}", name.strip(" ,("))
    yield "subject.name", write_name(whole[0] if whole else name.strip(" ,("))
    if born and (day := parse_day(born[1])):
        yield "subject.born", day.isoformat()
    if home:
        yield "subject.address", home[1].strip(" .,")


def _convert_signature(found: Labelled) -> Values:
    if found.part != "authoriser":
        text = join_lines(found.values)
        yield "declaration", "yes" if text.strip() else "no"
        if day := parse_day(text):
            yield "dated", day.isoformat()


def _convert_consent(found: Labelled) -> Values:
    text = join_lines(found.values)
    yield "consent", "yes" if _YES.match(text) else "no" if _NO.match(text) else ""


def read_urgency(text: str) -> str:
    """How urgent a text says it is, if it says so."""
    if _NO.match(text) or re.search(r"\broutine|\bnon-?urgent|\bnot urgent|\bstandard\b", text, re.IGNORECASE):
        return "routine"
    if _LIFE.search(text):
        return "life_at_risk"
    urgent = re.search(r"\burgent|\bimmediate|\bhigh\b|\bemergency|^\s*yes\b", text, re.IGNORECASE)
    return "urgent" if urgent else ""


def _convert_urgency(found: Labelled) -> Values:
    yield "urgency", read_urgency(join_lines(found.values))


_CONVERTERS: dict[str, Callable[[Labelled], Values]] = {
    "contact.name": _convert_person("contact", "role"),
    "officer": _convert_person("contact", "role"),
    "authoriser.name": _convert_person("authoriser", "rank"),
    "contact.role": _convert_role("contact", "role"),
    "rank_number": _convert_role("contact", "role"),
    "authoriser.rank": _convert_role("authoriser", "rank"),
    "contact.number": _convert_number("contact.number"),
    "authoriser.number": _convert_number("authoriser.number"),
    "reference": _convert_number("reference"),
    "contact.phone": _convert_phone,
    "contact.email": _convert_email,
    "requester.organisation": _convert_body,
    "force_unit": _convert_body,
    "dated": _convert_day("dated"),
    "subject.born": _convert_day("subject.born"),
    "period.start": _convert_day("period.start"),
    "period.end": _convert_day("period.end"),
    "deadline": _convert_deadline,
    "period": _convert_period,
    "item": _convert_items,
    "basis": _convert_law,
    "subject.name": _convert_subject,
    "signature": _convert_signature,
    "consent": _convert_consent,
    "urgency": _convert_urgency,
}
