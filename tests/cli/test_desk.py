"""A case at the desk, from the command line: every step from a new folder to a verified archive."""

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import time

import pytest

from fairshare.words import ExitCode
from tests.cli.conftest import ANSWERS, SMALL, run_app

REQUEST = """
holder: {name: Harbour Homes}
requester: {name: Northshire Police}
contact: {name: Ana Wren, role: constable, organisation: Northshire Police}
received_on: 2026-03-01
channel: email
purpose: {code: crime.investigation, text: A burglary.}
why_necessary: To find a witness.
subjects: [{ref: p1, label: Kit Marsh}]
items: [{ref: i1, label: Address, person: p1, kind: document}]
"""
RULING = "lines: [{item: i1, state: agreed}]\nvalid: {start: 2026-01-01, end: 2999-01-01}\n"
RELEASE = (
    "kind: bundle\nitems: [i1]\nchannel: secure email\nfiles: [{item: i1, path: note.txt, media_type: text/plain}]\n"
)
TOLD = "kind: spoken\nitems: [i1]\nchannel: telephone\ntold: {account: Told the address., items: {i1: null}}\n"


class Place:
    """One organisation's desk, and the people it deals with, in one folder."""

    def __init__(self, root):
        self.root = root
        self.case = "case-1"

    def write(self, name, text):
        path = self.root / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def run(self, *words, by=None, json=True):
        at_desk = ["--desk", self.root / "desk", *(["--as", by] if by else [])] if by or by == "" else []
        return run_app(*words, *at_desk, *(["--json"] if json else []))

    def do(self, *words, by=None):
        done = self.run(*words, by=by)
        assert done.exit_code == 0, done.out
        return done.document


def make_place(root):
    place = Place(root)
    people = [
        "Sam Field, officer: handler, releaser",
        "Jo Heron: decider, signatory",
        "Al Reed: records_manager, auditor",
    ]
    named = [word for each in people for word in ("--person", each)]
    place.do("start", root / "desk", "--organisation", "Harbour Homes", *named)
    place.do("keys", "make-signing", root / "police.json", "--name", "Northshire Police")
    place.do("keys", "make-reader", root / "reader.key")
    place.do("keys", "trust", root / "police.public.json", "--desk", root / "desk")
    record_reader(place, root / "reader.key.public.txt")
    place.write("request.yaml", REQUEST)
    place.write("answers.yaml", ANSWERS)
    place.write("ruling.yaml", RULING)
    place.write("release.yaml", RELEASE)
    place.write("note.txt", "4 Quay Street")
    place.do("case", "receive", place.case, root / "request.yaml", by="Sam Field")
    return place


def record_reader(place, file, of="Northshire Police", by="Sam Field"):
    words = ["--of", of, "--checked-by", by, "--how", "read back on a directory number", "--desk", place.root / "desk"]
    return place.run("keys", "reader", file, *words)


def decide(place, *words, by="Jo Heron"):
    file = ["share", place.root / "answers.yaml", "--rules", SMALL, "--case", place.case]
    return place.run("decide", *file, *words, by=by)


def release(place, form="release.yaml", *words, by="Sam Field"):
    return place.run("release", "run", place.case, place.root / form, "--rules", SMALL, *words, by=by)


def open_release(place, folder, *words):
    keys = ["--key", place.root / "reader.key", "--trust", place.root / "desk" / "public-key.json"]
    return place.run("release", "open", folder, *keys, "--into", place.root / "opened", *words)


def type_into(words, prompt, typed):
    """Runs a command in a terminal of its own, types a line when asked for it, and gives the exit status."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-m", "fairshare.cli", *words])  # noqa: S606 (no shell is meant)
    said = b""
    try:
        while select.select([terminal], [], [], 60)[0]:
            said += os.read(terminal, 1024)
            if prompt in said:
                os.write(terminal, typed.encode() + b"\n")
                prompt = b"\0"
    except OSError:
        pass  # the command has ended, and its terminal with it
    else:
        os.kill(child, signal.SIGKILL)
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A case that was released, opened and receipted; tests read it and change nothing."""
    place = make_place(tmp_path_factory.mktemp("made"))
    root = place.root
    place.decided = decide(place, "--ruling", root / "ruling.yaml", "--report", root / "report.html").document
    place.released = release(
        place, "release.yaml", "--to", root / "reader.key.public.txt", "--sheet", root / "s.html"
    ).document
    receipt = ["--receipt", root / "receipt.json", "--sign-with", root / "police.json", "--by", "Ana Wren, constable"]
    place.opened = open_release(place, place.released["folder"], *receipt).document
    place.do("release", "take-receipt", place.case, root / "receipt.json", by="Sam Field")
    place.do("case", "export", place.case, "--out", root / "case.fairshare", "--plain", by="Al Reed")
    return place


