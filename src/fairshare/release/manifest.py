"""The integrity manifest: the signed intent and the signed receipt, which between them pin down every byte that went.

The receipt lists each file with its size and its SHA-256 before and after encryption; the release names the decision,
the agreement and the recipient. Both are signed records, so the recipient can keep them as they are. The manifest is
itself sealed to the recipient: a digest of a short text, left in the clear, would let anyone confirm a guess at it.
"""

from __future__ import annotations

import unicodedata
from typing import Literal, TypeVar

from fairshare.ledger.faults import WrongSigner
from fairshare.records.canonical import encode, parse_canonical
from fairshare.records.keys import Keys, PublicKey
from fairshare.records.kinds import Receipt, Release, SentFile
from fairshare.records.signing import SignedRecord, check_record, parse_signed
from fairshare.words import BadInput, Unsound, Value

Kind = TypeVar("Kind", Release, Receipt)

FORMAT: Literal["fairshare-release/1"] = "fairshare-release/1"
MAX_NAME_BYTES = 200
_FORBIDDEN = frozenset('<>:"/\\|?*')
_DEVICES = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))],
)
"""What Windows takes for a device, whatever follows the first dot."""


class BadFileName(BadInput):
    """A file's name could not be used safely on every system."""

    code = "RELEASE_BAD_FILE_NAME"


class ManifestUnsound(Unsound):
    """A release's manifest does not hold together."""

    code = "RELEASE_MANIFEST_UNSOUND"


class Manifest(Value):
    """What was meant to go, and what went, each signed by the releaser."""

    format: Literal["fairshare-release/1"] = FORMAT
    release: SignedRecord
    receipt: SignedRecord

    @property
    def intent(self) -> Release:
        """What was meant to go, to whom, under which decision."""
        return _expect(self.release.record, Release)

    @property
    def outcome(self) -> Receipt:
        """What went."""
        return _expect(self.receipt.record, Receipt)


def write_manifest(manifest: Manifest) -> bytes:
    """The manifest as canonical JSON."""
    return encode(manifest)


def parse_manifest(raw: bytes, *, where: str = "manifest") -> Manifest:
    """A manifest from its canonical JSON; its signatures are not checked here.

    Raises   BadInput, NotCanonical or ManifestUnsound, whatever the bytes.
    """
    found = parse_canonical(raw, where=where)
    if not isinstance(found, dict) or found.keys() != {"format", "release", "receipt"} or found["format"] != FORMAT:
        raise BadInput("this is not the manifest of a release", fix="Give the release as it was sent.", where=where)
    manifest = Manifest(
        release=parse_signed(encode(found["release"]), where=f"{where}.release"),
        receipt=parse_signed(encode(found["receipt"]), where=f"{where}.receipt"),
    )
    if manifest.outcome.release != manifest.release.id or manifest.outcome.side != "sender":
        raise ManifestUnsound(
            "its receipt is for another release", fix="Ask the sender for the whole release again.", where=where
        )
    check_file_names([each.name for each in manifest.outcome.files])
    return manifest


def check_manifest(manifest: Manifest, trust: Keys) -> PublicKey:
    """Who signed the manifest, both its parts having been signed by that one trusted key, which is the sender's.

    Raises   BadSignature, UnknownSigner, ManifestUnsound; WrongSigner when a trusted key signed for somebody else.
    """
    intended, happened = (check_record(each, trust) for each in (manifest.release, manifest.receipt))
    if len(happened) != 1 or happened[0] not in intended:
        raise ManifestUnsound(
            "its two parts are not signed by one and the same key",
            fix="Ask the sender for the whole release again.",
            where="manifest",
        )
    if happened[0].name != manifest.intent.holder.name:
        raise WrongSigner(
            "it is signed with a key that you trust, but not as the key of the sender it names",
            fix="Ask the sender whether they sent it; if they did, correct the name in your keys.",
            where="manifest",
        )
    return happened[0]


def number_sealed(files: tuple[SentFile, ...]) -> dict[str, SentFile]:
    """Each file by the name it has in the release folder: the sealed ones are numbered, in their order."""
    found: dict[str, SentFile] = {}
    sealed = 0
    for each in files:
        if each.encrypted_sha256 is not None:
            sealed += 1
        found[name_sealed(sealed) if each.encrypted_sha256 is not None else each.name] = each
    return found


def name_sealed(number: int) -> str:
    """The neutral name of the numbered file: the true one may itself be personal, so it stands in the manifest only.

    >>> name_sealed(1)
    '0001.age'
    """
    return f"{number:04}.age"


def check_file_names(names: list[str]) -> None:
    """Refuses names that could not all be given to files side by side, on any system."""
    for name in names:
        fault = _find_fault(name)
        if fault:
            raise BadFileName(f"a file's name {fault}", fix="Give it a plain name.", where="file name")
    if len({name.casefold() for name in names}) < len(names):
        raise BadFileName("two files have the same name", fix="Give each a name of its own.", where="file name")


def _find_fault(name: str) -> str | None:
    if any(unicodedata.category(letter).startswith("C") or letter in _FORBIDDEN for letter in name):
        return "has a character that a file's name may not have"
    if not name or name != name.strip() or name[0] == "." or name[-1] == ".":
        return "is empty, or starts or ends with a dot or a space"
    if len(name.encode()) > MAX_NAME_BYTES or name != unicodedata.normalize("NFC", name):
        return f"is longer than {MAX_NAME_BYTES} bytes, or spelt with loose accents"
    if name.split(".")[0].strip().casefold() in _DEVICES:
        return "is the name of a device"
    return None


def _expect(record: object, kind: type[Kind]) -> Kind:
    if not isinstance(record, kind):
        raise ManifestUnsound(
            f"it holds another record where its {kind.__name__.lower()} should be",
            fix="Ask the sender for the whole release again.",
            where="manifest",
        )
    return record
