"""Words every room shares: values that people would name, and the one family of errors."""

from fairshare.words.errors import BadInput, FairshareError, MissingPart, NotFound, Refused, SettingOutOfRange, Unsound
from fairshare.words.values import (
    UNOBTAINABLE,
    Answer,
    ExitCode,
    Item,
    Mark,
    Organisation,
    Outcome,
    Period,
    Person,
    Purpose,
    Reason,
    Subject,
    Value,
)

__all__ = [
    "UNOBTAINABLE",
    "Answer",
    "BadInput",
    "ExitCode",
    "FairshareError",
    "Item",
    "Mark",
    "MissingPart",
    "NotFound",
    "Organisation",
    "Outcome",
    "Period",
    "Person",
    "Purpose",
    "Reason",
    "Refused",
    "SettingOutOfRange",
    "Subject",
    "Unsound",
    "Value",
]
