"""An impact assessment as a document: blank, or filled from the answers of the tool that checks one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fairshare.decide.answers import write_value
from fairshare.decide.assess import Assessment
from fairshare.decide.decision_form import FORMS
from fairshare.decide.language import RuleBase
from fairshare.decide.phrases import sentence
from fairshare.decide.told_answers import tell_facts
from fairshare.decide.words import Words
from fairshare.documents.model import (
    Block,
    Choice,
    Document,
    Fields,
    FormField,
    Heading,
    Notice,
    SignaturePlace,
    make_runs,
)
from fairshare.request.wording import (
    Cover,
    build_groups,
    list_law,
    load_shared,
    load_wording,
    write_document,
    write_paragraphs,
    write_points,
)
from fairshare.words import Answer

TOOL: Final = "gate.dpia"


def write_dpia(assessment: Assessment | None, base: RuleBase, words: Words, cover: Cover) -> Document:
    """The screening, each part of the assessment, what follows from the answers, and what is still to be done.

    Takes    assessment: of the tool `gate.dpia`; none for a blank form. words: in the language of the cover.
    """
    form, tongue = load_wording(FORMS / "dpia.yaml"), cover.tongue
    answers: Mapping[str, Answer] = assessment.answers if assessment else {}
    told = {
        field.name: tell_facts([each for each in field.answers if _is_judged(each, base)], answers, words, {})
        for field in form.fields()
    }
    blocks: list[Block] = []
    for group, block in zip(form.groups, build_groups(form, cover, told), strict=True):
        facts = [fact for field in group.fields for fact in field.answers]
        asked = tuple(_ask(fact, base, words, answers) for fact in facts)
        blocks.append(
            block.model_copy(update={"fields": (*asked, *block.fields)}) if isinstance(block, Fields) else block
        )
    cited = [each for field in form.fields() for each in field.law]
    return write_document(
        cover,
        form,
        "dpia",
        [
            Notice(sort="important", runs=make_runs(form.say("never_waits", tongue))),
            *write_paragraphs(form.say("intro", tongue)),
            *blocks,
            *(_tell_findings(assessment, words, cover) if assessment else []),
            *list_law(cited, cover),
            Heading(text=form.say("signature", tongue)),
            SignaturePlace(organisation=cover.brand.organisation),
        ],
        status=load_shared().say("draft" if assessment else "blank", tongue),
    )


def _is_judged(fact: str, base: RuleBase) -> bool:
    return base.facts[fact].judgement is not None


def _ask(fact: str, base: RuleBase, words: Words, answers: Mapping[str, Answer]) -> FormField:
    """A fact as a question of the form, with its answer."""
    said = words.fact(fact)
    given = next((each.value for key, each in answers.items() if key.partition("@")[0] == fact), None)
    value = None if given is None else write_value(given)
    offered = tuple(Choice(value=each, label=label) for each, label in said.values.items())
    yes_no = {each.value for each in offered} == {"yes", "no"}
    return FormField(
        name=fact,
        label=said.question,
        hint=said.help,
        value=value,
        sort="yes_no" if yes_no else "choice" if offered else "line",
        choices=() if yes_no else offered,
    )


def _tell_findings(assessment: Assessment, words: Words, cover: Cover) -> list[Block]:
    """What follows from the answers, and what each open part asks somebody to do."""
    form, tongue = load_wording(FORMS / "dpia.yaml"), cover.tongue
    goals = [name for name in assessment.base.tools[TOOL].goals if name.startswith("dpia.")]
    needs = [each.id for each, _ in assessment.holding("need")]
    found = [
        sentence(words.conclusion(name).true)
        for name in goals
        if any(key.partition("@")[0] == name and status.value == "true" for key, status in assessment.statuses.items())
    ]
    todo = [f"{words.conclusion(name).title}: {words.conclusion(name).true}" for name in needs]
    return [
        Heading(text=form.say("found", tongue)),
        *(write_points(found) or write_paragraphs(form.say("nothing", tongue))),
        *([Heading(text=form.say("still", tongue)), *write_points(todo)] if todo else []),
    ]
