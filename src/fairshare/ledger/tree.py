"""The Merkle tree of RFC 9162, section 2.1, over SHA-256: its roots, and proofs that anyone can check.

Only *complete* subtrees are ever stored: at level h, the i-th covers the leaves from i * 2**h up to (i + 1) * 2**h.
Everything else is worked out from them, so a proof reads a few dozen hashes however large the tree is.
"""

from collections.abc import Sequence
from hashlib import sha256
from typing import Protocol

from fairshare.words import SettingOutOfRange

EMPTY_ROOT = sha256(b"").digest()
MAX_SIZE = 2**53 - 1


class Subtrees(Protocol):
    """Where the roots of complete subtrees come from."""

    def read(self, level: int, index: int, /) -> bytes:
        """The root of the `index`-th complete subtree of 2**level leaves."""


def hash_leaf(entry: bytes) -> bytes:
    """The hash of one entry."""
    return sha256(b"\x00" + entry).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees."""
    return sha256(b"\x01" + left + right).digest()


def compute_root(subtrees: Subtrees, size: int) -> bytes:
    """The root of the first `size` entries: MTH(D[0:size])."""
    return _root(subtrees, 0, size) if size else EMPTY_ROOT


def prove_inclusion(subtrees: Subtrees, index: int, size: int) -> tuple[bytes, ...]:
    """The proof that entry `index` is in the tree of the first `size` entries: PATH(index, D[0:size])."""
    if not 0 <= index < size <= MAX_SIZE:
        raise SettingOutOfRange(f"there is no entry {index} in a tree of {size}", fix="Ask about an entry in the tree.")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_root(subtrees, middle, end))
            end = middle
        else:
            path.append(_root(subtrees, start, middle))
            start = middle
    return tuple(reversed(path))


def prove_consistency(subtrees: Subtrees, old_size: int, size: int) -> tuple[bytes, ...]:
    """The proof that the first `old_size` of `size` entries are what they were: PROOF(old_size, D[0:size])."""
    if not 0 <= old_size <= size <= MAX_SIZE:
        raise SettingOutOfRange(
            f"a tree of {size} never had {old_size} entries first", fix="Ask about an earlier tree."
        )
    path: list[bytes] = []
    start, end, whole = 0, size, True
    if old_size in (0, size):
        return ()
    while end != old_size:
        middle = start + _split(end - start)
        if old_size <= middle:
            path.append(_root(subtrees, middle, end))
            end = middle
        else:
            path.append(_root(subtrees, start, middle))
            start, whole = middle, False
    return tuple(reversed(path if whole else [*path, _root(subtrees, start, end)]))


def verify_inclusion(entry: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path proves that `entry` is number `index` of the `size` under `root` (section 2.1.3.2)."""
    if not 0 <= index < size <= MAX_SIZE:
        return False
    fn, sn, found = index, size - 1, hash_leaf(entry)
    for step in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            found = hash_node(step, found)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = hash_node(found, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and found == root


def verify_consistency(old_size: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path proves that the tree under `old_root` grew into the one under `root` (section 2.1.4.2)."""
    if not 0 <= old_size <= size <= MAX_SIZE:
        return False
    if old_size in (0, size):
        return not path and old_root == (root if old_size else EMPTY_ROOT)
    steps = list(path) if old_size & old_size - 1 else [old_root, *path]
    if not steps:
        return False
    fn, sn = old_size - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old_found = found = steps[0]
    for step in steps[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            old_found, found = hash_node(step, old_found), hash_node(step, found)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            found = hash_node(found, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and old_found == old_root and found == root


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root of a complete subtree from the hashes of its parts, which must be a power of two in number."""
    while len(hashes) > 1:
        hashes = [hash_node(hashes[n], hashes[n + 1]) for n in range(0, len(hashes), 2)]
    return hashes[0]


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1


def _root(subtrees: Subtrees, start: int, end: int) -> bytes:
    """The hash over the entries from `start` to `end`, where `start` is where the RFC would split a tree."""
    size = end - start
    if size & size - 1 == 0:
        level = size.bit_length() - 1
        return subtrees.read(level, start >> level)
    middle = start + _split(size)
    return hash_node(_root(subtrees, start, middle), _root(subtrees, middle, end))
