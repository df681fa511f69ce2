"""The ledger: a tamper-evident log of salted commitments, and proofs that need no log to check."""

from fairshare.ledger.checkpoint import (
    BadCheckpoint,
    Checkpoint,
    Cosignature,
    check_checkpoint,
    parse_checkpoint,
    read_cosignatures,
    write_verifier_key,
)
from fairshare.ledger.log import (
    BadCommitment,
    ConsistencyProof,
    InclusionProof,
    Log,
    LogDamaged,
    LogUnavailable,
    NotAKeeper,
    NotLogged,
    SplitView,
    witness_checkpoint,
)
from fairshare.ledger.sqlite import SqliteLog, insert_commitments

__all__ = [
    "BadCheckpoint",
    "BadCommitment",
    "Checkpoint",
    "ConsistencyProof",
    "Cosignature",
    "InclusionProof",
    "Log",
    "LogDamaged",
    "LogUnavailable",
    "NotAKeeper",
    "NotLogged",
    "SplitView",
    "SqliteLog",
    "check_checkpoint",
    "insert_commitments",
    "parse_checkpoint",
    "read_cosignatures",
    "witness_checkpoint",
    "write_verifier_key",
]
