"""The short way with a tidy postcode is the long way for every text."""

from __future__ import annotations

import random

import duckdb

from fairshare.release.engines.duckdb_sql import TIDY, treat_sql
from fairshare.release.treatments import POSTCODE, ColumnType, GeneralisePostcode


def test_a_district_taken_from_a_tidy_postcode_is_the_one_that_would_be_extracted() -> None:
    chance = random.Random(1)
    made = ["".join(chance.choice("A1aZ9 0") for _ in range(chance.randint(0, 9))) for _ in range(50_000)]
    texts = [*made, "SW1A 1AA", "E1 6AN", " E1 6AN", "EC1A1BB", "A1A 1AA\n", "\u00c91 1AA", "A1\u00a01AA", None]
    treatment = GeneralisePostcode(column="v", treatment="generalise", to="postcode_district")
    treated = treat_sql(treatment, ColumnType.TEXT, ())
    long_way = f"nullif(upper(regexp_extract(wanted.v, '{POSTCODE}', 1)), '')"
    with duckdb.connect() as session:
        session.execute("CREATE TABLE wanted AS SELECT unnest($texts) AS v", {"texts": texts})
        tidy, districts, differ = session.execute(
            f"SELECT count(*) FILTER (regexp_full_match(v, '{TIDY}')), count({long_way}), "
            f"count(*) FILTER ({treated} IS DISTINCT FROM {long_way}) FROM wanted"
        ).fetchall()[0]
    assert (tidy > 5, districts > 100, differ) == (True, True, 0)
