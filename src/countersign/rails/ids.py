"""The ids a transfer goes by on a rail: pure functions of its digest, made again alike.

The transaction id is the digest itself, as much of it as an ISO 20022 id holds, so that a rail
which echoes the id echoes the digest. What is sent again carries the same transaction id and UETR,
in a message of its own id.
"""

from base64 import b32encode
from hashlib import sha256
from typing import Final
from uuid import UUID

from countersign.kernel.digest import HASH_BYTES
from countersign.kernel.invariant import invariant

ID_LENGTH_MAX: Final = 35


def transaction_id(digest: bytes) -> str:
    """The first 175 bits of the order's digest in base32 (RFC 4648, capital letters)."""
    invariant(len(digest) == HASH_BYTES, "a digest is 32 bytes")
    return b32encode(digest).decode()[:ID_LENGTH_MAX]


def message_id(digest: bytes, attempt: int) -> str:
    """The id of the message that carries the order for the n-th time.

    Each attempt has its own, so that an answer says which one it is about.
    """
    invariant(attempt >= 1, "attempts are counted from 1")
    return transaction_id(_derived(f"message id {attempt}", digest))


def request_id(digest: bytes, attempt: int, question: int) -> str:
    """The id of the n-th status request about one attempt."""
    invariant(min(attempt, question) >= 1, "attempts and questions are counted from 1")
    return transaction_id(_derived(f"status request {attempt}/{question}", digest))


def receipt_id(content_hash: bytes) -> str:
    """The id of the message that says that one was received and kept."""
    return transaction_id(_derived("receipt", content_hash))


def uetr_of(digest: bytes) -> str:
    """The UETR of an order that brought none: of the form of a UUID version 4, 122 bits."""
    # The version marks the form only: nothing here is random, so that it can be made again.
    return str(UUID(bytes=_derived("uetr", digest)[:16], version=4))


def _derived(purpose: str, digest: bytes) -> bytes:
    invariant(len(digest) == HASH_BYTES, "a digest is 32 bytes")
    return sha256(f"countersign/rails/{purpose}/v1\x00".encode() + digest).digest()
