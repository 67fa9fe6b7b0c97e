"""What a gate refuses to load: each difference from what was signed, on a journal in memory."""

from collections.abc import Callable
from dataclasses import replace

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.gate import INSTANCE, REASON, Harness, a_private_key, index_of

from countersign.gate import commands, snapshot
from countersign.gate.errors import Fenced, Tampered
from countersign.gate.journal.memory import Disk
from countersign.gate.journal.protocol import StoredSnapshot
from countersign.gate.rows import Header, Signer

pytestmark = pytest.mark.fast

ANOTHER = Ed25519PrivateKey.from_private_bytes(b"k" * 32)


@pytest.fixture
def gate() -> Harness:
    """A city with an order that is held, one that went out, and a freeze."""
    gate = Harness().start().a_city()
    gate.place(amount=100_000_000)
    gate.dispatch(gate.place(amount=5_000).number)
    gate.do(commands.Freeze(index_of("bo"), REASON))
    return gate


def refused(gate: Harness) -> str:
    with pytest.raises(Tampered) as refusal:
        gate.restarted().start()
    return str(refusal.value.details["what"])


def signed(header: Header, signer: Signer) -> Header:
    return header._replace(signature=signer.sign(header.signed_bytes(signer.instance)))


def test_what_is_as_it_was_signed_is_loaded(gate: Harness) -> None:
    again = gate.restarted().start()
    assert again.engine.state.chain.root == gate.engine.state.chain.root


def _key_of_another(header: Header) -> Header:
    return signed(header, Signer(INSTANCE, ANOTHER))


def _instance_of_another(header: Header) -> Header:
    return signed(header, Signer(b"\x22" * 16, a_private_key()))


def _another_root(header: Header) -> Header:
    return header._replace(root=b"r" * 32)


@pytest.mark.parametrize("forge", [_key_of_another, _instance_of_another, _another_root])
@pytest.mark.parametrize("at", [0, -3, -1])
def test_a_batch_that_this_gate_did_not_sign(
    gate: Harness, at: int, forge: Callable[[Header], Header]
) -> None:
    batches = gate.disk.batches
    batches[at] = replace(batches[at], header=forge(batches[at].header))
    assert "is not signed by this gate" in refused(gate)


def test_a_batch_that_is_missing_in_between(gate: Harness) -> None:
    del gate.disk.batches[3]
    assert "is missing" in refused(gate)


def test_a_journal_that_was_emptied(gate: Harness) -> None:
    gate.disk.batches.clear()
    assert "the journal is empty" in refused(gate)


def test_a_journal_that_ends_before_the_head_file(gate: Harness) -> None:
    del gate.disk.batches[-1]
    assert "the journal ends at batch" in refused(gate)


def test_an_end_that_is_another_than_the_head_file_knows(gate: Harness) -> None:
    gate.head.head = gate.head.head._replace(state_hash=b"s" * 32)
    assert "is not the one that the head file knows" in refused(gate)


def test_a_head_file_of_the_past_may_be_older_and_not_other(gate: Harness) -> None:
    """A power loss may take its last second; what it then knows still has to be in the journal."""
    gate.keep_snapshot()
    older = gate.disk.batches[2].header
    gate.head.head = gate.head.head._replace(
        seq=older.seq, term=older.term, root=older.root, state_hash=older.state_hash
    )
    gate.restarted().start()
    gate.head.head = gate.head.head._replace(seq=older.seq, root=b"r" * 32)
    assert "is not the one that the head file knows" in refused(gate)


@pytest.mark.parametrize("of", ["transfers", "commands"])
def test_a_row_that_is_gone(gate: Harness, of: str) -> None:
    batches = gate.disk.batches
    at = next(n for n in reversed(range(len(batches))) if getattr(batches[n], of))
    setattr(batches[at], of, [])
    assert "rows" in refused(gate)


@pytest.mark.parametrize(
    ("of", "column", "value"),
    [("transfers", "amount", 6_000), ("commands", "outcome", "x"), ("postings", "leg", 1)],
)
def test_a_row_that_was_changed(gate: Harness, of: str, column: str, value: object) -> None:
    batches = gate.disk.batches
    at = next(n for n in reversed(range(len(batches))) if getattr(batches[n], of))
    (row, *rest) = getattr(batches[at], of)
    setattr(batches[at], of, [row._replace(**{column: value}), *rest])
    assert "batch" in refused(gate)


@pytest.mark.parametrize("column", ["key", "mac", "digest", "creditor_index", "currency"])
def test_a_column_of_a_transfer_of_another_width(gate: Harness, column: str) -> None:
    batches = gate.disk.batches
    at = next(n for n in range(len(batches)) if batches[n].transfers)
    (row,) = batches[at].transfers
    wider = row._replace(**{column: getattr(row, column) * 2})
    batches[at] = replace(batches[at], transfers=[wider])
    assert refused(gate) == f"transfer {row.number} has a column of another width"


@pytest.mark.parametrize("column", ["key", "mac", "digest"])
def test_a_column_of_a_command_of_another_width(gate: Harness, column: str) -> None:
    batches = gate.disk.batches
    at = next(n for n in range(len(batches)) if batches[n].commands)
    (row, *rest) = batches[at].commands
    wider = row._replace(**{column: getattr(row, column) * 2})
    batches[at] = replace(batches[at], commands=[wider, *rest])
    assert refused(gate) == f"command {row.number} has a column of another width"


def _balance(disk: Disk) -> None:
    disk.balances[2] = (10**9, 0, 0)


