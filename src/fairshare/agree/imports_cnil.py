"""A privacy impact assessment as the CNIL's PIA tool exports it, as one row with a column for each answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any, Final

from fairshare.words import BadInput

_ANSWERS: Final = {
    111: "processing described", 112: "responsibilities", 113: "standards that apply",
    121: "data processed", 122: "life cycle of the data", 123: "assets that carry the data",
    211: "purposes", 212: "legal basis", 213: "minimisation", 214: "accuracy", 215: "storage period",
    221: "information of people", 222: "consent", 223: "access and portability",
    224: "rectification and erasure", 225: "restriction and objection", 226: "processors", 227: "transfers abroad",
}  # fmt: skip
"""By number of the tool's question, what is asked, in our own words; the others are about risks."""
FIELDS: Final = {
    "name": "title",
    "111 processing described": "notes",
    "121 data processed": "items",
    "211 purposes": "purpose",
    "212 legal basis": "basis",
    "215 storage period": "retention",
    "measures": "security",
}
"""By column, the field of the register that says the same."""
_RISKS: Final = {32: "illegitimate access", 33: "unwanted change", 34: "disappearance"}
_ASKED: Final = {
    1: "impacts", 2: "threats", 3: "sources", 4: "measures", 5: "severity", 6: "likelihood",
}  # fmt: skip
_WHO: Final = ("author_name", "evaluator_name", "validator_name", "dpos_names", "people_names")
_LONGEST: Final = 19_000


class _Plain(HTMLParser):
    """The text of a little HTML, a line for each block; scripts and styles say nothing."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("script", "style")
        self.parts.append("\n" if tag in ("br", "p", "li", "div", "tr", "ul", "ol") else "")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("script", "style") and self._silent > 0

    def handle_data(self, data: str) -> None:
        self.parts.append("" if self._silent else data)


def read_assessment(found: Any, *, where: str) -> tuple[dict[str, str], list[str]]:
    """The assessment's answers by column, and what it holds besides them.

    Raises   BadInput for JSON that is not such an export.
    """
    head = found.get("pia") if isinstance(found, dict) else None
    answers = found.get("answers") if isinstance(found, dict) else None
    if not isinstance(head, dict) or not isinstance(answers, list) or not isinstance(head.get("name"), str):
        raise BadInput(
            "this is not an assessment of the CNIL's tool", fix="Export it from the tool as JSON.", where=where
        )
    cells = {"name": head["name"], "category": _say(head.get("category"))}
    for number, text in _list_answers(answers):
        cells[_name_answer(number)] = text
    measures = found.get("measures")
    cells["measures"] = "\n".join(_list_measures(measures if isinstance(measures, list) else []))
    cells["opinion of the data protection officer"] = _say(head.get("dpo_opinion"))
    cells["opinion of the people concerned"] = _say(head.get("concerned_people_opinion"))
    left = [
        f"{len(found[name])} {name}" for name in ("evaluations", "comments", "attachments") if _is_list(found, name)
    ]
    left += [f"who filled it in ({name})" for name in _WHO if head.get(name)]
    left += [f"the part {name!r}" for name in found if name not in ("pia", "answers", "measures", "evaluations",
                                                                    "comments", "attachments")]  # fmt: skip
    return cells, left


def _is_list(found: dict[str, Any], name: str) -> bool:
    return isinstance(found.get(name), list) and bool(found[name])


def _list_answers(answers: list[Any]) -> Iterator[tuple[int, str]]:
    for each in answers:
        said = each.get("data") if isinstance(each, dict) else None
        number = each.get("reference_to") if isinstance(each, dict) else None
        if not isinstance(said, dict) or re.fullmatch(r"[0-9]{1,4}", str(number)) is None:
            continue
        listed = said.get("list") if isinstance(said.get("list"), list) else []
        gauge = said.get("gauge")
        level = f"level {gauge} of 4" if isinstance(gauge, int) and gauge > 0 else ""
        yield (
            int(str(number)),
            "\n".join(filter(None, (_say(said.get("text")), "; ".join(map(_say, listed or [])), level))),
        )


def _name_answer(number: int) -> str:
    if number in _ANSWERS:
        return f"{number} {_ANSWERS[number]}"
    risk, asked = _RISKS.get(number // 10), _ASKED.get(number % 10)
    return f"{number} risk of {risk}: {asked}" if risk and asked else f"{number} answer"


def _list_measures(measures: list[Any]) -> Iterator[str]:
    for each in measures:
        if isinstance(each, dict):
            yield ": ".join(filter(None, (_say(each.get("title")), _say(each.get("content")))))


def _say(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    plain = _Plain()
    plain.feed(value)
    plain.close()
    lines = (" ".join(line.split()) for line in "".join(plain.parts).splitlines())
    return "\n".join(filter(None, lines))[:_LONGEST]
