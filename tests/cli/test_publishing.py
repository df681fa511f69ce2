"""One story from request to opened release: what goes is a table of private statistics, paid for by a budget."""

import csv
import json
import re
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import pytest

from fairshare.records.sealing import open_bytes
from fairshare.release.kept_by_holder import ON_RECEIPT
from tests.cli.conftest import ANSWERS
from tests.cli.test_desk import REQUEST, decide, make_place, open_release, release

ITEMS = ("fin", "age")
PLAN = """
name: prison leavers
source: {format: csv, path: rossi.csv, types: {age: integer}}
columns:
  - {column: fin, treatment: keep, item: i1}
  - {column: age, treatment: generalise, to: bands, edges: [20, 25, 30], item: i2}
publish:
  publish: private_statistics
  person: id
  epsilon: 1
  keys: [{column: fin, values: ["0", "1"]}, {column: age}]
  statistics: [{statistic: count, name: people}]
"""
FORM = "kind: table\nitems: [i1, i2]\nchannel: secure email\ntable: {plan: plan.yaml, name: leavers}\n"
TREATED = "state: redacted, treatment: private_statistics"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = make_place(tmp_path_factory.mktemp("leavers"))
    package = find_spec("lifelines")
    rows = (Path(package.origin).parent / "datasets" / "rossi.csv").read_text().splitlines()
    place.write("rossi.csv", "\n".join([f"id,{rows[0]}", *(f"{n},{row}" for n, row in enumerate(rows[1:], 1))]) + "\n")
    items = "".join(f"  i{n}: {{label: {name}}}\n" for n, name in enumerate(ITEMS, 1))
    answers = ANSWERS.replace(
        "people: {p1: Kit Marsh}\nitems: {i1: {label: Address, person: p1}}\n", f"items:\n{items}"
    )
    place.write("answers.yaml", answers)
    asked = ", ".join(f"{{ref: i{n}, label: {name}, kind: column}}" for n, name in enumerate(ITEMS, 1))
    request = REQUEST.replace("subjects: [{ref: p1, label: Kit Marsh}]\n", "")
    place.write("request.yaml", request[: request.index("items:")] + f"items: [{asked}]\n")
    place.write("plan.yaml", PLAN)
    place.write("release.yaml", FORM)
    lines = ", ".join(f"{{item: i{n}, {TREATED}}}" for n in (1, 2))
    place.write("ruling.yaml", f"lines: [{lines}]\nvalid: {{start: 2026-01-01, end: 2999-01-01}}\n")
    place.case = "case-9"
    place.do("case", "receive", place.case, place.root / "request.yaml", by="Sam Field")
    done = decide(place, "--ruling", place.root / "ruling.yaml")
    assert done.exit_code == 0, done.out
    return place


def test_statistics_go_from_request_to_opened_release_within_a_budget(place):
    root = place.root
    to = ["--to", root / "reader.key.public.txt"]
    assert release(place, "release.yaml", *to).error["code"] == "PRIVACY_BUDGET_NOT_SET"
    shown = release(place, "release.yaml", *to, "--explain").document
    assert "only in statistics with differential privacy (epsilon 1" in shown["text"]
    place.do("budget", "set", "leavers", "--epsilon", 1.5, "--reason", "one question a year",
             "--covers", root / "plan.yaml", by="Jo Heron")  # fmt: skip
    made = release(place, "release.yaml", *to, "--sheet", root / "sheet.html")
    assert made.exit_code == 0, made.out
    opened = open_release(place, made.document["folder"]).document
    rows = list(csv.DictReader((Path(opened["folder"]) / "leavers.csv").open()))
    assert len(rows) == 8
    assert {row["statistic"] for row in rows} == {"people"}
    assert release(place, "release.yaml", *to).error["code"] == "PRIVACY_BUDGET_EXCEEDED"

    # The receipt that went says the loss and how many rows the table has, and commits to what stays.
    key = (root / "reader.key").read_text().split()[-1]
    sent = json.loads(open_bytes((Path(made.document["folder"]) / "manifest.age").read_bytes(), key))
    receipt = sent["receipt"]["record"]
    assert (receipt["counts"]["rows_read"], receipt["counts"]["rows_sent"]) == (0, 8)
    assert "epsilon 1" in receipt["treatments"]["privacy"]
    # As a number by itself: three digits in a row may well stand in a digest.
    assert not re.search(r"\b432\b", json.dumps(receipt["treatments"]))
    assert "leavers" not in json.dumps(receipt["treatments"])
    (kept,) = (root / "desk" / "files" / "sheets").glob("*.json")
    assert json.loads(kept.read_bytes())["facts"]["privacy budget"] == "epsilon 1 of leavers"
    sheet = (root / "sheet.html").read_text()
    assert '<th scope="row">Rows of the table</th><td class="n">8</td>' in sheet
    assert receipt["treatments"][ON_RECEIPT] == f"sha256:{sha256(kept.read_bytes()).hexdigest()}"
    assert receipt["treatments"][ON_RECEIPT] in sheet
    assert not re.search(r"\b432\b", re.sub(r"(?s)<svg.*?</svg>", "", sheet))
    place.do("case", "dispose", place.case, made.document["release"], "--reason", "retention", by="Al Reed")
    assert not kept.exists()
