"""How much of what a request says is found, and how much is filled in that it does not say.

`python -m tests.layouts.measure` reads both sets again, scans included, and writes the table into
docs/explain/intake.md.
"""

import json
import re
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field

from fairshare.documents.read_shapes import Reading, Segment, Sign
from fairshare.documents.reading import read_document
from fairshare.request.intake import find_fields
from fairshare.request.intake_shapes import load_vocabulary
from tests.layouts.build import HERE, SCANS, SETS, build_file, list_names, read_labels

READINGS = HERE / "readings"
PAGE = HERE.parents[1] / "docs" / "explain" / "intake.md"
ENOUGH = 0.6
"""Free text counts as found when it shares this much of its words with the label (F1)."""


@dataclass
class Tally:
    """Counts for one field: values in the documents, of them found, values filled in, of them wrong."""

    there: int = 0
    found: int = 0
    filled: int = 0
    wrong: int = 0

    def __add__(self, other):
        return Tally(*(one + more for one, more in zip(asdict(self).values(), asdict(other).values(), strict=True)))

    @property
    def recall(self):
        return self.found / self.there if self.there else 1.0

    @property
    def false_fill(self):
        return self.wrong / self.filled if self.filled else 0.0


@dataclass
class Result:
    """What was measured in one document."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    misses: list[str] = field(default_factory=list)


def read_again(folder, name):
    """A request read from its file."""
    return read_document(build_file(folder, name), name)


def read_kept(folder, name):
    """A request as it was read before, if it is a scan: reading words in pictures takes seconds a page."""
    kept = READINGS / f"{name}.json"
    if name not in SCANS:
        return read_again(folder, name)
    found = json.loads(kept.read_text("utf-8"))
    return Reading("kept", tuple(Segment(**each) for each in found), (), (Sign("scanned"),))


def keep_reading(name, reading):
    """Keeps what was read in a scan."""
    READINGS.mkdir(exist_ok=True)
    rows = [
        {**asdict(each), **{side: round(getattr(each, side), 2) for side in ("x0", "y0", "x1", "y1")}}
        for each in reading.segments
    ]
    (READINGS / f"{name}.json").write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")


def squash(text):
    """Letters and digits only."""
    return re.sub(r"[\W_]+", "", str(text).casefold())


def agree(sort, label, value):
    """Whether a value says what the label says."""
    if squash(label) == squash(value):
        return True
    if sort not in ("words", "deadline"):
        return False
    one, other = (Counter(re.findall(r"\w+", str(text).casefold())) for text in (label, value))
    shared = (one & other).total()
    return bool(shared) and 2 * shared / (one.total() + other.total()) >= ENOUGH


def compare(labels, found):
    """One document: labels against what was found."""
    kinds, result = load_vocabulary().fields, Result()
    for name, kind in kinds.items():
        said = labels.get(name, [])
        said = said if isinstance(said, list) else [said]
        values = [each.value for each in found if each.field == name]
        tally = Tally(filled=len(values))
        tally.wrong = sum(not any(agree(kind.sort, label, value) for label in said) for value in values)
        hits = [any(agree(kind.sort, label, value) for value in values) for label in said]
        if kind.many and name != "contact.phone":
            tally.there, tally.found = len(said), sum(hits)
        elif said:
            tally.there, tally.found = 1, int(any(hits))
        result.tallies[name] = tally
        if tally.found < tally.there or tally.wrong:
            result.misses.append(f"{name}: {said} / {values}")
    return result


def measure(folder, read=read_kept):
    """Every document of a set, by name."""
    return {name: compare(read_labels(folder)[name], find_fields(read(folder, name))) for name in list_names(folder)}


def total(results):
    """The tallies of several documents together, by field, and of all fields under "all"."""
    fields = {}
    for result in results:
        for name, tally in result.tallies.items():
            fields[name] = fields.get(name, Tally()) + tally
    fields["all"] = sum(fields.values(), Tally())
    return fields


def write_table():
    """The table that is published: each field, in each set and in the scans of the sealed one."""
    development, sealed = (measure(folder) for folder in SETS)
    scans = [result for name, result in sealed.items() if name in SCANS]
    columns = [total(development.values()), total(sealed.values()), total(scans)]
    lines = [
        "| field | development: recall | false | sealed: recall | false | of those, scans: recall | false |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in ["all", *load_vocabulary().fields]:
        cells = []
        for column in columns:
            tally = column[name]
            counts = (f"{tally.found}/{tally.there}", f"{tally.wrong}/{tally.filled}")
            shares = (f"{tally.recall:.0%}", f"{tally.false_fill:.0%}")
            bold = [f"**{share}** ({count})" for share, count in zip(shares, counts, strict=True)]
            cells += bold if name == "all" else counts
        lines.append(f"| {'all fields' if name == 'all' else f'`{name}`'} | {' | '.join(cells)} |")
    return "\n".join(lines)


def read_scans(folders):
    """Reads the scans again and keeps what was read."""
    for folder in folders:
        for name in list_names(folder):
            if name in SCANS:
                keep_reading(name, read_again(folder, name))


START, END = "<!-- measured: start -->", "<!-- measured: end -->"


def publish():
    """Puts the table into the page."""
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{START}\n\n{write_table()}\n\n{END}{after}", "utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--show"]:
        for name, result in measure("development").items():
            sys.stdout.write(f"== {name}\n" + "".join(f"   {miss}\n" for miss in result.misses))
        whole = total(measure("development").values())["all"]
        sys.stdout.write(f"{whole} recall {whole.recall:.3f} false {whole.false_fill:.3f}\n")
    else:
        read_scans(SETS)
        publish()
