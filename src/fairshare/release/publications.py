"""What a plan publishes in place of its rows: statistics, or synthetic people. Each kind is data, and one union.

    rows of the source -> the plan's filters and column treatments -> the publication -> what is written out

A kind is a value here and a function in `fairshare.release.pets` or `fairshare.release.tables` that makes it;
`PUBLISHERS` in `fairshare.release.publishing` names the function.
"""

from __future__ import annotations

from fairshare.words.values import Value


class Publication(Value):
    """What goes in place of rows."""

    publish: str

    def describe(self) -> str:
        """What goes, in words, for previews, receipts and release sheets."""
        raise TypeError(f"{type(self).__name__} has no words")
