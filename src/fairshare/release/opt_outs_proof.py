"""The proof that opt-outs were applied: how many rows each list held back, and a second count of what slipped through.

The second count does not use the test that held them back. It takes the rows that go, joins them with the list as its
file stands, read anew as text, and must find nobody.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from fairshare.records.kinds import Release
from fairshare.records.signing import SignedRecord
from fairshare.release.engines import EngineReport
from fairshare.release.engines.counting import Listed, count_listed
from fairshare.release.engines.job import SourceChanged
from fairshare.release.flow import Released
from fairshare.release.kinds import Contents, Table
from fairshare.release.opt_outs import Disapplied, OptOut
from fairshare.release.opt_outs_known import RegisteredList, find_missing
from fairshare.release.sections import Chart, InBoth, Section, Series
from fairshare.release.staging import Attempt
from fairshare.release.treatments import Keep
from fairshare.words import Refused, Unsound

KINDS = {
    "national_data_opt_out": InBoth("national data opt-out", "optio allan data cenedlaethol"),
    "article_21_objection": InBoth("objection (UK GDPR Article 21)", "gwrthwynebiad (Erthygl 21 GDPR y DU)"),
    "local_list": InBoth("list of our own", "rhestr ein hunain"),
    "at_risk": InBoth("people at risk", "pobl mewn perygl"),
}
GROUNDS = {
    "legal_duty": InBoth("a legal duty", "dyletswydd gyfreithiol"),
    "safeguarding": InBoth("safeguarding", "diogelu"),
    "overriding_public_interest": InBoth("an overriding public interest", "budd cyhoeddus pennaf"),
    "emergency": InBoth("a life at risk", "bywyd mewn perygl"),
    "compelling_grounds": InBoth("compelling legitimate grounds", "seiliau dilys grymus"),
    "legal_claims": InBoth("legal claims", "hawliadau cyfreithiol"),
}


HEADINGS = (
    InBoth("List", "Rhestr"),
    InBoth("Kind", "Math"),
    InBoth("What became of it", "Beth ddigwyddodd"),
    InBoth("On the list", "Ar y rhestr"),
    InBoth("Of those, in the source", "O'r rheini, yn y ffynhonnell"),
    InBoth("Rows held back", "Rhesi a gadwyd yn ôl"),
    InBoth("Its rows among those sent", "Ei rhesi ymhlith y rhai a anfonwyd"),
)


class OptOutSlipped(Unsound):
    """Rows of people on a list of opt-outs were about to go; nothing went."""

    code = "OPT_OUT_SLIPPED"


class OptOutMatchesNobody(Refused):
    """A list is applied, and none of its values stands in the column that it is looked up in: perhaps the wrong one."""

    code = "OPT_OUT_MATCHES_NOBODY"


@dataclass(frozen=True)
class ListProved:
    """One list, and what was counted: rows that it held back, and rows of its people among those that go."""

    list: OptOut
    applied: bool
    held_back: int
    among_sent: int
    listed: int
    in_source: int


@dataclass(frozen=True)
class OptOutGuard:
    """Proves the opt-outs of a table before its rename."""

    def prepare(self, intent: SignedRecord, contents: Contents, attempt: Attempt) -> None:
        """Nothing is set aside."""

    def examine(self, intent: SignedRecord, contents: Contents, report: EngineReport) -> EngineReport:
        """Counts what was held back and what slipped through; raises OptOutSlipped."""
        if not isinstance(contents, Table) or not contents.plan.opt_outs:
            return report
        proved = prove_opt_outs(contents, rows_sent=report.rows_sent if contents.plan.publish is None else None)
        told = replace(
            report,
            sections=(*report.sections, tell_opt_outs(proved, report)),
            kept_by_holder={**report.kept_by_holder, **write_for_receipt(proved)},
        )
        if not _is_told_short(proved):
            return told
        # Rows read less rows sent would be the number of people at risk.
        return replace(
            told,
            rows_read=0,
            rows_filtered=0,
            rows_suppressed=0,
            kept_on_receipt={**told.kept_on_receipt, "rows read and left out": "not counted here"},
        )

    def settle(self, released: Released, attempt: Attempt) -> None:
        """Nothing was set aside."""

    def discard(self, attempt: Attempt) -> None:
        """Nothing was set aside."""


@dataclass(frozen=True)
class MissingListsGuard:
    """Writes down which registered lists a plan lacked, which only an emergency allows."""

    registered: tuple[RegisteredList, ...] = field(default=())

    def prepare(self, intent: SignedRecord, contents: Contents, attempt: Attempt) -> None:
        """Nothing is set aside."""

    def examine(self, intent: SignedRecord, contents: Contents, report: EngineReport) -> EngineReport:
        """Adds the lists that were missing, for the holder to review."""
        release = intent.record
        if not isinstance(contents, Table) or not isinstance(release, Release):
            return report
        missing = find_missing(self.registered, contents.plan, release.purpose, release.recipient.name)
        if not missing:
            return report
        names = ", ".join(each.name for each in missing)
        said = f"in an emergency, for review: {names}"[:500]
        return replace(report, kept_by_holder={**report.kept_by_holder, "opt-outs not in the plan": said})

    def settle(self, released: Released, attempt: Attempt) -> None:
        """Nothing was set aside."""

    def discard(self, attempt: Attempt) -> None:
        """Nothing was set aside."""


def prove_opt_outs(table: Table, *, rows_sent: int | None = None) -> tuple[ListProved, ...]:
    """What each list held back, and that nobody on an applied list is among the rows that go.

    Takes    rows_sent: how many rows were sealed, if rows go; the second count must be over as many.
    Raises   OptOutSlipped; OptOutMatchesNobody; SourceChanged when the rows are not those that were sealed;
             ListChanged when a list is not the one of the plan any more.
    """
    in_source, before, (rows, after) = _count(table)
    if rows_sent is not None and rows != rows_sent:
        raise SourceChanged(
            f"{rows_sent:,} rows were sent, and {rows:,} would be now",
            fix="Run it again on a source that nobody is changing.",
            where="opt_outs",
        )
    sent = {each.column for each in table.plan.sent}
    proved = []
    for each, found, was, left in zip(table.plan.opt_outs, in_source, before, after, strict=True):
        applied = each.holds_back(sent)
        if applied:
            _check_applied(each, found, left)
        held_back = was.rows if applied else 0
        proved.append(ListProved(each, applied, held_back, left.rows, found.listed, found.values))
    return tuple(proved)


def _check_applied(each: OptOut, found: Listed, left: Listed) -> None:
    """Nobody on it is left among the rows that go, and somebody on it is in the source."""
    if left.rows:
        raise OptOutSlipped(
            f"{left.rows:,} rows of people on the list {each.name!r} were about to go",
            fix="Nothing went. Check how the list writes its values, and run it again.",
            where=f"opt_outs: {each.name}",
        )
    if found.listed and not found.values and not each.may_match_nobody:
        raise OptOutMatchesNobody(
            f"none of the {found.listed:,} values on the list {each.name!r} stands in the column {each.column!r}",
            fix="Check the column, and how list and source write the values (spaces, capitals). If it is right that"
            " nobody on it is in the source, say `may_match_nobody: true` on the list.",
            where=f"opt_outs: {each.name}",
        )


def _count(table: Table) -> tuple[list[Listed], list[Listed], tuple[int, list[Listed]]]:
    """Each list counted in the whole source, in what goes but for the lists, and in what goes."""
    plan = table.plan
    tests = {each.test for each in plan.opt_outs}
    columns = tuple(
        Keep(treatment="keep", column=name, sent_as=f"fairshare_list_{place}")
        for place, name in enumerate(dict.fromkeys(each.column for each in plan.opt_outs))
    )
    names = {each.column: each.output for each in columns}
    looked_up = [(names[each.column], each.path, each.sha256) for each in plan.opt_outs]
    others = tuple(each for each in plan.rows if each not in tests)
    source = plan.model_copy(update={"columns": columns, "rows": (), "groups": (), "publish": None})
    every = source.model_copy(update={"rows": others})
    goes = source.model_copy(update={"columns": (*plan.sent, *columns), "rows": plan.rows, "groups": plan.groups})
    _, in_source = count_listed(source, looked_up, table)
    before = count_listed(every, looked_up, table)[1] if others else in_source
    return in_source, before, count_listed(goes, looked_up, table)


def write_for_receipt(proved: tuple[ListProved, ...]) -> dict[str, str]:
    """What the signed receipt commits to. Of people at risk it gives no number away."""
    said = {}
    for each in proved:
        state = _tell_state(each).en
        counts = f"; {each.listed:,} listed, {each.in_source:,} of them in the source"
        counts += f"; {each.held_back:,} rows held back, {each.among_sent:,} of its rows sent"
        if each.list.kind == "at_risk":
            counts = ""
        said[f"opt-outs: {each.list.name}"] = f"{state}{counts}; list {each.list.sha256[:16]}"
    return said


def _is_told_short(proved: tuple[ListProved, ...]) -> bool:
    """Whether the receipt leaves rows read and left out uncounted."""
    return any(each.applied and each.list.kind == "at_risk" for each in proved)


def tell_opt_outs(proved: tuple[ListProved, ...], report: EngineReport) -> Section:
    """The part of the holder's sheet about opt-outs."""
    says = [
        InBoth(
            "Each list was applied before anything else, and a second count found none of its people among the rows.",
            "Cymhwyswyd pob rhestr yn gyntaf, ac ni chafodd ail gyfrif neb ohonynt ymhlith y rhesi.",
        )
    ]
    if _is_told_short(proved):
        says.append(_tell_rows(report))
    says += [_tell_left_out(each.list, each.list.disapplied) for each in proved if each.list.disapplied is not None]
    return Section(
        "opt_outs",
        InBoth("Opt-outs and objections", "Optio allan a gwrthwynebiadau"),
        tuple(says),
        HEADINGS,
        tuple(
            (
                each.list.name,
                KINDS[each.list.kind].en,
                _tell_state(each).en,
                f"{each.listed:,}",
                f"{each.in_source:,}",
                f"{each.held_back:,}",
                f"{each.among_sent:,}",
            )
            for each in proved
        ),
        (
            Chart(
                "bars",
                InBoth("Rows held back by each list", "Rhesi a gadwyd yn ôl gan bob rhestr"),
                InBoth("A bar for each list, as in the table.", "Bar i bob rhestr, fel yn y tabl."),
                tuple(each.list.name for each in proved),
                (Series(InBoth("rows held back", "rhesi a gadwyd yn ôl"), tuple(float(p.held_back) for p in proved)),),
                InBoth("rows", "rhesi"),
            ),
        ),
        holder_only=True,
    )


