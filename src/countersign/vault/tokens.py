"""Tokens: random names that stand for a restricted value where the value itself must not go.

A token says nothing about its value, not even whether two values are equal. The value is sealed
under its subject's key and bound to the token and the field, so erasing the subject ends its
tokens, and no row can pass for another. A malformed and an unknown token get the same answer.
"""

import base64
import re
import secrets

from countersign.vault import store
from countersign.vault.classes import class_of
from countersign.vault.errors import UnknownToken
from countersign.vault.seal import Place, length_prefixed, open_sealed, seal
from countersign.vault.store import Connection, TokenRow
from countersign.vault.subjects import SubjectKeys

PREFIX = "tok_"


class Tokens:
    """Makes and resolves tokens, in the caller's transaction."""

    def __init__(self, subject_keys: SubjectKeys) -> None:
        self._subject_keys = subject_keys

    def tokenise(self, connection: Connection, *, subject: bytes, field: str, value: str) -> str:
        """Keep the value sealed and give a fresh token for it; `field` must be classified."""
        class_of(field)
        key = self._subject_keys.ensure([subject])[subject]
        token = secrets.token_bytes(_TOKEN_BYTES)
        sealed = seal(
            key.aead,
            instance=self._subject_keys.instance,
            place=_PLACE,
            row=_row(token, field),
            subject=subject,
            epoch=key.epoch,
            # A lone surrogate from outside must not raise an error that quotes the value.
            plaintext=value.encode("utf-8", "surrogatepass"),
        )
        row = TokenRow(token=token, subject=subject, field=field, sealed=sealed)
        store.add_token(connection, row)
        return PREFIX + base64.b32encode(token).decode().lower()

    def resolve(self, connection: Connection, token: str) -> str:
        """Give the value back; whoever calls this has checked that the actor may see it."""
        row = store.read_token(connection, _parsed(token))
        if row is None:
            raise UnknownToken
        key = self._subject_keys.find([row.subject])[row.subject]
        plaintext = open_sealed(
            key.aead,
            instance=self._subject_keys.instance,
            place=_PLACE,
            row=_row(row.token, row.field),
            subject=row.subject,
            sealed=row.sealed,
        )
        return plaintext.decode("utf-8", "surrogatepass")


_TOKEN_BYTES = 20
_PLACE = Place("vault.token.sealed")
_SPELLING = re.compile(re.escape(PREFIX) + "([a-z2-7]{32})")


def _row(token: bytes, field: str) -> bytes:
    return length_prefixed(token, field.encode())


def _parsed(token: str) -> bytes:
    found = _SPELLING.fullmatch(token)
    if found is None:
        raise UnknownToken
    return base64.b32decode(found[1].upper())
