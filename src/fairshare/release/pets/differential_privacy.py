"""Publishing private statistics: exact numbers inside the engine, noise on each, and rows of what may be known.

    rows -> clamped, bounded, counted in the engine -> noise by OpenDP -> means and quantiles worked out -> rows

What goes does not hold any exact number, and neither do the release sheet and the receipt: of how many rows were read
or rejected nothing is told, for that would tell of a single person's presence.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

from fairshare.release.engines import EngineReport
from fairshare.release.engines.bounding import PERSON, find_exact
from fairshare.release.engines.treated import Treated, open_treated
from fairshare.release.kinds import Table
from fairshare.release.pets.accuracy import tell_accuracy, within_of_mean
from fairshare.release.pets.noise import Noise, Part, find_centre, list_parts, load_opendp, plan_noise
from fairshare.release.pets.private_statistics import (
    OWN_COLUMNS,
    AnyStatistic,
    Count,
    Histogram,
    Mean,
    PrivateStatistics,
    PublicKey,
    Quantile,
    Sum,
    list_values,
    name_quantile,
)
from fairshare.release.plan import Plan
from fairshare.release.small_tables import tidy, write_small_table
from fairshare.release.treatments import FORMULA_NOTE, Cell, ColumnType, Keep
from fairshare.words import SettingOutOfRange

Row = tuple[Cell, ...]
Noisy = dict[tuple[str, Part], list[int]]
NOT_KNOWN = "not known"
"""How the group of rows without a value is written."""


def publish_statistics(
    table: Table,
    *,
    write_to: Path,
    on_progress: Callable[[float], None] | None = None,
    entropy: Callable[[int], bytes] = secrets.token_bytes,
) -> EngineReport:
    """Writes the plan's private statistics, each number with its accuracy, to a new file or a pipe."""
    published = table.plan.publish
    if not isinstance(published, PrivateStatistics):
        raise SettingOutOfRange(
            "the plan publishes no private statistics", fix="Give it `publish: private_statistics`.", where="publish"
        )
    load_opendp()
    noise = plan_noise(published)
    with open_with_person(table, published.person, on_progress) as treated:
        seed = int.from_bytes(entropy(8), "big")
        exact = find_exact(treated, table.plan, published, seed=seed, memory_mb=table.limits.memory_mb)
        engine = treated.engine
    noisy = {part: noise[part].draw(numbers) for part, numbers in exact.items()}
    table.on_drawn()
    rows = list_rows(table.plan, published, noisy, noise)
    write_small_table(find_types(published), rows, write_to=write_to, format=table.format)
    if on_progress:
        on_progress(1.0)
    return make_report(table, published, len(rows), engine)


@contextmanager
def open_with_person(
    table: Table, person: str | None, on_progress: Callable[[float], None] | None = None
) -> Iterator[Treated]:
    """The plan's treated rows with the person column beside them, which never goes."""
    with open_treated(
        with_person(table.plan, person),
        engine=table.engine,
        keys=table.keys,
        base=table.base,
        connections=table.connections,
        on_progress=on_progress,
        limits=table.limits,
    ) as treated:
        yield treated


def with_person(plan: Plan, person: str | None) -> Plan:
    """The plan as it is read: the person column comes along, under a name that nothing can be sent under."""
    if person is None:
        return plan
    # Not built through the plan's own checks, which would take the column for one that goes.
    owner = Keep.model_construct(treatment="keep", column=person, sent_as=PERSON)
    return plan.model_copy(update={"columns": (*plan.columns, owner)})


def list_rows(
    plan: Plan, published: PrivateStatistics, noisy: Noisy, noise: dict[tuple[str, Part], Noise]
) -> list[Row]:
    """What goes, in rows: every statistic for every public group, zeros and all."""
    rows: list[Row] = []
    for each in published.statistics:
        keys = published.keys_of(each)
        shown = [show_values(key, plan) if key in keys else [None] for key in published.keys]
        own = {part: noise[each.name, part] for part in list_parts(each)}
        numbers = {part: noisy[each.name, part] for part in own}
        for place, group in enumerate(product(*shown)):
            rows.extend((each.name, *group, *told) for told in tell_cell(each, place, numbers, own, published))
    return rows


def tell_cell(
    statistic: AnyStatistic,
    place: int,
    noisy: dict[Part, list[int]],
    own: dict[Part, Noise],
    published: PrivateStatistics,
) -> Iterator[tuple[str | None, Decimal | None, Decimal | None, Decimal | None]]:
    """The bucket, value, noise scale and 95% distance of each number of one group."""
    match statistic:
        case Count():
            yield None, tidy(hold(noisy["rows"][place], published)), *tell_noise(own["rows"])
        case Sum():
            total, one = statistic.to_value(noisy["units"][place]), statistic.to_value(1)
            scale, within = tell_noise(own["units"])
            yield None, tidy(total), tidy(one * scale), tidy(one * within)
        case Mean():
            count, units = (noisy[part][place] for part in own)
            yield None, *tell_mean(statistic, count, units, own["rows"], own["units"])
        case Histogram():
            size = len(statistic.labels)
            bins = noisy["rows"][place * size : (place + 1) * size]
            for label, found in zip(statistic.labels, bins, strict=True):
                yield label, tidy(hold(found, published)), *tell_noise(own["rows"])
        case Quantile():
            size = len(statistic.labels)
            bins = noisy["rows"][place * size : (place + 1) * size]
            for share, value in zip(statistic.quantiles, find_quantiles(statistic, bins), strict=True):
                yield name_quantile(share), value, None, None


