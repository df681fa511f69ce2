"""The phone path: at most five questions on every path, and never a dead end."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fairshare.cli.app import app
from fairshare.decide.assess import assess
from fairshare.decide.evaluate import find_program
from fairshare.decide.language import FactType
from fairshare.decide.library import load_real_base, load_words
from fairshare.decide.program import CaseShape
from fairshare.decide.reasons import find_grounds, find_next_steps, find_reasons
from fairshare.decide.walk import Question, Walk, find_question, give_answer, start_walk
from fairshare.words import UNOBTAINABLE, Answer, Person

BASE = load_real_base()
TODAY = date(2026, 11, 22)
WORKER = Person(name="A worker", role="front line")


def replies(question: Question) -> Iterator[Answer]:
    """Every answer that a question takes."""
    fact = BASE.facts[question.fact]
    by = WORKER if fact.judgement else None
    for value in question.values:
        yield Answer(value=value == "yes" if fact.type is FactType.BOOL else value, by=by)
    if question.can_be_unobtainable:
        yield Answer(value=UNOBTAINABLE)


def paths(walk: Walk) -> Iterator[Walk]:
    """Every finished walk that goes on from this one."""
    question = find_question(BASE, walk)
    if question is None:
        yield walk
        return
    for reply in replies(question):
        yield from paths(give_answer(BASE, walk, question.key, reply))


def test_no_path_asks_more_than_five_questions() -> None:
    lengths = [len(each.answers) for each in paths(start_walk(BASE, "em.sixty_seconds", CaseShape(), TODAY))]
    assert len(lengths) > 100
    assert max(lengths) == 5


def test_the_never_contact_list_comes_first() -> None:
    question = find_question(BASE, start_walk(BASE, "em.sixty_seconds", CaseShape(), TODAY))
    assert question is not None
    assert question.fact == "recipient.never_contact"


def test_no_path_asks_for_a_lawful_basis_a_form_or_consent() -> None:
    asked = {
        given.key.partition("@")[0]
        for walk in paths(start_walk(BASE, "em.sixty_seconds", CaseShape(), TODAY))
        for given in walk.answers
    }
    assert asked == {
        "recipient.never_contact",
        "recipient.helper",
        "identity.check",
        "item.location_at_risk",
        "emergency.person",
        "necessity.finding",
    }


def test_one_person_in_crisis_is_no_major_emergency() -> None:
    """The word has two meanings, and only the narrow one opens the recognised interest in emergencies."""
    program = find_program(BASE, "em.sixty_seconds", CaseShape(), TODAY)
    rules = {rule.rule for rule in program.rules if rule.conclusion == "basis.rli_emergency@f1"}
    assert "basis.rli_emergency.protect" in rules
    found = assess(
        BASE,
        "em.sixty_seconds",
        CaseShape(),
        TODAY,
        {"emergency.civil_contingencies": Answer(value=False), "recipient.helper": Answer(value="emergency_service")},
    )
    assert "protect.now" in {rule.conclusion for rule in found.result.fired}
    assert "basis.rli_emergency.protect" not in {rule.rule for rule in found.result.fired}


def test_naming_who_judged_is_enough_on_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    judged = {"value": "needed", "by": {"name": "A worker", "role": "front line"}}
    file.write_text(
        json.dumps(
            {
                "recipient.never_contact": False,
                "recipient.helper": "emergency_service",
                "emergency.person": "refuses",
                "necessity.finding": judged,
            }
        ),
        encoding="utf-8",
    )
    shown = CliRunner().invoke(app, ["decide", "em.sixty_seconds", str(file)], env={"COLUMNS": "200", "TERM": "dumb"})
    assert shown.exit_code == 0, shown.output
    assert "goes to the data protection officer" in shown.output


def test_what_is_kept_from_somebody_who_must_never_be_told_says_so_and_whom_to_tell_instead() -> None:
    shape = CaseShape(flows=("f1",), persons=("p1",), items=(("i1", "f1", "p1"),))
    for tool in ("em.sixty_seconds", "em.university", "em.work", "sg.children"):
        found = assess(BASE, tool, shape, TODAY, {"recipient.never_contact": Answer(value=True)})
        said = [reason.text for reason in find_reasons(found, load_words("en"), "i1")]
        assert "Nothing goes to somebody who must never be told." in said, tool
        assert "Tell somebody else who can help" in find_next_steps(found, load_words("en"), "i1")[0]


HIDDEN = {"recipient.never_contact": False, "recipient.helper": "contact", "item.hidden_from_recipient": True}
EARLY_HELP = {"children.purpose": "early_help", "consent.real_choice": True, "consent.state": "refused"}


@pytest.mark.parametrize(
    ("tool", "answers", "reason", "step"),
    [
        ("sg.children", HIDDEN, "It must be hidden from this recipient.", "need not be hidden"),
        (
            "sg.children",
            EARLY_HELP,
            "They were given a real choice about early help and said no.",
            "Respect the answer",
        ),
        ("sg.children", {"children.more_harm": "sharing_harms_more"}, "or would hurt the child more.", "look again"),
        ("em.university", {"emergency.person": "refuses"}, "the person does not agree.", "offer support"),
        ("em.work", {"necessity.finding": "not_needed"}, "It is not necessary for the purpose", "not needed"),
        (
            "em.sixty_seconds",
            {"necessity.finding": "not_needed"},
            "This is not needed to keep anybody safe.",
            "say why",
        ),
    ],
)
def test_what_is_held_back_says_the_reason_of_the_rule_that_held_it_back(
    tool: str, answers: dict[str, bool | str], reason: str, step: str
) -> None:
    shape = CaseShape(flows=("f1",), persons=("p1",), items=(("i1", "f1", "p1"),))
    told = {"recipient.never_contact": False, "recipient.helper": "professional", "identity.check": "official_portal"}
    told |= {"danger": "none", "emergency.person": "agrees", "item.hidden_from_recipient": False, "nation": "england"}
    program = find_program(BASE, tool, shape, TODAY)
    given = {
        key: Answer(value=value, by=WORKER if BASE.facts[key].judgement else None)
        for key, value in (told | answers).items()
        if key in program.facts and key not in BASE.tools[tool].starts_with
    }
    found = assess(BASE, tool, shape, TODAY, given)
    assert "share.hold_back@i1" in find_grounds(found, "i1")
    assert find_next_steps(found, load_words("cy"), "i1")
    said = " ".join(each.text for each in find_reasons(found, load_words("en"), "i1"))
    assert reason in said
    assert "needed for the purpose" not in said
    assert step in " ".join(find_next_steps(found, load_words("en"), "i1"))


@pytest.mark.parametrize(("listed", "told"), [("1", False), ("2", True)])
def test_nobody_is_told_to_share_now_before_it_is_known_that_anything_may_go(
    tmp_path: Path, listed: str, told: bool
) -> None:
    typed = (
        "\n".join(["Kit", "", "Address", "", listed, *["1"] * 3, "A worker", "front line", *["safe"] * 6, "q"]) + "\n"
    )
    ask = ["ask", "em.sixty_seconds", str(tmp_path / "saved.json")]
    shown = CliRunner().invoke(app, ask, input=typed, env={"COLUMNS": "400", "TERM": "dumb"}).output
    assert "Settled:" in shown
    assert ("Do it now" in shown) is told, shown
