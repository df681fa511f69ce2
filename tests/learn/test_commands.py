"""The commands that teach, as a person or a program uses them."""

import json

import pytest
import typer
from typer.testing import CliRunner

from fairshare.cli.learn import add_learning
from fairshare.learn import load_handbook, load_myths, load_quiz

APP = typer.Typer()
add_learning(APP, panel="Learn")


def run(*arguments, typed=""):
    done = CliRunner().invoke(APP, arguments, input=typed, env={"COLUMNS": "100", "NO_COLOR": "1"})
    assert not done.exception or isinstance(done.exception, SystemExit), done.exception
    return done


def test_the_handbook_lists_its_chapters_and_shows_one_with_labels_and_marks():
    assert len(json.loads(run("handbook", "--json").stdout)["chapters"]) == len(load_handbook().chapters)
    shown = run("handbook", "complaints").stdout
    assert "MUST: Acknowledge a complaint within 30 days." in shown
    assert "our suggestion" in shown
    assert json.loads(run("handbook", "complaints", "--json").stdout)["id"] == "complaints"
    assert "RHAID: Cydnabyddwch" in run("handbook", "complaints", "--welsh").stdout


def test_myths_are_shown_all_or_for_one_question():
    assert len(json.loads(run("myths", "--json").stdout)["myths"]) == len(load_myths())
    shown = run("myths", "request.statement").stdout
    assert "Myth: Since 2026 we cannot refuse" in shown
    assert "What is true:" in shown


def test_a_question_without_a_myth_says_so_and_one_that_is_not_there_is_an_error():
    assert run("myths", "nation").stdout == "No myth is told of that question.\n"
    done = run("myths", "natoin", "--json")
    assert done.exit_code == 3
    assert json.loads(done.stdout)["error"]["code"] == "NOT_FOUND"


def test_a_search_marks_what_it_found():
    assert "**Ring**" in run("search", "ring", "back").stdout
    (hit,) = json.loads(run("search", "ring", "back", "--limit", "1", "--json").stdout)["hits"]
    assert hit["id"] == "security.who_is_asking"
    assert "Nothing was found." in run("search", "zzzzzz").stdout


def test_a_quiz_is_taken_a_question_at_a_time_and_stopping_early_counts_what_was_answered():
    shown = run("quiz", "complaints", typed="2\n1\n").stdout
    assert "+ complaints.acknowledge: b." in shown
    assert "2 / 3" in shown


def test_a_quiz_is_marked_from_answers_given_on_the_command_line():
    document = json.loads(run("quiz", "complaints", "--answer", "complaints.acknowledge=b", "--json").stdout)
    assert (document["right"], document["asked"]) == (1, 3)
    assert len(json.loads(run("quiz", "--json").stdout)["topics"]) == len(load_quiz().topics)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("handbook", "nosuch"), "UNKNOWN_TOPIC"),
        (("quiz", "nosuch"), "UNKNOWN_TOPIC"),
        (("quiz", "complaints", "--answer", "x"), "QUIZ_ANSWER_UNKNOWN"),
        (("search", "a" * 301), "SEARCH_TOO_LONG"),
        (("search", "a", "--limit", "0"), "SETTING_OUT_OF_RANGE"),
    ],
)
def test_what_cannot_be_done_is_a_clear_error(arguments, code):
    done = run(*arguments, "--json")
    assert done.exit_code == 3
    assert json.loads(done.stdout)["error"]["code"] == code
