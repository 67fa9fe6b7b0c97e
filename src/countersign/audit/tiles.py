"""Node hashes read from stored tiles, for proofs over a log that does not fit in memory.

Full tiles come from the caller, one read per tile and at most once while it is remembered; the
leaves after the last full tile are the edge. A tile of the wrong length is refused: what is
computed here is proved against a signed root, so a changed tile can only give a wrong proof.
"""

from collections.abc import Callable

from countersign.audit.compact_range import TILE_BYTES, TILE_LEAVES
from countersign.audit.merkle import HASH_BYTES, node_hash, root_of
from countersign.kernel.invariant import invariant
from countersign.kernel.refusal import Kind, Refusal

_TILE_LEVELS = TILE_LEAVES.bit_length() - 1


class DamagedTile(Refusal):
    """Tile {tile} of the log has the wrong length; rebuild it from the leaf hashes in the rows."""

    code = "audit.damaged_tile"
    kind = Kind.UNAVAILABLE
    chinese = "日誌的第 {tile} 號區塊長度不符；請以資料列中的葉節點雜湊重建。"


class TileNodes:
    """A NodeHash over tiles: call it with (level, index) of a full subtree.

    `known` keeps subtree roots from one tile upwards. They never change, so a caller may keep the
    mapping between proofs or fill it beforehand; without it a subtree is read in all its tiles.
    """

    def __init__(
        self,
        read_tile: Callable[[int], bytes],
        *,
        size: int,
        edge: bytes,
        known: dict[tuple[int, int], bytes] | None = None,
    ) -> None:
        invariant(
            len(edge) == size % TILE_LEAVES * HASH_BYTES,
            "the edge is the leaf hashes after the last full tile",
        )
        self._read_tile = read_tile
        self._size = size
        self._edge = edge
        self._known = {} if known is None else known
        self._last_read: tuple[int, bytes] | None = None

    def __call__(self, level: int, index: int) -> bytes:
        invariant((index + 1) << level <= self._size, "a node is asked for only once it is full")
        if level < _TILE_LEVELS:
            return self._inside_tile(level, index)
        if (level, index) not in self._known:
            self._known[level, index] = self._above_tiles(level, index)
        return self._known[level, index]

    def _above_tiles(self, level: int, index: int) -> bytes:
        if level == _TILE_LEVELS:
            return self._inside_tile(level, index)
        return node_hash(self(level - 1, 2 * index), self(level - 1, 2 * index + 1))

    def _inside_tile(self, level: int, index: int) -> bytes:
        first_leaf = index << level
        tile, offset = divmod(first_leaf, TILE_LEAVES)
        hashes = self._tile(tile)
        return root_of(
            [
                hashes[at * HASH_BYTES : (at + 1) * HASH_BYTES]
                for at in range(offset, offset + (1 << level))
            ]
        )

    def _tile(self, tile: int) -> bytes:
        if tile == self._size // TILE_LEAVES:
            return self._edge
        # Neighbouring nodes of one proof lie in one tile, so the last one read is kept.
        if self._last_read is None or self._last_read[0] != tile:
            hashes = self._read_tile(tile)
            if len(hashes) != TILE_BYTES:
                raise DamagedTile(tile=tile)
            self._last_read = (tile, hashes)
        return self._last_read[1]
