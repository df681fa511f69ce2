"""The report of an assessment or a decision: what was answered, what follows, what to do, and how sure the law is.

The sections follow the record that a holder needs when an authority asks for information. They and their wording are
this project's own, never the regulator's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import partial

from fairshare.decide.assess import Assessment
from fairshare.decide.explain import Citer
from fairshare.decide.phrases import sentence
from fairshare.decide.reasons import find_answer, find_findings, find_next_steps, find_reasons
from fairshare.decide.report_answers import tell_answers, tell_findings, tell_proofs
from fairshare.decide.report_shape import (
    Block,
    Bullets,
    Established,
    Pairs,
    Paragraph,
    Picture,
    Report,
    Section,
    Segment,
    Table,
)
from fairshare.decide.report_telling import Telling, load_sections
from fairshare.decide.ruling import Matter
from fairshare.decide.views import key_of
from fairshare.decide.words import Words
from fairshare.records.kinds import Decision, Request
from fairshare.words import Mark

_COLOURS = {"agreed": "#00703c", "redacted": "#1d4f91", "withheld": "#8a1f11", "open": "#505a5f"}


def build_report(
    assessment: Assessment,
    words: Words,
    cite: Citer,
    *,
    made_on: date,
    matter: Matter | None = None,
    request: Request | None = None,
    decision: Decision | None = None,
) -> Report:
    """The report of an assessment or, with `decision`, of what a person decided on it."""
    return _Writer(assessment, words, cite, matter, request, decision).write(made_on)


class _Writer(Telling):
    """Writes one report, section by section."""

    def write(self, made_on: date) -> Report:
        tool = self.words.tool(self.assessment.program.tool).title
        day = self.say("on_day", day=made_on, law_date=self.assessment.program.law_date)
        written = {
            "result": self._result(),
            "sharing": self._sharing(),
            **{name: self._plain(name) for name in load_sections() if name != "sharing"},
            "discussions": self._discussions(),
            "actions": self._actions(),
            "flags": self._holding("red_flag", "flags", "flags_none"),
            "reasons": self._reasons(),
            "proofs": list(tell_proofs(self)),
            "stamp": self._stamp(),
        }
        sections = [Section(name, self.say(name), tuple(blocks)) for name, blocks in written.items() if blocks]
        return Report(
            lang={"en": "en-GB", "cy": "cy"}[self.words.language],
            title=self.say("title_decision" if self.decision else "title", tool=tool),
            subtitle=day,
            sections=(Section("about", self.say("about"), tuple(self._about())), *sections),
        )

    def _about(self) -> Iterator[Block]:
        for name in ("about_made", "about_own", "about_person"):
            yield Paragraph(self.say(name))
        if self.words.unreviewed and "about_unreviewed" in self.phrases.texts:
            yield Paragraph(self.say("about_unreviewed"), weighty=True)

    def _result(self) -> list[Block]:
        found, decision, say = self.assessment, self.decision, self.say
        if not decision and (answered := self._answer()):
            return [*answered, *(Paragraph(text, weighty=True) for text in self._warnings())]
        name = decision.outcome if decision else found.outcome
        blocks: list[Block] = [
            Paragraph(say("result_decided" if decision else "result_case", outcome=say(name.value)), weighty=True)
        ]
        if decision.emergency if decision else found.emergency:
            blocks.append(Paragraph(say("result_emergency"), weighty=True))
        if decision and decision.departure:
            departure = decision.departure
            blocks.append(
                Paragraph(say("result_departs", outcome=say(departure.assessed.value), reasons=departure.reasons))
            )
            second = departure.second_approver
            blocks.append(
                Paragraph(say("result_second", name=second.name, role=second.role) if second else say("result_alone"))
            )
        blocks.append(self._picture())
        blocks += [Paragraph(text, weighty=True) for text in self._warnings()]
        return blocks

    def _answer(self) -> list[Block]:
        """What a tool that asks one test answers, item by item, instead of an outcome; empty in a tool that decides."""
        blocks: list[Block] = []
        for item in self.assessment.items:
            name = find_answer(self.assessment, item)
            if name:
                text = sentence(self.words.conclusion(name).true)
                blocks.append(
                    Paragraph(self.say("result_answer", item=self.name_part(item), answer=text), weighty=True)
                )
                titles = (self.words.conclusion(each).title for each in find_findings(self.assessment, item))
                blocks.append(Bullets(self.say("result_findings"), tuple(dict.fromkeys(titles))))
        return [each for each in blocks if not (isinstance(each, Bullets) and not each.items)]

    def _warnings(self) -> Iterator[str]:
        say = self.say

        def title(key: str) -> str:
            return self.words.conclusion(key.partition("@")[0]).title

        for each in self.assessment.collisions:
            yield say("collision", item=self.name_part(each.item), duty=title(each.duty), bar=title(each.bar))
        for referral in self.assessment.referrals:
            yield say("referral", question=self.ask(referral.finding))
        for other in self.assessment.alternatives:
            yield say(
                "alternative",
                item=self.name_part(other.item),
                now=self.name_outcome(other.now),
                then=self.name_outcome(other.then),
            )
        for item, keys in self.assessment.waiting_for.items():
            yield say("waiting", item=self.name_part(item), questions=" ".join(self.ask(key) for key in keys))

    def _picture(self) -> Picture:
        states = [self.find_state(item) for item in self.assessment.items]
        return Picture(
            self.say("picture"),
            tuple(
                Segment(self.say(state), states.count(state), colour)
                for state, colour in _COLOURS.items()
                if state in states
            ),
        )

    def _sharing(self) -> list[Block]:
        say, matter, request = self.say, self.matter, self.request
        rows: list[tuple[str, tuple[str, ...]]] = []
        if matter:
            rows += [
                (say("sharing_holder"), (matter.holder.name,)),
                (say("sharing_recipient"), (matter.recipient.name,)),
                (say("sharing_purpose"), tuple(filter(None, (matter.purpose.text, matter.purpose.code)))[:1]),
                (say("sharing_items"), tuple(self.name_part(item.ref) for item in matter.items)),
                (say("sharing_people"), tuple(subject.label for subject in matter.subjects)),
            ]
            if matter.recipient_contact:
                rows.append((say("sharing_contact"), (self.name_person(matter.recipient_contact),)))
        if request:
            rows += [
                (say("sharing_necessary"), (request.why_necessary,)),
                (say("sharing_power"), (request.power or "",)),
                (say("sharing_reference"), (request.reference or "",)),
                (say("sharing_received"), (self.phrases.write_date(request.received_on),)),
            ]
        blocks: list[Block] = [Pairs("", tuple((term, lines) for term, lines in rows if any(lines)))] if rows else []
        return [*blocks, *tell_answers(self, "sharing")]

    def _plain(self, name: str) -> list[Block]:
        """A section made of what holds and what was answered, with more where it has a part of its own."""
        blocks: list[Block] = []
        sorts = load_sections()[name]["sorts"]
        blocks.extend(self._established(*sorts))
        if name == "basis" and next(self.assessment.holding("lawful_basis"), None) is None:
            blocks.append(Paragraph(self.say("no_basis"), weighty=True))
        elif sorts and not blocks and name != "transparency":
            blocks.append(Paragraph(self.say("none_established")))
        parts: dict[str, Callable[[], Iterable[Block]]] = {
            "transparency": self._exemptions,
            "minimisation": self._items,
            "fairness": partial(tell_findings, self),
            "retention": self._retention,
            "accountability": self._accountability,
        }
        own = parts.get(name)
        found = [*blocks, *(own() if own else ()), *tell_answers(self, name)]
        return found or [Paragraph(self.say("nothing_answered"))]

    def _group(self, *sorts: str) -> dict[str, list[str]]:
        """The conclusions of these sorts that hold, each with the parts of the case it holds for."""
        holding: dict[str, list[str]] = {}
        for conclusion, instance in self.assessment.holding(*sorts):
            holding.setdefault(conclusion.id, []).append(instance)
        return holding

    def _established(self, *sorts: str) -> Iterator[Established]:
        """What holds, said once for all the persons or items that it holds for."""
        for name, instances in self._group(*sorts).items():
            found = self.words.conclusion(name)
            provisions = dict.fromkeys(
                provision
                for instance in instances
                for rule in self.assessment.rules_for(key_of(name, instance))
                for provision in self.assessment.base.rules[rule.rule].cite
            )
            parts = self.name_parts(instances, self.assessment.base.conclusions[name].scope)
            text = sentence(found.true or found.title)
            yield Established(
                found.title,
                f"{text} {self.say('established_for', parts=parts)}" if parts else text,
                tuple(self.keep_citation(each) for each in provisions),
            )

    def _exemptions(self) -> Iterator[Block]:
        say = self.say
        if self.decision and self.decision.exemptions:
            yield Table(
                say("exemptions_caption"),
                tuple(say(f"exemption_{name}") for name in ("duty", "person", "provision", "extent", "review")),
                tuple(
                    (
                        each.duty,
                        self.name_part(each.person) if each.person else say("everyone"),
                        "; ".join(self.keep_citation(one).title for one in each.provision.split("; ")),
                        each.extent,
                        self.phrases.write_date(each.review_on),
                    )
                    for each in self.decision.exemptions
                ),
            )
            return
        opened = {} if self.decision else self._group("exemption")
        if not opened:
            yield Paragraph(say("exemption_none"))
        for name, instances in opened.items():
            parts = ", ".join(self.name_part(each) for each in instances if each)
            title = self.words.conclusion(name).title
            yield Paragraph(say("exemption_open", title=f"{title} ({parts})" if parts else title))

    def _items(self) -> Iterator[Block]:
        say = self.say
        lines = {line.item.ref: line for line in self.decision.scope} if self.decision else {}
        rows = []
        for ref, _, person in self.assessment.program.shape.items:
            line = lines.get(ref)
            reasons = (
                [line.reason.text]
                if line
                else [reason.text for reason in find_reasons(self.assessment, self.words, ref)]
            )
            outcome = line.outcome if line else self.assessment.items[ref]
            rows.append(
                (
                    self.name_part(ref),
                    self.name_part(person) if person else say("nobody"),
                    f"{say(self.find_state(ref))}: {self.name_outcome(outcome)}"
                    if line
                    else self.name_item_outcome(ref),
                    (line.treatment if line else None) or "-",
                    " ".join(reasons) or "-",
                )
            )
        head = tuple(say(f"minimisation_{name}") for name in ("item", "person", "state", "treatment", "reason"))
        yield Table(say("minimisation_caption"), head, tuple(rows))
        conditions = (
            self.decision.conditions
            if self.decision
            else tuple(self.tell_what_to_do(each.id) for each, _ in self.assessment.holding("condition"))
        )
        if conditions:
            yield Bullets(say("conditions"), tuple(dict.fromkeys(conditions)))

    def _retention(self) -> Iterator[Block]:
        if self.decision:
            valid = self.decision.valid
            yield Paragraph(self.say("retention_valid", start=valid.start, end=valid.end or self.say("retention_open")))

    def _accountability(self) -> Iterator[Block]:
        say, decision = self.say, self.decision
        if decision is None:
            yield Paragraph(say("accountability_open"), weighty=True)
            return
        rows: list[tuple[str, tuple[str, ...]]] = [
            (say("accountability_decided"), (self.name_person(decision.decided_by),)),
            (say("accountability_made"), (decision.made_at.strftime("%Y-%m-%d %H:%M %Z"),)),
            (say("accountability_routine"), (say("yes" if decision.routine else "no"),)),
            (say("accountability_compelled"), (say("yes" if decision.compelled else "no"),)),
        ]
        if decision.approved_by:
            rows.append(
                (say("accountability_approved"), tuple(self.name_person(each) for each in decision.approved_by))
            )
        if decision.departure and decision.departure.second_approver:
            rows.append((say("accountability_second"), (self.name_person(decision.departure.second_approver),)))
        yield Pairs("", tuple(rows))

    def _discussions(self) -> list[Block]:
        keys = dict.fromkeys(key for waiting in self.assessment.waiting_for.values() for key in waiting)
        steps = [step for item in self.assessment.items for step in find_next_steps(self.assessment, self.words, item)]
        needs = [self.tell_what_to_do(each.id) for each, _ in self.assessment.holding("need")]
        asked = tuple(dict.fromkeys((*needs, *steps, *(self.ask(key) for key in keys))))
        return [Bullets("", asked)] if asked else [Paragraph(self.say("discussions_none"))]

    def _actions(self) -> list[Block]:
        return self._holding("action", "actions", "actions_none")

    def _holding(self, sort: str, name: str, none: str) -> list[Block]:
        lines = tuple(dict.fromkeys(self.tell_what_to_do(each.id) for each, _ in self.assessment.holding(sort)))
        return [Bullets("", lines)] if lines else [Paragraph(self.say(none))]

    def _reasons(self) -> list[Block]:
        outcome = self.decision.outcome if self.decision else self.assessment.outcome
        items = self.assessment.items
        reasons = (
            [reason.text for reason in self.decision.reasons]
            if self.decision
            else [
                reason.text
                for item, found in items.items()
                if not (found and found.shares)
                for reason in find_reasons(self.assessment, self.words, item)
            ]
        )
        steps = " ".join(
            dict.fromkeys(step for item in items for step in find_next_steps(self.assessment, self.words, item))
        )
        next_step = self.decision.next_step if self.decision else steps
        blocks: list[Block] = [Bullets("", tuple(dict.fromkeys(reasons)))] if reasons else []
        if next_step and (reasons or not outcome.shares):
            blocks.append(Paragraph(self.say("next_step", text=next_step), weighty=True))
        return blocks

    def _stamp(self) -> list[Block]:
        say, program = self.say, self.assessment.program
        rows = (
            (say("stamp_rules"), (program.digest,)),
            (say("stamp_day"), (self.phrases.write_date(program.law_date),)),
            (say("stamp_tool"), (program.tool,)),
        )
        blocks: list[Block] = [Pairs("", rows)]
        if not self.cited:
            return [*blocks, Paragraph(say("stamp_none"))]
        found = sorted(self.cited.values(), key=lambda each: each.title)
        marks = [self.sight.phrases.say(f"mark_{each.mark.value if each.mark else 'unknown'}") for each in found]
        blocks.append(
            Table(
                say("stamp_caption"),
                (say("stamp_provision"), say("stamp_says"), say("stamp_mark")),
                tuple((each.title, each.says or "-", mark) for each, mark in zip(found, marks, strict=True)),
                tuple(each.link for each in found),
            )
        )
        if any(each.mark is not Mark.READ for each in found):
            blocks.append(Paragraph(say("stamp_weak"), weighty=True))
        return blocks
