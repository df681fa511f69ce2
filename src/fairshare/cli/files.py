"""Files that a command is given and files that it writes: errors of the one family, nothing half written."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import date
from pathlib import Path
from tempfile import NamedTemporaryFile

from fairshare.words import BadInput, Refused

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class FileExists(Refused):
    """A file of that name is there already, and a command never replaces one unless told to."""

    code = "FILE_EXISTS"


class CannotWriteFile(BadInput):
    """A file or folder that a command should write cannot be written."""

    code = "CANNOT_WRITE_FILE"


def write_file(path: Path, content: bytes, *, replace: bool = True, mode: int = 0o600) -> None:
    """Writes a file whole or not at all, readable by its owner only unless `mode` says otherwise.

    Raises   FileExists when it is there and `replace` is false; CannotWriteFile.
    """
    make_folder(path.parent)
    staged: Path | None = None
    try:
        with NamedTemporaryFile(dir=path.parent, prefix=".fairshare-", delete=False) as file:
            staged = Path(file.name)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        staged.chmod(mode)
        if replace:
            staged.replace(path)
        else:
            os.link(staged, path)
    except FileExistsError:
        raise FileExists(
            "there is a file of that name already", fix="Choose another name, or move it away.", where=str(path)
        ) from None
    except (OSError, ValueError) as error:
        raise _cannot_write(path, error) from None
    finally:
        if staged is not None:
            with suppress(OSError):
                staged.unlink(missing_ok=True)


def make_folder(path: Path) -> Path:
    """A folder, made if it is not there, that only its owner can look into."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise _cannot_write(path, error) from None
    return path


def read_day(text: str, *, where: str) -> date:
    """A day from the command line, written as 2026-02-05."""
    day = parse_day(text)
    if day is None:
        raise BadInput("this is not a day", fix="Write it as 2026-02-05.", where=where)
    return day


def parse_day(text: str) -> date | None:
    """The day that a text says, in the one way that days are written here; None if it says none.

    >>> parse_day("2026-02-05"), parse_day("20260205"), parse_day("2026-02-30")
    (datetime.date(2026, 2, 5), None, None)
    """
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def _cannot_write(path: Path, error: OSError | ValueError) -> CannotWriteFile:
    said = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
    return CannotWriteFile(
        f"it cannot be written: {said}", fix="Check the folder and its permissions.", where=str(path)
    )
