"""What verifying a case archive showed, as a value: for people, and with `--json` for machines."""

from typing import Literal

from fairshare.words import ExitCode
from fairshare.words.values import Value


class Fault(Value):
    """The first thing that does not hold: what, where, and what to do."""

    code: str
    where: str
    message: str
    fix: str


class RecordLine(Value):
    """One record of the case, as the report lists it."""

    id: str
    kind: str
    state: Literal["whole", "redacted", "disposed of"]
    signed_by: tuple[str, ...]


class LogLine(Value):
    """The log that the archive was checked against, and the trusted witnesses that cosigned its checkpoint."""

    origin: str
    size: int
    signed_by: str
    witnesses: tuple[str, ...]


class VerificationReport(Value):
    """What verifying an archive showed."""

    case: str | None = None
    fault: Fault | None = None
    trusted: bool
    """Whether the signers were compared with keys that the verifier trusts."""
    checked: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()
    """What could not be compared, because a field is withheld or was disposed of."""
    records: tuple[RecordLine, ...] = ()
    log: LogLine | None = None

    @property
    def exit_code(self) -> ExitCode:
        """What the command line exits with."""
        if self.fault is not None:
            return ExitCode.UNSOUND
        return ExitCode.DONE if self.trusted else ExitCode.SIGNERS_UNKNOWN

    @property
    def summary(self) -> str:
        """The outcome in a sentence."""
        if self.fault is not None:
            return f"This does not hold: {self.fault.message} (at {self.fault.where})."
        rest = ", as far as the fields that are shown can tell" if self.not_checked else ""
        if not self.trusted:
            return f"Internally consistent, signers unknown{rest}: no trusted keys were given."
        return f"Everything holds, and every signer is trusted{rest}."
