"""The rule base a command works with: the one that comes with Fairshare, or the reader's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairshare.words import NotFound

if TYPE_CHECKING:
    from fairshare.decide.language import RuleBase, Tool
    from fairshare.decide.words import Words
    from fairshare.desk.decide_case import RulesInUse
    from fairshare.law import Law


def complete_tools(incomplete: str) -> list[tuple[str, str]]:
    """The tools there are, with their titles, for a shell that completes words."""
    shipped = load_rules(None)
    titles = ((tool, shipped.words.tool(tool).title) for tool in sorted(shipped.base.tools))
    return [(tool, title) for tool, title in titles if tool.startswith(incomplete)]


ToolName = Annotated[str, typer.Argument(metavar="TOOL", help="Which scenario.", autocompletion=complete_tools)]
RulesFolder = Annotated[
    Path | None,
    typer.Option("--rules", metavar="FOLDER", help="A rule base of your own: a folder with rules/ and words/."),
]
Welsh = Annotated[bool, typer.Option("--welsh", help="In Welsh.")]


@dataclass(frozen=True)
class Rules:
    """A rule base with its words and the law it was checked against."""

    base: RuleBase
    words: Words
    law: Law
    folder: Path
    """Where its rules are."""

    def tool(self, name: str) -> Tool:
        """A tool by its id; raises UnknownTool."""
        from difflib import get_close_matches

        from fairshare.decide.errors import UnknownTool

        found = self.base.tools.get(name)
        if found is None:
            near = get_close_matches(name, self.base.tools, n=1)
            raise UnknownTool(
                "there is no such tool",
                fix=f"Did you mean {near[0]}?" if near else "`fairshare tools` lists them.",
                where=name[:120],
            )
        return found


@contextmanager
def naming_questions(held: Rules) -> Iterator[None]:
    """Answers that clash are told with the questions they answer, not only with the ids of those."""
    from fairshare.decide.contradiction import ContradictoryAnswers

    try:
        yield
    except ContradictoryAnswers as error:
        raise error.in_words(lambda fact: held.words.fact(fact).question) from None


def load_rules(folder: Path | None, *, welsh: bool = False) -> Rules:
    """The rule base in `folder` (`rules/` with `words/en/` and `words/cy/` beside it), or the one that ships."""
    from fairshare.decide.library import RULES, HeldLaw, load_real_base, load_words
    from fairshare.decide.load import load_base
    from fairshare.decide.words import Language, Words, read_words
    from fairshare.law import load_law

    language: Language = "cy" if welsh else "en"
    law = load_law()
    if folder is None:
        return Rules(load_real_base(), load_words(language), law, RULES)
    if not (folder / "rules").is_dir():
        raise NotFound("it holds no folder `rules`", fix="Name the folder that holds rules/.", where=str(folder))
    base = load_base(folder / "rules", law=HeldLaw(law))
    words = folder / "words" / language
    return Rules(base, read_words(words, language) if words.is_dir() else Words(language), law, folder / "rules")


def use_rules(held: Rules) -> RulesInUse:
    """The rule base as the desk takes it."""
    from fairshare.desk.decide_case import RulesInUse

    return RulesInUse(held.base, held.words, held.folder)
