"""One case at the desk, from the request to an archive that verifies; what is refused on the way, with nothing kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from fairshare.decide.assess import Assessment
from fairshare.decide.ruling import Ruling, propose_lines
from fairshare.desk.decide_case import RulesInUse, assess_case, decide_case, why_law_differs
from fairshare.desk.dispose_record import dispose_of_record
from fairshare.desk.draft_agreement import draft_case_agreement, sign_case_agreement, take_signed_agreement
from fairshare.desk.entering import find_latest, read_case
from fairshare.desk.export_case import export_case
from fairshare.desk.ports import Desk
from fairshare.desk.readers import add_reader
from fairshare.desk.receive_request import receive_request
from fairshare.desk.release_case import Wanted, recover_releases, release_case
from fairshare.desk.show_case import show_case
from fairshare.desk.take_receipt import take_receipt
from fairshare.desk.when import TooSoon
from fairshare.desk.who import Action, Actor, NotYours, Role
from fairshare.desk.workspace import (
    DeskExists,
    NotADesk,
    find_actor,
    open_desk,
    read_settings,
    record_reader,
    start_desk,
    trust_keys,
)
from fairshare.ledger import verify_archive
from fairshare.records import (
    CannotOpen,
    Decision,
    Keys,
    Party,
    Receipt,
    ReleaseKind,
    cosign_record,
    make_reader_key,
    make_signing_key,
    open_bytes,
    sign_record,
)
from fairshare.release.kinds import ChosenFile, Documents, Told
from fairshare.release.refusals import DecisionNotSigned
from fairshare.words import Answer, BadInput, ExitCode, FairshareError, NotFound, Organisation, Period, Person
from tests.decide.core.sample_base import FOLDER, POLICE, TOOL, sample_base, sample_words
from tests.records.examples import POLICE_KEY, STRANGER_KEY, counting_entropy

REQUEST = b"""
holder: {name: Hill Housing Co-operative}
requester: {name: Northshire Police}
received_on: "2026-03-01"
channel: email
purpose: {code: crime.detect, text: A theft on one evening}
why_necessary: To see who came in
subjects: [{ref: p1, label: P. Smith, role: suspect}]
items:
  - {ref: i1, label: Camera 3, person: p1}
  - {ref: i2, label: Door log}
