"""JSON Schemas (2020-12) of what is written, for programs that are not this one."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from fairshare.records.canonical import MODELS
from fairshare.records.kinds import Record
from fairshare.records.signing import SignedRecord
from fairshare.records.withholding import PartialRecord

RECORD_SCHEMAS: Mapping[str, type[BaseModel]] = {
    **{f"{kind}-{version}": model for (kind, version), model in sorted(MODELS.items())},
    "partial-record-1": PartialRecord,
    "signed-record-1": SignedRecord,
}
"""The schemas that are published, by name and version."""


def build_schema(name: str, model: type[BaseModel]) -> dict[str, Any]:
    """The schema of a value as it is written: every field is there, defaults too.

    >>> build_schema("plan-1", RECORD_SCHEMAS["plan-1"])["$id"]
    'urn:fairshare:schema:plan-1'
    """
    schema = model.model_json_schema(mode="serialization", schema_generator=_AsWritten)
    if issubclass(model, Record):
        schema["properties"]["version"] = {"const": int(name.rpartition("-")[2]), "title": "Version"}
    return {"$schema": GenerateJsonSchema.schema_dialect, "$id": f"urn:fairshare:schema:{name}", **schema}


def render_schemas(models: Mapping[str, type[BaseModel]]) -> dict[str, str]:
    """The text of each schema's file, by the file's name."""
    built = {f"{name}.json": build_schema(name, model) for name, model in models.items()}
    return {
        name: json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n" for name, schema in built.items()
    }


class _AsWritten(GenerateJsonSchema):
    def field_is_required(self, *_: Any, **__: Any) -> bool:
        return True
