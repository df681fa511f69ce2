"""What each kind of document says, held against the records it is written from."""

import pytest

from fairshare.cli.document_sources import read_source
from fairshare.decide.letters import NothingRefused, NothingToAsk, write_refusal_letter
from fairshare.documents import Table, read_runs, render
from fairshare.records import Receipt, Release, Request, ScopeState
from tests.documents.kinds.conftest import OPENED, make_cover
from tests.documents.kinds.test_every_kind import DPIA, make


def values_of(document):
    return {each.name: each.value for each in document.fields()}


def words_of(document):
    return " ".join(render(document, "text").decode().split())


def cells_of(document, caption):
    table = next(block for block in document.blocks if isinstance(block, Table) and block.caption.startswith(caption))
    return [[read_runs(cell) for cell in row] for row in table.rows]


@pytest.mark.parametrize("story", ["housing", "probation"])
def test_the_decision_form_says_what_was_decided_by_whom_and_why(story, stories):
    decision = stories[story].decision
    form = make("decision_form", stories[story].source)
    values = values_of(form)
    assert values["decision.outcome"] == decision.outcome.value
    assert values["decision.decided_by.name"] == decision.decided_by.name
    assert values["decision.routine"] == ("yes" if decision.routine else "no")
    assert all(condition in values["decision.conditions"] for condition in decision.conditions)
    assert len(cells_of(form, "Every item")) == len(decision.scope)
    assert len(values["decision.items"].splitlines()) == len(decision.scope)


def test_the_decision_form_shows_how_each_provision_was_checked(stories):
    values = values_of(make("decision_form", stories["housing"].source))
    assert values["decision.lawful_basis"].startswith("UK GDPR, Article 6(1)(ea) (read): ")
    assert "Priya Nair" in values["decision.necessity"]


def test_the_letter_of_refusal_names_each_item_that_does_not_go_and_none_that_does(stories):
    decision = stories["housing"].decision
    letter = make("refusal_letter", stories["housing"].source)
    rows = cells_of(letter, "What we do not share")
    held = [line for line in decision.scope if line.state is not ScopeState.AGREED]
    assert len(rows) == len(held) == 5
    assert not any(row[0].startswith(("Address", "Date of birth")) for row in rows)
    assert "the neighbour left out" in words_of(letter)
    assert decision.decided_by.name in words_of(letter)


def test_there_is_no_letter_of_refusal_where_all_is_shared(stories):
    decision = stories["housing"].decision
    agreed = tuple(line for line in decision.scope if line.state is ScopeState.AGREED)
    with pytest.raises(NothingRefused):
        write_refusal_letter(decision.model_copy(update={"scope": agreed}), make_cover())


def test_a_letter_for_clarification_is_not_written_for_a_request_that_is_decided(stories):
    with pytest.raises(NothingToAsk):
        make("clarification_letter", stories["housing"].source)


def test_a_letter_from_answers_asks_what_the_assessment_finds_missing_under_the_name_of_its_brand(tmp_path):
    (tmp_path / "answers.yaml").write_text(
        "tool: le.request\nflows: {f1: to Northshire Police}\nitems: {i1: {label: Address}}\nanswers:\n"
        "  purpose.explained: no\n  identity.check: not_yet\n  nation: england\n  recipient.kind: competent_authority\n"
        "  danger: {value: none, by: {name: A, role: decider}, reason: none, factors: "
        "{who_is_at_risk: a, what_harm: b, how_soon: c, how_you_know: d}}\n"
    )
    letter = words_of(make("clarification_letter", read_source(tmp_path / "answers.yaml")))
    assert "To: Northshire Police" in letter
    assert "From: Harbour Homes" in letter
    assert "Exactly what you want, what it is for" in letter
    assert "on which we can ring you back" in letter


def test_an_emergency_record_opens_with_its_clock_running(stories):
    rows = cells_of(make("emergency_record", stories["housing"].source), "When this record")
    assert [row[1] for row in rows] == ["2026-11-23 09:30", "2026-11-24 09:30", "2026-11-26 09:30"]
    assert OPENED.hour == 9


def test_the_release_sheet_says_what_went_and_hides_from_the_recipient_why_the_rest_did_not(stories):
    source = stories["probation"].source
    own, theirs = (make("release_sheet", source, audience=each) for each in ("holder", "recipient"))
    receipt = next(each for each in source.records if isinstance(each, Receipt) and each.side == "sender")
    assert f"{receipt.counts.rows_sent:,}" in words_of(theirs)
    assert all(each.sha256 in words_of(theirs).replace(" ", "") for each in receipt.files)
    held = [line for line in stories["probation"].decision.scope if line.state is ScopeState.WITHHELD]
    assert held
    assert all(line.reason.text in words_of(own) for line in held)
    assert not any(line.reason.text in words_of(theirs) for line in held)
    assert source.find(Release).recipient.name in words_of(theirs)


def test_the_sheet_of_a_pseudonymised_table_says_so(stories):
    release = stories["probation"].source.find(Release)
    assert release.release_kind == "table"
    assert "pseudonymised" in words_of(make("release_sheet", stories["probation"].source))


def test_a_privacy_notice_lists_what_is_shared_and_names_nobody_it_is_about(stories):
    notice = words_of(make("privacy_notice", stories["housing"].source))
    assert "Name; Date of birth; Address" in notice
    assert "right to object" in notice
    assert "recorded exemption" in notice
    assert not any(each.label in notice for each in stories["housing"].decision.subjects)


def test_the_report_holds_every_section_that_the_page_has(stories):
    report = words_of(make("report", stories["housing"].source))
    assert "Northshire Police" in report
    assert "How it was checked" in report or "read" in report


def test_an_assessment_says_what_is_still_to_be_done(tmp_path):
    (tmp_path / "dpia.yaml").write_bytes(DPIA)
    made = make("dpia", read_source(tmp_path / "dpia.yaml"))
    assert values_of(made)["dpia.has_necessity"] == "no"
    assert "Jo Heron" in values_of(made)["dpia.text.screening"]
    assert "Assess necessity" in words_of(made)
    assert "An impact assessment is required" in words_of(made)


def test_a_statement_of_the_public_task_is_drafted_and_never_filled_in(stories):
    made = make("request_form", stories["housing"].source)
    assert values_of(made)["request.public_task_statement"] is None
    assert "Northshire Police needs this information" in words_of(made)
    request = stories["housing"].source.find(Request)
    assert request.public_task_statement == ""
