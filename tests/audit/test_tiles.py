"""Proofs from stored tiles equal proofs from all leaves, and read no tile twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from countersign.audit.compact_range import CompactRange
from countersign.audit.merkle import (
    consistency_path,
    consistency_path_from,
    inclusion_path,
    inclusion_path_from,
    leaf_hash,
    root_from,
    root_of,
)
from countersign.audit.tiles import DamagedTile, TileNodes
from countersign.kernel.invariant import InvariantBroken

pytestmark = pytest.mark.fast

LEAVES = [leaf_hash(number.to_bytes(4, "big")) for number in range(2_000)]


class StoredTiles:
    """What a store keeps of a log, counting its reads."""

    def __init__(self, size: int) -> None:
        log = CompactRange()
        self.tiles = dict(log.append(LEAVES[:size]))
        self.edge = log.edge
        self.reads: list[int] = []

    def read(self, tile: int) -> bytes:
        self.reads.append(tile)
        return self.tiles[tile]


@given(st.integers(min_value=1, max_value=2_000), st.data())
def test_proofs_from_tiles_are_those_from_all_leaves(size: int, data: st.DataObject) -> None:
    stored = StoredTiles(size)
    nodes = TileNodes(stored.read, size=size, edge=stored.edge)
    index = data.draw(st.integers(min_value=0, max_value=size - 1))
    size1 = data.draw(st.integers(min_value=0, max_value=size))
    leaves = LEAVES[:size]
    assert root_from(nodes, size) == root_of(leaves)
    assert root_from(nodes, size1) == root_of(leaves[:size1])
    assert inclusion_path_from(nodes, index=index, size=size) == inclusion_path(leaves, index)
    path = consistency_path_from(nodes, size1=size1, size2=size)
    assert path == consistency_path(leaves, size1)


def test_one_proof_reads_each_tile_once() -> None:
    stored = StoredTiles(2_000)
    nodes = TileNodes(stored.read, size=2_000, edge=stored.edge)
    inclusion_path_from(nodes, index=700, size=2_000)
    assert sorted(stored.reads) == list(range(7))


def test_known_subtrees_are_not_read_again() -> None:
    stored = StoredTiles(2_000)
    known: dict[tuple[int, int], bytes] = {}
    root_from(TileNodes(stored.read, size=2_000, edge=stored.edge, known=known), 2_000)
    stored.reads.clear()
    later = TileNodes(stored.read, size=2_000, edge=stored.edge, known=known)
    assert root_from(later, 2_000) == root_of(LEAVES)
    assert stored.reads == []
    assert inclusion_path_from(later, index=700, size=2_000) == inclusion_path(LEAVES, 700)
    assert stored.reads == [2]


@pytest.mark.parametrize("length", [0, 8_191, 8_193])
def test_a_tile_of_the_wrong_length_is_refused(length: int) -> None:
    nodes = TileNodes(lambda _tile: bytes(length), size=512, edge=b"")
    with pytest.raises(DamagedTile) as refused:
        nodes(0, 300)
    assert refused.value.details == {"tile": 1}


def test_edge_and_size_belong_together() -> None:
    with pytest.raises(InvariantBroken):
        TileNodes(lambda _tile: b"", size=300, edge=b"".join(LEAVES[:43]))


@pytest.mark.parametrize(("level", "index"), [(0, 300), (1, 150), (8, 1), (9, 0)])
def test_a_node_that_is_not_full_yet_is_never_given(level: int, index: int) -> None:
    stored = StoredTiles(300)
    nodes = TileNodes(stored.read, size=300, edge=stored.edge)
    with pytest.raises(InvariantBroken):
        nodes(level, index)
