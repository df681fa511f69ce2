"""At the desk: a release binds its key and enters the history; keys, risks and judgements need a role and a reason."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fairshare.cli.app import app
from fairshare.cli.pseudonyms import FolderKeys, make_pseudonym_key
from fairshare.desk.guards import accept_risk, find_history, find_judgement, find_keys, guard_releases, record_judgement
from fairshare.desk.keep_keys import Relinking, destroy_key, relink, rotate_key
from fairshare.desk.ports import Desk
from fairshare.desk.release_case import Wanted, recover_releases, release_case
from fairshare.desk.who import Actor, NotYours, Role
from fairshare.records import ReleaseKind
from fairshare.release.custody import KeyGone, OtherAgreementsKey
from fairshare.release.history import RiskAccepted
from fairshare.release.kinds import People, Table
from fairshare.release.plan import Plan, read_plan
from fairshare.release.refusals import SecondPersonNeeded
from fairshare.words import BadInput, NotFound, Person
from tests.desk.test_use_cases import (  # noqa: F401 (fixtures)
    EVERYBODY,
    POLICE_READER,
    clock,
    decide_it,
    desk,
    same_law,
)
from tests.release.custody.test_intruder import judge

APPROVER = Actor(person=Person(name="Al Reed", role="SIRO"), roles=frozenset({Role.APPROVER}))
RELINKER = Actor(person=Person(name="Bo Lin", role="Analyst"), roles=frozenset({Role.RELINKER}))
WHY = "The police must tell the person."
PLAN = b"""
name: log
source: {format: csv, path: log.csv}
columns:
  - {column: id, treatment: pseudonymise, key: case-1, sent_as: person, item: i2}
rows:
  - {test: one_of, column: id, values: ['1']}
