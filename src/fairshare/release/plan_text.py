"""A plan as the YAML that a person goes through: one line for each column, with the reason beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from fairshare.release.plan import Plan, plan_to_json, read_plan
from fairshare.words import Unsound

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]*(?: [A-Za-z0-9_.\-]+)*")
_MARKS = '"\\'
_NOT_TEXT = re.compile(r"(?i)true|false|null|yes|no|on|off|y|n")


def write_plan(plan: Plan, reasons: Mapping[str, str], *, heading: tuple[str, ...] = ()) -> str:
    """The plan as YAML; `read_plan` gives the same plan back.

    Takes    reasons: by column of the source, why it is treated so, written above its line; heading: comments at the
             top.
    """
    fields = plan_to_json(plan)
    lines = [*_comment(heading), f"name: {_flow(fields.pop('name'))}", f"source: {_flow(fields.pop('source'))}"]
    columns: Any = fields.pop("columns")
    lines.append("columns:")
    for column in columns:
        lines += _comment((reasons.get(column["column"], ""),), indent="  ")
        lines.append(f"  - {_flow({'column': None, **column})}")
    for name, value in fields.items():
        if isinstance(value, list):
            lines += [f"{name}:", *(f"  - {_flow(each)}" for each in value)]
        else:
            lines.append(f"{name}: {_flow(value)}")
    text = "\n".join(lines) + "\n"
    if read_plan(text.encode(), where="plan") != plan:
        raise Unsound("the plan reads otherwise than it was written", fix="Report this fault.", where="plan")
    return text


def _comment(said: tuple[str, ...], *, indent: str = "") -> Iterator[str]:
    for each in said:
        plain = " ".join("".join(letter if letter.isprintable() else " " for letter in each).split())
        if plain:
            yield f"{indent}# {plain}"


def _flow(value: Any) -> str:
    """A value on one line of YAML; text in quotation marks unless it can only be read as text."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_flow(name)}: {_flow(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value) and not _NOT_TEXT.fullmatch(value):
        return value
    return _quote(value) if isinstance(value, str) else json.dumps(value)


def _quote(text: str) -> str:
    """Text in quotation marks; what YAML takes for a line end or refuses, by its number."""
    safe = (each if each.isprintable() and each not in _MARKS else rf"\U{ord(each):08X}" for each in text)
    return f'"{"".join(safe)}"'
