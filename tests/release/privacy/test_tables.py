"""A plain table's unsafe cells cannot be worked out from what is shown: a solver tries, and has the totals too."""

import csv
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from fairshare.release.kinds import Table
from fairshare.release.plan import read_plan
from fairshare.release.publishing import make_ready
from fairshare.release.tables import TableUnfit
from fairshare.release.tables_publish import round_cells, round_nearest
from fairshare.release.tables_suppress import (
    Protection,
    SuppressionUnproved,
    check_proof,
    list_cells,
    suppress,
)
from tests.release.engines.tables import FixedKeys

THRESHOLD = 5


def add_totals(sizes, inner):
    """Every cell with its totals, added up cell by cell: written apart from the code it tests."""
    values = Counter()
    for cell, value in inner.items():
        for totals in product((False, True), repeat=len(sizes)):
            values[tuple(size if total else at for at, size, total in zip(cell, sizes, totals, strict=True))] += value
    return {cell: values[cell] for cell in list_cells(sizes)}


def attack(sizes, values, left_out, cell):
    """What an attacker who knows all that is shown, and that nothing is below nought, works out of a cell: its bounds.

    The unknowns are the inner cells only; every total that is shown is an equation.
    """
    inner = list(product(*(range(size) for size in sizes)))
    shown = [each for each in values if each not in left_out]
    covers = [[_in(each, one, sizes) for one in inner] for each in shown]
    mine = np.array([float(_in(cell, one, sizes)) for one in inner])
    ends = []
    for sign in (1, -1):
        found = linprog(
            sign * mine,
            A_eq=np.array(covers, dtype=float) if shown else None,
            b_eq=[values[each] for each in shown] if shown else None,
            bounds=(0, None),
            method="highs",
        )
        ends.append(np.inf if found.status == 3 else sign * found.fun)
    return tuple(ends)


def _in(cell, one, sizes):
    """Whether an inner cell is part of a cell or total."""
    return all(at in (size, place) for at, place, size in zip(cell, one, sizes, strict=True))


shapes = st.sampled_from([(2, 2), (3, 3), (4, 3), (5, 2), (1, 4), (2, 2, 2), (3, 2, 2)])
counts = st.sampled_from([0, 0, 1, 2, 3, 4, 5, 7, 12, 40])


@st.composite
def tables(draw):
    sizes = draw(shapes)
    inner = {cell: draw(counts) for cell in product(*(range(size) for size in sizes))}
    return sizes, add_totals(sizes, inner)


@settings(max_examples=40, deadline=None)
@given(tables())
def test_no_suppressed_count_is_bounded_more_tightly_than_from_nought_to_the_threshold(table):
    sizes, values = table
    unsafe = {
        cell: Protection(up=THRESHOLD - value, down=value) for cell, value in values.items() if 0 < value < THRESHOLD
    }
    found = suppress(sizes, values, unsafe)
    assert found.primary == unsafe.keys()
    for cell in unsafe:
        low, high = attack(sizes, values, found.all, cell)
        assert low <= 1e-6
        assert high >= THRESHOLD - 1e-6


