"""Draw how a tool decides: its gates from top to bottom, what each builds on, and what may come of each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

INK, LINE, NOTE, PALE = "#0b0c0c", "#1d70b8", "#505a5f", "#f3f2f1"
WIDTH, BOX, STEP, MARGIN, EXIT = 760, 430, 74, 20, 40
LETTERS = 58
"""As many fit into a box in the smaller writing."""


@dataclass(frozen=True)
class Stage:
    """One gate: its title, how much it asks, the gates whose conclusions it uses, and what may come of it."""

    title: str
    questions: int
    builds_on: tuple[str, ...]
    exits: tuple[str, ...]


def shorten(names: Sequence[str]) -> str:
    """As many of the names as fit, and how many more there are."""
    for kept in range(len(names), 0, -1):
        more = len(names) - kept
        text = "builds on: " + ", ".join(names[:kept]) + (f" and {more} more" if more else "")
        if len(text) <= LETTERS or kept == 1:
            return text if len(text) <= LETTERS else text[: LETTERS - 1] + "…"
    return "builds on the answers alone"


def draw_stage(at: int, stage: Stage) -> Iterator[str]:
    """A box with its lines, the arrow to the next box, and the exits to the right."""
    top = MARGIN + at * STEP
    asks = "asks nothing" if not stage.questions else f"asks {stage.questions}"
    yield (
        f'<rect x="{MARGIN}" y="{top}" width="{BOX}" height="52" rx="6" fill="#ffffff" stroke="{LINE}" '
        f'stroke-width="2"/>\n'
        f'<text x="{MARGIN + 14}" y="{top + 22}" font-size="16" font-weight="bold" fill="{INK}">'
        f"{escape(stage.title)}</text>\n"
        f'<text x="{MARGIN + BOX - 14}" y="{top + 22}" font-size="13" text-anchor="end" fill="{NOTE}">{asks}</text>\n'
        f'<text x="{MARGIN + 14}" y="{top + 42}" font-size="13" fill="{NOTE}">{escape(shorten(stage.builds_on))}</text>'
    )
    middle = MARGIN + BOX // 2
    yield f'<path d="M{middle} {top + 54} V{top + STEP - 8}" stroke="{LINE}" stroke-width="2" marker-end="url(#head)"/>'
    if stage.exits:
        left = MARGIN + BOX + EXIT
        yield (
            f'<path d="M{MARGIN + BOX + 2} {top + 26} H{left - 8}" stroke="{LINE}" stroke-width="2" '
            f'marker-end="url(#head)"/>\n'
            f'<rect x="{left}" y="{top + 4}" width="{WIDTH - left - MARGIN}" height="44" rx="20" fill="{PALE}"/>'
        )
        for row, text in enumerate(stage.exits[:2]):
            y = top + (31 if len(stage.exits) == 1 else 22 + 18 * row)
            yield f'<text x="{left + 16}" y="{y}" font-size="13" fill="{INK}">{escape(text)}</text>'


def draw_flow(title: str, stages: Sequence[Stage], outcomes: Sequence[str]) -> str:
    """The whole picture as SVG, with a title and a description for those who do not see it."""
    height = MARGIN * 2 + len(stages) * STEP + 30 + 20 * len(outcomes)
    parts = "\n".join(line for at, stage in enumerate(stages) for line in draw_stage(at, stage))
    top = MARGIN + len(stages) * STEP
    ends = "\n".join(
        f'<text x="{MARGIN + 14}" y="{top + 44 + 20 * at}" font-size="13" fill="#ffffff">{escape(outcome)}</text>'
        for at, outcome in enumerate(outcomes)
    )
    said = "; ".join(
        f"{at}. {stage.title}" + (f" ({', '.join(stage.exits)})" if stage.exits else "")
        for at, stage in enumerate(stages, 1)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-labelledby="title desc" font-family="sans-serif">\n'
        f'<title id="title">{escape(title)}</title>\n'
        f'<desc id="desc">The gates in order: {escape(said)}. Then the first outcome that fits: '
        f"{escape(', '.join(outcomes))}.</desc>\n"
        f'<defs><marker id="head" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" '
        f'orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="{LINE}"/></marker></defs>\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n{parts}\n'
        f'<rect x="{MARGIN}" y="{top}" width="{BOX}" height="{30 + 20 * len(outcomes)}" rx="6" fill="{LINE}"/>\n'
        f'<text x="{MARGIN + 14}" y="{top + 22}" font-size="15" font-weight="bold" fill="#ffffff">'
        f"For each item, the first of these that fits</text>\n{ends}\n</svg>\n"
    )
