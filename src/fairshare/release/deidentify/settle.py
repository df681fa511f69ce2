"""Settling a plan: what it says of hierarchies and populations becomes ordinary treatments, before any row is read.

Engines run settled plans only, and so need to know nothing of hierarchies.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import TypeAdapter

from fairshare.release.deidentify.hierarchies import Hierarchy, find_built_in
from fairshare.release.deidentify.reading import is_built_in, read_hierarchy, read_population
from fairshare.release.plan import Plan
from fairshare.release.sources import resolve_path
from fairshare.release.treatments import AnyTreatment, GeneraliseHierarchy
from fairshare.release.treatments_groups import AnyGroup, DeltaPresence

_ONE: TypeAdapter[AnyTreatment] = TypeAdapter(AnyTreatment)


def settle_plan(plan: Plan, base: Path) -> Plan:
    """The plan with each hierarchy replaced by the treatment of its level, and each population by its counts.

    Takes    base: the folder that paths in the plan are relative to.
    Raises   NotFound, HierarchyUnfit, LevelUnknown, PopulationUnfit, ListChanged.
    """
    columns = tuple(settle_column(each, base) if isinstance(each, GeneraliseHierarchy) else each
                    for each in plan.columns)  # fmt: skip
    groups = tuple(_settle_group(each, base) for each in plan.groups)
    if columns == plan.columns and groups == plan.groups:
        return plan
    return plan.model_copy(update={"columns": columns, "groups": groups})


def find_hierarchy(treatment: GeneraliseHierarchy, base: Path) -> Hierarchy:
    """The hierarchy that a treatment names: a built-in one, or a file beside the plan."""
    if is_built_in(treatment.hierarchy) or not treatment.hierarchy.endswith((".yaml", ".yml", ".csv")):
        return find_built_in(treatment.hierarchy)
    path = resolve_path(base, treatment.hierarchy, where="columns")
    return read_hierarchy(path, sha256=treatment.sha256, where=f"columns: {treatment.hierarchy}")


def settle_column(treatment: GeneraliseHierarchy, base: Path) -> AnyTreatment:
    """The ordinary treatment that a level of a hierarchy is."""
    fields = find_hierarchy(treatment, base).treat(treatment.level)
    return make_treatment(treatment.column, fields, sent_as=treatment.sent_as, item=treatment.item)


def make_treatment(
    column: str, fields: dict[str, object], *, sent_as: str | None = None, item: str | None = None
) -> AnyTreatment:
    """A treatment of a column from its fields."""
    whole = {"column": column, "sent_as": sent_as, "item": item, **fields}
    return _ONE.validate_python(whole)


def _settle_group(group: AnyGroup, base: Path) -> AnyGroup:
    if not isinstance(group, DeltaPresence) or group.counts:
        return group
    path = resolve_path(base, group.population or "", where="groups")
    counts = read_population(path, group.columns, sha256=group.sha256, where=f"groups: {group.population}")
    return group.model_copy(update={"counts": counts})
