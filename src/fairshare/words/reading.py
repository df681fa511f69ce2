"""Reading bytes that somebody else wrote: JSON and YAML, with limits, and errors that say where."""

import json
import re
from collections.abc import Callable, Iterator
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from fairshare.words.errors import BadInput, NotFound

Model = TypeVar("Model", bound=BaseModel)

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 64
MAX_INTEGER = 2**53 - 1
"""The largest whole number that JSON readers agree on (RFC 8259, section 6)."""


def read_file(path: Path, *, max_bytes: int = MAX_BYTES) -> bytes:
    """The bytes of a file, refused if it is missing, not a file, or larger than `max_bytes`."""
    try:
        if not path.is_file():
            raise NotFound("there is no such file", fix="Check the path.", where=str(path))
        with path.open("rb") as handle:
            found = handle.read(max_bytes + 1)
    except OSError as error:
        raise BadInput(
            f"the file cannot be read: {error.strerror}", fix="Check the path and its permissions.", where=str(path)
        ) from None
    if len(found) > max_bytes:
        raise BadInput(f"the file is larger than {max_bytes:,} bytes", fix="Give a smaller file.", where=str(path))
    return found


def decode_text(raw: bytes, *, where: str) -> str:
    """UTF-8 text without a byte order mark."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"byte {error.start} is not UTF-8", fix="Save the file as UTF-8.", where=where) from None


def parse_json(raw: bytes, *, where: str) -> Any:
    """A JSON value: no duplicate names, no NaN, no whole number past 2**53, at most 64 levels deep."""

    def check_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise BadInput("a name stands twice in one object", fix="Keep one of them.", where=where)
        return found

    def check_constant(name: str) -> Any:
        raise BadInput(f"{name} is not a JSON number", fix="Use a finite number or null.", where=where)

    def check_integer(text: str) -> int:
        if len(text) > 17 or abs(int(text)) > MAX_INTEGER:
            raise BadInput("a whole number is past 2**53", fix="Write it as text.", where=where)
        return int(text)

    def check_float(text: str) -> float:
        number = float(text)
        if not isfinite(number):
            raise BadInput("a number is too large", fix="Write it as text.", where=where)
        return number

    try:
        found = json.loads(
            decode_text(raw, where=where),
            object_pairs_hook=check_pairs,
            parse_constant=check_constant,
            parse_int=check_integer,
            parse_float=check_float,
        )
    except json.JSONDecodeError as error:
        raise BadInput(
            f"this is not JSON: {error.msg}",
            fix="Correct it at the place named.",
            where=f"{where}:{error.lineno}:{error.colno}",
        ) from None
    except RecursionError:
        raise BadInput("the JSON is nested too deeply", fix="Flatten it.", where=where) from None
    check_value(found, where=where)
    return found


def check_value(value: Any, *, where: str) -> None:
    """Refuses what no record can hold: values nested too deeply, and text that is not Unicode."""
    check_depth(value, where=where)
    check_text(value, where=where)


def check_text(value: Any, *, where: str) -> None:
    """Refuses text that no UTF-8 file can hold: half of a surrogate pair, which an escape can write."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise BadInput("an escape is half of a surrogate pair", fix="Write the whole character.", where=where) from None


def check_depth(value: Any, *, where: str) -> None:
    """Refuses a value nested more than 64 levels deep."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for each in level
            if isinstance(each, dict | list)
            for child in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return
    raise BadInput(f"it is nested more than {MAX_DEPTH} levels deep", fix="Flatten it.", where=where)


_EVENTS = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser written in C, where PyYAML was built with it: several times faster, and it gives the same events."""
_PLAIN: tuple[tuple[re.Pattern[str], Callable[[str], Any]], ...] = (
    (re.compile(r"true|false"), lambda text: text == "true"),
    (re.compile(r"null|~|"), lambda text: None),
    (re.compile(r"-?(?:0|[1-9][0-9]{0,14})"), int),
    (re.compile(r"-?(?:0|[1-9][0-9]{0,14})\.[0-9]{1,15}"), float),
)
"""What a plain scalar may be besides text: no dates, no octal, no yes and no."""


def parse_yaml(raw: bytes, *, where: str) -> Any:
    """A YAML value of plain maps, lists, text, numbers, true, false and null; dates stay text.

    Its tricks are refused: anchors, aliases, tags, keys that stand twice or are not text, more than one document.
    """
    try:
        found = _build_plain(yaml.parse(decode_text(raw, where=where), Loader=_EVENTS))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise BadInput(
            f"this is not YAML: {error.problem or error.context}",
            fix="Correct it at the line named.",
            where=f"{where}:{line}",
        ) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise BadInput(
            f"this YAML is not accepted: {error}", fix="Use plain maps, lists and text.", where=where
        ) from None
    check_value(found, where=where)
    return found


def _build_plain(events: Iterator[Any]) -> Any:
    """The value that a stream of YAML events describes."""
    root: list[Any] = []
    open_values: list[Any] = [root]
    keys: list[str | None] = [None]
    for event in events:
        line = event.start_mark.line + 1
        match event:
            case yaml.ScalarEvent() | yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                if event.anchor or event.tag:
                    raise yaml.YAMLError(f"anchors and tags are not allowed (line {line})")
                inside = open_values[-1]
                if isinstance(inside, dict) and keys[-1] is None:
                    keys[-1] = _read_key(event, inside, line)
                    continue
                value = _read_scalar(event) if isinstance(event, yaml.ScalarEvent) else _start(event)
                if isinstance(inside, dict):
                    # A key is always text, so that `no:` or `3:` never turns into something else.
                    inside[keys[-1]] = value
                    keys[-1] = None
                else:
                    inside.append(value)
                if not isinstance(event, yaml.ScalarEvent):
                    if len(open_values) > MAX_DEPTH:
                        raise yaml.YAMLError(f"it is nested more than {MAX_DEPTH} levels deep (line {line})")
                    open_values.append(value)
                    keys.append(None)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                open_values.pop()
                keys.pop()
            case yaml.AliasEvent():
                raise yaml.YAMLError(f"aliases are not allowed (line {line})")
            case yaml.DocumentStartEvent() if root:
                raise yaml.YAMLError(f"there is more than one document (line {line})")
            case _:
                pass
    return root[0] if root else None


def _start(event: Any) -> list[Any] | dict[str, Any]:
    return {} if isinstance(event, yaml.MappingStartEvent) else []


def _read_key(event: Any, inside: dict[str, Any], line: int) -> str:
    if not isinstance(event, yaml.ScalarEvent):
        raise yaml.YAMLError(f"a key is not plain text (line {line})")
    key = str(event.value)
    if key in inside:
        raise yaml.YAMLError(f"the key {key[:80]!r} stands twice (line {line})")
    return key


def _read_scalar(event: Any) -> Any:
    if event.implicit[0]:
        for pattern, convert in _PLAIN:
            if pattern.fullmatch(event.value):
                return convert(event.value)
    return event.value


def build(model: type[Model], found: Any, *, where: str) -> Model:
    """A validated value from parsed data, with the first few faults named by field."""
    try:
        return model.model_validate(found)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in each['loc']) or 'the whole'}: {each['msg']}"
            for each in error.errors(include_input=False, include_url=False)[:5]
        )
        raise BadInput(
            f"{model.__name__} is not valid: {faults}", fix="Correct the fields named.", where=where
        ) from None
    except RecursionError:
        raise BadInput("it is nested too deeply", fix="Flatten it.", where=where) from None