@pytest.fixture
def place(tmp_path):
    return make_place(tmp_path)


def test_a_desk_says_whose_it_is_who_works_there_and_what_to_give_to_partners(made):
    found = made.run("keys", "show", made.root / "desk" / "public-key.json").document["keys"]
    assert [key["name"] for key in found] == ["Harbour Homes"]
    assert (
        made.run("start", made.root / "desk", "--organisation", "X", "--person", "A: handler").error["code"]
        == "DESK_EXISTS"
    )
    assert (made.root / "desk" / "organisation.key.json").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("person", ["A", "A:", ": handler", "A: king", "A: handler, king"])
def test_somebody_without_a_name_or_a_known_role_cannot_work_there(run, tmp_path, person):
    done = run("start", tmp_path / "desk", "--organisation", "X", "--person", person, "--json")
    assert (done.exit_code, (tmp_path / "desk").exists()) == (3, False)


def test_a_desk_that_cannot_be_made_there_is_an_error_of_the_family(run, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    done = run("start", tmp_path / "file" / "desk", "--organisation", "X", "--person", "A, B: handler", "--json")
    assert (done.exit_code, done.error["code"]) == (3, "BAD_INPUT")


def test_a_folder_without_a_desk_is_refused(run, tmp_path):
    assert run("case", "list", "--desk", tmp_path, "--json").error["code"] == "NOT_A_DESK"


def test_it_must_be_said_who_is_acting_where_several_work(made):
    assert made.run("case", "list", "--desk", made.root / "desk").error["code"] == "WHO_IS_ACTING"
    assert made.run("case", "list", by="Nobody").error["code"] == "NOT_FOUND"
    done = run_app("case", "list", "--json", "--desk", made.root / "desk", "--as", "Sam Field")
    assert [each["case"] for each in done.document["cases"]] == ["case-1"]


def test_a_request_says_what_it_lacks_and_a_letter_asks_for_it(place):
    place.write("short.yaml", REQUEST.replace("why_necessary: To find a witness.\n", ""))
    letter = place.root / "letter.md"
    found = place.do("case", "receive", "case-2", place.root / "short.yaml", "--letter", letter, by="Sam Field")
    assert [each["field"] for each in found["missing"]] == ["why_necessary"]
    assert "why each item is needed" in letter.read_text()
    shown = place.run("case", "receive", "case-3", place.root / "short.yaml", by="Sam Field", json=False).out
    assert "why each item is needed" in shown


def test_an_assessment_at_the_desk_decides_nothing_without_a_ruling(place):
    found = decide(place).document
    assert (found["outcome"], found["decision"]) == ("SHARE_FULL", None)
    assert place.do("case", "show", place.case, by="Sam Field")["records"][-1]["kind"] == "request"


def test_a_ruling_needs_a_case(place):
    file = ["share", place.root / "answers.yaml", "--rules", SMALL, "--ruling", place.root / "ruling.yaml"]
    assert place.run("decide", *file).error["where"] == "--ruling"


def test_a_named_person_decides_and_the_report_says_so(made):
    decision = made.decided["decision"]
    assert (decision["outcome"], decision["decided_by"]["name"], decision["departure"]) == (
        "SHARE_FULL",
        "Jo Heron",
        False,
    )
    assert "Jo Heron" in (made.root / "report.html").read_text()


def test_only_somebody_with_the_role_decides(place):
    done = decide(place, "--ruling", place.root / "ruling.yaml", by="Sam Field")
    assert (done.exit_code, done.error["code"]) == (ExitCode.REFUSED, "NOT_YOURS_TO_DO")


def test_a_departure_needs_reasons_and_a_second_person_and_is_shown(place):
    place.write("answers.yaml", ANSWERS.replace("item.sealed: no", "item.sealed: yes"))
    ruling = place.root / "ruling.yaml"
    assert decide(place, "--ruling", ruling).error["code"] == "DEPARTURE_NEEDS_REASONS"
    place.write("ruling.yaml", RULING + "departure_reasons: The seal was lifted today.\n")
    assert decide(place, "--ruling", ruling).error["code"] == "SECOND_APPROVER_NEEDED"
    place.write("ruling.yaml", ruling.read_text() + "second_approver: {name: Al Reed, role: director}\n")
    found = decide(place, "--ruling", ruling).document["decision"]
    assert (found["assessed"], found["outcome"], found["departure"]) == ("REFUSE_PROHIBITED", "SHARE_FULL", True)


def test_a_release_comes_back_out_as_it_went_in_and_is_receipted(made):
    assert made.released["counts"]["items_sent"] == 1
    assert (made.root / "opened" / os.path.basename(made.opened["folder"]) / "note.txt").read_text() == "4 Quay Street"
    assert made.opened["signed_by"]["name"] == "Harbour Homes"
    assert "<html" in (made.root / "s.html").read_text()
    kinds = [each["kind"] for each in made.do("case", "show", made.case, by="Sam Field")["records"]]
    assert kinds == ["request", "decision", "release", "receipt", "receipt"]


def test_nothing_is_released_before_it_is_decided(place):
    done = release(place, "release.yaml", "--to", place.root / "reader.key.public.txt")
    assert (done.exit_code, done.error["code"]) == (ExitCode.REFUSED, "NOT_YET")


@pytest.mark.parametrize("command", ["show", "export", "release"])
def test_a_case_that_is_not_there_is_not_found_whatever_is_asked_of_it(place, command):
    place.case = "no-such-case"
    to = ["--to", place.root / "reader.key.public.txt"]
    out = ["--out", place.root / "out.case"]
    ways = {
        "show": lambda: place.run("case", "show", place.case, by="Al Reed"),
        "export": lambda: place.run("case", "export", place.case, *out, *to, by="Al Reed"),
        "release": lambda: release(place, "release.yaml", *to),
    }
    done = ways[command]()
    assert (done.exit_code, done.error["code"]) == (ExitCode.BAD_INPUT, "NOT_FOUND")


@pytest.mark.parametrize("kind", ["spoken", "viewed", "portal"])
def test_what_is_told_shown_or_uploaded_is_released_without_a_key(place, kind):
    place.write("request.yaml", REQUEST.replace("document", "other"))
    place.do("case", "receive", place.case, place.root / "request.yaml", by="Sam Field")
    uploaded = "files: [{item: i1, path: note.txt}]\n" if kind == "portal" else ""
    place.write("told.yaml", TOLD.replace("spoken", kind) + uploaded)
    assert decide(place, "--ruling", place.root / "ruling.yaml").exit_code == 0
    assert [each["name"] for each in release(place, "told.yaml").document["files"]] == ["note.txt"] * (kind == "portal")


@pytest.mark.parametrize("form", [RELEASE + "told: {account: x}\n", "kind: bundle\nitems: [i1]\nchannel: x\n"])
def test_a_release_is_one_thing(place, form):
    decide(place, "--ruling", place.root / "ruling.yaml")
    place.write("release.yaml", form)
    assert release(place, "release.yaml", "--to", place.root / "reader.key.public.txt").exit_code in (3, 4)


@pytest.mark.parametrize(
    ("of", "code"),
    [(None, "RELEASE_READER_NOT_CHECKED"), ("Southshire Police", "RELEASE_OTHER_READER"), ("Northshire Police", None)],
)
def test_a_release_is_sealed_only_to_a_key_recorded_as_the_recipients(place, of, code):
    decide(place, "--ruling", place.root / "ruling.yaml")
    place.do("keys", "make-reader", place.root / "new.key")
    key = place.root / "new.key.public.txt"
    if of is not None:
        record_reader(place, key, of)
    done = release(place, "release.yaml", "--to", key, "--unchecked-key", "no emergency, only haste")
    assert (done.exit_code, done.document.get("error", {}).get("code")) == (4 if code else 0, code)
    both = release(place, "release.yaml", "--to", place.root / "reader.key.public.txt", "--to", key)
    assert both.exit_code == (4 if code else 0)


def test_a_passphrase_needs_no_key_to_be_recorded(place):
    decide(place, "--ruling", place.root / "ruling.yaml")
    (place.root / "desk" / "reader-keys.json").unlink()
    assert release(place, "release.yaml", "--passphrase").exit_code == 0


def test_a_key_is_recorded_for_one_organisation_by_somebody_who_works_here(place):
    key = place.root / "reader.key.public.txt"
    assert record_reader(place, key, "Southshire Police").error["code"] == "READER_KEY_TAKEN"
    assert record_reader(place, key, by="A Stranger").error["code"] == "NOT_FOUND"
    again = record_reader(place, key, by="Al Reed").document
    assert (again["organisation"], again["checked_by"]["name"]) == ("Northshire Police", "Al Reed")
    held = json.loads((place.root / "desk" / "reader-keys.json").read_text())["readers"]
    assert held == [again]


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"\xff", b'{"readers": [{}]}', b'{"readers": 1}'])
def test_a_damaged_file_of_reader_keys_releases_nothing(place, raw):
    decide(place, "--ruling", place.root / "ruling.yaml")
    place.write("desk/reader-keys.json", raw)
    done = release(place, "release.yaml", "--to", place.root / "reader.key.public.txt")
    assert (done.exit_code, done.error["code"]) == (ExitCode.BAD_INPUT, "BAD_INPUT")


