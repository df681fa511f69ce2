"""How accurate private statistics will be, worked out from the plan alone: no row is read, and no budget is spent."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod, sqrt

from fairshare.release.pets.noise import Noise, Part, find_total, list_parts, plan_noise
from fairshare.release.pets.private_statistics import (
    AnyStatistic,
    Count,
    Histogram,
    Mean,
    PrivateStatistics,
    Quantile,
    StatisticsUnfit,
    Sum,
    list_values,
)
from fairshare.release.plan import Plan
from fairshare.release.sections import Chart, InBoth, Section, Series
from fairshare.release.small_tables import tidy

EXAMPLE_ROWS = 100
"""Means and charts are told for a group of this many rows."""


@dataclass(frozen=True)
class Accuracy:
    """How accurate one statistic will be, in each of its cells."""

    name: str
    statistic: str
    by: tuple[str, ...]
    cells: int
    loss: float
    """Its part of the plan's epsilon, or of its rho."""
    scale: float | None
    """The scale of the noise, in the statistic's own terms; none for a mean or a quantile, made of several numbers."""
    within: float
    """95% of cells are within plus or minus this of the exact number; see `unit`."""
    unit: str
    """What `within` counts: `rows`, the column's own terms, or for quantiles `rows in rank`."""


def find_accuracy(plan: Plan) -> tuple[Accuracy, ...]:
    """The accuracy of each private statistic of a plan, before any data are touched.

    Raises   StatisticsUnfit when the plan publishes no private statistics; MissingPart without OpenDP.
    """
    published = plan.publish
    if not isinstance(published, PrivateStatistics):
        raise StatisticsUnfit(
            "the plan publishes no private statistics", fix="Give it `publish: private_statistics`.", where="publish"
        )
    noise = plan_noise(published)
    return tuple(_find_one(plan, published, each, noise) for each in published.statistics)


def _find_one(
    plan: Plan, published: PrivateStatistics, statistic: AnyStatistic, noise: dict[tuple[str, Part], Noise]
) -> Accuracy:
    own = {part: noise[statistic.name, part] for part in list_parts(statistic)}
    keys = published.keys_of(statistic)
    scale, within, unit = _tell(statistic, own)
    return Accuracy(
        name=statistic.name,
        statistic=statistic.statistic,
        by=tuple(key.column for key in keys),
        cells=prod(len(list_values(key, plan)) for key in keys) * _count_bins(statistic),
        loss=sum(each.loss for each in own.values()),
        scale=scale,
        within=within,
        unit=unit,
    )


def _tell(statistic: AnyStatistic, own: dict[Part, Noise]) -> tuple[float | None, float, str]:
    match statistic:
        case Sum():
            one = float(statistic.unit)
            return own["units"].scale * one, own["units"].within() * one, statistic.column
        case Mean():
            within = within_of_mean(statistic, own["rows"], own["units"], EXAMPLE_ROWS)
            return None, within, f"{statistic.column}, in a group of {EXAMPLE_ROWS} rows"
        case Quantile():
            return None, within_of_rank(own["rows"], len(statistic.labels)), "rows in rank"
        case _:
            return own["rows"].scale, own["rows"].within(), "rows"


def _count_bins(statistic: AnyStatistic) -> int:
    match statistic:
        case Histogram():
            return len(statistic.labels)
        case Quantile():
            return len(statistic.quantiles)
        case _:
            return 1


def within_of_mean(statistic: Mean, rows: Noise, sums: Noise, count: int) -> float:
    """How far a mean is from the exact one at most, in 95% of groups of that many rows.

    Each of count and sum leaves its own distance in at most 2.5% of groups, so both hold in 95%. With sums S and S',
    counts n and n', |S'/n' - S/n| <= (|S' - S| + |S/n| |n' - n|) / n', and |S/n| is at most half the bounds' width.
    """
    low, high = statistic.units
    half = (high - low + 1) // 2
    within = (sums.within(0.975) + half * rows.within(0.975)) / count
    return float(statistic.unit) * min(within, high - low)


def within_of_rank(noise: Noise, bins: int) -> float:
    """About how far the rank of a quantile is off: noise of all bins below it adds up (twice the normal deviation)."""
    deviation = noise.scale * sqrt(2) if noise.kind == "laplace" else noise.scale
    return float(tidy(round(2 * deviation * sqrt(bins), 1)))


