"""How likely somebody is picked out by their quasi-identifiers: prosecutor, journalist and marketer risk.

All of it follows from how many classes there are of each size. What it is worth depends on whether the columns named
are those that an intruder knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from fairshare.release.engines import GroupMeasured
from fairshare.release.sections import Chart, InBoth, Section, Series
from fairshare.release.treatments_groups import DeltaPresence, GroupTreatment, KAnonymity, LDiversity, TCloseness

Sizes = Sequence[tuple[int, int]]
"""How many classes there are of each size, smallest first."""
THRESHOLD = 0.2
"""A chance above this counts as at risk unless somebody sets another: fewer than five alike."""
BANDS = ((1, 1), (2, 2), (3, 4), (5, 9), (10, 19), (20, 49), (50, 99), (100, None))
JournalistBy = Literal["population", "sampling share", "prosecutor"]


@dataclass(frozen=True)
class Risk:
    """The chances of re-identification that follow from the sizes of classes."""

    rows: int
    classes: int
    smallest: int
    highest: float
    """Prosecutor: the highest chance of anybody, 1 over the smallest class."""
    average: float
    """Marketer: the share of rows that somebody who knows everybody's quasi-identifiers would get right."""
    share_at_risk: float
    """Prosecutor: the share of rows whose chance is above the threshold."""
    threshold: float
    journalist: float
    journalist_by: JournalistBy
    """What the journalist's risk was taken from."""


def measure_risk(
    sizes: Sizes, *, threshold: float = THRESHOLD, sampling_share: float | None = None, fewest_alike: int | None = None
) -> Risk:
    """The risks of a table by the sizes of its classes.

    Takes    sampling_share: the share of the population that the table holds, to estimate how many are alike in it;
             fewest_alike: the smallest number of people alike in the population, among those in the table, if known.

    >>> risk = measure_risk([(1, 2), (4, 2)])
    >>> risk.highest, risk.average, risk.share_at_risk, risk.journalist_by
    (1.0, 0.4, 1.0, 'prosecutor')
    >>> measure_risk([(4, 2)], sampling_share=0.1).journalist
    0.025
    """
    rows, classes = sum(size * count for size, count in sizes), sum(count for _, count in sizes)
    smallest = min((size for size, _ in sizes), default=0)
    at_risk = sum(size * count for size, count in sizes if 1 / size > threshold)
    highest = 1 / smallest if smallest else 0.0
    journalist, by = highest, "prosecutor"
    if fewest_alike is not None:
        journalist, by = 1 / max(fewest_alike, smallest, 1), "population"
    elif sampling_share is not None:
        journalist, by = highest * sampling_share, "sampling share"
    return Risk(
        rows, classes, smallest, highest, classes / rows if rows else 0.0, at_risk / rows if rows else 0.0, threshold,
        journalist, by,  # type: ignore[arg-type]
    )  # fmt: skip


def band_sizes(sizes: Sizes) -> dict[str, int]:
    """How many rows are in classes of each band of sizes.

    >>> band_sizes([(1, 2), (4, 2), (250, 1)])["3-4"]
    8
    """
    found = {name_band(low, high): 0 for low, high in BANDS}
    for size, count in sizes:
        low, high = next((low, high) for low, high in BANDS if high is None or size <= high)
        found[name_band(low, high)] += size * count
    return found


def name_band(low: int, high: int | None) -> str:
    """A band of sizes as it is written: without words, so that it is read in any language."""
    return f"{low}+" if high is None else f"{low}" if low == high else f"{low}-{high}"


def tell_groups(measured: Sequence[GroupMeasured]) -> tuple[Section, ...]:
    """What a release sheet says of the models a plan holds to, and of the risk before and after."""
    told = [each for each in measured if each.group is not None]
    if not told:
        return ()
    widest = max(told, key=lambda each: len(each.columns))
    says = tuple(tell_model(each) for each in told)
    return (tell_risk(measure_risk(widest.sizes), measure_risk(widest.sizes_sent), widest.sizes, widest.sizes_sent,
                      columns=widest.columns, says=says, people=widest.people),)  # fmt: skip


def tell_risk(
    before: Risk,
    after: Risk,
    sizes: Sizes,
    sizes_after: Sizes,
    *,
    columns: Sequence[str],
    says: tuple[InBoth, ...] = (),
    people: bool = False,
) -> Section:
    """The risk before and after, as a section with a chart; of rows, or of people where those were counted."""
    named = ", ".join(columns)
    was, now = band_sizes(sizes), band_sizes(sizes_after)
    many, one = _name_counted(people)
    said = (
        InBoth(
            f"By {named}, the chance of picking the right {one.en} for somebody known to be in the table is at most "
            f"{_share(before.highest)} before and {_share(after.highest)} as sent; on average {_share(before.average)} "
            f"and {_share(after.average)}. {many.en.capitalize()} whose chance is above {_share(before.threshold)}: "
            f"{_share(before.share_at_risk)} before, {_share(after.share_at_risk)} as sent.",
            f"Yn ôl {named}, y siawns o ddewis y {one.cy} ar gyfer rhywun y gwyddys ei fod yn y tabl yw "
            f"{_share(before.highest)} ar y mwyaf cynt a {_share(after.highest)} fel yr anfonwyd; ar gyfartaledd "
            f"{_share(before.average)} a {_share(after.average)}. "
            f"{many.cy.capitalize()} â siawns uwch na {_share(before.threshold)}: "
            f"{_share(before.share_at_risk)} cynt, {_share(after.share_at_risk)} fel yr anfonwyd.",
        ),
        InBoth(
            "These are de-identified rows, and still personal information. The figures hold for these columns only.",
            "Rhesi wedi eu dad-adnabod yw'r rhain, a gwybodaeth bersonol o hyd: dim ond ar gyfer y colofnau a enwir y "
            "mae'r ffigurau'n dal.",
        ),
    )
    return Section(
        name="risk",
        title=InBoth("How easily somebody could be picked out", "Pa mor hawdd y gellid adnabod rhywun"),
        says=(*says, *said),
        headings=_head(many),
        rows=tuple((band, f"{was[band]:,}", f"{now[band]:,}") for band in was),
        charts=(draw_sizes(was, now, people=people),),
    )


