"""A source of made-up staff with their pay, and releases from it under a history: what the attacks are tried on."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

from fairshare.records.signing import sign_record
from fairshare.release.delivery import open_release
from fairshare.release.engines import EngineReport
from fairshare.release.flow import Released, run_release
from fairshare.release.grounds import Grounds
from fairshare.release.history import HistoryRules, HistoryStore, RiskAccepted
from fairshare.release.history_guard import ON_RECEIPT, HistoryGuard
from fairshare.release.kinds import Table
from fairshare.release.plan import Plan, read_plan
from fairshare.release.staging import Attempt
from fairshare.words import Organisation, Outcome, Person
from tests.release.flow.stories import (
    HOLDER_KEY,
    NOW,
    READER_SECRET,
    TRUSTED,
    UNIVERSITY,
    FileBook,
    OneKey,
    line,
    make_decision,
    make_ports,
    one_off,
    to_reader,
)

STAFF = 200
APPROVER = Person(name="E. Egret", role="Senior information risk owner", identifier="hh-9")
_turn = count()


def write_staff(folder: Path, *, staff: int = STAFF, name: str = "staff.csv", twice: tuple[int, ...] = ()) -> Path:
    """One row a person: number, team, year of birth, place, pay. `twice` stand in it two times."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [f"{n},{'ABCD'[n % 4]},{1960 + n % 40},{'NESW'[n % 4]}{n % 5},{20000 + 37 * n}" for n in range(staff)]
    rows += [rows[n] for n in twice]
    (folder / name).write_text("\n".join(["number,team,born,place,pay", *rows, ""]))
    return folder / name


def pay_of(n: int) -> int:
    return 20000 + 37 * n


def make_plan(rows: str = "", columns: str = "", *, path: str = "staff.csv", more: str = "") -> Plan:
    """A plan that sends pay and nothing else, unless other columns are given."""
    columns = columns or "  - {column: pay, treatment: keep, item: i1}\n"
    text = f"name: pay\nsource: {{format: csv, path: {path}, types: {{pay: integer, born: integer}}}}\nperson: number\n"
    return read_plan(f"{text}columns:\n{columns}{f'rows:{chr(10)}{rows}' if rows else ''}{more}".encode(), where="plan")


def leave_out(*numbers: int) -> str:
    return f"  - {{test: none_of, column: number, values: [{', '.join(repr(str(each)) for each in numbers)}]}}\n"


def only(*numbers: int) -> str:
    return leave_out(*numbers).replace("none_of", "one_of")


class World:
    """A desk's history, and releases that come out or are refused."""

    def __init__(self, folder: Path, *, history: bool = True, rules: HistoryRules | None = None) -> None:
        self.folder, self.history = folder, history
        self.store = HistoryStore(folder / "history")
        self.rules = rules or HistoryRules()
        self.accepted: tuple[RiskAccepted, ...] = ()
        self.emergency = False
        self.went: tuple[str, ...] = ()
        self.now = NOW

    def release(self, plan: Plan, *, to: Organisation = UNIVERSITY, **changes: Any) -> Released:
        """Releases what a plan sends, through the whole flow."""
        grounds, table, guard = self._prepare(plan, to, changes)
        ports = replace(make_ports(FileBook(self.folder / "book")), guards=(guard,) if self.history else ())
        return run_release(grounds, table, to_reader(self.folder / "out"), ports)

    def enter(self, plan: Plan, *, to: Organisation = UNIVERSITY) -> str:
        """Has the guard look at what a plan publishes, as if it had been made; gives what the receipt says."""
        grounds, table, guard = self._prepare(plan, to, {})
        intent = sign_record(grounds.release, HOLDER_KEY)
        attempt = Attempt(self.folder / f"attempt-{next(_turn)}")
        report = EngineReport(STAFF, 0, 0, 0, STAFF, {}, {}, "none")
        guard.prepare(intent, table, attempt)
        try:
            report = guard.examine(intent, table, report)
        except BaseException:
            guard.discard(attempt)
            raise
        return report.kept_by_holder[ON_RECEIPT]

    def _prepare(self, plan: Plan, to: Organisation, changes: dict[str, Any]) -> tuple[Grounds, Table, HistoryGuard]:
        items = tuple(dict.fromkeys(each.item for each in plan.sent if each.item))
        decision = make_decision(
            recipient=to,
            recipient_contact=None,
            subjects=(),
            scope=tuple(line(ref, ref, outcome=Outcome.SHARE_DEIDENTIFIED, item={"kind": "column"}) for ref in items),
        )
        table = Table(plan=plan, keys=OneKey(), base=self.folder, **changes)
        grounds = one_off(table, decision=decision, release={"items": items, "salt": f"{next(_turn):032x}"})
        guard = HistoryGuard(
            self.store, lambda: self.now, lambda n: sha256(b"seed").digest()[:n], self.rules, self.accepted,
            self.emergency, lambda: self.went,
        )  # fmt: skip
        return grounds, table, guard

    def read(self, released: Released) -> Counter[str]:
        """The rows that the recipient has, without the heading."""
        place = self.folder / f"opened-{next(_turn)}"
        opened = open_release(released.folder, READER_SECRET, trust=TRUSTED, into=place)
        return Counter((opened.folder / "table.csv").read_text().splitlines()[1:])

    def read_pay(self, released: Released) -> list[int]:
        return [int(row.strip('"')) for row in self.read(released).elements()]

    def accept(self, *kinds: str, people: int = 5, **changes: Any) -> None:
        given = {
            "case": "hh-7",
            "kinds": kinds or ("differencing",),
            "people": people,
            "earlier": tuple(each.release.removeprefix("sha256:")[:16] for each in self.store.entries()),
            "reason": "The regulator asked for both, and knows the person.",
            "accepted_by": APPROVER,
            "accepted_at": datetime(2026, 11, 20, tzinfo=UTC),
            "until": date(2026, 12, 31),
        }
        self.accepted = (*self.accepted, RiskAccepted.model_validate(given | changes))

    def later(self, days: int) -> None:
        self.now += timedelta(days=days)
