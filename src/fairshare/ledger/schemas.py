"""Every JSON Schema that Fairshare publishes about records and archives; run it to write them again.

python -m fairshare.ledger.schemas docs/reference/schemas
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from fairshare.ledger.archive import Archive
from fairshare.ledger.report import VerificationReport
from fairshare.records.schemas import RECORD_SCHEMAS, render_schemas

SCHEMAS: Mapping[str, type[BaseModel]] = {
    **RECORD_SCHEMAS,
    "case-archive-1": Archive,
    "verification-report-1": VerificationReport,
}


def write_schemas(folder: Path) -> None:
    """Writes every schema into a folder, one file each."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in render_schemas(SCHEMAS).items():
        (folder / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_schemas(Path(sys.argv[1]))
