"""Opt-outs and objections: every engine applies them, a second count proves it, and leaving one out needs a reason."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairshare.records.sealing import open_bytes
from fairshare.release.coverage import why_not_release
from fairshare.release.delivery import open_release
from fairshare.release.engines import run_plan
from fairshare.release.engines.job import SourceChanged
from fairshare.release.filters import ListChanged
from fairshare.release.flow import Step, recover, run_release
from fairshare.release.kept_by_holder import ON_RECEIPT
from fairshare.release.kinds import Table
from fairshare.release.opt_outs import GROUNDS, OptOut, OptOutUnfit
from fairshare.release.opt_outs_check import mark_scope
from fairshare.release.opt_outs_known import KnownOptOuts, LeftOut, RegisteredList
from fairshare.release.opt_outs_proof import (
    MissingListsGuard,
    OptOutGuard,
    OptOutMatchesNobody,
    OptOutSlipped,
    prove_opt_outs,
)
from fairshare.release.plan import Plan, plan_to_json, read_plan
from fairshare.release.sources_stamps import SourceMoved, find_files
from fairshare.words import Answer, FairshareError, Outcome, Purpose
from fairshare.words.reading import build
from tests.release.flow.stories import (
    CHECKER,
    HANDLER,
    READER_SECRET,
    STUDY,
    TODAY,
    TRUSTED,
    UNIVERSITY,
    FileBook,
    OneKey,
    line,
    make_decision,
    make_ports,
    one_off,
    to_reader,
)

PEOPLE = 20
LIST_SHA256 = sha256(b"003\n004\n005\n").hexdigest()


def write_people(folder: Path, listed: tuple[int, ...] = (3, 4, 5)) -> str:
    (folder / "people.csv").write_text(
        "\n".join(["id,place,pay", *(f"{n:03},P{n % 3},{n * 100}" for n in range(PEOPLE)), ""])
    )
    (folder / "list.txt").write_text("".join(f"{n:03}\n" for n in listed))
    return sha256((folder / "list.txt").read_bytes()).hexdigest()


def make_plan(digest: str, **changes: Any) -> Plan:
    given = {"name": "Objections", "kind": "article_21_objection", "path": "list.txt", "sha256": digest, "column": "id"}
    return build(
        Plan,
        {
            "name": "pay",
            "source": {"format": "csv", "path": "people.csv"},
            "columns": [{"column": "pay", "treatment": "keep", "item": "i1"}],
            "opt_outs": [given | changes],
        },
        where="plan",
    )


def disapplied(ground: str = "legal_duty", by: Any = CHECKER) -> dict[str, Any]:
    return {"ground": ground, "by": by.model_dump(), "on": "2026-11-01", "why": "A court ordered every row."}


def left_out(left: dict[str, Any]) -> LeftOut:
    return LeftOut.model_validate({"name": "Objections", "sha256": LIST_SHA256, **left})


def read_rows(plan: Plan, folder: Path, engine: str) -> list[str]:
    out = folder / f"{engine}.csv"
    run_plan(plan, engine=engine, keys=OneKey(), base=folder, write_to=out, format="csv")
    return sorted(out.read_text().splitlines()[1:])


def grounds_for(table: Table, *, release: dict[str, Any] | None = None, **changes: Any) -> Any:
    decision = make_decision(
        recipient=UNIVERSITY,
        recipient_contact=None,
        purpose=STUDY,
        subjects=(),
        scope=(line("i1", "Pay", outcome=Outcome.SHARE_DEIDENTIFIED, item={"kind": "column"}),),
        **changes,
    )
    return one_off(table, decision=decision, release={"items": ("i1",), **(release or {})})


def make_table(plan: Plan, folder: Path) -> Table:
    return Table(plan=plan, keys=OneKey(), base=folder)


@pytest.mark.parametrize("engine", ["memory", "duckdb"])
def test_every_engine_holds_back_who_is_listed(tmp_path, engine):
    plan = make_plan(write_people(tmp_path))
    assert len(read_rows(plan, tmp_path, engine)) == PEOPLE - 3


@settings(max_examples=20, deadline=None)
@given(st.sets(st.integers(0, PEOPLE + 5), min_size=1))
def test_what_is_held_back_and_what_goes_add_up(tmp_path_factory, listed):
    folder = tmp_path_factory.mktemp("people")
    plan = make_plan(write_people(folder, tuple(sorted(listed))), may_match_nobody=True)
    (proved,) = prove_opt_outs(make_table(plan, folder))
    assert (proved.held_back, proved.among_sent) == (len({n for n in listed if n < PEOPLE}), 0)
    assert len(read_rows(plan, folder, "duckdb")) == PEOPLE - proved.held_back


def test_the_count_is_kept_by_the_holder_and_on_their_sheet(tmp_path):
    table = make_table(make_plan(write_people(tmp_path)), tmp_path)
    ports = replace(make_ports(FileBook(tmp_path / "book")), guards=(OptOutGuard(),))
    released = run_release(grounds_for(table), table, to_reader(tmp_path / "out"), ports)
    said = json.loads(released.kept)["facts"]["opt-outs: Objections"]
    assert said.startswith("applied; 3 listed, 3 of them in the source; 3 rows held back, 0 of its rows sent")
    assert "Opt-outs and objections" in released.sheet
    opened = open_release(released.folder, READER_SECRET, trust=TRUSTED, into=tmp_path / "in")
    assert "Opt-outs and objections" not in (opened.folder / "release-sheet.html").read_text()


def test_the_second_count_finds_what_a_broken_test_lets_through(tmp_path):
    plan = make_plan(write_people(tmp_path))
    # As if an engine had lost the test: the list stands in the plan, and holds nobody back.
    broken = plan.model_copy(update={"rows": ()})
    assert len(read_rows(broken, tmp_path, "duckdb")) == PEOPLE
    with pytest.raises(OptOutSlipped, match="3 rows"):
        prove_opt_outs(make_table(broken, tmp_path))


def test_a_list_that_was_changed_since_stops_the_release(tmp_path):
    plan = make_plan(write_people(tmp_path))
    (tmp_path / "list.txt").write_text("003\n")
    with pytest.raises(ListChanged):
        read_rows(plan, tmp_path, "duckdb")


def test_a_column_effect_holds_back_only_when_that_column_goes(tmp_path):
    digest = write_people(tmp_path)
    assert len(read_rows(make_plan(digest, effect="column", columns=["place"]), tmp_path, "duckdb")) == PEOPLE
    assert len(read_rows(make_plan(digest, effect="column", columns=["pay"]), tmp_path, "memory")) == PEOPLE - 3


def test_a_list_holds_only_as_far_as_it_reaches(tmp_path):
    digest = write_people(tmp_path)
    plan = make_plan(digest, effect="purpose", purposes=[STUDY.code])
    assert mark_scope(plan, STUDY, "Mid University") == plan
    outside = mark_scope(plan, Purpose(code="direct_care"), "Mid University")
    assert outside.opt_outs[0].out_of_scope
    assert len(read_rows(outside, tmp_path, "duckdb")) == PEOPLE
    assert mark_scope(outside, Purpose(code="direct_care"), "x") == outside


def test_a_list_out_of_its_scope_takes_nobodys_own_test_away(tmp_path):
    written = plan_to_json(make_plan(write_people(tmp_path), recipients=["Other Trust"]))
    (added,) = written["rows"]
    own = {name: value for name, value in added.items() if name != "opt_out"}
    plan = build(Plan, {**written, "rows": [own]}, where="plan")
    outside = mark_scope(plan, STUDY, "Mid University")
    assert outside.opt_outs[0].out_of_scope
    assert len(read_rows(outside, tmp_path, "duckdb")) == PEOPLE - 3


def test_a_plan_reads_back_as_it_was_written(tmp_path):
    plan = make_plan(write_people(tmp_path))
    assert build(Plan, plan_to_json(plan), where="x") == plan
    assert len(plan.rows) == 1


def test_a_list_that_reaches_cannot_be_called_out_of_scope(tmp_path):
    plan = make_plan(write_people(tmp_path), purposes=[STUDY.code], out_of_scope=True)
    table = make_table(plan, tmp_path)
    assert "it reaches this purpose" in why_not_release(grounds_for(table), table).text


@pytest.mark.parametrize(
    ("left", "decision", "why"),
    [
        (disapplied(), {"compelled": True}, None),
        (disapplied(), {}, "does not say that the law compels it"),
        (disapplied("compelling_grounds"), {}, None),
        (disapplied("legal_claims", HANDLER), {}, "may not be the one who releases"),
        (disapplied("emergency"), {}, "no life was said to be at risk"),
        (disapplied("emergency", HANDLER), {"emergency": True}, None),
        ({**disapplied("compelling_grounds"), "on": "2026-12-01"}, {}, "today is"),
    ],
)
def test_a_list_is_left_out_by_a_named_person_on_a_ground_that_the_decision_has(tmp_path, left, decision, why):
    plan = make_plan(write_people(tmp_path), disapplied=left)
    assert len(read_rows(plan, tmp_path, "duckdb")) == PEOPLE
    table = make_table(plan, tmp_path)
    known = KnownOptOuts(left_out=(left_out(left),))
    grounds = replace(grounds_for(table, **decision), opt_outs=known)
    found = why_not_release(grounds, table)
    assert (found is None) if why is None else (why in found.text)


@pytest.mark.parametrize("other", [None, {"by": HANDLER}, {"sha256": "0" * 64}, {"ground": "legal_claims"}])
def test_what_the_releasers_own_plan_says_of_leaving_a_list_out_counts_for_nothing_by_itself(tmp_path, other):
    left = disapplied("compelling_grounds")
    plan = make_plan(write_people(tmp_path), disapplied=left)
    table = make_table(plan, tmp_path)
    known = KnownOptOuts(left_out=() if other is None else (left_out(left).model_copy(update=other),))
    found = why_not_release(replace(grounds_for(table), opt_outs=known), table)
    assert "nobody of that name has left it out at the desk" in found.text
    assert why_not_release(replace(grounds_for(table, emergency=True), opt_outs=known), table) is None


@pytest.mark.parametrize(
    ("reach", "meant"),
    [
        ({"effect": "purpose", "purposes": ["reserch.tenancies"]}, f"Did you mean {STUDY.code}?"),
        ({"recipients": [UNIVERSITY.name.lower()]}, f"Did you mean {UNIVERSITY.name}?"),
        ({"purposes": ["direct_care"]}, None),
    ],
)
def test_a_slip_in_a_purpose_or_a_name_never_takes_a_list_out_of_its_scope(tmp_path, reach, meant):
    plan = mark_scope(make_plan(write_people(tmp_path), **reach), STUDY, UNIVERSITY.name)
    table = make_table(plan, tmp_path)
    grounds = replace(grounds_for(table), opt_outs=KnownOptOuts(purposes=frozenset({"direct_care"})))
    found = why_not_release(grounds, table)
    assert (found is None) if meant is None else (meant in found.text)


def register(digest: str, **changes: Any) -> RegisteredList:
    given = {"name": "Objections", "kind": "article_21_objection", "sha256": digest, "sources": ["people.csv"]}
    return RegisteredList.model_validate(given | changes)


@pytest.mark.parametrize(
    ("own", "registered", "stands"),
    [
        ({}, {}, True),
        (None, {}, False),
        (None, {"sources": ["other.csv"]}, True),
        (None, {"purposes": ["direct_care"]}, True),
        (None, {"recipients": ["Other Trust"]}, True),
        ({"kind": "local_list"}, {}, False),
        ({}, {"sha256": "0" * 64}, False),
        ({"effect": "second_person"}, {}, False),
        ({"effect": "column", "columns": ["place"]}, {}, False),
        ({"effect": "purpose", "purposes": ["direct_care"]}, {}, False),
        ({"effect": "purpose", "purposes": [STUDY.code]}, {}, True),
        ({}, {"effect": "column", "columns": ["pay"]}, True),
    ],
)
def test_a_plan_may_not_forget_or_weaken_a_list_that_is_registered(tmp_path, own, registered, stands):
    digest = write_people(tmp_path)
    plan = make_plan(digest, **own or {})
    if own is None:
        plan = build(Plan, {**plan_to_json(plan), "opt_outs": (), "rows": ()}, where="plan")
    table = make_table(mark_scope(plan, STUDY, UNIVERSITY.name), tmp_path)
    known = KnownOptOuts(registered=(register(digest, **registered),), purposes=frozenset({"direct_care"}))
    found = why_not_release(replace(grounds_for(table, release={"checked_by": CHECKER}), opt_outs=known), table)
    assert (found is None) if stands else ("is not in the plan as it is registered" in found.text)


def test_in_an_emergency_a_forgotten_list_stops_nothing_and_is_kept_for_the_review(tmp_path):
    digest = write_people(tmp_path)
    plan = build(Plan, {**plan_to_json(make_plan(digest)), "opt_outs": (), "rows": ()}, where="plan")
    table, known = make_table(plan, tmp_path), KnownOptOuts(registered=(register(digest),))
    ports = replace(make_ports(FileBook(tmp_path / "book")), guards=(MissingListsGuard(known.registered),))
    grounds = replace(grounds_for(table, emergency=True), opt_outs=known)
    released = run_release(grounds, table, to_reader(tmp_path / "out"), ports)
    assert "for review: Objections" in json.loads(released.kept)["facts"]["opt-outs not in the plan"]


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ({"item.location_at_risk@i1": True}, "can lead to somebody at risk"),
        ({"item.location_at_risk": True}, "can lead to somebody at risk"),
        ({"item.location_at_risk@i1": "unobtainable"}, "can lead to somebody at risk"),
        ({"item.location_at_risk@i2": True, "item.location_at_risk@i1": False}, None),
    ],
)
def test_what_the_decision_says_of_a_place_at_risk_needs_a_second_person_whatever_the_releaser_says(
    tmp_path, answers, why
):
    table = make_table(make_plan(write_people(tmp_path)), tmp_path)
    given = {key: Answer(value=value) for key, value in answers.items()}
    found = why_not_release(grounds_for(table, answers=given), table)
    assert (found is None) if why is None else (why in found.text)
    assert why_not_release(grounds_for(table, answers=given, release={"checked_by": CHECKER}), table) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"effect": "column"},
        {"effect": "purpose"},
        {"out_of_scope": True},
        {"kind": "national_data_opt_out", "disapplied": disapplied("compelling_grounds")},
        {"kind": "at_risk", "disapplied": disapplied("safeguarding")},
    ],
)
def test_a_list_that_contradicts_itself_is_refused(changes):
    with pytest.raises(OptOutUnfit):
        make_plan("0" * 64, **changes)


def test_two_lists_of_one_name_are_refused():
    plan = make_plan("0" * 64)
    with pytest.raises(OptOutUnfit):
        build(Plan, {**plan_to_json(plan), "opt_outs": [each.model_dump(mode="json") for each in plan.opt_outs] * 2},
              where="x")  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "checked", "why"),
    [
        ({"effect": "second_person"}, None, "no second person"),
        ({"effect": "second_person"}, CHECKER, None),
        ({"effect": "second_person", "columns": ["place"]}, None, None),
        ({"effect": "second_person", "columns": ["pay"]}, HANDLER, "no second person"),
        ({}, None, None),
    ],
)
def test_rows_and_columns_that_could_lead_to_somebody_at_risk_need_a_second_person(tmp_path, changes, checked, why):
    plan = make_plan(write_people(tmp_path), kind="at_risk", **changes)
    table = make_table(plan, tmp_path)
    found = why_not_release(grounds_for(table, release={"checked_by": checked}), table)
    assert (found is None) if why is None else (why in found.text)


@dataclass(frozen=True)
class Swapping(OptOutGuard):
    """As a second process would: a file is replaced once the rows are sealed, before or after the guards read it."""

    path: Path = Path()
    old: bytes = b""
    first: bool = True

    def examine(self, *given: Any) -> Any:
        swapped = self.path.read_bytes().replace(self.old, b"9" * len(self.old), 1)
        if self.first:
            self.path.write_bytes(swapped)
            return super().examine(*given)
        found = super().examine(*given)
        self.path.write_bytes(swapped)
        return found


@pytest.mark.parametrize("first", [True, False])
def test_a_source_that_is_swapped_while_the_guards_read_it_is_not_released(tmp_path, first):
    table = make_table(make_plan(write_people(tmp_path)), tmp_path)
    guard = Swapping(path=tmp_path / "people.csv", old=b"019", first=first)
    ports = replace(make_ports(FileBook(tmp_path / "book")), guards=(guard,))
    with pytest.raises(SourceMoved):
        run_release(grounds_for(table), table, to_reader(tmp_path / "out"), ports)
    assert not [each for each in (tmp_path / "out").iterdir() if not each.name.startswith(".")]


def test_the_stamps_are_of_every_file_that_a_plan_reads(tmp_path):
    plan = build(
        Plan,
        {
            **plan_to_json(make_plan(write_people(tmp_path), disapplied=disapplied())),
            "columns": [
                {"column": "place", "treatment": "generalise", "to": "hierarchy", "hierarchy": "h.csv", "level": "l1"}
            ],
            "groups": [
                {
                    "treatment": "check_delta_presence",
                    "columns": ["place"],
                    "population": "all.csv",
                    "most": 0.5,
                }
            ],
        },
        where="plan",
    )
    (tmp_path / "h.csv").write_text("x")
    (tmp_path / "all.csv").write_text("x")
    assert {each.name for each in find_files(plan, tmp_path)} == {"people.csv", "list.txt", "h.csv", "all.csv"}


def test_what_is_kept_gives_no_number_of_people_at_risk(tmp_path):
    table = make_table(make_plan(write_people(tmp_path), kind="at_risk"), tmp_path)
    ports = replace(make_ports(FileBook(tmp_path / "book")), guards=(OptOutGuard(),))
    released = run_release(grounds_for(table), table, to_reader(tmp_path / "out"), ports)
    assert "3" not in json.loads(released.kept)["facts"]["opt-outs: Objections"].split(";")[0]
    counts = released.manifest.outcome.counts
    assert (counts.rows_read, counts.rows_filtered, counts.rows_suppressed) == (0, 0, 0)
    assert counts.rows_sent == PEOPLE - 3
    assert f"Rows read: {PEOPLE}; left out by tests and lists: 3" in released.sheet
    opened = open_release(released.folder, READER_SECRET, trust=TRUSTED, into=tmp_path / "in")
    page = (opened.folder / "release-sheet.html").read_text()
    assert "Objections" not in page
    assert f">{PEOPLE}<" not in page
    assert "rows read" not in page


@pytest.mark.parametrize("row", [" {:03}", "x{:03}"])
def test_a_list_that_matches_nobody_is_refused_unless_the_plan_says_that_it_may(tmp_path, row):
    digest = write_people(tmp_path)
    lines = [f"{row.format(n)},P{n % 3},{n * 100}" for n in range(PEOPLE)]
    (tmp_path / "people.csv").write_text("\n".join(["id,place,pay", *lines, ""]))
    with pytest.raises(OptOutMatchesNobody, match="none of the 3 values"):
        prove_opt_outs(make_table(make_plan(digest), tmp_path))
    (proved,) = prove_opt_outs(make_table(make_plan(digest, may_match_nobody=True), tmp_path))
    assert (proved.listed, proved.in_source, proved.held_back) == (3, 0, 0)


def test_a_number_is_on_a_list_however_it_is_written(tmp_path):
    plan = make_plan(write_people(tmp_path))
    typed = plan.model_copy(update={"source": plan.source.model_copy(update={"types": {"id": "integer"}})})
    (proved,) = prove_opt_outs(make_table(build(Plan, plan_to_json(typed), where="plan"), tmp_path))
    assert (proved.in_source, proved.held_back) == (3, 3)


def test_a_source_that_was_changed_since_the_rows_were_sealed_stops_the_release(tmp_path):
    with pytest.raises(SourceChanged, match="18 rows were sent, and 17"):
        prove_opt_outs(make_table(make_plan(write_people(tmp_path)), tmp_path), rows_sent=18)


def test_every_kind_of_list_says_when_it_yields():
    assert set(GROUNDS) == set(OptOut.model_fields["kind"].annotation.__args__)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_list_or_refused(raw):
    from fairshare.words.reading import parse_yaml

    with pytest.raises(FairshareError):
        build(OptOut, parse_yaml(raw, where="x"), where="x")


def test_a_plan_in_yaml_takes_lists(tmp_path):
    digest = write_people(tmp_path)
    text = f"""
