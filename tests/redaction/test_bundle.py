"""A bundle of five documents at the desk: suggested, settled, redacted, checked by a second person, and released."""

import hashlib
import io
import json
from email.message import EmailMessage

import docx
import openpyxl
import pytest

from tests.cli.conftest import SMALL, run_app
from tests.cli.test_desk import Place, record_reader
from tests.redaction.making import make_pdf, write_pdf
from tests.redaction.searching import find_word

SAM, JO, AL = "Sam Field", "Jo Heron", "Al Reed"
ITEMS = {
    "i1": "note.docx",
    "i2": "visits.xlsx",
    "i3": "letter.pdf",
    "i4": "mail.eml",
    "i5": "log.csv",
    "i6": "open.txt",
}
REQUEST = """
holder: {name: Harbour Homes}
requester: {name: Northshire Police}
contact: {name: Ana Teal, role: constable, organisation: Northshire Police}
received_on: 2026-03-01
channel: email
purpose: {code: crime.investigation, text: A burglary.}
why_necessary: To find a witness.
subjects: [{ref: p1, label: Kit Marsh}]
items:
""" + "".join(f"  - {{ref: {ref}, label: {name}, person: p1, kind: document}}\n" for ref, name in ITEMS.items())
ANSWERS = """
tool: share
people: {p1: Kit Marsh}
items: {ITEMS}
answers:
  danger.now: no
  asker.kind: police
  request.in_writing: yes
  item.sealed: no
  item.needed: {value: needed, by: {name: Jo Heron, role: decider}, reason: to find them,
                factors: {aim: to find them, less_intrusive_means: none}}
""".replace("ITEMS", ", ".join(f"{ref}: {{label: {name}, person: p1}}" for ref, name in ITEMS.items()))
TREATMENT = "third parties redacted"
RULING = (
    "lines:\n"
    + "".join(f"  - {{item: i{n}, state: redacted, treatment: {TREATMENT}}}\n" for n in range(1, 6))
    + "  - {item: i6, state: agreed}\nvalid: {start: 2026-01-01, end: 2999-01-01}\n"
)
PEOPLE = "third_parties: [Ida Wren]\nat_risk: ['14 Heron Court, NS1 2AB']\n"


def write_documents(root):
    """Five documents in five formats, each with somebody else's name in it, and one with nothing to remove."""
    note = docx.Document()
    note.add_paragraph("A call with Kit Marsh. Ida Wren of 14 Heron Court, NS1 2AB heard it.")
    note.core_properties.author = "Ida Wren"
    note.save(root / "note.docx")
    book = openpyxl.Workbook()
    book.active.append(["Kit Marsh", "943 476 5919"])
    book.active.append(["Ida", "Wren"])
    book.save(root / "visits.xlsx")
    (root / "letter.pdf").write_bytes(write_pdf(make_pdf(["Dear Mr Marsh,", "Ida Wren rang 07700 900123."])))
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "Ida Wren <ida.wren@example.org>", "Noise"
    mail.set_content("I heard it. Ida Wren\n")
    (root / "mail.eml").write_bytes(mail.as_bytes())
    (root / "log.csv").write_text("day,who\n2026-01-02,Ida Wren\n")
    (root / "open.txt").write_text("Kit Marsh has lived here since May.\n")


def make_place(root):
    place = Place(root)
    people = [f"{SAM}, officer: handler, releaser", f"{JO}, head: decider", f"{AL}, manager: approver, auditor"]
    place.do("start", root / "desk", "--organisation", "Harbour Homes", *(w for p in people for w in ("--person", p)))
    place.do("keys", "make-reader", root / "reader.key")
    assert record_reader(place, root / "reader.key.public.txt", by=SAM).exit_code == 0
    for name, text in (
        ("request.yaml", REQUEST),
        ("answers.yaml", ANSWERS),
        ("ruling.yaml", RULING),
        ("people.yaml", PEOPLE),
    ):
        place.write(name, text)
    write_documents(root)
    place.do("case", "receive", place.case, root / "request.yaml", by=SAM)
    place.do(
        "decide", "share", root / "answers.yaml", "--rules", SMALL, "--case", place.case,
        "--ruling", root / "ruling.yaml", by=JO,
    )  # fmt: skip
    return place


def redact(place, *words, by=SAM):
    return place.run("redact", *words, by=by)


