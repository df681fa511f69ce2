"""A plan at hand, for a script or a notebook: look at it, check it, run it for yourself.

Nothing is handed over from here. What leaves goes by a decision, through a desk: `fairshare release run`, or
`fairshare.desk.release_table`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fairshare.release.checking import Problem, find_plan_problems
from fairshare.release.engines import Connections, EngineReport, Keys, OutputFormat, schema_of
from fairshare.release.engines.job import KeyUnfit
from fairshare.release.explaining import explain_plan
from fairshare.release.in_house import NOT_A_RELEASE, make_in_house
from fairshare.release.kinds import Table
from fairshare.release.known_rows import count_known_rows
from fairshare.release.notebook import show_plan, show_problems, show_report, show_told
from fairshare.release.packing import OnProgress
from fairshare.release.pets.budget_in_house import Spending
from fairshare.release.plan import Plan, read_plan
from fairshare.release.preview import Preview, make_up_sample, preview_rows
from fairshare.release.risk_picture import picture_risk
from fairshare.release.sections import Section
from fairshare.release.sources import Schema
from fairshare.words import BadInput
from fairshare.words.reading import read_file

FORMATS: dict[str, OutputFormat] = {".csv": "csv", ".parquet": "parquet"}


@dataclass(frozen=True)
class GivenKeys:
    """Pseudonymisation keys that a script holds itself, by id."""

    keys: Mapping[str, bytes] = field(repr=False)

    def key_for(self, key_id: str) -> bytes:
        """The secret key under this id."""
        if key_id not in self.keys:
            raise KeyUnfit("the key that the plan names was not given", fix="Give it as `keys`.", where=f"key {key_id}")
        return self.keys[key_id]


@dataclass(frozen=True)
class Told:
    """What steps of a release have to tell, as a notebook shows it."""

    sections: tuple[Section, ...]

    def _repr_html_(self) -> str:
        return show_told(self.sections)


@dataclass(frozen=True)
class Checked:
    """Every problem of a plan; none if it may be run."""

    problems: tuple[Problem, ...]

    def __bool__(self) -> bool:
        return not self.problems

    def _repr_html_(self) -> str:
        return show_problems(self.problems)


@dataclass(frozen=True)
class Ran:
    """A run in house: the file that it made, and what it did."""

    path: Path
    report: EngineReport

    def _repr_html_(self) -> str:
        return show_report(self.report, title=f"Made: {self.path.name}", note=NOT_A_RELEASE)


@dataclass(frozen=True)
class OpenPlan:
    """A plan with the folder that its paths start at.

    >>> from pathlib import Path
    >>> from tempfile import mkdtemp
    >>> folder = Path(mkdtemp())
    >>> _ = (folder / "pupils.csv").write_text("pupil,postcode\\n1,SW1A 1AA\\n2,M1 1AE\\n")
    >>> _ = (folder / "plan.yaml").write_text('''
    ... name: attendance
    ... source: {format: csv, path: pupils.csv}
    ... columns:
    ...   - {column: pupil, treatment: pseudonymise, key: agreement-7}
    ...   - {column: postcode, treatment: generalise, to: postcode_district}
    ... ''')
    >>> plan = open_plan(folder / "plan.yaml")
    >>> bool(plan.check())
    True
    >>> [row.after[1] for row in plan.preview().rows]
    ['SW1A', 'M1']
    >>> plan.run(folder / "out.csv", keys={"agreement-7": b"32 random bytes, kept in a vault"}).report.rows_sent
    2
    """

    plan: Plan
    base: Path
    connections: Connections | None = field(repr=False, default=None)

    @property
    def schema(self) -> Schema:
        """The columns of the source, each with what it holds."""
        return schema_of(self.plan.source, self.base, connections=self.connections)

    @property
    def known_rows(self) -> int | None:
        """How many rows the source has, where it says so without being read."""
        return count_known_rows(self.plan.source, self.base)

    def check(self, *, keys: Keys | Mapping[str, bytes] | None = None) -> Checked:
        """Every problem that can be found before a run."""
        held = _hold(keys) if keys is not None else None
        return Checked(find_plan_problems(self.plan, self.base, keys=held, connections=self.connections))

    def preview(
        self, *, rows: int = 10, made_up: bool = False, keys: Keys | Mapping[str, bytes] | None = None
    ) -> Preview:
        """The first rows, before and after: real ones for your own eyes, or made-up ones."""
        held = _hold(keys) if keys is not None else None
        sample = make_up_sample(self.plan, self.base, rows, connections=self.connections) if made_up else None
        return preview_rows(self.plan, self.base, keys=held, connections=self.connections, rows=rows, sample=sample)

    def risk(self, *columns: str, engine: str = "duckdb", keys: Keys | Mapping[str, bytes] | None = None) -> Told:
        """How easily somebody could be picked out by these columns, as they are sent; every row is read, none written.

        Takes    columns: those that others may know; by default, those that the plan's widest group names.
        """
        return Told(
            (
                picture_risk(
                    self.plan,
                    self.base,
                    columns=columns,
                    keys=_hold(keys or {}),
                    engine=engine,
                    connections=self.connections,
                ),
            )
        )

    def explain(self, *, engine: str = "duckdb") -> str:
        """What the plan would do in words, and the engine's query; keys and given values are never in it."""
        return explain_plan(self.plan, self.base, engine=engine, connections=self.connections)

    def run(
        self,
        out: str | Path,
        *,
        keys: Keys | Mapping[str, bytes] | None = None,
        engine: str = "duckdb",
        on_progress: OnProgress | None = None,
        spending: Spending | None = None,
    ) -> Ran:
        """Runs the plan into a new file of your own, CSV or Parquet by its name. This is not a release.

        Takes    spending: what has a privacy loss comes out of a desk's budget, and is refused without one:
                 `fairshare.desk.keep_budget.spend_in_house(desk)`.
        """
        path = Path(out)
        table = Table(
            plan=self.plan,
            keys=_hold(keys or {}),
            base=self.base,
            name=path.stem,
            format=find_format(path),
            engine=engine,
            connections=self.connections,
        )
        return Ran(path, make_in_house(table, path, on_progress=on_progress, spending=spending))

    def _repr_html_(self) -> str:
        return show_plan(self.plan)


def open_plan(path: str | Path, *, base: str | Path | None = None, connections: Connections | None = None) -> OpenPlan:
    """The plan in a file, YAML or JSON.

    Takes    base: the folder that paths in it start at; the plan's own by default.
    """
    found = Path(path)
    plan = read_plan(read_file(found), where=found.name)
    return OpenPlan(plan, Path(base) if base is not None else found.parent, connections)


def find_format(path: Path) -> OutputFormat:
    """How rows are written to a file, by its name."""
    if path.suffix not in FORMATS:
        raise BadInput("rows are written as CSV or Parquet", fix="End the name in .csv or .parquet.", where=path.name)
    return FORMATS[path.suffix]


def _hold(keys: Keys | Mapping[str, bytes]) -> Keys:
    return GivenKeys(keys) if isinstance(keys, Mapping) else keys
