"""Proofs say in plain sentences what the evaluation says, and why a question is asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from fairshare.decide.answers import assignment, spread_answers
from fairshare.decide.conditions_in_words import Sight, weigh
from fairshare.decide.evaluate import Result, evaluate, find_program
from fairshare.decide.explain import Proof, cite_from, explain, explain_question, make_sight, tell_proof
from fairshare.decide.ground import key_of, list_views
from fairshare.decide.load import read_base
from fairshare.decide.phrases import load_phrases
from fairshare.decide.program import CaseShape
from fairshare.decide.settle import Status, settle
from fairshare.decide.words import Language, Words, list_missing_words, list_stray_words, read_words, spell
from fairshare.law import load_law
from fairshare.words import Answer, FairshareError, Mark
from tests.decide.core.sample_base import FOLDER, LAW_DATE, POLICE, SHAPE, TOOL, sample_base, sample_words
from tests.decide.oracle import worlds
from tests.decide.random_bases import Case, draw_case

CITE = cite_from(load_law(), LAW_DATE)


def look(changes: dict[str, Any] | None = None, language: Language = "en") -> tuple[Sight, Result]:
    """The police case with some answers changed; None leaves a question unasked."""
    base = sample_base()
    program = find_program(base, TOOL, SHAPE, LAW_DATE)
    answers = {key: answer for key, answer in POLICE.items() if (changes or {}).get(key, 0) is not None}
    answers |= {key: Answer(value=value) for key, value in (changes or {}).items() if value is not None}
    known = assignment(program, answers)
    result = evaluate(program, known)
    truths = {
        key: {Status.TRUE: True, Status.FALSE: False}.get(status) for key, status in settle(program, known).items()
    }
    sight = make_sight(
        base,
        result,
        sample_words(language),
        answers=spread_answers(program, answers),
        truths=truths,
        labels={"i1": "Camera 3", "i2": "Door log"},
    )
    return sight, result


def tell(key: str, changes: dict[str, Any] | None = None) -> list[str]:
    sight, result = look(changes)
    return [each.text for each in tell_proof(explain(sight, result, key, CITE), sight.phrases)]


def test_a_proof_says_answers_rules_exceptions_and_law_in_order() -> None:
    told = tell("need.more@i1", {"request.in_writing": False})
    assert told[0] == "Wait until the request is in writing."
    assert told[1] == "Rule: The request is not in writing."
    assert "Because the request is not in writing." in told
    assert "An exception would be that a court ordered it. It does not apply." in told
    assert any(line.startswith("Law: Data Protection Act 2018, section 30") for line in told)


@pytest.mark.parametrize(
    ("key", "changes", "says"),
    [
        ("share.must@i1", {}, "Not met: it would need that “Legal obligation” holds."),
        ("share.may@i1", {"request.in_writing": False}, "An exception applies: “Get it in writing” holds."),
        ("share.may@i1", {"item.privileged": True}, "But another rule speaks against it"),
        ("condition.guardian@p1", {}, "Not met: it would need that “How old is this person?” gives less than 18"),
        ("condition.guardian@p1", {}, "As it stands, the person is 34 years old."),
        ("condition.guardian@p1", {"person.age_years": None}, "not yet answered: “How old is this person?”"),
        ("condition.guardian@p1", {"person.age_years": "unobtainable"}, "nobody knows how old the person is"),
        ("refuse.not_needed@i1", {"necessity.finding": None}, "A rule that can still lead here"),
        ("share.redact@i2", {}, "Door log: it shows nobody else"),
        ("share.may@i1", {}, "(found by Jo Field, Data protection officer)"),
    ],
)
def test_a_proof_says_why_not_and_what_is_open(key: str, changes: dict[str, Any], says: str) -> None:
    assert any(says in line for line in tell(key, changes)), tell(key, changes)


def test_what_follows_only_from_all_cases_together_is_said_so() -> None:
    always = {"conclude": "end", "level": "must", "cite": ["a.s1"]}
    base = read_base(
        {
            "facts/f.yaml": {"facts": {"it": {"type": "bool", "always_known": True}}},
            "gates/g.yaml": {
                "gate": "g",
                "conclusions": {"end": {}},
                "rules": [{"id": "one", "if": "it is yes", **always}, {"id": "other", "if": "it is no", **always}],
            },
            "rollup.yaml": {"rows": [], "default": "DEFER_NEED_INFO"},
            "tools/t.yaml": {"tool": "t", "gates": ["g"], "goals": ["end"]},
        }
    )
    program = find_program(base, "t", CaseShape(), LAW_DATE)
    result = evaluate(program, {})
    assert result.conclusions == {"end": None}
    proof = explain(make_sight(base, result, Words("en"), truths={"end": True}), result, "end", CITE)
    told = [each.text for each in tell_proof(proof, load_phrases("en"))]
    assert "Whatever the open answers turn out to be, this holds." in told
    assert sum(line.startswith("A rule that can still lead here") for line in told) == 2


def test_the_weakest_mark_of_a_proof_is_known() -> None:
    sight, result = look({"request.in_writing": False})
    assert explain(sight, result, "need.more@i1", CITE).weakest is Mark.SECONDARY
    assert explain(sight, result, "identity.known@f1", CITE).weakest is Mark.READ


def test_a_question_says_why_it_is_asked() -> None:
    sight, result = look({"danger.now": None, "necessity.finding": None})
    why = explain_question(sight, result, "danger.now")
    assert why[0] == "A life comes before any form."
    finding = explain_question(sight, result, "necessity.finding@i1")
    assert "decider" in finding[0]
    assert "whether less would do" in finding[0]
    assert any("Somebody must judge whether it is needed" in line for line in finding)


def test_a_welsh_proof_uses_welsh_words() -> None:
    sight, result = look(language="cy")
    told = tell_proof(explain(sight, result, "share.may@i1", cite_from(load_law(), LAW_DATE, "cy")), sight.phrases)
    assert any(line.text.startswith("Rheol: CY ") for line in told)
    assert sample_words("cy").unreviewed


def list_proofs(proof: Proof) -> list[Proof]:
    found = [proof]
    for rule in (*proof.rules, *proof.against):
        for part in (*rule.conditions, *rule.exceptions):
            for step in part.steps:
                if step.proof:
                    found += list_proofs(step.proof)
    return found


@given(draw_case(completions=60))
def test_every_proof_says_what_the_evaluation_says(case: Case) -> None:
    base, program, known = case
    result = evaluate(program, known)
    sight = make_sight(base, result, Words("en"))
    for key in program.conclusions:
        proof = explain(sight, result, key, CITE)
        assert tell_proof(proof, sight.phrases)
        for each in list_proofs(proof):
            assert each.truth is result.conclusions[each.key]
            for rule in (*each.rules, *each.against):
                parts = [part.truth for part in rule.conditions]
                stops = [part.truth for part in rule.exceptions]
                if rule.fires is True:
                    assert all(parts)
                    assert not any(stops)
                if rule.fires is False and each.truth is not None:
                    assert rule.faults or None in [*parts, *stops]


@given(draw_case(completions=60))
def test_conditions_in_words_weigh_as_the_program_does(case: Case) -> None:
    base, program, known = case
    for values, world in worlds(base, program, known):
        result = evaluate(program, dict(enumerate(values)))
        sight = make_sight(base, result, Words("en"))
        for rule in program.rules:
            written = base.rules[rule.rule]
            scope = base.conclusions[written.conclusion].scope
            view = next(
                view
                for view in list_views(program.shape, scope)
                if key_of("", view.instance(scope) or "") == key_of("", rule.instance)
            )
            seen = next(each for each in world.instances(scope) if each[scope] == rule.instance)
            for part in (*written.conditions, *written.exceptions):
                weighed = weigh(sight, part, view)
                assert weighed is None or weighed is world.true(part, seen)
        break


def test_the_sample_has_all_its_words_and_no_stray_ones() -> None:
    for language in ("en", "cy"):
        words = sample_words(language)  # type: ignore[arg-type]
        assert list_missing_words(sample_base(), words) == []
        assert list_stray_words(sample_base(), words) == []
    assert list_missing_words(sample_base(), Words("en"))[:2] == ["facts.nation", "facts.trigger"]


def test_words_that_say_one_thing_twice_or_have_another_shape_are_refused(tmp_path: Any) -> None:
    text = (FOLDER / "words" / "en" / "all.yaml").read_text()
    (tmp_path / "one.yaml").write_text(text)
    (tmp_path / "two.yaml").write_text("rules: {need.more.writing: {because: Again.}}")
    with pytest.raises(FairshareError) as caught:
        read_words(tmp_path, "en")
    assert caught.value.code == "WORDS_NOT_VALID"
    (tmp_path / "two.yaml").write_text("rules: {need.more.writing: {why: Again.}}")
    with pytest.raises(FairshareError) as caught:
        read_words(tmp_path, "en")
    assert caught.value.code == "RULES_UNKNOWN_KEY"
    with pytest.raises(FairshareError):
        read_words(tmp_path / "none", "en")


def test_stray_words_are_found() -> None:
    words = Words("en", rules={"no.such": sample_words().rules["need.more.writing"]})
    assert list_stray_words(sample_base(), words) == ["rules.no.such"]
    assert spell("a.b_c") == "A b c"
