"""Whatever people write, in whatever field, every format holds it and gives it back."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairshare.documents import FORMATS, Paragraph, make_runs, render
from fairshare.documents.model import clean_text
from tests.documents.samples import make_document, read_text, squeeze

HARD = [
    "control \x00\x01\x1f\x7f\x9f characters",
    "line\r\nline\vline\u2028line",
    "right to left: שלום עולם, مرحبا بالعالم",
    "override \u202e reversed \u202d",
    "family 👨‍👩‍👧 and flag 🏴󠁧󠁢󠁷󠁬󠁳󠁿 and ✂️",
    "ਪੰਜਾਬੀ 中文 ไทย हिन्दी",
    "x" * 10_000,
    '=HYPERLINK("http://example.org","x")',
    "+1 -1 @SUM(A1)",
    '#panic("no") $x$ `raw` *b* _e_ <label> @ref // note /* */ #sys.inputs = h\n= h\n- l\n+ l\n\\u{41}',
    "<script>alert(1)</script><img src=x onerror=alert(1)>&lt;&#x41;]]><!-- -->",
    "{{ 7*7 }} {% raw %}",
    "# h\n> q\n1. one\n```\n| a | b |\n~~x~~ [l](http://example.org) ![i](x) <b> &amp; \\*",
    "[U+4E2D] and \\ \" ' \u0301 combining",
    "private \ue000 and \U000f0000, nothing \ufffe\uffff\U0001ffff",
    "\ufeff\u200b\u00ad\u2060 no width",
    "</w:t><w:t> </text:p>",
]


# Unicode's default ignorable characters outside the categories below: they have no shape on purpose.
IGNORABLE = {*map(chr, range(0xE0000, 0xE1000)), "\u115f", "\u1160", "\u2065", "\u3164", "\uffa0"}


def pdf_holds(text, found):
    """Whether each character of a text stands in a PDF's text as itself or as its number."""
    shown = set(unicodedata.normalize("NFKC", found)) | {" "}
    unseen = {"Cf", "Mn", "Me", "Mc", "Zs", "Zl", "Zp"}
    return all(
        set(unicodedata.normalize("NFKC", each)) <= shown or f"[U+{ord(each):04X}]" in found
        for each in set(text)
        if not each.isspace() and each not in IGNORABLE and unicodedata.category(each) not in unseen
    )


def check_every_format(text):
    document = make_document(text)
    wanted = squeeze(clean_text(text))
    for form in FORMATS:
        made = render(document, form)
        assert render(document, form) == made, f"{form} differs from one time to the next"
        found = squeeze(read_text(made, form))
        assert pdf_holds(wanted, found) if form == "pdf" else found.count(wanted) > 10, form


@pytest.mark.parametrize("text", HARD, ids=range(len(HARD)))
def test_hard_text_comes_back_from_every_format(text):
    check_every_format(text)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
@settings(max_examples=25)
def test_any_text_comes_back_from_every_format(text):
    check_every_format(text)


@given(st.lists(st.tuples(st.text(max_size=8), st.booleans(), st.booleans()), max_size=6))
@settings(max_examples=25)
def test_any_runs_side_by_side_come_back_from_markdown_and_html(parts):
    runs = tuple(make_runs(text)[0].model_copy(update={"strong": s, "emphasis": e}) for text, s, e in parts)
    document = make_document("z", blocks=(Paragraph(runs=runs),))
    for form in ("markdown", "html"):
        found = squeeze(read_text(render(document, form), form))
        for run in runs:
            assert squeeze(run.text) in found
