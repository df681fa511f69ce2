"""What a release's sheet and receipt say, gathered from what was decided and what was done."""

from __future__ import annotations

from fairshare.records.kinds import Counts, ScopeLine, ScopeState, SentFile
from fairshare.release.engines import EngineReport
from fairshare.release.grounds import Grounds
from fairshare.release.intruder import digest_source, why_not_anonymous
from fairshare.release.kinds import Contents, Table
from fairshare.release.sheet import ROWS, Risk, Sealed, SheetFacts, SheetLine, find_risk

_LONGEST = 500
"""What a receipt has room for, for one treatment."""
AS_IT_IS = "as it is"


def gather_facts(
    grounds: Grounds,
    contents: Contents,
    *,
    release_id: str,
    files: tuple[SentFile, ...],
    report: EngineReport | None,
    sealed: Sealed | None,
    signed_by: str,
) -> SheetFacts:
    """Everything that the release sheet tells."""
    release = grounds.release
    sent = [line for ref in release.items for line in grounds.lines_for(ref)]
    used = contents.plan.treatments_used if isinstance(contents, Table) else frozenset()
    return SheetFacts(
        release=release,
        release_id=release_id,
        decision=grounds.decision,
        agreement=grounds.agreement,
        lines=_tell_sent(contents, sent) + _tell_held_back(grounds),
        signed_by=signed_by,
        risk=judge_risk(
            find_risk(release.release_kind, frozenset(line.outcome for line in sent), used),
            grounds,
            contents,
        ),
        files=files,
        sealed=sealed,
        counts=count(grounds, report) if report else None,
        published=report is not None and report.published,
        groups=tuple(each for each in report.groups if each.k) if report else (),
        notes=report.notes if report else (),
        unused=tuple(report.held_back) if report else (),
        sections=report.sections if report else (),
    )


def judge_risk(found: Risk, grounds: Grounds, contents: Contents) -> Risk:
    """What kind of information went: called anonymous only as a named person judged this plan and source, for today."""
    if not isinstance(contents, Table) or found != "de_identified" or grounds.judgement is None:
        return found
    source = digest_source(contents.plan, contents.base)
    return "anonymous" if why_not_anonymous(grounds.judgement, contents.plan, source, grounds.today) is None else found


def count(grounds: Grounds, report: EngineReport | None) -> Counts:
    """Rows by what became of them, and items sent and withheld."""
    # Of what is published, how many people or rows it was made from is a fact about them, and is not told.
    told = ROWS[-1:] if report and report.published else ROWS
    rows = {name: getattr(report, name) for name in told} if report else {}
    withheld = {line.item.ref for line in grounds.decision.scope if line.state is ScopeState.WITHHELD}
    return Counts(items_sent=len(grounds.release.items), items_withheld=len(withheld), **rows)


def list_treatments(contents: Contents, report: EngineReport | None) -> dict[str, str]:
    """By column or item, what was done to it before it went."""
    if report:
        return {name: said[:_LONGEST] for name, said in {**report.columns, **report.kept_on_receipt}.items()}
    return {each.items[0]: (each.described or AS_IT_IS)[:_LONGEST] for each in contents.carriers()}


def _tell_sent(contents: Contents, sent: list[ScopeLine]) -> tuple[SheetLine, ...]:
    if isinstance(contents, Table):
        return tuple(
            SheetLine(column.output, "as_is" if treatment == "keep" else "changed", _unless_kept(described))
            for column, (treatment, described) in zip(contents.plan.sent, contents.treatments(), strict=True)
        )
    done = {ref: each.described for each in contents.carriers() for ref in each.items}
    return tuple(
        SheetLine(_name_item(line), "changed" if done[line.item.ref] else "as_is", done[line.item.ref]) for line in sent
    )


def _tell_held_back(grounds: Grounds) -> tuple[SheetLine, ...]:
    """What was asked for and did not go: withheld by the decision, or left for another release."""
    return tuple(
        SheetLine(
            _name_item(line),
            "held_back",
            line.reason.text if line.state is ScopeState.WITHHELD else "not part of this release",
        )
        for line in grounds.decision.scope
        if line.item.ref not in grounds.release.items
    )


def _name_item(line: ScopeLine) -> str:
    """An item by its label, and by the short name of whom it is about; never by a person's name."""
    return f"{line.item.label} ({line.item.person})" if line.item.person else line.item.label


def _unless_kept(described: str) -> str:
    return "" if described == AS_IT_IS else described
