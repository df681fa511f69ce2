"""The competent-authority register: who is one, for which function and purpose, and who never is.

Being a competent authority is a status per function and purpose, not per body: a force handles its staff files as
any employer does, and a council is one only where a statute gives it a law enforcement function.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import StringConstraints, model_validator

from fairshare.law.checking import Checked, MalformedLaw, Source, Written, WrittenCheck, fill_check, gather
from fairshare.law.names import read_tokens, score_label
from fairshare.law.provisions import Nation, Nations, ProvisionId
from fairshare.words.errors import NotFound
from fairshare.words.reading import build, parse_yaml
from fairshare.words.values import Line, Mark, Text, Value

Basis = Literal["listed", "function", "never"]
PurposeKind = Literal["law_enforcement", "other", "unknown"]
Route = Literal["intelligence_service", "overseas", "general_sharing"]
FunctionId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
EntryId = Annotated[str, StringConstraints(pattern=r"^(sch7\.para[0-9]{1,2}[A-Z]?|(function|never)\.[a-z][a-z0-9-]*)$")]
LEAST_SCORE = 0.6
"""How much of a name must be recognised before a body is offered as a candidate."""
PURPOSE_CONDITION = "the purpose is a law enforcement purpose in the meaning of section 31"


class UnknownEntry(NotFound):
    """A case, rule or person names a register entry that does not exist."""

    code = "UNKNOWN_REGISTER_ENTRY"


class Body(Value):
    """A named organisation that an entry covers, with other names that people use."""

    name: Line
    also: tuple[Line, ...] = ()
    nations: Nations | None = None


class Function(Value):
    """A statutory function for a law enforcement purpose, and the enactment that gives it."""

    id: FunctionId
    title: Line
    under: Line
    certain: bool = True
    """False where it is doubtful whether the function is for a law enforcement purpose."""


class _Described(Value):
    id: EntryId
    basis: Basis
    name: Line
    name_cy: Line
    nations: Nations
    paragraph: Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}[A-Z]?$")] | None = None
    """Of Schedule 7, for a listed body."""
    only_if: Text = ""
    functions: tuple[Function, ...] = ()
    route: Route | None = None
    other_route: Text = ""
    """For a body that is never one: what exists instead."""
    cites: tuple[ProvisionId, ...] = ()
    bodies: tuple[Body, ...] = ()

    @model_validator(mode="after")
    def _fits_its_basis(self) -> _Described:
        if (self.basis == "listed") != (self.paragraph is not None):
            raise ValueError("a listed body, and no other, needs its paragraph of Schedule 7")
        if self.paragraph is not None and self.id != f"sch7.para{self.paragraph}":
            raise ValueError("the id of a listed body is sch7.para and its paragraph")
        if self.basis != "listed" and not self.id.startswith(f"{self.basis}."):
            raise ValueError("the id starts with the basis")
        if (self.basis == "never") != bool(self.route and self.other_route and self.cites):
            raise ValueError("a body that is never one, and no other, needs its other route and what to cite")
        if self.basis == "function" and not (self.functions or self.only_if):
            raise ValueError("a body by function needs a function or a condition")
        return self


class Entry(_Described):
    """One line of the register."""

    checked: Checked


class Status(Value):
    """Whether a body is a competent authority for one function and purpose, and why."""

    answer: Literal["competent", "not_competent", "only_if"]
    condition: Text = ""
    """What must be true, where the answer is only-if."""
    why: Text
    cites: tuple[ProvisionId, ...]
    mark: Mark
    """How the entry was checked; only what was read may conclude a must or a must-not."""
    entry: EntryId
    register_version: Line


@dataclass(frozen=True)
class Candidate:
    """A body that a name may mean."""

    entry: Entry
    name: str
    score: float
    nations: tuple[Nation, ...]


@dataclass(frozen=True)
class Register:
    """All entries of one version."""

    entries: Mapping[str, Entry]
    as_of: date
    version: str

    def entry(self, entry_id: str) -> Entry:
        """The entry with this id. Raises UnknownEntry."""
        found = self.entries.get(entry_id)
        if found is None:
            raise UnknownEntry("the register has no such entry", fix="Search it by name.", where=entry_id[:80])
        return found

    def find(self, text: str, *, limit: int = 5) -> tuple[Candidate, ...]:
        """The bodies that a name may mean, best first; short forms and small misspellings are recognised.

        >>> from fairshare.law import load_law
        >>> [each.entry.id for each in load_law().register.find("Met Police", limit=1)]
        ['sch7.para6']
        """
        asked = read_tokens(text)
        if not asked:
            return ()
        best: dict[str, Candidate] = {}
        for label, body, entry in self._labels():
            score = score_label(asked, read_tokens(label))
            kept = best.get(entry.id)
            if score >= LEAST_SCORE and (kept is None or score > kept.score):
                best[entry.id] = Candidate(
                    entry, body.name if body else entry.name, round(score, 4), (body and body.nations) or entry.nations
                )
        return tuple(sorted(best.values(), key=lambda each: (-each.score, each.entry.id))[:limit])

    def judge_status(self, entry_id: str, *, function: str | None = None, purpose: PurposeKind = "unknown") -> Status:
        """Whether the body is a competent authority when it exercises `function` for `purpose`.

        Takes    function: the id of one of the entry's functions, or none if not known.
        Raises   UnknownEntry.
        Source   Data Protection Act 2018, sections 30 and 31 and Schedule 7.
        """
        entry = self.entry(entry_id)
        answer, condition, why = _judge(entry, function, purpose)
        cites = entry.cites or (
            ("dpa2018.s30.1.a", "dpa2018.sch7", "dpa2018.s31")
            if entry.basis == "listed"
            else ("dpa2018.s30.1.b", "dpa2018.s31")
        )
        return Status(
            answer=answer,
            condition=condition,
            why=why,
            cites=cites,
            mark=entry.checked.how,
            entry=entry.id,
            register_version=self.version,
        )

    def _labels(self) -> Iterator[tuple[str, Body | None, Entry]]:
        for entry in self.entries.values():
            yield entry.name, None, entry
            for body in entry.bodies:
                for label in (body.name, *body.also):
                    yield label, body, entry


_Answer = tuple[Literal["competent", "not_competent", "only_if"], str, str]


def _judge(entry: Entry, function: str | None, purpose: PurposeKind) -> _Answer:
    if entry.basis == "never":
        return "not_competent", "", f"{entry.name} is not a competent authority. {entry.other_route}"
    if purpose == "other":
        return (
            "not_competent",
            "",
            "For a purpose that is not law enforcement it acts as any other controller, under the UK GDPR.",
        )
    known = next((each for each in entry.functions if each.id == function), None)
    needs = [] if purpose == "law_enforcement" else [PURPOSE_CONDITION]
    if entry.basis == "function" and known is None:
        needs.append(
            entry.only_if
            or "it acts under one of its statutory functions for a law enforcement purpose: "
            + "; ".join(each.title for each in entry.functions)
        )
    elif known is not None and not known.certain:
        needs.append(
            f"{known.title} ({known.under}) is a statutory function for a law enforcement purpose, which is doubtful"
        )
    elif entry.only_if and known is None:
        needs.append(entry.only_if)
    if needs:
        return "only_if", "; and ".join(needs), f"{entry.name} is a competent authority only to that extent."
    if entry.basis == "listed":
        return "competent", "", f"{entry.name} is listed in paragraph {entry.paragraph} of Schedule 7."
    return "competent", "", f"{entry.name} has the function under {known.under if known else entry.only_if}."


class _WrittenEntry(_Described):
    checked: WrittenCheck


class _EntryFile(Written):
    entries: tuple[_WrittenEntry, ...]


class _About(Written):
    as_of: date


def parse_entries(raw: bytes, sources: Mapping[str, Source], *, where: str) -> list[Entry]:
    """The register entries in one file. Raises BadInput or MalformedLaw, naming the file and the entry."""
    written = build(_EntryFile, parse_yaml(raw, where=where), where=where)
    return [_fill(each, sources, where=f"{where}:{each.id}") for each in written.entries]


def parse_about(raw: bytes, *, where: str) -> date:
    """The day the register was last gone through."""
    return build(_About, parse_yaml(raw, where=where), where=where).as_of


def build_register(entries: list[Entry], *, as_of: date, digest: str) -> Register:
    """A register of these entries; its version names the day and the first of the digest."""
    by_id = gather(((each.id, each) for each in entries), what="entry", where="register")
    for entry in entries:
        names = [each.name.casefold() for each in entry.bodies]
        if len(set(names)) != len(names):
            raise MalformedLaw("one body stands twice in an entry", fix="Keep one of them.", where=entry.id)
    return Register(entries=by_id, as_of=as_of, version=f"{as_of.isoformat()}+{digest[:12]}")


def _fill(written: _WrittenEntry, sources: Mapping[str, Source], *, where: str) -> Entry:
    found = written.model_dump(exclude={"checked"})
    return build(Entry, {**found, "checked": fill_check(written.checked, sources, where=where)}, where=where)
