"""RFC 9162 section 2.1 against public vectors, the RFC's own recursion, and every mutation."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.audit.merkle import (
    EMPTY_ROOT,
    SIZE_MAX,
    OutsideLog,
    WrongProof,
    consistency_path,
    consistency_path_from,
    inclusion_path,
    inclusion_path_from,
    leaf_hash,
    node_hash,
    root_from,
    root_of,
    verify_consistency,
    verify_inclusion,
)

pytestmark = pytest.mark.fast

SIZES_MAX = 70
LEAVES = [leaf_hash(number.to_bytes(2, "big")) for number in range(SIZES_MAX)]
OTHER = leaf_hash(b"other")

# The reference tree of the certificate transparency project.
REFERENCE_DATA = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
REFERENCE_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAF_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
LEAF_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
NODE_2_3 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
NODE_4_5 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
NODE_6_7 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
NODE_4_7 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
REFERENCE_INCLUSION = [
    (0, 1, []),
    (0, 8, [LEAF_1, NODE_2_3, NODE_4_7]),
    (5, 8, [LEAF_4, NODE_6_7, REFERENCE_ROOTS[3]]),
    (2, 3, [REFERENCE_ROOTS[1]]),
    (1, 5, [REFERENCE_ROOTS[0], NODE_2_3, LEAF_4]),
]
REFERENCE_CONSISTENCY = [
    (1, 1, []),
    (1, 8, [LEAF_1, NODE_2_3, NODE_4_7]),
    (6, 8, [NODE_4_5, NODE_6_7, REFERENCE_ROOTS[3]]),
    (2, 5, [NODE_2_3, LEAF_4]),
]


def reference_leaves(size: int) -> list[bytes]:
    return [leaf_hash(bytes.fromhex(data)) for data in REFERENCE_DATA[:size]]


def hexadecimal(hashes: Sequence[bytes]) -> list[str]:
    return [each.hex() for each in hashes]


# The definitions of RFC 9162, word for word and slow.


def split_of(size: int) -> int:
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def naive_root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split_of(len(leaves))
    return sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(m: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = split_of(len(leaves))
    if m < k:
        return [*naive_path(m, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(m - k, leaves[k:]), naive_root(leaves[:k])]


def naive_subproof(m: int, leaves: list[bytes], *, is_complete: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if is_complete else [naive_root(leaves)]
    k = split_of(len(leaves))
    if m <= k:
        older = naive_subproof(m, leaves[:k], is_complete=is_complete)
        return [*older, naive_root(leaves[k:])]
    return [*naive_subproof(m - k, leaves[k:], is_complete=False), naive_root(leaves[:k])]


def test_hashes_are_prefixed() -> None:
    assert leaf_hash(b"") == sha256(b"\x00").digest()
    assert node_hash(LEAVES[0], LEAVES[1]) == sha256(b"\x01" + LEAVES[0] + LEAVES[1]).digest()
    assert sha256(b"").digest() == EMPTY_ROOT == root_of([])


@pytest.mark.parametrize("size", range(1, 9))
def test_the_reference_roots(size: int) -> None:
    assert root_of(reference_leaves(size)).hex() == REFERENCE_ROOTS[size - 1]


@pytest.mark.parametrize(("index", "size", "path"), REFERENCE_INCLUSION)
def test_the_reference_inclusion_proofs(index: int, size: int, path: list[str]) -> None:
    assert hexadecimal(inclusion_path(reference_leaves(size), index)) == path


@pytest.mark.parametrize(("size1", "size2", "path"), REFERENCE_CONSISTENCY)
def test_the_reference_consistency_proofs(size1: int, size2: int, path: list[str]) -> None:
    assert hexadecimal(consistency_path(reference_leaves(size2), size1)) == path


@pytest.mark.parametrize("size", range(SIZES_MAX + 1))
def test_all_sizes_agree_with_the_rfc_and_verify(size: int) -> None:
    leaves = LEAVES[:size]
    root = root_of(leaves)
    assert root == naive_root(leaves)
    for index in range(size):
        proof = inclusion_path(leaves, index)
        assert proof == naive_path(index, leaves)
        verify_inclusion(leaf=leaves[index], index=index, size=size, proof=proof, root=root)
    for size1 in range(1, size + 1):
        proof = consistency_path(leaves, size1)
        assert proof == naive_subproof(size1, leaves, is_complete=True)
        older = root_of(leaves[:size1])
        verify_consistency(size1=size1, size2=size, root1=older, root2=root, proof=proof)


def test_every_log_is_consistent_with_the_empty_one() -> None:
    assert consistency_path(LEAVES, 0) == []
    root = root_of(LEAVES)
    verify_consistency(size1=0, size2=SIZES_MAX, root1=EMPTY_ROOT, root2=root, proof=[])
    verify_consistency(size1=0, size2=0, root1=EMPTY_ROOT, root2=EMPTY_ROOT, proof=[])


@given(st.integers(min_value=1, max_value=3_000), st.data())
def test_proofs_from_nodes_read_only_full_subtrees(size: int, data: st.DataObject) -> None:
    leaves = [number.to_bytes(32, "big") for number in range(size)]

    def node(level: int, index: int) -> bytes:
        subtree = leaves[index << level : (index + 1) << level]
        assert len(subtree) == 1 << level
        return naive_root(subtree)

    index = data.draw(st.integers(min_value=0, max_value=size - 1))
    size1 = data.draw(st.integers(min_value=1, max_value=size))
    root = root_from(node, size)
    assert root == root_of(leaves)
    proof = inclusion_path_from(node, index=index, size=size)
    verify_inclusion(leaf=leaves[index], index=index, size=size, proof=proof, root=root)
    proof = consistency_path_from(node, size1=size1, size2=size)
    older = root_from(node, size1)
    verify_consistency(size1=size1, size2=size, root1=older, root2=root, proof=proof)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (-1, 5), (5, 5), (6, 5)])
def test_no_inclusion_path_outside_the_log(index: int, size: int) -> None:
    with pytest.raises(OutsideLog):
        inclusion_path(LEAVES[:size], index)


@pytest.mark.parametrize(("size1", "size2"), [(-1, 5), (6, 5)])
def test_no_consistency_path_outside_the_log(size1: int, size2: int) -> None:
    with pytest.raises(OutsideLog):
        consistency_path(LEAVES[:size2], size1)


def test_no_root_of_a_negative_size() -> None:
    with pytest.raises(OutsideLog):
        root_from(lambda _level, _index: LEAVES[0], -1)


def mutations(proof: list[bytes]) -> list[list[bytes]]:
    wrong = [[*proof, OTHER], [OTHER, *proof]]
    if proof:
        wrong += [proof[:-1], proof[1:], [*proof, proof[-1]], [proof[0], *proof]]
    for at, each in enumerate(proof):
        flipped = bytes([each[0] ^ 1]) + each[1:]
        wrong += [
            [*proof[:at], flipped, *proof[at + 1 :]],
            [*proof[:at], each[:-1], *proof[at + 1 :]],
            [*proof[:at], each + b"\x00", *proof[at + 1 :]],
        ]
    if len(set(proof)) > 1:
        wrong.append(proof[::-1])
    return wrong


@pytest.mark.parametrize("size", range(1, 20))
def test_no_mutated_inclusion_proof_verifies(size: int) -> None:
    leaves = LEAVES[:size]
    root = root_of(leaves)
    for index in range(size):
        proof = inclusion_path(leaves, index)
        leaf = leaves[index]
        for wrong in mutations(proof):
            with pytest.raises(WrongProof):
                verify_inclusion(leaf=leaf, index=index, size=size, proof=wrong, root=root)
        for elsewhere in {*range(size + 2)} - {index}:
            with pytest.raises(WrongProof):
                verify_inclusion(leaf=leaf, index=elsewhere, size=size, proof=proof, root=root)
        with pytest.raises(WrongProof):
            verify_inclusion(leaf=OTHER, index=index, size=size, proof=proof, root=root)
        with pytest.raises(WrongProof):
            verify_inclusion(leaf=leaf, index=index, size=size, proof=proof, root=OTHER)


@pytest.mark.parametrize("size2", range(1, 20))
def test_no_mutated_consistency_proof_verifies(size2: int) -> None:
    leaves = LEAVES[:size2]
    root2 = root_of(leaves)
    for size1 in range(size2 + 1):
        proof = consistency_path(leaves, size1)
        root1 = root_of(leaves[:size1])
        for wrong in mutations(proof):
            with pytest.raises(WrongProof):
                verify_consistency(size1=size1, size2=size2, root1=root1, root2=root2, proof=wrong)
        with pytest.raises(WrongProof):
            verify_consistency(size1=size1, size2=size2, root1=OTHER, root2=root2, proof=proof)
        for other in {*range(1, size2 + 1)} - {size1}:
            with pytest.raises(WrongProof):
                verify_consistency(size1=other, size2=size2, root1=root1, root2=root2, proof=proof)
        if size1:
            with pytest.raises(WrongProof):
                verify_consistency(size1=size1, size2=size2, root1=root1, root2=OTHER, proof=proof)


def test_a_log_whose_past_was_changed_is_found() -> None:
    for size1 in range(1, 20):
        for size2 in range(size1 + 1, 20):
            changed = [OTHER, *LEAVES[1:size2]]
            with pytest.raises(WrongProof):
                verify_consistency(
                    size1=size1,
                    size2=size2,
                    root1=root_of(LEAVES[:size1]),
                    root2=root_of(changed),
                    proof=consistency_path(changed, size1),
                )


HOSTILE_SIZES = [-1, True, 1.0, "3", None, SIZE_MAX + 1, 1 << 200]
HOSTILE_PROOFS: list[object] = [
    None,
    "ab",
    b"a" * 32,
    {},
    7,
    [None],
    ["a" * 32],
    [b""],
    [b"a" * 31],
    [bytearray(32)],
    iter([]),
]
HOSTILE_HASHES = [None, b"", b"a" * 31, b"a" * 33, "a" * 32, bytearray(32), 0]


@pytest.mark.parametrize("wrong", HOSTILE_SIZES)
def test_hostile_sizes_are_wrong_proofs(wrong: object) -> None:
    leaves = LEAVES[:3]
    sound = {"leaf": leaves[2], "index": 2, "size": 3, "proof": inclusion_path(leaves, 2)}
    sound["root"] = root_of(leaves)
    verify_inclusion(**sound)  # type: ignore[arg-type]
    for name in ("index", "size"):
        with pytest.raises(WrongProof):
            verify_inclusion(**{**sound, name: wrong})  # type: ignore[arg-type]
    sound = {"size1": 2, "size2": 3, "root1": root_of(leaves[:2]), "root2": root_of(leaves)}
    sound["proof"] = consistency_path(leaves, 2)
    verify_consistency(**sound)  # type: ignore[arg-type]
    for name in ("size1", "size2"):
        with pytest.raises(WrongProof):
            verify_consistency(**{**sound, name: wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", HOSTILE_PROOFS)
def test_hostile_proofs_are_wrong_proofs(wrong: object) -> None:
    with pytest.raises(WrongProof):
        verify_inclusion(leaf=OTHER, index=0, size=1, proof=wrong, root=OTHER)  # type: ignore[arg-type]
    with pytest.raises(WrongProof):
        verify_consistency(size1=1, size2=1, root1=OTHER, root2=OTHER, proof=wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", HOSTILE_HASHES)
def test_hostile_hashes_are_wrong_proofs(wrong: bytes) -> None:
    with pytest.raises(WrongProof):
        verify_inclusion(leaf=wrong, index=0, size=1, proof=[], root=wrong)
    with pytest.raises(WrongProof):
        verify_consistency(size1=1, size2=1, root1=wrong, root2=wrong, proof=[])


def test_trees_of_equal_or_no_size_take_no_nodes() -> None:
    root = root_of(LEAVES[:5])
    verify_consistency(size1=5, size2=5, root1=root, root2=root, proof=[])
    wrong: list[tuple[int, int, bytes, bytes, list[bytes]]] = [
        (5, 5, root, OTHER, []),
        (5, 5, root, root, [OTHER]),
        (0, 5, OTHER, root, []),
        (0, 5, EMPTY_ROOT, root, [OTHER]),
        (0, 0, OTHER, OTHER, []),
        (6, 5, root, root, []),
        (3, 5, root, root, []),
        (0, 5, root, root, []),
    ]
    for size1, size2, root1, root2, proof in wrong:
        with pytest.raises(WrongProof):
            verify_consistency(size1=size1, size2=size2, root1=root1, root2=root2, proof=proof)


@given(
    st.integers(min_value=0, max_value=SIZE_MAX),
    st.integers(min_value=0, max_value=SIZE_MAX),
    st.lists(st.binary(min_size=32, max_size=32), max_size=70),
)
def test_random_proofs_over_huge_trees_end_and_are_refused(
    one: int, other: int, proof: list[bytes]
) -> None:
    with pytest.raises(WrongProof):
        verify_inclusion(leaf=OTHER, index=one, size=other, proof=proof, root=LEAVES[0])
    with pytest.raises(WrongProof):
        verify_consistency(size1=one, size2=other, root1=OTHER, root2=LEAVES[0], proof=proof)