name: pay
source: {{format: csv, path: people.csv}}
columns:
  - {{column: pay, treatment: keep}}
opt_outs:
  - name: Objections
    kind: article_21_objection
    basis: Our policy of 2026, which names UK GDPR Article 21
    path: list.txt
    sha256: {digest}
    column: id
"""
    assert len(read_rows(read_plan(text.encode(), where="plan"), tmp_path, "duckdb")) == PEOPLE - 3
    assert TODAY.year == 2026


def test_whoever_opens_the_release_finds_no_count_and_no_list_in_its_manifest(tmp_path):
    class PowerCut(BaseException):
        pass

    def cut(step):
        if step is Step.COMMITTED:
            raise PowerCut

    table = make_table(make_plan(write_people(tmp_path)), tmp_path)
    book = FileBook(tmp_path / "book")
    ports = replace(make_ports(book), guards=(OptOutGuard(),))
    with pytest.raises(PowerCut):
        run_release(grounds_for(table), table, to_reader(tmp_path / "out"), ports, on_step=cut)
    (released,) = recover(tmp_path / "out", book, ports.guards)
    manifest = open_bytes((released.folder / "manifest.age").read_bytes(), READER_SECRET)
    assert b"opt-outs" not in manifest
    assert b"held back" not in manifest
    assert table.plan.opt_outs[0].sha256[:16].encode() not in manifest
    # What stays is what the receipt commits to, also when it was written down after a power cut.
    assert (
        json.loads(manifest)["receipt"]["record"]["treatments"][ON_RECEIPT]
        == f"sha256:{sha256(released.kept).hexdigest()}"
    )
    assert "3 rows held back" in released.sheet
