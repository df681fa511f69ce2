"""A UK legal vocabulary in the terms of the Data Privacy Vocabulary, made from the law files.

Source   Data Privacy Vocabulary 2 of the W3C community group DPVCG; SKOS; JSON-LD 1.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from fairshare.law.checking import MalformedLaw, Written
from fairshare.law.library import Law, load_law
from fairshare.law.provisions import ProvisionId, Version
from fairshare.words.reading import build, parse_yaml, read_file
from fairshare.words.values import Line

FILE = Path(__file__).parent / "vocabulary.yaml"
NAMESPACE = "urn:fairshare:uk:"
"""Nobody has registered a web address for these terms yet, so their names are URNs."""
PREFIXES = {
    "dct": "http://purl.org/dc/terms/",
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "fsuk": NAMESPACE,
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
Name = Annotated[str, StringConstraints(pattern=r"^(dpv|eu-gdpr):[A-Za-z0-9-]{1,80}$")]


class _Label(Written):
    en: Line
    cy: Line


class _Term(Written):
    provision: ProvisionId
    broader: Name | None = None
    close_to: Name | None = None


class _Paragraphs(Written):
    of: ProvisionId
    first: int = Field(alias="from", ge=1)
    last: int = Field(alias="to", le=99)
    without: tuple[int, ...] = ()


class _Scheme(Written):
    id: Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z]{1,59}$")]
    label: _Label
    kind: Name
    under: ProvisionId | None = None
    """A term that all of these are narrower than."""
    terms: tuple[_Term, ...] = ()
    paragraphs: _Paragraphs | None = None


class _File(Written):
    schemes: tuple[_Scheme, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Term:
    """One term: the provision it stands for, and where it hangs."""

    scheme: str
    provision: str
    broader: tuple[str, ...]
    close_to: str | None

    @property
    def name(self) -> str:
        """Its name with the prefix `fsuk`."""
        return f"fsuk:{self.provision}"


def parse_schemes(raw: bytes, *, where: str) -> tuple[_Scheme, ...]:
    """The schemes in a vocabulary file. Raises BadInput naming the file."""
    return build(_File, parse_yaml(raw, where=where), where=where).schemes


def list_terms(schemes: tuple[_Scheme, ...], law: Law) -> Iterator[Term]:
    """Every term, in order. Raises MalformedLaw for one whose provision the law files do not hold."""
    for scheme in schemes:
        for each in [*scheme.terms, *_list_paragraphs(scheme)]:
            if each.provision not in law.provisions:
                raise MalformedLaw(
                    f"the term {each.provision} stands for a provision that is not held",
                    fix="Add the provision, or correct its id.",
                    where=f"{FILE.name}:{scheme.id}",
                )
            above = [each.broader or scheme.kind, *([f"fsuk:{scheme.under}"] if scheme.under else [])]
            yield Term(scheme.id, each.provision, tuple(above), each.close_to)


def _list_paragraphs(scheme: _Scheme) -> Iterator[_Term]:
    if scheme.paragraphs is not None:
        for number in range(scheme.paragraphs.first, scheme.paragraphs.last + 1):
            if number not in scheme.paragraphs.without:
                yield _Term(provision=f"{scheme.paragraphs.of}.para{number}")


@cache
def load_terms() -> tuple[Term, ...]:
    """The terms of the vocabulary that comes with Fairshare."""
    return tuple(list_terms(parse_schemes(read_file(FILE), where=FILE.name), load_law()))


def build_vocabulary() -> dict[str, Any]:
    """The vocabulary as JSON-LD: schemes of concepts, each with its law, its dates and how it was checked."""
    law, schemes = load_law(), parse_schemes(read_file(FILE), where=FILE.name)
    graph: list[dict[str, Any]] = [
        {
            "@id": f"fsuk:{scheme.id}",
            "@type": ["skos:ConceptScheme", "rdfs:Class"],
            "rdfs:subClassOf": {"@id": scheme.kind},
            "skos:prefLabel": _say(scheme.label.en, scheme.label.cy),
        }
        for scheme in schemes
    ]
    graph += [_describe(term, law) for term in load_terms()]
    return {"@context": PREFIXES, "@graph": graph}


def _describe(term: Term, law: Law) -> dict[str, Any]:
    provision = law.provisions[term.provision]
    version = provision.versions[-1]
    described: dict[str, Any] = {
        "@id": term.name,
        "@type": ["skos:Concept", f"fsuk:{term.scheme}"],
        "skos:inScheme": {"@id": f"fsuk:{term.scheme}"},
        "skos:broader": [{"@id": each} for each in term.broader],
        "skos:prefLabel": _say(provision.title, provision.says_cy),
        "skos:definition": {"@value": version.says, "@language": "en"},
        "dct:source": f"{provision.instrument}, {provision.pinpoint}",
        "fsuk:checked": str(version.checked.how),
        "fsuk:nations": list(provision.nations),
    }
    if provision.link:
        described["rdfs:seeAlso"] = {"@id": provision.link}
    if term.close_to:
        described["skos:closeMatch"] = {"@id": term.close_to}
    return described | dict(_dates(version))


def _dates(version: Version) -> Iterator[tuple[str, dict[str, str]]]:
    for name, day in (("fsuk:inForceFrom", version.start), ("fsuk:inForceTo", version.end)):
        if day is not None:
            yield name, {"@value": day.isoformat(), "@type": "xsd:date"}


def _say(english: str, welsh: str | None) -> list[dict[str, str]]:
    said = [{"@value": english, "@language": "en"}]
    return said + ([{"@value": welsh, "@language": "cy"}] if welsh else [])
