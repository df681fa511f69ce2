"""The runnable case studies: each comes out as a person expected before the tool was run."""

import json
from contextlib import suppress
from datetime import date
from functools import cache
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.decide.answers import assignment
from fairshare.decide.contradiction import ContradictoryAnswers
from fairshare.decide.errors import BadAnswers
from fairshare.decide.evaluate import evaluate, find_program
from fairshare.decide.library import load_real_base
from fairshare.decide.program import CaseShape
from fairshare.learn.cases import Cases, UnknownCase, load_cases, parse_cases
from fairshare.learn.cases_page import cite_source, make_cases_page
from fairshare.learn.nearest import find_deciding, nearest_cases
from fairshare.learn.reading import MalformedLearning
from fairshare.learn.render import render_html, render_markdown
from fairshare.learn.running import answer_case, check_cases, run_case, shape_case
from fairshare.learn.vectors import VECTOR_SCHEMAS, Vectors, make_vectors, write_vectors
from fairshare.records.schemas import build_schema
from fairshare.words import BadInput, FairshareError, NotFound

CASES = load_cases()
FOLDER = Path(__file__).resolve().parents[2] / "src/fairshare/learn/cases"


@cache
def run_once(name):
    return run_case(CASES[name])


@pytest.mark.parametrize("name", CASES)
def test_a_case_comes_out_as_a_person_expected(name):
    case = CASES[name]
    found = run_once(name).differences
    if case.disputed:
        assert found, "it comes out as expected: take the mark `disputed` away"
    else:
        assert not found, "\n" + "\n".join(f"{each.about}: {each.expected}, found {each.found}" for each in found)


def test_checking_all_together_finds_what_running_each_alone_does():
    together = check_cases(CASES.values())
    assert together == {name: run_once(name).differences for name in CASES}


@pytest.mark.parametrize("name", CASES)
def test_a_story_is_told_at_length_in_both_languages_and_says_where_it_is_published(name):
    case = CASES[name]
    assert 40 <= len(case.told.en.split()) <= 200
    assert len(case.told.cy.split()) >= 12
    for text in (case.title, case.told, case.expect.because, case.lesson):
        assert text.en != text.cy
    assert case.source.locator in cite_source(case.source)
    assert case.expect.holds or case.expect.fails or case.expect.safeguards, "an outcome alone proves little"
    assert case.day >= date(2026, 2, 5), "a case is run under the law as it stands since February 2026"


def test_the_readable_cases_of_the_hub_and_the_code_are_there_and_the_unread_are_named():
    kinds = [each.source.kind for each in CASES.values()]
    assert kinds.count("hub") >= 15
    assert kinds.count("code") >= 6
    assert len(CASES.unread) == 10


def test_no_shared_set_of_answers_is_unused():
    from fairshare.words.reading import parse_yaml

    shared = parse_yaml((FOLDER / "answers.yaml").read_bytes(), where="answers.yaml")["sets"]
    assert set(shared) <= {name for case in CASES.values() for name in case.use}


def test_a_changed_fact_changes_the_outcome_and_a_plain_change_reaches_every_item():
    case = CASES["three-years-of-time-sheets"]
    run = run_case(case, changes={"necessity.finding": "needed"})
    assert {outcome and outcome.value for outcome in run.outcomes.values()} == {"SHARE_WITH_CONDITIONS"}
    assert [each.about for each in run.differences][:2] == ["earlier", "case"]


def test_an_answer_taken_away_leaves_the_outcome_open():
    run = run_case(CASES["three-years-of-time-sheets"], changes={"person.told": None, "exemption.kind": None})
    assert run.outcomes["month"] is None


def test_a_change_to_no_question_and_answers_that_clash_are_clear_errors():
    with pytest.raises(BadAnswers):
        run_case(CASES["fuel-poverty-gateway"], changes={"no.such_fact": "yes"})
    with pytest.raises((BadAnswers, ContradictoryAnswers)):
        run_case(CASES["phone-contracts-credit-reference"], changes={"requests.repeated": "no"})


