"""The published JSON Schemas: they are up to date, and real records and archives satisfy them."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from fairshare.ledger import verify_archive
from fairshare.ledger.schemas import SCHEMAS, write_schemas
from fairshare.records import StoredRecord, encode, withhold_fields
from tests.ledger.test_archive import genuine
from tests.records.examples import RECORDS, SIGNED, TRUSTED

PUBLISHED = Path(__file__).parents[2] / "docs" / "reference" / "schemas"


def validate(name: str, found: Any) -> None:
    schema = json.loads((PUBLISHED / f"{name}.json").read_bytes())
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(found)


def test_the_published_schemas_are_up_to_date(tmp_path: Path) -> None:
    write_schemas(tmp_path)
    expected = {each.name: each.read_text() for each in tmp_path.iterdir()}
    # The schema of plans is written from the plan language, and looked after with the rest of the reference.
    found = {each.name: each.read_text() for each in PUBLISHED.iterdir() if each.name != "plan-language.json"}
    assert found == expected, "run: python -m fairshare.ledger.schemas docs/reference/schemas"


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_published_schema_is_a_schema(name: str) -> None:
    schema = json.loads((PUBLISHED / f"{name}.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"urn:fairshare:schema:{name}"


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.kind)
def test_a_record_satisfies_its_schema_and_one_without_a_field_does_not(record: Any) -> None:
    found = json.loads(encode(record))
    validate(f"{record.kind}-1", found)
    for name in found:
        with pytest.raises(Exception, match="is a required property"):
            validate(f"{record.kind}-1", {each: value for each, value in found.items() if each != name})
    with pytest.raises(Exception, match="1 was expected"):
        validate(f"{record.kind}-1", found | {"version": 2})


@pytest.mark.parametrize(
    ("name", "value"), [("signed-record-1", SIGNED[2]), ("partial-record-1", withhold_fields(SIGNED[0]))]
)
def test_a_stored_record_satisfies_its_schema(name: str, value: StoredRecord) -> None:
    validate(name, json.loads(encode(value)))


def test_an_archive_and_a_report_satisfy_their_schemas() -> None:
    validate("case-archive-1", json.loads(genuine()))
    validate("verification-report-1", json.loads(encode(verify_archive(genuine(), TRUSTED))))
