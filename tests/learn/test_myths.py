"""The myths: whose they are, what is true instead, and the questions on which they bite."""

import pytest

from fairshare.learn import load_handbook, load_myths, myths_for_fact

MYTHS = load_myths("en")


def test_those_of_the_code_and_of_the_regulators_page_are_there_and_ours_are_called_ours():
    whose = [each.whose for each in MYTHS]
    assert whose.count("code") == 4
    assert whose.count("hub") == 2
    assert whose.count("ours") >= 8
    assert len(MYTHS) >= 14


def test_welsh_says_the_same_things():
    welsh = load_myths("cy")
    assert [(each.id, each.facts, each.cites) for each in welsh] == [
        (each.id, each.facts, each.cites) for each in MYTHS
    ]
    assert [one.id for one, other in zip(MYTHS, welsh, strict=True) if one.truth == other.truth] == []


@pytest.mark.parametrize("myth", MYTHS, ids=lambda each: each.id)
def test_a_myth_says_what_is_true_why_it_is_believed_and_where_it_bites(myth):
    assert myth.statement.endswith(".")
    assert myth.truth.endswith(".")
    assert len(myth.truth.split()) <= 60
    assert myth.why_believed.endswith(".")
    assert myth.facts
    assert myth.read_on in {each.id for each in load_handbook().paragraphs}


@pytest.mark.parametrize(
    ("fact", "myth"),
    [
        ("request.claims_compulsion", "police_request_compels"),
        ("consent.state", "safeguarding_needs_consent"),
        ("consent.state", "refusal_ends_it"),
        ("purpose.exemption_used", "exemption_switches_off"),
        ("request.statement", "public_bodies_cannot_be_refused"),
        ("holder.own_task", "their_task_is_ours"),
        ("emergency.civil_contingencies", "any_emergency_is_the_condition"),
        ("identity.check", "a_badge_is_proof"),
    ],
)
def test_a_myth_is_shown_on_the_question_whose_answer_it_distorts(fact, myth):
    assert myth in [each.id for each in myths_for_fact(fact)]
    assert myth in [each.id for each in myths_for_fact(fact, "cy")]


def test_no_myth_is_shown_on_a_question_that_none_distorts():
    assert myths_for_fact("nation") == ()
