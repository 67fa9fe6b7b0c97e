"""The whole gate state as bytes and back, with a signed manifest.

Plain msgpack of flat lists. It holds numbers, blind indexes, digests and public settings, no
restricted text (I10). The manifest binds content hash, place in the chain and instance.
"""

from array import array
from hashlib import sha256
from typing import Any

import msgspec

from countersign.access.model import Credential
from countersign.accounts.model import Account
from countersign.alerts.model import Alert, Looks
from countersign.audit.compact_range import CompactRange, DamagedRange
from countersign.features.history import History, Minutes, Peak
from countersign.features.model import Features
from countersign.gate.errors import Tampered
from countersign.gate.journal.protocol import StoredSnapshot
from countersign.gate.rows import Signer
from countersign.gate.state import Chain, OpenTransfer, State
from countersign.ledger.reversible import ReversibleEntries
from countersign.rules.judge import Facts
from countersign.transfers.model import Status

FORMAT = 6


class Manifest(msgspec.Struct, array_like=True, frozen=True):
    format: int
    instance: bytes
    chain: Chain
    size: int  # Of the audit log.
    content_hash: bytes


class Histories(msgspec.Struct, array_like=True, frozen=True):
    """What is known for the features of orders to come."""

    debtors: list[tuple[int, Any]]
    creditors: list[tuple[bytes, Any]]  # In the order of their numbers.
    pairs: list[tuple[int, int, Any]]
    fresh: list[tuple[int, Any]]


class Content(msgspec.Struct, array_like=True, frozen=True):
    """Every attribute of the state; parallel lists by account number."""

    kinds: list[int]
    currencies: list[str]
    indexes: list[bytes]
    parties: list[bytes]
    frozen: dict[bytes, int]
    balance: list[int]
    held: list[int]
    floor: list[int]
    reversible_from: int
    reversible: list[tuple[int, ...]]
    histories: Histories
    credentials: list[tuple[int, str, bytes, list[str], bool, int, list[str]]]
    next_credential: int
    policy_number: int
    policy_content: bytes
    fact_names: list[tuple[str, ...]]  # Of open transfers, each set once.
    open: list[tuple[Any, ...]]
    alerts: list[tuple[Any, ...]]
    hold_timers: list[tuple[int, int]]
    return_timers: list[tuple[int, int]]
    log: dict[str, int | bytes]


def encode_content(state: State) -> bytes:
    """The state as bytes; equal states give equal bytes."""
    accounts, balances = state.accounts, state.balances
    transfers = [transfer for _, transfer in sorted(state.open.items())]
    names = dict.fromkeys(transfer.facts.names for transfer in transfers)
    fact_names = {each: place for place, each in enumerate(names)}
    return _encoder.encode(
        Content(
            kinds=accounts.kinds,
            currencies=accounts.currencies,
            indexes=accounts.indexes,
            parties=accounts.parties,
            frozen=dict(sorted(accounts.frozen.items())),
            balance=balances.balance,
            held=balances.held,
            floor=balances.floor,
            reversible_from=state.reversible.known_from,
            reversible=state.reversible.dump(),
            histories=_histories(state.features),
            credentials=[
                (
                    *(c.number, c.name, c.verifier, sorted(c.permissions), c.is_active),
                    *(c.expires_ms, list(c.addresses)),
                )
                for _, c in sorted(state.credentials.items())
            ],
            next_credential=state.next_credential,
            policy_number=state.policy_number,
            policy_content=state.policy_content,
            fact_names=list(fact_names),
            open=[_plain(transfer, fact_names) for transfer in transfers],
            alerts=[tuple(alert) for _, alert in sorted(state.alerts.items())],
            hold_timers=_standing_holds(state),
            return_timers=sorted(state.return_timers),
            log=state.log.dump(),
        )
    )


def sign_snapshot(content: bytes, chain: Chain, size: int, signer: Signer) -> StoredSnapshot:
    manifest = _encoder.encode(
        Manifest(FORMAT, signer.instance, chain, size, sha256(content).digest())
    )
    return StoredSnapshot(manifest, signer.sign(_SIGNED + manifest), content)


def load_snapshot(stored: StoredSnapshot, signer: Signer) -> State:
    """The state of a snapshot that this gate signed; raises Tampered for any other."""
    signer.check(stored.signature, _SIGNED + stored.manifest, "the snapshot")
    manifest = _manifests.decode(stored.manifest)
    if manifest.instance != signer.instance:
        raise Tampered(what="the snapshot is of another instance")
    if manifest.format != FORMAT:
        raise Tampered(what=f"the snapshot has format {manifest.format}, not {FORMAT}")
    if sha256(stored.content).digest() != manifest.content_hash:
        raise Tampered(what="the snapshot's content is not what was signed")
    state = _restored(_contents.decode(stored.content), manifest)
    if state.log.size != manifest.size or state.log.root() != manifest.chain.root:
        raise Tampered(what="the snapshot's log does not have the signed root")
    return state


