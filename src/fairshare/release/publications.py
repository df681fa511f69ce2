"""What a plan publishes in place of its rows: statistics, or synthetic people. Each kind is data, and one union.

    rows of the source -> the plan's filters and column treatments -> the publication -> what is written out

A kind is a value beside this one and a function that makes it: `AnyPublication` in `fairshare.release.plan` names the
values, and `PUBLISHERS` in `fairshare.release.publishing` the functions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairshare.words.values import Value

if TYPE_CHECKING:
    from fairshare.release.plan import Plan


class Publication(Value):
    """What goes in place of rows."""

    publish: str

    def check_suits(self, plan: Plan) -> None:
        """Raises why this cannot be published of the columns and rows that a plan lets go."""

    def describe(self) -> str:
        """What goes, in words, for previews, receipts and release sheets."""
        raise TypeError(f"{type(self).__name__} has no words")
