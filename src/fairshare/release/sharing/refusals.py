"""Why something cannot be shared, or not be read: one error for each reason."""

from __future__ import annotations

from fairshare.words import BadInput, FairshareError, Refused, Unsound


class NotShareable(Refused):
    """Only a table written as Parquet, released under an agreement, can be read by Delta Sharing."""

    code = "SHARE_NOT_SHAREABLE"


class ColumnNotShareable(BadInput):
    """A column is of a type that the Delta Sharing protocol has no name for."""

    code = "SHARE_COLUMN_TYPE"


class ShareDamaged(Unsound):
    """A file of the share store is not the one that was released."""

    code = "SHARE_DAMAGED"


class BadToken(BadInput):
    """A token's terms are not ones that a token may have."""

    code = "SHARE_BAD_TOKEN"


class CannotServe(FairshareError):
    """The endpoint cannot start: its certificate, its address or the machine is in the way."""

    code = "SHARE_CANNOT_SERVE"