def test_what_could_lead_to_somebody_at_risk_needs_a_second_person(place):
    decide(place, "--ruling", place.root / "ruling.yaml")
    to = ["--to", place.root / "reader.key.public.txt"]
    place.write("release.yaml", RELEASE + "at_risk: [i1]\n")
    assert release(place, "release.yaml", *to).error["code"] == "RELEASE_SECOND_PERSON_NEEDED"
    place.write("release.yaml", RELEASE + "at_risk: [i1]\nchecked_by: {name: Al Reed, role: director}\n")
    assert release(place, "release.yaml", *to).exit_code == 0


def test_a_release_that_is_killed_leaves_nothing_or_everything_and_the_next_one_works(place):
    decide(place, "--ruling", place.root / "ruling.yaml")
    place.write("note.txt", b"x" * 200_000_000)
    to, desk = ["--to", place.root / "reader.key.public.txt"], ["--desk", place.root / "desk", "--as", "Sam Field"]
    words = ["release", "run", place.case, place.root / "release.yaml", "--rules", SMALL, *to, *desk]
    running = subprocess.Popen([sys.executable, "-m", "fairshare.cli", *map(str, words)], stdout=subprocess.DEVNULL)
    releases = place.root / "desk" / "files" / "releases" / place.case
    while running.poll() is None and not any(path.suffix == ".age" for path in releases.rglob("*")):
        time.sleep(0.01)
    running.kill()
    running.wait()
    finished = place.do("release", "recover", by="Sam Field")["finished"]
    left = [path.name for path in releases.iterdir() if path.is_dir() and not path.name.startswith(".")]
    assert len(left) == len(finished)
    place.write("note.txt", "4 Quay Street")
    again = release(place, "release.yaml", *to).document
    assert open_release(place, again["folder"]).exit_code == 0


