"""Dated provisions of law and guidance: what each says, when it is in force, and how it was checked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from fairshare.law.checking import Checked, MalformedLaw, Source, Written, WrittenCheck, fill_check
from fairshare.words.reading import build, parse_yaml
from fairshare.words.values import Line, Mark, Text, Value

ProvisionId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(\.[a-zA-Z0-9-]+)+$", max_length=80)]
"""Instrument, then the number as the statute prints it: `ukgdpr.art6.1.ea`, `dpa2018.sch1.para10`, `pcsca2022.s44A`."""
Nation = Literal["E", "W", "S", "NI"]
"""England, Wales, Scotland, Northern Ireland."""
Status = Literal["in_force", "unconfirmed", "repealed"]


class Kind(StrEnum):
    """What sort of authority a provision has."""

    STATUTE = "statute"
    COMMON_LAW = "common_law"
    CASE = "case"
    CODE = "code"
    GUIDANCE = "guidance"
    POLICY = "policy"

    @property
    def is_law(self) -> bool:
        """Whether it binds of its own force: enactments, the common law and decided cases do, the rest guides."""
        return self in (Kind.STATUTE, Kind.COMMON_LAW, Kind.CASE)


def _check_nations(nations: tuple[Nation, ...]) -> tuple[Nation, ...]:
    if not nations or len(set(nations)) != len(nations):
        raise ValueError("name at least one nation, each once")
    return nations


Nations = Annotated[tuple[Nation, ...], AfterValidator(_check_nations)]


class Version(Value):
    """What a provision says during one span of days, both ends included."""

    start: date | None = None
    """First day in force; none where it was not looked up, and then it counts as always."""
    end: date | None = None
    """Last day in force; none until further notice."""
    status: Status = "in_force"
    says: Text
    checked: Checked

    @model_validator(mode="after")
    def _dates_make_sense(self) -> Version:
        if self.start and self.end and self.end < self.start:
            raise ValueError("it ends before it starts")
        if self.status == "repealed" and self.end is None:
            raise ValueError("a repealed version needs its last day")
        if self.status == "unconfirmed" and (self.start or self.end):
            raise ValueError("a version with unconfirmed commencement has no dates")
        return self

    def covers(self, day: date) -> bool:
        """Whether it is known to be in force on `day`."""
        return self.status != "unconfirmed" and (self.start or day) <= day <= (self.end or day)


class Provision(Value):
    """One citable provision, with each version of it that a decision may need.

    >>> from datetime import date
    >>> from fairshare.law import load_law
    >>> task = load_law().provision("ukgdpr.art6.1.e")
    >>> "controller's own" in task.at(date(2026, 2, 5)).says, "controller's own" in task.at(date(2026, 2, 4)).says
    (True, False)
    """

    id: ProvisionId
    title: Line
    instrument: Line
    pinpoint: Line
    kind: Kind
    link: Line | None = None
    nations: Nations
    says_cy: Line
    """A short summary in Welsh; machine-assisted and unreviewed unless `says_cy_reviewed`."""
    says_cy_reviewed: bool = False
    versions: tuple[Version, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _versions_do_not_overlap(self) -> Provision:
        dated = sorted(
            (each for each in self.versions if each.status != "unconfirmed"), key=lambda each: each.start or date.min
        )
        for earlier, later in pairwise(dated):
            if earlier.end is None or later.start is None or later.start <= earlier.end:
                raise ValueError("two versions are in force on one day")
        if self.kind is Kind.STATUTE and self.link is None:
            raise ValueError("a statute needs a link")
        return self

    @property
    def citation(self) -> str:
        """The instrument and pinpoint, as a reason would print them."""
        return f"{self.instrument}, {self.pinpoint}"

    def at(self, day: date) -> Version | None:
        """The version in force on `day`; failing that the one whose commencement is unconfirmed; or none."""
        known = next((each for each in self.versions if each.covers(day)), None)
        return known or next((each for each in self.versions if each.status == "unconfirmed"), None)

    def status_at(self, day: date) -> Literal["in_force", "unconfirmed", "not_in_force"]:
        """Whether it is in force on `day`, or may be, or is not."""
        version = self.at(day)
        if version is None:
            return "not_in_force"
        return "unconfirmed" if version.status == "unconfirmed" else "in_force"

    def may_conclude_must(self, day: date) -> bool:
        """Whether it may carry a must or a must-not on `day`: law, in force, and read."""
        version = self.at(day)
        return (
            version is not None
            and version.status != "unconfirmed"
            and self.kind.is_law
            and version.checked.how is Mark.READ
        )


class _WrittenVersion(Written):
    start: date | None = Field(default=None, alias="from")
    end: date | None = Field(default=None, alias="to")
    status: Status = "in_force"
    says: Text = Field(min_length=1)
    checked: WrittenCheck


class _WrittenProvision(Written):
    id: ProvisionId
    pinpoint: Line
    page: Line | None = None
    title: Line
    says_cy: Line
    says_cy_reviewed: bool = False
    nations: Nations | None = None
    versions: tuple[_WrittenVersion, ...]


class _WrittenInstrument(Written):
    id: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*$", max_length=40)]
    kind: Kind
    name: Line
    name_cy: Line
    link: Line | None = None
    nations: Nations
    provisions: tuple[_WrittenProvision, ...]


class _ProvisionFile(Written):
    instruments: tuple[_WrittenInstrument, ...]


def parse_provisions(raw: bytes, sources: Mapping[str, Source], *, where: str) -> list[Provision]:
    """The provisions in one file.

    Takes    raw: the bytes of a YAML file as docs/how-to/add-a-provision.md describes it;
             sources: the texts that `checked.text` may name.
    Raises   BadInput or MalformedLaw, naming the file and the provision.
    """
    written = build(_ProvisionFile, parse_yaml(raw, where=where), where=where)
    return [
        _fill(each, instrument, sources, where=f"{where}:{each.id}")
        for instrument in written.instruments
        for each in instrument.provisions
    ]


def _fill(
    written: _WrittenProvision, instrument: _WrittenInstrument, sources: Mapping[str, Source], *, where: str
) -> Provision:
    if not written.id.startswith(f"{instrument.id}."):
        raise MalformedLaw(
            "an id does not start with its instrument", fix=f"Start it with {instrument.id}.", where=where
        )
    link = f"{instrument.link}/{written.page}" if instrument.link and written.page else instrument.link
    versions = [
        {
            "start": each.start,
            "end": each.end,
            "status": each.status,
            "says": each.says,
            "checked": fill_check(each.checked, sources, where=where),
        }
        for each in written.versions
    ]
    found: dict[str, Any] = {
        "id": written.id,
        "title": written.title,
        "instrument": instrument.name,
        "pinpoint": written.pinpoint,
        "kind": instrument.kind,
        "link": link,
        "nations": written.nations or instrument.nations,
        "says_cy": written.says_cy,
        "says_cy_reviewed": written.says_cy_reviewed,
        "versions": versions,
    }
    return build(Provision, found, where=where)
