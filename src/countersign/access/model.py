"""Permissions and credentials, as values. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from ipaddress import IPv6Address, ip_address, ip_network

from countersign.access.errors import (
    CredentialExpired,
    NotPermitted,
    UnknownCredential,
    WrongAddress,
)
from countersign.kernel.actor import Actor, ActorKind

NEVER = 0  # When a credential without an end expires.


class Permission(StrEnum):
    """Everything that a command or a reader may need; `area:verb`, in alphabetical order."""

    ACCOUNTS_CORRECT = "accounts:correct"
    ACCOUNTS_FREEZE = "accounts:freeze"
    ACCOUNTS_FUND = "accounts:fund"
    ACCOUNTS_OPEN = "accounts:open"
    ACCOUNTS_READ = "accounts:read"
    ACCOUNTS_REVERSE = "accounts:reverse"
    ACCOUNTS_UNFREEZE = "accounts:unfreeze"
    ALERTS_ACKNOWLEDGE = "alerts:acknowledge"
    ALERTS_CLOSE = "alerts:close"
    ALERTS_READ = "alerts:read"
    CREDENTIALS_MANAGE = "credentials:manage"
    GATE_TICK = "gate:tick"
    HEALTH_READ = "health:read"
    POLICIES_CHANGE = "policies:change"
    TRANSFERS_CANCEL = "transfers:cancel"
    TRANSFERS_DISPATCH = "transfers:dispatch"
    TRANSFERS_HOLD = "transfers:hold"
    TRANSFERS_ORDER = "transfers:order"
    TRANSFERS_READ = "transfers:read"
    TRANSFERS_REJECT = "transfers:reject"
    TRANSFERS_RELEASE = "transfers:release"
    TRANSFERS_REPORT_STATUS = "transfers:report_status"
    TRANSFERS_REVEAL = "transfers:reveal"


# What a token may open: never what makes credentials or policies (I12: nobody gives himself more),
# nor what is the worker's or the gate's own, nor a look in clear, which is a person's.
GRANTABLE = frozenset(Permission) - {
    Permission.CREDENTIALS_MANAGE,
    Permission.GATE_TICK,
    Permission.POLICIES_CHANGE,
    Permission.TRANSFERS_DISPATCH,
    Permission.TRANSFERS_REPORT_STATUS,
    Permission.TRANSFERS_REVEAL,
}
# What no command needs: who has them may look.
READING = frozenset(
    {
        Permission.ACCOUNTS_READ,
        Permission.ALERTS_READ,
        Permission.HEALTH_READ,
        Permission.TRANSFERS_READ,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A machine credential. The verifier is SHA-256 of a random token of 32 bytes, so no salt."""

    number: int
    name: str
    verifier: bytes
    permissions: frozenset[str]
    is_active: bool
    expires_ms: int = NEVER
    addresses: tuple[str, ...] = ()  # Networks that it is used from, by CIDR; none means anywhere.

    def require(self, permission: Permission | None, now_ms: int) -> None:
        """Raise NotPermitted unless this credential carries the permission, if one is needed."""
        if not self.is_active:
            raise UnknownCredential
        self.require_time(now_ms)
        if permission is not None and permission not in self.permissions:
            raise NotPermitted(permission=permission.value)

    def require_time(self, now_ms: int) -> None:
        """Raise CredentialExpired if its time is over."""
        if self.expires_ms != NEVER and now_ms >= self.expires_ms:
            raise CredentialExpired

    def require_address(self, address: str) -> None:
        """Raise WrongAddress unless it may be used from this IP address."""
        if self.addresses and not is_within(address, self.addresses):
            raise WrongAddress


# The built-in credentials of the local sockets: no token opens them, only their socket.
OPERATOR = 1
WORKER = 2
GATE = 3
CONSOLE = 4
NO_TOKEN = b"\x00" * 32
_PARTS = {
    OPERATOR: ActorKind.SERVICE,
    WORKER: ActorKind.SERVICE,
    GATE: ActorKind.JOB,
    CONSOLE: ActorKind.SERVICE,
}
BUILT_IN = (
    Credential(
        number=OPERATOR,
        name="operator",
        verifier=NO_TOKEN,
        permissions=frozenset(
            {
                Permission.ACCOUNTS_CORRECT,
                Permission.ACCOUNTS_FREEZE,
                Permission.ACCOUNTS_FUND,
                Permission.ACCOUNTS_OPEN,
                Permission.ACCOUNTS_REVERSE,
                Permission.ACCOUNTS_UNFREEZE,
                Permission.ALERTS_ACKNOWLEDGE,
                Permission.ALERTS_CLOSE,
                Permission.CREDENTIALS_MANAGE,
                Permission.POLICIES_CHANGE,
                Permission.TRANSFERS_CANCEL,
                Permission.TRANSFERS_HOLD,
                Permission.TRANSFERS_REJECT,
                Permission.TRANSFERS_RELEASE,
                Permission.TRANSFERS_REVEAL,
            }
        ),
        is_active=True,
    ),
    Credential(
        number=WORKER,
        name="worker",
        verifier=NO_TOKEN,
        permissions=frozenset({Permission.TRANSFERS_DISPATCH, Permission.TRANSFERS_REPORT_STATUS}),
        is_active=True,
    ),
    Credential(
        number=GATE,
        name="gate",
        verifier=NO_TOKEN,
        permissions=frozenset({Permission.GATE_TICK}),
        is_active=True,
    ),
    # What the pages let a person do, so that a hole in one opens neither money nor credentials.
    Credential(
        number=CONSOLE,
        name="console",
        verifier=NO_TOKEN,
        permissions=frozenset(
            {
                Permission.ACCOUNTS_FREEZE,
                Permission.ACCOUNTS_UNFREEZE,
                Permission.ALERTS_ACKNOWLEDGE,
                Permission.ALERTS_CLOSE,
                Permission.TRANSFERS_CANCEL,
                Permission.TRANSFERS_HOLD,
                Permission.TRANSFERS_REJECT,
                Permission.TRANSFERS_RELEASE,
                Permission.TRANSFERS_REVEAL,
            }
        ),
        is_active=True,
    ),
)


def actor_of(number: int, name: str) -> Actor:
    """Who acts by a credential: a part of this installation, or whoever holds its token."""
    return Actor(kind=_PARTS.get(number, ActorKind.CREDENTIAL), id=str(number), name=name)


def verifier_of(token: str) -> bytes:
    return sha256(b"countersign/token/v1\x00" + token.encode()).digest()


def network(text: str) -> str:
    """An address or network in its one spelling; raises ValueError for what is none."""
    return str(ip_network(text))


def is_within(address: str, networks: tuple[str, ...]) -> bool:
    """Whether an IP address lies in one of these networks; what is no address lies in none."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return any(found in ip_network(one) for one in networks)


def authenticate(credential: Credential | None, token: str, now_ms: int) -> Credential:
    """The credential, if the token opens it; the same refusal and time for every other case.

    Only who has its token learns that it has expired.
    """
    verifier = credential.verifier if credential else NO_TOKEN
    is_right = compare_digest(verifier_of(token), verifier)
    if credential is None or not is_right or not credential.is_active:
        raise UnknownCredential
    credential.require_time(now_ms)
    return credential