def test_a_receipt_needs_a_file_a_key_and_a_name(made):
    done = open_release(made, made.released["folder"], "--receipt", made.root / "r2.json")
    assert done.error["where"] == "--receipt"


def test_a_release_for_somebody_without_keys_opens_with_the_passphrase_shown_once(place):
    decide(place, "--ruling", place.root / "ruling.yaml")
    found = release(place, "release.yaml", "--passphrase").document
    trust, into = place.root / "desk" / "public-key.json", place.root / "opened"
    words = ["release", "open", found["folder"], "--trust", str(trust), "--into", str(into)]
    assert run_app(*words, "--json").error["code"] == "PASSPHRASE_NEEDED"
    assert type_into(words, b"Passphrase: ", found["passphrase"]) == 0
    assert len(list(into.glob("*/note.txt"))) == 1


def test_recovering_finishes_nothing_where_nothing_was_cut_short(made):
    assert made.do("release", "recover", by="Sam Field") == {"finished": [], "waiting": [], "discarded": 0}


def test_a_case_is_exported_to_exactly_one_kind_of_reader(made):
    for words in ([], ["--plain", "--passphrase"], ["--plain", "--to", made.root / "reader.key.public.txt"]):
        done = made.run("case", "export", made.case, "--out", made.root / "x", *words, by="Al Reed")
        assert done.error["where"] == "--to"
    done = made.run("case", "export", made.case, "--out", made.root / "x", "--passphrase", by="Al Reed")
    assert done.error["code"] == "PASSPHRASE_NEEDED"


