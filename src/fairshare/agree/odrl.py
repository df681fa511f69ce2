"""An agreement for machines: an ODRL agreement in JSON-LD, with terms of the Data Privacy Vocabulary and our own.

It says what the agreement says and nothing else, so that the two can be held against each other (`odrl_compare`).
Names of people and their addresses stay in the agreement.

Source   ODRL Information Model 2.2 and Vocabulary 2.2 (W3C); Data Privacy Vocabulary 2 (DPVCG); JSON-LD 1.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from fairshare.law.vocabulary import PREFIXES, load_terms
from fairshare.records.agreed import AgreedClause, Party, Schedule
from fairshare.records.commitments import record_id
from fairshare.records.kinds import Agreement, FullAgreement
from fairshare.words.values import Item

Node = dict[str, Any]
ODRL: Final = "http://www.w3.org/ns/odrl/2/"
CONTEXT: Final[Mapping[str, str]] = {name: PREFIXES[name] for name in ("dct", "dpv", "fsuk", "rdfs", "xsd")} | {
    "odrl": ODRL
}
"""Every name is written with its prefix, so no context has to be fetched to read the file."""
ASSIGNS: Final = ("discloser", "both")
RECEIVES: Final = ("recipient", "both")
_PROHIBITED: Final = {"items.onward": "odrl:distribute", "items.no_reidentify": "fsuk:reidentify"}
"""Clauses that forbid something, and what."""
_DUTIES: Final = {
    "care.retention": "odrl:delete",
    "care.deletion": "odrl:delete",
    "processor.end": "odrl:delete",
    "people.told": "odrl:inform",
    "joint.told": "odrl:inform",
    "care.breach": "odrl:inform",
    "life.review": "odrl:reviewPolicy",
}
"""Clauses whose duty has an action of ODRL's own; for all others it is to observe the words."""
_STATUS: Final = {
    "controller": "dpv:DataController",
    "joint_controller": "dpv:JointDataControllers",
    "processor": "dpv:DataProcessor",
}


def write_odrl(agreement: Agreement) -> Node:
    """The agreement as an `odrl:Agreement` in JSON-LD.

    Each item is permitted for the purpose, within the dates, to the recipients, treated as agreed; clauses that forbid
    are prohibitions, the others and the conditions are duties.
    """
    base = f"urn:fairshare:agreement:{record_id(agreement).removeprefix('sha256:')}"
    parties = [_write_party(base, number, each) for number, each in enumerate(agreement.parties, 1)]
    roles = [each.role for each in agreement.parties]
    node: Node = {
        "@context": dict(CONTEXT),
        "@id": base,
        "@type": "odrl:Agreement",
        "odrl:uid": {"@id": base},
        "odrl:profile": {"@id": PREFIXES["fsuk"]},
        "dct:title": agreement.title,
        "dct:language": getattr(agreement, "language", "en"),
        "fsuk:reviewOn": _day(agreement.review_on.isoformat()),
        "dpv:hasPurpose": _write_purpose(base, agreement),
        "dpv:hasPersonalData": [{"@id": f"{base}#item-{each.ref}"} for each in agreement.items],
        "fsuk:party": parties,
        "odrl:assigner": [each["@id"] for each in _choose(parties, roles, ASSIGNS)],
        "odrl:assignee": [each["@id"] for each in _choose(parties, roles, RECEIVES)],
        "odrl:permission": [_permit(base, agreement, each) for each in agreement.items],
    }
    for name in ("odrl:assigner", "odrl:assignee"):
        node[name] = [{"@id": each} for each in node[name]]
    if isinstance(agreement, FullAgreement):
        node |= _write_full(base, agreement)
    node["odrl:obligation"] = [*_write_conditions(base, agreement), *node.get("odrl:obligation", [])]
    return {name: value for name, value in node.items() if value not in ([], {}, None)}


