"""Say where a case stands: its records, what it has reached, and what anyone may do next."""

from __future__ import annotations

from dataclasses import dataclass

from fairshare.desk.ports import Desk
from fairshare.desk.when import Reached, find_reached, why_not_when
from fairshare.desk.who import WHO, Action, Role
from fairshare.records.withholding import RecordView, view_record
from fairshare.words import NotFound


@dataclass(frozen=True)
class CaseView:
    """A case as it stands. `next` holds what may be done now, and by whom."""

    case: str
    records: tuple[RecordView, ...]
    reached: frozenset[Reached]
    next: dict[Action, frozenset[Role]]


def show_case(desk: Desk, case: str) -> CaseView:
    """Where a case stands; raises NotFound if there is no such case."""
    views = tuple(view_record(stored) for stored in desk.records.of_case(case))
    if not views:
        raise NotFound("there is no such case", fix="`fairshare case list` names the cases.", where=case)
    possible = {action: WHO[action] for action in Action if why_not_when(views, action) is None}
    return CaseView(case=case, records=views, reached=find_reached(views), next=possible)
