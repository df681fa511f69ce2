"""From a confirmed draft to the fields of a Request record: what nobody has confirmed is not in it."""

from __future__ import annotations

from datetime import date
from typing import Any

from fairshare.request.intake_draft import Draft
from fairshare.request.intake_shapes import load_vocabulary
from fairshare.words import Refused

UNCLASSIFIED = "to_be_classified"
"""The code of a purpose that nobody has classified yet; the asker's words stand beside it."""
_NOT_STATED = "not stated"
_CHANNELS = {"mail": "email", "docx": "form", "odt": "form", "pdf": "form", "picture": "letter"}


class NotConfirmed(Refused):
    """A request needs something that nobody has confirmed yet, such as who asks."""

    code = "INTAKE_NOT_CONFIRMED"


def make_request(
    draft: Draft,
    *,
    received_on: date,
    holder: str | None = None,
    purpose_code: str = UNCLASSIFIED,
    channel: str | None = None,
) -> dict[str, Any]:
    """The fields that `read_request` takes, from those of a draft that a person has confirmed.

    Takes    holder: our own name, where it is not what the request says; channel: as in the Request record.
    Raises   NotConfirmed when who asks, or whom, is not confirmed.
    """
    said = _gather(draft)
    asked = holder or _first(said, "holder")
    if not asked or "requester.organisation" not in said:
        raise NotConfirmed(
            "who asks, or whom, is not confirmed" if asked else "nobody has said whom the request is addressed to",
            fix="Confirm `requester.organisation`, and give your own name with --holder.", where="draft",
        )  # fmt: skip
    made: dict[str, Any] = {
        "holder": {"name": asked[:500]},
        "requester": {"name": said["requester.organisation"][0][:500]},
        "received_on": received_on.isoformat(),
        "channel": channel or _CHANNELS.get(draft.format, "letter"),
        "urgency": _first(said, "urgency") or "routine",
        "purpose": {"code": purpose_code, "text": _join(said, "purpose")},
        "why_necessary": _join(said, "necessity"),
        "public_task_statement": _join(said, "public_task"),
        "why_not_tell": _join(said, "why_not_tell"),
        "document_sha256": draft.sha256,
    }
    made |= _make_people(said)
    made |= {"reference": _first(said, "reference"), "power": _make_power(draft)}
    deadline = _first(said, "deadline")
    if deadline and len(deadline) == 10 and deadline[4:5] == "-":
        made["deadline"] = f"{deadline}T23:59:59Z"
        said.pop("deadline")
    subjects = _make_subjects(said)
    made["subjects"] = subjects
    made["items"] = _make_items(said, "p1" if len(subjects) == 1 else None)
    made["text"] = _tell_rest(said)
    return {name: value for name, value in made.items() if value not in (None, "", [])}


def _gather(draft: Draft) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    for each in draft.fields:
        if each.confirmed and not each.rejected:
            said.setdefault(each.field, []).append(each.value)
    return said


def _first(said: dict[str, list[str]], field: str) -> str | None:
    return said[field][0] if field in said else None


def _join(said: dict[str, list[str]], field: str) -> str:
    return "\n".join(said.get(field, []))


def _make_power(draft: Draft) -> str | None:
    """The law as the request quotes it."""
    quoted = [each.written or each.value for each in draft.fields if each.field == "basis" and each.confirmed]
    return "; ".join(dict.fromkeys(quoted))[:500] or None


def _make_people(said: dict[str, list[str]]) -> dict[str, Any]:
    made = {}
    body = said["requester.organisation"][0][:500]
    unit = _first(said, "requester.unit")
    if "contact.name" in said:
        made["contact"] = {
            "name": said["contact.name"][0][:500],
            "role": ", ".join(each for each in (_first(said, "contact.role") or _NOT_STATED, unit) if each)[:500],
            "organisation": body,
            "identifier": _first(said, "contact.number"),
            "contact": "; ".join([*said.get("contact.phone", []), *said.get("contact.email", [])])[:500] or None,
        }
    if "authoriser.name" in said:
        made["authorised_by"] = {
            "name": said["authoriser.name"][0][:500],
            "role": (_first(said, "authoriser.rank") or _NOT_STATED)[:500],
            "organisation": body,
            "identifier": _first(said, "authoriser.number"),
        }
    return made


def _make_subjects(said: dict[str, list[str]]) -> list[dict[str, str]]:
    """The people it is about; a day of birth or address goes to a person only where it is plain whose it is."""
    names = said.get("subject.name", [])
    labels = list(names)
    for field, says in (("subject.born", "born {}"), ("subject.address", "{}")):
        values = said.get(field, [])
        if len(values) == len(names):
            labels = [f"{label}, {says.format(value)}" for label, value in zip(labels, values, strict=True)]
            said.pop(field, None)
    return [{"ref": f"p{number}", "label": label[:500]} for number, label in enumerate(labels, start=1)]


def _make_items(said: dict[str, list[str]], person: str | None) -> list[dict[str, Any]]:
    start, end = _first(said, "period.start"), _first(said, "period.end")
    period = {"start": start} | ({"end": end} if end and start and end >= start else {}) if start else None
    return [
        {"ref": f"i{number}", "label": label[:500]}
        | ({"person": person} if person else {})
        | ({"period": period} if period else {})
        for number, label in enumerate(said.get("item", []), start=1)
    ]


_UNPLACED = ("dated", "subject.born", "subject.address", "offence", "consent", "deadline", "delivery", "declaration")
"""Fields of a draft that the record has no field for, or not always."""


def _tell_rest(said: dict[str, list[str]]) -> str:
    """What was confirmed and has no field of its own in the record, in words, so that none of it is lost."""
    kinds = load_vocabulary().fields
    return "\n".join(f"{kinds[field].en}: {value}" for field in _UNPLACED for value in said.get(field, []))
