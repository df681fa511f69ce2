"""A request form that comes back edited: which fields have changed, and which other words; then a new version.

The fields of the request form, by name, and where each stands in the Request record:

    request.holder                  request.contact.name, .role, .number, .details
    request.requester               request.authoriser.name, .role, .number
    request.reference               request.received_on (date), request.deadline (date)
    request.channel (choice)        request.urgency (choice)
    request.purpose                 request.purpose_code
    request.why_necessary           request.power
    request.public_task_statement   request.why_not_tell
    request.subjects                request.items        (one to a line, in order)
    request.text

A form may have other fields; what stands in them is reported, and is in the file that came back.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fairshare.documents.read_shapes import FilledField, Reading
from fairshare.records.kinds import Request
from fairshare.request.intake_values import parse_day
from fairshare.request.reading import RECORD_FIELDS
from fairshare.words import BadInput, Value
from fairshare.words.values import Text

PREFIX = "request."
_PEOPLE = {"contact": "contact", "authoriser": "authorised_by"}
_PERSON_PARTS = {"name": "name", "role": "role", "number": "identifier", "details": "contact"}
_CHOICES = {
    "channel": ("form", "email", "letter", "portal", "phone", "in_person", "served_order", "none"),
    "urgency": ("routine", "urgent", "life_at_risk"),
}
_DAYS = frozenset({"received_on", "deadline"})
_PLAIN = ("reference", "why_necessary", "power", "public_task_statement", "why_not_tell", "text")
_NEEDED = frozenset({"holder", "requester", "received_on", "channel", "urgency", "purpose_code"})


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


def write_values(request: Request) -> dict[str, str]:
    """What each field of the request form holds for a record, by the field's name; blank is an empty text.

    A form that is made with these names and values can be read back by `compare_form`.
    """
    found = {
        "holder": request.holder.name,
        "requester": request.requester.name,
        "received_on": request.received_on.isoformat(),
        "deadline": request.deadline.date().isoformat() if request.deadline else "",
        "channel": request.channel.value,
        "urgency": request.urgency,
        "purpose": request.purpose.text,
        "purpose_code": request.purpose.code,
        "subjects": "\n".join(each.label for each in request.subjects),
        "items": "\n".join(each.label for each in request.items),
    }
    found |= {name: getattr(request, name) or "" for name in _PLAIN}
    for prefix, field in _PEOPLE.items():
        person = getattr(request, field)
        for part, attribute in _PERSON_PARTS.items():
            if prefix == "contact" or part != "details":
                found[f"{prefix}.{part}"] = (getattr(person, attribute) if person else None) or ""
    return {f"{PREFIX}{name}": value for name, value in found.items()}


def compare_form(request: Request, back: Reading, *, where: str, sent: Reading | None = None) -> Returned:
    """What has changed in a form that came back.

    Takes    sent: the form as it went out, if it is at hand; only then can other words be compared.
    Raises   NotAForm when no field of a request form is in the file.
    """
    before = write_values(request)
    fields = {each.name: each for each in back.fields}
    if not fields.keys() & before.keys():
        raise NotAForm(
            "there are no fields of a request form in this file",
            fix="Give the form itself, as DOCX or ODT; for another document, use `fairshare intake`.", where=where,
        )  # fmt: skip
    differences = []
    for name, was in before.items():
        if name in fields and (found := _compare(name, was, fields[name])) is not None:
            differences.append(found)
    others = tuple(
        Difference(name=name, before="", after=each.value or "") for name, each in fields.items()
        if name not in before and each.value
    )  # fmt: skip
    return Returned(
        differences=tuple(differences),
        reworded=find_rewordings(sent, back) if sent is not None else (),
        other_fields=others,
        absent=tuple(name for name in before if name not in fields),
    )


def _compare(name: str, was: str, field: FilledField) -> Difference | None:
    plain = name.removeprefix(PREFIX)
    now = (field.value or "").strip()
    why_not = ""
    if plain in _DAYS:
        now, why_not = _read_day(now)
    elif plain in _CHOICES and now:
        chosen = "_".join(now.casefold().split())
        why_not = "" if chosen in _CHOICES[plain] else "it is none of the answers that the form offers"
        now = chosen if not why_not else now
    if " ".join(now.split()) == " ".join(was.split()) and now.count("\n") == was.strip().count("\n"):
        return None
    if not now and plain in _NEEDED:
        why_not = "a request cannot do without it"
    return Difference(name=name, before=was, after=now[:20_000], why_not=why_not)


def _read_day(text: str) -> tuple[str, str]:
    if not text:
        return "", ""
    day = parse_day(text)
    return (day.isoformat(), "") if day else (text, "it is not a day, such as 5 February 2026")


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
    made = {
        name: value
        for name, value in request.model_dump(mode="json").items()
        if name not in RECORD_FIELDS and value is not None
    }
    for each in differences:
        _set_value(made, each.name.removeprefix(PREFIX), each.after)
    for field in _PEOPLE.values():
        if isinstance(made.get(field), dict) and not made[field].get("name"):
            made.pop(field)
        elif isinstance(made.get(field), dict) and not made[field].get("role"):
            made[field]["role"] = "not stated"
    return json.dumps(made, ensure_ascii=False).encode()


def _set_value(made: dict[str, Any], name: str, value: str) -> None:
    prefix, _, part = name.partition(".")
    if prefix in _PEOPLE:
        person = dict(made.get(_PEOPLE[prefix]) or {})
        person[_PERSON_PARTS[part]] = value or None
        made[_PEOPLE[prefix]] = person
    elif name in ("holder", "requester"):
        made[name] = {**made[name], "name": value}
    elif name in ("purpose", "purpose_code"):
        made["purpose"] = {**made["purpose"], "text" if name == "purpose" else "code": value}
    elif name in ("subjects", "items"):
        made[name] = _set_lines(made.get(name, []), value, name[0] if name == "items" else "p")
        if name == "subjects":
            _drop_people(made)
    elif name == "deadline":
        made[name] = f"{value}T23:59:59Z" if value else None
    else:
        made[name] = value if value or name not in ("reference", "power") else None


def _set_lines(before: Sequence[Mapping[str, Any]], value: str, letter: str) -> list[dict[str, Any]]:
    """A list of people or items as its lines now say: one whose words are the same stays what it was."""
    known = {" ".join(str(each["label"]).split()): dict(each) for each in before}
    lines = [" ".join(line.split()) for line in value.split("\n") if line.strip()]
    fresh = _make_refs({str(each["ref"]) for each in before}, letter)
    if len(lines) == len(before):
        return [{**was, "label": line} for was, line in zip(before, lines, strict=True)]
    return [known.get(line) or {"ref": fresh(), "label": line} for line in lines]


def _make_refs(taken: set[str], letter: str) -> Callable[[], str]:
    def make() -> str:
        number = 1
        while f"{letter}{number}" in taken:
            number += 1
        taken.add(f"{letter}{number}")
        return f"{letter}{number}"

    return make


def _drop_people(made: dict[str, Any]) -> None:
    """Items about somebody who is no longer among the subjects are about nobody in particular."""
    refs = {each["ref"] for each in made["subjects"]}
    made["items"] = [
        {name: value for name, value in each.items() if name != "person" or value in refs}
        for each in made.get("items", [])
    ]
