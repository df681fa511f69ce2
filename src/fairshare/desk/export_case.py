"""Hand a case over as one archive that verifies with no database and no network: whole, or with parts withheld."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from fairshare.desk.entering import check_allowed
from fairshare.desk.ports import Desk
from fairshare.desk.who import Action, Actor
from fairshare.ledger.archive import export_archive, parse_archive, redact_archive
from fairshare.records import Passphrase, seal_bytes


def export_case(
    desk: Desk,
    actor: Actor,
    case: str,
    *,
    withhold: Mapping[str, Collection[str] | None] | None = None,
    readers: tuple[str, ...] | Passphrase | None = None,
) -> bytes:
    """The case's archive, sealed by this organisation and, unless `readers` is None, encrypted to its readers.

    Takes    withhold: by record id, the fields to withhold, or None for all that the chain can do without.
    """
    check_allowed(desk, actor, Action.EXPORT_CASE, case)
    now = desk.clock.now()
    desk.log.sequence()
    raw = export_archive(case, desk.records.of_case(case), desk.log, desk.trusted, seal=desk.key, made_at=now)
    if withhold:
        raw = redact_archive(parse_archive(raw), withhold, seal=desk.key, made_at=now)
    return raw if readers is None else seal_bytes(raw, readers)
