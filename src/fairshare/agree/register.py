"""The register: one entry for each agreement, each past disclosure, and whatever was known before Fairshare came.

An entry says what is shared with whom, never anything of the information itself, and names nobody but organisations.
"""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from fairshare.agree.conflicts import find_retention, find_term
from fairshare.agree.odrl import find_schedule, list_bases
from fairshare.records.commitments import record_id
from fairshare.records.kinds import Agreement, Decision, FullAgreement, Release
from fairshare.words.values import Line, Text, Value

Sort = Literal["agreement", "disclosure", "assessment", "system"]
MAX_LINE: Final = 500


class RegisteredParty(Value):
    """An organisation in an entry, and whether it gives or gets."""

    name: Line
    role: Literal["discloser", "recipient", "both", "processor", "party"] = "party"
    """`party` where nobody has said which."""


class Entry(Value):
    """One line of the register."""

    id: Line
    """The id of the record, or `import:FILE DIGEST:ROW` for what was imported."""
    sort: Sort = "agreement"
    title: Line
    reference: Line | None = None
    """The case, or the number that an older register gave it."""
    parties: tuple[RegisteredParty, ...] = ()
    purpose: Text = ""
    items: tuple[Line, ...] = ()
    people: Text = ""
    power: Text = ""
    basis: Text = ""
    benefits: Text = ""
    start: date | None = None
    end: date | None = None
    review_on: date | None = None
    retention: Text = ""
    security: Text = ""
    route: Text = ""
    frequency: Text = ""
    state: Line | None = None
    """As an older register put it; for a record it is worked out from its notices whenever somebody asks."""
    notes: Text = ""
    source: Line = "record"
    """`record`, or the name of the file it was imported from."""

    @property
    def is_record(self) -> bool:
        """Whether it is a record of this desk; an imported entry allows nothing."""
        return self.source == "record"

    def names(self, *roles: str) -> tuple[str, ...]:
        """The parties with one of some roles, or all of them."""
        return tuple(each.name for each in self.parties if not roles or each.role in roles)


def write_agreement_entry(agreement: Agreement, decision: Decision | None = None) -> Entry:
    """The entry of an agreement, from its own words; the powers come from its decision, if that is at hand."""
    release = _read_points(agreement, "schedule.release")
    processing = _read_points(agreement, "schedule.processing")
    security = find_schedule(agreement, "schedule.security")
    return Entry(
        id=record_id(agreement),
        title=agreement.title,
        reference=agreement.case,
        parties=tuple(
            RegisteredParty(
                name=each.organisation.name,
                role="processor" if getattr(each, "status", None) == "processor" else each.role,
            )
            for each in agreement.parties
        ),
        purpose=agreement.purpose.text or agreement.purpose.code,
        items=tuple(dict.fromkeys(each.label for each in agreement.items)),
        people=processing[-1] if processing else "",
        power=_say_grounds(decision, "power"),
        basis="; ".join(f"{party}: {says}" for party, says, _ in list_bases(agreement)),
        benefits=_find_clause(agreement, "purpose.need"),
        start=agreement.valid.start,
        end=agreement.valid.end,
        review_on=agreement.review_on,
        retention=find_retention(agreement) or "",
        security=security.text if security is not None else find_term(agreement, "secur") or "",
        frequency=release[0] if release else "",
        route=release[1] if len(release) > 1 else "",
    )


def write_disclosure_entry(release: Release, decision: Decision | None, *, sent: bool) -> Entry:
    """The entry of one disclosure that was made; without a receipt, one that was only intended."""
    labels = {line.item.ref: line.item.label for line in decision.scope} if decision is not None else {}
    day = release.made_at.date()
    return Entry(
        id=record_id(release),
        sort="disclosure",
        title=shorten(f"{release.release_kind} to {release.recipient.name}, {day}"),
        reference=release.case,
        parties=(
            RegisteredParty(name=release.holder.name, role="discloser"),
            RegisteredParty(name=release.recipient.name, role="recipient"),
        ),
        purpose=release.purpose.text or release.purpose.code,
        items=tuple(dict.fromkeys(labels.get(ref, ref) for ref in release.items)),
        power=_say_grounds(decision, "power"),
        basis=_say_grounds(decision, "lawful_basis"),
        start=day,
        end=day,
        route=release.channel,
        state="sent" if sent else "not confirmed as sent",
    )


def shorten(text: str) -> str:
    """A text as one line of an entry: its spaces made single, and cut with an ellipsis where it is too long.

    >>> shorten("a\\n b")
    'a b'
    """
    line = " ".join(text.split())
    return line if len(line) <= MAX_LINE else f"{line[: MAX_LINE - 1]}…"


def _read_points(agreement: Agreement, name: str) -> list[str]:
    schedule = find_schedule(agreement, name)
    return [row[-1] for row in schedule.rows] if schedule is not None else []


def _find_clause(agreement: Agreement, name: str) -> str:
    clauses = agreement.clauses if isinstance(agreement, FullAgreement) else ()
    return next((each.text for each in clauses if each.id == name), "")


def _say_grounds(decision: Decision | None, sort: str) -> str:
    grounds = decision.grounds if decision is not None else ()
    return "; ".join(dict.fromkeys(f"{each.says} ({each.provision})" for each in grounds if each.sort == sort))
