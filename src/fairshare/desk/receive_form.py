"""Take back a request form that was edited: what has changed is shown, and becomes a new version of the request."""

from __future__ import annotations

from dataclasses import dataclass

from fairshare.desk.entering import check_allowed, enter, read_case
from fairshare.desk.ports import Desk
from fairshare.desk.who import Action, Actor
from fairshare.documents.reading import read_document
from fairshare.records import Request, SignedRecord, new_salt
from fairshare.request import read_request
from fairshare.request.filled import Returned, apply_differences, compare_form
from fairshare.words import NotFound, Refused


class NewerVersion(Refused):
    """A form was made from a version of the request that a newer one has replaced."""

    code = "REQUEST_HAS_NEWER_VERSION"


class NothingToKeep(Refused):
    """A form came back with no change that the record could take over."""

    code = "FORM_NOTHING_TO_KEEP"


@dataclass(frozen=True)
class FormFile:
    """A form as a file: its bytes and its name."""

    content: bytes
    name: str


def find_request(desk: Desk, against: str) -> SignedRecord:
    """The request that a form was made from, by the id of its record or the name of its case (then the newest)."""
    for case in desk.records.cases():
        requests = [each for each in read_case(desk, case) if each.record.kind == "request"]
        if case == against and requests:
            return requests[-1]
        for each in requests:
            if each.id == against:
                return each
    raise NotFound(
        "there is no such case or request",
        fix="Give a case, or the id of a request: `fairshare case show`.",
        where=against,
    )


def compare_returned(signed: SignedRecord, back: FormFile, sent: FormFile | None = None) -> Returned:
    """What has changed in a form since it was made from a request; nothing is kept."""
    request = signed.record
    assert isinstance(request, Request)  # noqa: S101 (what find_request finds)
    return compare_form(
        request,
        read_document(back.content, back.name),
        where=back.name,
        sent=read_document(sent.content, sent.name) if sent is not None else None,
    )


def receive_form(
    desk: Desk, actor: Actor, against: str, back: FormFile, sent: FormFile | None = None
) -> tuple[SignedRecord, Returned]:
    """Keeps the changed fields of a form as a new version of its request, which follows the old one.

    Raises   NewerVersion, NothingToKeep; BadInput for what the record cannot hold; NotYours.
    """
    old = find_request(desk, against)
    before = check_allowed(desk, actor, Action.RECEIVE_REQUEST, old.record.case)
    newest = [each for each in before if each.record.kind == "request"][-1]
    if newest.id != old.id:
        raise NewerVersion(
            "the request has a newer version than the form was made from",
            fix="Make the form again from the newest version, or compare with that one.", where=against,
        )  # fmt: skip
    returned = compare_returned(old, back, sent)
    if not returned.differences:
        raise NothingToKeep("no field has changed", fix="There is nothing to do.", where=back.name)
    assert isinstance(old.record, Request)  # noqa: S101 (what find_request finds)
    made = read_request(
        apply_differences(old.record, returned.differences),
        where=back.name,
        case=old.record.case,
        salt=new_salt(desk.entropy),
        made_at=desk.clock.now(),
        made_by=actor.person,
    )
    return enter(desk, made.model_copy(update={"follows": (old.id,)})), returned
