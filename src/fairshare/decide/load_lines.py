"""The line of a file of rules that an error speaks of, so that a lawyer who edits rules finds it at once."""

from __future__ import annotations

from collections.abc import Mapping

import yaml
from yaml.nodes import MappingNode, Node, SequenceNode


def add_line(where: str, sources: Mapping[str, bytes]) -> str:
    """A place in a rule base with the line it stands on, or the place as it is when no line can be told.

    >>> add_line("gates/g.yaml: rules.r.one.if", {"gates/g.yaml": b"gate: g\\nrules:\\n- id: r.one\\n  if: [odd]\\n"})
    'gates/g.yaml:4: rules.r.one.if'
    """
    name, colon, path = where.partition(": ")
    if not colon or name not in sources:
        return where
    try:
        # The file has been parsed before, and what is not plain was refused; here only its lines are wanted.
        root = yaml.compose(sources[name].decode("utf-8-sig"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, UnicodeError, RecursionError, ValueError):
        return where
    if root is None:
        return where
    return f"{name}:{find_line(root, path.split('.'))}: {path}"


def find_line(node: Node, words: list[str]) -> int:
    """The line, from 1, on which the place that a path leads to begins; as far as the path can be followed.

    Ids have dots of their own, so a step takes as few words as fit: a key, a place in a list, or the id of a thing.
    """
    line = int(node.start_mark.line) + 1
    for taken in range(1, len(words) + 1):
        found = _step(node, ".".join(words[:taken]))
        if found is not None:
            above, below = found
            return find_line(below, words[taken:]) if words[taken:] else int(above.start_mark.line) + 1
    return line


def _step(node: Node, word: str) -> tuple[Node, Node] | None:
    """Where a key or an item stands, and what is below it."""
    if isinstance(node, MappingNode):
        return next(((key, value) for key, value in node.value if key.value == word), None)
    if isinstance(node, SequenceNode):
        if word.isdecimal() and int(word) < len(node.value):
            return node.value[int(word)], node.value[int(word)]
        return next(((each, each) for each in node.value if _id_of(each) == word), None)
    return None


def _id_of(node: Node) -> str | None:
    if not isinstance(node, MappingNode):
        return None
    return next((str(value.value) for key, value in node.value if key.value in ("id", "name")), None)
