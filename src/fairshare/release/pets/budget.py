"""The privacy budget ledger: what was told of each source, to whom, and how much may be. One SQLite file at the desk.

A loss is reserved before a row is read, spent when what was made of it has gone, and given back when nothing went. A
reservation counts as much as what is spent, so that two at once can never overspend. Each change is one transaction
that takes the write lock first and is on the disk when it returns; a killed process leaves its reservation, which the
recovery of releases settles or gives back. Nothing is ever taken out of the ledger.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, cast

from pydantic import Field, StringConstraints

from fairshare.release.pets.budget_accountant import Bounds, add_up, find_what_fits, fits
from fairshare.release.publications import Loss
from fairshare.words import BadInput, FairshareError, NotFound, Person, Refused
from fairshare.words.values import Line, Value

LEDGER_FILE = "privacy-budget.sqlite"
EVERYBODY = ""
"""In place of a recipient: all of them together."""
State = Literal["reserved", "spent", "given_back"]
BudgetName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,59}$")]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS covers (place TEXT PRIMARY KEY, budget TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS limits (number INTEGER PRIMARY KEY, budget TEXT NOT NULL, recipient TEXT NOT NULL,
    epsilon REAL NOT NULL, delta REAL NOT NULL, set_by TEXT NOT NULL, set_at TEXT NOT NULL, reason TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS losses (attempt TEXT PRIMARY KEY, budget TEXT NOT NULL, recipient TEXT NOT NULL,
    loss TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN ('reserved', 'spent', 'given_back')), what TEXT NOT NULL,
    asked TEXT NOT NULL, reserved_at TEXT NOT NULL, settled TEXT NOT NULL DEFAULT '');
"""


class BudgetNotSet(Refused):
    """Nobody has said how much privacy loss this source can bear, so nothing private is told of it."""

    code = "PRIVACY_BUDGET_NOT_SET"


class BudgetExceeded(Refused):
    """This would tell more of a source than its budget allows."""

    code = "PRIVACY_BUDGET_EXCEEDED"


class BudgetUnfit(BadInput):
    """A budget is set in a way that cannot be: the source has one already, or a reservation is used twice."""

    code = "PRIVACY_BUDGET_UNFIT"


class LedgerFailed(FairshareError):
    """The budget ledger cannot be read or written, so nothing private is told."""

    code = "PRIVACY_LEDGER_FAILED"


class Limit(Value):
    """How much may be told of a source, to one recipient or to everybody together, and who said so."""

    budget: BudgetName
    recipient: Line | Literal[""] = EVERYBODY
    epsilon: Annotated[float, Field(gt=0, le=1000)]
    delta: Annotated[float, Field(gt=0, lt=0.01)] = 1e-5
    """The chance that the bound on the loss does not hold; well below one over the number of people."""
    set_by: Person
    set_at: datetime
    reason: Line


@dataclass(frozen=True)
class Entry:
    """One loss: for which budget and recipient, of what, and what became of it."""

    attempt: str
    budget: str
    recipient: str
    loss: Loss
    state: State
    what: str
    """The name of the plan."""
    asked: str
    """A digest of what was asked, by which the same question is known again."""
    reserved_at: str
    settled: str


@dataclass(frozen=True)
class Standing:
    """How one limit stands."""

    limit: Limit
    bounds: Bounds
    reserved: Bounds
    """The same with what is reserved and not yet spent; this is what a new loss must fit beside."""

    @property
    def left(self) -> float:
        """What is left of the epsilon, as it counts."""
        return max(0.0, self.limit.epsilon - self.reserved.epsilon)