def _freeze(disk: Disk) -> None:
    disk.freezes.clear()


def _hold(disk: Disk) -> None:
    disk.holds.clear()


def _credential(disk: Disk) -> None:
    disk.credentials[100] = replace(disk.credentials[100], permissions=frozenset({"gate:tick"}))


def _policy(disk: Disk) -> None:
    disk.policies[-1] = disk.policies[-1]._replace(content=b"{}")


def _account(disk: Disk) -> None:
    disk.accounts[2] = disk.accounts[2]._replace(account_index=index_of("mallory"))


def _key(disk: Disk) -> None:
    disk.keys.popitem()


@pytest.mark.parametrize("tamper", [_balance, _freeze, _hold, _credential, _policy, _account, _key])
@pytest.mark.parametrize("has_snapshot", [False, True])
def test_a_projection_that_differs(
    gate: Harness, tamper: Callable[[Disk], None], *, has_snapshot: bool
) -> None:
    if has_snapshot:
        gate.keep_snapshot()
        gate.do(commands.Freeze(index_of("later"), REASON))
    tamper(gate.disk)
    refused(gate)


def a_snapshot(gate: Harness, signer: Signer, *, size: int = 0, root: bytes = b"") -> None:
    state = gate.engine.state
    chain = state.chain._replace(root=root or state.chain.root)
    stored = snapshot.sign_snapshot(
        snapshot.encode_content(state), chain, size or state.log.size, signer
    )
    gate.disk.snapshots = [(chain.seq, stored)]


def test_a_snapshot_of_another_key_or_instance(gate: Harness) -> None:
    a_snapshot(gate, Signer(INSTANCE, ANOTHER))
    assert refused(gate) == "the snapshot is not signed by this gate"
    a_snapshot(gate, Signer(b"\x22" * 16, a_private_key()))
    assert refused(gate) == "the snapshot is of another instance"


def test_a_snapshot_whose_content_was_changed(gate: Harness) -> None:
    gate.keep_snapshot()
    seq, stored = gate.disk.snapshots[-1]
    changed = StoredSnapshot(stored.manifest, stored.signature, stored.content + b"\xc0")
    gate.disk.snapshots = [(seq, changed)]
    assert refused(gate) == "the snapshot's content is not what was signed"


def test_a_snapshot_whose_log_is_not_that_of_its_batch(gate: Harness) -> None:
    """Signed by the gate itself, and still wrong: a fault must not become the past."""
    a_snapshot(gate, Signer(INSTANCE, a_private_key()), size=3)
    assert refused(gate) == "the snapshot's log does not have the signed root"
    a_snapshot(gate, Signer(INSTANCE, a_private_key()), root=b"r" * 32)
    assert "the snapshot" in refused(gate)


def test_a_snapshot_of_a_batch_that_is_not_there(gate: Harness) -> None:
    """One of a journal that was thrown away, put beside another one with the same key."""
    other = Harness().start().a_city()
    for number in range(3):
        other.place(salt=str(number))
    other.keep_snapshot()
    gate.disk.snapshots = other.disk.snapshots
    assert "which is not there" in refused(gate)


def test_only_a_signed_batch_of_a_newer_term_makes_a_gate_step_back(gate: Harness) -> None:
    """Whoever can write the table could else stop every gate, and be taken for a successor."""
    seen: list[int] = []
    last = gate.disk.batches[-1]
    forged = last.header._replace(seq=last.header.seq + 1, term=last.header.term + 1)
    gate.disk.batches.append(replace(last, header=forged))
    gate.engine.ask(lambda state: seen.append(state.log.size))
    with pytest.raises(Tampered):
        gate.engine.turn()
    gate.disk.batches[-1] = replace(last, header=signed(forged, Signer(INSTANCE, a_private_key())))
    gate.engine.ask(lambda state: seen.append(state.log.size))
    with pytest.raises(Fenced):
        gate.engine.turn()
    assert seen == []


@pytest.mark.parametrize("body", [b"", b"\xc1", msgspec.msgpack.encode([1])])
def test_a_command_that_cannot_be_read(gate: Harness, body: bytes) -> None:
    batches = gate.disk.batches
    at = next(n for n in reversed(range(len(batches))) if batches[n].commands)
    (row, *rest) = batches[at].commands
    batches[at] = replace(batches[at], commands=[row._replace(body=body), *rest])
    assert refused(gate) == f"command {row.number} cannot be read"


@pytest.mark.parametrize("change", [{"batch_ms": -1}, {"prev_term": -1}, {"first_number": 1}])
def test_a_batch_that_does_not_follow_the_one_before(gate: Harness, change: dict[str, int]) -> None:
    """Signed by the gate's own key, so a clock or a count of its own went wrong."""
    gate.restarted().start()  # Its batch is empty, so that no row gives the change away.
    batches = gate.disk.batches
    header = batches[-1].header
    other = header._replace(**{name: getattr(header, name) + n for name, n in change.items()})
    batches[-1] = replace(batches[-1], header=signed(other, Signer(INSTANCE, a_private_key())))
    assert "does not follow" in refused(gate)


def test_a_tile_beyond_the_log(gate: Harness) -> None:
    """Where the log grows up to it, it would be taken for what was logged."""
    for number in range(260):
        order = gate.order(salt=str(number), amount=1)
        gate.engine.submit(gate.submission(order, credential=gate.channel))
    gate.engine.drain()
    assert len(gate.disk.tiles) == 1
    gate.disk.tiles[1] = gate.disk.tiles[0]
    assert "beyond its size" in refused(gate)
