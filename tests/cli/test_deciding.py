"""Tools, decisions from a file, what-if, comparison and the rules, from the command line."""

import json
import shutil

import pytest

from fairshare.words import ExitCode


def change(answers, old, new):
    answers.write_text(answers.read_text().replace(old, new))
    assert new in answers.read_text()


@pytest.fixture
def share(run, small):
    def share(command, *words, **options):
        return run(command, *words, "--rules", small, **options)

    return share


def test_tools_are_listed_with_what_each_is_for(share):
    assert share("tools", "--json").document["tools"] == [
        {"tool": "share", "title": "Somebody asks", "for_whom": "anyone who is asked"}
    ]
    assert "Somebody asks" in share("tools").out


def test_one_tool_is_shown_with_the_law_it_rests_on_and_how_it_was_checked(share):
    found = share("tools", "share", "--json").document
    assert found["gates"] == [{"gate": "sharing", "title": "Sharing"}]
    assert [(each["id"], each["checked"]) for each in found["provisions"]] == [
        ("dpa2018.s30.1.b", "read"),
        ("dpa2018.s30.2", "read"),
    ]
    assert "Not for: emergencies" in share("tools", "share").out


def test_a_tool_that_does_not_exist_is_refused_with_a_near_name(share, answers):
    change(answers, "tool: share\n", "")
    for words in (["tools", "shar"], ["decide", "shar", answers], ["what-if", "shar", answers]):
        done = share(*words, "--json")
        assert (done.exit_code, done.error["fix"]) == (3, "Did you mean share?")


def test_a_folder_without_rules_is_refused(run, tmp_path):
    done = run("tools", "--rules", tmp_path, "--json")
    assert (done.exit_code, done.error["code"]) == (3, "NOT_FOUND")


def test_a_rule_base_without_words_speaks_in_its_ids(run, small, answers, tmp_path):
    shutil.copytree(small / "rules", tmp_path / "own" / "rules")
    shown = run("decide", "share", answers, "--rules", tmp_path / "own").out
    assert "Share" in shown


def test_a_decision_is_assessed_item_by_item_with_its_law(share, answers):
    found = share("decide", "share", answers, "--json").document
    assert (found["tool"], found["outcome"], found["settled"]) == ("share", "SHARE_FULL", True)
    assert [(item["item"], item["person"], item["outcome"]) for item in found["items"]] == [
        ("i1", "Kit Marsh", "SHARE_FULL")
    ]
    assert found["items"][0]["because"][0]["proof"]
    basis = next(each for each in found["holds"] if each["sort"] == "lawful_basis")
    assert [each["id"] for each in basis["provisions"]] == ["dpa2018.s30.1.b"]
    shown = share("decide", "share", answers).out
    assert "SHARE_FULL" in shown
    assert "not legal advice" in shown


def test_every_step_of_the_proof_is_shown_when_wanted(share, answers):
    assert "Because" not in share("decide", "share", answers).out
    assert "Because" in share("decide", "share", answers, "--proofs").out


def test_what_was_not_asked_is_open_and_never_no(share, answers):
    change(answers, "  request.in_writing: yes\n", "")
    found = share("decide", "share", answers, "--json").document
    assert (found["settled"], found["items"][0]["outcome"]) == (False, None)
    assert [each["question"] for each in found["items"][0]["waiting_for"]] == ["request.in_writing@f1"]
    assert "still open" in share("decide", "share", answers).out


