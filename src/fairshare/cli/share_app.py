"""The sharing endpoint as its server process makes it: which desk, and under what address, stand in the environment."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from fairshare.desk.serve_shares import DeskGate
from fairshare.release.sharing.app import ShareApp

DESK = "FAIRSHARE_SHARE_DESK"
"""The desk whose shares are served: set by `fairshare share serve` for the process that it starts."""
ENDPOINT = "FAIRSHARE_SHARE_ENDPOINT"
"""The address that recipients reach it under: set in the same way."""
TARGET = "fairshare.cli.share_app:make_app"


def make_app() -> ShareApp:
    """The application over the desk that the environment names."""
    return ShareApp(DeskGate(Path(os.environ[DESK])), os.environ[ENDPOINT], lambda: secrets.token_urlsafe(32))
