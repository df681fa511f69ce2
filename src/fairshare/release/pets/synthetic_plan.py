"""What synthetic people a plan asks for: which columns, with which values, at what privacy loss. Values only.

Every value that a column may have is given here or follows from its treatment; nothing is found from the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import sqrt
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, StrictBool, model_validator

from fairshare.release.pets.private_statistics import KeyValue, PublicKey, list_values
from fairshare.release.publications import Loss, Publication
from fairshare.release.treatments import ColumnName, WrittenNumber
from fairshare.words import BadInput

if TYPE_CHECKING:
    from fairshare.release.plan import Plan

MAX_CATEGORIES = 2_000
MAX_PAIR_CELLS = 250_000
MAX_COLUMNS = 40
WITHIN_95 = 1.96
"""Standard deviations of normal noise within which 95% of it falls."""
ALONE, MEASURED = 0.5, 0.9
"""How OpenDP's MST shares a budget out: this part on columns alone, and of the rest this part on measuring pairs."""


class SyntheticUnfit(BadInput):
    """Synthetic people are asked for in a way that cannot be, or cannot be private."""

    code = "SYNTHETIC_UNFIT"


class SyntheticPeople(Publication):
    """People who never were, drawn from a model that was learnt under differential privacy: one row for each.

    Source   McKenna, Miklau and Sheldon 2021 (MST); Bun and Steinke 2016 (zero-concentrated differential privacy).
    """

    publish: Literal["synthetic"]
    protects: Literal["person", "row"] = "person"
    """Whose presence is hidden: a person's; or a row's, where it is known that each row is another person."""
    person: ColumnName | None = None
    """The column of the source that says whose a row is. Nobody may have two rows. It never goes."""
    epsilon: Annotated[WrittenNumber, Field(gt=0, le=100)]
    delta: Annotated[WrittenNumber, Field(gt=0, le=1e-4)] = 1e-6
    """How likely the promise of epsilon may fail: far below one in the number of people."""
    keys: Annotated[tuple[PublicKey, ...], Field(max_length=MAX_COLUMNS)] = ()
    """Every value that each column may have; a column in bands needs none."""
    target: ColumnName | None = None
    """The column that a model learns to guess, and an intruder too; the last one if none is named."""
    held_out: Annotated[WrittenNumber, Field(ge=0, le=0.5)] = 0.2
    """The share of people who are left out of the learning, as a control group for the tests and attacks."""
    attacks: StrictBool = True
    """Whether the table is attacked before it goes."""
    attack_limit: Annotated[WrittenNumber, Field(gt=0, le=1)] = 0.1
    """Nothing goes if an attack's risk is above this for certain: if the low end of its 95% interval is."""

    @model_validator(mode="after")
    def _is_whole(self) -> SyntheticPeople:
        if (self.protects == "person") != (self.person is not None):
            raise SyntheticUnfit(
                "it is not said whose a row is",
                fix="Name the `person` column; or, if each row is another person for certain, say `protects: row`.",
                where="publish.person",
            )
        if self.attacks and not self.held_out:
            raise SyntheticUnfit(
                "attacks need a control group, and nobody is held out",
                fix="Hold some people out, 0.2 say; or leave the attacks out with `attacks: false`.",
                where="publish.held_out",
            )
        columns = [key.column for key in self.keys]
        if len(set(columns)) < len(columns):
            raise SyntheticUnfit("a column has its values twice", fix="List them once.", where="publish.keys")
        return self

    @property
    def loss(self) -> Loss:
        """What one run takes out of a privacy budget, whatever comes of it."""
        return Loss(epsilon=float(self.epsilon), delta=float(self.delta))

    def check_suits(self, plan: Plan) -> None:
        """Refuses what cannot be private or cannot be learnt: small groups, undeclared values, too many of them."""
        sent = [column.output for column in plan.sent]
        if plan.person is not None and self.protects == "row":
            raise SyntheticUnfit(
                "the plan says whose a row is, and the publication protects each row as if it stood for itself",
                fix="Name the person's column in `publish.person`, and leave `protects: row` out.",
                where="publish.protects",
            )
        if plan.groups:
            raise SyntheticUnfit(
                "small groups are held back before the learning, so that one person can move many rows",
                fix="Leave `groups` out: the noise protects small groups.",
                where="groups",
            )
        strange = [name for name in (*(key.column for key in self.keys), self.target) if name and name not in sent]
        if strange:
            raise SyntheticUnfit(
                f"{strange[0]!r} is not among the columns sent",
                fix="Name the column in `columns`, with its treatment.",
                where="publish",
            )
        if not 2 <= len(sent) <= MAX_COLUMNS:
            raise SyntheticUnfit(
                f"{len(sent)} columns are sent, and 2 to {MAX_COLUMNS} can be learnt",
                fix="Send other columns.",
                where="columns",
            )
        sizes = {name: len(values) for name, values in list_categories(self, plan).items()}
        for name, size in sizes.items():
            if size > MAX_CATEGORIES:
                raise _too_many(f"{name!r} may have {size:,} values, and {MAX_CATEGORIES:,} is the most")
        pair = max(combinations(sizes, 2), key=lambda names: sizes[names[0]] * sizes[names[1]])
        if (cells := sizes[pair[0]] * sizes[pair[1]]) > MAX_PAIR_CELLS:
            raise _too_many(f"{pair[0]!r} and {pair[1]!r} make {cells:,} cells, and {MAX_PAIR_CELLS:,} is the most")

    def describe(self) -> str:
        return f"only in synthetic people, learnt with differential privacy (epsilon {self.epsilon}, {self.delta:g})"


def _too_many(why: str) -> SyntheticUnfit:
    return SyntheticUnfit(why, fix="Make that column coarser, with bands or a shorter list.", where="publish.keys")


def list_categories(asked: SyntheticPeople, plan: Plan) -> dict[str, tuple[KeyValue, ...]]:
    """Every value that each column may have, by its name as it is sent."""
    given = {key.column: key for key in asked.keys}
    return {
        column.output: list_values(given.get(column.output) or PublicKey(column=column.output), plan)
        for column in plan.sent
    }


@dataclass(frozen=True)
class Accuracy:
    """The noise in the counts that a model learns from, known before any row is read: 95% of it is within these."""

    alone: float
    """For each value of one column."""
    pair: float
    """For each cell of a pair of columns that the model joins."""


def foresee_accuracy(rho: float, columns: int) -> Accuracy:
    """How far off the learnt counts will be, from the privacy loss and the number of columns alone.

    >>> near = foresee_accuracy(0.0118, 12)
    >>> round(near.alone), round(near.pair)
    (63, 63)
    """
    alone = sqrt(columns / (2 * rho * ALONE))
    pair = sqrt((columns - 1) / (2 * rho * (1 - ALONE) * MEASURED))
    return Accuracy(WITHIN_95 * alone, WITHIN_95 * pair)
