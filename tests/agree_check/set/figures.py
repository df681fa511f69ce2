"""The figures that docs/explain/agreement-check.md publishes: `python -m tests.agree_check.set.figures` prints them."""

from fairshare.agree.check_signals import load_signals
from tests.agree_check.set.measuring import compare, rate, score

SETS = ("development", "sealed")


def write_share(share):
    return "-" if share is None else f"{share:.2f}"


def write_cells(rows, states):
    hit, false, missed = score(rows, states)
    precision, recall = rate(hit, false, missed)
    return f"{write_share(precision)} | {write_share(recall)} | {hit + missed}"


def write_figures():
    """The tables as Markdown: the whole, then each content and each trap."""
    measured = {name: list(compare(name)) for name in SETS}
    contents = {
        name: [row for row in rows if ":" not in row[1] and row[1] != "kind"] for name, rows in measured.items()
    }
    traps = {name: [row for row in rows if row[1].startswith("trap:")] for name, rows in measured.items()}
    kinds = {name: [row for row in rows if row[1] == "kind"] for name, rows in measured.items()}
    lines = ["| self-written | precision | recall | cases |", "|---|---|---|---|"]
    for name in SETS:
        lines += [
            f"| {name}: content present | {write_cells(contents[name], {'present'})} |",
            f"| {name}: content weak or absent | {write_cells(contents[name], {'weak', 'absent'})} |",
            f"| {name}: trap | {write_cells(traps[name], {True})} |",
        ]
    for name in SETS:
        right, count = sum(row[2] == row[3] for row in contents[name]), len(contents[name])
        kind = sum(row[2] == row[3] for row in kinds[name])
        lines.append(
            f"| {name}: same state of four, {right} of {count}; same kind, {kind} of {len(kinds[name])} | | | |"
        )
    head = " | ".join(f"{name}: {each}" for name in SETS for each in ("precision", "recall", "cases"))
    lines += ["", f"| found present | {head} |", "|---" * 7 + "|"]
    for sought in load_signals().contents:
        cells = [write_cells([row for row in contents[name] if row[1] == sought.id], {"present"}) for name in SETS]
        lines.append(f"| {sought.id} | {' | '.join(cells)} |")
    lines += ["", f"| trap | {head} |", "|---" * 7 + "|"]
    for trap in load_signals().traps:
        cells = [write_cells([row for row in traps[name] if row[1] == f"trap:{trap.id}"], {True}) for name in SETS]
        lines.append(f"| {trap.id} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(write_figures())  # noqa: T201
