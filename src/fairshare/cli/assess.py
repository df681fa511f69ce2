"""What follows from a file of answers, ready to be shown: the same for `ask`, `decide`, `what-if` and `compare`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from fairshare.cli.answers_file import AnswersFile
from fairshare.cli.bases import Rules, naming_questions
from fairshare.decide.answers import spread_answers
from fairshare.decide.assess import Assessment, assess
from fairshare.decide.conditions_in_words import Sight
from fairshare.decide.explain import Proof, cite_from, explain, make_sight
from fairshare.decide.findings import check_findings
from fairshare.decide.settle import Status
from fairshare.words import BadInput


@dataclass(frozen=True)
class Seen:
    """A case under a tool and a day's law: the assessment, and the words to tell it in."""

    held: Rules
    file: AnswersFile
    assessment: Assessment
    sight: Sight

    def about(self, key: str) -> str:
        """Whom or what the key of a question or conclusion is about, as the file calls them."""
        ref = key.partition("@")[2]
        return self.file.labels.get(ref, ref)


def look_at(held: Rules, file: AnswersFile, *, today: date | None = None) -> Seen:
    """Assesses a file's answers with its tool, under the law of its day, or else of today."""
    if file.tool is None:
        raise BadInput("the file does not say which tool it is for", fix="Name the tool.", where="tool")
    held.tool(file.tool)
    day = file.law_date or today or datetime.now(UTC).date()
    with naming_questions(held):
        assessment = assess(held.base, file.tool, file.shape, day, file.answers)
    check_findings(held.base, spread_answers(assessment.program, file.answers), emergency=assessment.emergency)
    truths = {key: read_status(status) for key, status in assessment.statuses.items()}
    sight = make_sight(
        held.base,
        assessment.result,
        held.words,
        answers=assessment.answers,
        labels=file.labels,
        truths=truths,
    )
    return Seen(held, file, assessment, sight)


def read_status(status: Status) -> bool | None:
    """A settled status as true or false; None while it is open."""
    return {Status.TRUE: True, Status.FALSE: False}.get(status)


def prove(seen: Seen, key: str) -> Proof:
    """Why a conclusion stands as it does."""
    cite = cite_from(seen.held.law, seen.assessment.program.law_date, seen.held.words.language)
    return explain(seen.sight, seen.assessment.result, key, cite)
