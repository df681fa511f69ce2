"""The register: do we share this with them, and what others may see of it."""

from __future__ import annotations

import csv
import io
import json
from datetime import date
from typing import Any

import html5lib
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairshare.agree.register import Entry, RegisteredParty, shorten, write_agreement_entry
from fairshare.agree.register_export import (
    FIELDS,
    publish_entry,
    write_register_csv,
    write_register_document,
    write_register_json,
    write_register_xlsx,
)
from fairshare.agree.register_search import Register
from fairshare.documents import render
from fairshare.records import Form
from fairshare.words import BadInput, FairshareError
from tests.agree.examples import ANNE, compose

DAY = date(2026, 11, 22)
ENTRY = Entry(
    id="import:x:1",
    title="Housing support",
    parties=(
        RegisteredParty(name="Hill Housing", role="discloser"),
        RegisteredParty(name="North Council", role="recipient"),
    ),
    items=("home address", "date of birth"),
    purpose="Support tenants",
    security="a locked room",
    start=DAY,
)
OTHER = ENTRY.model_copy(
    update={
        "id": "import:x:2",
        "title": "Fraud",
        "parties": (RegisteredParty(name="North Bank"), RegisteredParty(name="South Council")),
        "items": ("name",),
    }
)
INDEX = Register.make([ENTRY, OTHER])


@pytest.mark.parametrize(("asked", "found"), [
    ({"text": "housing"}, [1]),
    ({"text": "tenant supporting"}, [1, 2]),
    ({"party": "north"}, [1, 2]),
    ({"party": "North Council"}, [1]),
    ({"party": "Sou Cou"}, [2]),
    ({"items": ["addresses"]}, [1]),
    ({"items": ["birth date", "name"]}, [1, 2]),
    ({"party": "north council", "items": ["name"]}, []),
    ({"text": "zebra"}, []),
    ({"text": '" OR parties : * NEAR('}, []),
])  # fmt: skip
def test_entries_are_found_by_words_party_and_items(asked: dict[str, Any], found: list[int]) -> None:
    assert sorted(int(each.entry.id[-1]) for each in INDEX.find(**asked)) == found


def test_what_was_asked_for_and_held_is_said() -> None:
    (found,) = INDEX.find(party="hill", items=["address", "shoe size"])
    assert found.items == ("address",)


@pytest.mark.parametrize("asked", [{}, {"text": "..."}, {"text": "x" * 301}, {"text": "x", "limit": 0}])
def test_a_search_for_nothing_or_too_much_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        INDEX.find(**asked)


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=40), st.none() | st.text(max_size=20), st.lists(st.text(max_size=20), max_size=3))
def test_any_words_are_looked_for_or_refused(text: str, party: str | None, items: list[str]) -> None:
    try:
        INDEX.find(text, party=party, items=items)
    except FairshareError:
        return


def test_only_parts_that_changed_are_read_again_and_those_that_are_gone_are_forgotten() -> None:
    read: list[str] = []
    entries = {"a": [ENTRY], "b": [OTHER]}

    def read_part(name: str) -> list[Entry]:
        read.append(name)
        return entries[name]

    register = Register.make([])
    register.update({"a": "1", "b": "1"}, read_part)
    entries["b"] = []
    register.update({"a": "1", "b": "2"}, read_part)
    assert read == ["a", "b", "b"]
    assert [each.id for each in register.entries()] == [ENTRY.id]
    register.update({"b": "2"}, read_part)
    assert list(register.entries()) == []
    assert register.find("housing") == ()
    entries["c"] = [ENTRY, ENTRY]
    with pytest.raises(BadInput):
        register.update({"c": "1"}, read_part)
    assert list(register.entries()) == []


def test_an_entry_is_found_by_the_beginning_of_its_id_only_if_one_begins_so() -> None:
    assert INDEX.entry("import:x:1") == ENTRY
    assert INDEX.entry("import:x") is None
    assert INDEX.entry("%") is None


@pytest.mark.parametrize("form", list(Form))
def test_every_kind_of_agreement_has_an_entry_that_names_no_person(form: Form) -> None:
    entry = write_agreement_entry(compose(form).agreement)
    assert entry.title == "Reoffending study"
    assert ANNE.name not in entry.model_dump_json()
    assert entry.retention == "three years."


def test_what_is_not_public_is_left_out_of_every_format_and_said_so() -> None:
    published = [publish_entry(ENTRY, marks={"purpose": "an operation is open"})]
    document = write_register_json(published, organisation="Hill", day=DAY)
    page = render(write_register_document(published, organisation="Hill", day=DAY), "html")
    html5lib.HTMLParser(strict=True).parse(page.decode())
    sheet = openpyxl.load_workbook(io.BytesIO(write_register_xlsx(published))).active
    cells = " ".join(str(cell.value) for row in sheet for cell in row)
    for text in (json.dumps(document), page.decode(), write_register_csv(published).decode("utf-8-sig"), cells):
        assert "Support tenants" not in text
        assert "locked room" not in text
        assert "an operation is open" in text
        assert "home address" in text


def test_a_field_that_is_withheld_by_default_can_be_let_in_and_unknown_fields_are_refused() -> None:
    assert publish_entry(ENTRY, marks={"security": None}).fields["security"] == "a locked room"
    with pytest.raises(BadInput):
        publish_entry(ENTRY, marks={"colour": "x"})


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-cmd", "@SUM(1)", "\t=1", "＝1"])
def test_no_formula_leaves_in_a_table(text: str) -> None:
    entry = ENTRY.model_copy(update={"purpose": text, "title": text})
    published = [publish_entry(entry)]
    rows = list(csv.reader(io.StringIO(write_register_csv(published).decode("utf-8-sig"))))
    sheet = openpyxl.load_workbook(io.BytesIO(write_register_xlsx(published))).active
    for each in (rows[1], [cell.value for cell in sheet[2]]):
        assert [cell for cell in each if cell and cell.startswith("'")] == [f"'{text}", f"'{text}"]
    assert {cell.data_type for row in sheet for cell in row} <= {"s", "inlineStr", "n"}


def test_the_public_register_is_there_in_welsh_too() -> None:
    published = [publish_entry(ENTRY, language="cy")]
    page = render(write_register_document(published, organisation="Hill", day=DAY, language="cy"), "html")
    assert 'lang="cy' in page.decode()
    assert all(welsh != english for english, welsh in FIELDS.values())


def test_a_line_is_never_too_long() -> None:
    assert len(shorten("x" * 900)) == 500
