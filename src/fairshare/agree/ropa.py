"""What an agreement adds to the papers that a party keeps: a record of processing, and an entry for a data catalogue.

Source   UK GDPR, Article 30(1) for a controller and 30(2) for a processor; DCAT 3 (W3C).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from fairshare.agree.conflicts import find_retention, find_term
from fairshare.agree.odrl import ASSIGNS, RECEIVES, find_schedule, list_bases
from fairshare.documents.formulas import guard_text
from fairshare.records.agreed import Party
from fairshare.records.commitments import record_id
from fairshare.records.kinds import Agreement, Decision, FullAgreement
from fairshare.words import NotFound, Person

CITES: Final = "ukgdpr.art30"
NOT_SAID: Final = "not in the agreement"
_FIELDS: Final[Mapping[str, tuple[str, str]]] = {
    "controller": ("Controller", "Rheolydd"),
    "processor": ("Processor", "Prosesydd"),
    "joint_controllers": ("Joint controllers", "Cyd-reolyddion"),
    "on_behalf_of": ("Controllers it acts for", "Rheolyddion y mae'n gweithredu drostynt"),
    "contact": ("Contact", "Cyswllt"),
    "dpo": ("Data protection officer", "Swyddog diogelu data"),
    "purposes": ("Purposes", "Dibenion"),
    "processing": ("Kinds of processing", "Mathau o brosesu"),
    "people": ("Kinds of people", "Mathau o bobl"),
    "categories": ("Kinds of information", "Mathau o wybodaeth"),
    "recipients": ("Recipients", "Derbynwyr"),
    "abroad": ("Transfers abroad", "Trosglwyddiadau dramor"),
    "time_limits": ("Time limits for erasure", "Terfynau amser ar gyfer dileu"),
    "security": ("Security measures", "Mesurau diogelwch"),
    "bases": ("Lawful bases, as understood", "Seiliau cyfreithlon, fel y'u deellir"),
}
"""By field, its heading in English and in Welsh (not reviewed). Lawful bases are beyond what the Article asks for."""


@dataclass(frozen=True)
class ProcessingRecord:
    """One entry of a party's record of processing."""

    organisation: str
    role: Literal["controller", "processor"]
    agreement: str
    fields: Mapping[str, str]
    """By name, what the agreement says; `not in the agreement` where it says nothing."""

    @property
    def missing(self) -> tuple[str, ...]:
        """The fields that somebody has to fill in elsewhere."""
        return tuple(name for name, text in self.fields.items() if text == NOT_SAID)


def write_processing_record(
    agreement: Agreement, organisation: str, *, decision: Decision | None = None
) -> ProcessingRecord:
    """A party's entry for its record of processing: as a controller, or as a processor if that is its status.

    Raises   NotFound for an organisation that is not a party.
    """
    party = next((each for each in agreement.parties if each.organisation.name == organisation), None)
    if party is None:
        raise NotFound("this organisation is not a party", fix="Name one of its parties.", where="organisation")
    is_processor = _status(party) == "processor"
    fields = _describe_processor(agreement, party) if is_processor else _describe_controller(agreement, party, decision)
    fields |= {
        "abroad": _say_abroad(agreement),
        "security": _say_schedule(agreement, "schedule.security") or find_term(agreement, "secur") or NOT_SAID,
    }
    return ProcessingRecord(
        organisation, "processor" if is_processor else "controller", record_id(agreement),
        {name: fields[name] for name in _FIELDS if name in fields},
    )  # fmt: skip


def head_field(name: str, language: Literal["en", "cy"] = "en") -> str:
    """The heading of a field of the record."""
    return _FIELDS[name][language == "cy"]


def list_rows(record: ProcessingRecord, language: Literal["en", "cy"] = "en") -> list[tuple[str, str]]:
    """The record as rows for a spreadsheet, with nothing in them that it would run as a formula."""
    return [(head_field(name, language), guard_text(text)) for name, text in record.fields.items()]


