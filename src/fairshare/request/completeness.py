"""What a request still lacks for the route it takes, and a letter that asks for just that."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Literal

from fairshare.records.kinds import Request
from fairshare.words import Value
from fairshare.words.reading import build, parse_yaml

Route = Literal["any", "public_task_response", "compelled", "victim_information", "urgent"]


class Missing(Value):
    """One thing a request should say: which field, in words, why it matters, and whether the law wants it there."""

    field: str
    needs: str
    why: str
    must: bool
    cite: str


class Expectations(Value):
    """What each route expects of a request."""

    routes: dict[Route, tuple[Missing, ...]]


@cache
def load_expectations() -> Expectations:
    """The expectations that ship with Fairshare (`completeness.yaml`)."""
    raw = files("fairshare.request").joinpath("completeness.yaml").read_bytes()
    return build(Expectations, parse_yaml(raw, where="completeness.yaml"), where="completeness.yaml")


def find_missing(request: Request, *routes: Route) -> tuple[Missing, ...]:
    """What the request does not say, of all that these routes (and `any`) expect; what the law wants first."""
    wanted = {
        (each.field, each.needs): each
        for route in ("any", *routes)
        for each in load_expectations().routes.get(route, ())
    }
    missing = [each for each in wanted.values() if not has_content(getattr(request, each.field))]
    return tuple(sorted(missing, key=lambda each: not each.must))


def has_content(found: object) -> bool:
    """Whether a field says anything: text, a value, or at least one entry."""
    return bool(found.strip()) if isinstance(found, str) else bool(found)


def write_clarification(request: Request, missing: tuple[Missing, ...]) -> str:
    """A letter, as Markdown, that asks only for what is missing, says why, and does not imply a refusal."""
    lines = [
        f"To: {request.requester.name}",
        f"About: your request {request.reference or 'received'} of {request.received_on}",
        "",
        "Thank you for your request. Before we can decide, please tell us:",
        "",
        *(f"{number}. {each.needs}. {each.why}" for number, each in enumerate(missing, start=1)),
        "",
        "We have not refused your request. If someone is in immediate danger, ring us now and say so.",
        f"From: {request.holder.name}",
    ]
    return "\n".join(lines) + "\n"