def test_an_archive_verifies_with_trusted_keys_and_says_so_without_them(made):
    archive, trusted = made.root / "case.fairshare", made.root / "desk" / "trusted-keys.json"
    done = made.run("verify", archive, "--trust", trusted)
    assert (done.exit_code, done.document["fault"], len(done.document["records"])) == (0, None, 5)
    assert made.run("verify", archive).exit_code == ExitCode.SIGNERS_UNKNOWN
    only_own = made.run("verify", archive, "--trust", made.root / "desk" / "public-key.json")
    assert (only_own.exit_code, only_own.document["fault"]["code"]) == (ExitCode.UNSOUND, "SIGNER_NOT_TRUSTED")
    shown = made.run("verify", archive, "--trust", trusted, json=False).out
    assert "Everything holds" in shown


def test_a_flipped_bit_is_refused_with_the_first_thing_that_does_not_hold(made, tmp_path):
    content = bytearray((made.root / "case.fairshare").read_bytes())
    content[len(content) // 3] ^= 4
    (tmp_path / "damaged").write_bytes(content)
    done = run_app("verify", tmp_path / "damaged", "--trust", made.root / "desk" / "trusted-keys.json", "--json")
    assert (done.exit_code, done.document["fault"]["code"]) == (ExitCode.UNSOUND, "BAD_SEAL")


def test_a_sealed_archive_opens_for_its_reader_only(made, tmp_path):
    sealed = tmp_path / "case.age"
    made.do("case", "export", made.case, "--out", sealed, "--to", made.root / "reader.key.public.txt", by="Al Reed")
    trusted = ["--trust", made.root / "desk" / "trusted-keys.json"]
    assert run_app("verify", sealed, "--key", made.root / "reader.key", *trusted, "--json").exit_code == 0
    run_app("keys", "make-reader", tmp_path / "other.key")
    done = run_app("verify", sealed, "--key", tmp_path / "other.key", *trusted, "--json")
    assert (done.exit_code, done.error["code"]) == (ExitCode.UNSOUND, "CANNOT_OPEN")


def test_a_view_with_fields_withheld_still_verifies_and_shows_less(made, tmp_path):
    view = tmp_path / "view.fairshare"
    hide = ["--withhold", "request:subjects,items", "--withhold", "decision"]
    made.do("case", "redact", made.case, *hide, "--out", view, "--plain", by="Al Reed")
    done = run_app("verify", view, "--trust", made.root / "desk" / "trusted-keys.json", "--json")
    states = {each["kind"]: each["state"] for each in done.document["records"]}
    assert (done.exit_code, states["request"], states["decision"], states["release"]) == (
        0,
        "redacted",
        "redacted",
        "whole",
    )
    assert b"Kit Marsh" not in view.read_bytes()
    assert "outcome" not in run_app("case", "show", view, "--json").document["records"][1]
    refused = made.run("case", "redact", made.case, "--withhold", "no-such", "--out", view, "--plain", by="Al Reed")
    assert refused.error["code"] == "NOT_FOUND"


def test_what_is_disposed_of_leaves_a_tombstone_and_the_rest_still_verifies(place):
    record = place.do("case", "show", place.case, by="Al Reed")["records"][0]["record"]
    done = place.run("case", "dispose", place.case, record, "--reason", "ours to keep for a year", by="Sam Field")
    assert done.error["code"] == "NOT_YOURS_TO_DO"
    place.do("case", "dispose", place.case, record, "--reason", "ours to keep for a year", by="Al Reed")
    assert place.do("case", "show", place.case, by="Al Reed")["records"][0]["state"] == "disposed of"
    archive = place.root / "after.fairshare"
    place.do("case", "export", place.case, "--out", archive, "--plain", by="Al Reed")
    assert run_app("verify", archive, "--trust", place.root / "desk" / "trusted-keys.json", "--json").exit_code == 0
    assert b"Kit Marsh" not in archive.read_bytes()


def test_a_case_is_shown_for_people_with_what_may_be_done_next(made):
    shown = made.run("case", "show", made.case, by="Sam Field", json=False).out
    assert "SHARE_FULL" in shown
    assert "export case" in shown
    assert "Kit Marsh" not in shown
    assert "case-1" in made.run("case", "list", by="Sam Field", json=False).out
    assert "Not verified here" in run_app("case", "show", made.root / "case.fairshare").out


@pytest.fixture
def agreed(place):
    place.write("ruling.yaml", RULING + "routine: true\n")
    decide(place, "--ruling", place.root / "ruling.yaml")
    person = "contact: {name: A, role: lead}"
    place.write(
        "terms.yaml",
        "title: Addresses\nvalid: {start: 2026-01-01, end: 2998-01-01}\nreview_on: 2997-01-01\nparties:\n"
        f"  - {{organisation: {{name: Harbour Homes}}, role: discloser, key_file: desk/public-key.json, {person}}}\n"
        f"  - {{organisation: {{name: Northshire Police}}, role: recipient, key_file: police.public.json, {person}}}\n",
    )
    return place


def test_an_agreement_is_drafted_signed_by_both_and_then_in_force(agreed):
    root, to = agreed.root, ["--to", agreed.root / "reader.key.public.txt"]
    assert release(agreed, "release.yaml", *to).error["code"] == "RELEASE_AGREEMENT_MISSING"
    assert "Addresses" in agreed.do("agree", "draft", agreed.case, root / "terms.yaml", by="Jo Heron")["text"]
    agreed.do("agree", "sign", agreed.case, "--out", root / "a.json", by="Jo Heron")
    assert agreed.do("agree", "show", agreed.case, by="Jo Heron")["in_force"] is False
    assert release(agreed, "release.yaml", *to).error["code"] == "AGREEMENT_NOT_IN_FORCE"
    signing = ["--key", root / "police.json", "--trust", root / "desk" / "public-key.json"]
    agreed.do("agree", "countersign", root / "a.json", *signing, "--out", root / "b.json")
    found = agreed.do("agree", "take", agreed.case, root / "b.json", by="Jo Heron")
    assert (found["in_force"], set(found["signed_by"].values())) == (True, {"Harbour Homes", "Northshire Police"})
    shown = run_app("agree", "show", root / "b.json", "--trust", root / "desk" / "trusted-keys.json", "--json").document
    assert shown["in_force"] is True
    assert run_app("agree", "show", root / "b.json", "--json").document["in_force"] is False
    assert release(agreed, "release.yaml", *to).exit_code == 0


def test_only_a_party_countersigns_and_only_once(agreed):
    root = agreed.root
    agreed.do("agree", "draft", agreed.case, root / "terms.yaml", by="Jo Heron")
    agreed.do("agree", "sign", agreed.case, "--out", root / "a.json", by="Jo Heron")
    agreed.do("keys", "make-signing", root / "stranger.json", "--name", "Somebody")
    words = [
        "agree",
        "countersign",
        root / "a.json",
        "--trust",
        root / "desk" / "public-key.json",
        "--out",
        root / "b.json",
    ]
    assert agreed.run(*words, "--key", root / "stranger.json").error["message"] == "your key is not the key of a party"
    own = agreed.run(*words, "--key", root / "desk" / "organisation.key.json")
    assert own.error["code"] == "ALREADY_SIGNED"
    assert not (root / "b.json").exists()


def test_keys_are_never_replaced_and_the_private_half_is_never_shown(run, tmp_path):
    run("keys", "make-signing", tmp_path / "a.json", "--name", "X")
    run("keys", "make-reader", tmp_path / "r.key")
    for words in (["make-signing", tmp_path / "a.json", "--name", "Y"], ["make-reader", tmp_path / "r.key"]):
        assert run("keys", *words, "--json").error["code"] == "FILE_EXISTS"
    (tmp_path / "q.key.public.txt").write_text("somebody else's")
    assert run("keys", "make-reader", tmp_path / "q.key", "--json").error["code"] == "FILE_EXISTS"
    assert not (tmp_path / "q.key").exists()
    secret = json.loads((tmp_path / "a.json").read_text())["d"]
    assert secret not in run("keys", "show", tmp_path / "a.json", "--json").out
    assert run("keys", "show", tmp_path / "r.key.public.txt").out.startswith("age1")
    assert run("keys", "show", tmp_path / "r.key", "--json").exit_code == 3
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "a.json", tmp_path / "r.key")} == {0}


