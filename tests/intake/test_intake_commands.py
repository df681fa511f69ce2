"""Reading, confirming and taking in from the command line; a form that comes back becomes a new version."""

import yaml

from fairshare.documents import render
from tests.cli.conftest import run_app as run
from tests.intake.forms import WRITTEN, make_form, make_request, replace_words
from tests.layouts.build import build_file


def save(folder, name):
    path = folder / name
    path.write_bytes(build_file("development", name))
    return path


def start(folder):
    run("start", folder / "desk", "--organisation", "Harbour Homes", "--person", "Jo Field, officer: handler")
    return ("--desk", folder / "desk")


def test_a_request_is_read_confirmed_from_a_file_and_received(tmp_path):
    desk = start(tmp_path)
    path = save(tmp_path, "d01-force-form.docx")
    read = run("intake", path, "--json")
    assert read.exit_code == 0
    (draft,) = read.document["drafts"]
    assert not any(each["confirmed"] for each in draft["fields"])
    answers = tmp_path / "answers.yaml"
    answers.write_text(yaml.safe_dump({each["id"]: each["field"] != "reference" for each in draft["fields"]}), "utf-8")
    out = tmp_path / "request.yaml"
    words = ("intake", "confirm", draft["draft"], "--answers", answers, "--out", out, "--holder", "Harbour Homes")
    done = run(*words, "--received", "2026-02-17", "--purpose", "crime.investigation", "--json")
    assert done.document["open"] == []
    received = run("case", "receive", "c1", out, *desk, "--json")
    assert received.exit_code == 0
    assert "NM/4402/26" not in out.read_text("utf-8")
    assert "2231" in out.read_text("utf-8")


def test_confirming_one_by_one_saves_every_answer_and_can_stop(tmp_path):
    path = save(tmp_path, "d09-outlook.msg")
    run("intake", "read", path)
    draft = tmp_path / "d09-outlook.msg.draft.yaml"
    done = run("intake", "confirm", draft, typed="y\nn\nAraminta Park\nd\nq\n")
    assert done.exit_code == 0
    assert "2 confirmed" in done.out
    kept = yaml.safe_load(draft.read_text("utf-8"))["fields"]
    assert [each["confirmed"] for each in kept[:4]] == [True, False, True, False]
    assert kept[1]["rejected"]
    assert kept[2]["value"] == "Araminta Park"


def test_a_file_that_cannot_be_read_leaves_no_draft_and_neither_do_those_beside_it(tmp_path):
    good = save(tmp_path, "d10-plain-form.txt")
    bad = tmp_path / "bad.pdf"
    bad.write_bytes(b"%PDF-1.7 rubbish")
    done = run("intake", "read", good, bad, "--json")
    assert done.error["code"] == "DOCUMENT_BROKEN"
    assert list(tmp_path.glob("*.draft.yaml")) == []


def test_a_draft_is_never_written_over(tmp_path):
    path = save(tmp_path, "d10-plain-form.txt")
    assert run("intake", "read", path).exit_code == 0
    assert run("intake", "read", path, "--json").error["code"] == "FILE_EXISTS"


def test_a_form_that_comes_back_is_shown_and_with_keep_becomes_a_new_version_that_follows_the_old(tmp_path):
    desk = start(tmp_path)
    request = tmp_path / "request.yaml"
    request.write_bytes(WRITTEN)
    old = run("case", "receive", "c1", request, *desk, "--json").document["record"]
    sent, back = tmp_path / "sent.docx", tmp_path / "back.docx"
    sent.write_bytes(render(make_form(make_request()), "docx"))
    changes = (("A burglary", "Two burglaries"), ("Leave blank what", "Fill in what"))
    back.write_bytes(replace_words(sent.read_bytes(), "docx", *changes))
    shown = run("form", "read", back, "--against", old, "--sent", sent, *desk)
    assert "Two burglaries" in shown.out
    assert "Fill in what" in " ".join(shown.out.split())
    assert "Nothing is kept yet" in shown.out
    kept = run("form", "read", back, "--against", "c1", "--keep", *desk, "--json").document
    assert [each["name"] for each in kept["differences"]] == ["request.purpose.text"]
    records = run("case", "show", "c1", *desk, "--json").document["records"]
    assert [each["kind"] for each in records] == ["request", "request"]
    assert kept["kept"]["record"] != old
    again = run("form", "read", back, "--against", old, "--keep", *desk, "--json")
    assert again.error["code"] == "REQUEST_HAS_NEWER_VERSION"
    nothing = run("form", "read", back, "--against", "c1", "--keep", *desk, "--json")
    assert nothing.error["code"] == "FORM_NOTHING_TO_KEEP"
