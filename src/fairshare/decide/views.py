"""The flows, persons and items of a case, and what each of them sees."""

from __future__ import annotations

from dataclasses import dataclass

from fairshare.decide.language import Scope
from fairshare.decide.program import CaseShape


def key_of(name: str, instance: str) -> str:
    """The key of a fact or conclusion for one instance: `name`, or `name@ref`."""
    return f"{name}@{instance}" if instance else name


@dataclass(frozen=True, slots=True)
class View:
    """One instance and those above it: where a condition looks for its facts."""

    scope: Scope
    case: str = ""
    flow: str | None = None
    person: str | None = None
    item: str | None = None

    def instance(self, scope: Scope) -> str | None:
        """The ref of the instance of `scope` that is seen from here; None if there is none, "" for the case."""
        found: str | None = getattr(self, scope)
        return found


def list_views(shape: CaseShape, scope: Scope, above: View | None = None) -> list[View]:
    """Every instance of a scope or, given a view, of those below it."""
    if scope == "case":
        return [View("case")]
    if scope == "flow":
        return [View("flow", flow=flow) for flow in shape.flows]
    if scope == "person":
        return [View("person", person=person) for person in shape.persons]
    views = [View("item", flow=flow, person=person, item=ref) for ref, flow, person in shape.items]
    if above is not None and above.scope in ("flow", "person"):
        views = [view for view in views if view.instance(above.scope) == above.instance(above.scope)]
    return views
