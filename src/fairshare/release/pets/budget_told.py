"""The privacy budget in words and as a picture: bars on the screen, and a section of the holder's release sheet."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from fairshare.release.pets.budget import Entry, Standing
from fairshare.release.sections import Chart, InBoth, Section, Series

WIDTH = 40
SPENT, RESERVED, FREE = "#", "+", "."
"""What a bar on the screen is made of."""


def draw_bar(standing: Standing, width: int = WIDTH) -> str:
    """A limit as a bar of text: `#` spent, `+` set aside for what is under way, `.` free; `!` if it is overfull."""
    limit = standing.limit.epsilon
    spent = min(width, round(width * min(1.0, standing.bounds.epsilon / limit)))
    kept = min(width, max(spent, round(width * min(1.0, standing.reserved.epsilon / limit))))
    over = "!" if standing.reserved.epsilon > limit else ""
    return f"[{SPENT * spent}{RESERVED * (kept - spent)}{FREE * (width - kept)}]{over}"


def whose(standing: Standing) -> InBoth:
    """Whom a limit is for."""
    return (
        InBoth(standing.limit.recipient, standing.limit.recipient)
        if standing.limit.recipient
        else InBoth("everybody together", "pawb gyda'i gilydd")
    )


def write_figure(epsilon: float) -> str:
    """An epsilon as it is told."""
    return f"{epsilon:.4g}" if isfinite(epsilon) else "-"


def tell_budget(budget: str, standings: Sequence[Standing], entries: Sequence[Entry]) -> Section:
    """How a budget stands, this release counted, for the holder's copy of the sheet."""
    return Section(
        name="budget",
        title=InBoth("Privacy budget", "Cyllideb preifatrwydd"),
        says=_say(budget, standings[0]),
        headings=(
            InBoth("For", "Ar gyfer"),
            InBoth("Limit", "Terfyn"),
            InBoth("Added up", "Wedi'i adio"),
            InBoth("Accounted", "Wedi'i gyfrifo"),
            InBoth("Left", "Ar ôl"),
            InBoth("Releases", "Datganiadau"),
        ),
        rows=tuple(
            (
                whose(each).en,
                f"{each.limit.epsilon:g}",
                write_figure(each.reserved.added),
                write_figure(each.reserved.accounted),
                write_figure(each.left),
                str(sum(e.state != "given_back" and each.limit.recipient in ("", e.recipient) for e in entries)),
            )
            for each in standings
        ),
        charts=(_draw(standings),),
        holder_only=True,
    )


def _say(budget: str, total: Standing) -> tuple[InBoth, ...]:
    used, limit, left = write_figure(total.reserved.epsilon), f"{total.limit.epsilon:g}", write_figure(total.left)
    return (
        InBoth(
            f"With this release, epsilon {used} of {limit} of the budget {budget!r} is spent, at delta "
            f"{total.limit.delta:g}; {left} is left.",
            f"Gyda'r datganiad hwn, mae epsilon {used} o {limit} o'r gyllideb {budget!r} wedi'i wario, gyda delta "
            f"{total.limit.delta:g}; mae {left} ar ôl.",
        ),
        InBoth(
            f"The limit was set by {total.limit.set_by.name} on {total.limit.set_at.date()}: {total.limit.reason}",
            f"Gosodwyd y terfyn gan {total.limit.set_by.name} ar {total.limit.set_at.date()}: {total.limit.reason}",
        ),
        InBoth(
            "The smaller of the two bounds counts. The same statistics can be sent again as they are, at no cost.",
            "Y lleiaf o'r ddau derfyn sy'n cyfrif. Gellir anfon yr un ystadegau eto fel y maent, heb gost.",
        ),
    )


def _draw(standings: Sequence[Standing]) -> Chart:
    return Chart(
        kind="bars",
        title=InBoth("Spent and left, in epsilon", "Wedi'i wario ac ar ôl, mewn epsilon"),
        alt=InBoth(
            "For each limit, how much of it is spent and how much is left, as the table says.",
            "Ar gyfer pob terfyn, faint ohono sydd wedi'i wario a faint sydd ar ôl, fel y dywed y tabl.",
        ),
        labels=tuple(whose(each).en for each in standings),
        series=(
            Series(InBoth("spent", "wedi'i wario"), tuple(min(each.reserved.epsilon, 1000.0) for each in standings)),
            Series(InBoth("left", "ar ôl"), tuple(each.left for each in standings)),
        ),
        unit=InBoth("epsilon", "epsilon"),
    )
