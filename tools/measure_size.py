"""Install the locked core into a throwaway environment and fail if it takes more than a limit on disk."""

import argparse
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def measure_bytes(place: Path) -> int:
    """The space on disk that a file takes, or everything under a folder, each file counted once."""
    statuses = [each.lstat() for each in (place, *place.rglob("*"))]
    return sum({(each.st_dev, each.st_ino): each.st_blocks * 512 for each in statuses}.values())


def install_core(environment: Path) -> Path:
    """Installs the locked core and Fairshare into `environment`; returns its site-packages."""
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / "requirements" / "core.lock")], check=True)
    subprocess.run([*pip, "--no-deps", str(ROOT)], check=True)
    subprocess.run([str(environment / "bin" / "fairshare"), "--help"], check=True, stdout=subprocess.DEVNULL)
    place = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(subprocess.run([str(python), "-c", place], check=True, capture_output=True, text=True).stdout.strip())


def main() -> int:
    """Prints the size of each package and of the whole; returns 1 when the whole passes the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--limit-mb", type=int, default=200)
    limit_mb: int = parser.parse_args().limit_mb
    with tempfile.TemporaryDirectory() as folder:
        packages = install_core(Path(folder) / "environment")
        sizes = {each.name: measure_bytes(each) for each in packages.iterdir()}
        for name, size in sorted(sizes.items(), key=lambda pair: -pair[1])[:8]:
            print(f"{size / 1e6:8.1f} MB  {name}")
        total = measure_bytes(Path(folder)) / 1e6
    print(f"{total:8.1f} MB  the whole environment, of {limit_mb} MB allowed")
    return 1 if total > limit_mb else 0


if __name__ == "__main__":
    sys.exit(main())
