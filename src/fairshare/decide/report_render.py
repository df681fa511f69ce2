"""A report as one self-contained HTML page, or as Markdown."""

from __future__ import annotations

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template, select_autoescape

from fairshare.decide.report_shape import Report

_MARKS = re.compile(r"([\\`*_\[\]<>|~&#]|:(?=//)|(?<=www)\.)")
_LINE_START = re.compile(r"^(\d+(?=[.)])|(?=[+=-]))(.)")

_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, halves of surrogate pairs, and signs that turn the direction of what stands around them."""


@cache
def _template(name: str) -> Template:
    environment = Environment(
        loader=PackageLoader("fairshare.decide"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda found: _UNFIT.sub("", found) if type(found) is str else found,
    )
    environment.filters["plain"] = escape_markdown
    return environment.get_template(name)


def render_html(report: Report) -> str:
    """The report as a page that needs no other file, no script and no network, reads on a phone, and prints."""
    return _template("report.html").render(report=report)


def render_markdown(report: Report) -> str:
    """The report as Markdown, in which nothing that somebody typed is read as markup."""
    return re.sub(r"\n{3,}", "\n\n", _template("report.md").render(report=report)).strip() + "\n"


def escape_markdown(text: object) -> str:
    r"""Text on one line, with every character that Markdown or HTML could read as markup set off.

    >>> escape_markdown("1. <b>*a*")
    '1\\. \\<b\\>\\*a\\*'
    """
    found = _MARKS.sub(r"\\\1", " ".join(str(text).split()))
    return _LINE_START.sub(r"\1\\\2", found)
