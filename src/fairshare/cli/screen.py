"""What people read in a terminal: headings, lines, tables and progress, at any width, with or without colour."""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console

NARROW = 60
"""Columns below which a table would be all wrapping."""


class Tell(Protocol):
    """Told how far long work has come, as a share from 0 to 1."""

    def __call__(self, share: float, /) -> None: ...


def make_plain(text: object) -> str:
    r"""Text that cannot steer a terminal: what somebody else wrote may hold escape sequences.

    >>> make_plain("a\x1b[2Jb\n")
    'a\ufffd[2Jb\n'
    """
    return "".join(
        "\ufffd" if unicodedata.category(each) in ("Cc", "Cs") and each not in "\n\t" else each for each in str(text)
    )


class Screen:
    """One stream that people read. Colour and width follow the terminal, NO_COLOR and COLUMNS."""

    def __init__(self, *, to_errors: bool = False) -> None:
        self._to_errors = to_errors
        self._made: Console | None = None

    @property
    def console(self) -> Console:
        """The console behind it, made when first needed: rich takes a while to load."""
        if self._made is None:
            from rich.console import Console

            self._made = Console(
                file=sys.stderr if self._to_errors else sys.stdout, markup=False, highlight=False, emoji=False
            )
        return self._made

    def line(self, text: object = "", style: str = "", *, indent: int = 0) -> None:
        """One line or paragraph, wrapped at words; an indent holds for each of its lines."""
        from rich.padding import Padding
        from rich.text import Text

        if not text:
            self.console.print()
            return
        self.console.print(Padding(Text(make_plain(text), style=style), (0, 0, 0, indent), expand=False))

    def exact(self, text: str, style: str = "") -> None:
        """Text exactly as it is, never wrapped: for what will be copied or read by another program."""
        self.console.print(make_plain(text), style=style or None, soft_wrap=True)

    def heading(self, text: object) -> None:
        """A heading, with a blank line before it."""
        self.line()
        self.line(text, "bold")

    def bullet(self, text: object, style: str = "", *, indent: int = 0, marker: str = "-") -> None:
        """One entry of a list."""
        from rich.table import Table
        from rich.text import Text

        grid = Table.grid(padding=(0, 1))
        grid.add_column(width=len(marker) + indent, justify="right", no_wrap=True)
        grid.add_column(overflow="fold")
        grid.add_row(marker, Text(make_plain(text), style=style))
        self.console.print(grid)

    def pairs(self, rows: Iterable[tuple[object, object]]) -> None:
        """Names with their values, aligned."""
        from rich.table import Table
        from rich.text import Text

        grid = Table.grid(padding=(0, 2))
        grid.add_column(style="dim")
        grid.add_column(overflow="fold")
        for name, value in rows:
            grid.add_row(make_plain(name), Text(make_plain(value)))
        self.console.print(grid)

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A table whose cells wrap rather than lose text; short names in the first column stay whole, to be copied.

        On a narrow screen, one entry of a list for each row.
        """
        from rich import box
        from rich.table import Table
        from rich.text import Text

        if self.console.width < NARROW:
            for row in rows:
                self.bullet("\n".join(f"{name}: {cell}" for name, cell in zip(headings, row, strict=True)))
            return
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
        listed = [[make_plain(cell) for cell in row] for row in rows]
        whole = max((len(row[0]) for row in listed), default=0) <= self.console.width // 2
        for at, heading in enumerate(headings):
            table.add_column(heading, overflow="fold", no_wrap=at == 0 and whole)
        for row in listed:
            table.add_row(*(Text(cell) for cell in row))
        self.console.print(table)

    @contextmanager
    def working(self, what: str, *, rows: int | None = None) -> Iterator[Tell]:
        """Progress on the error stream for long work; nothing at all where no terminal would show it.

        Takes    rows: how many rows the whole is, if that is known: then rows and rate are shown as well.
        """
        from fairshare.cli.progress import telling

        with telling(make_plain(what), rows) as tell:
            yield tell
