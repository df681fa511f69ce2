"""A request as the answers of its form, and the answers of a form as a request: one field for each, there and back.

A name that starts with `request.` is a field of the Request record. What the form asks beyond the record stands in the
record's text, one answer to a line under its name, so that nothing is lost and everything can be read back.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from fairshare.records.kinds import Request
from fairshare.request.intake_request import UNCLASSIFIED
from fairshare.request.wording import HERE, Tongue, Wording, load_wording
from fairshare.words import BadInput, Item, Subject

MORE = "Also on the form:"
"""The line of a request's text below which the answers stand that have no field of their own in the record."""
_FURTHER = re.compile(r"((?:asked|office)\.[a-z0-9_]+): (.*)")
_ENTRY = re.compile(r"\s*([a-z][a-z0-9_-]{0,39})\s*(?:\(([^()]*)\))?\s*:\s*(.+)")
_DAY = r"(\d{4}-\d{2}-\d{2})"
_PERIOD = re.compile(rf"(?:from|o) {_DAY}(?: (?:to|hyd) {_DAY})?")
_ABOUT = re.compile(r"(?:about|am) ([a-z][a-z0-9_-]{0,39})")
_SHA256 = re.compile(r"sha256 ([0-9a-f]{64})")


def load_form() -> Wording:
    """The words of the request form."""
    return load_wording(HERE / "form.yaml")


def list_form_values(request: Request, tongue: Tongue = "en") -> dict[str, str]:
    """What a request says, by the names of the form's fields; a field it says nothing in is left out."""
    free, further = _part_text(request.text)
    found: dict[str, str | None] = {
        **_list_people(request),
        "request.requester.name": request.requester.name,
        "request.requester.identifier": request.requester.identifier,
        "request.requester.country": request.requester.country,
        "request.holder.name": request.holder.name,
        "request.reference": request.reference,
        "request.received_on": request.received_on.isoformat(),
        "request.channel": request.channel.value,
        "request.urgency": request.urgency,
        "request.deadline": request.deadline.isoformat() if request.deadline else None,
        "request.purpose.code": request.purpose.code,
        "request.purpose.text": request.purpose.text,
        "request.why_necessary": request.why_necessary,
        "request.power": request.power,
        "request.public_task_statement": request.public_task_statement,
        "request.why_not_tell": request.why_not_tell,
        "request.subjects": "\n".join(_write_subject(each, tongue) for each in request.subjects),
        "request.items": "\n".join(_write_item(each, tongue) for each in request.items),
        "request.text": free,
        **further,
    }
    return {name: value for name, value in found.items() if value}


def read_form_values(values: Mapping[str, str | None], *, where: str = "form") -> dict[str, Any]:
    """The fields that `read_request` takes, from the answers of a filled form by name.

    Raises   BadInput for a field that the form does not have, or a day that is none.
    """
    known = {field.name for field in load_form().fields()}
    said = {name: value.strip() for name, value in values.items() if value and value.strip()}
    strange = sorted(said.keys() - known)
    if strange:
        raise BadInput(
            "the form has no such field", fix="Use the form as it was written.", where=f"{where}:{strange[0]}"
        )
    made: dict[str, Any] = {}
    for name, value in said.items():
        if name.startswith("request."):
            *above, last = name.split(".")[1:]
            inside = made
            for part in above:
                inside = inside.setdefault(part, {})
            inside[last] = value
    if "purpose" in made:
        made["purpose"].setdefault("code", UNCLASSIFIED)
    for name, read in (("subjects", _read_subject), ("items", _read_item)):
        lines = [line for line in made.pop(name, "").splitlines() if line.strip()]
        made |= {name: [read(number, line) for number, line in enumerate(lines, start=1)]} if lines else {}
    if "deadline" in made:
        made["deadline"] = _read_deadline(made["deadline"], f"{where}:request.deadline")
    further = {name: value for name, value in said.items() if not name.startswith("request.")}
    text = _join_text(made.pop("text", ""), further)
    return made | ({"text": text} if text else {})


