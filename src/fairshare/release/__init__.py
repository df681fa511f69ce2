"""Release: what may go is made ready, checked, sealed and accounted for.

A data engineer's five lines; nothing is handed over by them:

    from fairshare.release import open_plan
    plan = open_plan("plan.yaml")
    plan.preview()
    plan.check()
    plan.run("out.parquet", keys={"agreement-7": key})
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fairshare.release.opened import open_plan

__all__ = ["open_plan"]


def __getattr__(name: str) -> Any:
    # Only when it is asked for: engines take a while to load.
    if name == "open_plan":
        from fairshare.release.opened import open_plan

        return open_plan
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
