"""The Merkle tree: the published test vectors, the RFC's own recursive definitions as an oracle, and forgeries."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairshare.ledger.tree import (
    EMPTY_ROOT,
    compute_root,
    hash_leaf,
    hash_node,
    prove_consistency,
    prove_inclusion,
    verify_consistency,
    verify_inclusion,
)
from fairshare.words import SettingOutOfRange

# The eight leaves, roots and proofs that Certificate Transparency implementations share as their test vectors.
LEAVES = [
    bytes.fromhex(each)
    for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
N01 = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
N03 = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
N23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
N45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
N47 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
N67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
L1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
L4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
INCLUSION = [(0, 1, []), (0, 8, [L1, N23, N47]), (5, 8, [L4, N67, N03]), (2, 3, [N01]), (1, 5, [ROOTS[1], N23, L4])]
CONSISTENCY = [(1, 1, []), (1, 8, [L1, N23, N47]), (6, 8, [N45, N67, N03]), (2, 5, [N23, L4]), (0, 5, [])]


class Leaves:
    """Complete subtrees worked out from the leaves each time: slow and obviously right."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self.entries = entries

    def read(self, level: int, index: int) -> bytes:
        part = self.entries[index << level : (index + 1) << level]
        assert len(part) == 1 << level
        return mth(part)


def mth(entries: Sequence[bytes]) -> bytes:
    """MTH of section 2.1.1, word for word."""
    if not entries:
        return sha256().digest()
    if len(entries) == 1:
        return hash_leaf(entries[0])
    k = split(len(entries))
    return hash_node(mth(entries[:k]), mth(entries[k:]))


def path(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """PATH of section 2.1.3.1, word for word."""
    if len(entries) == 1:
        return []
    k = split(len(entries))
    return [*path(m, entries[:k]), mth(entries[k:])] if m < k else [*path(m - k, entries[k:]), mth(entries[:k])]


def subproof(m: int, entries: Sequence[bytes], whole: bool) -> list[bytes]:
    """SUBPROOF of section 2.1.4.1, word for word."""
    if m == len(entries):
        return [] if whole else [mth(entries)]
    k = split(len(entries))
    if m <= k:
        return [*subproof(m, entries[:k], whole), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], False), mth(entries[:k])]


def split(n: int) -> int:
    """The largest power of two smaller than n."""
    k = 1
    while k * 2 < n:
        k *= 2
    return k


def numbered(size: int) -> list[bytes]:
    return [str(n).encode() for n in range(size)]


@pytest.mark.parametrize(("size", "root"), list(enumerate(ROOTS)))
def test_roots_are_those_of_the_published_vectors(size: int, root: str) -> None:
    assert compute_root(Leaves(LEAVES), size).hex() == root


@pytest.mark.parametrize(("index", "size", "expected"), INCLUSION)
def test_inclusion_proofs_are_those_of_the_published_vectors(index: int, size: int, expected: list[str]) -> None:
    found = prove_inclusion(Leaves(LEAVES), index, size)
    assert [each.hex() for each in found] == expected
    assert verify_inclusion(LEAVES[index], index, size, found, bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("old", "new", "expected"), CONSISTENCY)
def test_consistency_proofs_are_those_of_the_published_vectors(old: int, new: int, expected: list[str]) -> None:
    found = prove_consistency(Leaves(LEAVES), old, new)
    assert [each.hex() for each in found] == expected
    assert verify_consistency(old, bytes.fromhex(ROOTS[old]), new, bytes.fromhex(ROOTS[new]), found)


@pytest.mark.parametrize("size", range(1, 34))
def test_every_proof_of_every_small_tree_is_the_one_that_the_rfc_defines(size: int) -> None:
    entries, root = numbered(size), mth(numbered(size))
    for index in range(size):
        found = prove_inclusion(Leaves(entries), index, size)
        assert list(found) == path(index, entries)
        assert verify_inclusion(entries[index], index, size, found, root)
    for old in range(1, size + 1):
        found = prove_consistency(Leaves(entries), old, size)
        assert list(found) == subproof(old, entries, True)
        assert verify_consistency(old, mth(entries[:old]), size, root, found)


