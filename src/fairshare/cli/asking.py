"""Asking one thing at a time in a terminal, or from lines piped in; the end of the input stops and keeps everything."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from fairshare.cli.files import parse_day
from fairshare.cli.screen import Screen


class StopAsking(Exception):
    """The person wants to stop here."""


class Asker:
    """Puts questions on a screen and reads the answers a line at a time."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen

    def line(self, prompt: str) -> str:
        """One line, without what surrounds it; raises StopAsking at the end of the input."""
        self.screen.console.print(f"{prompt} > ", end="", soft_wrap=True)
        self.screen.console.file.flush()
        typed = sys.stdin.readline()
        if not sys.stdin.isatty():
            self.screen.line(typed.rstrip("\n"))
        if not typed:
            raise StopAsking
        return typed.strip()

    def text(self, prompt: str) -> str:
        """A line that is not empty."""
        while not (typed := self.line(prompt)):
            self.screen.line("Please write something, even a few words.", "yellow")
        return typed

    def lines(self, prompt: str) -> list[str]:
        """Several lines, up to an empty one."""
        found: list[str] = []
        while typed := self.line(f"{prompt} {len(found) + 1}"):
            found.append(typed)
        return found

    def choose(self, values: Sequence[str], labels: Mapping[str, str], commands: Mapping[str, str]) -> str:
        """One of the values, by its number or its name, or one of the commands, by its letter."""
        for number, value in enumerate(values, 1):
            self.screen.bullet(labels.get(value, value), marker=str(number))
        self.show_commands(commands)
        while True:
            typed = self.line("answer").casefold()
            if typed.isascii() and typed.isdigit() and 0 < int(typed[:9]) <= len(values):
                return values[int(typed[:9]) - 1]
            named = [each for each in values if typed in (each.casefold(), labels.get(each, each).casefold())]
            if typed in ("y", "n") and set(values) == {"yes", "no"}:
                named = ["yes" if typed == "y" else "no"]
            if named or typed in commands:
                return named[0] if named else typed
            self.screen.line(f"Please type a number from 1 to {len(values)}, or a letter.", "yellow")

    def number_or_day(self, *, is_day: bool, commands: Mapping[str, str]) -> str:
        """A whole number or a day as text, or one of the commands."""
        self.show_commands(commands)
        while True:
            typed = self.line("a day, such as 2026-02-05" if is_day else "a whole number")
            if typed in commands or (is_day and parse_day(typed)) or (not is_day and is_whole(typed)):
                return typed
            self.screen.line("Please write it as shown, or type a letter.", "yellow")

    def show_commands(self, commands: Mapping[str, str]) -> None:
        """What else can be done, by letter."""
        self.screen.line("   ".join(f"{letter} {what}" for letter, what in commands.items()), "dim")


def is_whole(text: str) -> bool:
    """Whether it is a whole number as people write it.

    >>> is_whole("17"), is_whole("seventeen"), is_whole("-1"), is_whole("9" * 30)
    (True, False, False, False)
    """
    return text.isascii() and text.isdigit() and len(text) <= 15
