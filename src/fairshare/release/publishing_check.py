"""What can be said against a publication before any row is read: whose its rows are, and its values' types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from fairshare.release.pets.private_statistics import PrivateStatistics
from fairshare.release.pets.synthetic_plan import SyntheticPeople, list_categories
from fairshare.release.plan import Plan, find_type, output_types
from fairshare.release.sources import Schema
from fairshare.release.treatments import Cell, ColumnType

if TYPE_CHECKING:
    from fairshare.release.engines.treated import Treated


@dataclass(frozen=True)
class _NoRows:
    """The columns as they would be treated, without a row: given values are looked at, and loaded nowhere."""

    columns: Mapping[str, ColumnType]

    def load(self, name: str, columns: Mapping[str, ColumnType], rows: Sequence[tuple[Cell, ...]]) -> None:
        """Takes them for loaded."""


def check_publication(plan: Plan, schema: Schema) -> None:
    """Raises what its publisher would raise of a plan that suits its source, before that reads a row.

    Raises   UnknownColumn, naming `publish.person`; StatisticsUnfit or SyntheticUnfit for values that its columns
             cannot hold.
    """
    published = plan.publish
    if published is None:
        return
    if published.person is not None:
        find_type(published.person, schema, where="publish.person")
    types = output_types(plan, schema)
    if isinstance(published, SyntheticPeople):
        from fairshare.release.pets.synthetic_rows import read_values

        for name, values in list_categories(published, plan).items():
            read_values(name, values, types[name])
        return
    from fairshare.release.engines.bounding import check_columns, load_key

    treated = cast("Treated", _NoRows(types))
    if isinstance(published, PrivateStatistics):
        check_columns(treated, published)
    for key in published.keys:
        load_key(treated, "key", key, plan)
