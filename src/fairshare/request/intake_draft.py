"""The draft of a request: what was read, for a person to confirm field by field; only what is confirmed goes on."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field

from fairshare.documents.read_shapes import Reading
from fairshare.request.completeness import load_expectations
from fairshare.request.intake import find_fields, trim_reading
from fairshare.request.intake_flags import Language, find_flags
from fairshare.request.intake_shapes import Flag, Found, Gap, load_vocabulary
from fairshare.words import BadInput, Value
from fairshare.words.reading import build, parse_json, parse_yaml
from fairshare.words.values import Line, Ref, Text

MAX_FIELDS = 2_000
_RECORD_FIELD = {
    "requester.organisation": "requester", "contact.name": "contact", "contact.role": "contact",
    "contact.phone": "contact", "purpose": "purpose", "necessity": "why_necessary", "subject.name": "subjects",
    "item": "items", "public_task": "public_task_statement",
}  # fmt: skip
"""The field of the Request record that a field of a draft becomes, for those whose reasons `completeness` gives."""


class DraftNotRead(BadInput):
    """A draft, or the answers to it, does not say what it should; the text names the field."""

    code = "INTAKE_DRAFT_NOT_READ"


class DraftField(Found):
    """One value of a draft. `confirmed` is set by a person, and by nothing else."""

    id: Ref
    confirmed: bool = False
    rejected: bool = False


class Draft(Value):
    """A request as it was read, waiting for a person."""

    kind: Literal["intake_draft"] = "intake_draft"
    source: Line
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    format: Line
    read_on: date
    fields: Annotated[tuple[DraftField, ...], Field(max_length=MAX_FIELDS)]
    missing: tuple[Gap, ...] = ()
    flags: tuple[Flag, ...] = ()
    public_task_draft: Text = ""
    """A statement that the asker could make; it is theirs to confirm, and it never enters the record by itself."""

    @property
    def waiting(self) -> tuple[DraftField, ...]:
        """The fields that nobody has looked at yet."""
        return tuple(each for each in self.fields if not (each.confirmed or each.rejected))


def make_draft(raw: bytes, reading: Reading, *, source: str, read_on: date, language: Language = "en") -> Draft:
    """A draft of a request that was read: every field unconfirmed, what is missing, what to stop at."""
    reading = trim_reading(reading)
    found = find_fields(reading)
    return Draft(
        source=source[-500:] or "request",
        sha256=sha256(raw).hexdigest(),
        format=reading.format,
        read_on=read_on,
        fields=tuple(
            DraftField(id=f"f{number}", **each.model_dump()) for number, each in enumerate(found[:MAX_FIELDS], start=1)
        ),
        missing=find_gaps(found, language),
        flags=find_flags(reading, found, language),
        public_task_draft=draft_public_task(found, language),
    )


def find_gaps(found: Sequence[Found], language: Language = "en") -> tuple[Gap, ...]:
    """What the request should say and does not, what the law wants first."""
    said = {each.field for each in found}
    reasons = {
        each.field: each
        for route in ("any", "public_task_response")
        for each in load_expectations().routes.get(route, ())
    }
    gaps = []
    for name, kind in load_vocabulary().fields.items():
        if not kind.expected or name in said or (name == "period.start" and "item" not in said):
            continue
        reason = reasons.get(_RECORD_FIELD.get(name, ""))
        needs = getattr(kind, language)
        why = reason.why if reason else ""
        must = reason.must if reason else False
        gaps.append(Gap(field=name, needs=needs, why=why, must=must, cite=reason.cite if reason else ""))
    return tuple(sorted(gaps, key=lambda each: not each.must))


def draft_public_task(found: Sequence[Found], language: Language = "en") -> str:
    """The statement that Annex 1, paragraph 1 to the UK GDPR looks for in a request, drafted for the asker.

    Empty where the request makes it already. What the asker alone can know stands in square brackets.
    """
    said: dict[str, str] = {}
    for each in found:
        said.setdefault(each.field, each.value.rstrip(" ."))
    if "public_task" in said:
        return ""
    if language == "cy":
        body, aim = said.get("requester.organisation", "[y corff]"), said.get("purpose", "[y diben]")
        return (
            f"Mae ar {body} angen y wybodaeth hon ar gyfer prosesu sy'n angenrheidiol i gyflawni ei dasg gyhoeddus "
            f"ei hun "
            f"neu ei swyddogaeth swyddogol (Erthygl 6(1)(e) o GDPR y DU), sef: {aim}. Gosodir y dasg gan [y ddeddf]."
        )
    body, aim = said.get("requester.organisation", "[the body]"), said.get("purpose", "[the purpose]")
    return (
        f"{body} needs this information for processing that is necessary for its own public task or official function "
        f"(Article 6(1)(e) of the UK GDPR), namely: {aim}. The task is laid down by [the provision]."
    )


def read_draft(raw: bytes, *, where: str) -> Draft:
    """A draft from its file, YAML or JSON.

    Raises   DraftNotRead.
    """
    found = _parse(raw, where)
    try:
        draft = build(Draft, found, where=where)
    except BadInput as error:
        raise DraftNotRead(error.message, fix=error.fix, where=where) from None
    if len({each.id for each in draft.fields}) < len(draft.fields):
        raise DraftNotRead("two fields have the same id", fix="Read the request again.", where=where)
    unknown = {each.field for each in draft.fields} - load_vocabulary().fields.keys()
    if unknown:
        raise DraftNotRead("a field is none that a request has", fix="Read the request again.", where=where)
    return draft


def _parse(raw: bytes, where: str) -> Any:
    return parse_json(raw, where=where) if raw.lstrip()[:1] == b"{" else parse_yaml(raw, where=where)


def write_draft(draft: Draft) -> bytes:
    """A draft as its file, YAML."""
    return yaml.safe_dump(draft.model_dump(mode="json"), sort_keys=False, allow_unicode=True, width=110).encode()


def read_answers(raw: bytes, *, where: str) -> dict[str, bool | str]:
    """Answers to a draft from a file: by a field's id, `true`, `false`, or the value as it should be."""
    found = _parse(raw, where)
    if not isinstance(found, dict) or not all(isinstance(each, bool | str) for each in found.values()):
        raise DraftNotRead(
            "answers are true, false or a text for each id of a field",
            fix="Write lines such as `f1: true` or `f2: PC 4471`.", where=where,
        )  # fmt: skip
    return found