def _list_people(request: Request) -> dict[str, str | None]:
    people = {"contact": request.contact, "authorised_by": request.authorised_by}
    shown = {"contact": ("name", "role", "organisation", "identifier", "contact"),
             "authorised_by": ("name", "role", "identifier")}  # fmt: skip
    return {
        f"request.{name}.{part}": getattr(person, part)
        for name, person in people.items()
        if person is not None
        for part in shown[name]
    }


def _say(name: str, tongue: Tongue, **parts: object) -> str:
    return load_form().say(name, tongue, **parts)


def _write_subject(subject: Subject, tongue: Tongue) -> str:
    return f"{subject.ref} ({_say(f'role_{subject.role}', tongue)}): {' '.join(subject.label.split())}"


def _write_item(item: Item, tongue: Tongue) -> str:
    parts = [_say(f"kind_{item.kind}", tongue)]
    if item.person:
        parts.append(_say("about", tongue, person=item.person))
    if item.period:
        start, end = item.period.start.isoformat(), item.period.end
        parts.append(
            _say("period", tongue, start=start, end=end.isoformat())
            if end
            else _say("period_open", tongue, start=start)
        )
    if item.sha256:
        parts.append(f"sha256 {item.sha256}")
    return f"{item.ref} ({', '.join(parts)}): {' '.join(item.label.split())}"


def _find_code(sort: str, said: str) -> str | None:
    """The code behind a word of the form, in either language."""
    wanted = said.strip().casefold()
    for name, words in load_form().says.items():
        stem, _, code = name.partition("_")
        if stem == sort and wanted in (code, words.en.casefold(), words.cy.casefold()):
            return code
    return None


def _read_subject(number: int, line: str) -> dict[str, Any]:
    match = _ENTRY.fullmatch(line)
    if match is None:
        return {"ref": f"p{number}", "label": line.strip()[:500]}
    made = {"ref": match[1], "label": match[3][:500]}
    role = _find_code("role", match[2]) if match[2] else None
    return made | ({"role": role} if role else {})


def _read_item(number: int, line: str) -> dict[str, Any]:
    match = _ENTRY.fullmatch(line)
    if match is None:
        return {"ref": f"i{number}", "label": line.strip()[:500]}
    made: dict[str, Any] = {"ref": match[1], "label": match[3][:500]}
    for part in (each.strip() for each in (match[2] or "").split(",")):
        if kind := _find_code("kind", part):
            made["kind"] = kind
        elif about := _ABOUT.fullmatch(part):
            made["person"] = about[1]
        elif period := _PERIOD.fullmatch(part):
            made["period"] = {"start": period[1]} | ({"end": period[2]} if period[2] else {})
        elif digest := _SHA256.fullmatch(part):
            made["sha256"] = digest[1]
    return made


def _read_deadline(text: str, where: str) -> str:
    """A moment; the end of the day if only a day is named, and in UTC if no zone is."""
    try:
        found = datetime.fromisoformat(text)
        if len(text) == len("2026-02-05"):
            found = datetime.combine(date.fromisoformat(text), time(23, 59, 59))
    except ValueError:
        raise BadInput(
            "this is no day or time", fix="Write it as 2026-12-01 or 2026-12-01T17:00:00Z.", where=where
        ) from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).isoformat()


def _part_text(text: str) -> tuple[str, dict[str, str]]:
    """What a request says freely, and the further answers below it; all of it free if those cannot be read."""
    head, marker, tail = text.rpartition(MORE + "\n")
    if not marker or (head and not head.endswith("\n")):
        return text, {}
    known = {field.name for field in load_form().fields()}
    further: dict[str, str] = {}
    last = ""
    for line in tail.split("\n"):
        match = _FURTHER.fullmatch(line)
        if match and match[1] in known and match[1] not in further:
            last = match[1]
            further[last] = match[2]
        elif last and line.startswith("  "):
            further[last] += f"\n{line[2:]}"
        else:
            return text, {}
    return head.strip(), further


def _join_text(free: str, further: Mapping[str, str]) -> str:
    if not further:
        return free
    lines = [f"{name}: " + value.replace("\n", "\n  ") for name, value in further.items()]
    return "\n".join([*([free, ""] if free else []), MORE, *lines])
