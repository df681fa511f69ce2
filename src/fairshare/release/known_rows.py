"""How many rows a source has, where it says so itself: to show rates and the time left, and for nothing else."""

from __future__ import annotations

from pathlib import Path

from fairshare.release.sources import ParquetFile, ParquetFolder, Source, list_parquet, resolve_path
from fairshare.words import FairshareError


def count_known_rows(source: Source, base: Path) -> int | None:
    """The rows of Parquet, by its own footers; None for a source that would have to be read or asked for it."""
    if not isinstance(source, ParquetFile | ParquetFolder):
        return None
    import duckdb

    from fairshare.release.engines import EngineLimits
    from fairshare.release.engines.session import as_glob, open_session

    try:
        paths = (
            [resolve_path(base, source.path)]
            if isinstance(source, ParquetFile)
            else list_parquet(resolve_path(base, source.path, folder=True))
        )
        with open_session(EngineLimits(threads=1)) as session:
            found = session.execute(
                "SELECT sum(num_rows) FROM parquet_file_metadata($paths)", {"paths": [as_glob(each) for each in paths]}
            ).fetchone()
    except (FairshareError, duckdb.Error):
        # Whatever is wrong with it, the run will say.
        return None
    return int(found[0]) if found and found[0] is not None else None
