"""The engine's own sentences, in one language: data files, with places for what is said."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import StringConstraints, TypeAdapter, ValidationError

from fairshare.decide.words import BadWords, Language
from fairshare.words.dates import write_date
from fairshare.words.reading import parse_yaml, read_file

FOLDER = Path(__file__).parent / "phrases"
_Phrases = TypeAdapter(dict[str, Annotated[str, StringConstraints(min_length=1, max_length=2_000)]])


class Phrases:
    """Sentences by name. `say` fills in what is said; what is filled in is never read as a pattern."""

    def __init__(self, language: Language, texts: Mapping[str, str]) -> None:
        self.language = language
        self.texts = texts

    def say(self, name: str, /, **parts: object) -> str:
        """One sentence; dates in it are written in words."""
        if not parts:
            return self.texts[name]
        told = {key: self.write_date(part) if isinstance(part, date) else part for key, part in parts.items()}
        return self.texts[name].format_map(told)

    def write_date(self, day: date) -> str:
        """A day in words."""
        return write_date(day, self.language)


@cache
def load_phrases(language: Language, part: str = "") -> Phrases:
    """The sentences of a language: those of proofs and questions or, with `part` as `report_`, those of the report."""
    path = FOLDER / f"{part}{language}.yaml"
    try:
        return Phrases(language, _Phrases.validate_python(parse_yaml(read_file(path), where=path.name)))
    except ValidationError:
        raise BadWords("a sentence is missing its text", fix="Give each name one text.", where=path.name) from None


def sentence(text: str) -> str:
    """A clause as a sentence: a capital at the start, a full stop at the end.

    >>> sentence("the request is in writing")
    'The request is in writing.'
    """
    text = text.strip()
    end = "" if text.endswith((".", "!", "?", "…")) else "."
    return text[:1].upper() + text[1:] + end
