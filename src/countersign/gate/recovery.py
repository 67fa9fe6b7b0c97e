"""Loading: a signed snapshot, the signed tail after it, and the tables compared with the result.

Rules: 1. The head's signature and the head file are checked before anything is signed. 2. Every
batch of the tail is decided again by the same code and must give the same rows, root and state.
3. Tables are projections: what differs from the state is refused by name, never taken over.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from countersign.access.errors import CredentialExpired, NotPermitted, UnknownCredential
from countersign.access.model import Credential
from countersign.audit.compact_range import TILE_LEAVES
from countersign.gate.batch import CommandRaised, Decided, chain_of, decide_batch, empty_batch
from countersign.gate.commands import (
    Command,
    Kind,
    OpenAccount,
    PlaceOrder,
    RefusedIntake,
    Submission,
    decode,
)
from countersign.gate.context import order_of_refused
from countersign.gate.errors import GateFault, Tampered
from countersign.gate.head import Head, head_of
from countersign.gate.journal.protocol import Journal, KeyRow, Projections, Recorded
from countersign.gate.returns import has_joined
from countersign.gate.rows import BatchKind, CommandRow, Header, Signer
from countersign.gate.snapshot import load_snapshot
from countersign.gate.state import FIRST_CREDENTIAL, OpenTransfer, State
from countersign.rules.model import PolicyRow, hash_of
from countersign.transfers.model import HoldRow, Status, TransferRow

_ROWS_A_QUESTION = 5_000


class Loaded(NamedTuple):
    state: State
    first: int  # The first command after the snapshot: from here on rows are compared one by one.
    tiles: list[tuple[int, bytes]]  # Those of the tail.


def load(journal: Journal, signer: Signer, kept: Head) -> Loaded:
    """Load the state of the journal's head."""
    head = journal.head()
    check_head(head, signer, kept)
    stored = journal.snapshot()
    state = State(signer.instance) if stored is None else load_snapshot(stored, signer)
    if state.chain.seq:
        header = journal.header_at(state.chain.seq)
        if header is None or chain_of(header) != state.chain:
            raise Tampered(what=f"the snapshot is of batch {state.chain.seq}, which is not there")
    first = state.next_number
    tiles = replay_tail(journal, signer, state, kept)
    return Loaded(state, first, tiles)


def check_head(head: Header | None, signer: Signer, kept: Head) -> None:
    """Refuse a journal that ends before the batch that the head file knows."""
    if head is None:
        if kept.seq:
            raise Tampered(what=f"the journal is empty, the head file knows batch {kept.seq}")
        return
    signer.check_header(head)
    if head.seq < kept.seq:
        raise Tampered(
            what=f"the journal ends at batch {head.seq}, the head file knows batch {kept.seq}"
        )


def replay_tail(
    journal: Journal, signer: Signer, state: State, kept: Head
) -> list[tuple[int, bytes]]:
    """Bring the state to the journal's end; the tiles that became full on the way."""
    if 0 < kept.seq <= state.chain.seq:
        _check_kept(journal.header_at(kept.seq), kept)
    tiles: list[tuple[int, bytes]] = []
    for recorded in journal.tail(state.chain.seq):
        tiles += replay(state, recorded, signer).changes.tiles
        if recorded.header.seq == kept.seq:
            _check_kept(recorded.header, kept)
    return tiles


def replay(state: State, recorded: Recorded, signer: Signer) -> Decided:
    """Decide one recorded batch again and hold it against the record."""
    header = recorded.header
    _check_place(state, recorded, signer)
    if header.kind != BatchKind.NORMAL:
        decided = empty_batch(
            BatchKind(header.kind),
            state.chain,
            first_number=header.first_number,
            batch_ms=header.batch_ms,
            term=header.term,
        )
        state.chain = chain_of(decided.header)
    else:
        try:
            submissions = _submissions(state, recorded)
            decided = decide_batch(state, submissions, batch_ms=header.batch_ms, term=header.term)
        except CommandRaised as error:
            raise Tampered(what=f"batch {header.seq} cannot be decided again") from error
    _compare_rows(decided, recorded)
    if decided.header != header._replace(signature=b""):
        last = header.first_number + header.leaves - 1
        raise Tampered(
            what=f"batch {header.seq} (commands {header.first_number} to {last}): its rows do not"
            " give the signed root and state"
        )
    return decided


def compare(journal: Journal, state: State, first: int) -> None:
    """Hold the projections against the state; `first` is the first command after the snapshot."""
    found = journal.projections()
    for name, wanted, there in _pairs_of(state, found):
        if wanted != there:
            raise Tampered(what=_first_difference(name, wanted, there))
    wrong = journal.wrong_keys(first)
    if wrong:
        raise Tampered(what=f"the request key of command {wrong[0]} is missing or differs")
    _compare_open(journal, state, first)


