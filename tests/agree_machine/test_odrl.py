"""The agreement in ODRL: valid JSON-LD, in step with the agreement, and nothing is signed while it is not."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib import RDF, Namespace, URIRef

from fairshare.agree import draft_agreement
from fairshare.agree.odrl import write_odrl
from fairshare.agree.odrl_compare import OdrlMismatch, check_in_step, compare_odrl, parse_odrl
from fairshare.law.vocabulary import NAMESPACE
from fairshare.records import Form
from fairshare.words import BadInput, FairshareError
from tests.agree.examples import ANNE, DECISION_ID, MADE, MID, NORTH, compose, make_party
from tests.agree.test_agreements import VALID, make_decision

ODRL = Namespace("http://www.w3.org/ns/odrl/2/")
DPV = Namespace("https://w3id.org/dpv#")
GROUND = {
    "sort": "lawful_basis",
    "conclusion": "basis.task",
    "provision": "ukgdpr.art6.1.e; made.up",
    "says": "a public task",
    "mark": "read",
}


def read_graph(document: dict[str, Any]) -> rdflib.Graph:
    return rdflib.Graph().parse(data=json.dumps(document), format="json-ld")


def write_plain() -> Any:
    parties = [make_party(NORTH, "discloser"), make_party(MID, "recipient")]
    return draft_agreement(
        make_decision(),
        DECISION_ID,
        [each.model_copy(update={"key": each.key}) for each in parties],
        title="Plain",
        valid=VALID,
        review_on=VALID.start,
        salt="2" * 32,
        made_at=MADE,
        made_by=ANNE,
        terms={"Retention": "six months"},
    )


@pytest.mark.parametrize("form", list(Form))
def test_every_kind_of_agreement_is_an_odrl_agreement_with_parties_rules_and_no_address_to_fetch(form: Form) -> None:
    agreement = compose(form).agreement
    graph = read_graph(write_odrl(agreement))
    policy = graph.value(predicate=RDF.type, object=ODRL.Agreement)
    assert policy is not None
    for predicate in (ODRL.uid, ODRL.assigner, ODRL.assignee, ODRL.obligation, DPV.hasPurpose):
        assert graph.value(policy, predicate) is not None, predicate
    for rule in (*graph.subjects(RDF.type, ODRL.Permission), *graph.subjects(RDF.type, ODRL.Duty)):
        assert isinstance(graph.value(rule, ODRL.action), URIRef)
    for permission in graph.subjects(RDF.type, ODRL.Permission):
        operands = {str(graph.value(each, ODRL.leftOperand)) for each in graph.objects(permission, ODRL.constraint)}
        assert operands == {
            *(str(ODRL[name]) for name in ("purpose", "dateTime", "recipient")),
            f"{NAMESPACE}treatment",
        }
        assert graph.value(permission, ODRL.target) in set(graph.objects(policy, DPV.hasPersonalData))
    assert len(set(graph.subjects(RDF.type, ODRL.Permission))) == len(agreement.items)


def test_lawful_bases_are_terms_of_the_vocabulary_where_it_has_them_and_words_where_it_does_not() -> None:
    graph = read_graph(write_odrl(compose(decision={"grounds": [GROUND]}).agreement))
    basis = next(each for each in graph.subjects(RDF.type, DPV.LegalBasis) if (each, None, None) in graph)
    terms = set(graph.objects(None, URIRef(f"{NAMESPACE}term")))
    assert basis is not None
    assert terms == {URIRef(f"{NAMESPACE}ukgdpr.art6.1.e")}
    assert [str(each) for each in graph.objects(None, URIRef(f"{NAMESPACE}provision"))] == ["made.up"]


def test_no_contact_is_named_in_it() -> None:
    assert ANNE.name not in json.dumps(write_odrl(compose().agreement))


@pytest.mark.parametrize("agreement", [compose().agreement, compose(Form.JOINT).agreement, write_plain()])
def test_what_was_written_is_in_step_also_after_a_round_trip_and_in_another_order(agreement: Any) -> None:
    written = write_odrl(agreement)
    for name, value in written.items():
        if isinstance(value, list):
            written[name] = value[::-1]
    again = parse_odrl(json.dumps(dict(reversed(written.items()))).encode(), where="a.json")
    assert compare_odrl(agreement, again) == ()
    check_in_step(agreement, again)


CHANGES = {
    "the title": lambda node: node.update({"dct:title": "Another"}),
    "the day of the review": lambda node: node["fsuk:reviewOn"].update({"@value": "2030-01-01"}),
    "item i1: the last day": lambda node: find(node, "permission-i1-until")["odrl:rightOperand"].update(
        {"@value": "2030-01-01"}
    ),
    "item i1: how it is treated": lambda node: find(node, "permission-i1-treatment").update(
        {"odrl:rightOperand": "pseudonymise"}
    ),
    "item i1: the name": lambda node: find(node, "item-i1").update({"rdfs:label": "address"}),
    "item i1: what may, must or must not be done": lambda node: find(node, "permission-i1").update(
        {"odrl:action": {"@id": "odrl:sell"}}
    ),
    "party 2: the name": lambda node: node["fsuk:party"][1].update({"rdfs:label": "Somebody Ltd"}),
    "the purpose: the code": lambda node: node["dpv:hasPurpose"].update({"fsuk:code": "marketing"}),
    "clause items.onward: the words": lambda node: find(node, "clause-items.onward").update(
        {"dct:description": "May."}
    ),
    "the prohibitions": lambda node: node.pop("odrl:prohibition"),
    "who receives": lambda node: node["odrl:assignee"].append({"@id": "urn:example:somebody"}),
    "the names that the file is written with": lambda node: node["@context"].update({"odrl": "urn:x:"}),
    "ex:more": lambda node: node.update({"ex:more": 1}),
}


def find(node: Any, end: str) -> Any:
    """The node of a document whose name ends so."""
    if isinstance(node, dict):
        if str(node.get("@id", "")).endswith(f"#{end}") and len(node) > 1:
            return node
        node = list(node.values())
    found = (find(each, end) for each in node) if isinstance(node, list) else iter(())
    return next((each for each in found if each is not None), None)


@pytest.mark.parametrize("field", CHANGES)
def test_every_edit_of_the_odrl_file_is_a_difference_in_words_and_refused(field: str) -> None:
    agreement = compose().agreement
    edited = deepcopy(write_odrl(agreement))
    CHANGES[field](edited)
    assert field in [each.field for each in compare_odrl(agreement, edited)]
    with pytest.raises(OdrlMismatch):
        check_in_step(agreement, edited)


def test_an_edit_of_the_agreement_is_a_difference_with_both_sides_in_words() -> None:
    agreement = compose().agreement
    edited = agreement.model_copy(update={"treatments": {"i1": "year"}})
    says = [each.says for each in compare_odrl(edited, write_odrl(agreement))]
    assert "item i1: how it is treated: the agreement says 'year', the ODRL file 'as it is'." in says


def list_leaves(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(node, dict | list):
        pairs = node.items() if isinstance(node, dict) else enumerate(node)
        return [leaf for name, each in pairs for leaf in list_leaves(each, (*path, name))]
    return [path]


WRITTEN = write_odrl(compose().agreement)
LEAVES = list_leaves(WRITTEN)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(LEAVES), st.one_of(st.text(max_size=5), st.booleans(), st.integers(), st.none()))
def test_no_change_of_any_value_goes_unseen(path: tuple[Any, ...], value: Any) -> None:
    edited: Any = deepcopy(WRITTEN)
    holder = edited
    for step in path[:-1]:
        holder = holder[step]
    if holder[path[-1]] == value:
        return
    holder[path[-1]] = value
    assert compare_odrl(compose().agreement, edited)


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["@id", "@type", "@context", "@value", "odrl:permission", "odrl:uid"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps({"@type": "odrl:Agreement"} | value if isinstance(value, dict) else value).encode())
)
def test_any_bytes_are_compared_or_refused(raw: bytes) -> None:
    try:
        found = parse_odrl(raw, where="x.json")
    except FairshareError:
        return
    assert isinstance(compare_odrl(compose().agreement, found), tuple)


@pytest.mark.parametrize("raw", [b"{}", b"[]", b'{"@type": "odrl:Offer"}', b"\xff", b"[" * 999])
def test_what_is_no_odrl_agreement_is_refused(raw: bytes, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        parse_odrl(raw, where="x.json")


def test_clauses_that_forbid_are_prohibitions_of_that_and_others_are_duties_with_the_action_that_odrl_has() -> None:
    graph = read_graph(write_odrl(compose().agreement))
    actions = {
        str(rule).rpartition("#")[2]: (str(sort).rpartition("/")[2], str(graph.value(rule, ODRL.action)))
        for sort in (ODRL.Prohibition, ODRL.Duty)
        for rule in graph.subjects(RDF.type, sort)
    }
    assert actions["clause-items.onward"] == ("Prohibition", str(ODRL.distribute))
    assert actions["clause-care.retention"] == ("Duty", str(ODRL.delete))
    assert actions["clause-life.review"] == ("Duty", str(ODRL.reviewPolicy))
    assert actions["clause-basis.comply"] == ("Duty", f"{NAMESPACE}observe")
