"""Verifying a case archive: with no database, no network, and no faith in whoever made it.

Everything is checked in one order, and the report names the first thing that does not hold. Only keys that the verifier
has from elsewhere can say who signed; without them the most that can be said is that it all fits together.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise, takewhile

from fairshare.ledger.archive import Archive, parse_archive
from fairshare.ledger.checkpoint import Checkpoint, check_checkpoint, read_cosignatures
from fairshare.ledger.faults import (
    BrokenLink,
    LogContradicts,
    NotProved,
    OutsideAgreement,
    OutsideDecision,
    OutsideRelease,
    RulesDiffer,
    SignerNotTrusted,
    WrongSigner,
)
from fairshare.ledger.report import Fault, LogLine, RecordLine, VerificationReport
from fairshare.ledger.scope import (
    AGREEMENT_FIELDS,
    DECISION_FIELDS,
    RELEASE_FIELDS,
    why_outside_agreement,
    why_outside_decision,
)
from fairshare.records import BadSignature, Keys, PublicKey, check_signature
from fairshare.records.signing import read_signer
from fairshare.records.withholding import RecordView, check_tombstone, view_record
from fairshare.words import FairshareError

FOLLOWS = {
    "request": {"request", "decision"},
    "decision": {"request", "decision", "agreement", "release", "receipt"},
    "agreement": {"request", "decision", "agreement"},
    "notice": {"decision", "agreement", "notice"},
    "plan": {"request", "decision", "agreement", "plan"},
    "release": {"decision", "agreement", "plan", "release"},
    "receipt": {"release", "receipt"},
}
"""Which kinds a record of each kind may follow."""
NAMES = {"notice": ("agreement",), "release": ("decision", "agreement", "plan"), "receipt": ("release",)}
"""The fields in which a record names others, each called after the kind that it names."""

FIX_RECORD = "Ask the organisation that made the archive for the missing or the right record."
FIX_TRUST = "If it is theirs, get the key from its owner, not from the archive, and add it under the owner's name."
FIX_LOG = "Ask the keeper of the log; keep this archive, for its signatures show what the log said."
FIX_SCOPE = "Ask the organisation that released it; it may be a breach to report."


def verify_archive(raw: bytes, trusted: Keys | None = None) -> VerificationReport:
    """Checks a case archive completely, and reports; it never raises, whatever the bytes.

    Takes    raw: the archive, already decrypted; trusted: the public keys that the verifier has from their owners, each
             named after its organisation as the records name it (the log's and the witnesses' too); None if there are
             none.
    """
    work = _Verification(trusted)
    fault = None
    try:
        work.run(raw)
    except FairshareError as error:
        fault = Fault(code=error.code, where=error.where or "archive", message=error.message, fix=error.fix)
    return VerificationReport(
        case=work.case,
        fault=fault,
        trusted=trusted is not None,
        checked=tuple(work.checked),
        not_checked=tuple(work.not_checked),
        records=tuple(work.list_records()),
        log=work.log,
    )


@dataclass
class _Verification:
    """One verification under way: what has been read and found so far."""

    trusted: Keys | None
    case: str | None = None
    keys: Keys = field(default_factory=Keys)
    views: dict[str, RecordView] = field(default_factory=dict)
    signers: dict[str, tuple[PublicKey, ...]] = field(default_factory=dict)
    log: LogLine | None = None
    checked: list[str] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)

    def run(self, raw: bytes) -> None:
        archive = parse_archive(raw)
        self.case = archive.case
        self.keys = Keys.of([*archive.keys, *(self.trusted or ())])
        self.checked.append("the archive is in its one canonical form, and its seal covers all of it")
        self.check_links(archive)
        self.checked.append("every record follows records in the archive, in the right order")
        self.check_signatures()
        self.checked.append("every signature holds")
        if self.trusted is not None:
            self.check_trust(archive, self.trusted)
            self.checked.append("every signer is trusted, and answers for what it signed")
        self.check_log(archive)
        self.checked.append("the log holds every record, in the order of the case")
        self.check_scope()
        self.checked.append("every release is within its decision and agreement, every receipt within its release")
        self.check_rules(archive)
        self.checked.append("the rule bases are those that the decisions name")

    def check_links(self, archive: Archive) -> None:
        for n, stored in enumerate(archive.records):
            view = view_record(stored)
            with _at(f"records[{n}] ({view.kind})"):
                if view.id in self.views:
                    raise BrokenLink("the same record stands twice", fix=FIX_RECORD)
                if view["case"] != archive.case:
                    raise BrokenLink("it belongs to another case", fix=FIX_RECORD)
                self._check_links_of(view)
            self.views[view.id] = view

    def check_signatures(self) -> None:
        for place, view in self._each():
            with _at(place):
                found = [
                    check_signature(each, view.id, self.keys, "fairshare-record") for each in view.stored.signatures
                ]
                if len({key.kid for key in found}) != len(found):
                    raise BadSignature("one key signed it twice", fix=FIX_RECORD)
                self.signers[view.id] = tuple(found)
                if view.tombstone:
                    check_tombstone(view.tombstone, self.keys)

    def check_trust(self, archive: Archive, trusted: Keys) -> None:
        with _at("seal"):
            _check_trusted(read_signer(archive.seal, "fairshare-archive"), trusted)
        for place, view in self._each():
            with _at(place):
                for key in self.signers[view.id]:
                    _check_trusted(key.kid, trusted)
                if view.tombstone:
                    _check_trusted(read_signer(view.tombstone.signature, "fairshare-tombstone"), trusted)
                self._check_answerable(view, place)

    def check_log(self, archive: Archive) -> None:
        evidence, read = archive.log, list[Checkpoint]()
        for n, note in enumerate(evidence.checkpoints):
            with _at(f"log.checkpoints[{n}]"):
                checkpoint, key = check_checkpoint(note, self.keys)
                if self.trusted is not None:
                    _check_trusted(key.kid, self.trusted)
                read.append(checkpoint)
        if len(evidence.extends) != len(read) - 1:
            raise LogContradicts("there is not one proof from each checkpoint to the next", where="log", fix=FIX_LOG)
        for n, (old, new) in enumerate(pairwise(read)):
            if not evidence.extends[n].holds(old, new):
                raise LogContradicts("a checkpoint does not extend the last", where=f"log.extends[{n}]", fix=FIX_LOG)
        self._check_proofs(archive, read[-1])
        with _at(f"log.checkpoints[{len(read) - 1}]"):
            witnesses = read_cosignatures(read[-1].note, self.trusted or Keys())
        names = tuple(each.key.name for each in witnesses)
        self.log = LogLine(origin=read[-1].origin, size=read[-1].size, signed_by=key.name, witnesses=names)

    def check_scope(self) -> None:
        for place, view in self._each():
            with _at(place):
                if view.kind == "release":
                    self._check_release(view, place)
                elif view.kind == "receipt":
                    self._check_receipt(view, place)

    def check_rules(self, archive: Archive) -> None:
        decisions = [view for view in self.views.values() if view.kind == "decision"]
        named = {view["rules"] for view in decisions if view.shows("rules")}
        if not all(view.shows("rules") for view in decisions):
            self.not_checked.append("rules: whether a decision names each of them")
            named |= set(archive.rules)
        if archive.rules != tuple(sorted(named)):
            raise RulesDiffer("the rule bases are not those that the decisions name", where="rules", fix=FIX_RECORD)

    def list_records(self) -> Iterator[RecordLine]:
        for view in self.views.values():
            whole = "salt" in view.fields
            yield RecordLine(
                id=view.id,
                kind=view.kind,
                state="disposed of" if view.tombstone else "whole" if whole else "redacted",
                signed_by=tuple(key.name for key in self.signers.get(view.id, ())),
            )

    def _each(self) -> Iterator[tuple[str, RecordView]]:
        return ((f"records[{n}] ({view.kind})", view) for n, view in enumerate(self.views.values()))

    def _check_links_of(self, view: RecordView) -> None:
        for each in view["follows"]:
            if each not in self.views:
                raise BrokenLink("it follows a record that does not stand before it", fix=FIX_RECORD)
            if self.views[each].kind not in FOLLOWS[view.kind]:
                raise BrokenLink(f"a {view.kind} cannot follow a {self.views[each].kind}", fix=FIX_RECORD)
        for name in NAMES.get(view.kind, ()):
            named = view[name]
            if named is None and name != "decision":
                continue
            if named not in self.views or self.views[named].kind != name:
                raise BrokenLink(f"the {name} that it names does not stand before it", fix=FIX_RECORD)
            if name in ("decision", "release") and named not in view["follows"]:
                raise BrokenLink(f"it does not follow the {name} that it names", fix=FIX_RECORD)

    def _check_answerable(self, view: RecordView, place: str) -> None:
        """A record must be signed by the organisation that answers for it, as the trusted keys are named."""
        if view.kind == "plan":
            return
        source = self.views[view["release"]] if view.kind == "receipt" else view
        needed = {
            "request": ("holder", "requester"),
            "agreement": ("parties",),
            "notice": ("party",),
            "receipt": ("holder", "recipient"),
        }
        if not source.shows(*needed.get(view.kind, ("holder",))) or (view.kind == "receipt" and not view.shows("side")):
            self.not_checked.append(f"{place}: whether its signers answer for it")
            return
        signers = {(key.kid, key.name) for key in self.signers[view.id]}
        if view.kind == "agreement":
            if not signers <= {(party.key, party.organisation.name) for party in view["parties"]}:
                raise WrongSigner("it is signed by somebody who is not one of its parties", fix=FIX_TRUST)
            return
        answerable = {source["party" if view.kind == "notice" else "holder"].name}
        if view.kind == "request":
            answerable.add(view["requester"].name)
        if view.kind == "receipt" and view["side"] == "recipient":
            answerable = {source["recipient"].name}
        if not answerable & {name for _, name in signers}:
            raise WrongSigner("it is not signed by the organisation that answers for it", fix=FIX_TRUST)

    def _check_proofs(self, archive: Archive, newest: Checkpoint) -> None:
        proofs = archive.log.proofs
        wanted = {view.id: place for place, view in self._each()}
        wanted |= {view.tombstone.id: f"{place}: tombstone" for place, view in self._each() if view.tombstone}
        for each, place in wanted.items():
            if each not in proofs:
                raise NotProved("there is no proof that it is in the log", where=place, fix=FIX_LOG)
            if not proofs[each].holds(each, newest):
                raise NotProved("the proof that it is in the log does not hold", where=place, fix=FIX_LOG)
        if extra := sorted(set(proofs) - set(wanted)):
            raise NotProved("there is a proof of something that is not here", where=extra[0], fix=FIX_RECORD)
        for place, view in self._each():
            if any(proofs[each].index > proofs[view.id].index for each in view["follows"]):
                raise LogContradicts("it was logged before a record that it follows", where=place, fix=FIX_LOG)

    def _check_release(self, release: RecordView, place: str) -> None:
        decision = self.views[release["decision"]]
        if not (release.shows(*RELEASE_FIELDS) and decision.shows(*DECISION_FIELDS)):
            self.not_checked.append(f"{place}: whether it is within its decision")
        elif why := why_outside_decision(release, decision):
            raise OutsideDecision(why, fix=FIX_SCOPE)
        if release["agreement"] is None:
            return
        agreement = self.views[release["agreement"]]
        if not (release.shows(*RELEASE_FIELDS) and agreement.shows(*AGREEMENT_FIELDS)):
            self.not_checked.append(f"{place}: whether it is within its agreement")
        elif why := why_outside_agreement(
            release, agreement, (key.kid for key in self.signers[agreement.id]), self._find_notices(release, agreement)
        ):
            raise OutsideAgreement(why, fix=FIX_SCOPE)

    def _find_notices(self, release: RecordView, agreement: RecordView) -> list[RecordView]:
        """What the parties told each other under an agreement before a release, as far as it is shown."""
        kids = {party.key for party in agreement["parties"]}
        before = takewhile(lambda view: view.id != release.id, self.views.values())
        return [
            view
            for view in before
            if view.kind == "notice"
            and view["agreement"] == agreement.id
            and view.shows("matter", "party")
            and kids & {key.kid for key in self.signers[view.id]}
        ]

    def _check_receipt(self, receipt: RecordView, place: str) -> None:
        release = self.views[receipt["release"]]
        if not (receipt.shows("items") and release.shows("items")):
            self.not_checked.append(f"{place}: whether it is within its release")
        elif extra := sorted(set(receipt["items"]) - set(release["items"])):
            raise OutsideRelease(f"item {extra[0]} was not to be released", fix=FIX_SCOPE)


def _check_trusted(kid: str, trusted: Keys) -> None:
    if kid not in trusted:
        raise SignerNotTrusted(f"the key {kid} is not among the trusted ones", fix=FIX_TRUST)


@contextmanager
def _at(place: str) -> Iterator[None]:
    """Says where in the archive something was wrong."""
    try:
        yield
    except FairshareError as error:
        error.where = f"{place}: {error.where}" if error.where else place
        raise
