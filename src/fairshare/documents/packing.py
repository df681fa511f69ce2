"""A zip archive with nothing in it of the moment or the machine that made it: the same parts, the same bytes."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

OLDEST_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest date that a zip archive can hold."""
_READABLE = 0o600 << 16  # without it, Word on a Mac asks whether to repair the file


def pack(parts: dict[str, bytes], *, first: str, stored: bool = False) -> bytes:
    """Parts as a zip archive, in order of name after the `first`, each with the same date.

    Takes    first: the part that readers of the format look for at the start; stored: keep that one uncompressed.
    """
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        for name in sorted(parts, key=lambda each: (each != first, each)):
            entry = ZipInfo(name, OLDEST_DATE)
            entry.external_attr = _READABLE
            entry.create_system = 3
            entry.compress_type = ZIP_STORED if stored and name == first else ZIP_DEFLATED
            archive.writestr(entry, parts[name])
    return packed.getvalue()


def unpack(packed: bytes) -> dict[str, bytes]:
    """The parts of an archive that this program has just made; never for one that came from elsewhere."""
    with ZipFile(BytesIO(packed)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
