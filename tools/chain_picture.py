"""Draw docs/pictures/chain.svg: the five steps of one sharing, and what holds them together.

python -m tools.chain_picture           writes the picture
python -m tools.chain_picture --check   changes nothing; fails if the picture is not what would be drawn
"""

import sys

from tools.reference import ROOT, write_or_check

PICTURE = ROOT / "docs" / "pictures" / "chain.svg"

TITLE = "The chain of one sharing"
DESCRIPTION = (
    "Five steps from left to right: request, decide, agree, release, account. A one-off disclosure goes from decide "
    "straight to release. Every step leaves a signed record that names the record before it, and a log that others "
    "can check holds a commitment to each record."
)
STEPS = (
    ("request", "Who asks,", "for what?"),
    ("decide", "May we?", "A person says why."),
    ("agree", "On what", "terms?"),
    ("release", "Only what was", "decided goes."),
    ("account", "What went where,", "provably."),
)
INK, LINE, FILL, NOTE = "#0b0c0c", "#1d70b8", "#ffffff", "#505a5f"
BOX_WIDTH, BOX_HEIGHT, GAP, TOP, MARGIN = 150, 96, 44, 74, 20
ARROW = f'fill="none" stroke="{LINE}" stroke-width="2" marker-end="url(#head)"'


def draw_step(index: int, name: str, first: str, second: str) -> str:
    """One box: the name of the step and, under it, the question it answers."""
    left = MARGIN + index * (BOX_WIDTH + GAP)
    middle = left + BOX_WIDTH // 2
    return (
        f'<rect x="{left}" y="{TOP}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6" fill="{FILL}" stroke="{LINE}" '
        f'stroke-width="2"/>\n'
        f'<text x="{middle}" y="{TOP + 32}" font-size="20" font-weight="bold" fill="{INK}">{name}</text>\n'
        f'<text x="{middle}" y="{TOP + 58}" font-size="15" fill="{INK}">{first}</text>\n'
        f'<text x="{middle}" y="{TOP + 78}" font-size="15" fill="{INK}">{second}</text>'
    )


def draw_links() -> str:
    """The arrows: from each step to the next, and past `agree` for a one-off."""
    half = TOP + BOX_HEIGHT // 2
    lines = []
    for index in range(len(STEPS) - 1):
        start = MARGIN + index * (BOX_WIDTH + GAP) + BOX_WIDTH
        lines.append(f'<path d="M{start + 4} {half} H{start + GAP - 12}" {ARROW}/>')
    decide = MARGIN + (BOX_WIDTH + GAP) + BOX_WIDTH // 2
    release = MARGIN + 3 * (BOX_WIDTH + GAP) + BOX_WIDTH // 2
    lines.append(f'<path d="M{decide} {TOP - 4} V36 H{release} V{TOP - 12}" stroke-dasharray="6 4" {ARROW}/>')
    lines.append(
        f'<text x="{(decide + release) // 2}" y="26" font-size="14" fill="{NOTE}">a one-off needs no agreement</text>'
    )
    return "\n".join(lines)


def draw_log(width: int) -> str:
    """The bar under the steps: one signed record per step, and the log beneath them."""
    top = TOP + BOX_HEIGHT + 34
    drops = "\n".join(
        f'<path d="M{middle} {TOP + BOX_HEIGHT + 4} V{top - 10}" {ARROW}/>'
        for middle in (MARGIN + index * (BOX_WIDTH + GAP) + BOX_WIDTH // 2 for index in range(len(STEPS)))
    )
    words = "each step leaves a signed record that names the one before it; a log that others can check commits to each"
    return (
        f"{drops}\n"
        f'<rect x="{MARGIN}" y="{top}" width="{width - 2 * MARGIN}" height="44" rx="6" fill="{LINE}"/>\n'
        f'<text x="{width // 2}" y="{top + 28}" font-size="16" fill="{FILL}">{words}</text>'
    )


def draw_chain() -> str:
    """The whole picture, as SVG that a screen reader can describe."""
    width = 2 * MARGIN + len(STEPS) * BOX_WIDTH + (len(STEPS) - 1) * GAP
    height = TOP + BOX_HEIGHT + 34 + 44 + MARGIN
    steps = "\n".join(draw_step(index, *step) for index, step in enumerate(STEPS))
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" \
aria-labelledby="title description" font-family="Arial, Helvetica, sans-serif" text-anchor="middle">
<title id="title">{TITLE}</title>
<desc id="description">{DESCRIPTION}</desc>
<defs><marker id="head" viewBox="0 0 10 10" refX="5" refY="5" markerWidth="7" markerHeight="7" orient="auto">
<path d="M0 0 L10 5 L0 10 z" fill="{LINE}"/></marker></defs>
<rect width="{width}" height="{height}" fill="#f3f2f1"/>
{steps}
{draw_links()}
{draw_log(width)}
</svg>
"""


if __name__ == "__main__":
    sys.exit(write_or_check({PICTURE: draw_chain()}, check="--check" in sys.argv[1:]))
