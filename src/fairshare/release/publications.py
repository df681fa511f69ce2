"""What a plan publishes in place of its rows: statistics, or synthetic people. Each kind is data, and one union.

    rows of the source -> the plan's filters and column treatments -> the publication -> what is written out

A kind is a value beside this one and a function that makes it: `AnyPublication` in `fairshare.release.plan` names the
values, and `PUBLISHERS` in `fairshare.release.publishing` the functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from fairshare.words.values import Value

if TYPE_CHECKING:
    from fairshare.release.plan import Plan


class Loss(Value):
    """A privacy loss that a publication takes out of a budget: epsilon, perhaps with a delta; or rho."""

    epsilon: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0
    delta: Annotated[float, Field(ge=0, lt=1)] = 0
    rho: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0

    def describe(self) -> str:
        """The loss in words.

        >>> Loss(epsilon=1).describe(), Loss(epsilon=1, delta=1e-9).describe(), Loss(rho=0.05).describe()
        ('epsilon 1', 'epsilon 1 and delta 1e-09', 'rho 0.05')
        """
        if self.rho:
            return f"rho {self.rho:g}"
        return f"epsilon {self.epsilon:g}" + (f" and delta {self.delta:g}" if self.delta else "")


class Publication(Value):
    """What goes in place of rows."""

    publish: str

    @property
    def loss(self) -> Loss | None:
        """What it takes out of a privacy budget; none if no budget limits it."""
        return None

    def check_suits(self, plan: Plan) -> None:
        """Raises why this cannot be published of the columns and rows that a plan lets go."""

    def describe(self) -> str:
        """What goes, in words, for previews, receipts and release sheets."""
        raise TypeError(f"{type(self).__name__} has no words")
