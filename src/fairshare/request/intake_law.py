"""The law that a request quotes, told by how it is written; what each means for the answer is not decided here."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SCHEDULE = r"(?:sch(?:edule)?\.?|atodlen) ?2\b"
_PARAGRAPH = r"(?:para(?:graph|graff)?s?\.?)"
_DPA = r"(?:data? ?protection act|dpa|deddf diogelu data)"
_ACT = (
    r"((?:[A-Z][\w'’-]+(?: (?:and|of|for|the|to|in|\(\w[\w ]*\)))* ){1,9}?Act(?: \([A-Z]\w+(?: \w+)*\))?)"
    r" ?((?:19|20)\d\d)"
)
_SECTION = r"(?:section|sections|s\.|ss\.|s) ?(\d+[A-Z]{0,3})(?:\([\w]+\))*"

_PATTERNS = (
    (rf"{_SCHEDULE}[^.;]{{0,40}}?{_PARAGRAPH} ?5\(?3?\)?", "para5"),
    (rf"{_PARAGRAPH} ?5\(?3?\)?[^.;]{{0,30}}?{_SCHEDULE}", "para5"),
    (rf"{_SCHEDULE}[^.;]{{0,40}}?{_PARAGRAPH} ?2\b", "dpa2018.sch2.para2"),
    (rf"{_PARAGRAPH} ?2\b[^.;]{{0,30}}?{_SCHEDULE}", "dpa2018.sch2.para2"),
    (r"\barticle ?6 ?\(1\) ?\((ea|[a-f])\)|\bart\.? ?6 ?\(1\) ?\((ea|[a-f])\)", "article6"),
    (rf"\bsection 29\b[^.;]{{0,40}}{_DPA}|{_DPA} 1998,? (?:section|s\.?) ?29\b", "dpa1998.s29"),
    (rf"\bpart 3 of (?:that act|the {_DPA}|{_DPA})", "dpa2018.part3"),
)


def find_law(text: str) -> Iterator[tuple[str, str]]:
    """The provisions that a text quotes: an id that is the same however it is written, and the words it was found in.

    >>> [each for each, _ in find_law("under para 2, Sch 2, DPA 2018 and Article 6(1)(e) of the UK GDPR")]
    ['dpa2018.sch2.para2', 'ukgdpr.art6.1.e']
    """
    seen: set[str] = set()
    for found, words in (*_find_known(text), *_find_acts(text)):
        if found not in seen:
            seen.add(found)
            yield found, words


def _find_known(text: str) -> Iterator[tuple[str, str]]:
    for pattern, name in _PATTERNS:
        for match in re.finditer(pattern, text, re.IGNORECASE):
            if name == "para5":
                yield "dpa2018.sch2.para5.3" if "(3" in match[0] else "dpa2018.sch2.para5", match[0]
            elif name == "article6":
                yield f"ukgdpr.art6.1.{(match[1] or match[2]).lower()}", match[0]
            else:
                yield name, match[0]


def _find_acts(text: str) -> Iterator[tuple[str, str]]:
    """Sections of other Acts that are said to be relied on: the number before the Act's name, or after it."""
    for match in re.finditer(rf"{_SECTION},? (?:of )?(?:the )?{_ACT}", text):
        if not _is_data_protection(match[2]):
            yield _name_act(match[2], match[3], match[1]), match[0]
    for match in re.finditer(rf"{_ACT},? {_SECTION}", text):
        if not _is_data_protection(match[1]):
            yield _name_act(match[1], match[2], match[3]), match[0]


def _is_data_protection(title: str) -> bool:
    """Whether an Act is the one that the other patterns know, even if a scan has lost letters of its name."""
    return re.search(r"\bdata? ?protection\b", title, re.IGNORECASE) is not None


def _name_act(title: str, year: str, section: str) -> str:
    words = re.sub(r"^(?:the|under|of|section) ", "", title, flags=re.IGNORECASE)
    return f"{re.sub(r'[^a-z]', '', words.lower()).removesuffix('act')}act{year}.s{section}"


def names_offence(text: str, words: str) -> bool:
    """Whether a provision is quoted as the offence that is looked into, not as a power to ask."""
    place = text.find(words)
    before, after = text[max(0, place - 60) : place].lower(), text[place + len(words) : place + len(words) + 40].lower()
    return bool(re.search(r"offence|contrary to|guilty|fraud by|suspected", before) or re.search(r"an offence", after))
