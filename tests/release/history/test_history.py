"""Risk across releases: the differencing attack and its relatives are refused, and without the history they work."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.release.flow import Released
from fairshare.release.history import HistoryDamaged, HistoryRules, RiskAcrossReleases, read_entry
from fairshare.release.history_guard import ON_RECEIPT
from fairshare.release.plan import read_plan
from fairshare.release.treatments import ColumnType
from fairshare.words import FairshareError, Organisation
from tests.release.flow.stories import HANDLER
from tests.release.history.attacks import STAFF, World, leave_out, make_plan, only, pay_of, write_staff

OTHER = Organisation(name="Another University")


def write_others(folder: Path, *, empty: tuple[int, ...]) -> None:
    """The staff with one column more, `other`: their numbers again, with nothing there for some."""
    heading, *rows = write_staff(folder).read_text().splitlines()
    added = [f"{row},{'' if at in empty else at}" for at, row in enumerate(rows)]
    (folder / "staff.csv").write_text("\n".join([f"{heading},other", *added, ""]))


@pytest.fixture
def world(tmp_path: Path) -> World:
    write_staff(tmp_path)
    return World(tmp_path)


@pytest.fixture
def open_world(tmp_path: Path) -> World:
    """A world whose history is switched off."""
    write_staff(tmp_path)
    return World(tmp_path, history=False)


def mean(values: list[int]) -> float:
    return sum(values) / len(values)


def tell(released: Released) -> str:
    return str(json.loads(released.kept or b"")["facts"][ON_RECEIPT])


# The attack on DataSHIELD that dsBase issue 251 has described since November 2021, in both of its forms: compare a
# statistic of all rows with the same of all but one, or of all rows and one of them once more.


def test_the_mean_of_all_and_of_all_but_one_give_the_value_of_the_one(open_world: World) -> None:
    everyone = open_world.read_pay(open_world.release(make_plan()))
    but_one = open_world.read_pay(open_world.release(make_plan(leave_out(123))))
    assert mean(everyone) * len(everyone) - mean(but_one) * len(but_one) == pytest.approx(pay_of(123))


def test_with_the_history_all_but_one_is_refused_after_all(world: World) -> None:
    first = world.release(make_plan())
    with pytest.raises(RiskAcrossReleases) as refused:
        world.release(make_plan(leave_out(123)))
    said = str(refused.value)
    assert "1 person" in said
    assert first.manifest.release.id[7:19] in said
    assert "2026-11-22" in said
    assert "Mid University" in said
    assert "accept-risk" in said
    assert [each.people for each in world.store.entries()] == [STAFF]


def test_it_is_refused_the_other_way_round_and_to_another_recipient(world: World) -> None:
    world.release(make_plan(leave_out(123)))
    with pytest.raises(RiskAcrossReleases):
        world.release(make_plan(), to=OTHER)


def test_one_row_twice_gives_the_value_of_that_row(open_world: World, tmp_path: Path) -> None:
    once = open_world.read_pay(open_world.release(make_plan()))
    write_staff(tmp_path, name="again.csv", twice=(123,))
    twice = open_world.read_pay(open_world.release(make_plan(path="again.csv")))
    assert mean(twice) * len(twice) - mean(once) * len(once) == pytest.approx(pay_of(123))


def test_with_the_history_one_row_twice_is_refused_though_it_is_another_file(world: World, tmp_path: Path) -> None:
    world.release(make_plan())
    write_staff(tmp_path, name="again.csv", twice=(123,))
    with pytest.raises(RiskAcrossReleases, match="1 person"):
        world.release(make_plan(path="again.csv"))


def test_a_whole_less_two_parts_is_refused(world: World) -> None:
    world.release(make_plan(only(*range(100))))
    world.release(make_plan(only(*range(100, 197))), to=OTHER)
    with pytest.raises(RiskAcrossReleases, match="3 people") as refused:
        world.release(make_plan())
    assert "Mid University" in str(refused.value)
    assert "Another University" in str(refused.value)


def test_two_filters_that_select_nearly_the_same_people_are_refused(world: World) -> None:
    world.release(make_plan("  - {test: at_least, column: pay, value: 20100}\n"))
    with pytest.raises(RiskAcrossReleases, match="2 people"):
        world.release(make_plan("  - {test: between, column: pay, first: 20180, last: 99999}\n"))


def test_columns_under_other_names_hide_nothing(world: World) -> None:
    world.release(make_plan())
    renamed = "  - {column: pay, treatment: keep, sent_as: income, item: i1}\n"
    with pytest.raises(RiskAcrossReleases):
        world.release(make_plan(leave_out(7), renamed))


def test_naming_another_column_as_the_person_hides_nothing(world: World) -> None:
    world.release(make_plan())
    other = make_plan(leave_out(7)).model_copy(update={"person": "team"})
    with pytest.raises(RiskAcrossReleases):
        world.release(other)


def test_the_same_release_again_tells_nothing_new(world: World) -> None:
    world.release(make_plan())
    assert tell(world.release(make_plan())).endswith("nothing found")


def test_parts_that_differ_by_many_may_go(world: World) -> None:
    world.release(make_plan(only(*range(100))))
    assert tell(world.release(make_plan())).endswith("nothing found")


def test_a_source_that_grew_by_a_few_is_refused_until_somebody_accepts_it(world: World, tmp_path: Path) -> None:
    world.release(make_plan())
    write_staff(tmp_path, staff=STAFF + 3)
    with pytest.raises(RiskAcrossReleases, match="3 people"):
        world.release(make_plan())
    world.accept(people=3)
    assert "accepted by E. Egret" in tell(world.release(make_plan()))
    write_staff(tmp_path, staff=STAFF + 30)
    assert tell(world.release(make_plan())).endswith("nothing found")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"people": 2}, "for fewer people"),
        ({"until": date(2026, 11, 21)}, "has ended"),
        ({"case": "hh-8"}, "nobody has accepted"),
        ({"kinds": ("joined",)}, "nobody has accepted"),
        ({"accepted_by": HANDLER}, "may not be the one who releases"),
    ],
)
def test_an_acceptance_covers_what_it_says_and_no_more(world: World, changes: dict, why: str) -> None:
    world.release(make_plan())
    world.accept(**({"people": 3} | changes))
    with pytest.raises(RiskAcrossReleases, match=why):
        world.release(make_plan(leave_out(1, 2, 3)))


def test_in_an_emergency_nothing_is_blocked_and_it_is_kept_for_review(world: World) -> None:
    world.release(make_plan())
    world.emergency = True
    released = world.release(make_plan(leave_out(123)))
    assert "for review" in tell(released)
    assert [each for each in world.store.entries() if "1 person" in each.for_review]


def test_rows_under_the_persons_own_number_are_told_and_not_blocked(world: World) -> None:
    named = "  - {column: number, treatment: keep, item: i2}\n  - {column: pay, treatment: keep, item: i1}\n"
    world.release(make_plan("", named))
    assert "found: differencing, 1 person" in tell(world.release(make_plan(leave_out(5), named)))
    with pytest.raises(RiskAcrossReleases):
        world.release(make_plan(leave_out(5, 6)))


PSEUDONYM = "  - {column: number, treatment: pseudonymise, key: k, item: i2}\n"


def test_two_releases_to_one_recipient_that_join_into_small_groups_are_refused(world: World) -> None:
    world.rules = HistoryRules(k=6)
    place = "  - {column: place, treatment: keep, item: i3}\n"
    born = "  - {column: born, treatment: generalise, to: bands, edges: [1970, 1980, 1990], item: i4}\n"
    world.release(make_plan("", PSEUDONYM + born))
    checked = make_plan(
        "", PSEUDONYM + place, more="groups:\n  - {treatment: check_k_anonymity, columns: [place], k: 6}\n"
    )
    with pytest.raises(RiskAcrossReleases, match=r"joined with .* below k"):
        world.release(checked)
    assert tell(world.release(checked, to=OTHER)).endswith("nothing found")


def test_columns_that_are_only_kept_join_as_well_and_all_earlier_releases_together(world: World) -> None:
    world.rules = HistoryRules(k=8)
    team = PSEUDONYM + "  - {column: team, treatment: keep, item: i3}\n"
    born = PSEUDONYM + "  - {column: born, treatment: generalise, to: bands, edges: [1970, 1980, 1990], item: i3}\n"
    half = PSEUDONYM + "  - {column: pay, treatment: generalise, to: bands, edges: [23700], item: i3}\n"
    world.release(make_plan("", team))
    world.release(make_plan("", born))
    # Any two of the three leave groups of eight and more; all three together do not.
    with pytest.raises(RiskAcrossReleases, match=r"joined with .*; release .* below k"):
        world.release(make_plan("", half))
    assert tell(world.release(make_plan("", team))).endswith("nothing found")


def test_what_is_safe_alone_is_refused_where_an_earlier_release_has_singled_people_out(world: World) -> None:
    number = (
        PSEUDONYM + "  - {column: born, treatment: keep, item: i3}\n  - {column: place, treatment: keep, item: i3}\n"
    )
    # Of the same place and year of birth there are few, and who they are was told; their team was not.
    world.rules = HistoryRules(k=6)
    world.release(make_plan("", number))
    with pytest.raises(RiskAcrossReleases, match="joined with"):
        world.release(make_plan("", PSEUDONYM + "  - {column: team, treatment: keep, item: i3}\n"))


TEAMS = """publish:
  publish: table
  keys: [{column: team, values: [A, B, C, D]}]
  sum_of: pay
