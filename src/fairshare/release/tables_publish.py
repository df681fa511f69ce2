"""Publishing a plain table: counted in the engine, its unsafe cells found, left out with others or rounded, written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from fairshare.release.engines import EngineReport
from fairshare.release.engines.bounding import load_key
from fairshare.release.engines.table_cells import Contributed, find_cells
from fairshare.release.kinds import Table
from fairshare.release.pets.differential_privacy import NOT_KNOWN, open_with_person
from fairshare.release.pets.private_statistics import list_values
from fairshare.release.plan import Plan
from fairshare.release.sections import Chart, InBoth, Section, Series
from fairshare.release.small_tables import write_small_table
from fairshare.release.tables import SafeTable
from fairshare.release.tables_suppress import Cell, Protection, Suppressed, list_cells, suppress
from fairshare.release.treatments import FORMULA_NOTE, ColumnType
from fairshare.release.treatments import Cell as Value
from fairshare.words import SettingOutOfRange

TOTAL = "total"
SHOWN, LEFT_OUT, ROUNDED = "yes", "suppressed", "rounded"
LEAST_PERCENT = 20
"""How far an unsafe sum must at least be hidden, either way, in percent of itself."""


@dataclass(frozen=True)
class Made:
    """A table made safe: what is shown in each cell, and why some are not."""

    cells: dict[Cell, Contributed]
    suppressed: Suppressed
    round_to: int | None = None
    rounded: dict[Cell, int] = field(default_factory=dict)
    """What is shown of each cell, if the table is rounded."""

    def tell(self, cell: Cell) -> tuple[int | None, str]:
        """What is shown of a cell, and whether it is."""
        if self.round_to is not None:
            return self.rounded[cell], ROUNDED
        return (None, LEFT_OUT) if cell in self.suppressed.all else (self.cells[cell].value, SHOWN)


def publish_table(table: Table, *, write_to: Path, on_progress: Callable[[float], None] | None = None) -> EngineReport:
    """Writes the plan's table with its totals, safe by its rules, to a new file or a pipe."""
    asked = table.plan.publish
    if not isinstance(asked, SafeTable):
        raise SettingOutOfRange("the plan publishes no table", fix="Give it `publish: table`.", where="publish")
    with open_with_person(table, asked.person, on_progress) as treated:
        for place, key in enumerate(asked.keys):
            load_key(treated, f"key_{place}", key, table.plan)
        cells = find_cells(treated, table.plan, asked)
        engine = treated.engine
    made = make_safe(table.plan, asked, cells)
    types = {
        **{key.column: ColumnType.TEXT for key in asked.keys},
        "value": ColumnType.INTEGER,
        "shown": ColumnType.TEXT,
    }
    rows: list[tuple[Value, ...]] = [
        (*name_cell(cell, table.plan, asked), *made.tell(cell)) for cell in list_cells(find_sizes(table.plan, asked))
    ]
    write_small_table(types, rows, write_to=write_to, format=table.format)
    if on_progress:
        on_progress(1.0)
    return make_report(table, asked, made, engine)


def find_sizes(plan: Plan, asked: SafeTable) -> tuple[int, ...]:
    """How many values each key has, without its total."""
    return tuple(len(list_values(key, plan)) for key in asked.keys)


def make_safe(plan: Plan, asked: SafeTable, cells: dict[Cell, Contributed]) -> Made:
    """The table by its rules: rounded, or with its unsafe cells left out and those that would give them away."""
    if asked.unsafe == "round":
        rounded = round_cells(
            find_sizes(plan, asked), {cell: each.value for cell, each in cells.items()}, asked.round_to
        )
        return Made(cells, Suppressed(frozenset(), frozenset()), asked.round_to, rounded)
    unsafe = {cell: find_protection(found, asked) for cell, found in cells.items() if is_unsafe(found, asked)}
    values = {cell: found.value for cell, found in cells.items()}
    return Made(cells, suppress(find_sizes(plan, asked), values, unsafe))


def is_unsafe(cell: Contributed, asked: SafeTable) -> bool:
    """Whether a cell tells too much of too few.

    >>> asked = SafeTable(publish="table", keys=[{"column": "a", "values": ["x"]}], sum_of="b", p_percent=10)
    >>> is_unsafe(Contributed(value=1000, contributors=6, largest=(900, 60)), asked)
    True
    >>> is_unsafe(Contributed(value=1000, contributors=6, largest=(500, 200)), asked)
    False
    """
    if cell.contributors == 0:
        return asked.zeros == "suppress"
    if cell.contributors < asked.threshold:
        return True
    if asked.dominance and sum(cell.largest[: asked.dominance.largest]) * 100 > asked.dominance.percent * cell.value:
        return True
    # The second largest takes their own out of the sum, and what is left is the largest and little else.
    first, second = (*cell.largest, 0, 0)[:2]
    return asked.p_percent is not None and (cell.value - first - second) * 100 < asked.p_percent * first