def _restored(content: Content, manifest: Manifest) -> State:
    state = State(manifest.instance)
    for number in range(1, len(content.kinds)):
        state.accounts.restore(
            Account(
                number,
                content.kinds[number],
                content.currencies[number],
                content.indexes[number],
                content.parties[number],
            )
        )
    state.accounts.frozen = content.frozen
    state.balances.balance = content.balance
    state.balances.held = content.held
    state.balances.floor = content.floor
    state.reversible = ReversibleEntries.load(content.reversible_from, content.reversible)
    state.features = _features(content.histories)
    state.credentials = {
        number: Credential(
            number=number,
            name=name,
            verifier=verifier,
            permissions=frozenset(permissions),
            is_active=is_active,
            expires_ms=expires_ms,
            addresses=tuple(addresses),
        )
        for number, name, verifier, permissions, is_active, expires_ms, addresses in (
            content.credentials
        )
    }
    state.next_credential = content.next_credential
    if content.policy_content:
        state.set_policy(content.policy_number, content.policy_content)
    state.open = {values[0]: _transfer(values, content.fact_names) for values in content.open}
    state.alerts = {values[0]: Alert(*values) for values in content.alerts}
    state.looks = Looks(state.alerts.values())
    # A sorted list is a heap.
    state.hold_timers = content.hold_timers
    state.return_timers = content.return_timers
    try:
        state.log = CompactRange.load(content.log)
    except DamagedRange:
        raise Tampered(what="the snapshot's log is damaged") from None
    state.chain = manifest.chain
    return state


def _standing_holds(state: State) -> list[tuple[int, int]]:
    """Timers of holds that still stand; which others are left in memory depends on the clock."""
    held = (t for t in state.open.values() if t.status == Status.HELD)
    return sorted((transfer.until_ms, transfer.number) for transfer in held)


def _plain(transfer: OpenTransfer, fact_names: dict[tuple[str, ...], int]) -> tuple[Any, ...]:
    fields = {name: getattr(transfer, name) for name in OpenTransfer.__slots__}
    fields["facts"] = (fact_names[transfer.facts.names], transfer.facts.values)
    return tuple(fields.values())


def _transfer(values: tuple[Any, ...], fact_names: list[tuple[str, ...]]) -> OpenTransfer:
    fields = dict(zip(OpenTransfer.__slots__, values, strict=True))
    fields["status"] = Status(fields["status"])
    place, known = fields["facts"]
    fields["facts"] = Facts(fact_names[place], tuple(known))
    fields["covered"] = tuple(fields["covered"])
    fields["alerted"] = tuple(fields["alerted"])
    return OpenTransfer(**fields)


def _histories(features: Features) -> Histories:
    numbers = features.creditor_numbers
    return Histories(
        debtors=[(n, _dumped(h)) for n, h in sorted(features.debtors.items())],
        creditors=[(key, _dumped(features.creditors[n])) for key, n in numbers.items()],
        pairs=[(d, c, _dumped(h)) for (d, c), h in sorted(features.pairs.items())],
        fresh=[(n, _dumped(h)) for n, h in sorted(features.fresh.items())],
    )


def _features(histories: Histories) -> Features:
    features = Features()
    features.debtors = {number: _loaded(history) for number, history in histories.debtors}
    features.creditors = [_loaded(history) for _, history in histories.creditors]
    features.creditor_numbers = {key: n for n, (key, _) in enumerate(histories.creditors)}
    features.pairs = {(d, c): _loaded(history) for d, c, history in histories.pairs}
    features.fresh = {number: _loaded(history) for number, history in histories.fresh}
    return features


def _dumped(history: History) -> tuple[Any, ...]:
    others, older = history.others, history.older
    plain = (
        history.times.tobytes(),
        history.amounts.tobytes(),
        None if others is None else others.tobytes(),
        history.first_ms,
        history.last_ms,
    )
    if older is None:
        return plain
    # A total of many orders may be more than 64 bits hold.
    totals = [str(total) for total in older.totals]
    return (*plain, older.minutes, older.counts, totals, older.peaks)


def _loaded(dumped: Any) -> History:
    history = History()
    times, amounts, others, history.first_ms, history.last_ms, *by_minute = dumped
    history.times.frombytes(times)
    history.amounts.frombytes(amounts)
    if others is not None:
        history.others = array("q", others)
    if by_minute:
        older = history.older = Minutes()
        older.minutes, older.counts, totals, peaks = by_minute
        older.totals = [int(total) for total in totals]
        older.peaks = [Peak(*peak) for peak in peaks]
    return history


_SIGNED = b"countersign/snapshot/v1\x00"
_encoder = msgspec.msgpack.Encoder()
_manifests = msgspec.msgpack.Decoder(Manifest)
_contents = msgspec.msgpack.Decoder(Content)
