"""The plan of a redaction, as data: what is to be removed from which document, why, at whose wish, confirmed by whom.

A suggestion is not a removal. It becomes one when a named person accepts it, and until every suggestion is decided and
every removal confirmed, nothing is redacted and nothing can be released. The plan holds the very words to be removed,
so it stays with the holder.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from fairshare.documents.redact_terms import Box, Removals, Term
from fairshare.records.kinds import Digest
from fairshare.words import BadInput, NotFound, Person, Reason, Refused, Value
from fairshare.words.reading import build, parse_json, parse_yaml
from fairshare.words.values import Line, Ref

FORMAT: Literal["fairshare-redaction/1"] = "fairshare-redaction/1"
MAX_PLAN_BYTES = 16 * 1024 * 1024


class ReasonCode(StrEnum):
    """Why something is removed."""

    THIRD_PARTY = "third_party"
    AT_RISK_ADDRESS = "at_risk_address"
    OUT_OF_SCOPE = "out_of_scope"
    IDENTIFIER = "identifier"
    PRIVILEGED = "privileged"
    CONFIDENCE = "confidence"
    SENSITIVE = "sensitive"
    STAFF = "staff"
    OTHER = "other"


Sort = Literal[
    "name", "third_party", "at_risk_address", "address", "postcode", "nhs_number", "ni_number", "phone", "email",
    "birth_date", "number_plate", "face",
]  # fmt: skip
"""What a suggestion is about."""
SuggestionId = Annotated[str, StringConstraints(pattern=r"^s[1-9][0-9]{0,5}$")]


class NotSettled(Refused):
    """Something in a redaction plan has not been confirmed or decided by a named person."""

    code = "REDACTION_NOT_SETTLED"


class OtherSource(Refused):
    """A document is not the one that the redaction plan was made for."""

    code = "REDACTION_OTHER_SOURCE"


class _Removal(Value):
    """What every removal says of itself."""

    reason: ReasonCode
    asked_by: Line
    """Who wants it removed: a person, a policy, a court."""
    confirmed_by: Person | None = None


class BoxRemoval(_Removal):
    """An area painted over."""

    box: Box


class TermRemoval(_Removal):
    """Words removed wherever they stand in the document."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
    exact_case: bool = False
    whole_words: bool = True

    @property
    def term(self) -> Term:
        """The words as redaction takes them."""
        return Term(text=self.text, exact_case=self.exact_case, whole_words=self.whole_words)


class Suggestion(Value):
    """Words, or an area of a picture, that somebody should look at, why, and what a person made of it."""

    id: SuggestionId
    sort: Sort
    text: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    why: Line
    places: tuple[Line, ...] = ()
    box: Box | None = None
    """The area, where it is not words; `text` then only says which it is."""
    reason: ReasonCode
    decision: Literal["accept", "reject"] | None = None
    decided_by: Person | None = None
    because: Line | None = None
    """Why it stays; needed when a suggestion is rejected."""

    @model_validator(mode="after")
    def _is_decided_by_somebody(self) -> Suggestion:
        if (self.decision is None) != (self.decided_by is None):
            raise ValueError("a decision needs who decided, and nobody decides nothing")
        if self.decision == "reject" and not self.because:
            raise ValueError("a rejected suggestion needs a reason")
        return self


