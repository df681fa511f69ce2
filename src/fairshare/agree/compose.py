"""An agreement composed from a decision and the clause bank: which clauses, why each is in or out, what is missing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from fairshare.agree.bank import Bank, BankClause, Content, UnknownClause, load_bank
from fairshare.agree.circumstances import find_circumstances
from fairshare.agree.draft import NotForAgreement, check_can_be_agreed, check_parties, check_review
from fairshare.agree.schedules import build_schedules
from fairshare.agree.terms import AgreementTerms
from fairshare.records.agreed import AgreedClause, Form, FullParty
from fairshare.records.kinds import Agreement, Decision, FullAgreement, ScopeState
from fairshare.words import Person, Refused
from fairshare.words.values import Item, Purpose

GAP = re.compile(r"\[\[([a-z_]+)\]\]")
"""How a slot that nobody has filled stands in the text."""
EXIT = ("redirect.processor", "role.processor")
"""The conclusions by which the roles gate says that the recipient acts for the holder."""
_STATUS: dict[Form, Literal["controller", "joint_controller"]] = {Form.JOINT: "joint_controller"}


class LawRequiresClause(Refused):
    """A clause that the law requires in this kind of agreement would be left out."""

    code = "LAW_REQUIRES_CLAUSE"


@dataclass(frozen=True)
class ClauseChoice:
    """Whether a clause is in the agreement, and why."""

    id: str
    put_in: bool
    why: Literal["applies", "not_known", "wanted", "chosen", "does_not_apply", "only_offered", "left_out"]
    reason: str = ""


@dataclass(frozen=True)
class Composition:
    """A composed agreement, and how it came about."""

    agreement: FullAgreement
    choices: tuple[ClauseChoice, ...]
    circumstances: Mapping[str, bool | None]

    @property
    def gaps(self) -> tuple[str, ...]:
        """The slots that nobody has filled."""
        return find_gaps(self.agreement)


def compose_agreement(
    decision: Decision | None,
    decision_id: str | None,
    parties: Sequence[FullParty],
    terms: AgreementTerms,
    *,
    case: str,
    salt: str,
    made_at: datetime,
    made_by: Person,
) -> Composition:
    """An agreement of the wanted kind, ready to be negotiated and signed.

    Takes    decision: None only for a framework, which rests on no single one.
    Raises   NotForAgreement when the decision, the parties or the dates do not support this kind of agreement;
             LawRequiresClause, UnknownClause or BadInput for choices that cannot be.
    """
    check_form(decision, parties, terms)
    bank = load_bank(terms.language)
    circumstances = find_circumstances(bank, decision, terms.circumstances)
    choices = choose_clauses(bank, terms, circumstances)
    slots = fill_slots(bank, decision, parties, terms)
    chosen = [bank.clause(each.id) for each in choices if each.put_in]
    items, treatments = _find_items(decision, terms.form)
    purpose = _find_purpose(decision, terms)
    found: dict[str, Any] = {
        "case": case,
        "salt": salt,
        "follows": tuple(each for each in (decision_id, terms.supersedes) if each is not None),
        "made_at": made_at,
        "made_by": made_by,
        "title": terms.title,
        "parties": tuple(_set_status(each, decision, terms.form) for each in parties),
        "purpose": purpose,
        "items": items,
        "treatments": treatments,
        "valid": terms.valid,
        "review_on": terms.review_on,
        "conditions": decision.conditions if decision else (),
        "form": terms.form,
        "language": terms.language,
        "clauses": (
            *(_agree_clause(each, terms, slots) for each in chosen),
            *(
                AgreedClause(id=f"own.{_letter(n)}", heading=each.heading, text=each.text)
                for n, each in enumerate(terms.own)
            ),
        ),
        "schedules": build_schedules(bank, chosen, decision, decision_id, parties, terms, slots, made_at.date()),
        "framework": terms.framework,
        "supersedes": terms.supersedes,
    }
    return Composition(FullAgreement.model_validate(found), choices, circumstances)


def check_form(decision: Decision | None, parties: Sequence[FullParty], terms: AgreementTerms) -> None:
    """Refuses a kind of agreement that the decision or the parties do not support."""
    form = terms.form
    if decision is None:
        if form is not Form.FRAMEWORK:
            raise NotForAgreement(
                "only a framework rests on no decision", fix="Decide the case first.", where="agreement.form"
            )
        check_parties((), parties)
        check_review(terms.valid, terms.review_on)
    else:
        says_processor = is_exit(decision)
        if says_processor != (form is Form.PROCESSOR):
            raise NotForAgreement(
                "the recipient acts on instructions only"
                if says_processor
                else "nothing says that one acts for the other",
                fix="Use the kind `processor` where, and only where, the answers on roles say so.",
                where="agreement.form",
            )
        check_can_be_agreed(decision, parties, terms.valid, terms.review_on, shares=form is not Form.PROCESSOR)
    first = min(each.turn for each in parties)
    if not any(each.key is not None for each in parties if each.turn == first):
        raise NotForAgreement(
            "nobody with a key signs first, and a record begins with a key",
            fix="Let a party that signs with a key have the first turn.",
            where="agreement.parties",
        )
    if form is Form.MOU and not terms.crown:
        raise NotForAgreement(
            "a memorandum takes the place of a contract only between government departments and a few other bodies",
            fix="Confirm with `crown: true` that every party is one, or choose another kind.",
            where="agreement.form",
        )
    if (form is Form.FRAMEWORK_SCHEDULE) != (terms.framework is not None):
        raise NotForAgreement(
            "a schedule to a framework names it, and no other kind does",
            fix="Give the id of the framework, and the kind `framework_schedule`.",
            where="agreement.framework",
        )


def is_exit(decision: Decision) -> bool:
    """Whether the roles gate said that the recipient only acts on the holder's instructions."""
    return any(
        each.status == "true" and each.conclusion.partition("@")[0] in EXIT for each in decision.findings
    ) or any(
        key.partition("@")[0] == "recipient.role" and answer.value == "processor"
        for key, answer in decision.answers.items()
    )


