"""The law that Fairshare knows, loaded from its data files once: provisions, register, gateways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from fairshare.law.provisions import Provision, Version, gather, parse_provisions, parse_sources
from fairshare.words.errors import NotFound
from fairshare.words.reading import read_file
from fairshare.words.values import Mark

HERE = Path(__file__).parent
MAX_LAW_BYTES = 4 * 1024 * 1024


class UnknownProvision(NotFound):
    """A rule, reason or person names a provision that the law files do not hold."""

    code = "UNKNOWN_PROVISION"


@dataclass(frozen=True)
class Law:
    """Everything in the law files. `digest` changes when any of them does."""

    provisions: Mapping[str, Provision]
    digest: str

    def provision(self, provision_id: str) -> Provision:
        """The provision with this id; capital and small letters are alike.

        Raises   UnknownProvision.
        """
        found = self.provisions.get(provision_id)
        if found is None:
            wanted = provision_id.casefold()
            found = next((each for key, each in self.provisions.items() if key.casefold() == wanted), None)
        if found is None:
            raise UnknownProvision("no such provision", fix="Check the id, or add the provision to the law files.",
                                   where=provision_id[:80])
        return found


@cache
def load_law(folder: Path = HERE) -> Law:
    """The law in `folder`, by default the files that come with Fairshare; read once."""
    paths = [folder / "texts.yaml", *sorted((folder / "provisions").glob("*.yaml"))]
    files = {path.relative_to(folder).as_posix(): read_file(path, max_bytes=MAX_LAW_BYTES) for path in paths}
    sources = parse_sources(files["texts.yaml"], where="texts.yaml")
    found = [provision for name, raw in files.items() if name.startswith("provisions/")
             for provision in parse_provisions(raw, sources, where=name)]
    provisions = gather(((each.id, each) for each in found), what="provision", where="provisions")
    return Law(provisions=MappingProxyType(provisions), digest=_digest(files))


def _digest(files: Mapping[str, bytes]) -> str:
    summary = "".join(f"{sha256(raw).hexdigest()}  {name}\n" for name, raw in sorted(files.items()))
    return sha256(summary.encode()).hexdigest()


def count_marks(law: Law) -> dict[Mark, int]:
    """How many versions were read, known from secondary sources, or remembered."""
    counted = Counter(version.checked.how for each in law.provisions.values() for version in each.versions)
    return {mark: counted[mark] for mark in Mark}