def test_a_wrong_expectation_is_found_whatever_it_is_about():
    case = CASES["three-years-of-time-sheets"]
    wrong = case.model_copy(
        update={
            "expect": case.expect.model_copy(
                update={
                    "outcomes": {},
                    "holds": ("share.must@month", "no.such@month"),
                    "fails": ("basis.rli_crime@f1",),
                    "safeguards": ("action.call_999", "condition.silence_until_review@earlier"),
                }
            )
        }
    )
    assert {each.about for each in run_case(wrong).differences} >= {
        "month", "share.must@month", "no.such@month", "basis.rli_crime@f1", "action.call_999",
    }  # fmt: skip
    assert check_cases([wrong])[case.id] == run_case(wrong).differences


def test_an_unknown_case_is_a_clear_error():
    with pytest.raises(UnknownCase):
        CASES["nosuch"]
    assert isinstance(CASES, Cases)


RAW = (FOLDER / "hub.yaml").read_bytes()
SHARED = {"student_crisis": {}, "worker_crisis": {}, "child_concern": {}, "public_body": {}, "told": {}}
SHARED |= {"police_ask": {}, "plain_items": {}, "private_body": {}, "suspect": {}, "silent": {}}


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b"checked: secondary", b"checked: surely", "checked"),
        (b"id: worker-estranged-partner", b"id: Worker", "id"),
        (b"use: [student_crisis]", b"use: [nosuch]", "no set of answers nosuch"),
        (b"items: {records: p1}", b"items: {records: p7}", "no person p7"),
        (b"item_names: {records:", b"item_names: {lost:", "no item lost"),
        (b"case: REDIRECT", b"case: MAYBE", "expect.case"),
        (b"https://ico.org.uk", b"http://ico.org.uk", "url"),
        (b"published: 2024-03-01", b"published: 2024-13-01", "published"),
    ],
)
def test_a_fault_in_a_file_of_cases_names_the_file_and_the_line(old, new, says):
    assert old in RAW
    with pytest.raises(BadInput) as caught:
        parse_cases(RAW.replace(old, new), where="cases/hub.yaml", shared=SHARED)
    assert says in caught.value.message
    name, _, line = caught.value.where.rpartition(":")
    assert name == "cases/hub.yaml"
    assert 10 < int(line) <= RAW.count(b"\n")


def test_two_cases_of_one_id_and_a_set_that_is_there_twice_are_refused(tmp_path):
    (tmp_path / "a.yaml").write_bytes(RAW)
    (tmp_path / "answers.yaml").write_bytes((FOLDER / "answers.yaml").read_bytes())
    assert len(load_cases(tmp_path)) > 10
    (tmp_path / "b.yaml").write_bytes(RAW)
    load_cases.cache_clear()
    with pytest.raises(MalformedLearning, match="two cases"):
        load_cases(tmp_path)
    with pytest.raises(MalformedLearning, match="already"):
        parse_cases(RAW, where="x", shared={**SHARED, "councils_share": {}})
    load_cases.cache_clear()


def test_a_folder_without_cases_is_not_an_empty_collection(tmp_path):
    with pytest.raises(NotFound):
        load_cases(tmp_path)


@given(st.one_of(st.binary(max_size=200), st.integers(0, len(RAW)).map(lambda at: RAW[at : at + 400])))
def test_any_bytes_are_cases_or_a_clear_error(raw):
    with suppress(FairshareError):
        parse_cases(raw, where="x")


def test_a_case_is_as_near_to_itself_as_can_be_and_every_fact_is_compared():
    for case in CASES.values():
        (mine,) = nearest_cases(case.tool, answer_case(case), cases=[case])
        assert mine.points == mine.out_of == sum(each.weight for each in mine.facts)
        assert not mine.differ


def test_the_nearest_of_all_the_cases_of_a_tool_comes_first():
    case = CASES["three-years-of-time-sheets"]
    found = nearest_cases(case.tool, answer_case(case), limit=20)
    assert found[0].case.id == case.id
    shares = [each.points / each.out_of for each in found]
    assert shares == sorted(shares, reverse=True)
    assert {each.case.tool for each in found} == {case.tool}


