"""The worker environments, for the tests that need one."""

import tempfile

import pytest

from fairshare.release.workers import WORKERS, is_installed
from tests.release.synthetic.tables import HOME


@pytest.fixture
def workers(monkeypatch, tmp_path_factory):
    """The folder of installed workers, which is also the setting; and a folder for temporary files that can be seen."""
    missing = [name for name in WORKERS if not is_installed(name, HOME)]
    if missing:
        pytest.skip(f"the worker {missing[0]} is not installed: make test installs it, or fairshare worker install")
    monkeypatch.setenv("FAIRSHARE_WORKERS", str(HOME))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))
    return HOME
