"""The case archive: one canonical JSON document with the chain of a case and all that is needed to verify it.

Its records and their signatures, the public keys, the log's checkpoints with a proof for each record, the digests of
the rule bases, and a seal: a signature over all the rest. There is one way to write it, to the byte, so no bit of it
can change unseen. It is given to its reader encrypted (`fairshare.records.seal_bytes`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from fairshare.ledger.checkpoint import MAX_NOTE, parse_checkpoint
from fairshare.ledger.faults import BadSeal, NewerArchive, NotAnArchive
from fairshare.ledger.log import ConsistencyProof, InclusionProof, Log
from fairshare.records import (
    Keys,
    PublicKey,
    SignedRecord,
    SigningKey,
    check_signature,
    digest,
    encode,
    parse_canonical,
    sign,
)
from fairshare.records.canonical import check_same
from fairshare.records.keys import MAX_KEYS, build_public_key
from fairshare.records.kinds import Digest, RecordId
from fairshare.records.signing import Signature
from fairshare.records.withholding import (
    CannotWithhold,
    PartialRecord,
    StoredRecord,
    build_stored,
    view_record,
    withhold_fields,
)
from fairshare.words import FairshareError
from fairshare.words.reading import build
from fairshare.words.values import Ref, Value

FORMAT, VERSION = "fairshare-case-archive", 1
MAX_ARCHIVE = 16 * 1024 * 1024
MAX_RECORDS = 2_000


class LogEvidence(Value):
    """What the log says: its checkpoints, oldest first, each proved to extend the one before, and where each id is."""

    checkpoints: Annotated[tuple[Annotated[str, Field(max_length=MAX_NOTE)], ...], Field(min_length=1, max_length=64)]
    extends: tuple[ConsistencyProof, ...] = ()
    proofs: dict[RecordId, InclusionProof]
    """For each record and tombstone, the proof that the last checkpoint covers it."""


class Archive(Value):
    """A case as it is handed over. Reading one checks its form and its seal; `verify_archive` checks the rest."""

    format: Literal["fairshare-case-archive"] = "fairshare-case-archive"
    version: Literal[1] = 1
    case: Ref
    made_at: AwareDatetime
    keys: Annotated[tuple[PublicKey, ...], Field(max_length=MAX_KEYS)]
    """The keys of all who signed, as the maker of the archive names them: for finding them, not for trusting them."""
    rules: Annotated[tuple[Digest, ...], Field(max_length=MAX_RECORDS)]
    """The rule bases that its decisions were made under, by digest, in order."""
    records: Annotated[tuple[SignedRecord | PartialRecord, ...], Field(min_length=1, max_length=MAX_RECORDS)]
    """Each after those it follows."""
    log: LogEvidence
    seal: Signature


def export_archive(
    case: str,
    records: Sequence[StoredRecord],
    log: Log,
    keys: Iterable[PublicKey],
    *,
    seal: SigningKey,
    made_at: AwareDatetime,
    earlier: Sequence[str] = (),
) -> bytes:
    """A case as one canonical document, whether or not everything in it is as it should be.

    Takes    records: each after those it follows; keys: of all who signed, the log's included; seal: the key of the
             organisation that exports it; earlier: checkpoints of the log that were given out before, oldest first.
    Raises   NotLogged if a record or tombstone is not in the log's newest checkpoint.
    """
    newest = log.checkpoint()
    views = [view_record(each) for each in records]
    ids = [view.id for view in views] + [view.tombstone.id for view in views if view.tombstone]
    notes = [*(note for note in earlier if note != newest.note), newest.note]
    sizes = [parse_checkpoint(note).size for note in notes]
    body = {
        "case": case,
        "made_at": made_at,
        "keys": tuple(Keys.of([*keys, seal.public])),
        "rules": tuple(sorted({view["rules"] for view in views if view.kind == "decision" and view.shows("rules")})),
        "records": tuple(records),
        "log": LogEvidence(
            checkpoints=tuple(notes),
            extends=tuple(log.prove_consistency(old, new) for old, new in pairwise(sizes)),
            proofs={each: log.prove_inclusion(each, newest.size) for each in ids},
        ),
    }
    return _seal(body, seal)


def redact_archive(
    archive: "Archive", withhold: Mapping[str, Collection[str] | None], *, seal: SigningKey, made_at: AwareDatetime
) -> bytes:
    """A view of an archive in which fields of some records are withheld; it verifies like the whole.

    Takes    withhold: by record id, the names of the fields, or None for all but what the chain needs; seal: the key of
             the organisation that gives out the view.
    """
    if unknown := set(withhold) - {each.id for each in archive.records}:
        raise CannotWithhold("the archive has no such record", fix="Name records by their ids.", where=min(unknown))
    records = tuple(
        withhold_fields(each, withhold[each.id]) if each.id in withhold else each for each in archive.records
    )
    body = {name: getattr(archive, name) for name in Archive.model_fields if name != "seal"}
    keys = tuple(Keys.of([*archive.keys, seal.public]))
    return _seal(body | {"records": records, "keys": keys, "made_at": made_at}, seal)


def parse_archive(raw: bytes) -> Archive:
    """An archive from its bytes, which must be canonical and as they were when it was sealed.

    Raises   NotAnArchive, NotCanonical, NewerArchive, BadSeal, BadSignature, or what is wrong with one of its records.
    """
    found = parse_canonical(raw, where="archive", max_bytes=MAX_ARCHIVE)
    if not isinstance(found, dict) or found.get("format") != FORMAT:
        raise NotAnArchive("this is not a case archive", fix="Open it with your secret key first, if it is encrypted.")
    version = found.get("version")
    if isinstance(version, int) and not isinstance(version, bool) and version > VERSION:
        raise NewerArchive(f"this archive is version {version}", fix="Upgrade Fairshare, then verify it again.")
    _check_seal(found)
    listed = found.get("records")
    if not isinstance(listed, list) or len(listed) > MAX_RECORDS:
        raise NotAnArchive(f"an archive has a list of at most {MAX_RECORDS} records", fix="Ask for it again.")
    records = tuple(build_stored(each, where=f"records[{n}]") for n, each in enumerate(listed))
    archive = build(Archive, found | {"records": records}, where="archive")
    check_same(archive, raw, where="archive")
    return archive


def _seal(body: Mapping[str, Any], key: SigningKey) -> bytes:
    draft = build(Archive, dict(body) | {"seal": f"A..{'A' * 86}"}, where="archive")
    plain = draft.model_dump(mode="json", exclude={"seal"})
    raw = encode(plain | {"seal": sign(digest(plain), key, "fairshare-archive")})
    if len(raw) > MAX_ARCHIVE or len(draft.records) > MAX_RECORDS:
        raise NotAnArchive(f"the archive would be larger than {MAX_ARCHIVE:,} bytes", fix="Withhold some fields.")
    return raw


def _check_seal(found: dict[str, Any]) -> None:
    """Before anything else is read: the seal is by one of the archive's own keys, over everything but itself."""
    seal, listed = found.get("seal"), found.get("keys")
    if not isinstance(seal, str) or not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise NotAnArchive("an archive has keys and a seal", fix="Ask for it again.")
    keys = Keys.of(build_public_key(each, where=f"keys[{n}]") for n, each in enumerate(listed))
    body = {name: each for name, each in found.items() if name != "seal"}
    try:
        check_signature(seal, digest(body), keys, "fairshare-archive")
    except FairshareError as error:
        raise BadSeal(
            f"the seal does not hold: {error.message}",
            where="seal",
            fix="It was changed after it was sealed: ask its maker for it again.",
        ) from None