def suggest(place, *files, by=SAM, out="plan.json"):
    root = place.root
    chosen = files or [f"{ref}={root / name}" for ref, name in list(ITEMS.items())[:5]]
    return redact(place, "suggest", place.case, *chosen, "--people", root / "people.yaml", "--out", root / out, by=by)


def write_form(place, name="release.yaml", **paths):
    """A release of all six documents, with other paths for some of them."""
    made = {each["item"]: each["name"] for each in place.applied["files"]}
    files = [
        {"item": ref, "path": paths.get(ref, f"redacted/{made[ref]}" if ref in made else file), "name": f"{ref}.bin",
         **({"treatment": TREATMENT} if ref in made else {})}
        for ref, file in ITEMS.items()
    ]  # fmt: skip
    form = {"kind": "bundle", "items": list(ITEMS), "channel": "secure email", "files": files}
    return place.write(name, json.dumps(form))


def release(place, form, by=SAM):
    return place.run(
        "release", "run", place.case, form, "--rules", SMALL, "--to", place.root / "reader.key.public.txt", by=by
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The whole way of one bundle; the tests below read what each step said."""
    place = make_place(tmp_path_factory.mktemp("bundle"))
    root = place.root
    place.suggested = suggest(place).document
    place.early = redact(place, "apply", place.case, root / "plan.json", "--out", root / "early")
    redact(place, "plan", root / "plan.json", "--accept", "all")
    by_hand = ["--term", "heard it", "--reason", "sensitive", "--asked-by", "policy 4"]
    place.settled = redact(place, "plan", root / "plan.json", *by_hand).document
    place.applied = redact(place, "apply", place.case, root / "plan.json", "--out", root / "redacted").document
    place.form = write_form(place)
    place.unchecked = release(place, place.form)
    place.own_check = redact(place, "check", place.case, root / "redacted", by=SAM)
    place.checked = redact(place, "check", place.case, root / "redacted", by=AL)
    place.mixed = release(place, write_form(place, "mixed.yaml", i6="letter.pdf"))
    place.original = release(place, write_form(place, "original.yaml", i3="letter.pdf"))
    place.other = release(place, write_form(place, "other.yaml", i3="open.txt"))
    place.released = release(place, place.form)
    return place


def test_suggestions_are_for_a_person_to_decide(place):
    sorts = {each["sort"] for document in place.suggested["documents"] for each in document["suggestions"]}
    assert {"at_risk_address", "third_party", "nhs_number", "phone", "email"} <= sorts
    assert "faces outside picture files" in place.suggested["not_looked_for"]
    assert not place.suggested["settled"]


def test_nothing_is_redacted_before_everything_is_settled(place):
    assert place.early.error["code"] == "REDACTION_NOT_SETTLED"
    assert not (place.root / "early").exists()
    assert place.settled["settled"]


def test_what_was_removed_is_in_none_of_the_files_that_were_made(place):
    for each in place.applied["files"]:
        content = (place.root / "redacted" / each["name"]).read_bytes()
        for word in ("wren", "heron", "heard"):
            assert find_word(word, content) == [], each["name"]
        assert sum(each["removed"].values())


def test_the_sheet_counts_removals_and_never_says_what_they_were(place):
    sheet = (place.root / "redacted" / "before-and-after.html").read_text()
    assert "somebody else&#39;s information" in sheet or "somebody else's information" in sheet
    assert "data:image/png" in sheet
    for word in ("wren", "heron", "943 476", "07700"):
        assert word not in sheet.lower()


def test_the_record_holds_neither_the_words_nor_the_digest_of_a_document_before(place):
    shown = place.do("case", "show", place.case, by=AL)
    kept = "".join(path.read_text() for path in (place.root / "desk" / "cases").rglob("*.json"))
    assert "wren" not in kept.lower().replace("ana teal", "")
    for name in list(ITEMS.values())[:5]:
        assert hashlib.sha256((place.root / name).read_bytes()).hexdigest() not in kept
    assert [each["kind"] for each in shown["records"]].count("plan") == 2


def test_an_address_of_somebody_at_risk_needs_a_second_person_and_another_one(place):
    assert place.unchecked.error["code"] == "RELEASE_SECOND_PERSON_NEEDED"
    assert place.own_check.error["code"] == "REDACTION_SAME_PERSON"
    assert place.checked.document["checked_by"]["name"] == AL


def test_a_document_before_redaction_goes_with_no_release_under_any_name(place):
    assert place.mixed.error["code"] == "RELEASE_WRONG_FILE"
    assert place.original.error["code"] == "RELEASE_WRONG_FILE"
    assert "before it was redacted" in place.original.error["message"]


def test_only_the_file_that_was_made_goes_for_a_redacted_item(place):
    assert place.other.error["code"] == "RELEASE_WRONG_FILE"


def test_the_redacted_bundle_is_released_and_the_receipt_says_so(place):
    document = place.released.document
    made = {each["sha256"] for each in place.applied["files"]}
    assert made <= {each["sha256"] for each in document["files"]}
    assert document["counts"]["items_sent"] == 6


def test_the_case_with_its_redaction_verifies(place):
    out = place.root / "case.fairshare"
    place.do("case", "export", place.case, "--out", out, "--plain", by=AL)
    done = run_app("verify", out, "--trust", place.root / "desk" / "trusted-keys.json", "--json")
    assert done.exit_code == 0, done.out


def test_an_item_that_was_not_agreed_is_not_redacted_either(place):
    done = suggest(place, f"i9={place.root / 'open.txt'}", out="none.json")
    assert done.error["code"] == "RELEASE_ITEM_NOT_AGREED"


def test_a_document_that_changed_after_the_plan_is_refused(place):
    root = place.root
    copy = place.write("copy.txt", "Ida Wren was here")
    suggest(place, f"i6={copy}", out="copy.json")
    redact(place, "plan", root / "copy.json", "--accept", "all")
    copy.write_text("Ida Wren was here, twice")
    done = redact(place, "apply", place.case, root / "copy.json", "--out", root / "copied")
    assert done.error["code"] == "REDACTION_OTHER_SOURCE"


def test_a_stranger_cannot_confirm_and_an_auditor_cannot_redact(place):
    plan = json.loads((place.root / "plan.json").read_text())
    plan["documents"][0]["terms"][0]["confirmed_by"] = {"name": "Some Body", "role": "none"}
    path = place.write("stranger.json", json.dumps(plan))
    done = redact(place, "apply", place.case, path, "--out", place.root / "strange")
    assert done.error["code"] == "REDACTION_NOT_SETTLED"
    assert redact(place, "plan", path, "--accept", "all", by=AL).error["code"] == "NOT_YOURS_TO_DO"


TOLD = """
kind: spoken
items: [i6]
channel: telephone
told:
  note:
    told_by: {name: %s, role: officer, organisation: Harbour Homes}
    told_to: {name: %s, role: constable, organisation: Northshire Police}
    told_at: %s
    place: by telephone
    identity: {how: ring_back, detail: the number in the police directory, checked_by: {name: Sam Field, role: officer}}
    items: {i6: {said: Kit Marsh lives there since May.}}
"""


@pytest.mark.parametrize(
    ("by", "to", "at", "code"),
    [
        (SAM, "Ana Teal", "now", None),
        (JO, "Ana Teal", "now", "RELEASE_OTHER_RECIPIENT"),
        (SAM, "Somebody Else", "now", "RELEASE_OTHER_RECIPIENT"),
        (SAM, "Ana Teal", "2020-01-01T10:00:00Z", "RELEASE_OTHER_RECIPIENT"),
    ],
)
def test_what_is_told_is_a_note_of_who_whom_when_and_how_they_were_known(place, by, to, at, code):
    made_at = max(each["made_at"] for each in place.do("case", "show", place.case, by=AL)["records"])
    form = place.write("told.yaml", TOLD % (by, to, made_at if at == "now" else at))
    done = place.run("release", "run", place.case, form, "--rules", SMALL, by=SAM)
    if code:
        assert done.error["code"] == code
    else:
        assert done.exit_code == 0, done.out
        kept = "".join(path.read_text() for path in (place.root / "desk" / "cases").rglob("*.json"))
        assert "called back on a number that was looked up" in kept


def test_the_release_sheet_of_a_redacted_bundle_opens(place):
    opened = io.BytesIO((place.root / "redacted" / "before-and-after.html").read_bytes())
    assert opened.read(15).lower().startswith(b"<!doctype html")
