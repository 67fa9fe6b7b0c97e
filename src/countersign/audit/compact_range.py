"""The growing right edge of the log: enough to append leaves and know the root, nothing more.

It holds the roots of the full subtrees (at most one per bit of the size) and the leaf hashes of
the last, partial tile. A tile is 256 leaf hashes in order, 8192 bytes, and once full never changes.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from countersign.audit.merkle import EMPTY_ROOT, HASH_BYTES, SIZE_MAX, node_hash, root_of
from countersign.kernel.invariant import invariant
from countersign.kernel.refusal import Kind, Refusal

TILE_LEAVES = 256
TILE_BYTES = TILE_LEAVES * HASH_BYTES


class DamagedRange(Refusal):
    """The saved edge of the log contradicts itself; rebuild it from the leaf hashes in the rows."""

    code = "audit.damaged_range"
    kind = Kind.CONFLICT
    chinese = "已儲存的日誌邊緣自相矛盾；請以資料列中的葉節點雜湊重建。"


class CompactRange:
    """An append-only tree without its inside; `append` hands out the tiles that became full."""

    __slots__ = ("_edge", "_size", "_stack")

    def __init__(self) -> None:
        self._size = 0
        self._stack: list[bytes] = []
        self._edge: list[bytes] = []

    @property
    def size(self) -> int:
        return self._size

    @property
    def edge(self) -> bytes:
        """The leaf hashes of the partial last tile; empty when the size is a multiple of 256."""
        return b"".join(self._edge)

    def append(self, leaf_hashes: Sequence[bytes]) -> list[tuple[int, bytes]]:
        """Add leaves and return (tile number, tile) for each tile that is now full."""
        # Checked before the first change, so that a broken batch leaves the range as it was.
        invariant(
            all(type(leaf) is bytes and len(leaf) == HASH_BYTES for leaf in leaf_hashes),
            "a leaf hash is 32 bytes",
        )
        stack, size = self._stack, self._size
        for leaf in leaf_hashes:
            # Inlined node_hash: this loop runs for every leaf of every batch.
            root = leaf
            bits = size
            while bits & 1:
                root = sha256(b"\x01" + stack.pop() + root).digest()
                bits >>= 1
            stack.append(root)
            size += 1
        tile = self._size // TILE_LEAVES
        self._size = size
        self._edge.extend(leaf_hashes)
        return self._take_full_tiles(tile)

    def root(self) -> bytes:
        if not self._stack:
            return EMPTY_ROOT
        root = self._stack[-1]
        for left in reversed(self._stack[:-1]):
            root = node_hash(left, root)
        return root

    def copy(self) -> "CompactRange":
        twin = CompactRange()
        twin._size = self._size
        twin._stack = self._stack.copy()
        twin._edge = self._edge.copy()
        return twin

    def dump(self) -> dict[str, int | bytes]:
        """Give plain values for a snapshot; hashes are joined in order."""
        return {"size": self._size, "stack": b"".join(self._stack), "edge": self.edge}

    @classmethod
    def load(cls, values: Mapping[str, object]) -> "CompactRange":
        """Take up a dumped range; whatever could not have been dumped is refused.

        Size and older roots vouch for each other nowhere: compare `size` and `root()` with a
        signed head before anything is appended.
        """
        size, stack, edge = (values.get(name) for name in ("size", "stack", "edge"))
        if not (type(size) is int and type(stack) is bytes and type(edge) is bytes):
            raise DamagedRange
        if set(values) != {"size", "stack", "edge"} or not 0 <= size <= SIZE_MAX:
            raise DamagedRange
        if len(stack) != size.bit_count() * HASH_BYTES:
            raise DamagedRange
        if len(edge) != size % TILE_LEAVES * HASH_BYTES:
            raise DamagedRange
        loaded = cls()
        loaded._size, loaded._stack, loaded._edge = size, _hashes_in(stack), _hashes_in(edge)
        loaded._check_edge()
        return loaded

    def _take_full_tiles(self, tile: int) -> list[tuple[int, bytes]]:
        full = len(self._edge) // TILE_LEAVES
        tiles = [
            (tile + n, b"".join(self._edge[n * TILE_LEAVES : (n + 1) * TILE_LEAVES]))
            for n in range(full)
        ]
        del self._edge[: full * TILE_LEAVES]
        return tiles

    def _check_edge(self) -> None:
        # The stack's last subtrees lie in the partial tile, so the edge must give the same roots.
        start = 0
        small = len(self._edge).bit_count()
        for root in self._stack[len(self._stack) - small :]:
            leaves = 1 << (len(self._edge) - start).bit_length() - 1
            if root_of(self._edge[start : start + leaves]) != root:
                raise DamagedRange
            start += leaves


def _hashes_in(joined: bytes) -> list[bytes]:
    return [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]
