"""The document model: what it holds, and what it does not take."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fairshare.documents import Brand, Choice, Document, Fields, FormField, Picture, Run, Table, make_runs
from fairshare.documents.model import clean_text, contrast_on_white, find_picture_type
from tests.documents.samples import PNG, SVG, make_document, make_form


@pytest.mark.parametrize("document", [make_document(), make_form("cy-GB")])
def test_a_document_is_the_same_after_json(document):
    assert Document.model_validate_json(document.model_dump_json()) == document


@pytest.mark.parametrize(("colour", "taken"), [("#767676", True), ("#777777", False), ("#ffdd00", False)])
def test_a_colour_must_be_readable_on_white(colour, taken):
    assert (contrast_on_white(colour) >= 4.5) is taken
    if taken:
        assert Brand(organisation="Example", colour=colour).colour == colour
    else:
        with pytest.raises(ValidationError, match="contrast"):
            Brand(organisation="Example", colour=colour)


@pytest.mark.parametrize("colour", ["red", "#fff", "#12345g", "#000000;}*{color:red", "#000000\n"])
def test_a_colour_is_six_digits_and_nothing_else(colour):
    with pytest.raises(ValidationError):
        Brand(organisation="Example", colour=colour)


@pytest.mark.parametrize(
    "picture",
    [
        b"",
        b"GIF89a",
        b"\x89PNG\r\n\x1a\n",
        b"<html></html>",
        SVG.replace(b"</svg>", b"<script>alert(1)</script></svg>"),
        SVG.replace(b"</svg>", b"<svg:script xmlns:svg='x'/></svg>"),
        b'<!DOCTYPE svg [<!ENTITY x SYSTEM "https://example.org/">]>' + SVG,
        SVG.replace(b"</svg>", b'<image href="https://example.org/x.png"/></svg>'),
        SVG.replace(b"</svg>", b"<image xlink:href='x.png'/></svg>"),
        SVG.replace(b"</svg>", b"<style>@import 'x.css';</style></svg>"),
        SVG + b" " * 5_000_000,
        PNG[:16] + b"\x00\x01\x00\x00\x00\x01\x00\x00" + PNG[24:],
    ],
)
def test_a_picture_that_runs_fetches_or_fills_memory_is_refused(picture):
    with pytest.raises(ValidationError):
        Picture(picture=picture, alt="x")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_picture_or_not(picture):
    assert find_picture_type(picture) in {"png", "svg", None}


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "file:" + "//x",
        "https://",
        "http://[",
        "https://example.org/a b",
        'https://example.org/"',
        "https://user@example.org",
        "https://example.org/[",
        " https://example.org",
        "https://example.org\n",
    ],
)
def test_only_plain_web_addresses_are_links(link):
    with pytest.raises(ValidationError):
        Run(text="x", link=link)


@pytest.mark.parametrize("link", ["https://example.org", "http://example.org:80/a?b=1#c", "mailto:a@example.org"])
def test_web_and_mail_addresses_are_links(link):
    assert Run(text="x", link=link).link == link


@pytest.mark.parametrize(
    "field",
    [
        {"sort": "choice"},
        {"sort": "line", "choices": (Choice(value="a", label="A"),)},
        {"sort": "choice", "choices": (Choice(value="a", label="A"), Choice(value="a", label="B"))},
        {"sort": "choice", "choices": (Choice(value="a", label="A"), Choice(value="b", label="A"))},
        {"sort": "many", "choices": (Choice(value="a" * 63, label="A"),)},
        {"name": "a" * 65},
        {"name": "Upper"},
        {"label": " "},
    ],
)
def test_a_field_that_a_format_could_not_hold_is_refused(field):
    with pytest.raises(ValidationError):
        FormField(**{"name": "a.b", "label": "A", **field})


def test_a_name_stands_once_in_a_document():
    field = FormField(name="a", label="A")
    with pytest.raises(ValidationError, match="same name"):
        make_document(blocks=(Fields(heading="A", fields=(field,)), Fields(heading="B", fields=(field,))))


def test_a_table_has_a_cell_and_a_width_for_each_heading():
    with pytest.raises(ValidationError, match="2 cells"):
        Table(caption="x", header=("a", "b"), rows=((make_runs("1"),),))
    with pytest.raises(ValidationError, match="2 widths"):
        Table(caption="x", header=("a", "b"), widths=(1.0,))


@given(st.text())
def test_text_is_cleaned_once_and_for_all(text):
    assert clean_text(clean_text(text)) == clean_text(text)
    assert Run(text=text).text == clean_text(text)


def test_half_a_surrogate_pair_is_refused():
    with pytest.raises(ValidationError):
        Run(text="\ud800")


def test_dates_are_days():
    assert make_document().dated == date(2026, 2, 5)
