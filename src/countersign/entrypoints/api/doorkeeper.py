"""Who comes in: by a token the gate knows, from where its credential may be used, so often.

Rules: 1. The gate alone knows tokens; what it says of one is believed for a second, so a revoked
one reads nothing after that, and a command is never decided for it at all. 2. Whoever guesses is
slowed down by address, before the gate is asked. 3. How the house is doing is told most wanted
when the gate is away: whoever could read it a while ago may read that, and nothing else, then.
"""

from collections import OrderedDict
from hashlib import sha256
from typing import NamedTuple

from countersign.access.errors import (
    CredentialExpired,
    NotPermitted,
    UnknownCredential,
    WrongAddress,
)
from countersign.access.model import NEVER, Permission, is_within
from countersign.entrypoints.api.errors import NoToken, RateExceeded, TooManyFailures
from countersign.entrypoints.api.rates import Rates
from countersign.gate.client import GateUnreachable, new_key
from countersign.gate.link import GateLink
from countersign.gate.queries import OwnCredential, read_own_credential
from countersign.gate.requests import Item, Query
from countersign.infra.clock import Clock, monotonic

TOKEN_LENGTH_MAX = 200
_BELIEVED_SECONDS = 1.0
_KNOWN_MAX = 10_000
_GATE_SECONDS = 15.0
_REMEMBERED_SECONDS = 600.0
_REMEMBERING_GATE_SECONDS = 2.0
_FAILURES_AT_ONCE = 20
_FAILURES_PER_SECOND = 1
_SCHEME = "bearer "
_NOTHING = b"\xc0"


class Visitor(NamedTuple):
    """Who asks: a credential, with the token that opens it."""

    token: str
    credential: OwnCredential

    def require(self, permission: Permission) -> None:
        """Raise NotPermitted unless the credential carries it."""
        if permission not in self.credential.permissions:
            raise NotPermitted(permission=permission.value)

    def may(self, permission: Permission) -> bool:
        return permission in self.credential.permissions


class _Known(NamedTuple):
    credential: OwnCredential
    until: float


class Doorkeeper:
    """Belongs to one loop."""

    def __init__(self, gate: GateLink, clock: Clock, *, per_second: int) -> None:
        self._gate = gate
        self._clock = clock
        self._known: OrderedDict[bytes, _Known] = OrderedDict()
        self._rates = Rates(per_second=per_second, at_once=per_second)
        self._failures = Rates(per_second=_FAILURES_PER_SECOND, at_once=_FAILURES_AT_ONCE)

    async def admit(
        self, authorization: str, address: str, *, outlives_gate: bool = False
    ) -> Visitor:
        """Who this is; raises NoToken, UnknownCredential, CredentialExpired or WrongAddress.

        Without a gate it raises GateUnreachable, or goes by what it remembers where that will do.
        """
        if retry_ms := self._failures.is_spent(address):
            raise TooManyFailures(retry_ms=retry_ms)
        token = _token(authorization)
        try:
            credential = await self._credential(token, outlives_gate=outlives_gate)
        except UnknownCredential:
            self._failures.spend(address)
            raise
        if credential.expires_ms != NEVER and self._clock.now_ms() >= credential.expires_ms:
            raise CredentialExpired
        if credential.addresses and not is_within(address, tuple(credential.addresses)):
            raise WrongAddress
        return Visitor(token, credential)

    def spend(self, visitor: Visitor, cost: int) -> None:
        """Count what is asked; raises RateExceeded."""
        if retry_ms := self._rates.spend(visitor.credential.number, cost):
            raise RateExceeded(retry_ms=retry_ms)

    async def _credential(self, token: str, *, outlives_gate: bool) -> OwnCredential:
        # Kept by a hash, so that a dump of this memory holds no more tokens than it must.
        name = sha256(token.encode()).digest()
        known = self._known.get(name)
        if known and monotonic() < known.until:
            return known.credential
        try:
            credential = await self._asked(token, outlives_gate=outlives_gate)
        except UnknownCredential:
            self._known.pop(name, None)  # It was revoked, and is not to be remembered.
            raise
        except GateUnreachable:
            if outlives_gate and known and monotonic() < known.until + _REMEMBERED_SECONDS:
                return known.credential
            raise
        self._known[name] = _Known(credential, monotonic() + _BELIEVED_SECONDS)
        self._known.move_to_end(name)
        if len(self._known) > _KNOWN_MAX:
            self._known.popitem(last=False)
        return credential

    async def _asked(self, token: str, *, outlives_gate: bool) -> OwnCredential:
        item = Item(Query.OWN_CREDENTIAL, new_key(), _NOTHING)
        seconds = _REMEMBERING_GATE_SECONDS if outlives_gate else _GATE_SECONDS
        answer = (await self._gate.submit(token, [item], timeout_seconds=seconds))[0]
        if answer.outcome != "ok":
            raise UnknownCredential
        return read_own_credential(answer)


def _token(authorization: str) -> str:
    """The token of an Authorization header (RFC 6750)."""
    if not authorization.lower().startswith(_SCHEME):
        raise NoToken
    token = authorization[len(_SCHEME) :].strip()
    if not token:
        raise NoToken
    if len(token) > TOKEN_LENGTH_MAX or not token.isascii():
        raise UnknownCredential
    return token
