"""Where the rows of a plan come from: a CSV file, a sheet of a workbook, Parquet, a Delta table, or a database."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StringConstraints

from fairshare.release.treatments import ColumnName, ColumnType
from fairshare.words import BadInput, NotFound
from fairshare.words.values import Value


class SourcePathUnfit(BadInput):
    """A path in a plan leads out of the folder that the plan is run in."""

    code = "SOURCE_PATH_UNFIT"


class SourceUnreadable(BadInput):
    """A source cannot be read as what the plan says it is."""

    code = "SOURCE_UNREADABLE"


class SourceColumnsUnfit(BadInput):
    """The columns of a source have no names, share a name, or differ from file to file."""

    code = "SOURCE_COLUMNS_UNFIT"


def _stays_inside(path: str) -> str:
    parts = PurePosixPath(path).parts
    if path.startswith(("/", "~")) or ".." in parts or "\\" in path or any(ord(each) < 32 for each in path):
        raise SourcePathUnfit(
            "a path in the plan is absolute or climbs out of its folder",
            fix="Give a path relative to the folder that the plan is run in.",
            where="source.path",
        )
    return path


PlanPath = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_stays_inside)]
TableName = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]

CsvType = Literal[
    "text",
    "integer",
    "decimal",
    "date",
    "date DD/MM/YYYY",
    "date DD-MM-YYYY",
    "date DD.MM.YYYY",
    "date YYYYMMDD",
    "datetime",
]
"""How the cells of a CSV column are written. A plain `date` is YYYY-MM-DD; `datetime` is YYYY-MM-DDTHH:MM:SS."""

Encoding = Literal["utf-8", "utf-16", "latin-1", "windows-1252"]


class CsvFile(Value):
    """A CSV file with a header (RFC 4180). Columns are text unless `types` says otherwise; an empty cell is a null."""

    format: Literal["csv"]
    path: PlanPath
    encoding: Encoding = "utf-8"
    """UTF-8 may start with a byte order mark; UTF-16 must, for it says which of two ways it is written."""
    delimiter: Literal[",", ";", "\t", "|"] = ","
    trim: StrictBool = False
    """Whether spaces around names and cells are no part of them; a cell of spaces alone is then a null."""
    types: dict[ColumnName, CsvType] = Field(default_factory=dict)


class XlsxSheet(Value):
    """A sheet of an XLSX workbook, its columns named by one row. Columns are text unless `types` says otherwise."""

    format: Literal["xlsx"]
    path: PlanPath
    sheet: Annotated[str, StringConstraints(min_length=1, max_length=31)] | None = None
    """Its name; none is needed where the workbook has one sheet."""
    header_row: Annotated[StrictInt, Field(ge=1, le=1000)] = 1
    """The row that names the columns; whatever stands above it is left out."""
    trim: StrictBool = False
    types: dict[ColumnName, CsvType] = Field(default_factory=dict)
    """As for CSV. A cell that the workbook holds as a date is read as YYYY-MM-DD, a number as its digits."""


class ParquetFile(Value):
    """One Parquet file."""

    format: Literal["parquet"]
    path: PlanPath


class ParquetFolder(Value):
    """Every `*.parquet` file directly in a folder, all with the same columns."""

    format: Literal["parquet_folder"]
    path: PlanPath


class DeltaTable(Value):
    """A Delta table in a folder, read at one version."""

    format: Literal["delta"]
    path: PlanPath
    version: Annotated[StrictInt, Field(ge=0)] | None = None
    """The newest when the run begins, if none is given; the report says which."""


class SqliteTable(Value):
    """A table or view of an SQLite database, read only."""

    format: Literal["sqlite"]
    path: PlanPath
    table: TableName


class PostgresTable(Value):
    """A table or view of a PostgreSQL database, read only. The plan names the connection; it never holds it."""

    format: Literal["postgresql"]
    connection: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$")]
    schema_name: TableName = "public"
    table: TableName


class MariaDbTable(Value):
    """A table or view of a MariaDB or MySQL database, read only. The plan names the connection; it never holds it."""

    format: Literal["mariadb"]
    connection: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$")]
    table: TableName


Source = Annotated[
    CsvFile | XlsxSheet | ParquetFile | ParquetFolder | DeltaTable | SqliteTable | PostgresTable | MariaDbTable,
    Field(discriminator="format"),
]

Schema = dict[str, ColumnType]
"""The columns of a source in their order, each with what it holds."""


def resolve_path(base: Path, path: str, *, folder: bool = False, where: str = "source.path") -> Path:
    """The file or folder that a plan's path means, refused if links lead it out of `base`."""
    try:
        root = base.resolve(strict=True)
        found = (root / _stays_inside(path)).resolve(strict=True)
    except (FileNotFoundError, NotADirectoryError):
        raise NotFound(
            "there is no such file or folder",
            fix="Check the path, and the folder the plan is run in.",
            where=f"{where}: {path}",
        ) from None
    except (OSError, RuntimeError, ValueError):
        raise SourcePathUnfit(
            "the path cannot be followed", fix="Check the path and its permissions.", where=f"{where}: {path}"
        ) from None
    if not found.is_relative_to(root):
        raise SourcePathUnfit(
            "a link leads out of the folder that the plan is run in",
            fix="Move the file into that folder, or run the plan from where it is.",
            where=f"{where}: {path}",
        )
    if not (found.is_dir() if folder else found.is_file()):
        raise NotFound(
            f"this is not a {'folder' if folder else 'file'}", fix="Check the path.", where=f"{where}: {path}"
        )
    return found


def list_parquet(folder: Path) -> list[Path]:
    """The Parquet files directly in a folder, by name; refused if there are none."""
    root = folder.resolve()
    found = sorted(each for each in folder.iterdir() if each.name.endswith(".parquet") and each.is_file())
    if not found:
        raise NotFound("the folder holds no file that ends in .parquet", fix="Check the folder.", where="source.path")
    if any(not each.resolve().is_relative_to(root) for each in found):
        raise SourcePathUnfit("a link leads out of the folder", fix="Put the file itself there.", where="source.path")
    return found


def check_column_names(names: list[str], *, where: str) -> None:
    """Raises SourceColumnsUnfit if a column has no name, or two have names that differ in case at most."""
    for place, name in enumerate(names, start=1):
        if not name.strip() or len(name) > 200 or any(ord(each) < 32 or ord(each) == 127 for each in name):
            raise SourceColumnsUnfit(
                f"column {place} has no usable name",
                fix="Give every column a name of 1 to 200 printable characters.",
                where=where,
            )
    seen: set[str] = set()
    for place, name in enumerate(names, start=1):
        if name.casefold() in seen:
            raise SourceColumnsUnfit(
                f"column {place} has the name of an earlier one", fix="Rename one of them.", where=where
            )
        seen.add(name.casefold())
