"""An agreement is composed from its decision: the right clauses, the basis in a schedule, and nothing left open."""

from datetime import date
from typing import Any

import pytest

from fairshare.agree.bank import UnknownClause
from fairshare.agree.compose import LawRequiresClause, find_unmet
from fairshare.agree.document import write_agreement_document, write_certificate_document, write_summary_document
from fairshare.agree.draft import NotForAgreement
from fairshare.agree.proposals import match_clauses, read_changes
from fairshare.agree.versions import compare_versions, write_comparison, write_redline
from fairshare.documents import FORMATS, render
from fairshare.documents.model import Paragraph, read_runs
from fairshare.documents.paragraphs import read_paragraphs
from fairshare.records import Form
from fairshare.records.agreed import DeletionCertified
from fairshare.words import BadInput
from tests.agree.examples import MID, NORTH, SLOTS, compose, make_party, tell

GROUND = {
    "sort": "lawful_basis",
    "conclusion": "basis.public_task",
    "provision": "ukgdpr.art6.1.e",
    "says": "It is the holder's own public task.",
    "mark": "read",
}


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("language", ["en", "cy"])
def test_each_kind_is_complete_and_renders_in_both_languages(form: Form, language: str) -> None:
    composed = compose(form, language=language)
    assert composed.gaps == ()
    assert find_unmet(composed.agreement, circumstances=composed.circumstances) == ()
    for document in (write_agreement_document(composed.agreement), write_summary_document(composed.agreement)):
        text = render(document, "text").decode()
        assert "{" not in text
        assert "[[" not in text
        assert document.language == f"{language}-GB"


def test_the_lawful_basis_stands_in_a_schedule_and_not_in_the_body() -> None:
    agreement = compose(decision={"grounds": [GROUND]}).agreement
    body = " ".join(each.text for each in agreement.clauses)
    schedule = next(each for each in agreement.schedules if each.id == "schedule.basis")
    assert GROUND["says"] not in body
    assert (NORTH, GROUND["says"], "ukgdpr.art6.1.e", "read") in schedule.rows
    assert any(row[0] == MID for row in schedule.rows)
    assert "No warranties" in schedule.text


@pytest.mark.parametrize(
    ("clause", "answers", "put_in", "why"),
    [
        ("special.conditions", {"item.special_category": {"value": True}}, True, "applies"),
        ("special.conditions", {"item.special_category@i3": {"value": True}}, True, "not_known"),  # i3 is withheld
        ("special.conditions", {"item.special_category": {"value": False}}, False, "does_not_apply"),
        ("special.conditions", {}, True, "not_known"),
        ("special.children", {"person.age_years@p1": {"value": 17}, "child.reason": {"value": False}}, True, "applies"),
        (
            "special.children",
            {"person.age_years@p1": {"value": 18}, "child.reason": {"value": False}},
            False,
            "does_not_apply",
        ),
        ("items.treated", {}, True, "applies"),
        ("answer.recourse", {}, False, "only_offered"),
    ],
)
def test_a_clause_goes_in_as_the_answers_say_and_stays_in_while_nobody_knows(
    clause: str, answers: dict[str, Any], put_in: bool, why: str
) -> None:
    found = next(each for each in compose(answers=answers).choices if each.id == clause)
    assert (found.put_in, found.why) == (put_in, why)


def test_what_the_parties_choose_is_done_and_what_the_law_requires_stays() -> None:
    composed = compose(
        leave_out={"care.training": "All are trained already."},
        add=["care.assurance"],
        choose={"purpose.only": 1},
        own=[{"heading": "Publication", "text": "Results are published."}],
        circumstances={"children": True},
    )
    ids = [each.id for each in composed.agreement.clauses]
    assert "care.training" not in ids
    assert {"care.assurance", "special.children", "own.a"} <= set(ids)
    assert next(each for each in composed.agreement.clauses if each.id == "purpose.only").text.endswith(
        "unless the law requires another use."
    )
    with pytest.raises(LawRequiresClause):
        compose(Form.PROCESSOR, leave_out={"processor.audit": "They would rather not."})
    with pytest.raises(UnknownClause):
        compose(leave_out={"joint.essence": "x"})
    with pytest.raises(UnknownClause):
        compose(choose={"care.breach": 3})
    with pytest.raises(UnknownClause):
        compose(slots={"moon": "full"})
    with pytest.raises(BadInput):
        compose(circumstances={"full_moon": True})


