"""A request form that comes back edited: which fields have changed, and which other words; then a new version.

What a field means, and how a record fills the form in, is in `form_values`; here is the way back.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, get_args

from fairshare.documents.layout import read_phrases
from fairshare.documents.model import Language
from fairshare.documents.read_shapes import FilledField, Reading
from fairshare.records.kinds import Request
from fairshare.request.form_values import list_form_values, load_form, read_form_values
from fairshare.request.intake_values import parse_day
from fairshare.request.reading import RECORD_FIELDS
from fairshare.request.wording import WrittenField
from fairshare.words import BadInput, Value
from fairshare.words.values import Text

_NEEDED = frozenset(
    f"request.{name}" for name in ("requester.name", "holder.name", "received_on", "channel", "urgency", "purpose.code")
)


class NotAForm(BadInput):
    """A file has no fields of a request form in it: it is another document, or a program has dropped them."""

    code = "NOT_A_REQUEST_FORM"


class Difference(Value):
    """One field that is no longer what the record says."""

    name: str
    before: Text
    after: Text
    why_not: Text = ""
    """Why it cannot be taken over as it is; empty where it can."""


class Rewording(Value):
    """Words outside the fields that are no longer as they were sent: nothing takes them over, a person must look."""

    place: str
    before: Text = ""
    after: Text = ""


class Returned(Value):
    """What came back, held against the record that the form was made from."""

    differences: tuple[Difference, ...] = ()
    reworded: tuple[Rewording, ...] = ()
    other_fields: tuple[Difference, ...] = ()
    """Fields that the record has no place for, and what stands in them."""
    absent: tuple[str, ...] = ()
    """Fields of the record that the file does not have; they stay as they are."""

    @property
    def can_be_kept(self) -> bool:
        """Whether there is something to take over, and nothing that cannot be."""
        return bool(self.differences) and not any(each.why_not for each in self.differences)


def compare_form(request: Request, back: Reading, *, where: str, sent: Reading | None = None) -> Returned:
    """What has changed in a form that came back.

    Takes    sent: the form as it went out, if it is at hand; only then can other words be compared.
    Raises   NotAForm when no field of a request form is in the file.
    """
    questions = {each.name: each for each in load_form().fields()}
    fields = {each.name: each for each in back.fields}
    if not fields.keys() & questions.keys():
        raise NotAForm(
            "there are no fields of a request form in this file, or a program has taken their names away",
            fix="Give the form as it was edited in Word, or as ODT; for another document, use `fairshare intake`.",
            where=where,
        )
    before = list_form_values(request, "cy" if (back.language or "").startswith("cy") else "en")
    compared = (
        _compare(question, before.get(name, ""), fields[name]) for name, question in questions.items() if name in fields
    )
    return Returned(
        differences=tuple(each for each in compared if each is not None),
        reworded=find_rewordings(sent, back) if sent is not None else (),
        other_fields=tuple(
            Difference(name=name, before="", after=each.value or "")
            for name, each in fields.items()
            if name not in questions and each.value
        ),
        absent=tuple(name for name in questions if name not in fields),
    )


def _compare(question: WrittenField, was: str, field: FilledField) -> Difference | None:
    now, why_not = _read_answer(question, (field.value or "").strip())
    if _lines(now) == _lines(was):
        return None
    if not now and question.name in _NEEDED:
        why_not = "a request cannot do without it"
    return Difference(name=question.name, before=was, after=now[:20_000], why_not=why_not)


def _lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.split("\n") if line.strip()]


def _read_answer(question: WrittenField, text: str) -> tuple[str, str]:
    """An answer as the record holds it, and why it cannot be taken over if it is none that the form offers."""
    if not text:
        return "", ""
    if question.sort == "date":
        day = parse_day(text)
        return (day.isoformat(), "") if day else (text, "it is not a day, such as 5 February 2026")
    offered = dict(_list_offered(question))
    if not offered:
        return _read_free(question.name, text)
    chosen = [offered.get(" ".join(line.split()).casefold()) for line in text.split("\n") if line.strip()]
    if None in chosen or (question.sort != "many" and len(chosen) > 1):
        return text, "it is none of the answers that the form offers"
    return "\n".join(each for each in chosen if each), ""


def _read_free(name: str, text: str) -> tuple[str, str]:
    """An answer in somebody's own words; a deadline may be a day in words."""
    day = parse_day(text) if name == "request.deadline" and not text[:4].isdigit() else None
    now = day.isoformat() if day else text
    try:
        read_form_values({name: now})
    except BadInput as error:
        return text, error.message
    return now, ""