def test_a_pseudonymisation_key_is_made_once_and_is_for_its_owner_only(made):
    found = made.do("keys", "make-pseudonym", "agreement-7", "--desk", made.root / "desk")
    again = made.run("keys", "make-pseudonym", "agreement-7", "--desk", made.root / "desk")
    assert again.error["code"] == "FILE_EXISTS"
    assert os.stat(found["file"]).st_mode & 0o077 == 0
    assert made.run("keys", "make-pseudonym", "../x", "--desk", made.root / "desk").error["code"] == "BAD_PSEUDONYM_KEY"


def test_a_pseudonymisation_key_that_is_missing_open_to_others_or_damaged_is_refused(tmp_path):
    from fairshare.cli.pseudonyms import FolderKeys, make_pseudonym_key
    from fairshare.words import FairshareError

    keys = FolderKeys(tmp_path)
    path = make_pseudonym_key(tmp_path, "a")
    assert len(keys.key_for("a")) == 32
    with pytest.raises(FairshareError, match="PSEUDONYM_KEY_MISSING"):
        keys.key_for("b")
    path.chmod(0o644)
    with pytest.raises(FairshareError, match="others can read"):
        keys.key_for("a")
    path.chmod(0o600)
    path.write_text("short")
    with pytest.raises(FairshareError, match="hexadecimal"):
        keys.key_for("a")


