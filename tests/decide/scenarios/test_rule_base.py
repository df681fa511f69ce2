"""The rule base that comes with Fairshare: sound, worded, and walked to the end by every tool."""

import re
from contextlib import suppress
from datetime import date
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairshare.decide.contradiction import ContradictoryAnswers
from fairshare.decide.evaluate import find_program
from fairshare.decide.library import HeldLaw, load_real_base, load_words
from fairshare.decide.load_checks import days_of_law
from fairshare.decide.program import CaseShape, Program
from fairshare.decide.relevance import next_question
from fairshare.decide.settle import find_settled_outcome, settle
from fairshare.decide.verify import verify_rules
from fairshare.decide.words import list_missing_words, list_stray_words
from fairshare.law import load_law
from fairshare.words import Mark
from tools.tools_page import PAGE, render_page

TODAY = date(2026, 11, 22)
TOOLS = sorted(load_real_base().tools)
ONE_OF_EACH = CaseShape(("f1",), ("p1",), (("i1", "f1", "p1"), ("i2", "f1", None)))
"""An item about somebody and an item about nobody in particular."""
LONGEST_SENTENCE = 35
BLOCKING = ("forbidden", "refuse", "need")
"""How the names of conclusions begin that forbid sharing, refuse it, or hold it up until something is obtained."""


def test_verify_finds_no_fault() -> None:
    faults = verify_rules(load_real_base(), law=HeldLaw(load_law()))
    assert not faults, "\n".join(str(fault) for fault in faults)


def test_everything_has_english_words_and_nothing_else_does() -> None:
    base, words = load_real_base(), load_words("en")
    assert list_missing_words(base, words) == []
    assert list_stray_words(base, words) == []
    assert [fact.id for fact in base.facts.values() if not words.fact(fact.id).help] == []
    assert [gate for gate in base.gates if gate not in words.gates] == []


def test_every_factor_of_a_finding_has_a_label() -> None:
    words = load_words("en")
    for fact in load_real_base().facts.values():
        if fact.judgement:
            assert fact.judgement.factors, fact.id
            assert set(fact.judgement.factors) == set(words.fact(fact.id).factors), fact.id


def list_sentences() -> list[tuple[str, str]]:
    """Every text that is made of sentences, with what it belongs to."""
    words = load_words("en")
    found = [(name, each.help) for name, each in words.facts.items()]
    for name, each in words.conclusions.items():
        found += [(name, text) for text in (each.true, each.false, each.action, each.next_step) if text]
    return found + [(name, each.because) for name, each in words.rules.items()]


def test_sentences_are_whole_and_short() -> None:
    for name, text in list_sentences():
        assert text.endswith("."), f"{name}: {text}"
        for sentence in re.split(r"(?<=[.?]) ", text):
            assert len(sentence.split()) <= LONGEST_SENTENCE, f"{name}: {sentence}"


def test_questions_ask_and_answers_fit_into_a_proof() -> None:
    for name, each in load_words("en").facts.items():
        assert each.question.endswith("?"), name
        for state in each.states.values():
            assert not state.endswith("."), f"{name}: {state}"


def test_every_conclusion_that_holds_something_up_says_what_to_do_next() -> None:
    base, words = load_real_base(), load_words("en")
    blockers = [name for name in base.conclusions if name.split(".")[0] in ("need", "refer", "refuse", "forbidden")]
    assert [name for name in blockers if not words.conclusion(name).next_step and name != "refer.open"] == []


def test_nearly_all_law_behind_what_blocks_was_read() -> None:
    base, law = load_real_base(), HeldLaw(load_law())
    rules = [each for each in base.rules.values() if each.positive and each.conclusion.split(".")[0] in BLOCKING]
    cited = {(name, day) for each in rules for name in each.cite if law.is_law(name) for day in days_of_law(each)}
    marks = {name: {law.mark(name, day) for each, day in cited if each == name} for name, _ in cited}
    unread = sorted(name for name, found in marks.items() if found != {Mark.READ})
    assert len(unread) <= 0.1 * len(marks), f"{len(unread)} of {len(marks)} were not read: {unread}"


def test_the_promises_of_the_product_stand_as_properties_by_name() -> None:
    assert {
        "special_category_is_never_lawful_without_a_condition",
        "public_authority_never_relies_on_an_interest_for_its_tasks",
        "public_task_response_never_stands_without_the_written_statement",
        "refusing_consent_never_by_itself_blocks_safeguarding",
        "emergency_never_waits_for_a_document",
        "nothing_goes_to_anybody_on_the_never_contact_list",
    } <= {each.id for each in load_real_base().properties}


@pytest.mark.parametrize("tool", TOOLS)
@settings(max_examples=4)
@given(choices=st.randoms(use_true_random=False))
def test_every_walk_ends_with_an_outcome_for_every_item(tool: str, choices: Random) -> None:
    program = find_program(load_real_base(), tool, ONE_OF_EACH, TODAY)
    known = {at: 0 for at, variable in enumerate(program.variables) if len(variable.values) == 1}
    while (question := next_question(program, known)) is not None:
        assert question not in known
        known |= choose_value(program, known, question, choices)
    statuses = settle(program, known)
    assert None not in [find_settled_outcome(statuses, program, item) for item in program.outcomes]


def choose_value(program: Program, known: dict[int, int], question: int, choices: Random) -> dict[int, int]:
    """An answer that the others do not rule out; a walk refuses one that they do."""
    values = list(range(len(program.variables[question].values)))
    choices.shuffle(values)
    for value in values:
        with suppress(ContradictoryAnswers):
            settle(program, known | {question: value})
            return {question: value}
    raise AssertionError("every answer to a question that was asked is ruled out")


def test_the_page_about_the_tools_is_up_to_date() -> None:
    assert PAGE.read_text("utf-8") == render_page(), "run `make docs`"
