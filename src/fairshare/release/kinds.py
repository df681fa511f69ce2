"""What a release of each kind consists of: a plan for a table, chosen files, or something told, shown or uploaded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fairshare.records.kinds import ReleaseKind
from fairshare.release.bundle_told import ToldNote, write_account
from fairshare.release.engines import Connections, EngineLimits, Keys, OutputFormat
from fairshare.release.plan import Plan

MEDIA_TYPES: dict[OutputFormat, str] = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


@dataclass(frozen=True)
class Carrier:
    """One column, file or telling: the items it carries, and what was done to it first."""

    name: str
    items: tuple[str, ...]
    treatment: str = "keep"
    """In one word, such as `year`; `keep` for none."""
    described: str = ""
    """The same in full, such as `masked, the first 0 and last 3 characters kept`."""
    rows_as: tuple[str, str] | None = None
    """For a column that is published in place of rows, what is done to it before that: in one word, and in full."""

    @property
    def ways(self) -> tuple[tuple[str, str], ...]:
        """Every treatment it has had, in one word and in full: each leaves less of it than was there."""
        return ((self.treatment, self.described), *([self.rows_as] if self.rows_as is not None else []))


@dataclass(frozen=True)
class People:
    """Which rows are whose: by what stands in one column of the source, the subject of the decision."""

    column: str
    subjects: Mapping[str, str]
    """By value, as text, the subject's ref; somebody with several rows may have several values."""


@dataclass(frozen=True)
class Table:
    """Rows made ready by a plan, streamed from the engine into encryption."""

    plan: Plan
    keys: Keys
    base: Path
    """The folder that paths in the plan are relative to."""
    name: str = "table"
    format: OutputFormat = "csv"
    engine: str = "duckdb"
    connections: Connections | None = None
    limits: EngineLimits = field(default_factory=EngineLimits)
    items: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By output column, the items it carries where that is more than the one that the plan names: one per person."""
    people: People | None = None
    """Who the rows are about; needed when the decision names people."""
    rows_per_part: int | None = None
    """Make it in parts of so many rows of the source, so that a run cut short can be continued; none: by itself when
    the source is long."""
    on_drawn: Callable[[], None] = field(default=lambda: None, repr=False, compare=False)
    """Called once noise has been drawn for its numbers, or people from a model of its rows, before any are written."""

    @property
    def file_name(self) -> str:
        """The name of the file that the recipient gets."""
        return f"{self.name}.{self.format}"

    def carriers(self) -> tuple[Carrier, ...]:
        """Each column that would be sent."""
        published = self.plan.publish
        made = []
        for column in self.plan.sent:
            name, items = f"column {column.output!r}", self.items.get(column.output)
            items = items or ((column.item,) if column.item else ())
            own = (column.name, column.describe())
            if published is None:
                made.append(Carrier(name, items, *own))
            else:
                made.append(Carrier(name, items, published.publish, published.describe(), own))
        return tuple(made)

    def treatments(self) -> Iterator[tuple[str, str]]:
        """What is done to each column that would be sent: in one word, and in full."""
        for each in self.carriers():
            before = [each.rows_as[1]] if each.rows_as is not None and each.rows_as[0] != "keep" else []
            yield each.treatment, "; ".join([*before, each.described])


@dataclass(frozen=True)
class ChosenFile:
    """One file chosen to go, the item it is, and what was done to it first."""

    item: str
    path: Path
    name: str
    media_type: str = "application/octet-stream"
    treatment: str | None = None
    """In the words of the decision, such as `third parties blurred`; none if the file is the item as it is held."""


@dataclass(frozen=True)
class Documents:
    """A bundle of documents, pictures or footage: files chosen one by one, hashed and sealed."""

    files: tuple[ChosenFile, ...]

    def carriers(self) -> tuple[Carrier, ...]:
        """Each file that would be sent."""
        return tuple(
            # Not by its name, which may be personal: refusals are read by many.
            Carrier(f"file {number}", (each.item,), each.treatment or "keep", each.treatment or "")
            for number, each in enumerate(self.files, start=1)
        )


@dataclass(frozen=True)
class Told:
    """Something said, shown on site, or uploaded to the recipient's own portal: recorded here, not handed over."""

    account: str
    """What was said, shown or uploaded, when and to whom, in the releaser's words; and a portal's reference."""
    items: Mapping[str, str | None]
    """Each item told, with what was left out of it, in the words of the decision; none if it was told whole."""
    note: ToldNote | None = None
    """The same as a note, item by item, where one was taken."""
    uploaded: tuple[ChosenFile, ...] = ()
    """Files put into a portal: hashed, so that what went can be proved, but not sealed."""

    def carriers(self) -> tuple[Carrier, ...]:
        """Each item told, and each file uploaded."""
        told = tuple(Carrier("what is told", (ref,), how or "keep", how or "") for ref, how in self.items.items())
        return told + Documents(self.uploaded).carriers()


def make_told(note: ToldNote, uploaded: tuple[ChosenFile, ...] = ()) -> Told:
    """What was told, from the note that was taken of it."""
    return Told(
        account=write_account(note),
        items={ref: item.left_out for ref, item in note.items.items()},
        note=note,
        uploaded=uploaded,
    )


Contents = Table | Documents | Told

FITS: dict[ReleaseKind, type[Table] | type[Documents] | type[Told]] = {
    ReleaseKind.TABLE: Table,
    ReleaseKind.BUNDLE: Documents,
    ReleaseKind.IMAGES: Documents,
    ReleaseKind.SPOKEN: Told,
    ReleaseKind.VIEWED: Told,
    ReleaseKind.PORTAL: Told,
}
"""What each kind of release consists of."""

MAY_GO_AS: dict[str, frozenset[ReleaseKind]] = {
    "column": frozenset({ReleaseKind.TABLE, ReleaseKind.SPOKEN, ReleaseKind.VIEWED, ReleaseKind.PORTAL}),
    "document": frozenset({ReleaseKind.BUNDLE, ReleaseKind.SPOKEN, ReleaseKind.VIEWED, ReleaseKind.PORTAL}),
    "image": frozenset(ReleaseKind) - {ReleaseKind.TABLE},
    "footage": frozenset(ReleaseKind) - {ReleaseKind.TABLE},
    "spoken": frozenset({ReleaseKind.SPOKEN}),
    "viewed": frozenset({ReleaseKind.VIEWED}),
    "other": frozenset(ReleaseKind),
}
"""How an item of each kind may leave. What was agreed to be told or viewed is never handed over."""


def files_of(contents: Contents) -> tuple[ChosenFile, ...]:
    """The chosen files of a release; none for a table."""
    match contents:
        case Documents():
            return contents.files
        case Told():
            return contents.uploaded
        case _:
            return ()
