"""The JSON Schema of plans, for editors that check and complete them; what it accepts is checked further when run."""

from __future__ import annotations

import json
from typing import Any

from fairshare.release.plan import Plan

SCHEMA_NAME = "plan-language.json"
"""What its file is called among the published schemas."""


def describe_plans() -> dict[str, Any]:
    """The JSON Schema of the plan language.

    >>> describe_plans()["required"]
    ['name', 'source', 'columns']
    """
    described = Plan.model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **described, "title": "Fairshare plan"}


def render_schema() -> str:
    """The same as the text of its file."""
    return json.dumps(describe_plans(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
