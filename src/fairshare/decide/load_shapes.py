"""The shape of each kind of file in a rule base, before names are looked up."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError

from fairshare.decide.conditions import NAME, VALUE
from fairshare.decide.errors import BadName, UnknownKey, WrongShape
from fairshare.decide.language import FactType, Force, Level, Nation, Scope
from fairshare.words import Outcome

Name = Annotated[str, StringConstraints(pattern=rf"^{NAME}$", max_length=120)]
"""An id: lower-case words joined by dots and underscores."""
Cite = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(\.[a-zA-Z0-9-]+)+$", max_length=80)]
"""The id of a provision, as `fairshare.law` spells it."""
Choice = Annotated[str, StringConstraints(pattern=rf"^{VALUE}$", max_length=80)]
Conclude = Annotated[str, StringConstraints(pattern=rf"^(not )?{NAME}$", max_length=124)]
Sort = Literal[
    "lawful_basis",
    "article_9",
    "article_10",
    "compatibility",
    "power",
    "confidence",
    "transfer",
    "regime",
    "exemption",
    "condition",
    "action",
    "red_flag",
    "need",
    "emergency",
    "answer",
]

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def read_day(written: Any) -> date:
    """A day written as 2026-02-05."""
    if isinstance(written, str) and _DAY.fullmatch(written):
        return date.fromisoformat(written)
    raise ValueError("a day is written as 2026-02-05")


def _read_threshold(written: Any) -> int | date:
    if isinstance(written, int) and not isinstance(written, bool):
        return written
    return read_day(written)


Day = Annotated[date, BeforeValidator(read_day)]


class Shape(BaseModel):
    """A map with known keys and nothing else; nothing is converted in silence."""

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=False)


class JudgementShape(Shape):
    """Who makes a finding, and what they weigh."""

    role: Name
    factors: list[Name] = []


class FactShape(Shape):
    """One fact."""

    type: Annotated[FactType, Field(strict=False)]
    scope: Scope = "case"
    values: list[Choice] = []
    always_known: bool = False
    changeable: bool = False
    judgement: JudgementShape | None = None
    unit: str | None = None


class FactsFile(Shape):
    """A file of facts."""

    facts: dict[Name, FactShape]


class ThresholdShape(Shape):
    """A named number or date."""

    value: Annotated[int | date, BeforeValidator(_read_threshold)]
    cite: list[Cite] = []


class ThresholdsFile(Shape):
    """The file of thresholds."""

    thresholds: dict[Name, ThresholdShape]


class ConclusionShape(Shape):
    """One conclusion, as a gate declares it."""

    scope: Scope = "case"
    force: Force = "none"
    sort: Sort | None = None
    finding: Name | None = None


class ConstraintShape(Shape):
    """What cannot be otherwise."""

    id: Name
    never: Any
    cite: list[Cite] = []


class RuleShape(Shape):
    """One rule."""

    id: Name
    conclude: Conclude
    conditions: Any = Field(alias="if")
    unless: Any = []
    level: Level
    cite: list[Cite] = []
    start: Day | None = Field(default=None, alias="from")
    end: Day | None = Field(default=None, alias="to")
    status: Literal["in_force", "unconfirmed"] = "in_force"
    nations: Annotated[list[Nation], Field(min_length=1)] = ["E", "W", "S", "NI"]
    priority: Annotated[int, Field(ge=-1000, le=1000)] = 0


class GateFile(Shape):
    """A gate, or a part of one."""

    gate: Name
    conclusions: dict[Name, ConclusionShape] = {}
    constraints: list[ConstraintShape] = []
    rules: list[RuleShape] = []


class RowShape(Shape):
    """One row of the roll-up."""

    outcome: Annotated[Outcome, Field(strict=False)]
    when: Any


class RollupFile(Shape):
    """The roll-up."""

    rows: list[RowShape]
    default: Annotated[Outcome, Field(strict=False)]


class PropertyShape(Shape):
    """One safety property."""

    id: Name
    conditions: Any = Field(alias="if")
    then: Any
    scope: Scope = "case"
    mutant: Name
    mutant_unless: Any = None


class PropertiesFile(Shape):
    """The file of safety properties."""

    properties: list[PropertyShape]


class ToolFile(Shape):
    """One tool."""

    tool: Name
    gates: Annotated[list[Name], Field(min_length=1)]
    goals: Annotated[list[Name], Field(min_length=1)]
    starts_with: dict[Name, bool | Choice] = {}
    first: list[Name] = []
    emergency: bool = False


File = TypeVar("File", bound=Shape)


def shape_file(model: type[File], parsed: Any, where: str) -> File:
    """A parsed file in its shape, or the first fault with its place."""
    try:
        return model.model_validate(parsed)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        # A key that is misspelt is also missing: say the first.
        fault = next((each for each in faults if each["type"] == "extra_forbidden"), faults[0])
    except RecursionError:
        raise WrongShape("it is nested too deeply", fix="Flatten it.", where=where) from None
    steps = [str(step) for step in fault["loc"]]
    place = f"{where}: {'.'.join(steps)}" if steps else where
    if fault["type"] == "extra_forbidden":
        raise UnknownKey(
            f"there is no key called {steps[-1][:80]!r} here",
            fix="See docs/reference/rule-language.md for the keys.",
            where=place,
        )
    if fault["type"] == "string_pattern_mismatch":
        raise BadName("this is not a name", fix="Use lower-case words joined by dots and underscores.", where=place)
    raise WrongShape(f"{fault['msg'][:200]}", fix="See docs/reference/rule-language.md.", where=place)
