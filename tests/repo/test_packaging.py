"""What is installed: locked, complete, and the same everywhere."""

import re
import subprocess
import sys
import tomllib
import zipfile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = ["core", "dev", "bench", "demo"]


def read_pins(root, name):
    """The versions that a lock file pins, by package; more than one where they depend on the Python version."""
    pins = {}
    for package, version in re.findall(
        r"^([\w.-]+)==([^\s;]+)", (root / f"requirements/{name}.lock").read_text(), re.M
    ):
        pins.setdefault(canonicalize_name(package), set()).add(version)
    return pins


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_digests_and_no_lock_names_a_registry(root, name):
    text = (root / f"requirements/{name}.lock").read_text()
    assert "://" not in text
    assert "--index" not in text
    for pin in re.split(r"\n(?=\S)", text.strip()):
        assert "--hash=sha256:" in pin


def test_a_package_has_one_version_in_every_lock(root):
    bench = read_pins(root, "bench")
    for name in ("core", "dev"):
        assert {package: pins for package, pins in read_pins(root, name).items() if bench[package] != pins} == {}


def test_every_dependency_is_locked_at_a_version_it_allows(root):
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = {
        "core": project["dependencies"],
        "dev": extras["sqlite"] + extras["postgres"] + extras["test"][1:] + extras["dev"],
        "bench": extras["bench"],
        "demo": extras["demo"],
    }
    for name, lines in wanted.items():
        pins = read_pins(root, name)
        for requirement in map(Requirement, lines):
            for version in pins[canonicalize_name(requirement.name)]:
                assert requirement.specifier.contains(version, prereleases=True), requirement


def test_the_wheel_holds_every_tracked_file_of_the_package(root, tracked, tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=root, check=True, capture_output=True)
    held = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    wanted = {path.relative_to(root / "src").as_posix() for path in tracked if path.is_relative_to(root / "src")}
    assert wanted - held == set()
