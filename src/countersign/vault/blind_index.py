"""Keyed hashes that find equal restricted values, and equal request bodies, without storing them.

Rules: the kind of value is BLAKE2b's person string, so equal text of two kinds gives unlike
indexes; the value is hashed as given, so the caller canonicalises it first (kernel.account);
without the key an index can be neither made nor guessed. A database thief sees only equality.
"""

import re
from hashlib import blake2b

from countersign.kernel.invariant import invariant

INDEX_BYTES = 16
PARTY = "party"  # By what the house knows a person or firm, such as a customer number.


def blind_index(key: bytes, kind: str, value: str) -> bytes:
    """Index the canonical `value` among values of its `kind`, such as "account" or "name"."""
    invariant(_KIND.fullmatch(kind), "a kind is 1 to 16 of a-z, 0-9, _ and . (BLAKE2b's limit)")
    invariant(kind != _BODY_KIND, "that kind belongs to body_mac")
    # Text from outside may hold a lone surrogate; it must not raise an error that quotes the text.
    return _keyed(key, kind, value.encode("utf-8", "surrogatepass"))


def body_mac(key: bytes, body: bytes) -> bytes:
    """Hash a request's canonical body, to tell a repeated request from a changed one."""
    return _keyed(key, _BODY_KIND, body)


_KIND = re.compile(r"[a-z0-9_.]{1,16}")
_BODY_KIND = "request.body"
_KEY_BYTES = 32


def _keyed(key: bytes, kind: str, data: bytes) -> bytes:
    invariant(len(key) == _KEY_BYTES, "a blind-index or body key has 32 bytes")
    return blake2b(data, digest_size=INDEX_BYTES, key=key, person=kind.encode()).digest()
