"""The law that Fairshare knows, loaded from its data files once: provisions, register, gateways."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from fairshare.law.checking import gather, parse_sources
from fairshare.law.gateways import Gateway, parse_gateways
from fairshare.law.provisions import Provision, parse_provisions
from fairshare.law.register import Register, build_register, parse_about, parse_entries
from fairshare.words.errors import NotFound
from fairshare.words.reading import read_file
from fairshare.words.values import Mark

HERE = Path(__file__).parent
ABOUT = "register/about.yaml"
MAX_LAW_BYTES = 4 * 1024 * 1024


class UnknownProvision(NotFound):
    """A rule, reason or person names a provision that the law files do not hold."""

    code = "UNKNOWN_PROVISION"


@dataclass(frozen=True)
class Law:
    """Everything in the law files. `digest` changes when any of them does."""

    provisions: Mapping[str, Provision]
    register: Register
    gateways: Mapping[str, Gateway]
    digest: str

    def provision(self, provision_id: str) -> Provision:
        """The provision with this id; capital and small letters are alike.

        Raises   UnknownProvision.
        """
        found = self._find(provision_id)
        if found is None:
            raise UnknownProvision(
                "no such provision", fix="Check the id, or add the provision to the law files.", where=provision_id[:80]
            )
        return found

    def mark(self, provision_id: str, day: date) -> Mark | None:
        """How a provision was checked as it stood on a day; none if it is not held or was not in force then.

        >>> from datetime import date
        >>> load_law().mark("ukgdpr.art8A.4", date(2026, 2, 5)), load_law().mark("ukgdpr.art8A.4", date(2026, 2, 4))
        (<Mark.READ: 'read'>, None)
        """
        found = self._find(provision_id)
        version = found.at(day) if found else None
        return version.checked.how if version else None

    def _find(self, provision_id: str) -> Provision | None:
        found = self.provisions.get(provision_id)
        if found is None:
            wanted = provision_id.casefold()
            found = next((each for key, each in self.provisions.items() if key.casefold() == wanted), None)
        return found


@cache
def load_law(folder: Path = HERE) -> Law:
    """The law in `folder`, by default the files that come with Fairshare; read once."""
    files = _read_files(folder)
    sources = parse_sources(files["texts.yaml"], where="texts.yaml")
    provisions = gather(
        (
            (each.id, each)
            for name, raw in files.items()
            if name.startswith("provisions/")
            for each in parse_provisions(raw, sources, where=name)
        ),
        what="provision",
        where="provisions",
    )
    entries = [
        each
        for name, raw in files.items()
        if name.startswith("register/") and name != ABOUT
        for each in parse_entries(raw, sources, where=name)
    ]
    register = build_register(
        entries,
        as_of=parse_about(files[ABOUT], where=ABOUT),
        digest=_digest({name: raw for name, raw in files.items() if name.startswith("register/")}),
    )
    gateways = parse_gateways(files["gateways.yaml"], sources, where="gateways.yaml")
    law = Law(
        provisions=MappingProxyType(provisions),
        register=register,
        gateways=MappingProxyType(gateways),
        digest=_digest(files),
    )
    _check_citations(law)
    return law


def count_marks(law: Law) -> dict[Mark, int]:
    """How many versions of provisions were read, known from secondary sources, or remembered."""
    counted = Counter(version.checked.how for each in law.provisions.values() for version in each.versions)
    return {mark: counted[mark] for mark in Mark}


def describe_marks(law: Law) -> str:
    """The marks in one line for a page of documentation.

    >>> describe_marks(load_law()).startswith("Of ")
    True
    """
    counted = count_marks(law)
    total = sum(counted.values())
    return (
        f"Of {total} versions of {len(law.provisions)} provisions, {counted[Mark.READ]} were read, "
        f"{counted[Mark.SECONDARY]} are known from secondary sources, and {counted[Mark.REMEMBERED]} are remembered."
    )


def _read_files(folder: Path) -> dict[str, bytes]:
    paths = [
        folder / "texts.yaml",
        folder / "gateways.yaml",
        *sorted((folder / "provisions").glob("*.yaml")),
        folder / ABOUT,
        *sorted((folder / "register").glob("*.yaml")),
    ]
    return {path.relative_to(folder).as_posix(): read_file(path, max_bytes=MAX_LAW_BYTES) for path in paths}


def _check_citations(law: Law) -> None:
    """Refuses a register entry or gateway that rests on a provision that is not held."""
    cited = [(f"register:{each.id}", each.cites) for each in law.register.entries.values()]
    cited += [(f"gateways.yaml:{each.id}", each.provisions) for each in law.gateways.values()]
    for where, ids in cited:
        for provision_id in ids:
            if provision_id not in law.provisions:
                raise UnknownProvision(
                    f"it cites {provision_id}, which the law files do not hold",
                    fix="Add the provision, or correct the id.",
                    where=where,
                )


def _digest(files: Mapping[str, bytes]) -> str:
    summary = "".join(f"{sha256(raw).hexdigest()}  {name}\n" for name, raw in sorted(files.items()))
    return sha256(summary.encode()).hexdigest()
