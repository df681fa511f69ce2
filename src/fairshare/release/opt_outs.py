"""Opt-outs and objections: lists of people, each with what it holds back, for what, on what footing, and when not.

A list that applies is one more test on the rows, so that every engine applies it in the same way. A list that stands in
a plan and is left out says who left it out, on which ground and why. Whether a ground is good is for a person.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from fairshare.release.filters import Listing, ListPath
from fairshare.release.treatments import ColumnName
from fairshare.words import BadInput, Person
from fairshare.words.values import Line, Purpose, Text, Value

Kind = Literal["national_data_opt_out", "article_21_objection", "local_list", "at_risk"]
Effect = Literal["row", "column", "purpose", "second_person"]
Ground = Literal[
    "legal_duty", "safeguarding", "overriding_public_interest", "emergency", "compelling_grounds", "legal_claims"
]

GROUNDS: dict[Kind, frozenset[Ground]] = {
    "national_data_opt_out": frozenset({"legal_duty", "safeguarding", "overriding_public_interest", "emergency"}),
    # UK GDPR Article 21(1), as it stood on 13 May 2026. An objection to direct marketing never yields (21(3)).
    "article_21_objection": frozenset({"legal_duty", "emergency", "compelling_grounds", "legal_claims"}),
    "local_list": frozenset({"legal_duty", "safeguarding", "overriding_public_interest", "emergency"}),
    # Somebody who could be found and harmed is only ever left in to save a life, or because the law leaves no choice.
    "at_risk": frozenset({"legal_duty", "emergency"}),
}
"""The grounds on which a list of each kind may be left out."""


class OptOutUnfit(BadInput):
    """A list of opt-outs contradicts itself, or is left out on a ground that does not suit it."""

    code = "OPT_OUT_UNFIT"


class Disapplied(Value):
    """That a list is left out of one plan: on which ground, who said so, when and why."""

    ground: Ground
    by: Person
    on: date
    why: Annotated[Text, StringConstraints(min_length=10, max_length=1000)]


class OptOut(Value):
    """One list of people: those whose value in a column is in a file are held back, as far as the list reaches."""

    name: Annotated[Line, StringConstraints(max_length=100)]
    kind: Kind
    basis: Annotated[Text, StringConstraints(max_length=500)] = ""
    """What it rests on, in the organisation's words, such as its policy and the law that it names."""
    effect: Effect = "row"
    """`row`: their rows. `column`: their rows, whenever one of `columns` goes. `purpose`: their rows, for `purposes`.
    `second_person`: nothing, but somebody else must check the release."""
    columns: Annotated[tuple[ColumnName, ...], Field(max_length=200)] = ()
    """Columns of the source."""
    purposes: Annotated[tuple[Line, ...], Field(max_length=200)] = ()
    """The codes of the purposes that it reaches; without any, all."""
    recipients: Annotated[tuple[Line, ...], Field(max_length=200)] = ()
    """The names of the recipients that it reaches; without any, all."""
    path: ListPath
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    """The digest of the list as it was approved: another list is another plan."""
    column: ColumnName
    """The column that is looked up in the list: the person's number, or a pseudonym if the list holds pseudonyms."""
    out_of_scope: bool = False
    """Whether purpose or recipient are outside its reach; the release checks that they are."""
    may_match_nobody: bool = False
    """Whether it is right that nobody on it stands in the source; else a list that matches nobody is refused."""
    disapplied: Disapplied | None = None

    @model_validator(mode="after")
    def _holds_together(self) -> OptOut:
        wrong = why_not_list(self)
        if wrong is not None:
            raise OptOutUnfit(wrong, fix="See docs/how-to/opt-outs.md.", where=f"opt_outs: {self.name}")
        return self

    @property
    def test(self) -> Listing:
        """The test that holds these people back."""
        return Listing(test="not_listed", column=self.column, path=self.path, sha256=self.sha256, opt_out=self.name)

    def holds_back(self, sent: Collection[str]) -> bool:
        """Whether its people are held back when these columns of the source go.

        >>> one = OptOut(name="x", kind="local_list", path="x.txt", sha256="0" * 64, column="id")
        >>> one.holds_back({"id"}), one.model_copy(update={"out_of_scope": True}).holds_back({"id"})
        (True, False)
        """
        if self.disapplied is not None or self.out_of_scope or self.effect == "second_person":
            return False
        return self.effect != "column" or bool(set(self.columns) & set(sent))

    def reaches(self, purpose: Purpose, recipient: str) -> bool:
        """Whether it has anything to say about this purpose and this recipient."""
        return (not self.purposes or purpose.code in self.purposes) and (
            not self.recipients or recipient in self.recipients
        )

    def describe(self) -> str:
        """The list in words, for previews."""
        state = "left out" if self.disapplied else "out of its scope" if self.out_of_scope else "applied"
        return f"{self.name} ({self.kind.replace('_', ' ')}): {state}"


def why_not_list(given: OptOut) -> str | None:
    """What contradicts itself in a list, or None."""
    if given.effect == "column" and not given.columns:
        return "it holds back columns, and names none"
    if given.effect == "purpose" and not given.purposes:
        return "it holds people back for some purposes, and names none"
    if given.out_of_scope and not (given.purposes or given.recipients):
        return "it reaches every purpose and recipient, so that nothing is out of its scope"
    if given.disapplied is not None and given.disapplied.ground not in GROUNDS[given.kind]:
        allowed = ", ".join(sorted(GROUNDS[given.kind]))
        return f"a list of the kind {given.kind} may not be left out for {given.disapplied.ground} (only: {allowed})"
    return None
