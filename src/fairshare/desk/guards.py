"""What stands between a release and its rename at this desk: opt-outs proved, and earlier releases looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import partial

from fairshare.desk.entering import check_allowed
from fairshare.desk.entries import IntruderJudged, KeyKept, RiskTaken
from fairshare.desk.ports import Desk
from fairshare.desk.who import Action, Actor
from fairshare.records import Decision, Receipt, Release, ReleaseKind, SignedRecord, new_salt
from fairshare.release.custody import (
    Custody,
    KeyEvent,
    check_fingerprint,
    check_key,
    find_custody,
    split_version,
    take_fingerprint,
)
from fairshare.release.flow import Guard
from fairshare.release.history import HistoryRules, HistoryStore, RiskAccepted
from fairshare.release.history_guard import HistoryGuard
from fairshare.release.intruder import Judgement, digest_plan
from fairshare.release.kinds import Contents, Table
from fairshare.release.opt_outs_check import mark_scope
from fairshare.release.opt_outs_proof import OptOutGuard
from fairshare.words.reading import build, parse_json

HISTORY = "history"
RULES = f"{HISTORY}/rules.json"
"""What is too much at this desk, among its files; without it the defaults of `HistoryRules` hold."""


def find_history(desk: Desk) -> HistoryStore:
    """The history of the desk's releases."""
    return HistoryStore(desk.files.path(HISTORY))


def read_rules(desk: Desk) -> HistoryRules:
    """What is too much at this desk."""
    if not desk.files.path(RULES).is_file():
        return HistoryRules()
    return build(HistoryRules, parse_json(desk.files.read(RULES), where=RULES), where=RULES)


def guard_releases(desk: Desk, case: str, *, emergency: bool = False) -> tuple[Guard, ...]:
    """The guards of a release of this case."""
    taken = tuple(each.accepted for each in desk.entries.of_kind("risk_taken", case) if isinstance(each, RiskTaken))
    history = HistoryGuard(
        store=find_history(desk),
        now=desk.clock.now,
        entropy=desk.entropy,
        rules=read_rules(desk),
        accepted=taken,
        emergency=emergency,
        went=partial(find_went, desk),
    )
    return OptOutGuard(), history


def find_went(desk: Desk) -> frozenset[str]:
    """The ids of the releases of tables that went lately, by the desk's records: the history must know each of them."""
    first = desk.clock.now() - timedelta(days=min(read_rules(desk).keep_days, HistoryRules().keep_days))
    went: set[str] = set()
    for case in desk.records.cases():
        held = [each for each in desk.records.of_case(case) if isinstance(each, SignedRecord)]
        sent = {
            each.record.release
            for each in held
            if isinstance(each.record, Receipt) and each.record.side == "sender" and each.record.finished_at >= first
        }
        went.update(
            each.id
            for each in held
            if each.id in sent and isinstance(each.record, Release) and each.record.release_kind is ReleaseKind.TABLE
        )
    return frozenset(went)


def settle_opt_outs(contents: Contents, decision: Decision) -> Contents:
    """The table with those of its lists marked that do not reach this purpose and this recipient."""
    if not isinstance(contents, Table) or not contents.plan.opt_outs:
        return contents
    return replace(contents, plan=mark_scope(contents.plan, decision.purpose, decision.recipient.name))


def accept_risk(desk: Desk, actor: Actor, accepted: RiskAccepted) -> RiskAccepted:
    """Writes down that somebody accepts a risk across releases of a case; they may not release it themselves.

    Raises   NotYours, TooSoon.
    """
    check_allowed(desk, actor, Action.ACCEPT_RISK, accepted.case)
    own = accepted.model_copy(update={"accepted_by": actor.person, "accepted_at": desk.clock.now()})
    desk.entries.add(RiskTaken(salt=new_salt(desk.entropy), at=desk.clock.now(), case=accepted.case, accepted=own))
    return own


def record_judgement(desk: Desk, actor: Actor, case: str, judgement: Judgement) -> Judgement:
    """Writes down somebody's own judgement about a motivated intruder; raises NotYours, TooSoon."""
    check_allowed(desk, actor, Action.JUDGE_IDENTIFIABILITY, case)
    own = judgement.model_copy(update={"by": actor.person, "on": desk.clock.now().date()})
    desk.entries.add(IntruderJudged(salt=new_salt(desk.entropy), at=desk.clock.now(), case=case, judgement=own))
    return own


def find_judgement(desk: Desk, case: str, contents: Contents) -> Judgement | None:
    """The newest judgement about what this plan sends."""
    if not isinstance(contents, Table):
        return None
    digest = digest_plan(contents.plan)
    found = [
        each.judgement for each in desk.entries.of_kind("intruder_judged", case) if isinstance(each, IntruderJudged)
    ]
    return next((each for each in reversed(found) if each.plan == digest), None)


def find_keys(desk: Desk) -> dict[str, Custody]:
    """Every pseudonymisation key that was ever used here, as it stands."""
    return find_custody(
        (each.case, each.event) for each in desk.entries.of_kind("key_kept") if isinstance(each, KeyKept)
    )


def check_keys(desk: Desk, actor: Actor, decision: Decision, agreement: str | None, contents: Contents) -> None:
    """Refuses keys of other agreements; one that was never used becomes this case's, for this recipient.

    Raises   OtherAgreementsKey, KeyGone.
    """
    if not isinstance(contents, Table):
        return
    for key_id in contents.plan.key_ids:
        held = find_keys(desk)
        key, _ = split_version(key_id)
        check_key(held.get(key), key_id, case=decision.case, recipient=decision.recipient.name)
        fingerprint = take_fingerprint(contents.keys.key_for(key_id))
        check_fingerprint(fingerprint, key, held.values())
        if key not in held or fingerprint not in held[key].fingerprints:
            event = KeyEvent(
                key=key,
                version=held[key].current if key in held else 1,
                act="bound",
                recipient=decision.recipient.name,
                agreement=agreement,
                by=actor.person,
                fingerprint=fingerprint,
            )
            note_key(desk, decision.case, event)


def note_key(desk: Desk, case: str, event: KeyEvent) -> None:
    """Writes down and logs what happened to a key."""
    desk.entries.add(KeyKept(salt=new_salt(desk.entropy), at=desk.clock.now(), case=case, event=event))