def hold(number: int, published: PrivateStatistics) -> int:
    """A noisy count as the plan says: below zero or not."""
    return max(0, number) if published.negatives == "zero" else number


@lru_cache(maxsize=1024)
def tell_noise(noise: Noise) -> tuple[Decimal, Decimal]:
    """The scale of the noise, and how far 95% of it goes."""
    return tidy(noise.scale), Decimal(noise.within())


def tell_mean(
    statistic: Mean, count: int, units: int, rows: Noise, sums: Noise
) -> tuple[Decimal | None, None, Decimal | None]:
    """A mean out of a noisy count and a noisy sum; none where the noisy count is no number of rows at all."""
    if count < 1:
        return None, None, None
    low, high = statistic.units
    mean = min(max(find_centre(statistic) + units / count, low), high)
    within = within_of_mean(statistic, rows, sums, count)
    one = float(statistic.unit)
    return tidy(mean * one), None, tidy(within)


def find_quantiles(statistic: Quantile, bins: list[int]) -> list[Decimal | None]:
    """Quantiles read off noisy counts by OpenDP, within the edges; none where the noise has left no rows."""
    held = [max(0, each) for each in bins]
    if not sum(held):
        return [None for _ in statistic.quantiles]
    dp = load_opendp()
    edges = [float(edge) for edge in statistic.edges]
    # Below the first edge and above the last there is nothing to read between, so those rows count at the edge.
    inner = held[1:-1]
    inner[0] += held[0]
    inner[-1] += held[-1]
    order = sorted(range(len(statistic.quantiles)), key=lambda at: statistic.quantiles[at])
    find: Any = dp.t.make_quantiles_from_counts(edges, [statistic.quantiles[at] for at in order], TA="f64", F="f64")
    found = dict(zip(order, find([float(each) for each in inner]), strict=True))
    return [tidy(float(found[at])) for at in range(len(order))]


def find_types(published: PrivateStatistics) -> dict[str, ColumnType]:
    """What each column of what goes holds."""
    name, bucket, *numbers = OWN_COLUMNS
    return {
        name: ColumnType.TEXT,
        **{key.column: type_of_key(key) for key in published.keys},
        bucket: ColumnType.TEXT,
        **dict.fromkeys(numbers, ColumnType.DECIMAL),
    }


def type_of_key(key: PublicKey) -> ColumnType:
    """Whole numbers and booleans stay what they are; all else, and what may be missing, is text."""
    kinds = {type(value) for value in key.listed or ("",)}
    if kinds == {int}:
        return ColumnType.INTEGER
    return ColumnType.BOOLEAN if kinds == {bool} else ColumnType.TEXT


def show_values(key: PublicKey, plan: Plan) -> list[Cell]:
    """Public values as they are written: that of rows without one in words, so that it is not taken for all rows."""
    values = list_values(key, plan)
    if type_of_key(key) is not ColumnType.TEXT:
        return list(values)
    return [NOT_KNOWN if value is None else str(value) for value in values]


def make_report(table: Table, published: PrivateStatistics, rows: int, engine: str) -> EngineReport:
    """What was done, without an exact number in it: the rows are those of the table of statistics."""
    told = {name: describe_column(name, published) for name in find_types(published)}
    held_back = dict.fromkeys(published.used, "only statistics of it go")
    if published.person is not None:
        held_back[published.person] = f"read to hold each person to {published.rows_per_person} row(s)"
    return EngineReport(
        rows_read=rows,
        rows_rejected=0,
        rows_filtered=0,
        rows_suppressed=0,
        rows_sent=rows,
        columns=told,
        held_back=held_back,
        engine=engine,
        notes=(FORMULA_NOTE,) if table.format == "csv" else (),
        sections=(tell_accuracy(table.plan),),
        kept_on_receipt={"privacy": published.describe()},
    )


def describe_column(name: str, published: PrivateStatistics) -> str:
    """What a column of the statistics is, in words."""
    own = {
        "statistic": "which statistic the row is of",
        "bucket": "the bin or the quantile",
        "value": published.describe(),
        "noise_scale": "the scale of the noise",
        "within_95": "95% of such values are within plus or minus this of the exact one",
    }
    return own.get(name, "a public group; nothing where all groups are taken together")