def test_answers_without_a_case_are_about_one_item_and_one_person(share, tmp_path):
    path = tmp_path / "plain.json"
    path.write_text(json.dumps({"danger.now": True, "item.sealed@i1": True}))
    assert share("decide", "share", path, "--json").document["outcome"] == "REFUSE_PROHIBITED"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("danger.now: no", "danger.never: no", "ANSWERS_NOT_VALID"),
        ("danger.now: no", "danger.now: perhaps", "ANSWERS_NOT_VALID"),
        ("item.sealed: no", "item.sealed@i9: no", "ANSWERS_NOT_VALID"),
        ("tool: share", "tool: other", "BAD_INPUT"),
        ("by: {name: Jo Heron, role: decider}, ", "", "FINDING_INCOMPLETE"),
        ("person: p1", "person: p9", "BAD_INPUT"),
        ("answers:", "wrong: 1\nanswers:", "BAD_INPUT"),
        ("people: {p1: Kit Marsh}", "people: [p1]", "BAD_INPUT"),
    ],
)
def test_a_wrong_answer_is_refused_by_name(share, answers, old, new, code):
    change(answers, old, new)
    for command in ("decide", "what-if"):
        if (command, code) != ("what-if", "FINDING_INCOMPLETE"):
            assert share(command, "share", answers, "--json").error["code"] == code


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5_000, "[1]"])
def test_a_value_that_is_no_answer_is_refused_in_plain_words(share, answers, number):
    change(answers, "danger.now: no", f"danger.now: {number}")
    error = share("decide", "share", answers, "--json").error
    assert error["code"] == "ANSWERS_NOT_VALID"
    assert error["message"] in ("the number is too long", "an answer is yes, no, a value, a whole number or a date")


@pytest.mark.parametrize("day", ["2026-2-5", "yesterday", "2026-02-30", "20260205xx"])
def test_a_day_that_is_none_is_refused(share, answers, day):
    assert share("decide", "share", answers, "--law-date", day, "--json").error["where"] == "--law-date"


@pytest.mark.parametrize("name", ["report.html", "report.md"])
def test_the_report_is_written_as_its_name_says(share, answers, tmp_path, name):
    found = share("decide", "share", answers, "--report", tmp_path / name, "--json").document
    text = (tmp_path / name).read_text()
    assert found["report"] == str(tmp_path / name)
    assert ("<html" in text) == (name == "report.html")
    assert "Kit Marsh" in text


@pytest.mark.parametrize(
    ("tool", "answered", "purpose"),
    [
        ("le.request", "purpose.kind: law_enforcement", "Law enforcement"),
        ("sg.children", "nation: wales", "Keeping a child or an adult at risk safe"),
        ("gate.transfer", "recipient.abroad: yes", "May it go abroad?"),
    ],
)
def test_a_report_without_a_request_names_the_purpose_in_words(run, tmp_path, tool, answered, purpose):
    file = tmp_path / "answers.yaml"
    file.write_text(
        f"tool: {tool}\nflows: {{f1: to them}}\npeople: {{p1: A}}\nitems: {{i1: {{label: Name, person: p1}}}}\n"
        f"answers: {{{answered}}}\n"
    )
    run("decide", tool, file, "--report", tmp_path / "report.md")
    text = (tmp_path / "report.md").read_text()
    assert f"- **Purpose**: {purpose}" in text
    assert "as.answered" not in text


def test_a_report_of_another_kind_is_refused_before_anything_is_done(share, tmp_path):
    done = share("decide", "share", tmp_path / "none", "--report", tmp_path / "report.pdf", "--json")
    assert done.error["code"] == "REPORT_KIND"


def test_a_report_that_cannot_be_written_is_an_error_of_the_family(share, answers, tmp_path):
    (tmp_path / "file").write_text("")
    done = share("decide", "share", answers, "--report", tmp_path / "file" / "report.md", "--json")
    assert (done.exit_code, done.error["code"]) == (3, "CANNOT_WRITE_FILE")


def test_a_proposed_ruling_follows_the_assessment_and_never_replaces_a_file(share, answers, tmp_path):
    path = tmp_path / "ruling.json"
    assert share("decide", "share", answers, "--propose", path).exit_code == 0
    assert json.loads(path.read_text())["lines"] == [{"item": "i1", "state": "agreed"}]
    assert share("decide", "share", answers, "--propose", path, "--json").error["code"] == "FILE_EXISTS"


