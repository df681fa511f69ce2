"""What is asked for, item by item, where a request says it in sentences or in a list under one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Protocol

from fairshare.documents.read_shapes import Segment
from fairshare.request.intake_convert import split_items

_ASK = re.compile(
    r"\b(?:please (?:can I have|could (?:I|we) have|supply|provide|send|give|confirm|let (?:me|us) have|disclose|"
    r"tell (?:me|us))|"
    r"(?:could|would|can) you (?:please )?(?:let (?:me|us) have|supply|provide|send|give|confirm|tell (?:me|us))|"
    r"(?:I'd|I would|we'd|we would) (?:also )?(?:be grateful for|like to have|like)|"
    r"(?:I|we) (?:also )?(?:require|request|seek|ask for|am asking for|are asking for)|send me|send us)(?: with|"
    r" copies? of(?= ))? ",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"\b(?:following|tell (?:me|us)|send (?:me|us)|let (?:me|us) have|need|provide|supply|ask(?:ing)? for|require|"
    r"request|seek|confirm)"
    r"\b[^:.]{0,60}:\s*$",
    re.IGNORECASE,
)
_LISTED = re.compile(r"^\s*(?:[-–—•·▪*‣◦]|\(?(?:[0-9]{1,2}|[a-z])[.)])\s*\S")
_DETERMINER = r"(?:the|a|an|any|all|copies|details|his|her|their|whether)"
_NOT_ITEMS = re.compile(
    r"^(?:a reply|your reply|this|it|your (?:help|assistance|response)|treat|see|ring|do not|you)\b", re.IGNORECASE
)


class Lines(Protocol):
    """A paragraph: lines with places."""

    @property
    def lines(self) -> tuple[Segment, ...]:
        """Its lines."""

    @property
    def text(self) -> str:
        """Its words."""

    @property
    def place(self) -> str:
        """Where it begins."""


def find_items(lines: Sequence[Segment], paragraphs: Sequence[Lines]) -> Iterator[tuple[str, str]]:
    """The items asked for, each with its place: those of lists first, else those of sentences."""
    listed = list(_find_listed(lines))
    if listed:
        yield from listed
        return
    for each in paragraphs:
        yield from ((item, each.place) for item in split_asked(each.text))


def _find_listed(lines: Sequence[Segment]) -> Iterator[tuple[str, str]]:
    """The lines of a list below words that ask for something."""
    for at, line in enumerate(lines):
        if not _LEAD.search(line.text):
            continue
        rest = lines[at + 1 :]
        bulleted = bool(rest) and _LISTED.match(rest[0].text) is not None
        taken: list[Segment] = []
        for each in rest[:40]:
            if bulleted and not _LISTED.match(each.text):
                goes_on = taken and each.block == taken[-1].block and each.x0 > lines[at].x0 + 0.4
                if not goes_on:
                    break
            if not bulleted and (each.text[:1].isupper() or len(each.text.split()) > 40):
                break
            taken.append(each)
        if taken:
            items = split_items(tuple(each.text for each in taken)) if bulleted else [each.text for each in taken]
            yield from ((re.sub(r";? and$", "", item).strip(" ;."), taken[0].place) for item in items)


def split_asked(text: str) -> Iterator[str]:
    """The items that a sentence asks for, apart where each has an article of its own.

    >>> list(split_asked("Please supply the hire form, the tracker log and a copy of the licence."))
    ['the hire form', 'the tracker log', 'a copy of the licence']
    """
    for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z])", text):
        match = _ASK.search(sentence)
        if not match:
            continue
        words = sentence[match.end() :].strip()
        kept = "copies of " if re.search(r"copies of $", match[0]) else ""
        words = re.split(r",? (?:within|by (?:the end|\d)|as soon as)\b", kept + words.rstrip(" .?!"))[0]
        if _NOT_ITEMS.match(words) or len(words) < 4:
            continue
        yield from (
            each.strip(" ,;")
            for each in re.split(rf",? and (?={_DETERMINER} )|, (?={_DETERMINER} )", words)
            if each.strip(" ,;")
        )
