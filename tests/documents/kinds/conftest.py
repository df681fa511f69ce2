"""Both stories of the demo, told once, with the records that they end with."""

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fairshare.cli.bases import load_rules
from fairshare.cli.document_sources import Source, read_source
from fairshare.documents import Brand
from fairshare.records import Decision
from fairshare.request.wording import Cover

FAIRSHARE = Path(sys.executable).with_name("fairshare")
LANGUAGES = ("en-GB", "cy-GB")
OPENED = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    """Where a story left its files, and the records of its archive."""

    folder: Path
    source: Source

    @property
    def decision(self):
        return self.source.need(Decision)


@pytest.fixture(scope="session")
def stories(tmp_path_factory):
    out = tmp_path_factory.mktemp("told") / "out"
    made = subprocess.run(
        [FAIRSHARE, "demo", "--out", out, "--json"], capture_output=True, check=False, timeout=120, env=dict(os.environ)
    )
    assert made.returncode == 0, made.stderr
    return {name: Told(out / name, read_source(out / name / "case.fairshare")) for name in ("housing", "probation")}


def make_cover(language="en-GB"):
    brand = Brand(organisation="Harbour Homes", colour="#7a0019")
    return Cover(brand=brand, dated=OPENED.date(), author="Harbour Homes", language=language)


def rules_in(language):
    return load_rules(None, welsh=language == "cy-GB")
