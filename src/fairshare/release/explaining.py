"""What a plan becomes: in words, and as the query of an engine, before any row is read."""

from __future__ import annotations

from pathlib import Path

from fairshare.release.deidentify.settle import settle_plan
from fairshare.release.engines import Connections, preview_plan, schema_of
from fairshare.release.plan import Plan
from fairshare.words import SettingOutOfRange

_QUERY = "\n\nQuery ("


def explain_plan(plan: Plan, base: Path, *, engine: str = "duckdb", connections: Connections | None = None) -> str:
    """The plan in words, and the query of an engine; keys and given values are never in it.

    Takes    engine: `duckdb` or `spark`; for Spark no session is started, and columns are named as they are read.
    Raises   SettingOutOfRange for an engine without a query; what a plan or a source that does not suit raises.
    """
    if engine not in ("duckdb", "spark"):
        raise SettingOutOfRange("this engine has no query to show", fix="Ask for duckdb or spark.", where="engine")
    said = preview_plan(plan, base, connections=connections)
    if engine == "duckdb":
        return said
    query = _write_spark_query(settle_plan(plan, base), base, connections)
    return f"{said.split(_QUERY)[0]}{_QUERY}Spark; keys and given values are bound when it runs)\n{query}\n"


def _write_spark_query(plan: Plan, base: Path, connections: Connections | None) -> str:
    from fairshare.release.engines.spark_sql import SparkColumn, SparkSource, compile_plan, quote_name

    schema = schema_of(plan.source, base, connections=connections)
    columns = {name: SparkColumn(found, f"source.{quote_name(name)}") for name, found in schema.items()}
    return compile_plan(plan, SparkSource("source_rows", columns)).treated