@settings(max_examples=20, deadline=None)
@given(tables(), st.integers(20, 60))
def test_no_suppressed_sum_is_bounded_more_tightly_than_its_share(table, percent):
    sizes, values = table
    unsafe = {
        cell: Protection(up=-(-value * percent // 100), down=-(-value * percent // 100))
        for cell, value in values.items()
        if 0 < value < THRESHOLD
    }
    found = suppress(sizes, values, unsafe)
    for cell, need in unsafe.items():
        low, high = attack(sizes, values, found.all, cell)
        assert low <= values[cell] - need.down + 1e-6
        assert high >= values[cell] + need.up - 1e-6


def test_leaving_out_only_the_unsafe_cell_gives_it_away_and_the_attack_sees_that():
    values = add_totals((2, 2), {(0, 0): 2, (0, 1): 20, (1, 0): 30, (1, 1): 40})
    assert attack((2, 2), values, {(0, 0)}, (0, 0)) == pytest.approx((2, 2))
    found = suppress((2, 2), values, {(0, 0): Protection(up=3, down=2)})
    assert len(found.secondary) == 3
    assert (2, 2) not in found.all  # the grand total stays


def test_a_table_that_does_not_add_up_is_no_proof():
    values = add_totals((2, 2), {(0, 0): 2, (0, 1): 20, (1, 0): 30, (1, 1): 40})
    sound = {(0, 0): 3, (0, 1): -3, (1, 0): -3, (1, 1): 3}
    check_proof((2, 2), values, sound, (0, 0), 3)
    for wrong in ({(0, 0): 3}, {**sound, (1, 1): 2}, {**sound, (0, 0): 4}):
        with pytest.raises(SuppressionUnproved):
            check_proof((2, 2), values, wrong, (0, 0), 3)
    with pytest.raises(SuppressionUnproved):  # nothing is below nought
        check_proof((2, 2), values, {at: -move * 10 for at, move in sound.items()}, (0, 0), -30)


@given(st.integers(0, 10**6), st.integers(2, 100))
def test_rounding_goes_to_the_nearest_multiple(value, base):
    rounded = round_nearest(value, base)
    assert rounded % base == 0
    assert 2 * abs(rounded - value) <= base


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(2, 12), st.data())
def test_a_rounded_table_is_the_same_for_every_table_whose_cells_round_alike(table, base, data):
    """So nobody who sees all of it, totals too, can narrow a cell beyond what rounds to what is shown."""
    sizes, values = table
    inner = list(product(*(range(size) for size in sizes)))
    shown = round_cells(sizes, values, base)
    ends = {
        cell: [n for n in range(values[cell] + 2 * base) if round_nearest(n, base) == shown[cell]] for cell in inner
    }
    for end in (0, -1):
        assert round_cells(sizes, add_totals(sizes, {cell: ends[cell][end] for cell in inner}), base) == shown
    other = {cell: data.draw(st.sampled_from(ends[cell])) for cell in inner}
    assert round_cells(sizes, add_totals(sizes, other), base) == shown
    assert all(len(found) >= base // 2 for found in ends.values())


def attack_rounded(sizes, shown, base, cell):
    """What a cell can be for somebody who takes every number, totals too, for one that was rounded by itself."""
    inner = list(product(*(range(size) for size in sizes)))
    covers = np.array([[float(_in(each, one, sizes)) for one in inner] for each in shown])
    top = np.array([value + (base - 1) // 2 for value in shown.values()], dtype=float)
    low = np.array([max(0, value - base // 2) for value in shown.values()], dtype=float)
    mine = np.array([float(_in(cell, one, sizes)) for one in inner])
    found = [
        linprog(sign * mine, A_ub=np.vstack([covers, -covers]), b_ub=np.concatenate([top, -low])) for sign in (1, -1)
    ]
    return tuple(round(sign * each.fun, 6) for sign, each in zip((1, -1), found, strict=True))


def test_totals_rounded_by_themselves_give_small_cells_away_and_sums_of_rounded_cells_do_not():
    values = add_totals((4,), dict.fromkeys([(0,), (1,), (2,), (3,)], 2))
    alone = {cell: round_nearest(value, 5) for cell, value in values.items()}
    assert list(alone.values()) == [0, 0, 0, 0, 10]
    assert attack_rounded((4,), alone, 5, (0,)) == (2, 2)
    shown = round_cells((4,), values, 5)
    assert list(shown.values()) == [0, 0, 0, 0, 0]
    assert attack_rounded((4,), shown, 5, (0,)) == (0, 2)


PLAN = """
name: attendance
source: {format: csv, path: rows.csv, types: {hours: integer}}
columns:
  - {column: school, treatment: keep}
  - {column: year, treatment: keep}
  - {column: hours, treatment: keep}
publish:
  publish: table
  keys: [{column: school, values: [A, B, C]}, {column: year, values: ["7", "8"]}]
"""
ROWS = [("A", "7", 3), ("A", "8", 30), ("B", "7", 12), ("B", "8", 20), ("C", "7", 9), ("C", "8", 0), ("D", "7", 50)]


def publish(folder: Path, more: str = "", *, engine: str = "duckdb", rows=None):
    people = [(school, year, number) for school, year, many in ROWS for number in range(many)]
    written = rows or [f"{school}{year}{number},{school},{year},{number + 1}" for school, year, number in people]
    (folder / "rows.csv").write_text("\n".join(["person,school,year,hours", *written]) + "\n")
    out = folder / "out.csv"
    out.unlink(missing_ok=True)
    report = make_ready(
        Table(read_plan((PLAN + more).encode(), where="test"), FixedKeys(), folder, engine=engine), write_to=out
    )
    found = list(csv.DictReader(out.open()))
    return {(row["school"], row["year"]): (row["value"], row["shown"]) for row in found}, report


@pytest.mark.parametrize("engine", ["duckdb", "memory"])
def test_a_table_is_counted_with_its_totals_and_small_cells_are_left_out_with_others(tmp_path, engine):
    found, report = publish(tmp_path, engine=engine)
    assert found["A", "7"] == ("", "suppressed")
    assert found["total", "total"] == ("74", "yes")  # rows of a school that is not listed do not count
    assert sum(shown == "suppressed" for _, shown in found.values()) >= 4
    assert report.rows_sent == len(found) == 12
    section = report.sections[-1]
    assert section.rows[1] == ("unsafe", "1")


def test_the_suppressed_cells_of_a_made_table_stand_up_to_the_attack(tmp_path):
    found, _ = publish(tmp_path)
    inner = Counter({(s, y): many for s, y, many in ROWS if s != "D"})
    names = (("A", "B", "C", "total"), ("7", "8", "total"))
    values = add_totals((3, 2), {(s, y): inner[names[0][s], names[1][y]] for s in range(3) for y in range(2)})
    left_out = {cell for cell in values if found[names[0][cell[0]], names[1][cell[1]]][1] == "suppressed"}
    for cell in values.keys() - left_out:
        assert found[names[0][cell[0]], names[1][cell[1]]][0] == str(values[cell])
    low, high = attack((3, 2), values, left_out, (0, 0))
    assert (low, high >= THRESHOLD) == (0, True)


def test_rounded_tables_show_every_cell(tmp_path):
    found, _ = publish(tmp_path, "  unsafe: round\n")
    assert {shown for _, shown in found.values()} == {"rounded"}
    assert (found["A", "7"], found["A", "8"], found["total", "total"]) == (
        ("5", "rounded"),
        ("30", "rounded"),
        ("75", "rounded"),
    )


def test_the_totals_of_a_rounded_table_are_the_sums_of_what_it_shows(tmp_path):
    rows = [f"{school}{year}{n},{school},{year},1" for school in "ABC" for year in "78" for n in range(2)]
    found, report = publish(tmp_path, "  unsafe: round\n", rows=rows)
    assert set(found.values()) == {("0", "rounded")}
    assert "each total is the sum of its rounded cells" in report.sections[-1].says[0].en


def test_noughts_are_left_out_if_they_tell_too_much(tmp_path):
    found, _ = publish(tmp_path, "  zeros: suppress\n")
    assert found["C", "8"] == ("", "suppressed")


def test_a_sum_that_one_contributor_dominates_is_left_out(tmp_path):
    rows = [f"a{n},A,7,10" for n in range(10)] + ["big,B,7,900", *(f"b{n},B,7,10" for n in range(10))]
    rows += [f"c{n},C,7,10" for n in range(10)]
    for rule in ("  p_percent: 15\n", "  dominance: {largest: 1, percent: 80}\n"):
        found, _ = publish(tmp_path, f"  sum_of: hours\n  person: person\n{rule}", rows=rows)
        assert found["B", "7"] == ("", "suppressed")
        assert sum(found[school, "7"][1] == "suppressed" for school in ("A", "B", "C", "total")) >= 2
    found, _ = publish(tmp_path, "  sum_of: hours\n  person: person\n", rows=rows)
    assert found["B", "7"] == ("1000", "yes")


def test_many_rows_of_one_person_are_one_contributor(tmp_path):
    rows = ["one,A,7,1"] * 9 + [f"p{n},B,7,1" for n in range(9)] + [f"q{n},C,8,1" for n in range(9)]
    found, _ = publish(tmp_path, "  person: person\n", rows=rows)
    assert found["A", "7"] == ("", "suppressed")
    assert publish(tmp_path, rows=rows)[0]["A", "7"] == ("9", "yes")


@pytest.mark.parametrize(
    "more",
    [
        "  p_percent: 10\n",
        "  unsafe: round\n  round_to: 3\n",
        "  sum_of: other\n",
        "  sum_of: hours\n  unsafe: round\n",
    ],
)
def test_rules_that_contradict_each_other_are_refused(more):
    with pytest.raises(TableUnfit):
        read_plan((PLAN + more).encode(), where="test")


def test_what_is_added_up_must_be_whole_numbers_from_nought(tmp_path):
    with pytest.raises(TableUnfit):
        publish(tmp_path, "  sum_of: hours\n", rows=["a,A,7,-1"])
    assert not (tmp_path / "out.csv").exists()