def list_bases(agreement: Agreement) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """The lawful bases, conditions and powers that the schedule states: party, in words, and provisions by id."""
    schedule = find_schedule(agreement, "schedule.basis")
    rows = schedule.rows if schedule is not None else ()
    return tuple(
        (row[0], row[1], tuple(each.strip() for each in row[2].split(";") if each.strip()))
        for row in rows
        if len(row) > 2
    )


def find_schedule(agreement: Agreement, name: str) -> Schedule | None:
    """A schedule of an agreement by its id; None where the agreement has none of that name."""
    if not isinstance(agreement, FullAgreement):
        return None
    return next((each for each in agreement.schedules if each.id == name), None)


def _write_full(base: str, agreement: FullAgreement) -> Node:
    clauses = [_write_clause(base, each) for each in agreement.clauses]
    node: Node = {
        "fsuk:form": str(agreement.form),
        "dpv:hasLegalBasis": list(_write_bases(base, agreement)),
        "odrl:prohibition": [each for each in clauses if each["@type"] == "odrl:Prohibition"],
        "odrl:obligation": [each for each in clauses if each["@type"] == "odrl:Duty"],
        "dpv:hasStorageCondition": _write_schedule(base, agreement, "schedule.retention", "dpv:StorageCondition"),
        "dpv:hasTechnicalOrganisationalMeasure": _write_schedule(
            base, agreement, "schedule.security", "dpv:TechnicalOrganisationalMeasure"
        ),
        "fsuk:schedule": [
            _write_table(base, each)
            for each in agreement.schedules
            # These stand elsewhere in the file, or name people.
            if each.id not in ("schedule.retention", "schedule.security", "schedule.basis", "schedule.contacts",
                               "schedule.decision", "schedule.items")
        ],
    }  # fmt: skip
    if agreement.framework is not None:
        node["odrl:inheritFrom"] = {"@id": f"urn:fairshare:agreement:{agreement.framework.removeprefix('sha256:')}"}
    if agreement.supersedes is not None:
        node["dct:replaces"] = {"@id": f"urn:fairshare:agreement:{agreement.supersedes.removeprefix('sha256:')}"}
    return node


def _write_party(base: str, number: int, party: Party) -> Node:
    status = getattr(party, "status", "controller")
    node: Node = {
        "@id": f"{base}#party-{number}",
        "@type": ["odrl:Party", _STATUS[status]],
        "rdfs:label": party.organisation.name,
        "fsuk:role": party.role,
        "fsuk:country": party.organisation.country,
    }
    if party.organisation.identifier:
        node["dct:identifier"] = party.organisation.identifier
    return node


def _choose(parties: Sequence[Node], roles: Sequence[str], wanted: Sequence[str]) -> list[Node]:
    return [party for party, role in zip(parties, roles, strict=True) if role in wanted]


def _write_purpose(base: str, agreement: Agreement) -> Node:
    node: Node = {"@id": f"{base}#purpose", "@type": "dpv:Purpose", "fsuk:code": agreement.purpose.code}
    return node | ({"rdfs:label": agreement.purpose.text} if agreement.purpose.text else {})


def _permit(base: str, agreement: Agreement, item: Item) -> Node:
    place = f"{base}#permission-{item.ref}"
    return {
        "@id": place,
        "@type": "odrl:Permission",
        "odrl:action": {"@id": "odrl:use"},
        "odrl:target": _write_item(base, item),
        "odrl:constraint": list(_constrain(base, place, agreement, item)),
    }


def _write_item(base: str, item: Item) -> Node:
    node: Node = {
        "@id": f"{base}#item-{item.ref}",
        "@type": ["odrl:Asset", "dpv:PersonalData"],
        "rdfs:label": item.label,
        "fsuk:kind": item.kind,
    }
    if item.person is not None:
        node["fsuk:about"] = item.person
    if item.period is not None:
        node["dct:temporal"] = f"{item.period.start}/{item.period.end or '..'}"
    return node | ({"fsuk:sha256": item.sha256} if item.sha256 else {})


