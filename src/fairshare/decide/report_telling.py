"""What every part of a report needs: the case, the words for it, and the names people gave things."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from pydantic import TypeAdapter

from fairshare.decide.answers import write_value
from fairshare.decide.assess import Assessment
from fairshare.decide.conditions_in_words import Sight
from fairshare.decide.explain import Citation, Citer, make_sight
from fairshare.decide.language import Scope
from fairshare.decide.phrases import FOLDER, Phrases, load_phrases, sentence
from fairshare.decide.reasons import find_answer
from fairshare.decide.ruling import Matter
from fairshare.decide.settle import Status
from fairshare.decide.views import list_views
from fairshare.decide.words import Words, spell
from fairshare.records.kinds import Decision, Request, ScopeState
from fairshare.words import Answer, Outcome, Person
from fairshare.words.reading import parse_yaml, read_file


@dataclass
class Telling:
    """One report in the making."""

    assessment: Assessment
    words: Words
    cite: Citer
    matter: Matter | None
    request: Request | None
    decision: Decision | None

    def __post_init__(self) -> None:
        self.phrases: Phrases = load_phrases(self.words.language, "report_")
        self.say = self.phrases.say
        self.labels = label_parts(self.matter) if self.matter else {}
        truths = {
            key: {Status.TRUE: True, Status.FALSE: False}.get(status)
            for key, status in self.assessment.statuses.items()
        }
        self.sight: Sight = make_sight(
            self.assessment.base,
            self.assessment.result,
            self.words,
            answers=self.assessment.answers,
            labels=self.labels,
            truths=truths,
        )
        self.cited: dict[str, Citation] = {}

    def name_part(self, instance: str) -> str:
        """What the case calls a flow, person or item."""
        return self.labels.get(instance) or spell(instance)

    def ask(self, key: str) -> str:
        """The question behind a key, and whom or what it is about."""
        name, _, instance = key.partition("@")
        question = self.words.fact(name).question
        return f"{question} ({self.name_part(instance)})" if instance in self.labels else question

    def name_outcome(self, outcome: Outcome | None) -> str:
        """An outcome in words."""
        return self.say(outcome.value if outcome else "open")

    def name_item_outcome(self, item: str) -> str:
        """The outcome of an item in words or, in a tool that asks one test, the answer of that test."""
        answer = find_answer(self.assessment, item)
        return self.words.conclusion(answer).title if answer else self.name_outcome(self.assessment.items[item])

    def find_state(self, item: str) -> str:
        """What becomes of an item: `agreed`, `redacted`, `withheld` or `open`."""
        if self.decision:
            return next(line.state.value for line in self.decision.scope if line.item.ref == item)
        outcome = self.assessment.items[item]
        if outcome is None or outcome is Outcome.DEFER_NEED_INFO:
            return "open"
        reduced = outcome in (Outcome.SHARE_MINIMISED, Outcome.SHARE_DEIDENTIFIED)
        state = ScopeState.REDACTED if reduced else ScopeState.AGREED if outcome.shares else ScopeState.WITHHELD
        return state.value

    def name_person(self, person: Person) -> str:
        """A person who acted, in one line."""
        return ", ".join(filter(None, (person.name, person.role, person.organisation)))

    def name_parts(self, instances: Iterable[str], scope: Scope) -> str:
        """What the case calls several parts of it; empty if that is all it has of their kind."""
        named = list(instances)
        every = len(list_views(self.assessment.program.shape, scope))
        return ", ".join(self.name_part(each) for each in named) if len(named) < every else ""

    def tell_answer(self, fact: str, answer: Answer) -> str:
        """An answer in words."""
        numeric = not self.assessment.base.facts[fact].values and not answer.cannot_be_known
        if answer.cannot_be_known:
            text = sentence(
                self.words.state(fact, answer.value)
                or self.sight.phrases.say("unobtainable", question=self.words.fact(fact).question)
            )
        else:
            text = write_value(answer.value) if numeric else self.words.label(fact, answer.value)
        return text

    def tell_what_to_do(self, conclusion: str) -> str:
        """What a conclusion asks somebody to do or, failing that, what it says."""
        found = self.words.conclusion(conclusion)
        return sentence(found.action or found.true or found.title)

    def keep_citation(self, provision: str) -> Citation:
        """A citation, remembered for the stamp at the end."""
        return self.cited.setdefault(provision, self.cite(provision))


def label_parts(matter: Matter) -> dict[str, str]:
    """What to call each subject and item; an item that shares its label with another also says whom it is about."""
    people = {subject.ref: subject.label for subject in matter.subjects}
    counts = Counter(item.label for item in matter.items)
    items = {
        item.ref: f"{item.label} ({people[item.person]})"
        if counts[item.label] > 1 and item.person in people
        else item.label
        for item in matter.items
    }
    return people | items


@cache
def load_sections() -> dict[str, dict[str, list[str]]]:
    """Which sorts of conclusion and which facts each section of the report shows."""
    raw = parse_yaml(read_file(FOLDER / "report_sections.yaml"), where="report_sections.yaml")
    return TypeAdapter(dict[str, dict[str, list[str]]]).validate_python(raw)


def find_section(fact: str) -> str:
    """The section of the report in which the answer to a fact stands."""
    fits = [
        (len(start), name)
        for name, section in load_sections().items()
        for start in section["facts"]
        if fact.startswith(start)
    ]
    return max(fits)[1] if fits else "accountability"