"""
TEAM_PAY = "  - {column: team, treatment: keep, item: i2}\n  - {column: pay, treatment: keep, item: i1}\n"


def read_table(world: World, released: Released) -> dict[str, int]:
    rows = [row.replace('"', "").split(",") for row in world.read(released)]
    return {row[0]: int(row[1]) for row in rows if row[0]}


def test_two_tables_of_sums_give_the_pay_of_whom_one_leaves_out(open_world: World) -> None:
    everyone = read_table(open_world, open_world.release(make_plan("", TEAM_PAY, more=TEAMS)))
    but_one = read_table(open_world, open_world.release(make_plan(leave_out(123), TEAM_PAY, more=TEAMS)))
    assert everyone["D"] - but_one["D"] == pay_of(123)


def test_with_the_history_the_second_table_is_refused(world: World) -> None:
    world.release(make_plan("", TEAM_PAY, more=TEAMS))
    with pytest.raises(RiskAcrossReleases, match="1 person"):
        world.release(make_plan(leave_out(123), TEAM_PAY, more=TEAMS))


def test_two_tables_that_differ_by_one_are_refused(world: World) -> None:
    world.enter(make_plan("", TEAM_PAY, more=TEAMS))
    with pytest.raises(RiskAcrossReleases, match="1 person"):
        world.enter(make_plan(leave_out(123), TEAM_PAY, more=TEAMS))


def test_cells_of_one_table_are_held_against_the_whole_of_another(world: World) -> None:
    # Every team but 3 people of D as rows: with the cells of A, B and C, the 3 follow from the table's D.
    world.release(make_plan("  - {test: one_of, column: team, values: [A, B]}\n"))
    world.release(make_plan("  - {test: equals, column: team, value: C}\n"), to=OTHER)
    team_d = [n for n in range(STAFF) if n % 4 == 3]
    world.release(make_plan(only(*team_d[3:])))
    with pytest.raises(RiskAcrossReleases, match="3 people"):
        world.enter(make_plan("", TEAM_PAY, more=TEAMS))


def test_a_coarser_table_of_the_same_people_tells_nothing_new(world: World) -> None:
    world.enter(make_plan("", TEAM_PAY, more=TEAMS))
    # Under a name that our own queries might use as well.
    place = TEAM_PAY.replace("column: team", "column: place, sent_as: rows")
    coarse = TEAMS.replace("column: team, values: [A, B, C, D]", "column: rows, values: [N0, E1, S2, W3]")
    assert world.enter(make_plan("", place, more=coarse)).endswith("nothing found")


def test_a_sum_that_one_person_makes_up_is_refused_unless_the_table_has_a_rule(world: World, tmp_path: Path) -> None:
    text = (tmp_path / "staff.csv").read_text().replace(f",{pay_of(123)}", ",99999999")
    (tmp_path / "staff.csv").write_text(text)
    with pytest.raises(RiskAcrossReleases, match="one or two people make up most of 1 cells"):
        world.enter(make_plan("", TEAM_PAY, more=TEAMS))
    world.enter(make_plan("", TEAM_PAY, more=TEAMS + "  p_percent: 10\n"))


def test_two_releases_made_at_once_see_each_other(world: World) -> None:
    world.release(make_plan())
    (entry,) = world.store.entries()
    world.store.keep(entry.model_copy(update={"released": False}))
    with pytest.raises(RiskAcrossReleases, match="being made now"):
        world.release(make_plan(leave_out(1)))


def test_leaving_the_person_out_hides_nothing(world: World) -> None:
    silent = make_plan().model_copy(update={"person": None})
    assert tell(world.release(silent)).endswith("nothing found")
    assert world.store.entries()[0].person is None
    for plan in (make_plan(leave_out(123)), make_plan(leave_out(123)).model_copy(update={"person": None})):
        with pytest.raises(RiskAcrossReleases, match="does not say whose"):
            world.release(plan)
    world.accept(people=STAFF)
    world.release(make_plan())


def test_a_person_with_nothing_in_the_column_is_not_nobody(world: World, tmp_path: Path) -> None:
    write_others(tmp_path, empty=(123,))
    world.release(make_plan().model_copy(update={"person": "other"}))
    but_one = make_plan(leave_out(123)).model_copy(update={"person": "other"})
    with pytest.raises(RiskAcrossReleases, match="nothing in the person's column"):
        world.release(but_one)
    world.accept(people=STAFF)
    assert "accepted by" in tell(world.release(but_one))


def test_a_column_that_is_empty_for_everybody_hides_nobody(world: World, tmp_path: Path) -> None:
    write_others(tmp_path, empty=tuple(range(STAFF)))
    world.release(make_plan().model_copy(update={"person": "other"}))
    for person in ("other", "number"):
        with pytest.raises(RiskAcrossReleases, match="nothing in the person's column"):
            world.release(make_plan(leave_out(123)).model_copy(update={"person": person}))


@pytest.mark.parametrize("name", ["school_name", "phone_calls", "email"])
def test_a_column_that_is_only_called_like_a_name_switches_nothing_off(world: World, tmp_path: Path, name: str) -> None:
    text = (tmp_path / "staff.csv").read_text().replace("team", name)
    (tmp_path / "staff.csv").write_text(text)
    kept = f"  - {{column: {name}, treatment: keep, item: i2}}\n  - {{column: pay, treatment: keep, item: i1}}\n"
    world.release(make_plan("", kept))
    with pytest.raises(RiskAcrossReleases, match="1 person"):
        world.release(make_plan(leave_out(123), kept))


def test_rows_under_a_number_are_blocked_beside_rows_that_say_nothing_of_whose_they_are(world: World) -> None:
    named = "  - {column: number, treatment: keep, item: i2}\n  - {column: pay, treatment: keep, item: i1}\n"
    world.release(make_plan().model_copy(update={"person": None}))
    with pytest.raises(RiskAcrossReleases, match="does not say whose"):
        world.release(make_plan(leave_out(5), named))


def test_a_person_read_as_another_type_or_padded_is_the_same_person(world: World, tmp_path: Path) -> None:
    lines = (tmp_path / "staff.csv").read_text().splitlines()
    padded = [" " + "0" * (4 - len(line.split(",")[0])) + line for line in lines[1:]]
    (tmp_path / "staff.csv").write_text("\n".join([lines[0], *padded, ""]))
    world.release(make_plan())
    write_staff(tmp_path)
    but_one = make_plan(f"  - {{test: not_equals, column: pay, value: {pay_of(123)}}}\n")
    source = but_one.source.model_copy(update={"types": {**but_one.source.types, "number": ColumnType.INTEGER}})
    with pytest.raises(RiskAcrossReleases, match="1 person apart"):
        world.release(but_one.model_copy(update={"source": source}))


def test_persons_written_in_another_way_altogether_are_not_taken_for_others(world: World, tmp_path: Path) -> None:
    world.release(make_plan())
    lines = (tmp_path / "staff.csv").read_text().splitlines()
    (tmp_path / "staff.csv").write_text("\n".join([lines[0], *(f"P-{line}" for line in lines[1:]), ""]))
    with pytest.raises(RiskAcrossReleases, match="next to nobody in common"):
        world.release(make_plan())


def test_a_copy_without_one_column_and_with_other_names_is_known_by_its_people(world: World, tmp_path: Path) -> None:
    world.release(make_plan())
    rows = [line.split(",") for line in (tmp_path / "staff.csv").read_text().replace("number", "ref").splitlines()]
    (tmp_path / "copy.csv").write_text("\n".join([",".join(row[:3] + row[4:]) for row in rows] + [""]))
    but_one = make_plan(leave_out(123).replace("number", "ref"), path="copy.csv")
    with pytest.raises(RiskAcrossReleases, match="1 person"):
        world.release(but_one.model_copy(update={"person": "ref"}))


def test_more_earlier_releases_than_are_compared_hide_none_of_them(world: World) -> None:
    world.rules = HistoryRules(most_compared=1)
    world.release(make_plan())
    world.release(make_plan(only(*range(100))))
    with pytest.raises(RiskAcrossReleases, match="only the newest are compared"):
        world.release(make_plan(leave_out(123)))
    world.emergency = True
    assert "for review" in tell(world.release(make_plan(leave_out(123))))


def test_a_history_that_lost_a_release_refuses_until_that_is_accepted(world: World) -> None:
    first = world.release(make_plan()).manifest.release.id
    world.went = (first,)
    (entry,) = world.store.entries()
    world.store.forget(entry.attempt)
    with pytest.raises(HistoryDamaged, match="does not know") as refused:
        world.release(make_plan(leave_out(123)))
    assert first[7:19] in str(refused.value)
    world.accept("forgotten", people=0, earlier=(first[7:19],))
    assert "found: forgotten, 1 release" in tell(world.release(make_plan(leave_out(123))))


def test_an_acceptance_is_for_one_release_and_for_the_earlier_ones_that_were_looked_at(world: World) -> None:
    world.release(make_plan())
    world.accept(people=3)
    world.release(make_plan(leave_out(1, 2, 3)))
    with pytest.raises(RiskAcrossReleases, match="gone by its acceptance already"):
        world.release(make_plan(leave_out(4)))
    world.accept(people=9, earlier=("0" * 16,), reason="Another earlier release was looked at.")
    with pytest.raises(RiskAcrossReleases, match="for other earlier releases"):
        world.release(make_plan(leave_out(4)))


def test_dominated_cells_are_not_accepted_as_people(world: World, tmp_path: Path) -> None:
    text = (tmp_path / "staff.csv").read_text().replace(f",{pay_of(123)}", ",99999999")
    (tmp_path / "staff.csv").write_text(text)
    world.accept("dominance", people=500)
    with pytest.raises(RiskAcrossReleases, match="fewer cells") as refused:
        world.enter(make_plan("", TEAM_PAY, more=TEAMS))
    assert "--cells 1" in str(refused.value)
    world.accept("dominance", cells=1)
    assert "dominance, 1 cell" in world.enter(make_plan("", TEAM_PAY, more=TEAMS))


def test_the_desks_own_rules_stand_on_the_receipt(world: World) -> None:
    world.rules = HistoryRules(threshold=2)
    assert "own rules (threshold 2)" in tell(world.release(make_plan()))


def test_what_was_refused_is_not_remembered_and_what_went_is(world: World) -> None:
    world.release(make_plan())
    with pytest.raises(FairshareError):
        world.release(make_plan(leave_out(1)))
    (entry,) = world.store.entries()
    assert entry.released
    assert entry.rows == STAFF
    assert len(list((world.folder / "history" / "members").iterdir())) == 1


def test_the_history_holds_no_value_of_the_source_and_only_its_owner_reads_it(world: World) -> None:
    world.release(make_plan("", PSEUDONYM))
    import duckdb

    members = world.store.members_of(world.store.entries()[0].attempt)
    found = duckdb.sql(f"SELECT * FROM read_parquet('{members}')")
    assert found.columns == ["member", "cell", "rows"]
    assert not {str(n) for n in range(STAFF)} & {str(row[0]) for row in found.fetchall()}
    for path in (world.folder / "history").rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path


def test_what_was_kept_for_long_enough_is_forgotten(world: World) -> None:
    world.rules = HistoryRules(keep_days=30)
    world.release(make_plan())
    world.later(31)
    assert world.store.forget_old(world.now.date()) == 1
    assert world.store.entries() == ()
    assert not list((world.folder / "history" / "members").iterdir())


def test_a_release_that_is_disposed_of_is_forgotten(world: World) -> None:
    released = world.release(make_plan())
    world.store.forget_release(released.manifest.release.id)
    assert world.store.entries() == ()


@given(st.binary(max_size=200))
def test_any_bytes_are_an_entry_or_refused(raw: bytes) -> None:
    with pytest.raises(FairshareError):
        read_entry(raw, where="x")


def test_a_damaged_key_is_said(world: World) -> None:
    world.release(make_plan())
    (world.folder / "history" / "key").write_text("short")
    with pytest.raises(HistoryDamaged):
        world.release(make_plan())


def test_a_plan_says_whose_each_row_is() -> None:
    assert read_plan(make_plan().model_dump_json().encode(), where="x").person == "number"
