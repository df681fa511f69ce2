"""The fixed words of what this room writes, in English and Welsh; the files are in `phrases/`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from fairshare.agree.bank import AgreementLanguage
from fairshare.words import NotFound
from fairshare.words.reading import build, parse_yaml, read_file
from fairshare.words.values import Line, Text, Value

PHRASES = Path(__file__).parent / "phrases"
Say = Callable[..., str]


class _PhraseFile(Value):
    reviewed_by: Line | None = None
    phrases: dict[Line, Text]


def load_phrases(language: AgreementLanguage) -> Say:
    """How to say a phrase by its name, with the values of its slots.

    >>> load_phrases("en")("gap", slot="retention")
    'to be filled in: retention'
    """
    phrases = _read_phrases(language)

    def say(name: str, **values: str) -> str:
        if name not in phrases:
            raise NotFound("there is no such phrase", fix="Correct its name.", where=name)
        return phrases[name].format_map(values)

    return say


@cache
def _read_phrases(language: AgreementLanguage) -> dict[Line, Text]:
    path = PHRASES / f"{language}.yaml"
    return build(_PhraseFile, parse_yaml(read_file(path), where=path.name), where=path.name).phrases
