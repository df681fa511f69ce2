"""Charts of a release sheet, as SVG: read in black and white, with words for those who do not see them.

Marks differ in pattern and shape, and each value stands beside its mark or in the table below. Letters are drawn as
paths, so that a chart looks the same everywhere; the same chart gives the same bytes.
"""

from __future__ import annotations

import math
import re
import warnings
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple
from xml.sax.saxutils import escape

from fairshare.documents.model import clean_text
from fairshare.release.sections import Chart, Series
from fairshare.words import MissingPart

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK = "#0b0c0c"
_WIDTH = 4.2
"""Inches: on a small phone its letters are then still as tall as small print."""
_LABEL = 30
_MOST_TICKS = 8
_MOST_LABELS = 60
"""Past this many, every second or third label is written; the table has them all."""
_LIMIT = {"en": "limit", "cy": "terfyn"}
_SETTINGS: dict[Any, Any] = {
    "font.family": ["DejaVu Sans"], "font.size": 9.0, "hatch.linewidth": 0.8, "text.parse_math": False,
    "svg.fonttype": "path", "svg.hashsalt": "fairshare", "axes.spines.top": False, "axes.spines.right": False,
    "axes.unicode_minus": True,
}  # fmt: skip


class _Look(NamedTuple):
    """How the marks of one series look, whatever a printer makes of colours."""

    fill: str
    hatch: str
    line: str
    marker: str


LOOKS = (
    _Look("#1d4f91", "", "-", "o"),
    _Look("#ffffff", "////", "--", "s"),
    _Look("#8fb1dd", "", ":", "^"),
    _Look("#ffffff", "....", "-.", "D"),
    _Look("#8fb1dd", "xxxx", (0, (6, 1, 1, 1, 1, 1)), "v"),  # type: ignore[arg-type]  # dashes that have no name
    _Look("#ffffff", "----", (0, (1, 4)), "P"),  # type: ignore[arg-type]
)


class NoCharts(MissingPart):
    """Charts cannot be drawn, because matplotlib is not installed; the tables hold every number."""

    code = "CHARTS_MISSING"


