"""What intake finds in a request somebody sent: fields, each with its place, how it was found, and how sure that is."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import Field

from fairshare.words import Value
from fairshare.words.reading import build, parse_yaml
from fairshare.words.values import Line, Text

Confidence = Literal["clear", "likely", "doubtful"]
How = Literal["label", "sentence", "header", "signature", "position", "shape"]
Sort = Literal["line", "words", "date", "law", "yes_no", "urgency", "deadline"]
RANKS: tuple[Confidence, ...] = ("clear", "likely", "doubtful")


class FieldKind(Value):
    """One field of an incoming request: its name in both languages, and what its values are."""

    en: str
    cy: str
    sort: Sort = "line"
    many: bool = False
    expected: bool = False
    """Whether a request should say it."""


class LabelRule(Value):
    """A pattern that the labels of a field match, and the parts of a form in which it counts."""

    field: str
    pattern: str
    never: Annotated[str, Field(alias="not")] = ""
    under: tuple[str, ...] = ()
    not_under: Annotated[tuple[str, ...], Field(alias="not-under")] = ()


class Vocabulary(Value):
    """Fields, the headings of parts, and the labels that forms give to fields."""

    fields: dict[str, FieldKind]
    parts: dict[str, str]
    labels: tuple[LabelRule, ...]


class Found(Value):
    """One value that was read in a request, and where. It counts for nothing until a person has confirmed it."""

    field: Line
    value: Text
    """As it will be kept: days as `2026-02-05`, names in ordinary letters."""
    written: Text = ""
    """As it stands in the request, where that is something else."""
    place: Text
    confidence: Confidence
    how: How


class Flag(Value):
    """Something about a request that a person should look at before anything else."""

    code: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    level: Literal["stop", "check", "note"]
    says: Text
    place: Text = ""


class Gap(Value):
    """Something that a request should say and does not."""

    field: Line
    needs: Text
    why: Text
    must: bool = False
    cite: str = ""


@cache
def load_vocabulary() -> Vocabulary:
    """The fields and labels that ship with Fairshare (`intake_fields.yaml`)."""
    raw = files("fairshare.request").joinpath("intake_fields.yaml").read_bytes()
    return build(Vocabulary, parse_yaml(raw, where="intake_fields.yaml"), where="intake_fields.yaml")