def _compare_open(journal: Journal, state: State, first: int) -> None:
    """Hold the rows of what can still move, and is older than the tail, against the state.

    The tail was decided again. Of older rows these are what a person decides about.
    """
    older = [transfer for transfer in state.open.values() if transfer.number < first]
    for start in range(0, len(older), _ROWS_A_QUESTION):
        asked = older[start : start + _ROWS_A_QUESTION]
        rows = journal.rows_of([KeyRow(b"", t.ordered_day, t.number) for t in asked])
        for transfer in asked:
            row = rows.get(transfer.number)
            if not isinstance(row, TransferRow):
                raise Tampered(what=f"the row of open transfer {transfer.number} is missing")
            column = _changed_column(row, transfer)
            if column:
                raise Tampered(what=f"open transfer {transfer.number} differs in {column}")


def _changed_column(row: TransferRow, transfer: OpenTransfer) -> str | None:
    columns = (
        "digest",
        "debtor",
        "creditor_index",
        "amount",
        "currency",
        "execution_day",
        "credential",
    )
    return next((name for name in columns if getattr(row, name) != getattr(transfer, name)), None)


def compare_tiles(journal: Journal, state: State, tiles: Sequence[tuple[int, bytes]]) -> None:
    """Hold the stored tiles against those that the replay of the tail gave."""
    if not tiles:
        return
    stored = dict(journal.tiles(tiles[0][0]))
    for number, hashes in tiles:
        have = stored.pop(number, b"")
        if have != hashes:
            raise Tampered(what=_leaf_difference(number, hashes, have))
    if stored:
        raise Tampered(what=f"tile {min(stored)} of the log lies beyond its size {state.log.size}")


def _check_place(state: State, recorded: Recorded, signer: Signer) -> None:
    header = recorded.header
    chain = state.chain
    if header.seq != chain.seq + 1:
        raise Tampered(what=f"batch {chain.seq + 1} is missing")
    signer.check_header(header)
    follows = (
        header.prev_term == chain.term
        and header.prev_root == chain.root
        and header.first_number == state.next_number
        and header.batch_ms >= chain.batch_ms
        and header.term >= chain.term
    )
    if not follows:
        raise Tampered(what=f"batch {header.seq} does not follow batch {chain.seq}")
    _check_widths(recorded)
    rows = len(recorded.transfers) + len(recorded.commands)
    if rows != header.leaves:
        raise Tampered(what=f"batch {header.seq} has {rows} rows, {header.leaves} were signed")


def _check_widths(recorded: Recorded) -> None:
    """A leaf joins columns of fixed width; a byte moved from one to the next must not pass."""
    for row in recorded.transfers:
        widths = (len(row.key), len(row.mac), len(row.digest), len(row.creditor_index))
        if widths != _TRANSFER_WIDTHS or len(row.currency) != _CURRENCY_LETTERS:
            raise Tampered(what=f"transfer {row.number} has a column of another width")
    for command in recorded.commands:
        if (len(command.key), len(command.mac), len(command.digest)) != _TRANSFER_WIDTHS[:3]:
            raise Tampered(what=f"command {command.number} has a column of another width")


# Request key, keyed hash with its version, digest, blind index.
_TRANSFER_WIDTHS = (16, 17, 32, 16)
_CURRENCY_LETTERS = 3


def _submissions(state: State, recorded: Recorded) -> list[Submission]:
    rows: list[TransferRow | CommandRow] = [*recorded.transfers, *recorded.commands]
    rows.sort(key=lambda row: row.number)
    opened: list[bytes] = []  # Accounts of this very batch, which later orders in it may name.
    out = []
    for row in rows:
        if isinstance(row, TransferRow):
            out.append(_submission_of_transfer(state, row, opened))
        else:
            submission = _submission_of_command(row)
            if isinstance(submission.command, OpenAccount) and row.outcome == "ok":
                opened.append(submission.command.index)
            out.append(submission)
    return out


def _submission_of_transfer(state: State, row: TransferRow, opened: list[bytes]) -> Submission:
    known = state.accounts.indexes
    place = row.debtor - len(known)
    if 0 < row.debtor < len(known):
        debtor_index = known[row.debtor]
    elif 0 <= place < len(opened):
        debtor_index = opened[place]
    else:
        raise Tampered(what=f"transfer {row.number} names an unknown debtor account")
    order = PlaceOrder(
        debtor_index,
        row.creditor_index,
        row.amount,
        row.currency,
        row.execution_day,
        row.digest,
        row.evidence,
        row.debtor_side,
        row.creditor_side,
    )
    return Submission(row.credential, row.key, row.mac, order)


