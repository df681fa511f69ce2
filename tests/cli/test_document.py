"""`fairshare document`: kinds, formats, a brand of one's own, and files of any bytes."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairshare.cli.document_kinds import KINDS
from fairshare.cli.document_sources import read_source
from fairshare.words import FairshareError

REQUEST = """
holder: {name: Harbour Homes}
requester: {name: Northshire Police}
received_on: "2026-11-20"
channel: email
purpose: {code: crime.investigation, text: Burglaries}
"""
BRAND = 'organisation: Example Homes\ncolour: "#7a0019"\nlogo: logo.svg\n'
LOGO = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'

BROKEN = (
    b'{"record": 1}',
    b'{"kind": "x", "salt": "y"}',
    b"holder: 1\nrequester: 2",
    b'{"format": "fairshare-case-archive"}',
    b"answers: 1",
    b"[]",
)


@pytest.fixture
def request_file(tmp_path):
    (tmp_path / "request.yaml").write_text(REQUEST)
    return tmp_path / "request.yaml"


def test_the_list_names_every_kind(run):
    shown = run("document", "list", "--json").document["documents"]
    assert [each["kind"] for each in shown] == list(KINDS)


def test_a_form_bears_the_name_colour_and_logo_of_its_brand(run, request_file, tmp_path):
    (tmp_path / "brand.yaml").write_text(BRAND)
    (tmp_path / "logo.svg").write_text(LOGO)
    out = tmp_path / "form.html"
    done = run(
        "document", "request_form", "--from", request_file, "--brand", tmp_path / "brand.yaml", "--out", out, "--json"
    )
    assert (done.exit_code, done.document["format"], done.document["filled"]) == (0, "html", 8)
    page = out.read_text()
    assert "Example Homes" in page
    assert "#7a0019" in page
    assert "image/svg+xml" in page


def test_the_same_request_gives_the_same_bytes_on_any_day(run, request_file, tmp_path):
    for name in ("one.odt", "two.odt"):
        assert run("document", "request_form", "--from", request_file, "--out", tmp_path / name).exit_code == 0
    assert (tmp_path / "one.odt").read_bytes() == (tmp_path / "two.odt").read_bytes()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("request_from", "--out", "a.html"), "UNKNOWN_DOCUMENT"),
        (("request_form",), "BAD_INPUT"),
        (("request_form", "--out", "a.xlsx"), "BAD_INPUT"),
        (("request_form", "--out", "a.html", "--format", "rtf"), "BAD_INPUT"),
        (("request_form", "--out", "a.html", "--dated", "today"), "BAD_INPUT"),
        (("release_sheet", "--out", "a.html", "--for", "everybody"), "BAD_INPUT"),
        (("refusal_letter", "--out", "a.html"), "DOCUMENT_SOURCE_LACKS"),
        (("request_form", "--out", "a.html", "--from", "missing.yaml"), "NOT_FOUND"),
        (("dpia", "--out", "a.html", "--from", "request.yaml"), "DOCUMENT_SOURCE_LACKS"),
        (("decision_form", "--out", "a.html", "--from", "request.yaml"), "DOCUMENT_SOURCE_LACKS"),
    ],
)
def test_what_cannot_be_written_is_refused_for_a_reason(run, request_file, monkeypatch, words, code):
    monkeypatch.chdir(request_file.parent)
    assert run("document", *words, "--json").error["code"] == code
    assert not (request_file.parent / "a.html").exists()


def test_a_colour_that_is_too_light_to_read_is_refused(run, tmp_path):
    (tmp_path / "brand.yaml").write_text('organisation: A\ncolour: "#ffdd00"\n')
    done = run("document", "dpia", "--brand", tmp_path / "brand.yaml", "--out", tmp_path / "a.html", "--json")
    assert "contrast" in done.error["message"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.binary(max_size=300) | st.sampled_from(BROKEN))
def test_a_file_of_any_bytes_is_a_source_or_an_error_of_the_family(tmp_path, raw):
    path = tmp_path / "any"
    path.write_bytes(raw)
    try:
        read_source(path)
    except FairshareError:
        pass