def _constrain(base: str, place: str, agreement: Agreement, item: Item) -> Iterator[Node]:
    yield _constraint(f"{place}-purpose", "odrl:purpose", "odrl:isA", {"@id": f"{base}#purpose"})
    yield _constraint(f"{place}-from", "odrl:dateTime", "odrl:gteq", _day(agreement.valid.start.isoformat()))
    if agreement.valid.end is not None:
        yield _constraint(f"{place}-until", "odrl:dateTime", "odrl:lteq", _day(agreement.valid.end.isoformat()))
    recipients = [
        {"@id": f"{base}#party-{number}"} for number, each in enumerate(agreement.parties, 1) if each.role in RECEIVES
    ]
    yield _constraint(f"{place}-recipients", "odrl:recipient", "odrl:isAnyOf", recipients)
    yield _constraint(f"{place}-treatment", "fsuk:treatment", "odrl:eq", agreement.treatments.get(item.ref, "as it is"))


def _constraint(place: str, left: str, operator: str, right: Any) -> Node:
    reference = "odrl:rightOperandReference" if isinstance(right, list) or "@id" in right else "odrl:rightOperand"
    return {
        "@id": place,
        "@type": "odrl:Constraint",
        "odrl:leftOperand": {"@id": left},
        "odrl:operator": {"@id": operator},
        reference: right,
    }


def _write_conditions(base: str, agreement: Agreement) -> Iterator[Node]:
    for number, text in enumerate(agreement.conditions, 1):
        yield _duty(f"{base}#condition-{number}", "odrl:Duty", "fsuk:observe", text)
    for number, (name, text) in enumerate(sorted(agreement.terms.items()), 1):
        yield _duty(f"{base}#term-{number}", "odrl:Duty", "fsuk:observe", text) | {"rdfs:label": name}


def _write_clause(base: str, clause: AgreedClause) -> Node:
    place = f"{base}#clause-{clause.id}"
    if clause.id in _PROHIBITED:
        node = _duty(place, "odrl:Prohibition", _PROHIBITED[clause.id], clause.text)
    else:
        node = _duty(place, "odrl:Duty", _DUTIES.get(clause.id, "fsuk:observe"), clause.text)
    node |= {"rdfs:label": clause.heading, "fsuk:level": clause.level}
    return node | ({"dct:references": [{"@id": f"fsuk:{each}"} for each in clause.cites]} if clause.cites else {})


def _duty(place: str, sort: str, action: str, text: str) -> Node:
    return {"@id": place, "@type": sort, "odrl:action": {"@id": action}, "dct:description": text}


def _write_bases(base: str, agreement: FullAgreement) -> Iterator[Node]:
    known = {each.provision: each.scheme for each in load_terms()}
    parties = {each.organisation.name: number for number, each in enumerate(agreement.parties, 1)}
    for number, (party, says, provisions) in enumerate(list_bases(agreement), 1):
        node: Node = {"@id": f"{base}#basis-{number}", "@type": "dpv:LegalBasis", "dct:description": says}
        if party in parties:
            node["fsuk:heldBy"] = {"@id": f"{base}#party-{parties[party]}"}
        if terms := [{"@id": f"fsuk:{each}"} for each in provisions if each in known]:
            node["fsuk:term"] = terms
        if others := [each for each in provisions if each not in known]:
            node["fsuk:provision"] = others
        yield node


def _write_schedule(base: str, agreement: FullAgreement, name: str, sort: str) -> Node:
    schedule = find_schedule(agreement, name)
    if schedule is None or not schedule.text:
        return {}
    return {"@id": f"{base}#{schedule.id}", "@type": sort, "dct:description": schedule.text}


def _write_table(base: str, schedule: Schedule) -> Node:
    rows = [" | ".join(row) for row in schedule.rows]
    node: Node = {"@id": f"{base}#{schedule.id}", "@type": "fsuk:Schedule", "rdfs:label": schedule.heading}
    text = "\n".join(filter(None, (schedule.text, *rows)))
    return node | ({"dct:description": text} if text else {})


def _day(text: str) -> Node:
    return {"@value": text, "@type": "xsd:date"}