class BudgetLedger:
    """The ledger in one file; every method is one transaction, and durable when it returns."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def leases(self) -> Path:
        """Where those who make something for themselves say that they still live."""
        return self._path.with_suffix(".leases")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            if not self._path.exists():
                self._path.touch(mode=0o600)
            with closing(sqlite3.connect(self._path, timeout=60, isolation_level=None)) as connection:
                connection.execute("PRAGMA synchronous = FULL")
                connection.executescript(_SCHEMA)
                # The write lock comes first, so that what is read is what it is decided by.
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.execute("COMMIT")
                except BaseException:
                    connection.execute("ROLLBACK")
                    raise
        except (sqlite3.Error, OSError) as error:
            raise LedgerFailed(
                f"the budget ledger cannot be used ({type(error).__name__})",
                fix="Check the file, its permissions and the disk. A backup has forgotten what was told after it: add "
                "up the losses on the receipts since then, and set its limits lower by that before anything is told.",
                where=self._path.name,
            ) from None

    def cover(self, budget: str, place: str) -> None:
        """Says that a source draws on a budget: a file, a folder and all in it, or a table of a database.

        Raises   BudgetUnfit when it has another budget, or what it is in, or something in it.
        """
        with self._open() as connection:
            for other, its_budget in connection.execute("SELECT place, budget FROM covers").fetchall():
                if its_budget != budget and (_is_in(place, other) or _is_in(other, place)):
                    raise BudgetUnfit(
                        f"this source, what it is in or part of it draws on the budget {its_budget!r} already",
                        fix="Use that one: one source has one budget.",
                        where=budget,
                    )
            connection.execute("INSERT OR IGNORE INTO covers VALUES (?, ?)", (place, budget))

    def set_limit(self, limit: Limit) -> None:
        """Sets a limit from now on. What was told before still counts, also where it is more than the new limit."""
        with self._open() as connection:
            connection.execute(
                "INSERT INTO limits (budget, recipient, epsilon, delta, set_by, set_at, reason) VALUES (?,?,?,?,?,?,?)",
                (
                    limit.budget,
                    limit.recipient,
                    limit.epsilon,
                    limit.delta,
                    limit.set_by.model_dump_json(),
                    limit.set_at.isoformat(),
                    limit.reason,
                ),
            )

    def find_budget(self, places: Sequence[str]) -> str:
        """The budget that a source draws on, by its place or the nearest folder above it; raises BudgetNotSet."""
        with self._open() as connection:
            for place in places:
                found = connection.execute("SELECT budget FROM covers WHERE place = ?", (place,)).fetchone()
                if found:
                    return str(found[0])
        raise BudgetNotSet(
            "no privacy budget covers this source",
            fix="Have somebody who answers for it set one: fairshare budget set NAME --covers PLAN --epsilon ...",
            where="budget",
        )

    def reserve(
        self, attempt: str, *, budget: str, recipient: str, loss: Loss, what: str, asked: str, at: datetime
    ) -> None:
        """Sets a loss aside for one attempt, if every limit has room for it. The same reservation may come again.

        Raises   BudgetNotSet, BudgetExceeded with what is left and would fit; BudgetUnfit for another loss by the
                 same attempt, or one that was settled.
        """
        with self._open() as connection:
            found = _find_entry(connection, attempt)
            if found is not None:
                if found.state == "reserved" and (found.budget, found.recipient, found.loss) == (
                    budget,
                    recipient,
                    loss,
                ):
                    return
                raise BudgetUnfit(
                    "this attempt has reserved a privacy loss before", fix="Start a new one.", where=budget
                )
            _check_room(connection, budget, recipient, loss)
            connection.execute(
                "INSERT INTO losses (attempt, budget, recipient, loss, state, what, asked, reserved_at) "
                "VALUES (?, ?, ?, ?, 'reserved', ?, ?, ?)",
                (attempt, budget, recipient, loss.model_dump_json(), what, asked, at.isoformat()),
            )

    def spend(self, attempt: str, *, settled: str) -> None:
        """What was reserved is told, or may be. Again, or for an attempt that reserved nothing, it changes nothing.

        Takes    settled: what it went with; empty while that is not known, and then it may be said later.
        """
        self._settle(attempt, "spent", settled)

    def give_back(self, attempt: str) -> None:
        """What was reserved was not told, and never will be. Again, or after it was spent, it changes nothing."""
        self._settle(attempt, "given_back", "")

    def _settle(self, attempt: str, state: State, settled: str) -> None:
        with self._open() as connection:
            connection.execute(
                "UPDATE losses SET state = ?, settled = ? WHERE attempt = ? "
                "AND (state = 'reserved' OR (state = 'spent' AND ? = 'spent' AND settled = ''))",
                (state, settled, attempt, state),
            )

    def list_entries(self, budget: str | None = None) -> tuple[Entry, ...]:
        """Every loss of a budget or of all, in the order in which they were reserved."""
        with self._open() as connection:
            rows = connection.execute("SELECT * FROM losses ORDER BY rowid").fetchall()
        return tuple(each for each in map(_read_entry, rows) if budget in (None, each.budget))

    def list_limits(self, budget: str | None = None) -> tuple[Limit, ...]:
        """Every limit that was ever set, in order; the last of a budget and recipient is the one that counts."""
        with self._open() as connection:
            return tuple(each for each in _read_limits(connection) if budget in (None, each.budget))

    def list_covered(self) -> tuple[tuple[str, str], ...]:
        """Each place that has a budget, with the budget's name."""
        with self._open() as connection:
            rows = connection.execute("SELECT place, budget FROM covers ORDER BY budget, place").fetchall()
        return tuple((str(place), str(budget)) for place, budget in rows)

    def find_standing(self, budget: str) -> tuple[Standing, ...]:
        """How each limit of a budget stands: that of everybody together first."""
        with self._open() as connection:
            found = _stand(connection, budget)
        if not found:
            raise NotFound("there is no such budget", fix="See: fairshare budget show", where=budget)
        return found


