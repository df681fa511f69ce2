"""What requests say in running text: who signs, whom it is about, what is wanted, by when, why and under what law."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from fairshare.documents.read_shapes import Reading, Segment, join_lines
from fairshare.request.intake_convert import find_period, find_phones, read_subject, read_urgency
from fairshare.request.intake_items import find_items
from fairshare.request.intake_law import find_law, names_offence
from fairshare.request.intake_shapes import Confidence, Found, How
from fairshare.request.intake_values import (
    BODY,
    DAY,
    EMAIL,
    NAME,
    RANK,
    is_name,
    parse_day,
    parse_person,
    split_body,
    write_name,
)

_CLOSE = re.compile(
    r"^(?:yours (?:faithfully|sincerely|truly)|(?:kind |best |warm )?regards|many thanks|thank you|thanks|cofion|"
    r"yn gywir)\b",
    re.IGNORECASE,
)
_DEAR = re.compile(r"^(?:dear|annwyl|good (?:morning|afternoon)|hi|hello|to the)\b", re.IGNORECASE)
_REFERENCE = re.compile(
    r"\b(?:(?:our|crime|incident|case|log|police|file|my) )(?:ref(?:erence)?|number|no)\.?(?: is|"
    r":)? *([A-Z0-9][\w/-]*\d[\w/-]*)"
    r"|\bref\.?:? *([A-Z0-9][\w/-]*\d[\w/-]*)",
    re.IGNORECASE,
)
_SELF = re.compile(rf"\bI am (?:an? )?((?i:{RANK}) {NAME}(?: \d+)?) (?:of|from|with) ([A-Z][\w' -]+?)(?=[.,;]|$)")
_ABOUT = re.compile(
    rf"(?:our client|our policyholder|missing person|your (?:employee|tenant|customer|student|patient|member|resident)|"
    rf"the data subject|trades as|known as|regarding|request for information)[:,]? (?:is )?((?:M(?:r|rs|s|iss|"
    rf"x) )?{NAME}[^.]{{0,120}})"
)
_BORN = re.compile(
    rf"({NAME})[, ]*(?:\(|, )?(?:who was )?(?i:born|d\.? ?o\.? ?b\.?|"
    rf"date of birth)(?: on)?[: ]*(?i:{DAY})(?:,? of [^;]{{8,80}})?"
)
_BY = re.compile(
    rf"\b(?:by|before|no later than|not later than|runs out at[^.]{{0,12}}on|expires? on|until)\b[^.;]{{0,40}}?({DAY}|"
    r"(?:mon|tues|wednes|thurs|fri|satur|sun)day \d{1,2} \w+)",
    re.IGNORECASE,
)
_WITHIN = re.compile(
    r"\bwithin (?:the |an? )?(?:next )?(?:\d+ )?(?:working )?(?:hours?|days?|minutes)\b", re.IGNORECASE
)
_DEMAND = re.compile(
    r"\b(?:repl|respon|need|provid|send|answer|comply|hear from|return|let (?:us|me)|good to have|have (?:these|this|"
    r"it)|runs out|grateful)",
    re.IGNORECASE,
)
_PURPOSE = re.compile(
    r"\b(?:investigat(?:ing|ion)|looking into|enquiries|inquiry|dealing with|deal with|to detect crime|"
    r"detection of crime|"
    r"prevention of crime|protect life|save life|prospective legal proceedings|bring a claim|legal proceedings)\b",
    re.IGNORECASE,
)
_TO = re.compile(
    r"\b(?:(?:I am|we are|officer) )?(?:dealing with|looking into|investigating|"
    r"(?:in the case of )?(?=an investigation into))\s*([^.;]+)"
    r"|\b(to protect life|to save life|prospective legal proceedings)|\bfor (the (?:prevention|detection)[^.;,)]*crime)"
    r"|\b(to detect crime[^.;,]*)|\(((?:the )?prevention[^)]*crime)\)",
    re.IGNORECASE,
)
_OFFENCE = re.compile(
    r"\b(?:investigation into|offences? of|arrest(?:ed)? for|charged with|suspected of|offence is|"
    r"dealing with a run of)"
    r" ((?:the )?[a-z][^.;,]*)",
)
_NECESSARY = re.compile(
    r"^(?:without\b|there is no other|we cannot\b|we can not\b|I cannot\b|it is not possible)|\bonly (?:record|"
    r"source|way|witness)\b|"
    r"\bno other (?:source|way|witness|means)\b|\bwill show whether\b|\bis necessary because\b|"
    r"\bcannot be (?:matched|traced|identified)\b",
    re.IGNORECASE,
)
_SILENCE = re.compile(
    r"\bdo not (?:tell|inform|notify)|\bshould not be (?:told|informed|made aware)|\basking them could|"
    r"\btip(?:ping)? (?:him|her|them)? ?off",
    re.IGNORECASE,
)
_TASK = re.compile(
    r"\b(?:need|require)s?\b[^.]*\b(?:task in the public interest|public task|official function|official authority|"
    r"statutory function)",
    re.IGNORECASE,
)
_CONSENT = re.compile(
    r"\b(?:consents? to|has (?:given )?consent|have (?:given )?consent(?:ed)?|has consented|agreed to (?:the|"
    r"this) (?:request|disclosure))\b",
    re.IGNORECASE,
)
_NO_CONSENT = re.compile(r"\b(?:not|n't|without)\b[^.]{0,30}\bconsent|\bconsent\b[^.]{0,20}\bnot\b", re.IGNORECASE)
_URGENT = re.compile(r"\burgent(?:ly)?\b|\bimmediate(?:ly)?\b|\bstraight away\b|\bemergency\b", re.IGNORECASE)
_LIFE = re.compile(
    r"\b(?:protect|risk to|threat to|danger to) life\b|\bend (?:his|her|their) life\b|\bsuicid\w+", re.IGNORECASE
)
_DELIVERY = re.compile(
    r"\b((?:by|via|through|to) (?:(?:post|[\w-]+ e-?mail) or (?:by )?)?(?:post|secure e-?mail|encrypted e-?mail|cjsm|"
    r"egress|the [\w ]*portal)|secure e-?mail|encrypted (?:link|e-?mail))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Paragraph:
    """A paragraph: its lines, where it begins, and its words as one."""

    lines: tuple[Segment, ...]
    free: tuple[Segment, ...]
    """Those that are no label and no value of one, and so have not been read yet."""

    @property
    def text(self) -> str:
        """Its words."""
        return join_lines([each.text for each in self.lines])

    @property
    def unread(self) -> Paragraph:
        """The same paragraph without what has been read."""
        return Paragraph(self.free, self.free)

    @property
    def place(self) -> str:
        """Where it begins."""
        return self.lines[0].place


def make_paragraphs(reading: Reading, taken: frozenset[Segment]) -> list[Paragraph]:
    """The paragraphs of a request, in order."""
    held: dict[tuple[str, int], list[Segment]] = {}
    for each in reading.segments:
        held.setdefault((each.part, each.block), []).append(each)
    return [Paragraph(tuple(lines), tuple(each for each in lines if each not in taken)) for lines in held.values()]


def find_in_sentences(reading: Reading, paragraphs: Sequence[Paragraph], dated: date | None) -> Iterator[Found]:
    """What the running text says; nothing is taken from what a label has named already, but law and dates."""
    free = [each.unread for each in paragraphs if each.free]
    for each in paragraphs:
        yield from _find_law(each)
        yield from _find_reference(each)
        for sentence in split_sentences(each.text):
            yield from _find_offence(sentence, each)
    for each in free:
        yield from _find_people(each)
        for sentence in split_sentences(each.text):
            yield from _find_reasons(sentence, each)
            yield from _find_demands(sentence, each, dated)
    unread = {line for each in free for line in each.lines}
    lines = [each for each in reading.segments if each in unread]
    yield from find_signature(lines)
    yield from find_head(lines)
    yield from find_addressee(lines)
    yield from (_found("item", value, place, "likely", "sentence") for value, place in find_items(lines, free))


def split_sentences(text: str) -> list[str]:
    """A paragraph as sentences; abbreviations that requests are full of end none.

    >>> split_sentences("See Sch. 2 para. 5. Mr. Hall asked at 8.10 am. Reply.")
    ['See Sch. 2 para. 5.', 'Mr. Hall asked at 8.10 am.', 'Reply.']
    """
    return [
        each
        for each in re.split(r"(?<!\bMr\.)(?<!\bDr\.)(?<!\bNo\.)(?<!\b[A-Z]\.)(?<=[.!?])\s+(?=[A-Z\"“(])", text)
        if each
    ]


def _found(field: str, value: str, place: str, sure: Confidence, how: How, written: str = "") -> Found:
    words = value.strip()
    return Found(field=field, value=words[:20_000], written=written[:2_000], place=place, confidence=sure, how=how)


def _find_law(paragraph: Paragraph) -> Iterator[Found]:
    text = paragraph.text
    for name, words in find_law(text):
        if "notice under" in text[max(0, text.find(words) - 30) : text.find(words)].lower():
            continue
        if names_offence(text, words):
            continue
        yield _found("basis", name, paragraph.place, "likely", "sentence", words)


def _find_reference(paragraph: Paragraph) -> Iterator[Found]:
    for match in _REFERENCE.finditer(paragraph.text):
        yield _found("reference", match[1] or match[2], paragraph.place, "likely", "sentence", match[0])


def _find_people(paragraph: Paragraph) -> Iterator[Found]:
    text = paragraph.text
    for match in _SELF.finditer(text):
        person = parse_person(match[1])
        for field, value in (("name", person.name), ("role", person.role), ("number", person.number)):
            if value:
                yield _found(f"contact.{field}", value, paragraph.place, "likely", "sentence", match[0])
        yield _found("requester.organisation", split_body(match[2])[0], paragraph.place, "likely", "sentence", match[0])
    yield from (_found("contact.phone", each, paragraph.place, "likely", "shape") for each in find_phones(text))
    yield from (
        _found("contact.email", each.lower(), paragraph.place, "likely", "shape") for each in re.findall(EMAIL, text)
    )
    for match in (*_ABOUT.finditer(text), *_BORN.finditer(text)):
        for field, value in read_subject(match[1] if match.re is _ABOUT else match[0]):
            if field != "subject.name" or is_name(value):
                yield _found(field, value, paragraph.place, "likely", "sentence", match[0][:200])


def _find_reasons(sentence: str, paragraph: Paragraph) -> Iterator[Found]:
    """Why the request is made, and why the person should not know."""
    place = paragraph.place
    match = _TO.search(sentence)
    if match and _PURPOSE.search(sentence):
        yield _found("purpose", next(each for each in match.groups() if each), place, "likely", "sentence", sentence)
    if _SILENCE.search(sentence):
        yield _found("why_not_tell", sentence, place, "likely", "sentence")
    elif _TASK.search(sentence):
        yield _found("public_task", sentence, place, "likely", "sentence")
    elif _NECESSARY.search(sentence):
        yield _found("necessity", sentence, place, "likely", "sentence")
    if _NO_CONSENT.search(sentence):
        yield _found("consent", "no", place, "likely", "sentence", sentence)
    elif _CONSENT.search(sentence):
        yield _found("consent", "yes", place, "likely", "sentence", sentence)


def _find_offence(sentence: str, paragraph: Paragraph) -> Iterator[Found]:
    offence = _OFFENCE.search(sentence)
    if offence:
        words = re.split(r" (?:contrary|which|and|who)\b", offence[1])[0]
        yield _found("offence", words, paragraph.place, "likely", "sentence", sentence)
        return
    for _, words in find_law(sentence):
        if names_offence(sentence, words):
            yield _found("offence", words, paragraph.place, "likely", "sentence", sentence)


def _find_demands(sentence: str, paragraph: Paragraph, dated: date | None) -> Iterator[Found]:
    """By when, how urgently and how."""
    place = paragraph.place
    match = _BY.search(sentence)
    if match and _DEMAND.search(sentence):
        day = parse_day(match[1], near=dated)
        if day:
            yield _found("deadline", day.isoformat(), place, "likely", "sentence", match[0])
    elif (within := _WITHIN.search(sentence)) and _DEMAND.search(sentence):
        yield _found("deadline", within[0], place, "likely", "sentence", sentence)
    if _LIFE.search(sentence):
        yield _found("urgency", "life_at_risk", place, "likely", "sentence", sentence)
    elif _URGENT.search(sentence) and read_urgency(sentence) == "urgent":
        yield _found("urgency", "urgent", place, "likely", "sentence", sentence)
    way = _DELIVERY.search(sentence)
    if way and re.search(r"\b(?:send|sent|upload|return|provide|suitable|reply)\b", sentence, re.IGNORECASE):
        yield _found("delivery", way[1], place, "likely", "sentence", sentence)


def find_signature(lines: Sequence[Segment]) -> Iterator[Found]:
    """Who signs below the closing words: name, rank and number, unit, body."""
    for at in range(len(lines) - 1, -1, -1):
        if _CLOSE.match(lines[at].text):
            break
    else:
        return
    for number, line in enumerate(lines[at + 1 : at + 9]):
        if line.part != lines[at].part:
            break
        yield from _read_signature_line(line.text.strip(), line.place, number)


def _read_signature_line(text: str, place: str, number: int) -> Iterator[Found]:
    def found(field: str, value: str) -> Iterator[Found]:
        if value:
            yield _found(field, value, place, "likely", "signature", text)

    role, _, of = text.partition(", for ")
    person = parse_person(role)
    if person.role and person.number and not person.name:
        yield from found("contact.role", person.role)
        yield from found("contact.number", person.number)
    elif re.search(BODY, of or text, re.IGNORECASE) and not re.search(r"\bofficer\b", text, re.IGNORECASE):
        body, unit = split_body(of or text)
        is_station = re.search(r"\bstation\b", body, re.IGNORECASE)
        yield from found("requester.unit" if is_station else "requester.organisation", body)
        yield from found("requester.unit", unit)
        if of:
            yield from found("contact.role", role)
    elif (
        is_name(person.name)
        and (number == 0 or person.role)
        and not re.search(r"\b(?:team|unit|officer|examiner|investigator)\b", text, re.I)
    ):
        yield from found("contact.name", person.name)
        yield from found("contact.role", person.role)
        yield from found("contact.number", person.number)
    elif re.search(r"\b(?:team|unit|squad|department|section|branch|office)\b", text, re.IGNORECASE):
        yield from found("requester.unit", text)
    elif 0 < number < 3 and re.fullmatch(r"[A-Z][\w'-]+(?: [\w'&()-]+){0,4}", text) and not re.search(r"\d", text):
        yield from found("contact.role", text)


def find_head(lines: Sequence[Segment]) -> Iterator[Found]:
    """The body whose letter it is, its unit, and the day, from the lines above the salutation."""
    lines = lines[:16]
    above = next((at for at, line in enumerate(lines) if _DEAR.match(line.text)), min(len(lines), 4))
    named = False
    for at, line in enumerate(lines[:above]):
        text = line.text.strip()
        if re.fullmatch(rf"(?:date[d:]* *)?{DAY}", text, re.IGNORECASE) and (day := parse_day(text)):
            yield _found("dated", day.isoformat(), line.place, "likely", "position", text)
        body = re.split(r":| [–—-]+ ?", text)[0].strip()
        if not named and at < 4 and _is_body(body):
            named = True
            yield _found("requester.organisation", write_name(body), line.place, "likely", "position")
            rest = text[len(body) :].strip(" :–-")
            after = rest or (lines[at + 1].text.split(",")[0].strip() if at + 1 < above else "")
            if re.search(
                r"\b(?:unit|team|standards|investigations?|department|section|branch)\b", after, re.IGNORECASE
            ):
                yield _found("requester.unit", after, lines[at + 1].place, "likely", "position")


def _is_body(text: str) -> bool:
    named = re.search(BODY, text, re.IGNORECASE) and len(text.split()) <= 7
    return bool(named) and not re.search(r"request|application|form\b|\bact\b|\d", text, re.IGNORECASE)


def find_addressee(lines: Sequence[Segment]) -> Iterator[Found]:
    """The body that a letter is addressed to, from the lines just above the salutation."""
    lines = lines[:24]
    at = next((at for at, line in enumerate(lines) if _DEAR.match(line.text)), 0)
    if not at:
        return
    line = lines[at - 1]
    text = re.sub(r"^(?:fao|for the attention of)\b[^,]*,? *", "", line.text, flags=re.IGNORECASE).strip()
    if text and not parse_day(text) and not re.search(r"\d{3}|@|:", text) and at > 1:
        yield _found("holder", text, line.place, "doubtful", "position")


def find_spans(paragraphs: Sequence[Paragraph], dated: date | None, items: Sequence[str]) -> Iterator[Found]:
    """The stretch of time asked about, from the items first and then from whatever asks."""
    for value in items:
        spans = list(find_period(value, near=dated))
        if spans:
            yield from (_found(field, day, "", "likely", "sentence", value) for field, day in spans if day)
            return
    for paragraph in paragraphs:
        if re.search(r"\b(?:please|could you|grateful|period|require|need)\b", paragraph.text, re.IGNORECASE):
            spans = list(find_period(paragraph.text, near=dated))
            if spans:
                yield from (_found(field, day, paragraph.place, "likely", "sentence") for field, day in spans if day)
                return