def _submission_of_command(row: CommandRow) -> Submission:
    try:
        kind = Kind(row.kind)
        if kind == Kind.ORDER:
            command: Command = order_of_refused(row)
        elif row.outcome in _FORBIDDEN and not row.body:
            command = RefusedIntake(row.outcome)  # It must be refused again, whatever it was.
        else:
            command = decode(kind, row.body)
    except (msgspec.MsgspecError, ValueError, KeyError):
        raise Tampered(what=f"command {row.number} cannot be read") from None
    body = b"" if kind == Kind.ORDER else row.body
    submission = Submission(row.credential, row.key, row.mac, command, body, kind=kind)
    submission.is_faulty = row.outcome == GateFault.code
    submission.raises_alone = kind == Kind.RETURN and not has_joined(row.detail)
    return submission


# What a credential may not do; of such commands no body is kept.
_FORBIDDEN = frozenset({CredentialExpired.code, NotPermitted.code, UnknownCredential.code})


def _compare_rows(decided: Decided, recorded: Recorded) -> None:
    changes = decided.changes
    kinds: tuple[tuple[str, Sequence[Any], Sequence[Any]], ...] = (
        ("transfer", changes.transfers, recorded.transfers),
        ("command", changes.commands, recorded.commands),
        ("posting of command", changes.postings, recorded.postings),
    )
    for name, wanted, there in kinds:
        if wanted != there:
            what = _first_difference(name, wanted, there)
            raise Tampered(what=f"batch {recorded.header.seq}: {what}")


def _check_kept(header: Header | None, kept: Head) -> None:
    if header is None or head_of(header) != kept:
        raise Tampered(what=f"batch {kept.seq} is not the one that the head file knows")


class _Balance(NamedTuple):
    number: int
    balance: int
    held: int
    floor: int


class _Credential(NamedTuple):
    number: int
    verifier: bytes
    name: str
    permissions: list[str]
    is_active: bool
    expires_ms: int
    addresses: tuple[str, ...]


def _credential(c: Credential) -> _Credential:
    return _Credential(
        *(c.number, c.verifier, c.name, sorted(c.permissions), c.is_active),
        *(c.expires_ms, c.addresses),
    )


def _pairs_of(
    state: State, found: Projections
) -> Iterable[tuple[str, Sequence[Any], Sequence[Any]]]:
    accounts, balances = state.accounts, state.balances
    numbers = range(1, len(accounts.kinds))
    yield "account", [accounts.account(n) for n in numbers], found.accounts
    yield (
        "balance of account",
        [_Balance(n, balances.balance[n], balances.held[n], balances.floor[n]) for n in numbers],
        found.balances,
    )
    yield "freeze", sorted(state.accounts.frozen.items()), sorted(map(tuple, found.freezes))
    own = [c for c in state.credentials.values() if c.number >= FIRST_CREDENTIAL]
    yield (
        "credential",
        [_credential(c) for c in own],
        [_credential(c) for c in sorted(found.credentials, key=lambda c: c.number)],
    )
    in_force = PolicyRow(state.policy_number, hash_of(state.policy_content), state.policy_content)
    newest = sorted(found.policies)[-1:]
    yield "policy", [in_force] if state.judge else [], newest
    holds = [
        HoldRow(t.number, t.owner, t.reasons, t.until_ms)
        for t in state.open.values()
        if t.status == Status.HELD
    ]
    yield "hold of transfer", sorted(holds), sorted(found.holds)
    yield "alert", sorted(state.alerts.values()), sorted(found.alerts)


def _first_difference(name: str, wanted: Sequence[Any], there: Sequence[Any]) -> str:
    """What differs, by name and key; never a value, which may be sealed or secret."""
    have = {row[0]: row for row in there}
    for row in wanted:
        found = have.pop(row[0], None)
        if found is None:
            return f"{name} {_shown(row[0])} is missing"
        if found != row:
            fields = getattr(row, "_fields", range(len(row)))
            column = next(str(f) for f, w, h in zip(fields, row, found, strict=True) if w != h)
            return f"{name} {_shown(row[0])} differs in {column}"
    if have:
        return f"{name} {_shown(min(have))} is there, but was never written"
    return f"{name}: a row is there twice"


def _shown(key: object) -> str:
    return key.hex() if isinstance(key, bytes) else str(key)


def _leaf_difference(tile: int, want: bytes, have: bytes) -> str:
    if not have:
        return f"tile {tile} of the log is missing"
    place = next(i for i in range(0, len(want), 32) if want[i : i + 32] != have[i : i + 32]) // 32
    return f"leaf {tile * TILE_LEAVES + place} in tile {tile} of the log was changed"
