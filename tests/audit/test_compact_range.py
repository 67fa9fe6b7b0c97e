"""The compact range gives the tree's root and tiles, however its leaves arrive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.audit.compact_range import (
    TILE_BYTES,
    TILE_LEAVES,
    CompactRange,
    DamagedRange,
)
from countersign.audit.merkle import EMPTY_ROOT, leaf_hash, root_of
from countersign.kernel.invariant import InvariantBroken

pytestmark = pytest.mark.fast

LEAVES = [leaf_hash(number.to_bytes(4, "big")) for number in range(2_000)]


def filled(size: int) -> CompactRange:
    log = CompactRange()
    log.append(LEAVES[:size])
    return log


def test_an_empty_range() -> None:
    log = CompactRange()
    assert (log.size, log.root(), log.edge) == (0, EMPTY_ROOT, b"")
    assert log.append([]) == []
    assert log.root() == EMPTY_ROOT


def test_leaf_by_leaf_the_root_is_that_of_the_tree() -> None:
    log = CompactRange()
    for size in range(1, 600):
        log.append([LEAVES[size - 1]])
        assert log.size == size
        assert log.root() == root_of(LEAVES[:size])


@given(st.lists(st.integers(min_value=0, max_value=600), max_size=6))
def test_batches_of_any_size_give_root_edge_and_each_tile_once(batches: list[int]) -> None:
    log = CompactRange()
    tiles: list[tuple[int, bytes]] = []
    size = 0
    for batch in batches:
        taken = LEAVES[size : size + batch]
        tiles += log.append(taken)
        size += len(taken)
    full = size // TILE_LEAVES
    assert log.root() == root_of(LEAVES[:size])
    assert log.edge == b"".join(LEAVES[full * TILE_LEAVES : size])
    assert [number for number, _ in tiles] == list(range(full))
    assert all(len(tile) == TILE_BYTES for _, tile in tiles)
    assert b"".join(tile for _, tile in tiles) + log.edge == b"".join(LEAVES[:size])


def test_a_copy_goes_its_own_way() -> None:
    log = filled(300)
    twin = log.copy()
    assert twin.append(LEAVES[300:700]) == filled(300).append(LEAVES[300:700])
    assert twin.root() == root_of(LEAVES[:700])
    assert (log.size, log.root()) == (300, root_of(LEAVES[:300]))
    assert log.edge == b"".join(LEAVES[256:300])


@pytest.mark.parametrize("wrong", [b"", b"a" * 31, b"a" * 33, bytearray(32), "a" * 32, None])
def test_a_broken_batch_leaves_the_range_as_it_was(wrong: object) -> None:
    log = filled(300)
    before = log.dump()
    with pytest.raises(InvariantBroken):
        log.append([LEAVES[300], wrong])  # type: ignore[list-item]
    assert log.dump() == before


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 767, 1_000, 1_999])
def test_a_dumped_range_goes_on_where_it_was(size: int) -> None:
    log = CompactRange.load(filled(size).dump())
    assert (log.size, log.root(), log.edge) == (size, root_of(LEAVES[:size]), filled(size).edge)
    assert log.append(LEAVES[size:]) == filled(size).append(LEAVES[size:])
    assert log.root() == root_of(LEAVES)


def test_a_dump_is_plain_values() -> None:
    dumped = filled(300).dump()
    assert dumped["size"] == 300
    assert {type(value) for value in dumped.values()} == {int, bytes}


@pytest.mark.parametrize(
    "changed",
    [
        {"size": 299},
        {"size": 301},
        {"size": 300 + 512},
        {"size": -300},
        {"size": True},
        {"size": "300"},
        {"size": None},
        {"size": 1 << 70},
        {"stack": b""},
        {"stack": None},
        {"stack": [LEAVES[0]]},
        {"edge": b""},
        {"edge": b"".join(LEAVES[:44])},
        {"edge": None},
        {"surplus": 1},
    ],
)
def test_a_dump_that_contradicts_itself_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(DamagedRange):
        CompactRange.load({**filled(300).dump(), **changed})


@pytest.mark.parametrize("name", ["size", "stack", "edge"])
def test_a_dump_with_a_missing_value_is_refused(name: str) -> None:
    dumped = filled(300).dump()
    del dumped[name]
    with pytest.raises(DamagedRange):
        CompactRange.load(dumped)


def test_each_changed_byte_of_the_edge_is_found() -> None:
    dumped = filled(3).dump()
    edge = dumped["edge"]
    assert isinstance(edge, bytes)
    for at in range(len(edge)):
        changed = edge[:at] + bytes([edge[at] ^ 1]) + edge[at + 1 :]
        with pytest.raises(DamagedRange):
            CompactRange.load({**dumped, "edge": changed})