def test_what_if_finds_the_smallest_change(share, answers):
    change(answers, "request.in_writing: yes", "request.in_writing: no")
    found = share("what-if", "share", answers, "--json").document["targets"]
    assert [each["target"] for each in found] == ["i1=SHARE_FULL"]
    assert [fact["question"] for fact in found[0]["changes"][0]] == ["request.in_writing@f1"]
    assert "Request in writing? (to whoever asks) Yes" in share("what-if", "share", answers).out


def test_what_if_can_be_asked_of_one_outcome_or_conclusion(share, answers):
    found = share("what-if", "share", answers, "--want", "DEFER_NEED_INFO", "--json").document["targets"]
    assert {fact["question"] for change in found[0]["changes"] for fact in change} == {
        "asker.kind@f1",
        "request.in_writing@f1",
    }
    found = share("what-if", "share", answers, "--want", "share.may", "--item", "i1", "--json").document["targets"]
    assert found[0]["changes"] == [[]]
    assert "so already" in share("what-if", "share", answers, "--want", "share.may", "--item", "i1").out
    found = share("what-if", "share", answers, "--want", "SHARE_FULL", "--json").document["targets"]
    assert found[0]["changes"] == [[]]
    assert share("what-if", "share", answers, "--json").document["targets"] == []
    assert share("what-if", "share", answers, "--want", "no.such", "--json").error["code"] == "NO_SUCH_TARGET"
    assert share("what-if", "share", answers, "--item", "i9", "--json").error["code"] == "NO_SUCH_TARGET"


def test_comparing_names_the_cases_that_flip_and_what_was_passed_over(run, tmp_path, answers, small):
    other = tmp_path / "other"
    (other / "words").mkdir(parents=True)
    for part in ("rules", "words"):
        for path in (small / part).rglob("*.yaml"):
            target = other / path.relative_to(small)
            target.parent.mkdir(parents=True, exist_ok=True)
            text = path.read_text()
            target.write_text(text.replace("if: [item.sealed is yes]", "if: [item.sealed is no]"))
    cases = tmp_path / "cases"
    cases.mkdir()
    answers.rename(cases / "a.yaml")
    (cases / "b.jsonl").write_text('{"id": "b1", "tool": "share", "answers": {"item.sealed": true}}\n\n')
    (cases / "notes.json").write_text("[1]")
    words = ["compare", cases, "--law-date", "2026-03-01", "--rules", small, "--other-rules", other]
    found = run(*words, "--json").document
    assert found["cases"] == 2
    assert {each["case"]: each["changes"]["i1"]["after"] for each in found["flips"]} == {
        "a.yaml": "REFUSE_PROHIBITED",
        "b1": "not_settled",
    }
    assert found["passed_over"] == ["notes.json"]
    assert "2 of 2 cases come out differently" in run(*words).out
    out = tmp_path / "flips.jsonl"
    found = run("compare", cases / "b.jsonl", *words[2:], "--out", out, "--json").document
    assert (found["cases"], found["flipped"]) == (1, 1)
    assert json.loads(out.read_text())["id"] == "b1"


def test_a_comparison_speaks_of_the_case_in_its_own_words(run, tmp_path, answers, small):
    other = tmp_path / "other"
    shutil.copytree(small, other)
    gate = other / "rules" / "gates" / "sharing.yaml"
    gate.write_text(gate.read_text().replace("if: [item.sealed is yes]", "if: [item.sealed is no]"))
    answers.rename(tmp_path / "a.yaml")
    words = ["compare", tmp_path / "a.yaml", "--law-date", "2026-03-01", "--rules", small, "--other-rules", other]
    shown = " ".join(run(*words).out.split())
    assert "Address (Kit Marsh): may be shared; then must not be shared" in shown
    assert "“It must not be shared”, Address (Kit Marsh): no; then yes" in shown
    assert not any(code in shown for code in ("i1", "p1", "SHARE", "PROHIBITED", "false", "true"))


