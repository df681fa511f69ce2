"""Manifests of fides: each dataset and each use that a system makes of data, as a row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from fairshare.words import BadInput

_KINDS: Final = ("dataset", "system")
_LEFT: Final = {
    "organization": "the organisation {}: name it as a party in the mapping",
    "policy": "the policy {}: rules about use, not a sharing",
}
_PLAIN: Final = {
    "fides_key": "key",
    "name": "name",
    "description": "description",
    "system_type": "system type",
    "administrating_department": "department",
    "organization_fides_key": "organisation",
    "retention": "retention",
    "third_country_transfers": "transfers abroad",
}
_USED: Final = {
    "data_categories": "categories",
    "data_use": "use",
    "data_subjects": "people",
    "dataset_references": "datasets",
    "legal_basis_for_processing": "legal basis",
    "retention_period": "retention",
}
FIELDS: Final = {
    "key": "reference",
    "name": "title",
    "description": "notes",
    "organisation": "party",
    "sends to": "recipient",
    "gets from": "discloser",
    "fields": "items",
    "categories": "items",
    "use": "purpose",
    "people": "people",
    "legal basis": "basis",
    "retention": "retention",
}
"""By column, the field of the register that says the same."""
_FLOWS: Final = {"egress": "sends to", "ingress": "gets from"}


def read_manifest(found: Any, *, where: str) -> tuple[list[dict[str, str]], list[str]]:
    """The rows of a manifest, and what it holds besides them.

    Raises   BadInput for YAML that is not such a manifest, or that has neither datasets nor systems.
    """
    if not isinstance(found, dict) or not any(isinstance(found.get(name), list) for name in (*_KINDS, *_LEFT)):
        raise BadInput(
            "this is not a fides manifest", fix="Give a file with `dataset` or `system` at its top.", where=where
        )
    left = [
        words.format(_say(each.get("name") or each.get("fides_key")) if isinstance(each, dict) else "?")
        for kind, words in _LEFT.items()
        for each in _list(found.get(kind))
    ]
    left += [f"the part {name!r}" for name in found if name not in (*_KINDS, *_LEFT)]
    rows: list[dict[str, str]] = []
    for each in _list(found.get("dataset")):
        rows.append(_read_dataset(each, left))
    for each in _list(found.get("system")):
        rows += _read_system(each, left)
    if not rows:
        raise BadInput(
            f"nothing in it can be an entry: it holds {'; '.join(left) or 'nothing'}",
            fix="Give a manifest of datasets or systems.",
            where=where,
        )
    return rows, left


def _read_dataset(found: Any, left: list[str]) -> dict[str, str]:
    row = {"kind": "dataset"} | _read_plain(found)
    fields, categories = [], []
    for collection in _list(_get(found, "collections")):
        for name, kinds in _list_fields(_get(collection, "fields"), _say(_get(collection, "name"))):
            fields.append(f"{name} ({', '.join(kinds)})" if kinds else name)
            categories += kinds
    row["fields"] = "; ".join(fields)
    row["categories"] = "; ".join(dict.fromkeys([*map(_say, _list(_get(found, "data_categories"))), *categories]))
    _note_left(found, {"collections", "data_categories"}, row.get("name", ""), left)
    return row


def _list_fields(found: Any, above: str) -> Iterator[tuple[str, list[str]]]:
    for each in _list(found):
        name = f"{above}.{_say(_get(each, 'name'))}"
        inner = list(_list_fields(_get(each, "fields"), name))
        yield from inner or [(name, [_say(kind) for kind in _list(_get(each, "data_categories"))])]


def _read_system(found: Any, left: list[str]) -> Iterator[dict[str, str]]:
    row = {"kind": "system"} | _read_plain(found)
    for name, column in _FLOWS.items():
        row[column] = "; ".join(_say(_get(each, "fides_key")) for each in _list(_get(found, name)))
    _note_left(found, {"privacy_declarations", *_FLOWS}, row.get("name", ""), left)
    for each in _list(_get(found, "privacy_declarations")) or [{}]:
        used = {column: _join(_get(each, name)) for name, column in _USED.items()}
        known = {*_USED, "name"}
        left += [f"{name!r} of a declaration of {row.get('name', '')}" for name in _keys(each) if name not in known]
        yield row | {"declaration": _say(_get(each, "name"))} | used


def _read_plain(found: Any) -> dict[str, str]:
    return {column: _join(_get(found, name)) for name, column in _PLAIN.items()}


def _note_left(found: Any, known: set[str], name: str, left: list[str]) -> None:
    left += [
        f"{key!r} of {name}" for key in _keys(found) if key not in known | set(_PLAIN) and _get(found, key) is not None
    ]


def _keys(found: Any) -> list[str]:
    return list(found) if isinstance(found, Mapping) else []


def _get(found: Any, name: str) -> Any:
    return found.get(name) if isinstance(found, Mapping) else None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _join(value: Any) -> str:
    return "; ".join(map(_say, value)) if isinstance(value, list) else _say(value)


def _say(value: Any) -> str:
    return " ".join(str(value).split()) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