@given(st.data(), st.integers(1, 600))
def test_proofs_of_larger_trees_are_the_ones_that_the_rfc_defines(choose: st.DataObject, size: int) -> None:
    entries = numbered(size)
    index, old = choose.draw(st.integers(0, size - 1)), choose.draw(st.integers(1, size))
    assert compute_root(Leaves(entries), size) == mth(entries)
    assert list(prove_inclusion(Leaves(entries), index, size)) == path(index, entries)
    assert list(prove_consistency(Leaves(entries), old, size)) == subproof(old, entries, True)


@pytest.mark.parametrize("size", range(1, 18))
def test_an_inclusion_proof_holds_for_nothing_else(size: int) -> None:
    entries = numbered(size)
    root = mth(entries)
    for index in range(size):
        found = prove_inclusion(Leaves(entries), index, size)
        entry = entries[index]
        for other in range(size + 2):
            assert verify_inclusion(entry, other, size, found, root) == (other == index)
        assert not verify_inclusion(entry + b"!", index, size, found, root)
        assert not verify_inclusion(entry, index, size, found, EMPTY_ROOT)
        assert not verify_inclusion(entry, index, size, [*found, root], root)
        assert not verify_inclusion(entry, index, size, [root, *found], root)
        for at in range(len(found)):
            assert not verify_inclusion(entry, index, size, found[:at] + found[at + 1 :], root)
            assert not verify_inclusion(entry, index, size, [*found[:at], bytes(32), *found[at + 1 :]], root)


@pytest.mark.parametrize("size", range(2, 18))
def test_a_consistency_proof_holds_for_nothing_else(size: int) -> None:
    entries = numbered(size)
    root = mth(entries)
    for old in range(1, size):
        found = prove_consistency(Leaves(entries), old, size)
        old_root = mth(entries[:old])
        changed = mth([b"changed", *entries[1:old]])
        assert not verify_consistency(old, changed, size, root, found)
        assert not verify_consistency(old, old_root, size, mth([*entries[:-1], b"changed"]), found)
        assert not verify_consistency(old, old_root, size, root, [*found, root])
        assert not verify_consistency(old, old_root, size, root, [])
        for at in range(len(found)):
            assert not verify_consistency(old, old_root, size, root, found[:at] + found[at + 1 :])
            assert not verify_consistency(old, old_root, size, root, [*found[:at], bytes(32), *found[at + 1 :]])


def test_a_leaf_is_never_taken_for_a_node() -> None:
    left, right = hash_leaf(b"a"), hash_leaf(b"b")
    assert hash_leaf(left + right) != hash_node(left, right)
    assert not verify_inclusion(left + right, 0, 1, [], hash_node(left, right))


def test_every_tree_extends_the_empty_one_and_itself_with_no_proof() -> None:
    root = mth(numbered(5))
    assert verify_consistency(0, EMPTY_ROOT, 5, root, [])
    assert verify_consistency(5, root, 5, root, [])
    assert not verify_consistency(0, root, 5, root, [])
    assert not verify_consistency(5, EMPTY_ROOT, 5, root, [])
    assert not verify_consistency(5, root, 5, root, [root])


@pytest.mark.parametrize(("index", "size"), [(-1, 4), (4, 4), (0, 0), (0, 2**60)])
def test_a_proof_of_what_is_not_in_the_tree_is_refused(index: int, size: int) -> None:
    with pytest.raises(SettingOutOfRange):
        prove_inclusion(Leaves(numbered(4)), index, size)
    assert not verify_inclusion(b"0", index, size, [], mth(numbered(1)))


@pytest.mark.parametrize(("old", "size"), [(-1, 4), (5, 4), (0, 2**60)])
def test_a_proof_between_trees_that_never_were_is_refused(old: int, size: int) -> None:
    with pytest.raises(SettingOutOfRange):
        prove_consistency(Leaves(numbered(4)), old, size)
    assert not verify_consistency(old, EMPTY_ROOT, size, EMPTY_ROOT, [])
