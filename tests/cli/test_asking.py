"""Walking a tool in the terminal, line by line."""

import json

import pytest

BEGIN = ["Kit Marsh", "", "Address", ""]


@pytest.fixture
def ask(run, small, tmp_path):
    def ask(*lines, words=(), file="saved.json"):
        typed = "".join(f"{line}\n" for line in lines)
        return run("ask", "share", tmp_path / file, "--rules", small, *words, typed=typed)

    return ask


def read_saved(tmp_path):
    return json.loads((tmp_path / "saved.json").read_text())


def test_a_whole_walk_ends_with_the_assessment_and_a_file_that_decide_takes(ask, run, small, tmp_path):
    judged = ["needed", "Jo Heron", "decider", "to find them", "none", "the aim is to find them"]
    done = ask(*BEGIN, "n", "2", "1", "yes", *judged)
    assert done.exit_code == 0
    found = run("decide", "share", tmp_path / "saved.json", "--rules", small, "--json").document
    assert (found["outcome"], found["settled"]) == ("SHARE_FULL", True)
    answer = read_saved(tmp_path)["answers"]["item.needed@i1"]
    assert answer["by"] == {"name": "Jo Heron", "role": "decider"}
    assert set(answer["factors"]) == {"aim", "less_intrusive_means"}
    assert "Nothing that is still open can change the result" in done.out


def test_only_questions_that_can_still_matter_are_asked(ask):
    done = ask(*BEGIN, "no", "yes")
    assert "Item sealed?" in done.out
    assert "Settled: Address: It must not be shared" in done.out
    assert "Request in writing?" not in done.out


def test_why_a_question_is_asked_is_explained(ask):
    assert "helps to decide" in ask(*BEGIN, "w", "q").out


def test_nobody_can_find_out_is_an_answer_and_not_known_yet_is_not(ask, tmp_path):
    ask(*BEGIN, "u", "d", "q")
    found = read_saved(tmp_path)
    assert found["answers"] == {"danger.now": "unobtainable"}
    assert len(found["later"]) == 1


def test_what_was_left_open_is_asked_again_at_the_end(ask):
    assert "You left this open" in ask(*BEGIN, *["d"] * 6, "q").out


def test_going_back_changes_an_answer_and_parks_what_no_longer_counts(ask, tmp_path):
    ask(*BEGIN, "no", "no", "police", "q")
    assert set(read_saved(tmp_path)["answers"]) == {"danger.now", "item.sealed@i1", "asker.kind@f1"}
    done = ask("b", "b", "yes", "q")
    assert "Answered before: No" in done.out
    found = read_saved(tmp_path)
    assert found["answers"]["item.sealed@i1"] is True
    assert found["parked"] == {"asker.kind@f1": "police"}
    ask("b", "no", "q")
    assert "asker.kind@f1" in read_saved(tmp_path)["answers"]


def test_looking_back_without_a_change_loses_nothing(ask, tmp_path):
    ask(*BEGIN, "no", "no", "b", "b", "o", "q")
    assert read_saved(tmp_path)["answers"] == {"danger.now": False, "item.sealed@i1": False}


def test_the_end_of_the_input_keeps_what_was_answered(ask, tmp_path):
    done = ask(*BEGIN, "no")
    assert done.exit_code == 0
    assert "the same command takes it up again" in " ".join(done.out.split())
    assert read_saved(tmp_path)["answers"] == {"danger.now": False}
    assert "1 answered so far" in " ".join(ask().out.split())


def test_stopping_before_the_first_question_keeps_nothing(ask, tmp_path):
    assert "nothing was kept" in ask("Kit").out
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_an_answer_is_asked_again(ask, tmp_path):
    done = ask(*BEGIN, "9", "0", "perhaps", "", "no", "q")
    assert done.out.count("Please type a number from 1 to 2") == 4
    assert read_saved(tmp_path)["answers"] == {"danger.now": False}


def test_several_people_and_things_are_told_apart(ask, tmp_path):
    ask("Kit", "Ro", "", "Address", "CCTV", "", "2", "3", "q")
    found = read_saved(tmp_path)
    assert found["people"] == {"p1": "Kit", "p2": "Ro"}
    assert found["items"] == {"i1": {"label": "Address", "person": "p2"}, "i2": {"label": "CCTV"}}


def test_people_and_things_can_come_from_the_request(ask, tmp_path):
    request = tmp_path / "request.yaml"
    request.write_text(
        "holder: {name: Us}\nrequester: {name: Police}\nreceived_on: '2026-03-01'\nchannel: email\n"
        "purpose: {code: crime}\nsubjects: [{ref: p1, label: Kit}]\nitems: [{ref: a, label: Address, person: p1}]\n"
    )
    ask("q", words=["--request", request])
    found = read_saved(tmp_path)
    assert (found["people"], found["flows"]) == ({"p1": "Kit"}, {"f1": "to Police"})


def test_for_machines_the_questions_go_to_the_error_stream(ask):
    done = ask(*BEGIN, "no", "yes", "q", words=["--json"])
    assert (done.document["outcome"], done.document["finished"]) == ("REFUSE_PROHIBITED", False)
    assert "Item sealed?" in done.err


def test_a_file_for_another_tool_is_refused(ask, tmp_path):
    (tmp_path / "saved.json").write_text('{"tool": "other", "answers": {}}')
    assert ask(words=["--json"]).error["code"] == "BAD_INPUT"


def test_answers_are_never_part_of_the_command_line(run):
    from tests.cli.test_commands import COMMANDS

    options = {option for each in COMMANDS["ask",].params for option in each.opts}
    assert options <= {
        "tool",
        "file",
        "--request",
        "--law-date",
        "--rules",
        "--welsh",
        "--json",
        "--debug",
        "--help",
        "-h",
    }


def test_a_myth_is_told_once_on_the_question_whose_answer_it_distorts(run, tmp_path):
    asked = run("ask", "gate.confidence", tmp_path / "saved.json", typed="A Person\n\nNote\n\nw\nm\nd\nq\n")
    before, _, after = asked.out.partition("what is often said, and wrong")
    said = "Often said, and wrong: “"
    assert before.count(said) == 1
    assert after.count(said) == 1  # asked for by its letter
    assert "data protection" in before[before.index(said) :].casefold()


def test_the_handbook_opens_on_the_question(run, tmp_path):
    asked = run("ask", "gate.confidence", tmp_path / "saved.json", typed="A Person\n\nNote\n\nh\nq\n")
    paragraphs = [line for line in asked.out.splitlines() if line.startswith(("MUST:", "SHOULD:", "COULD:"))]
    assert paragraphs


def test_an_emergency_is_not_held_up_by_myths(run, tmp_path):
    asked = run("ask", "le.urgent", tmp_path / "saved.json", typed="A Person\n\nNote\n\nq\n")
    assert "Often said" not in asked.out
    assert "what is often said, and wrong (" in asked.out