def test_a_plan_is_previewed_without_reading_a_row(tmp_path, run):
    (tmp_path / "rows.csv").write_text("id,name\n1,Kit\n")
    plan = tmp_path / "plan.yaml"
    plan.write_text("name: p\nsource: {format: csv, path: rows.csv}\ncolumns: [{column: id, treatment: keep}]\n")
    found = run("plan", "explain", plan, "--json").document
    assert (found["columns"], "Kit" in found["text"]) == ({"id": "as it is"}, False)
    shutil.move(tmp_path / "rows.csv", tmp_path / "gone.csv")
    assert run("plan", "preview", plan, "--json").exit_code == 3


def test_a_database_connection_is_named_by_the_plan_and_held_by_the_desk(tmp_path, run):
    source = "{format: postgresql, connection: housing, table: tenants}"
    plan = tmp_path / "plan.yaml"
    plan.write_text(f"name: p\nsource: {source}\ncolumns: [{{column: id, treatment: keep}}]\n")
    words = ["plan", "preview", plan, "--desk", tmp_path, "--json"]
    assert run(*words).error["code"] == "CONNECTION_MISSING"
    held = tmp_path / "connections.yaml"
    held.write_text("housing: host=127.0.0.1 port=1 dbname=none connect_timeout=1 password=secret\n")
    held.chmod(0o644)
    assert run(*words).error["code"] == "BAD_CONNECTIONS"
    held.chmod(0o600)
    done = run(*words)
    assert done.error["code"] not in ("CONNECTION_MISSING", "BAD_CONNECTIONS", "UNEXPECTED")
    assert "secret" not in done.out
    held.write_text("- housing\n")
    assert run(*words).error["code"] == "BAD_CONNECTIONS"