@pytest.mark.parametrize(
    ("form", "changes", "says"),
    [
        (Form.PROCESSOR, {"answers": {}}, "nothing says that one acts"),
        (Form.ONE_WAY, {"answers": {"recipient.role": {"value": "processor"}}}, "acts on instructions only"),
        (Form.MOU, {"crown": False}, "only between government departments"),
        (Form.ONE_WAY, {"framework": "sha256:" + "3" * 64}, "names it, and no other kind"),
        (Form.FRAMEWORK_SCHEDULE, {"framework": None}, "names it, and no other kind"),
        (Form.FRAMEWORK, {"purpose": None}, "needs a purpose"),
        (Form.ONE_WAY, {"review_on": date(2029, 1, 1)}, "review day"),
        (Form.ONE_WAY, {"parties": (make_party(NORTH),)}, "must be a party"),
        (Form.ONE_WAY, {"parties": (make_party(NORTH, turn=2), make_party(MID, key=None))}, "nobody with a key"),
    ],
)
def test_what_the_decision_or_the_parties_do_not_support_is_refused(
    form: Form, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(NotForAgreement, match=says):
        compose(form, **changes)


def test_a_processors_contract_is_the_exit_from_a_decision_that_shares_nothing() -> None:
    agreement = compose(Form.PROCESSOR, decision={"outcome": "REDIRECT", "assessed": "REDIRECT"}).agreement
    assert [each.status for each in agreement.parties] == ["controller", "processor"]
    assert "controller" in agreement.clauses[0].text


def test_an_unfilled_gap_is_named_and_stands_out() -> None:
    composed = compose(slots={key: each for key, each in SLOTS.items() if key != "retention"})
    assert composed.gaps == ("retention",)
    assert "to be filled in: retention" in render(write_agreement_document(composed.agreement), "text").decode()


def test_a_redline_reads_as_the_later_version_and_keeps_what_was_deleted() -> None:
    before = compose().agreement
    after = compose(slots=SLOTS | {"retention": "five years."}, leave_out={"care.training": "x"}).agreement
    changed = {each.id: each.change for each in compare_versions(before, after)}
    assert changed == {"care.retention": "changed", "schedule.retention": "changed", "care.training": "removed"}
    document = write_redline(before, after, by="Anne")
    runs = [run for block in document.blocks if isinstance(block, Paragraph) for run in block.runs]
    assert ("three", "deleted") in [(run.text, run.change) for run in runs]
    assert ("five", "inserted") in [(run.text, run.change) for run in runs]
    now = " ".join(read_runs(block.runs) for block in document.blocks if isinstance(block, Paragraph))
    assert "five years" in now
    assert "three years" not in now
    assert compare_versions(after, after) == ()
    assert b"w:ins" in _unzip(render(document, "docx"))
    assert "five years" in render(write_comparison(before, after), "markdown").decode()


@pytest.mark.parametrize("format", ["docx", "odt", "markdown"])
def test_an_unchanged_copy_that_comes_back_proposes_nothing_and_a_changed_one_its_changes(format: str) -> None:
    agreement = compose().agreement
    paper = read_paragraphs(render(write_agreement_document(agreement), format), where="a")  # type: ignore[arg-type]
    lines = [(each.heading, each.text) for each in paper.paragraphs]
    assert read_changes(agreement, match_clauses(agreement, lines)) == ()
    edited = [(head, text.replace("after 24 hours", "after 12 hours")) for head, text in lines]
    [change] = read_changes(agreement, match_clauses(agreement, edited))
    assert change.clause == "care.breach"
    assert "12 hours" in str(change.text)
    gone = [each for each in lines if "Training" not in each[1] and "trained before" not in each[1]]
    assert [(each.clause, each.text) for each in read_changes(agreement, match_clauses(agreement, gone))] == [
        ("care.training", None)
    ]


@pytest.mark.parametrize("format", FORMATS)
def test_the_agreement_the_summary_and_the_certificate_render_in_every_format(format: str) -> None:
    agreement = compose(Form.JOINT).agreement
    certificate = tell(MID, DeletionCertified(on=date(2027, 1, 2), did="deleted", how="Overwritten"))
    for document in (
        write_agreement_document(agreement),
        write_summary_document(agreement),
        write_certificate_document(agreement, certificate),
    ):
        assert render(document, format) == render(document, format)  # type: ignore[arg-type]


def _unzip(raw: bytes) -> bytes:
    from io import BytesIO
    from zipfile import ZipFile

    return ZipFile(BytesIO(raw)).read("word/document.xml")
