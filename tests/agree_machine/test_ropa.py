"""The record of processing and the catalogue entry that come out of an agreement."""

from __future__ import annotations

import json
from typing import Any

import pytest
import rdflib
from rdflib import RDF, Namespace

from fairshare.agree.ropa import (
    CITES,
    NOT_SAID,
    head_field,
    list_rows,
    write_dcat,
    write_processing_record,
)
from fairshare.law import load_law
from fairshare.records import Agreement, Form, record_id
from fairshare.words import NotFound
from tests.agree.examples import ANNE, MID, NORTH, SLOTS, compose
from tests.agree.test_agreements import make_decision

DCAT = Namespace("http://www.w3.org/ns/dcat#")


def test_a_controllers_record_has_what_the_article_asks_for() -> None:
    record = write_processing_record(compose().agreement, NORTH)
    assert record.role == "controller"
    assert record.fields["recipients"] == MID
    assert record.fields["time_limits"] == "three years."
    assert record.fields["security"] == "a research server."
    assert "week of arrest" in record.fields["categories"]
    assert set(record.missing) >= {"dpo"}
    assert CITES in load_law().provisions


def test_a_processors_record_says_for_whom_it_acts_and_has_the_processors_fields() -> None:
    agreement = compose(Form.PROCESSOR).agreement
    record = write_processing_record(agreement, MID)
    assert record.role == "processor"
    assert record.fields["on_behalf_of"] == NORTH
    assert "categories" not in record.fields
    assert write_processing_record(agreement, NORTH).role == "controller"


def test_joint_controllers_are_named() -> None:
    assert write_processing_record(compose(Form.JOINT).agreement, NORTH).fields["joint_controllers"] == MID


def test_who_is_no_party_has_no_record() -> None:
    with pytest.raises(NotFound):
        write_processing_record(compose().agreement, "Somebody")


def test_rows_hold_no_formula_and_every_heading_is_there_in_both_languages() -> None:
    agreement = compose(slots=SLOTS | {"security": "=HYPERLINK(1)"}).agreement
    record = write_processing_record(agreement, NORTH)
    assert ("Security measures", "'=HYPERLINK(1)") in list_rows(record)
    assert all(head_field(name, "cy") != head_field(name) for name in record.fields)
    assert NOT_SAID in dict(list_rows(record, "cy")).values()


def test_the_catalogue_entry_is_valid_json_ld_and_points_to_the_policy() -> None:
    agreement = compose().agreement
    entry: dict[str, Any] = write_dcat(agreement)
    graph = rdflib.Graph().parse(data=json.dumps(entry), format="json-ld")
    dataset = graph.value(predicate=RDF.type, object=DCAT.Dataset)
    policy = graph.value(dataset, Namespace("http://www.w3.org/ns/odrl/2/").hasPolicy)
    assert str(policy).endswith(record_id(agreement)[7:])
    assert len(set(graph.objects(dataset, DCAT.keyword))) == len(agreement.items)


def test_an_agreement_without_schedules_takes_security_from_its_terms_and_the_bases_from_its_decision() -> None:
    ground = {
        "sort": "lawful_basis", "conclusion": "b", "provision": "ukgdpr.art6.1.e", "says": "public task",
        "mark": "read",
    }  # fmt: skip
    plain = Agreement.model_validate(
        compose().agreement.model_dump(include=set(Agreement.model_fields) - {"version", "parties"})
        | {
            "parties": [
                {"organisation": {"name": NORTH}, "role": "discloser", "key": "a" * 43, "contact": ANNE},
                {"organisation": {"name": MID}, "role": "recipient", "key": "b" * 43, "contact": ANNE},
            ],
            "terms": {"Security": "a locked room", "Retention of rows": "six months"},
        }
    )
    record = write_processing_record(plain, NORTH, decision=make_decision(grounds=[ground]))
    assert [record.fields[name] for name in ("security", "time_limits", "bases")] == [
        "a locked room",
        "six months",
        "public task",
    ]
    assert write_processing_record(plain, MID).fields["bases"] == NOT_SAID