def tell_measured(risk: Risk, sizes: Sizes, columns: Sequence[str]) -> Section:
    """The risk of a table as it is, as a section with a chart."""
    named, bands = ", ".join(columns), band_sizes(sizes)
    return Section(
        name="risk",
        title=InBoth("How easily somebody could be picked out", "Pa mor hawdd y gellid adnabod rhywun"),
        says=(
            InBoth(
                f"By {named}, the chance of picking the right row for somebody known to be in the table is at most "
                f"{_share(risk.highest)}, and {_share(risk.average)} on average. Rows whose chance is above "
                f"{_share(risk.threshold)}: {_share(risk.share_at_risk)}.",
                f"Yn ôl {named}, y siawns o ddewis y rhes gywir ar gyfer rhywun y gwyddys ei fod yn y tabl yw "
                f"{_share(risk.highest)} ar y mwyaf, a {_share(risk.average)} ar gyfartaledd. Rhesi â siawns uwch na "
                f"{_share(risk.threshold)}: {_share(risk.share_at_risk)}.",
            ),
        ),
        headings=(InBoth("rows alike", "rhesi tebyg"), InBoth("rows", "rhesi")),
        rows=tuple((band, f"{rows:,}") for band, rows in bands.items()),
        charts=(draw_sizes(bands, None),),
    )


def _head(many: InBoth) -> tuple[InBoth, ...]:
    said = (("alike", "tebyg"), ("before", "cynt"), ("as sent", "fel yr anfonwyd"))
    return tuple(InBoth(f"{many.en} {en}", f"{many.cy} {cy}") for en, cy in said)


def _name_counted(people: bool) -> tuple[InBoth, InBoth]:
    """What was counted: many, and the right one."""
    if people:
        return InBoth("people", "pobl"), InBoth("person", "person cywir")
    return InBoth("rows", "rhesi"), InBoth("row", "rhes gywir")


def draw_sizes(was: dict[str, int], now: dict[str, int] | None, *, people: bool = False) -> Chart:
    """How many rows, or people, have how many alike, before and after."""
    many, _ = _name_counted(people)
    after = (Series(InBoth("as sent", "fel yr anfonwyd"), tuple(map(float, now.values()))),) if now is not None else ()
    return Chart(
        kind="bars",
        title=InBoth(
            f"{many.en.capitalize()} by how many are alike", f"{many.cy.capitalize()} yn ôl faint sydd yr un fath"
        ),
        alt=InBoth(
            f"Bars of {many.en} for each size of class, before and as sent: the further right they stand, the safer.",
            f"Barrau o {'bobl' if people else 'resi'} ar gyfer pob maint dosbarth, cynt ac fel yr anfonwyd: "
            "po bellaf i'r dde, mwyaf diogel.",
        ),
        labels=tuple(was),
        series=(Series(InBoth("before", "cynt"), tuple(map(float, was.values()))), *after),
        unit=many,
    )


def tell_model(measured: GroupMeasured) -> InBoth:
    """What one model asked, what it found at worst, and what as sent."""
    group = measured.group
    assert group is not None  # noqa: S101 (the caller chose those)
    asked, columns = name_model(group, people=measured.people), ", ".join(group.columns)
    worst, sent = (_number(each) for each in (measured.found, measured.found_sent))
    return InBoth(
        f"Every class by {columns} has {asked.en}. At worst it was {worst} before, and is {sent} as sent; "
        f"{measured.rows_in_small_groups:,} rows were in classes that fell short.",
        f"Mae gan bob dosbarth yn ôl {columns} {asked.cy}. Ar ei waethaf {worst} oedd cynt, a {sent} fel yr anfonwyd; "
        f"roedd {measured.rows_in_small_groups:,} rhes mewn dosbarthiadau nad oedd yn cyrraedd.",
    )


def name_model(group: GroupTreatment, *, people: bool = False) -> InBoth:
    """What a model asks, in both languages."""
    match group:
        case KAnonymity() if people:
            return InBoth(f"at least {group.k} different people", f"o leiaf {group.k} o bobl wahanol")
        case KAnonymity():
            return InBoth(group.asks, f"o leiaf {group.k} rhes")
        case LDiversity(measure="distinct"):
            return InBoth(group.asks, f"{group.l} gwerth gwahanol o {group.sensitive}")
        case LDiversity():
            return InBoth(group.asks, f"amrywiaeth-l ({group.measure}, {group.l}) o {group.sensitive}")
        case TCloseness():
            return InBoth(group.asks, f"agosrwydd-t ({group.t}) o {group.sensitive}")
        case DeltaPresence():
            return InBoth(group.asks, f"{group.most} ar y mwyaf o'r bobl debyg yn y boblogaeth")
    raise TypeError(f"{type(group).__name__} has no words")


def _share(part: float) -> str:
    return f"{part:.1%}"


def _number(found: float | None) -> str:
    return "-" if found is None else f"{found:.3f}".rstrip("0").rstrip(".")
