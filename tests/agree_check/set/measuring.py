"""How well the checker does on labelled agreements: how much of what it says is so, how much of what is so it says."""

from collections import Counter
from datetime import date
from pathlib import Path

import yaml

from fairshare.agree.check import check_agreement
from fairshare.agree.check_signals import load_signals
from fairshare.documents.paragraphs import read_paragraphs
from tests.agree_check.set.make_files import make_file

SET = Path(__file__).parent
DAY = date(2026, 11, 22)
LATER = {"p_controller", "p_unlawful"}
"""Contents that came after the labels, and are not measured."""


def read_labels(folder):
    return yaml.safe_load((SET / folder / "labels.yaml").read_text("utf-8"))


def label_states(label, contents):
    """The state of each content that a label implies: what it does not list is absent."""
    named = {name: state for state in ("present", "weak", "not_applicable") for name in label.get(state, ())}
    return {name: named.get(name, "absent") for name in contents if name not in LATER}


def check_one(path):
    return check_agreement(read_paragraphs(make_file(path), where=path.name), load_signals(), law_date=DAY)


def compare(folder):
    """(file, content or trap, what it is, what was found) for each label of a folder, and the kinds."""
    for name, label in read_labels(folder).items():
        check = check_one(SET / folder / name)
        yield name, "kind", label["kind"], check.sort
        wanted = [each.id for each in load_signals().contents if label["kind"] in each.sorts]
        found = {each.id: each.state for each in check.findings}
        for content, state in label_states(label, wanted).items():
            yield name, content, state, found.get(content, "not asked")
        traps = {each.id for each in check.traps}
        for trap in load_signals().traps:
            if label["kind"] in trap.sorts:
                yield name, f"trap:{trap.id}", trap.id in label["traps"], trap.id in traps


def score(rows, states):
    """(true, false, missed) for the rows whose state is one of `states`."""
    counted = Counter(
        ("hit" if found in states else "missed") if is_so in states else ("false" if found in states else "rest")
        for _, _, is_so, found in rows
    )
    return counted["hit"], counted["false"], counted["missed"]


def rate(hit, false, missed):
    """Precision and recall as shares; none where there is nothing to divide by."""
    return (hit / (hit + false) if hit + false else None, hit / (hit + missed) if hit + missed else None)
