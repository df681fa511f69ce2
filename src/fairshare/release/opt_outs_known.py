"""What a desk knows of lists of opt-outs: those that no plan may forget, and who left one out of a case."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import PurePath
from typing import Annotated

from pydantic import Field, StringConstraints

from fairshare.release.bundle_record import is_same_person
from fairshare.release.opt_outs import Effect, Ground, Kind, OptOut
from fairshare.release.plan import Plan
from fairshare.release.sources import Source
from fairshare.release.treatments import ColumnName
from fairshare.words import Person, Purpose
from fairshare.words.values import Line, Text, Value

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
ListName = Annotated[Line, StringConstraints(max_length=100)]


class RegisteredList(Value):
    """A list that is registered at the desk: every plan that it reaches must have it, as it was approved."""

    name: ListName
    kind: Kind
    effect: Effect = "row"
    columns: Annotated[tuple[ColumnName, ...], Field(max_length=200)] = ()
    sha256: Sha256
    sources: Annotated[tuple[Line, ...], Field(max_length=200)] = ()
    """Names of files, folders or tables that it reaches; without any, every source."""
    purposes: Annotated[tuple[Line, ...], Field(max_length=200)] = ()
    recipients: Annotated[tuple[Line, ...], Field(max_length=200)] = ()

    def reaches(self, source: Source, purpose: Purpose, recipient: str) -> bool:
        """Whether a plan over this source, for this purpose and recipient, must have it."""
        return (
            (not self.sources or name_source(source) in {each.casefold() for each in self.sources})
            and (not self.purposes or purpose.code in self.purposes)
            and (not self.recipients or recipient in self.recipients)
        )


class LeftOut(Value):
    """That somebody left a list out of the releases of one case, on which ground and why."""

    name: ListName
    sha256: Sha256
    ground: Ground
    by: Person
    on: date
    why: Annotated[Text, StringConstraints(min_length=10, max_length=1000)]


@dataclass(frozen=True)
class KnownOptOuts:
    """What the desk knows for one case. Without a desk nothing is known, and so no list may be left out."""

    registered: tuple[RegisteredList, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    purposes: frozenset[str] = frozenset()
    recipients: frozenset[str] = frozenset()


def name_source(source: Source) -> str:
    """The plain name of a source: of its table, or of its file or folder."""
    table = getattr(source, "table", None)
    return str(table or PurePath(getattr(source, "path", "")).name).casefold()


def find_missing(
    registered: Iterable[RegisteredList], plan: Plan, purpose: Purpose, recipient: str
) -> tuple[RegisteredList, ...]:
    """The registered lists that reach a plan and are not in it, or are in it as something weaker or other."""
    return tuple(
        each
        for each in registered
        if each.reaches(plan.source, purpose, recipient) and not any(_stands_for(own, each) for own in plan.opt_outs)
    )


def _stands_for(own: OptOut, known: RegisteredList) -> bool:
    """Whether a plan's list is the registered one, of the same people and as strong."""
    if own.out_of_scope or (own.sha256, own.kind) != (known.sha256, known.kind):
        return False
    # Within its reach, `purpose` holds back the same rows as `row`, whatever goes.
    if own.effect in ("row", "purpose"):
        return known.effect != "second_person"
    return own.effect == known.effect and (set(own.columns) >= set(known.columns) if own.effect == "column" else
                                           not own.columns or set(own.columns) >= set(known.columns))  # fmt: skip


def find_left_out(known: KnownOptOuts, own: OptOut) -> LeftOut | None:
    """What the desk holds of a plan's saying that a list is left out; None if nobody there has said so."""
    left = own.disapplied
    if left is None:
        return None
    return next(
        (
            each
            for each in known.left_out
            if (each.sha256, each.ground) == (own.sha256, left.ground) and is_same_person(each.by, left.by)
        ),
        None,
    )


def suggest_known(given: str, known: Collection[str]) -> str:
    """The next step for a purpose or recipient that nobody here has heard of."""
    near = get_close_matches(given.casefold(), {each.casefold(): None for each in known}, n=1, cutoff=0.4)
    meant = "".join(f"Did you mean {each}? " for each in known if each.casefold() in near)
    return f"{meant}If it is right, register the list at the desk with it: fairshare opt-outs add."