def answer_draft(draft: Draft, answers: Mapping[str, bool | str], *, where: str = "answers") -> Draft:
    """The draft with a person's answers: true confirms, false rejects, a text is the value as it should be.

    Raises   DraftNotRead for an id that is not in the draft, or a value that its field cannot have.
    """
    unknown = answers.keys() - {each.id for each in draft.fields}
    if unknown:
        raise DraftNotRead(
            f"there is no field {sorted(unknown)[0]} in the draft", fix="Use the ids of the draft.", where=where
        )
    return draft.model_copy(
        update={"fields": tuple(_answer(each, answers.get(each.id), where) for each in draft.fields)}
    )


def _answer(field: DraftField, answer: bool | str | None, where: str) -> DraftField:
    if answer is None:
        return field
    if isinstance(answer, bool):
        if answer:
            check_value(field.field, field.value, where=f"{where}:{field.id}")
        return field.model_copy(update={"confirmed": answer, "rejected": not answer})
    check_value(field.field, answer, where=f"{where}:{field.id}")
    written = field.written or field.value
    return field.model_copy(update={"value": answer.strip(), "written": written, "confirmed": True, "rejected": False})


def check_value(field: str, value: str, *, where: str) -> None:
    """Raises DraftNotRead when a field cannot hold a value: an empty one, a day that is none, a word not foreseen."""
    sort = load_vocabulary().fields[field].sort
    allowed = {"yes_no": ("yes", "no"), "urgency": ("routine", "urgent", "life_at_risk")}.get(sort)
    if not value.strip() or len(value) > 20_000 or (allowed and value not in allowed):
        raise DraftNotRead(
            "this value cannot be confirmed",
            fix=f"Write {' or '.join(allowed) if allowed else 'some words'}.",
            where=where,
        )
    if sort == "date" and not _is_day(value):
        raise DraftNotRead("this is not a day", fix="Write it as 2026-02-05.", where=where)


def _is_day(text: str) -> bool:
    try:
        return re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) is not None and date.fromisoformat(text) is not None
    except ValueError:
        return False