def write_dcat(agreement: Agreement) -> dict[str, Any]:
    """An entry for a data catalogue in DCAT (JSON-LD): what is shared exists, and by whom; never the information."""
    name = f"urn:fairshare:agreement:{record_id(agreement).removeprefix('sha256:')}"
    period: dict[str, Any] = {"@type": "dct:PeriodOfTime", "dcat:startDate": _day(agreement.valid.start.isoformat())}
    if agreement.valid.end is not None:
        period["dcat:endDate"] = _day(agreement.valid.end.isoformat())
    return {
        "@context": {
            "dcat": "http://www.w3.org/ns/dcat#",
            "dct": "http://purl.org/dc/terms/",
            "foaf": "http://xmlns.com/foaf/0.1/",
            "odrl": "http://www.w3.org/ns/odrl/2/",
            "xsd": "http://www.w3.org/2001/XMLSchema#",
        },
        "@id": f"{name}#dataset",
        "@type": "dcat:Dataset",
        "dct:title": agreement.title,
        "dct:description": agreement.purpose.text or agreement.purpose.code,
        "dct:identifier": record_id(agreement),
        "dct:language": getattr(agreement, "language", "en"),
        "dct:publisher": _agents(agreement, ASSIGNS),
        "dct:audience": [{"foaf:name": each["foaf:name"]} for each in _agents(agreement, RECEIVES)],
        "dct:accessRights": "restricted: shared under an agreement, not published",
        "dct:temporal": period,
        "dcat:keyword": [each.label for each in agreement.items],
        "odrl:hasPolicy": {"@id": name},
    }


def _describe_controller(agreement: Agreement, party: Party, decision: Decision | None) -> dict[str, str]:
    own = party.organisation.name
    others = [each for each in agreement.parties if each.organisation.name != own]
    joint = [each.organisation.name for each in others if _status(each) == "joint_controller"]
    # What a party only receives goes to nobody else under the agreement.
    receives = [each.organisation.name for each in others if each.role in RECEIVES] if party.role in ASSIGNS else []
    fields = _describe_party(party, "controller") | {
        "purposes": agreement.purpose.text or agreement.purpose.code,
        "people": _find_people(agreement, decision),
        "categories": "; ".join(each.label for each in agreement.items) or NOT_SAID,
        "recipients": "; ".join(receives) or ("nobody under this agreement" if others else NOT_SAID),
        "time_limits": find_retention(agreement) or NOT_SAID,
        "bases": _find_bases(agreement, own, decision) or NOT_SAID,
    }
    return fields | ({"joint_controllers": "; ".join(joint)} if joint else {})


def _describe_processor(agreement: Agreement, party: Party) -> dict[str, str]:
    controllers = [each.organisation.name for each in agreement.parties if _status(each) != "processor"]
    return _describe_party(party, "processor") | {
        "on_behalf_of": "; ".join(controllers) or NOT_SAID,
        "processing": agreement.purpose.text or agreement.purpose.code,
    }


def _describe_party(party: Party, field: str) -> dict[str, str]:
    dpo = getattr(party, "dpo", None)
    return {
        field: party.organisation.name,
        "contact": _say_person(party.contact),
        "dpo": _say_person(dpo) if dpo else NOT_SAID,
    }


def _status(party: Party) -> str:
    return str(getattr(party, "status", "controller"))


def _say_person(person: Person) -> str:
    return ", ".join(each for each in (person.name, person.role, person.contact) if each)


def _find_people(agreement: Agreement, decision: Decision | None) -> str:
    schedule = find_schedule(agreement, "schedule.processing")
    if schedule is not None and schedule.rows and schedule.rows[-1][-1]:
        return schedule.rows[-1][-1]
    roles = {each.role for each in decision.subjects} if decision is not None else set()
    return "; ".join(sorted(roles)).replace("_", " ") or NOT_SAID


def _find_bases(agreement: Agreement, own: str, decision: Decision | None) -> str:
    """The party's bases as the schedule states them; the holder's as decided, for an agreement without schedules."""
    stated = [says for name, says, _ in list_bases(agreement) if name == own]
    if not stated and decision is not None and decision.holder.name == own:
        stated = [each.says for each in decision.grounds if each.sort == "lawful_basis"]
    return "; ".join(dict.fromkeys(stated))


def _say_abroad(agreement: Agreement) -> str:
    abroad = [each.organisation for each in agreement.parties if each.organisation.country != "GB"]
    if abroad:
        return "; ".join(f"{each.name} ({each.country})" for each in abroad)
    clauses = agreement.clauses if isinstance(agreement, FullAgreement) else ()
    return next(
        (each.text for each in clauses if each.id.startswith("special.abroad")), "none to a party outside the UK"
    )


def _say_schedule(agreement: Agreement, name: str) -> str | None:
    schedule = find_schedule(agreement, name)
    return schedule.text or None if schedule is not None else None


def _agents(agreement: Agreement, roles: tuple[str, ...]) -> list[dict[str, str]]:
    return [
        {"@type": "foaf:Organization", "foaf:name": each.organisation.name}
        for each in agreement.parties
        if each.role in roles
    ]


def _day(text: str) -> dict[str, str]:
    return {"@value": text, "@type": "xsd:date"}
