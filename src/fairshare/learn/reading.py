"""Reading what is taught from its files: one file says what it is, in English; one beside it says it in Welsh."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, StringConstraints

from fairshare.decide.words import Language
from fairshare.words import BadInput, NotFound
from fairshare.words.reading import build, parse_yaml, read_file

HERE = Path(__file__).parent
MAX_FILE_BYTES = 1024 * 1024
Shape = TypeVar("Shape", bound=BaseModel)

Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=80)]
LongId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$", max_length=120)]
Said = Annotated[str, StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True)]
"""A sentence or a few."""
Checked = Literal["read", "secondary", "remembered", "ours"]
"""How it was checked: the law's own marks, or *ours* where there is nothing to check but our own suggestion."""


class MalformedLearning(BadInput):
    """A file of the handbook, the myths or the quiz breaks the rules that each must keep."""

    code = "MALFORMED_LEARNING"


class UnknownTopic(NotFound):
    """There is no chapter, myth or quiz of the name given."""

    code = "UNKNOWN_TOPIC"


class InFile(BaseModel):
    """Base of what stands in a file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def read_shape(shape: type[Shape], path: Path, *, where: str) -> Shape:
    """One YAML file as a value of a shape; raises BadInput or NotFound."""
    return parse_shape(shape, read_file(path, max_bytes=MAX_FILE_BYTES), where=where)


def parse_shape(shape: type[Shape], raw: bytes, *, where: str) -> Shape:
    """Bytes of YAML as a value of a shape; raises BadInput."""
    return build(shape, parse_yaml(raw, where=where), where=where)


def check_same_keys(one: Iterable[str], other: Iterable[str], *, where: str) -> None:
    """Refuses a translation that leaves something out or adds something."""
    for found, missing in ((one, other), (other, one)):
        lacking = sorted(set(found) - set(missing))
        if lacking:
            raise MalformedLearning(
                f"{lacking[0][:120]} stands in one language only",
                fix="Keep the same keys in English and in Welsh.",
                where=where,
            )


def check_begins_with(name: str, stem: str, *, where: str) -> None:
    """Refuses an id that does not begin with the chapter or topic it belongs to."""
    if not name.startswith(f"{stem}."):
        raise MalformedLearning(
            f"{name[:120]} does not begin with {stem}", fix=f"Call it {stem}. and a word of its own.", where=where
        )


@cache
def load_phrases(language: Language) -> Mapping[str, str]:
    """The fixed phrases of pages and answers: labels, marks, headings."""
    return read_shape(Phrases, HERE / "phrases" / f"{language}.yaml", where=f"phrases/{language}.yaml").phrases


class Phrases(InFile):
    """The file of fixed phrases."""

    phrases: dict[Id, Said]
    reviewed_by: Said | None = None
