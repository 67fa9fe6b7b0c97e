"""The rows of the journal that belong to the gate itself, and the bytes that are signed and hashed.

Formats (docs/formats.md): a leaf shows kind, number, batch time, digest and outcome; the rest of
the row enters as one hash that holds the keyed request hash, so it gives nothing away and binds.
"""

import struct
from enum import IntEnum
from hashlib import sha256
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from countersign.gate.errors import Tampered
from countersign.transfers.model import TransferRow

ZERO_HASH = b"\x00" * 32
NO_DIGEST = b"\x00" * 32
DAY_MS = 86_400_000


class BatchKind(IntEnum):
    NORMAL = 0
    TERM = 1  # A gate took over.
    VOID = 2  # Settles a batch whose outcome was unknown: it was not committed.


class CommandRow(NamedTuple):
    """One command other than an accepted order."""

    number: int
    kind: int
    credential: int
    key: bytes
    mac: bytes
    transfer: int
    digest: bytes
    outcome: str
    detail: bytes
    body: bytes


class Header(NamedTuple):
    """The signed row of a batch. `root` is the root of the audit log after it."""

    seq: int
    term: int
    kind: int
    batch_ms: int
    first_number: int
    leaves: int
    prev_term: int
    prev_root: bytes
    root: bytes
    state_hash: bytes
    signature: bytes = b""

    def signed_bytes(self, instance: bytes) -> bytes:
        return b"".join(
            (
                b"countersign/batch/v1\x00",
                instance,
                _header_numbers(
                    self.seq,
                    self.term,
                    self.kind,
                    self.batch_ms,
                    self.first_number,
                    self.leaves,
                    self.prev_term,
                ),
                self.prev_root,
                self.root,
                self.state_hash,
            )
        )


class Signer:
    """Signs and checks batch headers and snapshots of one instance."""

    def __init__(self, instance: bytes, private_key: Ed25519PrivateKey) -> None:
        self.instance = instance
        self._private_key = private_key
        self._public_key: Ed25519PublicKey = private_key.public_key()

    def sign(self, message: bytes) -> bytes:
        return self._private_key.sign(message)

    def check(self, signature: bytes, message: bytes, what: str) -> None:
        try:
            self._public_key.verify(signature, message)
        except InvalidSignature:
            raise Tampered(what=f"{what} is not signed by this gate") from None

    def check_header(self, header: Header) -> None:
        message = header.signed_bytes(self.instance)
        self.check(header.signature, message, f"batch {header.seq}")


def order_leaf(row: TransferRow, batch_ms: int) -> bytes:
    """The data of an accepted order's leaf."""
    evidence, facts, alerts = row.evidence, row.facts, row.alerts.encode()
    debtor_side, creditor_side = row.debtor_side, row.creditor_side
    withheld = sha256(
        b"".join(
            (
                _ORDER_WITHHELD,
                _order_numbers(
                    row.credential, row.debtor, row.creditor, row.amount, row.execution_day
                ),
                row.key,
                row.mac,
                row.creditor_index,
                row.currency.encode(),
                _length(len(evidence)),
                evidence,
                _length(len(facts)),
                facts,
                _length(len(alerts)),
                alerts,
                _length(len(debtor_side)),
                debtor_side,
                _length(len(creditor_side)),
                creditor_side,
            )
        )
    ).digest()
    reasons = row.reasons.encode()
    return b"".join(
        (
            _ORDER_LEAF,
            _order_shown(row.number, batch_ms, row.action, row.status, row.policy, len(reasons)),
            row.digest,
            reasons,
            withheld,
        )
    )


def command_leaf(row: CommandRow, batch_ms: int) -> bytes:
    """The data of any other command's leaf."""
    withheld = sha256(
        b"".join(
            (
                _COMMAND_WITHHELD,
                _command_numbers(row.credential, len(row.detail), len(row.body)),
                row.key,
                row.mac,
                row.detail,
                row.body,
            )
        )
    ).digest()
    outcome = row.outcome.encode()
    return b"".join(
        (
            _COMMAND_LEAF,
            _command_shown(row.number, batch_ms, row.kind, row.transfer, len(outcome)),
            row.digest,
            outcome,
            withheld,
        )
    )


_ORDER_LEAF = b"countersign/leaf/v1/order\x00"
_COMMAND_LEAF = b"countersign/leaf/v1/command\x00"
_ORDER_WITHHELD = b"countersign/withheld/v1/order\x00"
_COMMAND_WITHHELD = b"countersign/withheld/v1/command\x00"
_header_numbers = struct.Struct(">QQBQQIQ").pack
_order_numbers = struct.Struct(">IQQqi").pack
_order_shown = struct.Struct(">QQBBIH").pack
_command_numbers = struct.Struct(">III").pack
_command_shown = struct.Struct(">QQBQH").pack
_length = struct.Struct(">I").pack
