"""Write docs/explain/second-encoding.md from the disagreements that the test of the second encoding lists.

python -m tools.second_page
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "explain" / "second-encoding.md"
DISAGREEMENTS = ROOT / "tests" / "second" / "disagreements.yaml"

OPENING = """# A second encoding

A rule base can agree with itself and still misread the law. So eight tools were written a second time, in another
logic, by somebody who had not seen the rules. A solver then looked for cases in which the two differ. This page says
how, and what came of it.

<!-- Written by `python -m tools.second_page` from tests/second/disagreements.yaml; do not edit. -->

## How it was made

The second encoding is eight answer-set programs for [clingo](https://potassco.org/clingo/), in `tests/second`. Each
begins with the provisions it was written from. Its authors worked from the text of the law (from digests where the
text was not to hand), the questions with their answers, and the names and sentences of the conclusions, and committed
the programs before opening a rule. Two authors wrote them. For `gate.recognised_interest`, `gate.compatible_purpose`
and `gate.transfer` it was not quite so: by an oversight the author had read the one-sentence reasons of some rules,
though never a condition. The other five, `em.sixty_seconds`, `le.victim_request`, `le.wrong_recipient`, `gate.dpia`
and `gate.roles`, are wholly blind: their authors had seen no rule and no reason. After the comparison some programs
were mended; each such place is marked, and the first version stands in the history of the repository. What a mended
place has in common with the rules is therefore agreed, and no longer found independently.

## What is proved

The clauses that Fairshare's own solver uses are exported, one by one and without any reading of the rules, to facts
that clingo reads back with one constraint. Beside them stands the second program. For each conclusion, clingo is
asked for a complete set of answers (*cannot be found out* is one of them) that breaks no integrity constraint and in
which the two differ. Where it finds none, they are equal in every case. Where it found some, the disagreement is
listed with the answers under which it occurs, and clingo is asked again for any other. The test fails when a new
difference appears, and when a listed one is gone. Eight deliberate misreadings of the law show that differences are
found, and plain Python confirms the cases.

It is proved for one flow, one person and one item, under the law of 22 November 2026. The outcome of an item is
compared in all cases for `em.sixty_seconds` and `le.wrong_recipient`, and for `le.victim_request` where everything
else is in order. That two encodings agree does not show that both are right.

"""
STANDING = """## Disagreements that stand

*Rules to be mended* means that the second encoding is the better reading and the rules still say otherwise.

"""
MENDED = """## Disagreements that were mended

"""


def render(disagreements: Mapping[str, Sequence[Mapping[str, Any]]]) -> str:
    """The page, from the entries of disagreements.yaml."""
    standing, mended = disagreements["standing"], disagreements["mended"]
    parts = [OPENING, STANDING, *_tell(standing), MENDED, *_tell(mended)]
    return "".join(parts).rstrip("\n") + "\n"


def _tell(entries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for entry in entries:
        yield f"### {entry['id'].replace('_', ' ').capitalize()}\n\n"
        yield f"`{entry['tool']}`, {entry['provision']}. **{entry['status'].capitalize()}.**\n\n"
        yield f"{entry['case'].strip()}\n\n"
        yield f"- The second encoding: {entry['second'].strip()}\n"
        yield f"- The rules: {entry['rules'].strip()}\n"
        yield f"- Right: {entry['right']}. {entry['why'].strip()}\n\n"


def main() -> None:
    """Write the page."""
    PAGE.write_text(render(yaml.safe_load(DISAGREEMENTS.read_text())))


if __name__ == "__main__":
    main()