def find_protection(cell: Contributed, asked: SafeTable) -> Protection:
    """How far an unsafe cell must be hidden: a count, from 0 to the threshold; a sum, by a share of itself."""
    if asked.sum_of is None:
        return Protection(up=max(1, asked.threshold - cell.value), down=cell.value)
    share = max(1, -(-cell.value * max(LEAST_PERCENT, asked.p_percent or 0) // 100))
    return Protection(up=share, down=share)


def round_cells(sizes: tuple[int, ...], values: Mapping[Cell, int], base: int) -> dict[Cell, int]:
    """Each inner cell to the nearest multiple, and each total as the sum of what is shown of its parts.

    A total that was rounded by itself would narrow its parts: four cells of 2 and a total of 8 are 0, 0, 0, 0 and 10 to
    the nearest 5, which only four cells of 2 can be. Sums of rounded cells tell nothing that those cells do not.
    """
    shown = dict.fromkeys(list_cells(sizes), 0)
    for inner in product(*map(range, sizes)):
        for cell in product(*zip(inner, sizes, strict=True)):
            shown[cell] += round_nearest(values[inner], base)
    return shown


def round_nearest(value: int, base: int) -> int:
    """To the nearest multiple, halves up.

    >>> [round_nearest(each, 5) for each in (0, 2, 3, 7, 8)]
    [0, 0, 5, 5, 10]
    """
    return (2 * value + base) // (2 * base) * base


def name_cell(cell: Cell, plan: Plan, asked: SafeTable) -> tuple[str, ...]:
    """A cell by the value of each key, or `total`."""
    named = []
    for key, place in zip(asked.keys, cell, strict=True):
        values = list_values(key, plan)
        value = values[place] if place < len(values) else TOTAL
        named.append(NOT_KNOWN if value is None else str(value))
    return tuple(named)


def make_report(table: Table, asked: SafeTable, made: Made, engine: str) -> EngineReport:
    """What was done; the rows are the cells of the table, its totals among them."""
    rows = len(made.cells)
    held_back = dict.fromkeys(asked.used, "only a table of it goes")
    if asked.person is not None:
        held_back[asked.person] = "read to count who contributed"
    return EngineReport(
        rows_read=rows,
        rows_rejected=0,
        rows_filtered=0,
        rows_suppressed=0,
        rows_sent=rows,
        columns={
            **{key.column: f"a group, or {TOTAL}" for key in asked.keys},
            "value": asked.describe(),
            "shown": f"{SHOWN}, {LEFT_OUT} or {ROUNDED}",
        },
        held_back=held_back,
        engine=engine,
        notes=(FORMULA_NOTE,) if table.format == "csv" else (),
        sections=(tell_table(asked, made),),
        kept_on_receipt={"table": asked.describe()},
    )


def tell_table(asked: SafeTable, made: Made) -> Section:
    """What was done about small numbers, for the release sheet."""
    total, primary, secondary = len(made.cells), len(made.suppressed.primary), len(made.suppressed.secondary)
    shown = total - primary - secondary
    return Section(
        name="risk",
        title=InBoth("Small numbers", "Rhifau bach"),
        says=(
            _say_rounded(made.round_to) if made.round_to is not None else _say_left_out(asked, made),
            InBoth(
                "This says nothing of what other tables of the same people show, or of what somebody in a cell knows.",
                "Nid yw hyn yn dweud dim am yr hyn y mae tablau eraill o'r un bobl yn ei ddangos, nac am yr hyn y mae "
                "rhywun mewn cell yn ei wybod.",
            ),
        ),
        headings=(InBoth("Cells", "Celloedd"), InBoth("Number", "Nifer")),
        rows=(("shown", str(shown)), ("unsafe", str(primary)), ("left out besides", str(secondary))),
        charts=(
            Chart(
                kind="bars",
                title=InBoth("Cells of the table", "Celloedd y tabl"),
                alt=InBoth(
                    f"Of {total} cells, {shown} are shown, {primary} are unsafe and {secondary} were left out besides.",
                    f"O {total} o gelloedd, dangosir {shown}, mae {primary} yn anniogel a hepgorwyd {secondary} arall.",
                ),
                labels=("shown", "unsafe", "left out besides"),
                series=(Series(InBoth("cells", "celloedd"), (float(shown), float(primary), float(secondary))),),
                unit=InBoth("cells", "celloedd"),
            ),
        ),
    )


def _say_rounded(base: int) -> InBoth:
    return InBoth(
        f"Every cell was rounded to the nearest {base}, and each total is the sum of its rounded cells, so that it "
        "tells nothing more of them. A cell is any number that rounds to what is shown, and a total can be off by "
        f"{base // 2} for each of its cells.",
        f"Talgrynnwyd pob cell i'r {base} agosaf, a swm y celloedd a dalgrynnwyd yw pob cyfanswm, fel nad yw'n dweud "
        "dim mwy amdanynt. Mae cell yn unrhyw rif sy'n talgrynnu i'r hyn a ddangosir, a gall cyfanswm fod allan o "
        f"{base // 2} am bob un o'i gelloedd.",
    )


def _say_left_out(asked: SafeTable, made: Made) -> InBoth:
    total, primary, secondary = len(made.cells), len(made.suppressed.primary), len(made.suppressed.secondary)
    reach = (
        InBoth(f"anything from 0 to {asked.threshold}", f"unrhyw beth o 0 i {asked.threshold}")
        if asked.sum_of is None
        else InBoth("well above or below what it is", "ymhell uwchlaw neu islaw'r hyn ydyw")
    )
    return InBoth(
        f"{primary} of {total} cells are unsafe and left out, and {secondary} more so that totals do not give them "
        f"away. As far as this table tells, each unsafe cell could be {reach.en}; another whole table proves it.",
        f"Mae {primary} o {total} o gelloedd yn anniogel ac wedi'u hepgor, a {secondary} arall fel na fydd "
        f"cyfansymiau'n eu datgelu. O ran y tabl hwn, gallai pob cell anniogel fod yn {reach.cy}; mae tabl cyfan "
        "arall yn ei brofi.",
    )