def test_a_comparison_names_the_cases_whose_answers_clash(run, tmp_path):
    clash = {"recipient.kind": "overseas_authority", "recipient.abroad": False}
    lines = [{"id": "wrong", "tool": "le.request", "answers": clash}, {"id": "right", "tool": "le.request"}]
    cases = tmp_path / "cases.jsonl"
    cases.write_text("".join(json.dumps(each) + "\n" for each in lines))
    words = ["compare", cases, "--law-date", "2026-03-01", "--from", "2026-03-01"]
    found = run(*words, "--json").document
    code = "CONTRADICTORY_ANSWERS"
    assert (found["flips"], found["problems"]) == ([], [{"case": "wrong", "before": code, "after": code}])
    assert "wrong could not be compared: its answers cannot all be true." in " ".join(run(*words).out.split())
    many = [*words, "--out", tmp_path / "flips.jsonl"]
    assert run(*many, "--json").document["problem_cases"] == ["wrong"]
    assert "1 (wrong)" in " ".join(run(*many).out.split())


def test_comparing_with_the_same_law_flips_nothing(share, answers):
    assert share("compare", answers, "--law-date", "2026-03-01", "--json").document["flips"] == []


def test_a_case_to_compare_must_name_its_tool(share, answers):
    change(answers, "tool: share\n", "")
    assert share("compare", answers, "--law-date", "2026-03-01", "--json").exit_code == 3


def test_a_rule_base_with_a_fault_is_unsound(run, small):
    done = run("rules", "verify", "--rules", small, "--json")
    assert (done.exit_code, done.document["sound"]) == (ExitCode.UNSOUND, False)
    assert [each["subject"] for each in done.document["faults"]] == ["offence.date"]
    assert "offence.date" in run("rules", "verify", "--rules", small).out


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("share.may.needed", "rule"),
        ("asker.kind", "fact"),
        ("share.may", "conclusion"),
        ("dpa2018.s30.2", "id"),
        ("DPA2018.S30.2", "id"),
    ],
)
def test_a_rule_a_fact_a_conclusion_and_a_provision_can_be_shown(run, small, name, key):
    found = run("rules", "show", name, "--rules", small, "--json").document
    assert found[key].lower() == name.lower()
    assert run("rules", "show", name, "--rules", small).out


def test_a_constraint_can_be_shown_by_the_name_under_which_answers_clash(run):
    found = run("rules", "show", "authority_abroad_is_abroad", "--json").document
    assert found["constraint"] == "authority_abroad_is_abroad"
    assert found["never"] == ["the recipient is an authority outside the UK", "it would stay in the UK"]
    assert [each["id"] for each in found["provisions"]] == ["ukgdpr.art44A"]
    assert "cannot all be true" in run("rules", "show", "authority_abroad_is_abroad").out


def test_a_rule_is_shown_in_words_with_its_exceptions(run, small):
    found = run("rules", "show", "share.may.needed", "--rules", small, "--json").document
    assert found["unless"] == ["“It must not be shared” holds"]
    assert found["provisions"][0]["checked"] == "read"


def test_a_name_that_nothing_has_is_refused(run, small):
    assert run("rules", "show", "no.such", "--rules", small, "--json").error["code"] == "NOT_FOUND"


def test_a_rule_base_is_archived_under_its_digest(run, small, tmp_path):
    found = run("rules", "archive", tmp_path / "store", "--rules", small, "--json").document
    assert found["file"].endswith(f"{found['rules']}.json")
    assert (tmp_path / "store" / f"{found['rules']}.json").is_file()


def test_answers_that_clash_are_shown_with_both_questions(run, tmp_path):
    file = tmp_path / "clash.yaml"
    file.write_text(
        "tool: le.request\nflows: {f1: to them}\npeople: {p1: A}\nitems: {i1: {label: Name, person: p1}}\n"
        "answers: {recipient.kind: other, recipient.register: schedule_7}\n"
    )
    for words in (["decide", "le.request", file], ["what-if", "le.request", file]):
        error = run(*words, "--json").error
        assert (error["code"], error["where"]) == ("CONTRADICTORY_ANSWERS", "recipient.kind@f1")
        assert "“What kind of body would get the information?” (recipient.kind@f1)" in error["message"]
        assert "“On which ground does your register list it" in error["message"]
        assert "other body is not listed" in error["message"]
