"""What a finished world left behind, read again from the beginning: its log and its replay."""

import traceback
from collections.abc import Iterable
from random import Random

from tests.simulation.faults import Crash
from tests.simulation.world import World
from tests.support.gate import INSTANCE

from countersign.audit import merkle
from countersign.gate import recovery, snapshot
from countersign.gate.errors import Tampered
from countersign.gate.rows import CommandRow, command_leaf, order_leaf
from countersign.gate.state import State
from countersign.transfers.model import TransferRow

SURPRISE = "surprise"


def live(seed: int) -> World:
    """Run one world; what nobody expected is kept with the findings."""
    world = World(seed)
    try:
        world.run()
    except (Exception, Crash):  # noqa: BLE001  # Whatever it is, the test will show it.
        world.find(SURPRISE, traceback.format_exc())
    return world


def complaints(worlds: Iterable[World], invariant: str) -> list[str]:
    """The findings of an invariant, each with the seed that tells its story again."""
    return [
        f"seed {world.seed}: {what} (again: COUNTERSIGN_SEED={world.seed})"
        for world in worlds
        for what in world.findings.get(invariant, ())
    ]


def read_log(world: World) -> None:
    """One leaf for each row, in order; each signed root is of those leaves and extends the last."""
    leaves: list[bytes] = []
    heads: list[tuple[int, bytes]] = [(0, merkle.EMPTY_ROOT)]
    for recorded in world.disk.batches:
        header = recorded.header
        rows: list[TransferRow | CommandRow] = [*recorded.transfers, *recorded.commands]
        rows.sort(key=lambda row: row.number)
        if (header.first_number, header.leaves) != (len(leaves), len(rows)):
            world.find("I6", f"batch {header.seq} has {len(rows)} rows from {len(leaves)} on")
        leaves += [merkle.leaf_hash(_leaf(row, header.batch_ms)) for row in rows]
        heads.append((len(leaves), header.root))
    if len(world.disk.keys) != len(leaves):
        world.find("I6", "the log has more or fewer leaves than there were requests")
    _check_heads(world, leaves, heads)


def _leaf(row: TransferRow | CommandRow, batch_ms: int) -> bytes:
    if isinstance(row, TransferRow):
        return order_leaf(row, batch_ms)
    return command_leaf(row, batch_ms)


def _check_heads(world: World, leaves: list[bytes], heads: list[tuple[int, bytes]]) -> None:
    nodes: dict[tuple[int, int], bytes] = {}

    def node(level: int, index: int) -> bytes:
        if level == 0:
            return leaves[index]
        known = nodes.get((level, index))
        if known is None:
            known = merkle.node_hash(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))
            nodes[level, index] = known
        return known

    if heads[-1][1] != merkle.root_of(leaves):
        world.find("I6", "the last root is not of the leaves in the rows")
    random = Random(world.seed)
    pairs = [(head, heads[-1]) for head in heads]
    for _ in range(10):
        older, newer = sorted(random.choices(range(len(heads)), k=2))
        pairs.append((heads[older], heads[newer]))
    for (size1, root1), (size2, root2) in pairs:
        path = merkle.consistency_path_from(node, size1=size1, size2=size2)
        try:
            merkle.verify_consistency(
                size1=size1, size2=size2, root1=root1, root2=root2, proof=path
            )
        except merkle.WrongProof:
            world.find("I6", f"the head of size {size2} does not extend that of size {size1}")


def replay(world: World) -> None:
    """From nothing, by the recorded batches alone, to the same rows and the same state."""
    state = State(INSTANCE)
    try:
        for recorded in world.disk.batches:
            again = recovery.replay(state, recorded, world.signer)
            changes = again.changes
            rows = (changes.transfers, changes.commands, changes.postings)
            if rows != (recorded.transfers, recorded.commands, recorded.postings):
                world.find("I7", f"batch {recorded.header.seq} is decided otherwise")
    except Tampered as tampered:
        world.find("I7", str(tampered))
        return
    if world.final_content and snapshot.encode_content(state) != world.final_content:
        world.find("I7", "the replayed state is not the gate's")
