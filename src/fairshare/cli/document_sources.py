"""What a document is written from: a request, a file of answers, one record, or the archive of a case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from fairshare.cli.answers_file import AnswersFile, parse_answers
from fairshare.cli.archives import read_archive_file
from fairshare.cli.bases import Rules
from fairshare.cli.forms import parse_written
from fairshare.cli.requests import NOBODY_YET
from fairshare.records import Agreement, Decision, Plan, Receipt, Release, Request
from fairshare.words import BadInput, Refused

if TYPE_CHECKING:
    from fairshare.decide.assess import Assessment
    from fairshare.ledger.archive import Archive
    from fairshare.records import SignedRecord

Kind = TypeVar("Kind", bound=Request | Decision | Agreement | Plan | Release | Receipt)


class OtherRules(Refused):
    """A decision was made under other rules than those at hand, so its assessment cannot be shown again."""

    code = "DECIDED_UNDER_OTHER_RULES"


class SourceLacks(BadInput):
    """The file does not hold what this kind of document is written from."""

    code = "DOCUMENT_SOURCE_LACKS"


@dataclass(frozen=True)
class Source:
    """What was in the file: records, each with the key that signed it if one did; or answers."""

    name: str = ""
    records: tuple[Any, ...] = ()
    keys: tuple[str | None, ...] = ()
    file: AnswersFile | None = None

    def find(self, kind: type[Kind]) -> Kind | None:
        """The newest record of a kind."""
        return next((each for each in reversed(self.records) if isinstance(each, kind)), None)

    def need(self, kind: type[Kind]) -> Kind:
        """The newest record of a kind; raises SourceLacks."""
        found = self.find(kind)
        if found is None:
            word = kind.__name__.lower()
            raise SourceLacks(
                f"it holds no {word}", fix=f"Give a file that holds a {word}.", where=self.name or "--from"
            )
        return found

    def find_key(self, record: Any) -> str:
        """The id of the key that signed a record; a dash if none did."""
        return next((key for each, key in zip(self.records, self.keys, strict=True) if each is record and key), "-")

    @property
    def made_at(self) -> datetime | None:
        """When the newest record was made; none if there is no record with a time of its own."""
        made = [each.made_at for each in self.records if each.made_by != NOBODY_YET]
        return max(made, default=None)


def read_source(path: Path | None, *, key: Path | None = None) -> Source:
    """What is in a file; nothing if none is named, for a blank form.

    Raises   BadInput for a file that is none of those that a document is written from.
    """
    if path is None:
        return Source()
    raw, where = read_archive_file(path, key), path.name
    found = parse_written(raw, where=where)
    if not isinstance(found, dict):
        raise SourceLacks("this is no record, request, answers or archive", fix="Give one of those.", where=where)
    if found.get("format") == "fairshare-case-archive":
        from fairshare.ledger import parse_archive

        return _read_case(parse_archive(raw), where)
    if "record" in found:
        from fairshare.records.signing import parse_signed

        signed = parse_signed(raw, where=where)
        return Source(where, (signed.record,), (_name_signer(signed),))
    if "kind" in found and "salt" in found:
        from fairshare.records.canonical import build_record

        return Source(where, (build_record(found, where=where),), (None,))
    if "holder" in found and "requester" in found:
        return Source(where, (_read_request(raw, where),), (None,))
    return Source(where, file=parse_answers(raw, where=where))


def _read_request(raw: bytes, where: str) -> Request:
    """A request that is not kept anywhere yet; its day of receipt stands for the time at which it was made."""
    from fairshare.request import read_request

    found = parse_written(raw, where=where)
    day = str(found.get("received_on", ""))
    try:
        made_at = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    except ValueError:
        made_at = datetime.min.replace(year=2000, tzinfo=UTC)
    return read_request(raw, where=where, case="unkept", salt="0" * 32, made_at=made_at, made_by=NOBODY_YET)


def _read_case(archive: Archive, where: str) -> Source:
    """The records of an archive that are whole; a redacted one is left out."""
    from fairshare.records import SignedRecord

    whole = [each for each in archive.records if isinstance(each, SignedRecord)]
    return Source(where, tuple(each.record for each in whole), tuple(map(_name_signer, whole)))


def _name_signer(signed: SignedRecord) -> str:
    """The key that a record says signed it; whether it did, `fairshare verify` says."""
    from fairshare.records.signing import read_signer

    return read_signer(signed.signatures[0], "fairshare-record")


def assess_source(source: Source, held: Rules) -> Assessment:
    """What follows from the answers of the source: those of its file, or those of its decision.

    Raises   OtherRules when the decision was made under rules that are not at hand; SourceLacks.
    """
    from fairshare.cli.answers_file import settle_file
    from fairshare.cli.assess import look_at

    if source.file is not None:
        return look_at(held, settle_file(source.file, None, None, held)).assessment
    from fairshare.decide.assess import assess
    from fairshare.decide.ruling import shape_of

    decision = source.need(Decision)
    held.tool(decision.tool)
    found = assess(held.base, decision.tool, shape_of(decision), decision.law_date, decision.answers)
    if found.program.digest != decision.rules:
        raise OtherRules(
            "the decision was made under other rules than these",
            fix="Name the folder that holds them with --rules.",
            where=source.name,
        )
    return found
