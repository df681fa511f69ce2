"""Why a release is refused: one error for each reason, each with a code of its own."""

from __future__ import annotations

from fairshare.words import BadInput, Refused


class DecisionNotSigned(Refused):
    """The decision carries no signature by a key that the organisation trusts."""

    code = "RELEASE_DECISION_NOT_SIGNED"


class AnotherRecord(Refused):
    """The release names another decision, agreement or plan than the one given."""

    code = "RELEASE_ANOTHER_RECORD"


class NotDecidedToShare(Refused):
    """The decision is to refuse, to redirect or to ask for more, so nothing may go."""

    code = "RELEASE_NOT_DECIDED_TO_SHARE"


class DepartureNotApproved(Refused):
    """The decision departs from the assessment, and no second person has approved that."""

    code = "RELEASE_DEPARTURE_NOT_APPROVED"


class OtherHolder(Refused):
    """The release is by another organisation than the one that decided."""

    code = "RELEASE_OTHER_HOLDER"


class OtherRecipient(Refused):
    """The release is to somebody other than the recipient that was decided on."""

    code = "RELEASE_OTHER_RECIPIENT"


class OtherReader(Refused):
    """The release would be sealed to a key that is recorded as another organisation's."""

    code = "RELEASE_OTHER_READER"


class ReaderNotChecked(Refused):
    """The release would be sealed to a key that nobody at the desk has checked and recorded as the recipient's."""

    code = "RELEASE_READER_NOT_CHECKED"


class OtherPurpose(Refused):
    """The release is for another purpose than the one that was decided on."""

    code = "RELEASE_OTHER_PURPOSE"


class OutsideDates(Refused):
    """The release falls outside the days that the decision allows, or was meant for another day."""

    code = "RELEASE_OUTSIDE_DATES"


class ItemNotAgreed(Refused):
    """The release takes in something that was withheld, or never decided on."""

    code = "RELEASE_ITEM_NOT_AGREED"


class ItemMissing(Refused):
    """The release names an item that nothing in it carries, or carries one that it does not name."""

    code = "RELEASE_ITEM_NOT_NAMED"


class ItemNotTreated(Refused):
    """Something would go without the treatment that the decision requires."""

    code = "RELEASE_ITEM_NOT_TREATED"


class TwoVersions(Refused):
    """A redacted and an unredacted version of one item would go together."""

    code = "RELEASE_TWO_VERSIONS"


class OtherKind(Refused):
    """Something would leave in a way that was not agreed, such as a copy of what may only be viewed."""

    code = "RELEASE_OTHER_KIND"


class PersonNotCovered(Refused):
    """The release takes in people whom the decision does not cover for what would go."""

    code = "RELEASE_PERSON_NOT_COVERED"


class AgreementMissing(Refused):
    """A routine release needs an agreement, and none is named."""

    code = "RELEASE_AGREEMENT_MISSING"


class OutsideAgreement(Refused):
    """The release goes beyond the agreement: its parties, its purpose, its items or its treatments."""

    code = "RELEASE_OUTSIDE_AGREEMENT"


class LawChanged(Refused):
    """Under the law of the release date the decision would come out differently, so a person must look again."""

    code = "RELEASE_LAW_CHANGED"


class SecondPersonNeeded(Refused):
    """The address or whereabouts of somebody at risk would go, and no second person has checked it."""

    code = "RELEASE_SECOND_PERSON_NEEDED"


class WrongFile(Refused):
    """A file is not the one that was decided on, or is one that was to be redacted or withheld."""

    code = "RELEASE_WRONG_FILE"


class PlanNotRecorded(Refused):
    """The plan that would be run is not the one that was recorded."""

    code = "RELEASE_PLAN_NOT_RECORDED"


class BadReaders(BadInput):
    """There is nobody, or there are too many, to seal the release to."""

    code = "RELEASE_BAD_READERS"
