"""Reading the stored log: checkpoints, tiles, and node hashes for proofs at any size.

Nothing here is checked: whoever builds a proof holds it against a signed root.
"""

from countersign.audit import store
from countersign.audit.compact_range import TILE_BYTES, TILE_LEAVES
from countersign.audit.merkle import HASH_BYTES, root_of
from countersign.audit.model import StoredCheckpoint
from countersign.audit.store import Connection
from countersign.audit.tiles import DamagedTile, TileNodes

_TILES_A_READ = 256
_TILE_LEVEL = TILE_LEAVES.bit_length() - 1


def newest_checkpoint(connection: Connection) -> StoredCheckpoint | None:
    return store.newest_checkpoint(connection)


def checkpoint_at(connection: Connection, size: int) -> StoredCheckpoint | None:
    """The checkpoint of exactly this size."""
    return store.checkpoint_at(connection, size)


def checkpoints_between(
    connection: Connection, *, first: int, last: int, count_max: int
) -> list[StoredCheckpoint]:
    """Checkpoints by size, at most `count_max`; the bounds count."""
    return store.checkpoints_between(connection, first=first, last=last, count_max=count_max)


def tiles_between(connection: Connection, *, first: int, last: int) -> dict[int, bytes]:
    """The stored tiles by number; the bounds count, a missing one is left out."""
    return store.tiles_between(connection, first=first, last=last)


def newest_tile(connection: Connection) -> int | None:
    """The greatest number of a stored tile."""
    return store.newest_tile(connection)


class StoredNodes:
    """A NodeHash over the first `size` leaves: stored tiles, and an edge that the caller knows.

    A subtree above one tile is read in pieces of 2 MB. Pass `known` from proof to proof, so that
    each tile is read once; it grows by one hash a tile.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        size: int,
        edge: bytes,
        known: dict[tuple[int, int], bytes] | None = None,
    ) -> None:
        self._connection = connection
        self._known = {} if known is None else known
        self._nodes = TileNodes(self._tile, size=size, edge=edge, known=self._known)

    def __call__(self, level: int, index: int) -> bytes:
        if level > _TILE_LEVEL and (level, index) not in self._known:
            self._read_roots(index << level - _TILE_LEVEL, (index + 1) << level - _TILE_LEVEL)
        return self._nodes(level, index)

    def _read_roots(self, start: int, end: int) -> None:
        for first in range(start, end, _TILES_A_READ):
            last = min(first + _TILES_A_READ, end) - 1
            if all((_TILE_LEVEL, number) in self._known for number in range(first, last + 1)):
                continue
            tiles = tiles_between(self._connection, first=first, last=last)
            for number in range(first, last + 1):
                hashes = _whole(number, tiles.get(number, b""))
                self._known[_TILE_LEVEL, number] = root_of(hashes_in(hashes))

    def _tile(self, number: int) -> bytes:
        return tiles_between(self._connection, first=number, last=number).get(number, b"")


def hashes_in(joined: bytes) -> list[bytes]:
    """The hashes of a tile or an edge."""
    return [joined[at : at + HASH_BYTES] for at in range(0, len(joined), HASH_BYTES)]


def _whole(number: int, hashes: bytes) -> bytes:
    if len(hashes) != TILE_BYTES:
        raise DamagedTile(tile=number)
    return hashes