@pytest.mark.parametrize("name", ["three-years-of-time-sheets", "school-tells-the-siblings-nursery"])
def test_the_facts_that_decide_are_those_without_which_plain_evaluation_leaves_an_item_open(name):
    case = CASES[name]
    program = find_program(load_real_base(), case.tool, shape_case(case), case.day)
    known = assignment(program, answer_case(case))
    before = evaluate(program, known).outcomes
    found = set()
    for at in known:
        after = evaluate(program, {each: value for each, value in known.items() if each != at}).outcomes
        if len(program.variables[at].values) > 1 and any(before[item] and not after[item] for item in before):
            found.add(program.variables[at].fact)
    assert find_deciding(program, known) == found
    assert 10 < len(found) < len(known)


def test_a_fact_that_decides_counts_three_times_and_what_differs_is_shown():
    case = CASES["student-never-tell-my-father"]
    answers = answer_case(case, {"recipient.never_contact": "no"})
    near = next(each for each in nearest_cases(case.tool, answers, limit=20) if each.case.id == case.id)
    (differs,) = near.differ
    assert (differs.fact, differs.theirs, differs.yours) == ("recipient.never_contact", "yes", ("no",))
    assert differs.decides
    assert near.out_of - near.points == differs.weight == 3
    assert nearest_cases("no.such_tool", answers) == ()
    assert nearest_cases(case.tool, {}) == ()


def test_ages_agree_when_no_threshold_lies_between_them():
    case = CASES["three-years-of-time-sheets"]
    for age, agrees in ((41, True), (9, False)):
        near = nearest_cases(case.tool, answer_case(case, {"person.age_years": age}), cases=[case])[0]
        assert ("person.age_years" not in {each.fact for each in near.differ}) is agrees


def test_the_test_vectors_satisfy_their_schema_and_read_back_the_same():
    raw = write_vectors(make_vectors(CASES.values()))
    found = json.loads(raw)
    jsonschema.validate(found, build_schema("test-vectors-1", VECTOR_SCHEMAS["test-vectors-1"]))
    assert write_vectors(Vectors.model_validate(found)) == raw
    assert [each["id"] for each in found["vectors"]] == sorted(CASES)


def test_another_program_can_run_the_vectors_from_the_file_alone():
    from fairshare.decide.assess import assess
    from fairshare.decide.settle import Status
    from fairshare.words import Answer

    vectors = json.loads(write_vectors(make_vectors(CASES.values())))["vectors"]
    for vector in [each for each in vectors if not each["disputed"]][::6]:
        shape = CaseShape(("f1",), tuple(vector["people"]), tuple((i, "f1", p) for i, p in vector["items"].items()))
        answers = {key: Answer(value=value) for key, value in vector["answers"].items()}
        found = assess(load_real_base(), vector["tool"], shape, date.fromisoformat(vector["law_date"]), answers)
        expected = vector["expected"]
        assert found.outcome == expected["outcome"], vector["id"]
        assert found.items == expected["items"], vector["id"]
        assert all(found.statuses[key] is Status.TRUE for key in expected["holds"]), vector["id"]
        assert all(found.statuses[key] is Status.FALSE for key in expected["fails"]), vector["id"]


@pytest.mark.parametrize("language", ["en", "cy"])
def test_the_page_tells_every_case_with_its_mark_and_its_source(language):
    page = make_cases_page(CASES, language)
    entries = {each.id: each for section in page.sections for each in section.entries}
    assert set(entries) == set(CASES)
    text = render_markdown(page)
    assert all(f"fairshare cases open {name}" in text for name in CASES)
    assert CASES.unread[0].say(language)[:20] in text
    assert render_html(page).count('class="entry case"') == len(CASES)
    assert len(page.about) == (3 if language == "en" else 4)


def test_a_case_is_put_to_the_engine_with_its_own_names():
    assert shape_case(CASES["school-tells-the-siblings-nursery"]) == CaseShape(
        ("f1",), ("p1", "p2"), (("watch", "f1", "p2"), ("file", "f1", "p1"))
    )