def _is_in(place: str, other: str) -> bool:
    """Whether a place is another, or in it: a file in a folder, a table in a connection."""
    mark = "/" if other.startswith("/") else ":"
    return place == other or place.startswith(other.rstrip(mark) + mark)


def _read_entry(row: tuple[str, ...]) -> Entry:
    attempt, budget, recipient, loss, state, what, asked, reserved_at, settled = row
    return Entry(
        attempt=attempt,
        budget=budget,
        recipient=recipient,
        loss=Loss.model_validate_json(loss),
        state=cast(State, state),
        what=what,
        asked=asked,
        reserved_at=reserved_at,
        settled=settled,
    )


def _find_entry(connection: sqlite3.Connection, attempt: str) -> Entry | None:
    row = connection.execute("SELECT * FROM losses WHERE attempt = ?", (attempt,)).fetchone()
    return _read_entry(row) if row else None


def _read_limits(connection: sqlite3.Connection) -> list[Limit]:
    rows = connection.execute(
        "SELECT budget, recipient, epsilon, delta, set_by, set_at, reason FROM limits ORDER BY number"
    ).fetchall()
    return [
        Limit(
            budget=budget,
            recipient=recipient,
            epsilon=epsilon,
            delta=delta,
            set_by=Person.model_validate_json(set_by),
            set_at=datetime.fromisoformat(set_at),
            reason=reason,
        )
        for budget, recipient, epsilon, delta, set_by, set_at, reason in rows
    ]


def _stand(connection: sqlite3.Connection, budget: str) -> tuple[Standing, ...]:
    limits = {each.recipient: each for each in _read_limits(connection) if each.budget == budget}
    rows = connection.execute("SELECT * FROM losses WHERE budget = ?", (budget,)).fetchall()
    entries = [_read_entry(row) for row in rows]
    found = []
    for recipient, limit in sorted(limits.items()):
        theirs = [each for each in entries if recipient in (EVERYBODY, each.recipient)]
        spent = [each.loss for each in theirs if each.state == "spent"]
        kept = [each.loss for each in theirs if each.state != "given_back"]
        found.append(Standing(limit, add_up(spent, limit.delta), add_up(kept, limit.delta)))
    return tuple(found)


def _check_room(connection: sqlite3.Connection, budget: str, recipient: str, loss: Loss) -> None:
    limits = {each.recipient: each for each in _read_limits(connection) if each.budget == budget}
    if EVERYBODY not in limits:
        raise BudgetNotSet(f"the budget {budget!r} has no limit", fix="Set one: fairshare budget set", where="budget")
    entries = [_read_entry(row) for row in connection.execute("SELECT * FROM losses WHERE budget = ?", (budget,))]
    for whose in dict.fromkeys((EVERYBODY, recipient)):
        limit = limits.get(whose)
        if limit is None:
            continue
        kept = [each.loss for each in entries if each.state != "given_back" and whose in (EVERYBODY, each.recipient)]
        if not fits([*kept, loss], limit.epsilon, limit.delta):
            raise _refuse(limit, kept, loss)


def _refuse(limit: Limit, kept: list[Loss], loss: Loss) -> BudgetExceeded:
    used = add_up(kept, limit.delta).epsilon
    most = find_what_fits(kept, limit.epsilon, limit.delta)
    whose = f" for {limit.recipient}" if limit.recipient else ""
    fix = f"Ask with an epsilon of {most:g} at most" if most > 0 else "Nothing more fits"
    if loss.delta and most > 0:
        fix += f", and deltas that come to no more than {limit.delta / 2:g} together with those before"
    return BudgetExceeded(
        f"{loss.describe()} is more than is left of the privacy budget {limit.budget!r}{whose}: "
        f"{used:.4g} of {limit.epsilon:g} is spent or set aside",
        fix=f"{fix}; send again what was told before, which costs nothing; or have a named person set another limit.",
        where="budget",
    )
