"""What may stand in the repository's files, and what may not."""

import re

import pytest

MAX_BYTES = 2_000_000
# Written with brackets so that this file does not match itself.
MACHINE_PATHS = r"(?<![\w.~-])/(?:[w]ork|[r]oot|[U]sers|[h]ome/[a-z]+)/[\w.]|(?<!\w)\.[l]ibrary/|[f]ile:///"
UNFINISHED = r"\b(?:T[O]DO|F[I]XME|X[X]X|H[A]CK)\b|\bNotImplemented[E]rror\b"


def find_lines(paths, pattern, *, flags=0):
    """The lines of text files that match a pattern, as `path:line`."""
    found = []
    for path in paths:
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [
            f"{path}:{n}: {line}" for n, line in enumerate(text.splitlines(), 1) if re.search(pattern, line, flags)
        ]
    return found


def test_no_file_is_larger_than_two_megabytes(tracked):
    assert [path for path in tracked if path.stat().st_size > MAX_BYTES] == []


def test_no_file_names_a_path_of_somebodys_machine(tracked):
    found = find_lines(tracked, MACHINE_PATHS)
    assert not found, "\n".join(found)


def test_nothing_is_left_unfinished(tracked):
    found = find_lines([path for path in tracked if path.suffix != ".lock"], UNFINISHED)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("parts", [("x = ", "home", "ann", "x"), ("see ", "work", "main"), ("file:", "", "", "opt")])
def test_the_pattern_for_machine_paths_finds_them(parts):
    assert re.search(MACHINE_PATHS, "/".join(parts))


@pytest.mark.parametrize("line", ["https://example.org/root/page", "../root/x", "at-home/ann/advice"])
def test_the_pattern_for_machine_paths_leaves_addresses_alone(line):
    assert not re.search(MACHINE_PATHS, line)


def test_every_text_file_is_utf_8_with_plain_line_ends(tracked):
    texts = [
        path for path in tracked if path.suffix in {".py", ".md", ".yaml", ".yml", ".toml", ".json", ".j2", ".html"}
    ]
    assert [path for path in texts if b"\r" in path.read_bytes() or path.read_bytes()[:3] == b"\xef\xbb\xbf"] == []
    for path in texts:
        path.read_text("utf-8")
