"""A rule base that was parsed before loads as the same rule base, and never as an older or a damaged one."""

import shutil
from pathlib import Path

import pytest

from fairshare.decide.compiled import KEPT, load_compiled
from fairshare.decide.load import load_base

SMALL = Path(__file__).parent.parent.parent / "cli" / "small" / "rules"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(SMALL, tmp_path / "rules")
    return tmp_path / "rules"


def test_what_is_loaded_again_is_the_same_rule_base(folder: Path) -> None:
    first = load_compiled(folder)
    assert (folder / KEPT).is_file()
    assert load_compiled(folder) == first == load_base(folder)


def test_a_changed_source_is_parsed_again(folder: Path) -> None:
    before = load_compiled(folder)
    source = next(path for path in sorted((folder / "facts").glob("*.yaml")))
    source.write_text(source.read_text().replace("facts:", "facts:\n  extra.fact: {type: bool}", 1))
    after = load_compiled(folder)
    assert after == load_base(folder)
    assert set(after.facts) == {*before.facts, "extra.fact"}


@pytest.mark.parametrize(
    "damage", [lambda raw: b"", lambda raw: raw[:-5], lambda raw: raw.replace(b"conclude", b"concluda")]
)
def test_a_damaged_kept_file_is_made_again(folder: Path, damage) -> None:  # type: ignore[no-untyped-def]
    expected = load_compiled(folder)
    whole = (folder / KEPT).read_bytes()
    (folder / KEPT).write_bytes(damage(whole))
    assert load_compiled(folder) == expected
    assert (folder / KEPT).read_bytes() == whole


def test_a_folder_that_cannot_keep_it_does_without(folder: Path) -> None:
    (folder / KEPT.parent).write_text("in the way")
    assert load_compiled(folder) == load_base(folder)
