"""What the parties settle themselves before an agreement is composed: its kind, dates, words for the gaps, choices."""

from __future__ import annotations

from datetime import date

from pydantic import Field

from fairshare.agree.bank import AgreementLanguage, Choice
from fairshare.records.agreed import ClauseId, Form
from fairshare.records.ids import RecordId
from fairshare.words.values import Line, Period, Purpose, Text, Value


class OwnClause(Value):
    """A clause that the parties wrote themselves."""

    heading: Line
    text: Text


class BasisStatement(Value):
    """How one party understands its lawful basis, condition or power on the day: for the schedule, no warranty."""

    party: Line
    says: Text
    provision: Line | None = None


class AgreementTerms(Value):
    """Everything about an agreement that its decision does not say."""

    form: Form
    title: Line
    valid: Period
    review_on: date
    language: AgreementLanguage = "en"
    slots: dict[Line, Text] = Field(default_factory=dict)
    """By slot of the clause bank, what stands in it, such as how long the information is kept."""
    circumstances: dict[Line, bool] = Field(default_factory=dict)
    """What holds or does not, whatever the answers show, such as `children: true`."""
    leave_out: dict[ClauseId, Text] = Field(default_factory=dict)
    """By clause, why it is left out; one that law requires cannot be."""
    add: tuple[ClauseId, ...] = ()
    """Clauses that are only offered, and are wanted."""
    choose: dict[ClauseId, Choice] = Field(default_factory=dict)
    """By clause, which of its alternatives stands in its place."""
    own: tuple[OwnClause, ...] = ()
    duties: tuple[Line, ...] = ()
    """For joint controllers: the party for each duty of the schedule, in its order; the first party if not said."""
    bases: tuple[BasisStatement, ...] = ()
    plan: Text = ""
    """How the information is made ready, in words, or the name of the plan."""
    crown: bool = False
    """For a memorandum: every party is a government department, or a body that may use one in place of a contract."""
    purpose: Purpose | None = None
    """For a framework, which rests on no decision."""
    framework: RecordId | None = None
    framework_title: Line | None = None
    supersedes: RecordId | None = None