def choose_clauses(
    bank: Bank, terms: AgreementTerms, circumstances: Mapping[str, bool | None]
) -> tuple[ClauseChoice, ...]:
    """For each clause that this kind of agreement may have, whether it goes in, and why."""
    possible = {each.id for each in bank.for_form(terms.form)}
    for name in (*terms.leave_out, *terms.add, *terms.choose):
        if name not in possible:
            raise UnknownClause(
                f"a {terms.form.value.replace('_', ' ')} has no such clause",
                fix="`fairshare agree clauses` lists them.",
                where=name,
            )
    return tuple(_choose(each, terms, circumstances) for each in bank.for_form(terms.form))


def fill_slots(
    bank: Bank, decision: Decision | None, parties: Sequence[FullParty], terms: AgreementTerms
) -> dict[str, str]:
    """What stands in each slot; a slot that nobody filled is shown as a gap."""
    names = [each.organisation.name for each in parties]
    until = {"en": "further notice", "cy": "nes clywir yn wahanol"}[terms.language]
    holder, recipient = (decision.holder.name, decision.recipient.name) if decision else (names[0], names[-1])
    known = {
        "parties": _join(names, terms.language),
        "holder": holder,
        "recipient": recipient,
        "purpose": _say_purpose(_find_purpose(decision, terms)),
        "start": _say_day(terms.valid.start),
        "end": _say_day(terms.valid.end) if terms.valid.end else until,
        "review": _say_day(terms.review_on),
        "signatories": ", ".join(
            f"{each.turn}. {each.organisation.name}" for each in sorted(parties, key=lambda each: each.turn)
        ),
    }
    if terms.framework_title:
        known["framework"] = terms.framework_title
    if unknown := set(terms.slots) - set(bank.slots):
        raise UnknownClause(
            f"no clause has the slot {min(unknown)[:60]}",
            fix=f"Choose from {', '.join(bank.slots)}.",
            where="slots",
        )
    defaults = {name: slot.default[terms.language] for name, slot in bank.slots.items() if slot.default}
    gaps = {name: f"[[{name}]]" for name in bank.slots}
    return gaps | defaults | known | dict(terms.slots)


def find_gaps(agreement: Agreement) -> tuple[str, ...]:
    """The slots that nobody has filled in an agreement's clauses and schedules, by name."""
    if not isinstance(agreement, FullAgreement):
        return ()
    texts = [each.text for each in agreement.clauses]
    for schedule in agreement.schedules:
        texts += [schedule.text, *(cell for row in schedule.rows for cell in row)]
    return tuple(dict.fromkeys(name for text in texts for name in GAP.findall(text)))


