"""What a log offers, whatever keeps it, and its proofs, which need no log to check."""

import re
from datetime import datetime
from typing import Annotated, Protocol

from pydantic import Field, StringConstraints

from fairshare.ledger.checkpoint import Checkpoint, check_checkpoint, cosign_checkpoint
from fairshare.ledger.tree import MAX_SIZE, verify_consistency, verify_inclusion
from fairshare.records import Keys, SigningKey
from fairshare.words import BadInput, FairshareError, NotFound, Refused, Unsound
from fairshare.words.values import Value

Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Path = Annotated[tuple[Hash, ...], Field(max_length=64)]
_COMMITMENT = re.compile(r"sha256:[0-9a-f]{64}")


class BadCommitment(BadInput):
    """Only a salted commitment, such as a record's id, may go into the log: nothing that says or betrays anything."""

    code = "BAD_COMMITMENT"


class NotLogged(NotFound):
    """The log does not hold this commitment, or has not given it a place yet."""

    code = "NOT_LOGGED"


class NotAKeeper(Refused):
    """This log was opened without its key, to read and prove only."""

    code = "NOT_A_KEEPER"


class LogDamaged(Unsound):
    """What the log keeps does not agree with what it has signed."""

    code = "LOG_DAMAGED"


class SplitView(Unsound):
    """A log has shown two trees that cannot both be true."""

    code = "SPLIT_VIEW"


class LogUnavailable(FairshareError):
    """The log's file is busy, cannot be written, or is not a log."""

    code = "LOG_UNAVAILABLE"


class InclusionProof(Value):
    """That a commitment is number `index` in the log's first `size` entries."""

    index: int = Field(ge=0, le=MAX_SIZE)
    size: int = Field(ge=1, le=MAX_SIZE)
    path: Path

    def holds(self, commitment: str, checkpoint: Checkpoint) -> bool:
        """Whether it proves that `commitment` is in the log as `checkpoint` describes it."""
        path = [bytes.fromhex(each) for each in self.path]
        return self.size == checkpoint.size and verify_inclusion(
            read_leaf(commitment), self.index, self.size, path, checkpoint.root_bytes
        )


class ConsistencyProof(Value):
    """That nothing was changed or removed between two checkpoints."""

    old_size: int = Field(ge=0, le=MAX_SIZE)
    size: int = Field(ge=0, le=MAX_SIZE)
    path: Path

    def holds(self, old: Checkpoint, new: Checkpoint) -> bool:
        """Whether it proves that `new` extends `old`."""
        path = [bytes.fromhex(each) for each in self.path]
        return (old.origin, old.size, new.size) == (new.origin, self.old_size, self.size) and verify_consistency(
            old.size, old.root_bytes, new.size, new.root_bytes, path
        )


class Log(Protocol):
    """A tamper-evident list of salted commitments."""

    @property
    def origin(self) -> str:
        """The log's name, which its checkpoints bear."""

    def append(self, *commitments: str) -> None:
        """Takes commitments in, durably, in this order; one that is there already is left as it is."""

    def sequence(self) -> Checkpoint:
        """Gives every waiting commitment its place, and signs a checkpoint over all of them."""

    def checkpoint(self) -> Checkpoint:
        """The newest checkpoint, with the cosignatures collected for it."""

    def prove_inclusion(self, commitment: str, size: int | None = None) -> InclusionProof:
        """The proof that a checkpoint of `size` entries, by default the newest, covers a commitment."""

    def prove_consistency(self, old_size: int, size: int | None = None) -> ConsistencyProof:
        """The proof that a checkpoint, by default the newest, extends the one that had `old_size` entries."""


def read_leaf(commitment: str) -> bytes:
    """The 32 bytes that stand in the log for a commitment.

    >>> read_leaf("sha256:" + "00" * 32) == bytes(32)
    True
    """
    if not _COMMITMENT.fullmatch(commitment):
        raise BadCommitment("this is not a salted commitment", fix="Append the id of a record.", where="commitment")
    return bytes.fromhex(commitment[7:])


def witness_checkpoint(
    note: str,
    seen: Checkpoint | None,
    proof: ConsistencyProof | None,
    log_keys: Keys,
    *,
    name: str,
    key: SigningKey,
    at: datetime,
) -> str:
    """A log's newest checkpoint with a witness's signature added, if it extends what the witness saw last.

    Takes    seen: the last checkpoint of this log that the witness cosigned, none at the first; proof: that the new one
             extends it; name, key: the witness's own.
    Raises   SplitView if it does not extend it; BadCheckpoint if the log did not sign it.
    """
    new, _ = check_checkpoint(note, log_keys)
    if seen is not None and (proof is None or not proof.holds(seen, new)):
        raise SplitView(
            "this checkpoint does not extend the one that was seen before",
            where=new.origin,
            fix="Keep both texts: together with the log's signatures they prove what it did.",
        )
    return cosign_checkpoint(note, name, key, at)