def tell_accuracy(plan: Plan) -> Section:
    """The accuracy of each statistic, for the release sheet and the screen; see `find_accuracy`."""
    found = find_accuracy(plan)
    published = plan.publish
    assert isinstance(published, PrivateStatistics)  # noqa: S101 (or its accuracy would not have been found)
    total, kind = find_total(published)
    loss = f"epsilon {total}" if kind == "laplace" else f"rho {total}"
    return Section(
        name="accuracy",
        title=InBoth("How accurate the statistics are", "Pa mor gywir yw'r ystadegau"),
        says=(
            InBoth(
                f"Noise was added to every number, so that whether any one {_whom(published)[0]} is in the rows "
                f"hardly changes what is seen ({loss} for all of it together).",
                f"Ychwanegwyd sŵn at bob rhif, fel nad yw presenoldeb unrhyw un {_whom(published)[1]} yn y rhesi "
                f"prin yn newid yr hyn a welir ({loss} am y cyfan gyda'i gilydd).",
            ),
            _tell_rows(published),
            _tell_negatives(published),
        ),
        headings=(
            InBoth("Statistic", "Ystadegyn"),
            InBoth("By", "Yn ôl"),
            InBoth("Numbers", "Rhifau"),
            InBoth("Noise scale", "Graddfa'r sŵn"),
            InBoth("95% within plus or minus", "95% o fewn plws neu minws"),
            InBoth("Of", "O"),
        ),
        rows=tuple(
            (
                each.name,
                ", ".join(each.by) or "-",
                f"{each.cells:,}",
                f"{tidy(round(each.scale, 2)):,}" if each.scale is not None else "-",
                f"{tidy(round(each.within, 2)):,}",
                each.unit,
            )
            for each in found
        ),
        charts=_draw(found, published),
    )


def _whom(published: PrivateStatistics) -> tuple[str, str]:
    return ("person", "person") if published.protects == "person" else ("row", "rhes")


def _tell_rows(published: PrivateStatistics) -> InBoth:
    if published.protects == "row":
        return InBoth(
            "Rows are protected one by one. Somebody with several rows is protected less.",
            "Mae rhesi'n cael eu diogelu fesul un. Mae rhywun â sawl rhes yn cael llai o ddiogelwch.",
        )
    most = published.rows_per_person
    return InBoth(
        f"At most {most:,} row{'s' if most > 1 else ''} of each person counted, drawn at random; values outside the "
        "bounds of the plan counted as the bounds; groups that the plan does not list did not count.",
        f"Cyfrifwyd {most:,} rhes ar y mwyaf o bob person, wedi'u tynnu ar hap; cyfrifwyd gwerthoedd y tu allan i "
        "ffiniau'r cynllun fel y ffiniau; ni chyfrifwyd grwpiau nad yw'r cynllun yn eu rhestru.",
    )


def _tell_negatives(published: PrivateStatistics) -> InBoth:
    if published.negatives == "zero":
        return InBoth(
            "Counts that the noise took below zero are shown as zero: totals of many small groups are too high.",
            "Dangosir cyfrifon a aeth o dan sero oherwydd y sŵn fel sero, sy'n gwneud cyfansymiau llawer o grwpiau "
            "bach yn rhy uchel.",
        )
    return InBoth(
        "Counts may be below zero: that is the noise, and it keeps totals right on average. Nothing was rounded.",
        "Gall cyfrifon fod o dan sero: y sŵn yw hynny, ac mae'n cadw cyfansymiau'n gywir ar gyfartaledd. "
        "Ni thalgrynnwyd dim.",
    )


def _draw(found: tuple[Accuracy, ...], published: PrivateStatistics) -> tuple[Chart, ...]:
    kinds = {each.name for each in published.statistics if isinstance(each, Count | Histogram)}
    counts = [each for each in found if each.name in kinds]
    if not counts:
        return ()
    low, high = min(each.within for each in counts), max(each.within for each in counts)
    return (
        Chart(
            kind="intervals",
            title=InBoth(
                f"What a true count of {EXAMPLE_ROWS} may look like", f"Sut y gall gwir gyfrif o {EXAMPLE_ROWS} edrych"
            ),
            alt=InBoth(
                f"For each statistic an interval around {EXAMPLE_ROWS}, in which 95% of noisy counts fall: "
                f"from plus or minus {low:g} to plus or minus {high:g}.",
                f"Ar gyfer pob ystadegyn, cyfwng o amgylch {EXAMPLE_ROWS}, lle mae 95% o'r cyfrifon swnllyd: "
                f"o blws neu minws {low:g} i blws neu minws {high:g}.",
            ),
            labels=tuple(each.name for each in counts),
            series=(
                Series(
                    name=InBoth("95% of noisy counts", "95% o'r cyfrifon swnllyd"),
                    values=tuple(float(EXAMPLE_ROWS) for _ in counts),
                    low=tuple(EXAMPLE_ROWS - each.within for each in counts),
                    high=tuple(EXAMPLE_ROWS + each.within for each in counts),
                ),
            ),
            unit=InBoth("rows", "rhesi"),
        ),
    )
