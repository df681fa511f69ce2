"""The layers of the design, and that the contract notices when they are broken."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ["words", "records", "ledger", "law", "request", "decide", "agree", "release", "account", "desk", "cli"]


def lint_imports(folder, source):
    """What import-linter says of a package under `source`, by the contracts of `folder`."""
    lint = Path(sys.executable).with_name("lint-imports")
    environment = os.environ | {"PYTHONPATH": str(source)}
    done = subprocess.run(
        [lint, "--no-cache"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout


def test_each_room_imports_only_from_the_rooms_below_it():
    code, output = lint_imports(ROOT, ROOT / "src")
    assert code == 0, output


@pytest.mark.parametrize(
    ("module", "imports", "complaint"),
    [
        ("desk/again.py", "fairshare.ledger", None),
        ("store/models.py", "django.db", None),
        ("law/upwards.py", "fairshare.desk", "fairshare.law is not allowed to import fairshare.desk"),
        ("documents/upwards.py", "fairshare.law", "fairshare.documents is not allowed to import fairshare.law"),
        ("web/sideways.py", "fairshare.cli", "fairshare.web is not allowed to import fairshare.cli"),
        ("helpers/more.py", "fairshare.words", "not listed as layers"),
        ("decide/models.py", "django.db", "fairshare.decide is not allowed to import django"),
    ],
)
def test_the_contract_notices_an_import_that_breaks_it(tmp_path, module, imports, complaint):
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    package = tmp_path / "fairshare"
    for name in [".", *ROOMS, Path(module).parent]:
        (package / name).mkdir(parents=True, exist_ok=True)
        (package / name / "__init__.py").touch()
    (package / module).write_text(f"import {imports}\n")
    code, output = lint_imports(tmp_path, tmp_path)
    assert (code == 0) == (complaint is None), output
    assert complaint is None or complaint in output
