"""What the checker says of words: present, weak, absent, and the traps, each with its place."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairshare.agree.check import check_agreement
from fairshare.agree.check_document import write_change_tables, write_check
from fairshare.agree.check_signals import load_signals
from fairshare.agree.liability import list_consequences
from fairshare.documents.model import Brand
from fairshare.documents.paragraphs import read_paragraphs
from fairshare.documents.rendering import FORMATS, render
from fairshare.words import Mark
from tests.agree_check.set.make_files import make_pdf

DAY = date(2026, 11, 22)
CHANGES = ("basis", "law", "parties", "purpose")
COUNCIL = "Agreement between Example Council and Example Trust\n\n"


def check(text, *, sort=None, language="en"):
    raw = text if isinstance(text, bytes) else text.encode()
    return check_agreement(read_paragraphs(raw, where="a"), load_signals(language), law_date=DAY, sort=sort)


@pytest.mark.parametrize(
    ("content", "text", "state"),
    [
        ("retention", "The Trust deletes the data after 90 days.", "present"),
        ("retention", "Data is retained for as long as necessary.", "weak"),
        ("retention", "# Retention\n\nKept for [X] months.", "weak"),
        ("retention", "The parties like cake.", "absent"),
        ("retention", "Cedwir yr wybodaeth am chwe mis.", "present"),
        ("contacts", "The contact is the [name of the manager].", "weak"),
        ("contacts", "The contact is the Records Manager.", "present"),
        ("security", "Files are encrypted in transit.", "present"),
        ("security", "Each party takes appropriate measures.", "weak"),
        ("breach", "A breach is reported to the other within 24 hours.", "present"),
        ("breach", "The parties tell each other of any breach.", "weak"),
        ("review", "This agreement is reviewed every twelve months.", "present"),
        ("review", "It is reviewed from time to time.", "weak"),
        ("variation", "A variation is made in writing and signed.", "present"),
        ("variation", "The supplier may amend these terms at any time by notice.", "weak"),
        ("lawful_basis", "We rely on Article 6(1)(e), public task.", "present"),
        ("lawful_basis", "Each party has a lawful basis.", "weak"),
        ("conditions", "We share health information under Article 9(2)(h) and Schedule 1 paragraph 2.", "present"),
        ("conditions", "We share health information.", "weak"),
        ("conditions", "We share the reading age of books.", "not_applicable"),
        ("ending", "On termination the data is deleted.", "present"),
        ("ending", "Either party may terminate by one month's notice.", "weak"),
        ("onward", "The Trust does not disclose the data to anybody else.", "present"),
        ("dpia", "A data protection impact assessment was completed.", "present"),
    ],
)
def test_a_sentence_shows_whether_a_content_is_there(content, text, state):
    assert check(COUNCIL + text, sort="separate").finding(content).state == state


@pytest.mark.parametrize(
    ("trap", "text", "there"),
    [
        ("basis_warranty", "The Council warrants that its lawful basis is consent.", True),
        ("basis_warranty", "The lawful basis is recorded in Schedule 1.", False),
        ("indemnity", "Each party shall indemnify the other.", True),
        ("liability_cap", "Liability shall not exceed £5,000.", True),
        ("ico_approved", "This agreement has been approved by the ICO.", True),
        ("ico_approved", "This agreement has not been approved by the ICO.", False),
        ("consent_emergency", "In an emergency the parties rely on consent.", True),
        ("consent_emergency", "In an emergency the parties share without consent.", False),
        ("onward_open", "The Trust may share the data with its group companies.", True),
        ("onward_open", "The Trust may not share the data with its group companies.", False),
        ("old_act", "The Data Protection Act 1998 applies.", True),
        ("old_act", "The Data Protection Act 2018 applies.", False),
        ("six_bases", "There are six lawful bases.", True),
        ("repealed_articles", "The purpose is compatible under Article 6(4).", True),
        ("repealed_articles", "Requests under Articles 15 to 22 are answered.", False),
        ("repealed_articles", "Decisions follow Articles 22A to 22D.", False),
        ("eu_gdpr", "Regulation (EU) 2016/679 applies.", True),
        ("eu_gdpr", "The UK GDPR, which is Regulation (EU) 2016/679 as it forms part of our law, applies.", False),
        ("part_of_contract", "This schedule forms part of the Master Services Agreement.", True),
    ],
)
def test_a_sentence_is_a_trap_or_is_not(trap, text, there):
    assert (trap in {each.id for each in check(COUNCIL + text).traps}) is there


@pytest.mark.parametrize(
    ("title", "said", "there"),
    [
        ("Memorandum of understanding", "It is legally binding on both.", True),
        ("Memorandum of understanding", "It is not legally binding.", False),
        ("Memorandum of understanding", "It is legally binding. The parties are Crown bodies.", False),
        ("Agreement", "It is legally binding on both.", False),
    ],
)
def test_a_memorandum_is_a_trap_only_where_it_is_relied_on_as_a_contract(title, said, there):
    assert ("mou_contract" in {each.id for each in check(f"# {title}\n\n{said}").traps}) is there


def test_a_lack_is_a_trap_too():
    assert {"no_review", "no_variation", "retention_undefined", "security_undefined"} <= {
        each.id for each in check(COUNCIL).traps
    }


def test_a_definition_settles_nothing_but_may_rest_on_old_law():
    found = check(
        COUNCIL + "“Personal Data Breach” means a breach reported within 24 hours.\n\n“Act” means the DPA 1998."
    )
    assert found.finding("breach").state == "absent"
    assert "old_act" in {each.id for each in found.traps}


@pytest.mark.parametrize(
    ("text", "sort"),
    [
        ("# Data processing agreement\n\nThe processor acts only on documented instructions.", "processor"),
        ("# Joint controller arrangement\n\nThe parties are joint controllers under Article 26.", "joint"),
        (
            "# Sharing agreement\n\nEach is a separate controller; their log has its own arrangement under Article 26.",
            "separate",
        ),
        ("# Sharing agreement\n\nThe parties are not joint controllers.", "separate"),
    ],
)
def test_the_kind_is_found_by_its_words(text, sort):
    found = check(text)
    assert found.sort == sort
    asked = {each.id for each in found.findings}
    assert ("joint_essence" in asked) is (sort == "joint")
    assert ("p_audit" in asked) is (sort == "processor")


def test_articles_26_and_28_are_musts_and_the_code_is_not():
    for sort in ("joint", "processor"):
        found = check(COUNCIL, sort=sort)
        for each in found.findings:
            assert (each.strength == "must") == each.id.startswith(("joint_", "p_"))
    must = check(COUNCIL, sort="joint").finding("joint_essence")
    assert [(each.id, each.mark) for each in must.sources] == [("ukgdpr.art26", Mark.READ)]


def test_every_finding_quotes_its_place():
    found = check(make_pdf("# Agreement\n\nFirst.\n\nThe Council warrants that its lawful basis is consent."))
    trap = next(each for each in found.traps if each.id == "basis_warranty")
    assert trap.places[0].page == 1
    assert "warrants" in trap.places[0].quote


def test_what_is_lacking_comes_with_a_clause_of_the_bank():
    lacking = check(COUNCIL).finding("retention")
    assert [each.clause for each in lacking.proposals] == ["care.retention"]
    assert "{" not in lacking.proposals[0].text


def test_a_long_sentence_is_quoted_in_part():
    found = check(COUNCIL + "The data is kept for two years, " + "and " * 200 + "so on.")
    assert len(found.finding("retention").place.quote) <= 221


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_says_who_must_do_what_and_where_it_bites(change):
    signals = load_signals()
    rows = list_consequences(check(COUNCIL + "The Council warrants that its basis is consent."), signals, change).rows
    assert rows
    for row in rows:
        assert row.who
        assert row.act
        assert row.sources
        assert row.there or row.place is None


def test_a_warranted_basis_that_changes_is_said_to_break_the_contract_and_not_the_law():
    signals = load_signals()
    with_it = list_consequences(check(COUNCIL + "The Council warrants that its basis is consent."), signals, "basis")
    without = list_consequences(check(COUNCIL + "We rely on consent."), signals, "basis")
    assert "stay lawful" in next(row.act for row in with_it.rows if row.about == "basis_warranty")
    assert "basis_warranty" not in {row.about for row in without.rows}
    assert next(row for row in without.rows if row.about == "variation").there is False


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("language", ["en", "cy"])
def test_the_report_is_written_in_every_format_and_says_what_it_is_not(form, language):
    signals = load_signals(language)
    found = check(COUNCIL + "The Council warrants that its lawful basis is consent.", language=language)
    tables = [list_consequences(found, signals, change) for change in CHANGES]
    brand = Brand(organisation="Example Council")
    document = write_check(found, signals, tables, file="agreement.docx", made_on=DAY, brand=brand)
    assert document.legend == signals.phrases["not_advice"]
    assert len(render(document, form)) > 1_000
    assert write_change_tables(tables, signals, file="a", made_on=DAY, brand=brand).blocks


@pytest.mark.parametrize("piece", ["[", "# #", "6 1 ", "(", "a|", "**", "keep a year ", "A. ", "#"])
def test_text_made_to_be_slow_is_read_to_the_end(piece):
    assert check("Start\n\n# " + piece * 60_000 + "x").findings


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from(["retain", "6 months", "consent", "warrants", ".", "\n\n", "not", "|", "# ", "["]), max_size=60
    )
)
def test_any_words_are_checked_and_every_place_is_in_the_paper(words):
    raw = ("Start " + " ".join(words)).encode()
    paper = read_paragraphs(raw, where="a")
    found = check_agreement(paper, load_signals(), law_date=DAY)
    for each in found.findings:
        if each.place:
            assert each.place.quote.rstrip("…") in paper.paragraphs[each.place.paragraph - 1].text
            assert each.state in ("present", "weak")