"""


def make_table(folder: Path, plan: bytes = PLAN) -> Table:
    (folder / "log.csv").write_text("id,door\n1,north\n2,south\n")
    if not (folder / "keys" / "case-1.key").exists():
        make_pseudonym_key(folder / "keys", "case-1")
    return Table(
        plan=read_plan(plan, where="plan"),
        keys=FolderKeys(folder / "keys"),
        base=folder,
        people=People("id", {"1": "p1"}),
    )


def release(desk: Desk, folder: Path):  # noqa: F811
    decide_it(desk)
    table = make_table(folder)
    wanted = Wanted(ReleaseKind.TABLE, ("i2",), table, "portal", readers=(POLICE_READER,))
    return release_case(desk, EVERYBODY, "c1", wanted, law_today=same_law)


def test_a_release_binds_its_key_and_enters_the_history(desk: Desk, tmp_path: Path) -> None:  # noqa: F811
    released = release(desk, tmp_path)
    (entry,) = find_history(desk).entries()
    assert entry.released
    assert (entry.release, entry.people, entry.person) == (released.manifest.release.id, 1, "id")
    held = find_keys(desk)["case-1"]
    assert (held.case, held.recipient, held.current) == ("c1", "Northshire Police", 1)
    assert recover_releases(desk) == ()


@pytest.mark.parametrize("destroyed", [False, True])
def test_a_copy_of_a_key_under_another_id_is_refused(desk: Desk, tmp_path: Path, destroyed: bool) -> None:  # noqa: F811
    make_table(tmp_path)
    (tmp_path / "keys" / "other.key").write_bytes((tmp_path / "keys" / "case-1.key").read_bytes())
    (tmp_path / "keys" / "other.key").chmod(0o600)
    release(desk, tmp_path)
    if destroyed:
        destroy_key(desk, EVERYBODY, "case-1", 1, FolderKeys(tmp_path / "keys"), reason=WHY)
    table = make_table(tmp_path, PLAN.replace(b"case-1", b"other"))
    wanted = Wanted(ReleaseKind.TABLE, ("i2",), table, "portal", readers=(POLICE_READER,))
    with pytest.raises(OtherAgreementsKey, match="the bytes of one"):
        release_case(desk, EVERYBODY, "c1", wanted, law_today=same_law)
    secret = (tmp_path / "keys" / "other.key").read_text().strip()
    assert all(secret not in each for each in find_keys(desk)["case-1"].fingerprints)


def test_no_plan_sends_a_column_and_its_pseudonyms() -> None:
    both = PLAN.replace(b"columns:\n", b"columns:\n  - {column: id, treatment: keep, sent_as: who}\n")
    with pytest.raises(BadInput) as refused:
        read_plan(both, where="plan")
    assert refused.value.code == "LOOKUP_TABLE"


def test_a_run_in_house_makes_pseudonyms_that_no_release_has(desk: Desk, tmp_path: Path) -> None:  # noqa: F811
    make_table(tmp_path)
    keys = tmp_path / "desk" / "pseudonym-keys"
    make_pseudonym_key(keys, "case-1")
    (tmp_path / "plan.yaml").write_bytes(PLAN)
    out = tmp_path / "out.csv"
    made = ["plan", "run", str(tmp_path / "plan.yaml"), "--out", str(out), "--desk", str(tmp_path / "desk")]
    shown = CliRunner().invoke(app, made)
    assert shown.exit_code == 0, shown.output
    assert _pseudonym_of("1", FolderKeys(keys).key_for("case-1")) not in out.read_text()
    assert "of this file alone" in " ".join(shown.output.split())


def test_keys_are_rotated_destroyed_and_turned_back_on_record(desk: Desk, tmp_path: Path) -> None:  # noqa: F811
    release(desk, tmp_path)
    files = FolderKeys(tmp_path / "keys")
    pseudonym = _pseudonym_of("1", files.key_for("case-1"))
    with pytest.raises(NotYours):
        rotate_key(desk, RELINKER, "case-1", files, reason=WHY)
    with pytest.raises(BadInput):
        rotate_key(desk, EVERYBODY, "case-1", files, reason="")
    assert rotate_key(desk, EVERYBODY, "case-1", files, reason=WHY).current == 2
    wanted = Relinking("c1", "case-1", 1, make_table(tmp_path).plan.source, tmp_path, "id", (pseudonym,), WHY)
    assert relink(desk, RELINKER, APPROVER, wanted, keys=files) == [(pseudonym, "1")]
    assert find_keys(desk)["case-1"].relinked == 1
    destroy_key(desk, EVERYBODY, "case-1", 1, files, reason=WHY)
    with pytest.raises(KeyGone):
        relink(desk, RELINKER, APPROVER, wanted, keys=files)
    with pytest.raises(NotFound):
        destroy_key(desk, EVERYBODY, "case-1", 9, files, reason=WHY)


def test_turning_back_needs_the_role_another_approver_and_the_keys_own_case(
    desk: Desk,  # noqa: F811
    tmp_path: Path,
) -> None:
    release(desk, tmp_path)
    files = FolderKeys(tmp_path / "keys")
    wanted = Relinking("c1", "case-1", 1, make_table(tmp_path).plan.source, tmp_path, "id", ("a" * 64,), WHY)
    with pytest.raises(NotYours):
        relink(desk, APPROVER, EVERYBODY, wanted, keys=files)
    with pytest.raises(SecondPersonNeeded):
        relink(desk, RELINKER, RELINKER, wanted, keys=files)
    with pytest.raises(SecondPersonNeeded):
        relink(desk, EVERYBODY, EVERYBODY, wanted, keys=files)
    assert find_keys(desk)["case-1"].relinked == 0


def test_a_key_of_another_case_is_refused_before_anything_goes(desk: Desk, tmp_path: Path) -> None:  # noqa: F811
    from fairshare.desk.guards import check_keys, note_key
    from fairshare.release.custody import KeyEvent

    decision = decide_it(desk)
    note_key(desk, "c0", KeyEvent(key="case-1", version=1, act="bound", recipient="X", by=EVERYBODY.person))
    with pytest.raises(OtherAgreementsKey):
        check_keys(desk, EVERYBODY, decision, None, make_table(tmp_path))


def test_a_risk_is_accepted_by_an_approver_and_counts_for_that_case(desk: Desk) -> None:  # noqa: F811
    decide_it(desk)
    said = RiskAccepted(
        case="c1", kinds=("joined",), people=3, reason=WHY, accepted_by=EVERYBODY.person,
        accepted_at=desk.clock.now(), until=date(2026, 3, 31),
    )  # fmt: skip
    with pytest.raises(NotYours):
        accept_risk(desk, RELINKER, said)
    kept = accept_risk(desk, APPROVER, said)
    assert kept.accepted_by.name == "Al Reed"
    history = guard_releases(desk, "c1")[1]
    assert history.accepted == (kept,)
    assert guard_releases(desk, "c2")[1].accepted == ()


def test_a_judgement_is_found_for_its_plan_and_no_other(desk: Desk, tmp_path: Path) -> None:  # noqa: F811
    decide_it(desk)
    table = make_table(tmp_path)
    plan = table.plan
    kept = record_judgement(desk, APPROVER, "c1", judge(plan=plan, on=date(2026, 3, 1)))
    assert kept.by.name == "Al Reed"
    assert find_judgement(desk, "c1", table) == kept
    other = Plan.model_validate({**json.loads(plan.model_dump_json()), "name": "other"})
    assert find_judgement(desk, "c1", Table(plan=other, keys=table.keys, base=tmp_path)) is None


def test_the_commands_show_what_went_and_never_a_key(desk: Desk, tmp_path: Path) -> None:  # noqa: F811
    release(desk, tmp_path)
    secret = (tmp_path / "keys" / "case-1.key").read_text().strip()
    run = CliRunner().invoke
    shown = run(app, ["release", "history", "--desk", str(tmp_path / "desk")])
    assert "Northshire" in shown.output, shown.output
    assert "█" in shown.output
    listed = run(app, ["keys", "list", "--desk", str(tmp_path / "desk"), "--json"])
    assert json.loads(listed.output)["keys"][0]["recipient"] == "Northshire Police"
    assert secret not in shown.output + listed.output


def _pseudonym_of(value: str, key: bytes) -> str:
    import hmac
    from hashlib import sha256

    return hmac.new(key, value.encode(), sha256).hexdigest()


@pytest.mark.parametrize(("option", "given"), [("--kind", "nonsense"), ("--until", "notaday")])
def test_an_acceptance_with_a_wrong_word_is_refused_plainly(option: str, given: str) -> None:
    said = {"--kind": "joined", "--until": "2027-01-01", "--reason": "A reason long enough.", option: given}
    shown = CliRunner().invoke(app, ["release", "accept-risk", "c1", *(part for pair in said.items() for part in pair)])
    assert shown.exit_code == 2
    assert given in shown.output
    assert "pydantic" not in shown.output
    assert "Input should be" not in shown.output
