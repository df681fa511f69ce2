"""The commands for agreements: files in, files out, and one family of errors whatever the files hold."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairshare.records import Form
from tests.agree.examples import SLOTS
from tests.cli.conftest import run_app
from tests.cli.test_desk import RULING, decide, make_place

ENDS = {0, 2, 3, 4, 5, 6}
PERSON = {"name": "A. Lead", "role": "lead"}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A case that was decided as routine, with a partner's key, and an agreement composed from it."""
    place = make_place(tmp_path_factory.mktemp("agreements"))
    place.write("ruling.yaml", RULING + "routine: true\n")
    decide(place, "--ruling", place.root / "ruling.yaml")
    terms = {
        "form": "one_way",
        "title": "Addresses",
        "valid": {"start": "2026-01-01", "end": "2998-01-01"},
        "review_on": "2997-01-01",
        "slots": SLOTS,
        "parties": [
            {
                "organisation": {"name": "Harbour Homes"},
                "role": "discloser",
                "key_file": "desk/public-key.json",
                "contact": PERSON,
            },
            {
                "organisation": {"name": "Northshire Police"},
                "role": "recipient",
                "key_file": "police.public.json",
                "contact": PERSON,
                "turn": 2,
            },
        ],
    }
    place.write("full.yaml", json.dumps(terms))
    out = ["--out", place.root / "draft.json", "--write", place.root / "a.docx", "--summary", place.root / "s.html"]
    place.made = place.do("agree", "new", place.case, place.root / "full.yaml", *out, by="Jo Heron")
    return place


def test_a_new_agreement_says_why_each_clause_is_in_and_writes_what_is_asked_for(place):
    assert place.made["gaps"] == []
    assert {each["why"] for each in place.made["clauses"]} >= {"applies", "only_offered"}
    assert (place.root / "a.docx").read_bytes().startswith(b"PK")
    assert "Addresses" in (place.root / "s.html").read_text()
    shown = place.do("agree", "show", place.case, by="Jo Heron")
    assert shown["why_not"] == "This is a draft."
    assert run_app("agree", "show", place.root / "draft.json", "--json").document["in_force"] is False


def test_the_clause_bank_is_listed_by_kind_and_in_welsh():
    every = run_app("agree", "clauses", "--json").document["clauses"]
    joint = run_app("agree", "clauses", "--form", "joint_controllers", "--json").document["clauses"]
    assert {each["clause"] for each in joint} < {each["clause"] for each in every}
    assert "Sail gyfreithlon" in run_app("agree", "clauses", "basis.schedule", "--welsh").out
    assert run_app("agree", "clauses", "--form", "treaty", "--json").exit_code == 3
    assert all(source["mark"] for each in every for source in each["sources"])


def test_a_copy_edited_in_word_comes_back_as_proposals_is_signed_and_varied(place):
    from docx import Document

    document = Document(str(place.root / "a.docx"))
    for paragraph in document.paragraphs:
        for run in paragraph.runs:
            run.text = run.text.replace("at the latest after 24 hours", "at the latest after 12 hours")
    document.save(str(place.root / "edited.docx"))
    key = ["--key", place.root / "police.json"]
    edited = ["--edited", place.root / "edited.docx", "--reason", "Sooner"]
    done = run_app(
        "agree", "propose", place.root / "draft.json", *edited, *key, "--out", place.root / "p.json", "--json"
    )
    assert [each["notice"]["matter"]["clause"] for each in done.document["proposals"]] == ["care.breach"]
    place.do("agree", "take", place.case, place.root / "p.json", by="Jo Heron")
    sign = ["agree", "sign", place.case, "--out", place.root / "one.json"]
    assert place.run(*sign, by="Jo Heron").error["code"] == "PROPOSAL_OPEN"
    place.do("agree", "answer", place.case, place.root / "p.json", "accept", by="Jo Heron")
    place.do(*sign, by="Jo Heron")
    assert "12 hours" in place.do("agree", "show", place.case, by="Jo Heron")["text"]
    trust = ["--trust", place.root / "desk" / "public-key.json", "--out", place.root / "two.json"]
    assert run_app("agree", "countersign", place.root / "one.json", *key, *trust).exit_code == 0
    assert place.do("agree", "take", place.case, place.root / "two.json", by="Jo Heron")["in_force"] is True
    third = {"organisation": {"name": "West"}, "role": "recipient", "contact": PERSON, "turn": 3}
    place.write("west.yaml", json.dumps(third))
    joined = place.do(
        "agree", "join", place.case, place.root / "west.yaml", "--out", place.root / "three.json", by="Jo Heron"
    )
    assert len(joined["agreement"]["parties"]) == 3
    found = run_app("agree", "compare", place.root / "two.json", place.root / "three.json", "--json").document
    assert [each["id"] for each in found["differences"]] == ["record.parties"]
    assert place.do("agree", "show", place.case, by="Jo Heron")["current"] is not None
    assert place.do("agree", "reminders", by="Jo Heron")["reminders"]


@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_whatever_a_file_holds_a_command_ends_in_the_family(place, data):
    name = data.draw(st.sampled_from(["full.yaml", "draft.json"]))
    raw = bytearray((place.root / name).read_bytes())
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    (place.root / "hurt").write_bytes(bytes(raw))
    jo = ["--desk", place.root / "desk", "--as", "Jo Heron", "--json"]
    hurt, key = place.root / "hurt", ["--key", place.root / "police.json"]
    for words in (
        ["agree", "new", "case-x", hurt, *jo],
        ["agree", "show", hurt, "--json"],
        ["agree", "compare", hurt, place.root / "draft.json", "--json"],
        ["agree", "propose", hurt, "--clause", "care.breach", "--text", "x", *key, "--json"],
        ["agree", "propose", place.case, "--edited", hurt, *jo],
        ["agree", "take", place.case, hurt, *jo],
    ):
        done = run_app(*words)
        assert done.exit_code in ENDS, done.out
        found = json.loads(done.out)
        assert done.exit_code == 0 or found["error"]["code"] != "UNEXPECTED"


def test_every_kind_has_a_name_on_the_command_line():
    for form in Form:
        assert run_app("agree", "clauses", "--form", form.value, "--json").exit_code == 0
