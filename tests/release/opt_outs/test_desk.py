"""At the desk: lists are registered and left out in somebody's own name, and who checked works there."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fairshare.cli.app import app
from fairshare.desk.keep_opt_outs import find_known, find_registered, leave_list_out, register_list, remove_list
from fairshare.desk.ports import Desk
from fairshare.desk.release_case import Wanted, release_case
from fairshare.desk.who import Actor, NotYours, Role
from fairshare.release.opt_outs import OptOutUnfit
from fairshare.release.opt_outs_check import OptOutLeftOut, OptOutNotInPlan
from fairshare.release.opt_outs_known import LeftOut, RegisteredList
from fairshare.words import NotFound, Person
from tests.desk.test_use_cases import (  # noqa: F401 (fixtures)
    EVERYBODY,
    clock,
    decide_it,
    desk,
    same_law,
    tell,
)
from tests.release.custody.test_desk import APPROVER, PLAN, POLICE_READER, RELINKER, make_table

LIST = b"2\n"
DIGEST = sha256(LIST).hexdigest()
REGISTERED = RegisteredList(name="Objections", kind="article_21_objection", sha256=DIGEST, sources=("log.csv",))
LEFT = f"""
opt_outs:
  - name: Objections
    kind: article_21_objection
    path: list.txt
    sha256: {DIGEST}
    column: id
"""
BY_SOMEBODY = """\
    disapplied:
      {ground: legal_claims, by: {name: Al Reed, role: SIRO}, on: 2026-03-01, why: A claim that needs every row.}
"""


def release(desk: Desk, folder: Path, more: str = ""):  # noqa: F811
    from fairshare.records import ReleaseKind

    (folder / "list.txt").write_bytes(LIST)
    table = make_table(folder, PLAN + more.encode())
    wanted = Wanted(ReleaseKind.TABLE, ("i2",), table, "portal", readers=(POLICE_READER,))
    return release_case(desk, EVERYBODY, "c1", wanted, law_today=same_law)


def test_a_release_without_a_registered_list_is_refused_until_its_plan_has_it(desk: Desk, tmp_path: Path) -> None:  # noqa: F811
    decide_it(desk)
    with pytest.raises(NotYours):
        register_list(desk, RELINKER, REGISTERED)
    register_list(desk, APPROVER, REGISTERED)
    with pytest.raises(OptOutNotInPlan):
        release(desk, tmp_path)
    assert release(desk, tmp_path, LEFT).kept is not None
    assert remove_list(desk, APPROVER, "objections", reason="All withdrew.") == REGISTERED
    assert find_registered(desk) == ()
    assert release(desk, tmp_path).folder.is_dir()
    with pytest.raises(NotFound):
        remove_list(desk, APPROVER, "objections", reason="Again.")


def test_a_purpose_that_looks_like_a_slip_is_not_registered(desk: Desk) -> None:  # noqa: F811
    decide_it(desk)
    with pytest.raises(OptOutUnfit) as refused:
        register_list(desk, APPROVER, REGISTERED.model_copy(update={"purposes": ("crime.detekt",)}))
    assert refused.value.fix == "Did you mean crime.detect?"
    register_list(desk, APPROVER, REGISTERED.model_copy(update={"purposes": ("direct_care",)}))
    assert find_known(desk, "c1").purposes >= {"direct_care", "crime.detect"}


def test_a_list_is_left_out_only_by_an_approver_at_the_desk(desk: Desk, tmp_path: Path) -> None:  # noqa: F811
    decide_it(desk)
    with pytest.raises(OptOutLeftOut, match="nobody of that name"):
        release(desk, tmp_path, LEFT + BY_SOMEBODY)
    said = LeftOut(
        name="Objections",
        sha256=DIGEST,
        ground="legal_claims",
        by=EVERYBODY.person,
        on=desk.clock.now().date(),
        why="A claim that needs every row.",
    )
    releaser = Actor(person=Person(name="Al Reed", role="SIRO"), roles=frozenset({Role.RELEASER}))
    with pytest.raises(NotYours):
        leave_list_out(desk, releaser, "c1", said)
    assert leave_list_out(desk, APPROVER, "c1", said).by == APPROVER.person
    assert release(desk, tmp_path, LEFT + BY_SOMEBODY).folder.is_dir()


def test_whoever_checked_works_at_the_desk(desk: Desk) -> None:  # noqa: F811
    decision = decide_it(desk)
    agreed = tuple(line.item.ref for line in decision.scope if line.state == "agreed")
    wanted = replace(tell(*agreed), checked_by=Person(name="Nobody Atall", role="wizard"))
    with pytest.raises(NotFound):
        release_case(desk, EVERYBODY, "c1", wanted, law_today=same_law)


def test_the_commands_register_list_and_remove(desk: Desk, tmp_path: Path) -> None:  # noqa: F811
    at = ["--desk", str(tmp_path / "desk"), "--as", "Jo Field"]
    (tmp_path / "list.txt").write_bytes(LIST)
    reach = ["--kind", "local_list", "--source", "log.csv"]
    runner = CliRunner()
    added = runner.invoke(app, ["opt-outs", "add", str(tmp_path / "list.txt"), "--name", "Ours", *reach, *at])
    assert added.exit_code == 0, added.output
    assert DIGEST[:12] in runner.invoke(app, ["opt-outs", "list", *at]).output
    assert runner.invoke(app, ["opt-outs", "remove", "Ours", "--reason", "Kept no more.", *at]).exit_code == 0
    assert find_registered(desk) == ()
    decide_it(desk)
    words = ["c1", str(tmp_path / "list.txt"), "--name", "Ours", "--ground", "legal_duty", "--reason", "A court order."]
    left = runner.invoke(app, ["release", "disapply-opt-outs", *words, *at])
    assert left.exit_code == 0, left.output
    assert [each.sha256 for each in find_known(desk, "c1").left_out] == [DIGEST]
