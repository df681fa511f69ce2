"""The UK legal vocabulary: every term stands for law that is held, and both files say the same."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib import RDF, SKOS, Graph, URIRef
from rdflib.compare import isomorphic

from fairshare.law import load_law
from fairshare.law.checking import MalformedLaw
from fairshare.law.vocabulary import NAMESPACE, build_vocabulary, list_terms, load_terms, parse_schemes
from fairshare.words import FairshareError
from tools.vocabulary_files import FOLDER, render_files


@pytest.fixture(scope="module")
def graph() -> Graph:
    return Graph().parse(data=json.dumps(build_vocabulary()), format="json-ld")


def test_the_published_files_say_what_the_law_files_say(graph: Graph) -> None:
    assert {path: path.read_text() for path in render_files()} == render_files()
    assert isomorphic(Graph().parse(FOLDER / "fairshare-uk.ttl", format="turtle"), graph)


def test_there_are_seven_lawful_bases_and_five_recognised_interests() -> None:
    counted = [term.scheme for term in load_terms()]
    assert (counted.count("LawfulBasis"), counted.count("RecognisedLegitimateInterest")) == (7, 5)
    assert counted.count("ScheduleOneCondition") == 35
    assert len({term.provision for term in load_terms()}) == len(counted)


def test_every_term_has_a_scheme_a_label_in_both_languages_a_mark_and_something_broader(graph: Graph) -> None:
    for term in graph.subjects(RDF.type, SKOS.Concept):
        (scheme,) = graph.objects(term, SKOS.inScheme)
        assert (scheme, RDF.type, SKOS.ConceptScheme) in graph
        assert {label.language for label in graph.objects(term, SKOS.prefLabel)} == {"en", "cy"}, term
        assert {str(each) for each in graph.objects(term, URIRef(f"{NAMESPACE}checked"))} <= {
            "read",
            "secondary",
            "remembered",
        }
        for broader in graph.objects(term, SKOS.broader):
            ours = str(broader).startswith(NAMESPACE)
            assert not ours or (broader, RDF.type, SKOS.Concept) in graph, broader


def test_a_term_for_law_that_is_not_held_is_refused() -> None:
    raw = b"""schemes:
  - {id: Bad, label: {en: Bad, cy: Drwg}, kind: dpv:Law, terms: [{provision: nowhere.s1}]}
"""
    with pytest.raises(MalformedLaw, match=r"nowhere\.s1"):
        list(list_terms(parse_schemes(raw, where="bad.yaml"), load_law()))


@given(st.binary(max_size=200))
def test_any_bytes_are_schemes_or_an_error(raw: bytes) -> None:
    try:
        parse_schemes(raw, where="any.yaml")
    except FairshareError:
        pass
