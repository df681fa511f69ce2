"""The one family of errors: what happened, where, and what to do next."""

from typing import ClassVar


class FairshareError(Exception):
    """Something Fairshare could not do, said so that a person can act on it.

    Takes    message: what happened, with no personal data in it;
             fix: the next step, a whole sentence; where: the file, field or row it concerns.
    A subclass sets `code`, which never changes once published, and `exit_code` for the command line.
    """

    code: ClassVar[str] = "FAIRSHARE"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, fix: str, where: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix
        self.where = where

    def __str__(self) -> str:
        place = f" (at {self.where})" if self.where else ""
        return f"{self.code}: {self.message}{place}. {self.fix}"


class BadInput(FairshareError):
    """A file, field or argument is malformed, truncated, too large or hostile."""

    code = "BAD_INPUT"
    exit_code = 3


class SettingOutOfRange(BadInput):
    """A number or choice lies outside what it may be."""

    code = "SETTING_OUT_OF_RANGE"


class NotFound(FairshareError):
    """A case, record, tool, rule, provision or file that was named does not exist."""

    code = "NOT_FOUND"
    exit_code = 3


class Refused(FairshareError):
    """A rule of who, when or what stands in the way; nothing was done."""

    code = "REFUSED"
    exit_code = 4


class Unsound(FairshareError):
    """Evidence does not hold: a signature, digest, proof or link is wrong."""

    code = "UNSOUND"
    exit_code = 5


class MissingPart(FairshareError):
    """An optional part of the installation is not there; the fix names the command that adds it."""

    code = "MISSING_PART"
    exit_code = 7
