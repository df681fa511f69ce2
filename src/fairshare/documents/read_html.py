"""Reading HTML, such as the body of a message: what a reader of mail would show, and tables as tables."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from fairshare.documents.read_shapes import MAX_SEGMENTS, MAX_TEXT, Reading, Segment, Sign, SignCode, tidy, too_large

_SKIPPED = frozenset(("script", "style", "head", "title", "template", "noscript", "svg", "object"))
_BREAKS = frozenset(("br", "p", "div", "li", "h1", "h2", "h3", "h4", "blockquote", "ul", "ol", "hr", "table", "tr"))
_BLOCKS = _BREAKS - {"br"}
_VOID = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"))
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])|opacity\s*:\s*0(?![.\d])", re.I
)
_COLUMN, _WIDE = 60.0, 0.5


def read_html(page: str, *, where: str, part: str = "") -> Reading:
    """The words of a page that a reader would see; nothing is fetched or run.

    Raises   DocumentTooLarge.
    """
    if len(page) > MAX_TEXT:
        raise too_large("it holds more text than anybody reads", where)
    parser = _Parser(where, part)
    parser.feed(page)
    parser.close()
    parser.end_line()
    return Reading("html", tuple(parser.segments), (), tuple(Sign(code, part) for code in sorted(parser.signs)))


class _Parser(HTMLParser):
    """Keeps what is shown, with a place: lines one below the other, cells of a table beside one another."""

    def __init__(self, where: str, part: str) -> None:
        super().__init__(convert_charrefs=True)
        self.where, self.part = where, part
        self.segments: list[Segment] = []
        self.signs: set[SignCode] = set()
        self._text: list[str] = []
        self._skipping: list[tuple[str, bool]] = []
        self._line, self._block, self._top = 0, 1, 0.0
        self._rows: list[list[float]] = []
        """For each table that is open: the top of its row, the lowest point of it so far, the column."""
        self._cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Starts an element."""
        given = dict(attrs)
        if tag in ("script", "object", "embed", "iframe", "form"):
            self.signs.add("active_content")
        if tag in ("img", "link", "iframe") and re.match(
            r"\s*(?:https?:)?//", given.get("src") or given.get("href") or ""
        ):
            self.signs.add("external_content")
        hides = "hidden" in given or _HIDDEN.search(given.get("style") or "") is not None
        if tag not in _VOID and (self._skipping or hides or tag in _SKIPPED):
            if len(self._skipping) < 10_000:
                self._skipping.append((tag, hides))
            return
        if self._skipping:
            return
        if tag in _BREAKS or tag in ("td", "th"):
            self.end_line()
        if tag in _BLOCKS and not self._cell:
            self._block += 1
        self._start_cell(tag)

    def _start_cell(self, tag: str) -> None:
        if tag == "table":
            self._rows.append([self._top, self._top, -1])
        elif tag == "tr" and self._rows:
            self._end_row()
        elif tag in ("td", "th") and self._rows:
            row = self._rows[-1]
            row[1], row[2] = max(row[1], self._top), row[2] + 1
            self._top = row[0]
            self._block += 1
            self._cell = True

    def _end_row(self) -> None:
        top = max(self._rows[-1][1], self._top) + 0.4
        self._top = top
        self._rows[-1] = [top, top, -1]

    def handle_endtag(self, tag: str) -> None:
        """Ends an element."""
        if any(open_tag == tag for open_tag, _ in self._skipping):
            while self._skipping.pop()[0] != tag:
                pass
            return
        if self._skipping:
            return
        if tag in _BREAKS or tag in ("td", "th"):
            self.end_line()
        if tag in ("td", "th"):
            self._cell = False
            self._block += 1
        elif tag == "tr" and self._rows:
            self._end_row()
        elif tag == "table" and self._rows:
            self._rows.pop()
            self._block += 1

    def handle_data(self, data: str) -> None:
        """Keeps text that is shown."""
        if not self._skipping:
            self._text.append(data)
        elif any(hides for _, hides in self._skipping) and data.strip():
            self.signs.add("hidden_text")

    def end_line(self) -> None:
        """Ends the line that is being read, if there is anything on it."""
        words = tidy("".join(self._text))
        self._text = []
        if not words:
            return
        if len(self.segments) >= MAX_SEGMENTS:
            raise too_large("it has more lines than anybody reads", self.where)
        self._line += 1
        left = _COLUMN * self._rows[-1][2] if self._rows and self._cell else 0.0
        right, top = left + len(words) * _WIDE, self._top
        self.segments.append(
            Segment(words, 1, self._line, left, top, right, top + 1, self._block, self.part,
                    in_table=self._cell)
        )  # fmt: skip
        self._top += 1.2