def find_unmet(
    agreement: FullAgreement,
    framework: FullAgreement | None = None,
    circumstances: Mapping[str, bool | None] | None = None,
) -> tuple[Content, ...]:
    """What an agreement of this kind is expected to hold, and this one does not.

    Takes    circumstances: what is known to hold; a content for a circumstance counts unless it does not hold.
    """
    bank = load_bank(agreement.language)
    held = {each.id for each in (*agreement.clauses, *(framework.clauses if framework else ()))}
    met = {content for each in held & set(bank.clauses) for content in bank.clauses[each].meets}
    if agreement.form is Form.FRAMEWORK_SCHEDULE and framework is None:
        met |= {content for each in bank.for_form(Form.FRAMEWORK) for content in each.meets}
    known = circumstances or {}
    return tuple(
        each
        for each in bank.expected(agreement.form)
        if each.id not in met and (each.when is None or known.get(each.when, False) is not False)
    )


def _choose(clause: BankClause, terms: AgreementTerms, circumstances: Mapping[str, bool | None]) -> ClauseChoice:
    holds = [circumstances[name] for name in clause.when]
    if clause.id in terms.leave_out:
        if clause.level == "must" and False not in holds:
            raise LawRequiresClause(
                "a clause that the law requires would be left out",
                fix="Keep it, or say under `circumstances` why it does not apply.",
                where=clause.id,
            )
        return ClauseChoice(clause.id, False, "left_out", terms.leave_out[clause.id])
    if clause.id in terms.add or clause.id in terms.choose:
        return ClauseChoice(clause.id, True, "wanted" if clause.id in terms.add else "chosen")
    if False in holds:
        return ClauseChoice(clause.id, False, "does_not_apply")
    if clause.level == "could" and not clause.always:
        return ClauseChoice(clause.id, False, "only_offered")
    # Not known is never silently no: what would protect people stays in until somebody settles it.
    return ClauseChoice(clause.id, True, "not_known" if None in holds else "applies")


def _agree_clause(clause: BankClause, terms: AgreementTerms, slots: Mapping[str, str]) -> AgreedClause:
    number = terms.choose.get(clause.id, 0)
    if number >= len(clause.texts):
        raise UnknownClause(
            f"this clause has {len(clause.texts) - 1} alternatives", fix="Choose one that is there.", where=clause.id
        )
    return AgreedClause(
        id=clause.id,
        heading=clause.words.heading,
        text=tidy(clause.texts[number].format_map(slots)),
        level=clause.level,
        cites=clause.cites,
    )


def tidy(text: str) -> str:
    """A text without the doubled full stops that a filled slot can leave.

    >>> tidy("For this purpose: a study..")
    'For this purpose: a study.'
    """
    return re.sub(r"(?<=[.!?])\.(?!\.)", "", re.sub(r" {2,}", " ", text)).strip()


def _set_status(party: FullParty, decision: Decision | None, form: Form) -> FullParty:
    if form is Form.PROCESSOR and decision and party.organisation.name == decision.recipient.name:
        return party.model_copy(update={"status": "processor"})
    return party.model_copy(update={"status": _STATUS.get(form, party.status)})


def _find_items(decision: Decision | None, form: Form) -> tuple[tuple[Item, ...], dict[str, str]]:
    """The items that go, and their treatments. A processor gets what it is sent to work on, so nothing is shared."""
    lines = [
        line
        for line in (decision.scope if decision else ())
        if line.state is not ScopeState.WITHHELD or form is Form.PROCESSOR
    ]
    return tuple(line.item for line in lines), {line.item.ref: line.treatment for line in lines if line.treatment}


def _find_purpose(decision: Decision | None, terms: AgreementTerms) -> Purpose:
    if decision is not None:
        return decision.purpose
    if terms.purpose is None:
        raise NotForAgreement("a framework needs a purpose", fix="Say what it is for.", where="agreement.purpose")
    return terms.purpose


def _say_purpose(purpose: Purpose) -> str:
    return (purpose.text or purpose.code.replace(".", ", ").replace("_", " ")).rstrip(".")


def _say_day(day: date) -> str:
    return f"{day.day:02}/{day.month:02}/{day.year}"


def _join(names: Sequence[str], language: str) -> str:
    last = {"en": " and ", "cy": " a "}[language]
    return last.join((", ".join(names[:-1]), names[-1])) if len(names) > 1 else "".join(names)


def _letter(number: int) -> str:
    """A name for the parties' own clauses: a, b, ... z, aa.

    >>> _letter(0), _letter(26)
    ('a', 'aa')
    """
    return (_letter(number // 26 - 1) if number >= 26 else "") + chr(ord("a") + number % 26)