def _tell_rows(report: EngineReport) -> InBoth:
    """The rows that the receipt does not count."""
    read, filtered, small = f"{report.rows_read:,}", f"{report.rows_filtered:,}", f"{report.rows_suppressed:,}"
    return InBoth(
        f"Rows read: {read}; left out by tests and lists: {filtered}; in groups too small: {small}. The receipt and the"
        " recipient's sheet do not say so, because that would give the number of people at risk away.",
        f"Rhesi a ddarllenwyd: {read}; a adawyd allan gan brofion a rhestrau: {filtered}; mewn grwpiau rhy fach:"
        f" {small}. Nid yw'r dderbynneb na thaflen y derbynnydd yn dweud hyn, oherwydd byddai'n datgelu nifer y bobl"
        " mewn perygl.",
    )


def _tell_left_out(given: OptOut, left: Disapplied) -> InBoth:
    by = f"{left.by.name} ({left.by.role}), {left.on.isoformat()}: {left.why}"
    return InBoth(
        f"{given.name} was left out for {GROUNDS[left.ground].en}, by {by}",
        f"Gadawyd {given.name} allan oherwydd {GROUNDS[left.ground].cy}, gan {by}",
    )


def _tell_state(each: ListProved) -> InBoth:
    if each.applied:
        return InBoth("applied", "cymhwyswyd")
    if each.list.disapplied is not None:
        ground = GROUNDS[each.list.disapplied.ground]
        return InBoth(f"left out: {ground.en}", f"gadawyd allan: {ground.cy}")
    if each.list.out_of_scope:
        return InBoth("does not reach this purpose or recipient", "nid yw'n cyrraedd y diben na'r derbynnydd hwn")
    if each.list.effect == "second_person":
        return InBoth("checked by a second person", "gwiriwyd gan ail berson")
    return InBoth("none of its columns goes", "nid oes un o'i cholofnau yn mynd")
