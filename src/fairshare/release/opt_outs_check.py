"""Whether lists of opt-outs are applied as they reach, or left out on good footing: part of coverage."""

from __future__ import annotations

from collections.abc import Iterator

from fairshare.release.bundle_record import is_same_person
from fairshare.release.grounds import Grounds
from fairshare.release.kinds import Contents, Table
from fairshare.release.opt_outs import OptOut
from fairshare.release.opt_outs_known import find_left_out, find_missing, suggest_known
from fairshare.release.plan import Plan, plan_to_json
from fairshare.release.refusals import SecondPersonNeeded
from fairshare.words import Purpose, Refused
from fairshare.words.reading import build


class OptOutNotInPlan(Refused):
    """A list that is registered at the desk reaches this release, and the plan does not have it."""

    code = "OPT_OUT_NOT_IN_PLAN"


class OptOutReachUnknown(Refused):
    """A list would not reach this release, and names a purpose or recipient that nobody here has heard of."""

    code = "OPT_OUT_REACH_UNKNOWN"


class OptOutLeftOut(Refused):
    """A list of opt-outs that reaches this release is left out of it, and the decision gives no ground for that."""

    code = "OPT_OUT_LEFT_OUT"


def mark_scope(plan: Plan, purpose: Purpose, recipient: str) -> Plan:
    """The plan with each list marked that does not reach this purpose or this recipient; the others hold back."""
    outside = [each for each in plan.opt_outs if not each.reaches(purpose, recipient) and each.disapplied is None]
    if not any(not each.out_of_scope for each in outside):
        return plan
    lists = [each.model_copy(update={"out_of_scope": each.out_of_scope or each in outside}) for each in plan.opt_outs]
    held_back = {each.test for each in outside} - {each.test for each in lists if not each.out_of_scope}
    written = plan_to_json(plan.model_copy(update={"rows": tuple(each for each in plan.rows if each not in held_back)}))
    return build(Plan, {**written, "opt_outs": [each.model_dump(mode="json") for each in lists]}, where="opt_outs")


def check_opt_outs(grounds: Grounds, contents: Contents) -> Iterator[Refused]:
    """Every list that reaches the release is applied, or left out by a named person on a ground that stands."""
    if not isinstance(contents, Table):
        return
    if not grounds.decision.emergency:
        yield from _check_registered(grounds, contents.plan)
    for each in contents.plan.opt_outs:
        yield from _check_reach(grounds, each)
        reason = why_not_left_out(each, grounds)
        if reason is not None:
            yield OptOutLeftOut(
                f"the list {each.name!r} is left out, and {reason}",
                fix="Apply the list; or have an approver or decider who does not release leave it out:"
                f" fairshare release disapply-opt-outs {grounds.release.case} LIST"
                " --name NAME --ground GROUND --reason REASON.",
                where=f"opt_outs: {each.name}",
            )
    yield from _check_second_person(grounds, contents.plan)


def why_not_left_out(each: OptOut, grounds: Grounds) -> str | None:
    """Why a list may not be left out of this release; None if it may, or is not left out."""
    release, decision = grounds.release, grounds.decision
    if each.out_of_scope and each.reaches(release.purpose, release.recipient.name):
        return "it reaches this purpose and this recipient"
    left = each.disapplied
    if left is None or decision.emergency:
        # In an emergency one person acts, on any ground, and it is reviewed after.
        return None
    if left.ground == "emergency":
        return "no life was said to be at risk in the decision"
    if left.ground == "legal_duty" and not decision.compelled:
        return "the decision does not say that the law compels it"
    if left.on > grounds.today:
        return f"it is said to be left out from {left.on}, and today is {grounds.today}"
    if is_same_person(left.by, release.released_by):
        return "whoever leaves it out may not be the one who releases"
    if find_left_out(grounds.opt_outs, each) is None:
        return "nobody of that name has left it out at the desk on that ground"
    return None


def _check_registered(grounds: Grounds, plan: Plan) -> Iterator[Refused]:
    """No plan forgets a list that is registered."""
    release = grounds.release
    for each in find_missing(grounds.opt_outs.registered, plan, release.purpose, release.recipient.name):
        yield OptOutNotInPlan(
            f"the registered list {each.name!r} reaches this release, and is not in the plan as it is registered",
            fix=f"Put it under `opt_outs`, with kind {each.kind}, effect {each.effect} and sha256 {each.sha256}.",
            where="opt_outs",
        )


def _check_reach(grounds: Grounds, given: OptOut) -> Iterator[Refused]:
    """A slip in a purpose or a name never takes a list out of its scope."""
    if not given.out_of_scope or grounds.decision.emergency:
        return
    release, known = grounds.release, grounds.opt_outs
    for names, heard_of, what in (
        (given.purposes, known.purposes | {release.purpose.code}, "purpose"),
        (given.recipients, known.recipients | {release.recipient.name, release.holder.name}, "recipient"),
    ):
        for each in names:
            if each not in heard_of:
                yield OptOutReachUnknown(
                    f"the list {given.name!r} is for the {what} {each!r}, which nobody here has heard of",
                    fix=suggest_known(each, heard_of),
                    where=f"opt_outs: {given.name}",
                )


def _check_second_person(grounds: Grounds, plan: Plan) -> Iterator[Refused]:
    """Rows or columns that could lead to somebody at risk go only if a second person has looked."""
    release = grounds.release
    sent = {each.column for each in plan.sent}
    for each in plan.opt_outs:
        at_risk = each.kind == "at_risk" or each.effect == "second_person"
        if not at_risk or each.holds_back(sent) or grounds.decision.emergency:
            continue
        if each.columns and not set(each.columns) & sent:
            continue
        if release.checked_by is None or is_same_person(release.checked_by, release.released_by):
            yield SecondPersonNeeded(
                f"people on the list {each.name!r} may be among the rows, and no second person has checked the release",
                fix="Have somebody else check what goes and to whom, and name them as the one who checked.",
                where=f"opt_outs: {each.name}",
            )
