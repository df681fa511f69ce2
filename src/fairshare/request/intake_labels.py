"""The fields of forms: labels, and the values that stand after, beside or below them, whatever the layout."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from fairshare.documents.read_shapes import Reading, Segment
from fairshare.request.intake_shapes import load_vocabulary

_NUMBERING = re.compile(
    r"^\s*(?:(?:section|part|question|q|adran|rhan)\s*[A-Z0-9]{1,2}\s*[.:)–—-]*|\(?[0-9]{1,2}[.)]|[A-Z][0-9]{1,2}[.)]|[A-Z][.)](?=\s)|\([a-z]\))\s+",
    re.IGNORECASE,
)
_INLINE = re.compile(r"^(?P<label>[^:?]{1,110}?)\s*(?P<sign>[:?])(?!//)(?P<value>(?:\s.*|)$)", re.DOTALL)
_LEADERS = re.compile(r"(?:\s*[._…]){3,}\s*")
_MOST_WORDS, _MOST_BARE, _MOST_BESIDE = 14, 9, 10
_FARTHEST = 200
_REACH = 3.0
"""How far below a label, in heights of a line, its value may begin."""
BLANK = re.compile(r"^[\s._…–-]*$")


@dataclass(frozen=True)
class Box:
    """What stands together: a cell of a table, or a piece of a line."""

    lines: tuple[Segment, ...]

    @property
    def text(self) -> str:
        """Its words."""
        return "\n".join(each.text for each in self.lines)

    @property
    def first(self) -> Segment:
        """Where it begins."""
        return self.lines[0]


@dataclass(frozen=True)
class Labelled:
    """A label that was recognised, and the lines of its value."""

    field: str
    label: Box
    values: tuple[str, ...]
    """Line by line; of a table with several rows, row by row."""
    place: Segment
    part: str
    taken: frozenset[Segment]
    """The lines that the label and its value take up."""
    rows: bool = False


def find_labelled(reading: Reading) -> list[Labelled]:
    """Every label of a field, with its value, in reading order."""
    return list(_Form(make_boxes(reading.segments)).read())


def make_boxes(segments: Sequence[Segment]) -> list[Box]:
    """Segments as boxes: the lines of a cell are one; any other line is one by itself."""
    found: dict[object, list[Segment]] = {}
    for number, each in enumerate(segments):
        key: object = (each.part, each.block) if each.in_table else number
        found.setdefault(key, []).append(each)
    return [Box(tuple(lines)) for lines in found.values()]


def plain_label(text: str) -> str:
    """A label without its number, case, brackets and signs.

    >>> plain_label("Section 7 – Officer's name (block capitals):"), plain_label("D.O.B.")
    ("officer's name", 'd.o.b')
    """
    bare = _NUMBERING.sub("", _LEADERS.sub(" ", text).replace("\u2019", "'"))
    bare = re.sub(r"\([^()]*\)", " ", bare)
    return " ".join(re.sub(r"[^\w\s/&'.-]", " ", bare).casefold().split()).strip(" .:-–/")


def classify_label(text: str, part: str) -> str | None:
    """The field that a label means in a part of a form; none if it is no label that we know."""
    label = plain_label(text)
    if not label or len(label.split()) > _MOST_WORDS:
        return None
    # Forms in two languages give the label in each, with a stroke between.
    for half in (label, *(re.split(r" / ", label) if " / " in label else ())):
        for field, pattern, never, under, not_under in _rules():
            here = (not under or part in under) and part not in not_under
            if here and pattern.search(half) and not (never and never.search(half)):
                return field
    return None


def find_part(text: str) -> str | None:
    """The part of a form that a heading starts."""
    label = plain_label(text)
    return next((name for name, pattern in _parts() if pattern.search(label)), None)


@cache
def _rules() -> list[tuple[str, re.Pattern[str], re.Pattern[str] | None, tuple[str, ...], tuple[str, ...]]]:
    return [
        (
            each.field,
            re.compile(each.pattern),
            re.compile(each.never) if each.never else None,
            each.under,
            each.not_under,
        )
        for each in load_vocabulary().labels
    ]


@cache
def _parts() -> list[tuple[str, re.Pattern[str]]]:
    return [(name, re.compile(pattern)) for name, pattern in load_vocabulary().parts.items()]


_PART_OF = {
    "contact": "requester",
    "subject": "subject",
    "authoriser": "authoriser",
    "item": "wanted",
}


class _Form:
    """Walks the boxes of a request once, from label to label."""

    def __init__(self, boxes: list[Box]) -> None:
        self.boxes = boxes
        self.part = ""
        self._used: set[int] = set()
        self._level: dict[tuple[str, int, int], list[int]] = {}
        for number, box in enumerate(boxes):
            self._level.setdefault((box.first.part, box.first.page, round(box.first.y0)), []).append(number)

    def read(self) -> Iterator[Labelled]:
        """The labels with their values."""
        for number, box in enumerate(self.boxes):
            if number in self._used:
                continue
            label, inline = split_inline(box.text)
            if inline and classify_label(label, self.part) in _PEOPLE and self._names_fields(inline):
                label, inline = label + ":", ""
            field = classify_label(label, self.part) if _may_be_label(box, label, inline) else None
            if field is None:
                self._maybe_part(number, box, inline)
                continue
            found = self._find_value(number, box, field, inline)
            if found is None and (started := find_part(label)) and field != "signature":
                self.part = started
                continue
            taken = found or Labelled(field, box, (), box.first, self.part, frozenset())
            self.part = _PART_OF.get(field.partition(".")[0], "authoriser" if field == "officer_auth" else self.part)
            yield taken

    def _names_fields(self, text: str) -> bool:
        """Whether what follows a colon only says what to write: "name, date of birth, address"."""
        words = [each for each in re.split(r",| and ", text) if each.strip()]
        return len(words) > 1 and all(classify_label(each, "subject") for each in words)

    def _maybe_part(self, number: int, box: Box, inline: str) -> None:
        """Starts a part where a box is a heading."""
        short = len(box.text.split()) <= 12 and not box.text.rstrip().endswith((".", ","))
        beside = self._find_right(number)
        if short and not inline and (box.first.heading or not beside) and (started := find_part(box.text)):
            self.part = started

    def _find_value(self, number: int, box: Box, field: str, inline: str) -> Labelled | None:
        if inline and not BLANK.match(inline):
            lines, used = self._continue(number, inline, field)
            return self._make(field, box, lines, box, used)
        beside = self._find_right(number)
        if beside is not None and not self._is_label(beside):
            lines, used = self._gather_right(number, beside, field)
            if not BLANK.match("".join(lines)):
                return self._make(field, box, lines, self.boxes[beside], used)
        rows = beside is not None and box.first.in_table
        below = self._gather_below(number, field, rows=rows)
        if not below:
            return None
        self._used.update(below)
        lines = [each.text for at in below for each in self.boxes[at].lines]
        if rows:
            lines = [self.boxes[at].text.replace("\n", " ") for at in below]
        return self._make(field, box, lines, self.boxes[below[0]], below, rows=rows)

    def _make(
        self, field: str, label: Box, lines: Sequence[str], at: Box, used: Sequence[int], *, rows: bool = False
    ) -> Labelled:
        self._used.update(used)
        taken = {line for number in used for line in self.boxes[number].lines} | {*at.lines, *label.lines}
        return Labelled(field, label, tuple(lines), at.first, self.part, frozenset(taken), rows)

    def _is_label(self, number: int) -> bool:
        box = self.boxes[number]
        label, inline = split_inline(box.text)
        parts = (self.part, "requester", "subject", "authoriser")
        return _may_be_label(box, label, inline) and any(classify_label(label, part) for part in parts)

    def _near(self, number: int) -> list[int]:
        """The boxes that stand about as high on the same page."""
        here = self.boxes[number].first
        levels = range(round(here.y0) - 2, round(here.y0) + 3)
        return [other for level in levels for other in self._level.get((here.part, here.page, level), ())]

    def _after(self, number: int) -> list[int]:
        """The boxes that follow on the same page, as far as a value can reach."""
        here = self.boxes[number].first
        return [
            other
            for other in range(number + 1, min(number + 1 + _FARTHEST, len(self.boxes)))
            if (self.boxes[other].first.part, self.boxes[other].first.page) == (here.part, here.page)
        ]

    def _count_beside(self, number: int) -> int:
        """How many boxes stand on the same line as this one, itself included."""
        here = self.boxes[number].first
        return sum(abs(self.boxes[other].first.y0 - here.y0) < 0.5 for other in self._near(number))

    def _find_right(self, number: int) -> int | None:
        """The nearest box beside this one, on the line that it begins on."""
        here = self.boxes[number].first
        beside = [
            other
            for other in self._near(number)
            if other != number
            and (there := self.boxes[other].first).x0 >= here.x1 - 0.3
            and abs((there.y0 + there.y1) - (here.y0 + here.y1)) < 1.1
        ]
        return min(beside, key=lambda each: self.boxes[each].first.x0, default=None)

    def _continue(self, number: int, inline: str, field: str) -> tuple[list[str], list[int]]:
        """The value that begins on the line of its label, and goes on below in the same paragraph."""
        here = self.boxes[number].first
        lines, used = inline.split("\n"), [number]
        beside = self._find_right(number)
        if here.in_table:
            return lines, used
        for other in range(number + 1, min(number + 1 + _MOST_BESIDE, len(self.boxes))):
            there = self.boxes[other].first
            if (there.part, there.block) != (here.part, here.block):
                break
            if there.line == here.line:
                if other == beside and not self._is_label(other) and there.y0 == here.y0:
                    lines[-1] += f" {there.text}"
                    used.append(other)
                    continue
                break
            if self._is_label(other) or not _LONG.intersection({field.partition(".")[0]}):
                break
            lines.append(there.text)
            used.append(other)
        return lines, used

    def _gather_right(self, number: int, beside: int, field: str) -> tuple[list[str], list[int]]:
        """The box beside a label, and the lines below it up to the next label."""
        box, value = self.boxes[number].first, self.boxes[beside].first
        lines, used = [each.text for each in self.boxes[beside].lines], [beside]
        if value.in_table:
            return lines, used
        low = value
        for other in self._after(number):
            there = self.boxes[other].first
            if there.y0 <= value.y0 + 0.3 or other in (number, beside):
                continue
            if there.y0 - low.y0 > 1.6:
                break
            if there.x0 < value.x0 - 1:
                if abs(there.x0 - box.x0) < 1.5 and there.text[:1].islower() and there.y0 - box.y0 < 2.6:
                    used.append(other)  # the label goes on
                    continue
                break
            if abs(there.x0 - value.x0) < 1 and not self._is_label(other):
                lines.append(there.text)
                used.append(other)
                low = there
        return lines, used

    def _gather_below(self, number: int, field: str, *, rows: bool) -> list[int]:
        """The boxes below a label, in its column, up to the next label."""
        box = self.boxes[number].first
        found: list[int] = []
        low = self.boxes[number].lines[-1]
        for other in self._after(number):
            there = self.boxes[other].first
            if there.y0 <= low.y0 + 0.3 or other == number:
                continue
            if rows and self._count_beside(other) != self._count_beside(number):
                break
            if abs(there.x0 - box.x0) > 1.5:
                continue
            far = there.y0 - low.y1 > (_REACH if not found else 1.6)
            if (far and not there.in_table) or self._is_label(other) or there.heading or other in self._used:
                break
            if found and not rows and (there.in_table or _starts_new(self.boxes[other], field)):
                break
            found.append(other)
            low = self.boxes[other].lines[-1]
            if len(found) >= (20 if rows else _MOST_BESIDE):
                break
        return found


_PEOPLE = frozenset({"officer", "contact.name", "authoriser.name", "subject.name"})
_LONG = frozenset({"item", "purpose", "necessity", "offence", "why_not_tell", "basis", "public_task", "delivery"})


def _starts_new(box: Box, field: str) -> bool:
    """Whether a further line below a label is no longer its value."""
    numbered = _NUMBERING.match(box.text) is not None and field != "item"
    return numbered or field.partition(".")[0] not in _LONG


def split_inline(text: str) -> tuple[str, str]:
    """A label and the value on its line.

    >>> split_inline("Required by: 12:30 today"), split_inline("Collar number")
    (('Required by', '12:30 today'), ('Collar number', ''))
    """
    match = _INLINE.match(_LEADERS.sub(" ", text) if "\n" not in text else text)
    if match and len(match["label"].split()) <= _MOST_WORDS:
        sign = "?" if match["sign"] == "?" else ""
        return _LEADERS.sub(" ", match["label"]).strip() + sign, re.sub(r"^[\s.:_…]+", "", match["value"]).rstrip()
    return text, ""


def _may_be_label(box: Box, label: str, inline: str) -> bool:
    """Whether a box can be a label: it ends in a colon or question mark, or is a few words and no sentence."""
    if len(box.lines) > 1 and not inline and box.first.in_table:
        return False
    if label != box.text:
        return True
    words = len(label.split())
    if label.rstrip().endswith((":", "?")):
        return words <= _MOST_WORDS
    return words <= _MOST_BARE and not label.rstrip().endswith((",", ";")) and (words < 4 or not label.endswith("."))
