"""The motivated intruder: what goes is called anonymous only on the recorded judgement of a named person.

Somebody who wants to find people in what was sent, with what anyone can come by, is imagined and played. What was
tried, with which sources, and what came of it is written down, for one plan over the very files that its source was
then, until a day when it is looked at again.
Nothing here decides that information is anonymous: a person does, and can be wrong.
"""

from __future__ import annotations

from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from fairshare.records.canonical import encode
from fairshare.release.plan import Plan, plan_to_json
from fairshare.release.sources_stamps import describe_files, has_files
from fairshare.words import BadInput, Person
from fairshare.words.reading import build, parse_json, parse_yaml
from fairshare.words.values import Line, Text, Value

Said = Annotated[Text, StringConstraints(min_length=10, max_length=2000)]


class JudgementUnfit(BadInput):
    """A judgement about a motivated intruder contradicts itself, or leaves out what it rests on."""

    code = "JUDGEMENT_UNFIT"


class Attack(Value):
    """One attack that was tried."""

    sort: Literal["singling_out", "linking", "inference", "asking_around", "differencing"]
    sources: Annotated[tuple[Line, ...], Field(min_length=1, max_length=50)]
    """What it was tried with, such as the electoral register or a newspaper."""
    result: Literal["nobody_found", "somebody_found", "not_certain"]
    what: Said
    """What was done, and what came of it."""


class Judgement(Value):
    """Whether a motivated intruder could identify people in what one plan sends."""

    plan: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """The digest of the plan, as `digest_plan` gives it: another plan needs another judgement."""
    source: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        default=None, exclude_if=lambda source: source is None
    )
    """The digest of the source's files as they were, as `digest_source` gives it; without it, it holds for nothing."""
    by: Person
    on: date
    attacks: Annotated[tuple[Attack, ...], Field(min_length=1, max_length=100)]
    conclusion: Literal["cannot_be_identified", "may_be_identified"]
    reason: Said
    review_on: date

    @model_validator(mode="after")
    def _holds_together(self) -> Judgement:
        if self.conclusion == "cannot_be_identified" and any(each.result != "nobody_found" for each in self.attacks):
            raise JudgementUnfit(
                "it concludes that nobody can be identified, and an attack found somebody or was not certain",
                fix="Make the output coarser and try again, or conclude that people may be identified.",
                where="attacks",
            )
        if self.review_on <= self.on:
            raise JudgementUnfit(
                "it is to be looked at again before it was made", fix="Give a later day.", where="review_on"
            )
        return self


def digest_plan(plan: Plan) -> str:
    """The digest by which a judgement names a plan."""
    return sha256(encode(plan_to_json(plan))).hexdigest()


def digest_source(plan: Plan, base: Path) -> str | None:
    """The digest of every file that a plan reads, as it is now; None for a database, which may change at any moment.

    Raises   NotFound when a file is not there.
    """
    described = describe_files(plan, base)
    if not described or not has_files(plan.source):
        return None
    return sha256(encode(described)).hexdigest()


def why_not_anonymous(judgement: Judgement | None, plan: Plan, source: str | None, today: date) -> str | None:
    """Why what this plan sends is not called anonymous today; None if a judgement says that it is.

    Takes    source: the digest of the source's files now; see `digest_source`.
    """
    if judgement is None:
        return "nobody has judged whether a motivated intruder could identify people"
    if judgement.plan != digest_plan(plan):
        return "the judgement is about another plan"
    if source is None or judgement.source != source:
        return "the source is not, or cannot be shown to be, as it was when it was judged"
    if judgement.conclusion != "cannot_be_identified":
        return "the judgement is that people may be identified"
    if today < judgement.on:
        return "the judgement is dated later"
    if today >= judgement.review_on:
        return f"the judgement was to be looked at again by {judgement.review_on}"
    return None


def read_judgement_form(raw: bytes, *, plan: str, source: str | None, by: Person, on: date, where: str) -> Judgement:
    """A judgement from JSON or YAML, as somebody wrote it; which plan and source, who and when are not theirs to write.

    Takes    source: the digest of the source's files at the time; without one, the judgement is refused.
    """
    if source is None:
        raise JudgementUnfit(
            "the source is a database, or a table that grows, and what is judged today may be another tomorrow",
            fix="Copy what is to go into a file, and judge a plan of that.",
            where=where,
        )
    parse = parse_json if raw.lstrip()[:1] == b"{" else parse_yaml
    form = parse(raw, where=where)
    if not isinstance(form, dict) or form.keys() & {"plan", "source", "by", "on"}:
        raise JudgementUnfit(
            "this is no form of a judgement",
            fix="Give attacks, conclusion, reason and review_on; who, when and which plan are filled in for you.",
            where=where,
        )
    return build(Judgement, {**form, "plan": plan, "source": source, "by": by, "on": on}, where=where)