"""
EVERYBODY = Actor(person=Person(name="Jo Field", role="Data protection officer"), roles=frozenset(Role))
VALID = Period(start=date(2026, 3, 1), end=date(2026, 3, 31))
POLICE_READER = make_reader_key()[0]
RULES = RulesInUse(sample_base(), sample_words(), FOLDER / "rules")


@dataclass
class StoppedClock:
    """A clock that the test moves."""

    time: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def desk(tmp_path: Path, clock: StoppedClock) -> Iterator[Desk]:
    root = tmp_path / "desk"
    organisation = Organisation(name="Hill Housing Co-operative")
    start_desk(root, organisation, [EVERYBODY], log="hill.example/log", entropy=counting_entropy("desk"))
    trust_keys(root, Keys.of([POLICE_KEY.public]))
    checked = {"checked_by": EVERYBODY.person.name, "how": "read back by telephone", "checked_on": date(2026, 2, 1)}
    record_reader(root, "Northshire Police", POLICE_READER, **checked)  # type: ignore[arg-type]
    with open_desk(root, clock=clock, entropy=counting_entropy("salts")) as opened:
        yield opened


def assess_it(desk: Desk, **changes: object) -> Assessment:
    answers = POLICE | {key: Answer.model_validate({"value": value}) for key, value in changes.items()}
    return assess_case(desk, "c1", TOOL, answers, desk.clock.now().date(), RULES)


def decide_it(desk: Desk, *, routine: bool = False) -> Decision:
    receive_request(desk, EVERYBODY, "c1", REQUEST, where="request.yaml")
    assessment = assess_it(desk)
    ruling = Ruling(lines=propose_lines(assessment), valid=VALID, routine=routine)
    decided = decide_case(desk, EVERYBODY, "c1", assessment, ruling, RULES)
    assert isinstance(decided.record, Decision)
    return decided.record


def tell(*items: str) -> Wanted:
    told = Told(account="Read out at the front desk", items=dict.fromkeys(items))
    return Wanted(kind=ReleaseKind.SPOKEN, items=items, contents=told, channel="in person")


def same_law(decision: Decision, day: date) -> tuple:  # type: ignore[type-arg]
    return why_law_differs(decision, day, RULES)


def test_a_case_goes_from_the_request_to_an_archive_that_verifies(desk: Desk) -> None:
    decision = decide_it(desk)
    agreed = tuple(line.item.ref for line in decision.scope if line.state == "agreed")
    released = release_case(desk, EVERYBODY, "c1", tell(*agreed), law_today=same_law)
    intent = released.manifest.release
    theirs = Receipt.model_validate(
        {
            "case": "c1",
            "salt": "5" * 32,
            "follows": (intent.id,),
            "made_at": desk.clock.now(),
            "made_by": EVERYBODY.person,
            "release": intent.id,
            "side": "recipient",
            "items": agreed,
            "finished_at": desk.clock.now(),
        }
    )
    take_receipt(desk, EVERYBODY, "c1", sign_record(theirs, POLICE_KEY))
    assert [view.kind for view in show_case(desk, "c1").records] == [
        "request",
        "decision",
        "release",
        "receipt",
        "receipt",
    ]
    raw = export_case(desk, EVERYBODY, "c1")
    assert verify_archive(raw, desk.trusted).exit_code is ExitCode.DONE
    assert verify_archive(raw, None).exit_code is ExitCode.SIGNERS_UNKNOWN
    assert verify_archive(raw, Keys.of([desk.key.public])).exit_code is ExitCode.UNSOUND
    assert desk.files.names("rules")
    assert released.sheet.encode() == desk.files.read(f"sheets/{intent.id[7:]}.html")


def test_an_export_opens_only_for_its_reader_and_shows_no_more_than_it_should(desk: Desk) -> None:
    decide_it(desk)
    asked = find_latest(read_case(desk, "c1"), "request")
    public, secret = make_reader_key()
    sealed = export_case(desk, EVERYBODY, "c1", withhold={asked.id: None}, readers=(public,))
    raw = open_bytes(sealed, secret)
    assert b"To see who came in" not in raw
    assert verify_archive(raw, desk.trusted).exit_code is ExitCode.DONE
    with pytest.raises(CannotOpen):
        open_bytes(sealed, make_reader_key()[1])


@pytest.mark.parametrize("items", [("i9",), ("i1", "i9"), ()])
def test_a_release_outside_the_decision_leaves_no_trace_in_the_case(desk: Desk, items: tuple[str, ...]) -> None:
    decide_it(desk)
    before = desk.records.of_case("c1")
    with pytest.raises(FairshareError):
        release_case(desk, EVERYBODY, "c1", tell(*items), law_today=same_law)
    assert desk.records.of_case("c1") == before
    assert recover_releases(desk) == ()


def test_a_decision_that_only_a_partner_signed_releases_nothing(desk: Desk) -> None:
    decision = decide_it(desk)
    theirs = decision.model_copy(update={"salt": "7" * 32, "follows": decision.follows})
    desk.records.add(sign_record(theirs, POLICE_KEY))
    with pytest.raises(DecisionNotSigned):
        release_case(desk, EVERYBODY, "c1", tell("i2"), law_today=same_law)


def test_a_routine_release_waits_for_every_partys_signature(desk: Desk, clock: StoppedClock) -> None:
    decision = decide_it(desk, routine=True)
    agreed = tuple(line.item.ref for line in decision.scope if line.state == "agreed")
    wanted = tell(*agreed)
    with pytest.raises(FairshareError, match="AGREEMENT"):
        release_case(desk, EVERYBODY, "c1", wanted, law_today=same_law)
    parties = [
        Party(organisation=decision.holder, role="discloser", key=desk.key.public.kid, contact=EVERYBODY.person),
        Party(organisation=decision.recipient, role="recipient", key=POLICE_KEY.public.kid, contact=EVERYBODY.person),
    ]
    draft_case_agreement(desk, EVERYBODY, "c1", parties, title="Doors", valid=VALID, review_on=date(2026, 3, 20))
    ours = sign_case_agreement(desk, EVERYBODY, "c1")
    with pytest.raises(FairshareError, match="AGREEMENT"):
        release_case(desk, EVERYBODY, "c1", wanted, law_today=same_law)
    take_signed_agreement(desk, EVERYBODY, "c1", cosign_record(ours, POLICE_KEY))
    release_case(desk, EVERYBODY, "c1", wanted, law_today=same_law)
    assert verify_archive(export_case(desk, EVERYBODY, "c1"), desk.trusted).exit_code is ExitCode.DONE
    clock.time = datetime(2026, 3, 21, 9, tzinfo=UTC)
    with pytest.raises(FairshareError, match="AGREEMENT"):
        release_case(desk, EVERYBODY, "c1", wanted, law_today=same_law)


def test_only_a_party_whose_key_is_trusted_can_sign_an_agreement(desk: Desk) -> None:
    decision = decide_it(desk, routine=True)
    parties = [
        Party(organisation=decision.holder, role="discloser", key=desk.key.public.kid, contact=EVERYBODY.person),
        Party(organisation=decision.recipient, role="recipient", key=STRANGER_KEY.public.kid, contact=EVERYBODY.person),
    ]
    draft_case_agreement(desk, EVERYBODY, "c1", parties, title="T", valid=VALID, review_on=date(2026, 3, 20))
    ours = sign_case_agreement(desk, EVERYBODY, "c1")
    for key, code in ((STRANGER_KEY, "UNKNOWN_SIGNER"), (POLICE_KEY, "BAD_INPUT")):
        with pytest.raises(FairshareError, match=code):
            take_signed_agreement(desk, EVERYBODY, "c1", cosign_record(ours, key))
    assert read_case(desk, "c1")[-1] == ours


def test_a_draft_made_before_the_decision_changed_cannot_be_signed(desk: Desk, clock: StoppedClock) -> None:
    decision = decide_it(desk, routine=True)
    parties = [
        Party(organisation=decision.holder, role="discloser", key=desk.key.public.kid, contact=EVERYBODY.person),
        Party(organisation=decision.recipient, role="recipient", key=POLICE_KEY.public.kid, contact=EVERYBODY.person),
    ]
    draft_case_agreement(desk, EVERYBODY, "c1", parties, title="T", valid=VALID, review_on=date(2026, 3, 20))
    decide_it(desk, routine=True)
    with pytest.raises(BadInput, match="Draft it again"):
        sign_case_agreement(desk, EVERYBODY, "c1")


@pytest.mark.parametrize("action", [Action.DECIDE, Action.RELEASE, Action.SIGN_AGREEMENT])
def test_each_step_waits_for_the_one_before(desk: Desk, action: Action) -> None:
    steps = {
        Action.DECIDE: lambda: assess_it(desk),
        Action.RELEASE: lambda: release_case(desk, EVERYBODY, "c1", tell("i1"), law_today=same_law),
        Action.SIGN_AGREEMENT: lambda: sign_case_agreement(desk, EVERYBODY, "c1"),
    }
    with pytest.raises((TooSoon, NotFound)):
        steps[action]()
    assert desk.records.cases() == ()


def test_somebody_without_the_role_changes_nothing(desk: Desk) -> None:
    auditor = Actor(person=Person(name="Ann", role="Auditor"), roles=frozenset({Role.AUDITOR}))
    with pytest.raises(NotYours):
        receive_request(desk, auditor, "c1", REQUEST, where="request.yaml")
    decide_it(desk)
    before = desk.records.of_case("c1")
    with pytest.raises(NotYours):
        release_case(desk, auditor, "c1", tell("i1"), law_today=same_law)
    with pytest.raises(NotYours):
        dispose_of_record(desk, auditor, "c1", before[0].id, reason="r")
    assert desk.records.of_case("c1") == before


def test_a_front_line_worker_decides_and_tells_alone_while_a_life_is_at_risk(desk: Desk) -> None:
    warden = Actor(person=Person(name="Night warden", role="Warden"), roles=frozenset({Role.FRONT_LINE}))
    urgent = REQUEST + b"urgency: life_at_risk\n"
    receive_request(desk, warden, "c1", urgent, where="request.yaml")
    assessment = assess_it(desk)
    ruling = Ruling(lines=propose_lines(assessment), valid=VALID)
    decided = decide_case(desk, warden, "c1", assessment, ruling, RULES)
    assert decided.record.made_by == warden.person


def decide_in_danger(desk: Desk, folder: Path) -> Wanted:
    """A decision made while a life is at risk, and a release of the file that it agrees to."""
    urgent = REQUEST.replace(b"label: Door log", b"label: Door log, kind: document")
    receive_request(desk, EVERYBODY, "c1", urgent, where="request.yaml")
    assessment = assess_it(desk, **{"danger.now": True})
    decided = decide_case(
        desk, EVERYBODY, "c1", assessment, Ruling(lines=propose_lines(assessment), valid=VALID), RULES
    ).record
    assert isinstance(decided, Decision)
    assert decided.emergency
    (folder / "log.txt").write_text("22:14 in")
    files = (ChosenFile("i2", folder / "log.txt", "log.txt"),)
    return Wanted(kind=ReleaseKind.BUNDLE, items=("i2",), contents=Documents(files), channel="secure email")


def test_in_an_emergency_a_key_given_on_the_spot_is_used_and_the_reason_recorded(desk: Desk, tmp_path: Path) -> None:
    wanted = replace(
        decide_in_danger(desk, tmp_path), readers=(make_reader_key()[0],), why_unchecked=" no time to ring "
    )
    released = release_case(desk, EVERYBODY, "c1", wanted, law_today=same_law)
    said = "secure email; sealed to a key that was given on the spot and not checked: no time to ring"
    assert released.manifest.intent.channel == said
    assert said in released.sheet
    assert released.manifest.release in read_case(desk, "c1")
    known = replace(wanted, readers=(POLICE_READER,))
    assert release_case(desk, EVERYBODY, "c1", known, law_today=same_law).manifest.intent.channel == "secure email"


@pytest.mark.parametrize(
    ("reason", "owner", "code"),
    [
        ("", None, "RELEASE_READER_NOT_CHECKED"),
        ("  ", None, "RELEASE_READER_NOT_CHECKED"),
        ("x" * 500, None, "BAD_INPUT"),
        ("no time to ring", "Southshire Police", "RELEASE_OTHER_READER"),
    ],
)
def test_an_emergency_needs_a_reason_and_never_takes_another_organisations_key(
    desk: Desk, tmp_path: Path, reason: str, owner: str | None, code: str
) -> None:
    wanted = replace(decide_in_danger(desk, tmp_path), readers=(make_reader_key()[0],), why_unchecked=reason)
    if owner is not None:
        new = desk.readers.readers[0].model_copy(update={"organisation": owner, "key": wanted.readers[0]})
        desk = replace(desk, readers=add_reader(desk.readers, new))
    before = desk.records.of_case("c1")
    with pytest.raises(FairshareError, match=code):
        release_case(desk, EVERYBODY, "c1", wanted, law_today=same_law)
    assert desk.records.of_case("c1") == before


def test_a_record_disposed_of_leaves_a_case_that_still_verifies(desk: Desk) -> None:
    decide_it(desk)
    asked = find_latest(read_case(desk, "c1"), "request")
    with pytest.raises(BadInput):
        dispose_of_record(desk, EVERYBODY, "c1", asked.id, reason="  ")
    with pytest.raises(NotFound):
        dispose_of_record(desk, EVERYBODY, "c1", "sha256:" + "0" * 64, reason="Retention ended")
    dispose_of_record(desk, EVERYBODY, "c1", asked.id, reason="Retention ended")
    raw = export_case(desk, EVERYBODY, "c1")
    assert b"To see who came in" not in raw
    assert verify_archive(raw, desk.trusted).exit_code is ExitCode.DONE


def test_a_desk_is_made_once_and_knows_its_people(tmp_path: Path) -> None:
    organisation = Organisation(name="Hill")
    with pytest.raises(NotADesk):
        read_settings(tmp_path)
    start_desk(tmp_path, organisation, [EVERYBODY], log="hill.example/log")
    with pytest.raises(DeskExists):
        start_desk(tmp_path, organisation, [EVERYBODY], log="hill.example/log")
    with open_desk(tmp_path) as opened:
        assert find_actor(opened, "Jo Field") == EVERYBODY
        with pytest.raises(NotFound):
            find_actor(opened, "Nobody")


def test_a_kept_record_that_somebody_changed_is_noticed(desk: Desk, tmp_path: Path) -> None:
    receive_request(desk, EVERYBODY, "c1", REQUEST, where="request.yaml")
    [kept] = (tmp_path / "desk" / "cases" / "c1").iterdir()
    kept.write_bytes(kept.read_bytes().replace(b"A theft", b"A fraud"))
    with pytest.raises(FairshareError, match="BAD_SIGNATURE"):
        read_case(desk, "c1")


def test_a_record_signed_by_a_key_that_is_not_trusted_is_noticed(desk: Desk) -> None:
    signed = receive_request(desk, EVERYBODY, "c1", REQUEST, where="request.yaml")
    other = make_signing_key("Somebody", counting_entropy("other"))
    changed = signed.record.model_copy(update={"salt": "9" * 32})
    desk.records.add(sign_record(changed, other))
    with pytest.raises(FairshareError, match="UNKNOWN_SIGNER"):
        read_case(desk, "c1")
