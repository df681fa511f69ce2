"""Reading a request that somebody sent: every field found, with its place; what is missing; what should make one stop.

Nothing is guessed: where two values are as likely, both are shown. Nothing counts before a person has confirmed it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from fairshare.documents.read_shapes import Mail, Reading, Segment, Sign
from fairshare.request.intake_convert import convert
from fairshare.request.intake_labels import Labelled, find_labelled
from fairshare.request.intake_sentences import find_in_sentences, find_spans, make_paragraphs
from fairshare.request.intake_shapes import RANKS, Found, How, load_vocabulary
from fairshare.request.intake_values import parse_person, write_name

MAX_LINES, MAX_LETTERS, MAX_PARAGRAPH = 3_000, 300_000, 8_000
_WORD = 200
_ENDLESS = re.compile(rf"\S{{{_WORD + 1},}}")
_ORDER: tuple[How, ...] = ("label", "signature", "sentence", "header", "position", "shape")
_TICKED = re.compile(r"^(?:[\u2611\u2612\u2713\u2714\u2717\u2718]|\[[xX]\])\s*(.+)$")


def trim_reading(reading: Reading) -> Reading:
    """As much of a reading as a request can be: what is longer is not searched, and a sign says so.

    A request is a few pages. A file that was made to keep a program busy ends here.
    """
    kept: list[Segment] = []
    lengths: dict[tuple[str, int], int] = {}
    total = 0
    for each in reading.segments[:MAX_LINES]:
        text = _ENDLESS.sub(lambda match: f"{match[0][:_WORD]}…", each.text)
        key = (each.part, each.block)
        room = min(MAX_PARAGRAPH - lengths.get(key, 0), MAX_LETTERS - total)
        if room <= 0:
            continue
        kept.append(replace(each, text=text[:room]))
        lengths[key] = lengths.get(key, 0) + len(text)
        total += len(text)
    if [each.text for each in kept] == [each.text for each in reading.segments]:
        return reading
    return replace(reading, segments=tuple(kept), signs=(*reading.signs, Sign("not_all_read")))


def find_fields(reading: Reading) -> tuple[Found, ...]:
    """Every field that a request says, best first; for a field of one value, at most two that compete.

    Takes    reading: trimmed by `trim_reading`, if it came from somebody else.
    """
    scanned = any(each.scanned for each in reading.segments)
    labelled = find_labelled(reading)
    taken = frozenset(line for each in labelled for line in each.taken if each.values)
    found = [each for one in labelled for each in convert(one, scanned=scanned)]
    found += _join_names(labelled, scanned=scanned)
    found += _find_ticked(reading)
    found += _read_headers(reading.mail)
    dated = _find_dated(found)
    paragraphs = make_paragraphs(reading, taken)
    found += find_in_sentences(reading, paragraphs, dated)
    dated = dated or _find_dated(found)
    if not any(each.field == "period.start" and each.how == "label" for each in found):
        items = [each.value for each in found if each.field == "item"]
        found += find_spans(paragraphs, dated, items)
    return tuple(settle(found))


def _find_dated(found: Iterable[Found]) -> date | None:
    return next((date.fromisoformat(each.value) for each in found if each.field == "dated"), None)


def _join_names(labelled: Sequence[Labelled], *, scanned: bool) -> list[Found]:
    """People whose surname and forenames stand apart."""
    last = next((each for each in labelled if each.field == "subject.surname" and each.values), None)
    first = next((each for each in labelled if each.field == "subject.forename" and each.values), None)
    if last is None:
        return []
    names = list(last.values) if last.rows else [" ".join(last.values)]
    given = (list(first.values) if first.rows else [" ".join(first.values)]) if first else []
    return [
        Found(
            field="subject.name", value=write_name(f"{given[at] if at < len(given) else ''} {write_name(name)}"),
            written=name, place=last.place.place, confidence="likely" if scanned else "clear", how="label",
        )
        for at, name in enumerate(names)
    ]  # fmt: skip


def _find_ticked(reading: Reading) -> list[Found]:
    """A purpose that is ticked."""
    found = []
    for each in reading.segments:
        ticked = _TICKED.match(each.text)
        if ticked and re.search(
            r"\b(?:crime|offend|tax|duty|vital interests|legal proceedings)", ticked[1], re.IGNORECASE
        ):
            found.append(Found(field="purpose", value=ticked[1], place=each.place, confidence="clear", how="label"))
    return found


def _read_headers(mail: Mail | None) -> list[Found]:
    """What the headers of a message say of its sender; anybody can write there what they like."""
    if mail is None:
        return []
    person = parse_person(re.sub(r"\(([^)]*)\)", r" \1", mail.sender))
    pairs = [
        ("contact.name", person.name if " " in person.name else ""), ("contact.role", person.role),
        ("contact.number", person.number), ("contact.email", mail.address),
        ("dated", mail.sent.date().isoformat() if mail.sent else ""),
    ]  # fmt: skip
    found = [
        Found(field=field, value=value, place="header", confidence="likely", how="header")
        for field, value in pairs
        if value
    ]
    match = re.search(r"\b(?:ref(?:erence)?:?|form -) *([A-Z0-9][\w/-]*\d[\w/-]*)", mail.subject, re.IGNORECASE)
    if match:
        found.append(Found(field="reference", value=match[1], place="header", confidence="likely", how="header"))
    if re.search(r"\b(?:urgent|immediate)", mail.subject, re.IGNORECASE):
        found.append(
            Found(
                field="urgency", value="urgent", written=mail.subject, place="header", confidence="likely", how="header"
            )
        )
    return found


def settle(found: Iterable[Found]) -> list[Found]:
    """The best of what was found for each field: equal values once, and no more than two that compete."""
    kinds = load_vocabulary().fields
    by_field: dict[str, list[Found]] = {}
    for each in found:
        if each.field in kinds and each.value.strip():
            by_field.setdefault(each.field, []).append(each)
    kept: list[Found] = []
    for field in kinds:
        ranked = sorted(
            by_field.get(field, []), key=lambda each: (_ORDER.index(each.how), RANKS.index(each.confidence))
        )
        distinct: list[Found] = []
        for each in ranked:
            if not any(_is_same(each, other) for other in distinct):
                distinct.append(each)
        if kinds[field].many:
            kept += _choose_many(field, distinct)
        else:
            kept += _choose_one(field, distinct)
    return kept


def _choose_many(field: str, distinct: Sequence[Found]) -> list[Found]:
    """Values of a field that may have several: those of the best source, and for law and numbers of all."""
    if field in ("basis", "contact.phone") or not distinct:
        return list(distinct)
    return [each for each in distinct if each.how == distinct[0].how]


def _choose_one(field: str, distinct: Sequence[Found]) -> list[Found]:
    if not distinct:
        return []
    if field == "urgency":
        order = ("life_at_risk", "urgent", "routine")
        stated = [each for each in distinct if each.how == "label"] or list(distinct)
        return [min(stated, key=lambda each: order.index(each.value) if each.value in order else 3)]
    rivals = [each for each in distinct if each.how == distinct[0].how]
    if len(rivals) == 1 or field in ("declaration",):
        return [distinct[0]]
    return [each.model_copy(update={"confidence": "doubtful"}) for each in rivals[:2]]


def _is_same(one: Found, other: Found) -> bool:
    """Whether two values of a field say the same, or one says no more than the other."""
    first, second = (re.sub(r"[\W_]+", "", each.value.casefold()) for each in (one, other))
    return first == second or (len(first) > 3 and first in second)
