"""What the de-identifying commands show people: figures in tables, and a picture of the lattice in text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from fairshare.cli.screen import Screen

if TYPE_CHECKING:
    from fairshare.release.deidentify.measuring import TableMeasured
    from fairshare.release.deidentify.risk import Risk
    from fairshare.release.deidentify.search import Found
    from fairshare.release.deidentify.utility import Utility
    from fairshare.release.sections import Section

IN_HOUSE = "This is not a release: nothing has left."
MARKS = "# the best   o passes   x fails   . not looked at, because it cannot be better"


def show_measured(screen: Screen, measured: TableMeasured | None, section: Section) -> None:
    """The risk of a table, in words, figures and rows by how many are alike."""
    from fairshare.cli.plan_shown import show_sections

    show_sections(screen, (section,))
    if measured is None:
        return
    screen.heading("Risk of being picked out by these columns")
    screen.table(("figure", "value"), tell_risk_rows(measured.risk))
    if measured.sensitive:
        screen.heading("The worst class, for each sensitive column")
        screen.table(
            ("column", "different values", "entropy l", "equal distance", "ordered distance"),
            [
                (each.column, each.distinct,
                 *("-" if figure is None else f"{figure:.3f}"
                   for figure in (each.entropy, each.equal_distance, each.ordered_distance)))
                for each in measured.sensitive
            ],
        )  # fmt: skip


def tell_risk_rows(risk: Risk) -> list[tuple[str, str]]:
    """The figures of risk, each with what it was taken from."""
    return [
        ("rows, and classes of them", f"{risk.rows:,}, {risk.classes:,}"),
        ("smallest class (k)", f"{risk.smallest:,}"),
        ("prosecutor, highest", f"{risk.highest:.1%}"),
        (f"prosecutor, rows above {risk.threshold:.0%}", f"{risk.share_at_risk:.1%}"),
        (f"journalist, highest (by {risk.journalist_by})", f"{risk.journalist:.1%}"),
        ("marketer, average", f"{risk.average:.1%}"),
    ]


def show_found(screen: Screen, found: Found, out: Path | None) -> None:
    """What a search came to: the best levels, the next best, the risk and the utility."""
    proved = "no other choice loses less" if found.proved else "found quickly; others may lose less"
    screen.heading(f"De-identified at a loss ({found.loss}) of {found.best.loss:.4f}: {proved}")
    screen.table(("column", "level"), list(found.best.levels.items()))
    screen.line(f"{found.best.rows_held_back:,} of {found.rows:,} rows are held back. "
                f"{found.looked_at:,} of {found.nodes:,} choices were looked at.")  # fmt: skip
    if len(found.others) > 1:
        screen.heading("The best that were looked at")
        columns = list(found.best.levels)
        screen.table(
            ("loss", "held back", *columns),
            [(f"{each.loss:.4f}", f"{each.rows_held_back:,}", *(each.levels[name] for name in columns))
             for each in found.others],
        )  # fmt: skip
    picture = draw_lattice(found)
    if picture:
        screen.heading("The lattice")
        for line in picture:
            screen.exact(line)
    screen.heading("Risk, before and after")
    before, after = tell_risk_rows(found.risk), tell_risk_rows(found.risk_sent)
    screen.table(("figure", "before", "after"),
                 [(name, was, now) for (name, was), (_, now) in zip(before, after, strict=True)])  # fmt: skip
    if found.utility is not None:
        screen.heading("What the rows are still good for")
        screen.table(("measure", "value"), tell_utility_rows(found.utility))
    screen.line()
    screen.line(f"The plan is in {out}." if out is not None else "Give --out to keep the plan.", "bold")
    screen.line(f"Its rows would be de-identified, and still personal information. {IN_HOUSE}")


def tell_utility_rows(utility: Utility) -> list[tuple[str, str]]:
    """The figures of utility."""
    return [
        *((f"loss, {name}", f"{loss:.4f}") for name, loss in utility.losses.items()),
        ("random counts, half are off by at most", f"{utility.median_error:.1%}"),
        ("random counts, nine of ten are off by at most", f"{utility.high_error:.1%}"),
    ]


def draw_lattice(found: Found) -> list[str]:
    """The levels of the first two columns as a grid, the others at their best: what became of each choice."""
    levels, best = found.levels, found.best_node
    if len(best) < 2:
        return []
    seen = {node: passes for node, passes, _ in found.looks}
    (across, wide), (down, high) = list(levels.items())[:2]
    width = max(map(len, high))
    lines = [f"{down} down, {across} across" + (", the others at their best" if len(best) > 2 else "")]
    lines.append(" " * (width + 2) + "  ".join(wide))
    for row in reversed(range(len(high))):
        cells = []
        for column, name in enumerate(wide):
            node = (column, row, *best[2:])
            mark = "#" if node == best else {True: "o", False: "x"}.get(seen.get(node), ".")  # type: ignore[arg-type]
            cells.append(mark.center(len(name)))
        lines.append(f"{high[row]:>{width}}  " + "  ".join(cells))
    return [*(line.rstrip() for line in lines), MARKS]