def _list_offered(question: WrittenField) -> Iterator[tuple[str, str]]:
    """The answers that a question offers: as they are read, in either language, and as they are kept."""
    for value, label in question.choices.items():
        yield from ((shown.casefold(), value) for shown in (value, label.en, label.cy))
    if question.sort == "yes_no":
        yield from _list_yes_and_no()


@cache
def _list_yes_and_no() -> tuple[tuple[str, str], ...]:
    words = [read_phrases(language) for language in get_args(Language)]
    return tuple(
        (shown.casefold(), kept) for kept in ("yes", "no") for shown in (kept, *(each[kept] for each in words))
    )


def find_rewordings(sent: Reading, back: Reading) -> tuple[Rewording, ...]:
    """Where the words outside the fields differ between the form that went out and the one that came back."""
    old, new = _list_wording(sent), _list_wording(back)
    matcher = difflib.SequenceMatcher(a=[text for _, text in old], b=[text for _, text in new], autojunk=False)
    return tuple(
        Rewording(
            place=(new[first_new] if first_new < len(new) else old[first_old])[0] if new or old else "",
            before="\n".join(text for _, text in old[first_old:last_old])[:20_000],
            after="\n".join(text for _, text in new[first_new:last_new])[:20_000],
        )
        for tag, first_old, last_old, first_new, last_new in matcher.get_opcodes()
        if tag != "equal"
    )


def _list_wording(reading: Reading) -> list[tuple[str, str]]:
    """The paragraphs that are not the value of a field."""
    filled = {
        " ".join(line.split())
        for each in reading.fields
        for line in ((each.value or "").split("\n") + list(each.chosen))
    }
    return [
        (segment.place, text)
        for segment, text in reading.paragraphs()
        if segment.field is None and " ".join(text.split()) not in filled
    ]


def apply_differences(request: Request, differences: Sequence[Difference]) -> bytes:
    """The fields of a new version of the request, as `read_request` takes them.

    Raises   NotAForm when a difference cannot be taken over.
    """
    if any(each.why_not for each in differences):
        raise NotAForm(
            "a field holds something that the record cannot", fix="Correct that field in the form.",
            where=next(each.name for each in differences if each.why_not),
        )  # fmt: skip
    values = list_form_values(request) | {each.name: each.after for each in differences}
    said = read_form_values(values)
    kept = {
        name: value
        for name, value in request.model_dump(mode="json").items()
        if name not in RECORD_FIELDS and value is not None
    }
    for name in {each.name.split(".")[1] for each in load_form().fields() if each.name.startswith("request.")}:
        was = kept.pop(name, None)
        if name in said:
            kept[name] = _join_parts(name, was, said[name])
    if "text" in said:
        kept["text"] = said["text"]
    return json.dumps(kept, ensure_ascii=False).encode()


def _join_parts(name: str, was: Any, said: Any) -> Any:
    """A person or a body with the parts that the form has no question for left as they were."""
    if not isinstance(said, Mapping) or not isinstance(was, Mapping):
        return said
    asked = {each.name.split(".")[2] for each in load_form().fields() if each.name.startswith(f"request.{name}.")}
    return {part: value for part, value in was.items() if part not in asked and value is not None} | dict(said)
