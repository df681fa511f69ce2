"""Take in what the recipient says arrived."""

from __future__ import annotations

from fairshare.desk.entering import check_allowed
from fairshare.desk.ports import Desk
from fairshare.desk.who import Action, Actor
from fairshare.records import Receipt, Release, SignedRecord, check_record
from fairshare.words import BadInput


def take_receipt(desk: Desk, actor: Actor, case: str, returned: SignedRecord) -> SignedRecord:
    """Keeps a recipient's signed receipt, if its signer is trusted and it is about a release of this case."""
    before = check_allowed(desk, actor, Action.TAKE_RECEIPT, case)
    receipt = returned.record
    if not isinstance(receipt, Receipt) or receipt.side != "recipient" or receipt.case != case:
        raise BadInput(
            "this is not a recipient's receipt for this case", fix="Ask the recipient for it.", where=returned.id
        )
    if not any(isinstance(signed.record, Release) and signed.id == receipt.release for signed in before):
        raise BadInput(
            "the receipt is for a release that is not in this case", fix="Check the case.", where=receipt.release
        )
    check_record(returned, desk.trusted)
    desk.records.add(returned)
    return returned
