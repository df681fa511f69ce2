"""An agreement at the desk, from its draft to its certificate: who may, when, in the log, and what pauses what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from fairshare.agree import AgreementTerms, find_standing
from fairshare.agree.force import AgreementNotInForce
from fairshare.agree.proposals import ProposalOpen
from fairshare.agree.signing import NotDelegated, NotYourTurn
from fairshare.decide.ruling import Ruling, propose_lines
from fairshare.desk.compose_agreement import (
    answer_proposal,
    compose_case_agreement,
    propose_change,
    propose_edited,
    read_draft,
    vary_agreement,
)
from fairshare.desk.decide_case import decide_case
from fairshare.desk.draft_agreement import sign_case_agreement, take_signed_agreement
from fairshare.desk.entering import enter, find_latest, read_case
from fairshare.desk.export_case import export_case
from fairshare.desk.held_agreements import find_current, hold_agreement
from fairshare.desk.look_after_agreement import (
    NotInThatState,
    certify_deletion,
    delegate_signing,
    end_agreement,
    leave_agreement,
    list_desk_reminders,
    record_ink,
    resume_agreement,
    review_agreement,
    suspend_agreement,
    take_notice,
)
from fairshare.desk.ports import Desk
from fairshare.desk.receive_request import receive_request
from fairshare.desk.release_case import release_case
from fairshare.desk.sign_agreement import AgreementIncomplete
from fairshare.desk.who import Actor, NotYours, Role
from fairshare.desk.workspace import open_desk, start_desk, trust_keys
from fairshare.ledger import verify_archive
from fairshare.records import (
    Form,
    FullAgreement,
    FullParty,
    Keys,
    Notice,
    SignedRecord,
    cosign_record,
    new_salt,
    record_id,
    sign_record,
)
from fairshare.records.agreed import Answered, DeletionCertified, Matter, Proposed, Suspended
from fairshare.words import BadInput, ExitCode, FairshareError, Organisation, Period, Person
from tests.agree.examples import SLOTS
from tests.desk.test_use_cases import EVERYBODY, REQUEST, RULES, StoppedClock, assess_it, same_law, tell
from tests.records.examples import POLICE_KEY, STRANGER_KEY, counting_entropy

HANDLER = Actor(person=Person(name="Lee", role="Handler"), roles=frozenset({Role.HANDLER}))
VALID = Period(start=date(2026, 3, 1), end=date(2026, 3, 31))
HILL, POLICE = "Hill Housing Co-operative", "Northshire Police"


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


def make_desk(root: Path, clock: StoppedClock) -> Any:
    start_desk(root, Organisation(name=HILL), [EVERYBODY, HANDLER], log="hill.example/log")
    trust_keys(root, Keys.of([POLICE_KEY.public, STRANGER_KEY.public]))
    return open_desk(root, clock=clock, entropy=counting_entropy("salts"))


@pytest.fixture
def desk(tmp_path: Path, clock: StoppedClock) -> Iterator[Desk]:
    with make_desk(tmp_path / "desk", clock) as opened:
        yield opened


def decide(desk: Desk) -> tuple[str, ...]:
    """Decides the case, and returns the items that may go."""
    receive_request(desk, EVERYBODY, "c1", REQUEST, where="request.yaml")
    assessment = assess_it(desk)
    ruling = Ruling(lines=propose_lines(assessment), valid=VALID, routine=True)
    decided = decide_case(desk, EVERYBODY, "c1", assessment, ruling, RULES)
    return tuple(line.item.ref for line in decided.record.scope if line.state == "agreed")  # type: ignore[union-attr]


def parties(desk: Desk, **changes: Any) -> list[FullParty]:
    contact = {"name": "A. Contact", "role": "lead"}
    holder = {"organisation": {"name": HILL}, "role": "discloser", "key": desk.key.public.kid, "contact": contact}
    other = {"organisation": {"name": POLICE}, "role": "recipient", "key": POLICE_KEY.public.kid, "contact": contact}
    return [FullParty.model_validate(holder), FullParty.model_validate(other | {"turn": 2} | changes)]


def terms(**changes: Any) -> AgreementTerms:
    wanted = {"form": Form.ONE_WAY, "title": "Doors", "valid": VALID, "review_on": date(2026, 3, 20), "slots": SLOTS}
    return AgreementTerms.model_validate(wanted | changes)


def compose(desk: Desk, **changes: Any) -> FullAgreement:
    return compose_case_agreement(desk, EVERYBODY, "c1", parties(desk), terms(**changes)).agreement


def sign_both(desk: Desk) -> SignedRecord:
    ours = sign_case_agreement(desk, EVERYBODY, "c1")
    return take_signed_agreement(desk, EVERYBODY, "c1", cosign_record(ours, POLICE_KEY))


def say(desk: Desk, matter: Matter, agreement: str | None, key: Any = POLICE_KEY, party: str = POLICE) -> SignedRecord:
    """What the partner says, as a signed file."""
    follows = (agreement,) if agreement else read_draft(desk, "c1").follows[:1]
    notice = Notice(
        case="c1",
        salt=new_salt(desk.entropy),
        follows=follows,
        made_at=desk.clock.now(),
        made_by=EVERYBODY.person,
        agreement=agreement,
        party=Organisation(name=party),
        matter=matter,
    )
    return sign_record(notice, key)


def release(desk: Desk, items: tuple[str, ...]) -> None:
    release_case(desk, EVERYBODY, "c1", tell(*items), law_today=same_law)


def test_a_release_waits_for_both_signatures_and_pauses_whenever_the_agreement_does(
    desk: Desk, clock: StoppedClock
) -> None:
    items = decide(desk)
    compose(desk)
    ours = sign_case_agreement(desk, EVERYBODY, "c1")
    with pytest.raises(AgreementNotInForce):
        release(desk, items)
    take_signed_agreement(desk, EVERYBODY, "c1", cosign_record(ours, POLICE_KEY))
    release(desk, items)
    today = clock.time.date()
    suspend_agreement(desk, HANDLER, "c1", today, reason="A door was left open.")
    with pytest.raises(AgreementNotInForce, match="suspended by Hill"):
        release(desk, items)
    with pytest.raises(NotInThatState):
        suspend_agreement(desk, HANDLER, "c1", today, reason="again")
    with pytest.raises(NotYours):
        resume_agreement(desk, HANDLER, "c1", today, reason="x")
    resume_agreement(desk, EVERYBODY, "c1", today, reason="It is shut.")
    release(desk, items)
    take_notice(desk, EVERYBODY, "c1", say(desk, Suspended(on=today), ours.id))
    with pytest.raises(AgreementNotInForce, match="suspended by Northshire Police"):
        release(desk, items)
    with pytest.raises(NotInThatState):
        resume_agreement(desk, EVERYBODY, "c1", today, reason="Not ours to resume.")
    assert verify_archive(export_case(desk, EVERYBODY, "c1"), desk.trusted).exit_code is ExitCode.DONE


def test_a_missed_review_pauses_and_a_review_or_a_new_version_takes_it_up_again(
    desk: Desk, clock: StoppedClock
) -> None:
    items = decide(desk)
    compose(desk)
    sign_both(desk)
    clock.time = datetime(2026, 3, 21, 9, tzinfo=UTC)
    with pytest.raises(AgreementNotInForce, match="due for review"):
        release(desk, items)
    assert "review" in {each.sort for each in list_desk_reminders(desk, None)}
    with pytest.raises(NotInThatState):
        review_agreement(desk, EVERYBODY, "c1", date(2026, 3, 21), date(2026, 5, 1), reason="After its end.")
    review_agreement(desk, EVERYBODY, "c1", date(2026, 3, 21), date(2026, 3, 28), reason="As it was.")
    release(desk, items)
    clock.time = datetime(2026, 3, 29, 9, tzinfo=UTC)
    vary_agreement(desk, EVERYBODY, "c1", {"review_on": date(2026, 3, 31)})
    with pytest.raises(AgreementNotInForce):
        release(desk, items)
    newer = sign_both(desk)
    release(desk, items)
    assert find_current(desk, read_case(desk, "c1")).id == newer.id  # type: ignore[union-attr]


def test_a_version_being_signed_holds_nothing_up_and_a_replaced_one_allows_nothing(
    desk: Desk, clock: StoppedClock
) -> None:
    items = decide(desk)
    compose(desk)
    sign_both(desk)
    vary_agreement(desk, EVERYBODY, "c1", {"title": "Doors, again"})
    ours = sign_case_agreement(desk, EVERYBODY, "c1")
    release(desk, items)  # under the version before
    take_signed_agreement(desk, EVERYBODY, "c1", cosign_record(ours, POLICE_KEY))
    end_agreement(desk, EVERYBODY, "c1", clock.time.date(), "delete", 30, reason="Done.")
    with pytest.raises(AgreementNotInForce, match="ended"):
        release(desk, items)
    assert verify_archive(export_case(desk, EVERYBODY, "c1"), desk.trusted).exit_code is ExitCode.DONE


@pytest.mark.parametrize("sort", [{"routine": False}, {"emergency": True}, {"compelled": True}, {}])
def test_a_lapse_holds_up_neither_an_emergency_nor_a_duty_nor_a_one_off(
    desk: Desk, sort: dict[str, bool], clock: StoppedClock
) -> None:
    items = decide(desk)
    compose(desk)
    sign_both(desk)
    end_agreement(desk, EVERYBODY, "c1", clock.time.date(), "delete", 30, reason="Done.")
    with pytest.raises(AgreementNotInForce):
        release(desk, items)
    decided = find_latest(read_case(desk, "c1"), "decision").record
    enter(desk, decided.model_copy(update=sort | {"salt": "8" * 32}))
    if sort:
        release(desk, items)
    else:
        with pytest.raises(FairshareError, match="AGREEMENT"):
            release(desk, items)


def test_nobody_signs_while_a_proposal_is_open_and_an_accepted_one_is_in_the_draft(desk: Desk) -> None:
    decide(desk)
    compose(desk)
    offer = say(desk, Proposed(clause="care.breach", text="Within twelve hours."), None)
    take_notice(desk, EVERYBODY, "c1", offer)
    with pytest.raises(ProposalOpen):
        sign_case_agreement(desk, EVERYBODY, "c1")
    with pytest.raises(ProposalOpen):
        compose(desk)
    answer_proposal(desk, EVERYBODY, "c1", Answered(proposal=offer.id, answer="accept"), reason="Good.")
    assert "Within twelve hours." in [each.text for each in read_draft(desk, "c1").clauses]
    mine = propose_change(
        desk, EVERYBODY, "c1", Proposed(clause="own.a", heading="Keys", text="Two keys."), reason="Safer."
    )
    with pytest.raises(ProposalOpen):
        sign_case_agreement(desk, EVERYBODY, "c1")
    take_notice(desk, EVERYBODY, "c1", say(desk, Answered(proposal=mine.id, answer="accept"), None))
    assert read_draft(desk, "c1").clauses[-1].heading == "Keys"
    sign_both(desk)


def test_a_proposal_while_it_is_being_signed_holds_it_up_and_an_accepted_one_needs_a_new_signature(
    desk: Desk,
) -> None:
    items = decide(desk)
    compose(desk)
    ours = sign_case_agreement(desk, EVERYBODY, "c1")
    offer = say(desk, Proposed(clause="care.breach", text="Within twelve hours."), ours.id)
    take_notice(desk, EVERYBODY, "c1", offer)
    with pytest.raises(ProposalOpen):
        take_signed_agreement(desk, EVERYBODY, "c1", cosign_record(ours, POLICE_KEY))
    answer_proposal(desk, EVERYBODY, "c1", Answered(proposal=offer.id, answer="accept"), reason="Good.")
    with pytest.raises(ProposalOpen):
        take_signed_agreement(desk, EVERYBODY, "c1", cosign_record(ours, POLICE_KEY))
    sign_both(desk)
    release(desk, items)
    with pytest.raises(BadInput, match="in force"):
        propose_change(desk, EVERYBODY, "c1", Proposed(clause="care.breach", text="Now."), reason="Late.")


def test_an_edited_copy_becomes_one_proposal_for_each_clause_changed(desk: Desk) -> None:
    decide(desk)
    draft = compose(desk)
    texts: dict[str, str | None] = {each.id: each.text for each in draft.clauses}
    made = propose_edited(
        desk, EVERYBODY, "c1", texts | {"care.breach": "Now.", "care.training": None}, reason="From legal."
    )
    # In the order of the agreement.
    assert [each.record.matter.clause for each in made] == ["care.training", "care.breach"]  # type: ignore[union-attr]
    with pytest.raises(BadInput, match="nothing"):
        propose_edited(desk, EVERYBODY, "c1", texts, reason="x")


def test_signing_goes_by_turn_and_by_authority(desk: Desk, clock: StoppedClock) -> None:
    decide(desk)
    draft = compose_case_agreement(desk, EVERYBODY, "c1", parties(desk, turn=1), terms()).agreement
    with pytest.raises(NotDelegated):
        sign_case_agreement(desk, HANDLER, "c1")
    with pytest.raises(NotYours):
        delegate_signing(desk, HANDLER, "c1", EVERYBODY.person, date(2026, 4, 1), [], reason="x")
    delegate_signing(desk, EVERYBODY, "c1", HANDLER.person, date(2026, 3, 10), [Form.ONE_WAY], reason="On leave.")
    # The partner signs first, which is its right here; then the delegate signs with the organisation's key.
    take_signed_agreement(desk, EVERYBODY, "c1", sign_record(draft, POLICE_KEY))
    signed = sign_case_agreement(desk, HANDLER, "c1")
    assert len(signed.signatures) == 2
    said = read_case(desk, "c1")[-1].record
    assert said.matter.person == HANDLER.person  # type: ignore[union-attr]
    assert said.matter.delegation is not None  # type: ignore[union-attr]
    clock.time += timedelta(days=15)
    compose(desk)
    with pytest.raises(NotDelegated):
        sign_case_agreement(desk, HANDLER, "c1")
    with pytest.raises(NotYourTurn):
        take_signed_agreement(desk, EVERYBODY, "c1", sign_record(read_draft(desk, "c1"), POLICE_KEY))


def test_what_is_incomplete_is_not_signed(desk: Desk) -> None:
    decide(desk)
    compose(desk, slots={key: each for key, each in SLOTS.items() if key != "retention"})
    with pytest.raises(AgreementIncomplete, match="retention"):
        sign_case_agreement(desk, EVERYBODY, "c1")


def test_a_signature_in_ink_counts_once_witnessed_and_the_archive_verifies(desk: Desk) -> None:
    items = decide(desk)
    compose_case_agreement(desk, EVERYBODY, "c1", parties(desk, key=None), terms())
    sign_case_agreement(desk, EVERYBODY, "c1")
    signer, witness = Person(name="P. Chief", role="Chief"), Person(name="W. Seen", role="Clerk")
    with pytest.raises(AgreementNotInForce):
        release(desk, items)
    bad: list[tuple[Any, ...]] = [
        ("Nobody", signer, date(2026, 3, 1), b"scan", witness),
        (POLICE, signer, date(2026, 3, 1), b"", witness),
        (POLICE, signer, date(2026, 3, 1), b"scan", signer),
        (POLICE, signer, date(2026, 3, 2), b"scan", witness),
    ]
    for arguments in bad:
        with pytest.raises(BadInput):
            record_ink(desk, EVERYBODY, "c1", *arguments)
    record_ink(desk, EVERYBODY, "c1", POLICE, signer, date(2026, 3, 1), b"scan", witness)
    with pytest.raises(NotYourTurn):
        record_ink(desk, EVERYBODY, "c1", POLICE, signer, date(2026, 3, 1), b"scan", witness)
    assert len(desk.files.names("scans")) == 1
    release(desk, items)
    assert verify_archive(export_case(desk, EVERYBODY, "c1"), desk.trusted).exit_code is ExitCode.DONE


def test_after_the_end_a_certificate_closes_the_reminder(desk: Desk, clock: StoppedClock) -> None:
    decide(desk)
    compose(desk)
    signed = sign_both(desk)
    today = clock.time.date()
    certificate = DeletionCertified(on=today, did="deleted", how="Shredded")
    with pytest.raises(NotInThatState):
        take_notice(desk, EVERYBODY, "c1", say(desk, certificate, signed.id))
    leave_agreement(desk, EVERYBODY, "c1", today, reason="We close.")
    assert [each.party for each in list_desk_reminders(desk, None)] == [POLICE]
    take_notice(desk, EVERYBODY, "c1", say(desk, certificate, signed.id))
    assert list_desk_reminders(desk, None) == ()
    with pytest.raises(NotInThatState):
        suspend_agreement(desk, EVERYBODY, "c1", today, reason="x")
    certify_deletion(desk, EVERYBODY, "c1", certificate)
    assert verify_archive(export_case(desk, EVERYBODY, "c1"), desk.trusted).exit_code is ExitCode.DONE


@pytest.mark.parametrize(
    ("key", "party"), [(STRANGER_KEY, POLICE), (STRANGER_KEY, "Stranger"), (POLICE_KEY, HILL), (POLICE_KEY, "Other")]
)
def test_a_notice_speaks_only_for_the_party_that_signed_it(desk: Desk, key: Any, party: str) -> None:
    decide(desk)
    compose(desk)
    signed = sign_both(desk)
    before = desk.records.of_case("c1")
    with pytest.raises(FairshareError):
        take_notice(desk, EVERYBODY, "c1", say(desk, Suspended(on=date(2026, 3, 1)), signed.id, key, party))
    assert desk.records.of_case("c1") == before


def test_a_schedule_is_signed_under_a_framework_and_pauses_with_it(desk: Desk, clock: StoppedClock) -> None:
    framework = terms(form=Form.FRAMEWORK, purpose={"code": "crime.detect"})
    compose_case_agreement(desk, EVERYBODY, "frame", parties(desk), framework)
    over = sign_case_agreement(desk, EVERYBODY, "frame")
    items = decide(desk)
    compose(desk, form=Form.FRAMEWORK_SCHEDULE, framework=over.id, framework_title="Frame")
    sign_both(desk)
    with pytest.raises(AgreementNotInForce, match="framework"):
        release(desk, items)
    take_signed_agreement(desk, EVERYBODY, "frame", cosign_record(over, POLICE_KEY))
    release(desk, items)
    suspend_agreement(desk, EVERYBODY, "frame", clock.time.date(), reason="x")
    with pytest.raises(AgreementNotInForce, match="framework"):
        release(desk, items)


class AgreementLife(RuleBasedStateMachine):
    """Any order of acts by either party: what the desk lets happen never breaks what an agreement promises."""

    root: Path
    count = 0

    def __init__(self) -> None:
        super().__init__()
        AgreementLife.count += 1
        self.clock = StoppedClock()
        self.manager = make_desk(self.root / f"m{AgreementLife.count}", self.clock)
        self.desk = self.manager.__enter__()
        self.items = decide(self.desk)
        compose(self.desk)

    def teardown(self) -> None:
        self.manager.__exit__(None, None, None)

    def attempt(self, act: Any) -> None:
        try:
            act()
        except FairshareError:
            return

    def newest(self) -> SignedRecord | None:
        return find_current(self.desk, read_case(self.desk, "c1"))

    @rule()
    def sign(self) -> None:
        self.attempt(lambda: sign_case_agreement(self.desk, EVERYBODY, "c1"))

    @rule()
    def partner_signs(self) -> None:
        found = [each for each in read_case(self.desk, "c1") if isinstance(each.record, FullAgreement)]
        if found:
            self.attempt(
                lambda: take_signed_agreement(self.desk, EVERYBODY, "c1", cosign_record(found[-1], POLICE_KEY))
            )

    @rule(ours=st.booleans())
    def propose(self, ours: bool) -> None:
        offer = Proposed(clause="care.breach", text=f"Within {len(read_case(self.desk, 'c1'))} hours.")
        draft = record_id(read_draft(self.desk, "c1"))
        named = draft if draft in {each.id for each in read_case(self.desk, "c1")} else None
        if ours:
            self.attempt(lambda: propose_change(self.desk, EVERYBODY, "c1", offer, reason="x"))
        else:
            self.attempt(lambda: take_notice(self.desk, EVERYBODY, "c1", say(self.desk, offer, named)))

    @rule(ours=st.booleans(), answer=st.sampled_from(["accept", "reject", "withdraw"]))
    def reply(self, ours: bool, answer: Any) -> None:
        offers = [each for each in read_case(self.desk, "c1") if isinstance(each.record, Notice)]
        offers = [each for each in offers if isinstance(each.record.matter, Proposed)]  # type: ignore[union-attr]
        if offers:
            matter = Answered(proposal=offers[-1].id, answer=answer)
            if ours:
                self.attempt(lambda: answer_proposal(self.desk, EVERYBODY, "c1", matter, reason="x"))
            else:
                self.attempt(lambda: take_notice(self.desk, EVERYBODY, "c1", say(self.desk, matter, None)))

    @rule()
    def suspend(self) -> None:
        self.attempt(lambda: suspend_agreement(self.desk, EVERYBODY, "c1", self.clock.time.date(), reason="x"))

    @rule()
    def resume(self) -> None:
        self.attempt(lambda: resume_agreement(self.desk, EVERYBODY, "c1", self.clock.time.date(), reason="x"))

    @rule()
    def vary(self) -> None:
        self.attempt(lambda: vary_agreement(self.desk, EVERYBODY, "c1", {}))

    @rule()
    def end(self) -> None:
        self.attempt(lambda: end_agreement(self.desk, EVERYBODY, "c1", self.clock.time.date(), "delete", 9, reason="x"))

    @rule(days=st.integers(1, 12))
    def wait(self, days: int) -> None:
        if self.clock.time < datetime(2026, 3, 28, tzinfo=UTC):
            self.clock.time += timedelta(days=days)

    @rule()
    def try_to_release(self) -> None:
        newest = self.newest()
        try:
            release(self.desk, self.items)
        except FairshareError:
            return
        assert newest is not None
        standing = find_standing(hold_agreement(self.desk, read_case(self.desk, "c1"), newest), self.clock.time.date())
        assert standing.in_force
        assert len(newest.signatures) == 2

    @invariant()
    def whatever_is_in_force_is_signed_by_both_and_has_nothing_open(self) -> None:
        records = read_case(self.desk, "c1")
        for each in records:
            if isinstance(each.record, FullAgreement):
                held = hold_agreement(self.desk, records, each)
                if find_standing(held, self.clock.time.date()).in_force:
                    assert len(each.signatures) == 2
                    assert held.open_proposals() == ()
                    assert each.record.valid.covers(self.clock.time.date())


def test_no_order_of_acts_at_the_desk_breaks_what_an_agreement_promises(tmp_path: Path) -> None:
    AgreementLife.root = tmp_path
    run_state_machine_as_test(
        AgreementLife,
        settings=settings(
            max_examples=8, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