class PlannedDocument(Value):
    """One document: which item of the decision it is, and what is to be removed from it."""

    item: Ref
    path: Line
    """Beside the plan's own file."""
    sha256: Digest
    treatment: Line = "redacted"
    """In the words of the decision."""
    ocr: bool = False
    """Whether words in pictures are read too."""
    boxes: tuple[BoxRemoval, ...] = ()
    terms: tuple[TermRemoval, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()

    def removed_terms(self) -> tuple[TermRemoval, ...]:
        """The terms, and the suggestions of words that were accepted."""
        accepted = tuple(
            TermRemoval(reason=each.reason, asked_by=each.why, confirmed_by=each.decided_by, text=each.text)
            for each in self.suggestions
            if each.decision == "accept" and each.box is None
        )
        return self.terms + accepted

    def removed_boxes(self) -> tuple[BoxRemoval, ...]:
        """The areas, and the suggestions of areas that were accepted."""
        accepted = tuple(
            BoxRemoval(reason=each.reason, asked_by=each.why, confirmed_by=each.decided_by, box=each.box)
            for each in self.suggestions
            if each.decision == "accept" and each.box is not None
        )
        return self.boxes + accepted

    def removals(self) -> Removals:
        """What is to be removed, without why and by whom."""
        return Removals(
            boxes=tuple(each.box for each in self.removed_boxes()),
            terms=tuple(each.term for each in self.removed_terms()),
        )

    def confirmers(self) -> tuple[Person, ...]:
        """Everybody who confirmed a removal or decided a suggestion, each once."""
        people = [each.confirmed_by for each in (*self.boxes, *self.terms)]
        people += [each.decided_by for each in self.suggestions]
        return tuple(dict.fromkeys(each for each in people if each is not None))

    @property
    def is_about_someone_at_risk(self) -> bool:
        """Whether an address of somebody at risk is removed, or was found and stays."""
        removed = {each.reason for each in self.boxes} | {each.reason for each in self.terms}
        return ReasonCode.AT_RISK_ADDRESS in removed | {each.reason for each in self.suggestions}


class RedactionPlan(Value):
    """What is to be removed from the documents of one bundle."""

    format: Literal["fairshare-redaction/1"] = FORMAT
    case: Ref
    documents: Annotated[tuple[PlannedDocument, ...], Field(min_length=1, max_length=1_000)]

    @model_validator(mode="after")
    def _documents_stand_once(self) -> RedactionPlan:
        if len({each.sha256 for each in self.documents}) < len(self.documents):
            raise ValueError("one document stands in it twice")
        ids = [each.id for document in self.documents for each in document.suggestions]
        if len(set(ids)) < len(ids):
            raise ValueError("two suggestions have the same id")
        return self


def read_redaction_plan(raw: bytes, *, where: str) -> RedactionPlan:
    """A plan from JSON or YAML, as bytes that somebody else wrote."""
    if len(raw) > MAX_PLAN_BYTES:
        raise BadInput("the plan is too large", fix="Split the bundle.", where=where)
    parse = parse_json if raw.lstrip()[:1] == b"{" else parse_yaml
    return build(RedactionPlan, parse(raw, where=where), where=where)


def why_not_settled(document: PlannedDocument) -> Reason | None:
    """What of a document's plan nobody has confirmed or decided yet, by number; None if all of it is settled."""
    open_boxes = sum(each.confirmed_by is None for each in document.boxes)
    open_terms = sum(each.confirmed_by is None for each in document.terms)
    undecided = [each.id for each in document.suggestions if each.decision is None]
    said = [
        f"{count} {what} not confirmed"
        for count, what in ((open_boxes, "boxes"), (open_terms, "terms"))
        if count
    ]  # fmt: skip
    if undecided:
        said.append(f"{len(undecided)} suggestions not decided ({', '.join(undecided[:5])})")
    return Reason(text="; ".join(said)) if said else None


def check_settled(plan: RedactionPlan) -> None:
    """Refuses a plan in which anything is still open."""
    for number, document in enumerate(plan.documents, start=1):
        reason = why_not_settled(document)
        if reason is not None:
            raise NotSettled(
                reason.text,
                fix="Have a named person decide each: `fairshare redact plan` with --accept, --reject or --confirm.",
                where=f"document {number}, item {document.item}",
            )


def decide_suggestions(
    plan: RedactionPlan,
    chosen: Collection[str],
    decision: Literal["accept", "reject"],
    by: Person,
    *,
    because: str | None = None,
) -> RedactionPlan:
    """The plan with some suggestions accepted or rejected by a named person.

    Takes    chosen: ids (`s3`), sorts (`nhs_number`), or `all` for what is still undecided.
    Raises   NotFound for one that is not there; BadInput when a rejection has no reason.
    """
    if decision == "reject" and not (because or "").strip():
        raise BadInput("to leave something in needs a reason", fix="Say why it may stay: --because.", where="because")
    ids = {each.id for document in plan.documents for each in document.suggestions}
    sorts = {each.sort for document in plan.documents for each in document.suggestions}
    unknown = sorted(set(chosen) - ids - sorts - {"all"})
    if unknown:
        raise NotFound("there is no such suggestion", fix="`fairshare redact plan` lists them.", where=unknown[0])

    def decide(each: Suggestion) -> Suggestion:
        by_kind = each.decision is None and ("all" in chosen or each.sort in chosen)
        if each.id not in chosen and not by_kind:
            return each
        settled = {"decision": decision, "decided_by": by, "because": because if decision == "reject" else None}
        return each.model_copy(update=settled)

    return _change(plan, lambda document: {"suggestions": tuple(decide(each) for each in document.suggestions)})


def confirm_removals(plan: RedactionPlan, by: Person) -> RedactionPlan:
    """The plan with every box and term that nobody has confirmed yet confirmed by a named person."""

    def confirmed(document: PlannedDocument) -> dict[str, object]:
        return {
            "boxes": tuple(_confirm(each, by) for each in document.boxes),
            "terms": tuple(_confirm(each, by) for each in document.terms),
        }

    return _change(plan, confirmed)


def add_removal(plan: RedactionPlan, removal: BoxRemoval | TermRemoval, items: Collection[str]) -> RedactionPlan:
    """The plan with one more removal, from the documents of some items; of all, if none is named."""
    known = {document.item for document in plan.documents}
    for item in sorted(set(items) - known):
        raise NotFound("the plan has no document of this item", fix="`fairshare redact plan` lists them.", where=item)

    def added(document: PlannedDocument) -> dict[str, object]:
        if items and document.item not in items:
            return {}
        name = "boxes" if isinstance(removal, BoxRemoval) else "terms"
        return {name: (*getattr(document, name), removal)}

    return _change(plan, added)


def _confirm(removal: BoxRemoval | TermRemoval, by: Person) -> BoxRemoval | TermRemoval:
    return removal if removal.confirmed_by is not None else removal.model_copy(update={"confirmed_by": by})


def _change(plan: RedactionPlan, change: Callable[[PlannedDocument], dict[str, object]]) -> RedactionPlan:
    return plan.model_copy(update={"documents": tuple(each.model_copy(update=change(each)) for each in plan.documents)})


def count_reasons(document: PlannedDocument, found: tuple[int, ...]) -> Iterator[tuple[ReasonCode, int]]:
    """How much was removed for each reason: boxes, and the times that each term stood there."""
    for removed in document.removed_boxes():
        yield removed.reason, 1
    for term, times in zip(document.removed_terms(), found, strict=True):
        yield term.reason, times
