"""The two faces of an agreement kept in step: what an ODRL file says otherwise than the agreement, field by field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairshare.agree.odrl import CONTEXT, Node, write_odrl
from fairshare.records.kinds import Agreement
from fairshare.words import BadInput, Refused
from fairshare.words.reading import parse_json

MAX_ODRL_BYTES: Final = 8_000_000
_FIELDS: Final[Mapping[str, str]] = {
    "@context": "the names that the file is written with",
    "@type": "the sort",
    "dct:title": "the title",
    "dct:language": "the language",
    "dct:description": "the words",
    "dct:identifier": "the identifier",
    "dct:references": "what it cites",
    "dct:replaces": "the version it replaces",
    "dct:temporal": "the period",
    "dpv:hasLegalBasis": "the lawful bases",
    "dpv:hasPersonalData": "the list of items",
    "dpv:hasPurpose": "the purpose",
    "dpv:hasStorageCondition": "retention",
    "dpv:hasTechnicalOrganisationalMeasure": "security",
    "fsuk:about": "whom it is about",
    "fsuk:code": "the code",
    "fsuk:country": "the country",
    "fsuk:form": "the kind of agreement",
    "fsuk:heldBy": "the party it is for",
    "fsuk:kind": "the kind of item",
    "fsuk:level": "must, should or could",
    "fsuk:party": "the parties",
    "fsuk:provision": "the provision",
    "fsuk:reviewOn": "the day of the review",
    "fsuk:role": "the role",
    "fsuk:schedule": "the schedules",
    "fsuk:term": "the provision",
    "odrl:action": "what may, must or must not be done",
    "odrl:assignee": "who receives",
    "odrl:assigner": "who discloses",
    "odrl:constraint": "the limits",
    "odrl:inheritFrom": "the framework",
    "odrl:leftOperand": "what the limit is on",
    "odrl:obligation": "the duties",
    "odrl:operator": "how the limit is compared",
    "odrl:permission": "the permissions",
    "odrl:profile": "the profile",
    "odrl:prohibition": "the prohibitions",
    "odrl:rightOperand": "the limit",
    "odrl:rightOperandReference": "the limit",
    "odrl:target": "the item",
    "odrl:uid": "the identifier of the agreement",
    "rdfs:label": "the name",
}
_LIMITS: Final = {
    "purpose": "the purpose it may be used for",
    "from": "the first day",
    "until": "the last day",
    "recipients": "who may receive it",
    "treatment": "how it is treated",
}
_PLACES: Final = (
    (re.compile(r"permission-(?P<ref>[a-z][a-z0-9_-]*)-(?P<limit>purpose|from|until|recipients|treatment)"), "item"),
    (re.compile(r"(?:permission|item)-(?P<ref>[a-z][a-z0-9_-]*)"), "item"),
    (re.compile(r"party-(?P<ref>[0-9]+)"), "party"),
    (re.compile(r"basis-(?P<ref>[0-9]+)"), "lawful basis"),
    (re.compile(r"condition-(?P<ref>[0-9]+)"), "condition"),
    (re.compile(r"term-(?P<ref>[0-9]+)"), "term"),
    (re.compile(r"clause-(?P<ref>[a-z0-9_.]+)"), "clause"),
    (re.compile(r"schedule\.(?P<ref>[a-z]+)"), "schedule of"),
)


class OdrlMismatch(Refused):
    """The ODRL file that is attached to the draft says something else than the draft does."""

    code = "ODRL_MISMATCH"


@dataclass(frozen=True)
class OdrlDifference:
    """One field in which the two differ; None where one of them says nothing."""

    field: str
    """In words, such as `item i1: how it is treated`."""
    agreement: str | None
    odrl: str | None

    @property
    def says(self) -> str:
        """The difference as a sentence."""
        if self.agreement is None:
            return f"{self.field}: the ODRL file says {self.odrl!r}, the agreement nothing."
        if self.odrl is None:
            return f"{self.field}: the agreement says {self.agreement!r}, the ODRL file nothing."
        return f"{self.field}: the agreement says {self.agreement!r}, the ODRL file {self.odrl!r}."


def parse_odrl(raw: bytes, *, where: str) -> Node:
    """An ODRL file that came from `write_odrl`, edited or not, as one JSON-LD object. Nothing is fetched.

    Raises   BadInput for anything that is not one `odrl:Agreement`.
    """
    if len(raw) > MAX_ODRL_BYTES:
        raise BadInput(f"it is larger than {MAX_ODRL_BYTES:,} bytes", fix="Give a smaller file.", where=where)
    found = parse_json(raw, where=where)
    if not isinstance(found, dict) or "odrl:Agreement" not in _list(found.get("@type")):
        raise BadInput(
            "this is not an ODRL agreement as Fairshare writes it",
            fix="Edit the file that `fairshare agree odrl` wrote, and keep its shape.",
            where=where,
        )
    return found


def compare_odrl(agreement: Agreement, edited: Node) -> tuple[OdrlDifference, ...]:
    """Every field in which an ODRL file differs from the agreement, in words; nothing when they are in step.

    The order of lists and the version's own identifier count for nothing; anything else does, known to us or not.
    """
    ours, theirs = _list_facts(write_odrl(agreement)), _list_facts(edited)
    places = [*ours, *(each for each in theirs if each not in ours)]
    return tuple(
        OdrlDifference(_say_place(place), _say(ours.get(place)), _say(theirs.get(place)))
        for place in places
        if ours.get(place) != theirs.get(place)
    )


def check_in_step(agreement: Agreement, edited: Node) -> None:
    """Raises OdrlMismatch, with the first differences in words, unless an ODRL file says what the agreement says."""
    if found := compare_odrl(agreement, edited):
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        raise OdrlMismatch(
            f"the attached ODRL file differs in {', '.join(each.field for each in found[:3])}{more}",
            fix="See `fairshare agree odrl CASE --compare FILE`; change one of them, or detach the file.",
            where="agreement.odrl",
        )


Place = tuple[str, str]
"""The node, by the end of its name, and the field of it."""


def _list_facts(document: Node) -> dict[Place, frozenset[str]]:
    own = document.get("@id")
    facts: dict[Place, set[str]] = {}
    for place, value in _walk(document, own if isinstance(own, str) else "", ""):
        facts.setdefault(place, set()).add(value)
    if document.get("odrl:uid") == {"@id": own}:
        del facts["", "odrl:uid"]
    # A context that gives a prefix another meaning changes every field that uses it.
    stated = document.get("@context")
    facts["", "@context"] = {"ours" if stated == dict(CONTEXT) else "another context"}
    return {place: frozenset(values) for place, values in facts.items()}


def _walk(node: Node, base: str, place: str) -> Iterator[tuple[Place, str]]:
    for field, value in node.items():
        if field == "@id" or (field == "@context" and not place):
            continue
        for number, each in enumerate(_list(value)):
            if not isinstance(each, dict):
                yield (place, field), _write_value(each)
            elif "@value" in each:
                yield (place, field), "^^".join(_write_value(each[key]) for key in sorted(each, reverse=True))
            elif set(each) == {"@id"}:
                yield (place, field), f"<{_shorten(each['@id'], base)}>"
            else:
                inner = _shorten(each["@id"], base) if "@id" in each else f"{place} {field} {number + 1}".strip()
                yield (place, field), f"<{inner}>"
                yield from _walk(each, base, inner)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _shorten(name: Any, base: str) -> str:
    text = _write_value(name)
    return text.removeprefix(f"{base}#") if base else text


def _write_value(value: Any) -> str:
    return value if isinstance(value, str) else f"{json.dumps(value)} (not text)"


def _say(values: frozenset[str] | None) -> str | None:
    if values is None:
        return None
    shown = ", ".join(sorted(each.removesuffix("^^xsd:date").strip("<>") for each in values))
    return shown if len(shown) <= 200 else f"{shown[:199]}…"


def _say_place(place: Place) -> str:
    node, name = place
    field = _FIELDS.get(name, name)
    if not node:
        return field
    for pattern, what in _PLACES:
        if match := pattern.fullmatch(node):
            limit = match.groupdict().get("limit")
            said = _LIMITS[limit] if limit and name.startswith("odrl:rightOperand") else field
            return f"{what} {match['ref']}: {said}"
    return f"{_FIELDS.get(f'dpv:has{node.capitalize()}', node)}: {field}"