@lru_cache(maxsize=64)
def draw_chart(chart: Chart, language: str = "en") -> bytes:
    """A chart as an SVG picture that fetches nothing and runs nothing.

    Raises   NoCharts, with the command that installs matplotlib.
    """
    try:
        from matplotlib import rc_context, rcdefaults, rcParams
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
    except ImportError:
        raise NoCharts(
            "matplotlib is not installed", fix="Run: pip install 'fairshare[charts]'", where="release.charts"
        ) from None
    drawn = BytesIO()
    with rc_context(), warnings.catch_warnings():
        # A letter that the typeface lacks is drawn as a box; the table has it.
        warnings.simplefilter("ignore")
        rcdefaults()
        rcParams.update(_SETTINGS)
        figure = Figure(figsize=(_WIDTH, _find_height(chart)), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        marks = (_draw_steps if chart.kind == "steps" else _draw_rows)(axes, chart, language)
        _draw_limit(axes, chart, language, marks)
        if len(marks) > 1:
            figure.legend(marks.values(), marks.keys(), loc="outside lower left", frameon=False, handlelength=2.4)
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    return _add_words(drawn.getvalue().decode(), chart, language)


def write_number(value: float) -> str:
    """A value as it stands beside its mark.

    >>> write_number(12000.0), write_number(0.25), write_number(0.00031)
    ('12,000', '0.25', '0.00031')
    """
    if not math.isfinite(value):
        return "-"
    if value and abs(value) < 0.01:
        return f"{value:.2g}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def _find_height(chart: Chart) -> float:
    legend = 0.2 * (len(chart.series) + (chart.limit is not None)) if len(chart.series) > 1 or chart.limit else 0.0
    if chart.kind == "steps":
        return 2.4 + legend
    rows = min(len(chart.labels), _MOST_LABELS)
    return 0.7 + legend + rows * max(0.28, 0.2 * len(chart.series))


def _draw_rows(axes: Axes, chart: Chart, language: str) -> dict[str, Any]:
    """Bars or intervals, one below the other, each under its label."""
    draw = _draw_intervals if chart.kind == "intervals" else _draw_bars
    share = 0.8 / max(1, len(chart.series))
    marks = {}
    for number, series in enumerate(chart.series):
        places = [at + share * (number - (len(chart.series) - 1) / 2) for at in range(len(chart.labels))]
        marks[_name(series, language)] = draw(axes, series, places, share, LOOKS[number % len(LOOKS)])
    every = -(-len(chart.labels) // _MOST_LABELS) or 1
    axes.set_yticks(range(0, len(chart.labels), every), [_shorten(each) for each in chart.labels[::every]])
    axes.set_ylim(len(chart.labels) - 0.4, -0.6)
    axes.set_xlabel(_clean(chart.unit.read(language)))
    axes.locator_params(axis="x", nbins=5)
    axes.tick_params(axis="y", length=0)
    return marks


def _draw_bars(axes: Axes, series: Series, places: list[float], share: float, look: _Look) -> Any:
    values = [value if math.isfinite(value) else 0.0 for value in series.values[: len(places)]]
    bars = axes.barh(
        places[: len(values)], values, share, color=look.fill, hatch=look.hatch, edgecolor=_INK, linewidth=0.8
    )
    behind = {"facecolor": "#ffffff", "edgecolor": "none", "pad": 0.5}
    axes.bar_label(
        bars, [write_number(value) for value in series.values[: len(values)]], padding=3, fontsize=8, bbox=behind
    )
    axes.margins(x=0.15)
    return bars


def _draw_intervals(axes: Axes, series: Series, places: list[float], _share: float, look: _Look) -> Any:
    values = series.values[: len(places)]
    ends = zip(values, series.low or values, series.high or values, strict=False)
    reach = [[_find_reach(value - low), _find_reach(high - value)] for value, low, high in ends]
    return axes.errorbar(
        values[: len(reach)], places[: len(reach)], xerr=list(zip(*reach, strict=True)) or None, fmt=look.marker,
        color=_INK, markerfacecolor=look.fill, markersize=5, capsize=4, linewidth=1.2,
    )  # fmt: skip


def _find_reach(reach: float) -> float:
    return reach if math.isfinite(reach) and reach > 0 else 0.0


def _draw_steps(axes: Axes, chart: Chart, language: str) -> dict[str, Any]:
    """Lines that go on at one level until they change, from left to right."""
    marks = {}
    for number, series in enumerate(chart.series):
        look = LOOKS[number % len(LOOKS)]
        (marks[_name(series, language)],) = axes.step(
            range(len(series.values)), series.values, where="post", linestyle=look.line, marker=look.marker,
            color=_INK, markerfacecolor=look.fill, markersize=5, linewidth=1.4,
        )  # fmt: skip
    every = -(-len(chart.labels) // _MOST_TICKS) or 1
    shown = [_shorten(each, 16) for each in chart.labels[::every]]
    crowded = sum(map(len, shown)) > 40
    turned: dict[str, Any] = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"} if crowded else {}
    axes.set_xticks(range(0, len(chart.labels), every), shown, **turned)
    axes.set_ylabel(_clean(chart.unit.read(language)))
    reached = [0.0, *(each for one in chart.series for each in one.values if math.isfinite(each))]
    most = max(*reached, chart.limit if chart.limit is not None and math.isfinite(chart.limit) else 0.0)
    axes.set_ylim(min(reached), most * 1.08 or 1.0)
    return marks


def _draw_limit(axes: Axes, chart: Chart, language: str, marks: dict[str, Any]) -> None:
    if chart.limit is not None and math.isfinite(chart.limit):
        draw = axes.axhline if chart.kind == "steps" else axes.axvline
        said = f"{_LIMIT.get(language, _LIMIT['en'])}: {write_number(chart.limit)}"
        marks[said] = draw(chart.limit, color=_INK, linewidth=1.2, linestyle=(0, (4, 2)), zorder=0.5)


def _name(series: Series, language: str) -> str:
    # A legend leaves out what starts with an underscore.
    return f" {_shorten(series.name.read(language), 40)}"


def _clean(text: str) -> str:
    return clean_text(text).encode("utf-8", "replace").decode()


def _shorten(label: str, most: int = _LABEL) -> str:
    """A label that fits, cut in the middle: what tells two apart often stands at the end."""
    plain = " ".join(_clean(label).split())
    return plain if len(plain) <= most else f"{plain[: most - 9].rstrip()}…{plain[-8:].lstrip()}"


def _add_words(svg: str, chart: Chart, language: str) -> bytes:
    """The picture with its name and what it shows in words, and without what only its maker's program needs."""
    plain = re.sub(r"<!--.*?-->\s*|<metadata>.*?</metadata>\s*", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    start, rest = plain.split(">", 1)
    title, says = (escape(_clean(each.read(language))) for each in (chart.title, chart.alt))
    return f'{start} role="img">\n <title>{title}</title>\n <desc>{says}</desc>{rest}'.encode()
