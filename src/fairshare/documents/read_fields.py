"""The answer in a field of a form of ours, from its lines: text, or the options that are marked as chosen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import get_args

from fairshare.documents.layout import BOXES, read_phrases
from fairshare.documents.model import Language
from fairshare.documents.read_shapes import FilledField

NAME = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
"""What the name of a field looks like."""
_CHOSEN = re.compile(rf"^\s*(?:[{BOXES[True]}\u2611\u2713\u2714\u2717\u2718]|[xX](?=\s))\s*")
_NOT_CHOSEN = re.compile(rf"^\s*{BOXES[False]}\s*")


def read_answer(name: str, lines: Sequence[str]) -> FilledField:
    """What a field holds: its text, or the options that are chosen and whatever somebody wrote beside them.

    >>> read_answer("form.sort", ["☐ One", "x Two", "and a third"])
    FilledField(name='form.sort', value='Two\\nand a third', chosen=('Two', 'and a third'))
    """
    if any(_NOT_CHOSEN.match(line) or line.lstrip().startswith(BOXES[True]) for line in lines):
        kept = [_CHOSEN.sub("", line).strip() for line in lines if not _NOT_CHOSEN.match(line)]
        chosen = tuple(line for line in kept if line)
        return FilledField(name, "\n".join(chosen) or None, chosen)
    text = "\n".join(lines).strip()
    return FilledField(name, None if not text or text in _list_prompts() else text)


@cache
def _list_prompts() -> frozenset[str]:
    """The words that stand in blank fields."""
    names = ("not_filled", "answer_here", "choose_here", "date_here")
    return frozenset(read_phrases(language)[name] for language in get_args(Language) for name in names)
