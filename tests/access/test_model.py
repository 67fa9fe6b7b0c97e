"""Permissions and credentials: denied by default, and a token that opens one credential only."""

from dataclasses import replace
from hashlib import sha256

import pytest

from countersign.access.errors import (
    CredentialExpired,
    NotPermitted,
    UnknownCredential,
    WrongAddress,
)
from countersign.access.model import (
    BUILT_IN,
    CONSOLE,
    GATE,
    NO_TOKEN,
    OPERATOR,
    READING,
    WORKER,
    Credential,
    Permission,
    authenticate,
    is_within,
    network,
    verifier_of,
)
from countersign.access.store import credential_columns, read_credentials

pytestmark = pytest.mark.fast

TOKEN = "a token"
NOW = 1_800_000_000_000
CHANNEL = Credential(
    number=100,
    name="erp",
    verifier=verifier_of(TOKEN),
    permissions=frozenset({Permission.TRANSFERS_ORDER}),
    is_active=True,
)


def test_a_credential_may_do_what_it_carries() -> None:
    CHANNEL.require(Permission.TRANSFERS_ORDER, NOW)
    CHANNEL.require(None, NOW)


@pytest.mark.parametrize("permission", sorted(set(Permission) - {Permission.TRANSFERS_ORDER}))
def test_whatever_it_does_not_carry_is_refused_by_name(permission: Permission) -> None:
    with pytest.raises(NotPermitted) as refusal:
        CHANNEL.require(permission, NOW)
    assert refusal.value.details == {"permission": permission.value}


def test_a_credential_without_permissions_may_do_nothing() -> None:
    nobody = replace(CHANNEL, permissions=frozenset())
    for permission in Permission:
        with pytest.raises(NotPermitted):
            nobody.require(permission, NOW)


@pytest.mark.parametrize("permission", [None, *Permission])
def test_a_revoked_credential_may_do_nothing_at_all(permission: Permission | None) -> None:
    revoked = replace(CHANNEL, is_active=False, permissions=frozenset(Permission))
    with pytest.raises(UnknownCredential):
        revoked.require(permission, NOW)


def test_the_right_token_opens_its_credential() -> None:
    assert authenticate(CHANNEL, TOKEN, NOW) is CHANNEL


@pytest.mark.parametrize("token", ["", "a token ", "A token", "another", "\x00" * 32])
def test_any_other_token_opens_nothing(token: str) -> None:
    with pytest.raises(UnknownCredential):
        authenticate(CHANNEL, token, NOW)


def test_no_and_revoked_and_wrong_are_one_refusal() -> None:
    refusals = set()
    for credential, token in (
        (None, TOKEN),
        (replace(CHANNEL, is_active=False), TOKEN),
        (CHANNEL, "wrong"),
    ):
        with pytest.raises(UnknownCredential) as refusal:
            authenticate(credential, token, NOW)
        refusals.add(str(refusal.value))
    assert len(refusals) == 1


def test_no_token_opens_a_built_in_credential() -> None:
    for credential in BUILT_IN:
        assert credential.verifier == NO_TOKEN
        for token in ("", "\x00" * 32, NO_TOKEN.decode()):
            with pytest.raises(UnknownCredential):
                authenticate(credential, token, NOW)


def test_a_verifier_is_of_this_use_alone() -> None:
    assert verifier_of(TOKEN) != sha256(TOKEN.encode()).digest()
    assert verifier_of(TOKEN) == sha256(b"countersign/token/v1\x00a token").digest()
    assert verifier_of(TOKEN) != verifier_of(TOKEN + " ")


def test_permissions_are_named_by_area_and_verb_in_alphabetical_order() -> None:
    values = [permission.value for permission in Permission]
    assert values == sorted(values)
    for permission in Permission:
        area, _, verb = permission.value.partition(":")
        assert permission.name == f"{area}_{verb}".upper()


def test_the_built_in_credentials_share_no_permission_and_none_may_order() -> None:
    """Who lets transfers go does not send them, and no local peer orders in a channel's place."""
    of_number = {credential.number: credential.permissions for credential in BUILT_IN}
    assert set(of_number) == {OPERATOR, WORKER, GATE, CONSOLE}
    # The console's pages do for the operator what the operator may do, and no more.
    assert of_number.pop(CONSOLE) < of_number[OPERATOR]
    carried = [permission for permissions in of_number.values() for permission in permissions]
    assert len(carried) == len(set(carried))
    assert set(Permission) - set(carried) == {Permission.TRANSFERS_ORDER, *READING}
    assert of_number[WORKER] == {
        Permission.TRANSFERS_DISPATCH,
        Permission.TRANSFERS_REPORT_STATUS,
    }
    assert of_number[GATE] == {Permission.GATE_TICK}


def test_rows_survive_their_columns() -> None:
    rows = [
        CHANNEL,
        replace(CHANNEL, number=101, name="web", permissions=frozenset(), is_active=False),
        replace(CHANNEL, number=102, permissions=frozenset(map(str, Permission))),
        replace(CHANNEL, number=103, expires_ms=NOW, addresses=("10.0.0.0/8", "2001:db8::/32")),
    ]
    assert read_credentials(credential_columns(rows)) == rows
    assert read_credentials([None] * 7) == []


def test_an_expired_credential_may_do_nothing_from_its_last_millisecond_on() -> None:
    ending = replace(CHANNEL, expires_ms=NOW)
    ending.require(Permission.TRANSFERS_ORDER, NOW - 1)
    assert authenticate(ending, TOKEN, NOW - 1) is ending
    for permission in (None, Permission.TRANSFERS_ORDER):
        with pytest.raises(CredentialExpired):
            ending.require(permission, NOW)
    with pytest.raises(CredentialExpired):
        authenticate(ending, TOKEN, NOW)


def test_only_who_has_the_token_learns_that_it_has_expired() -> None:
    with pytest.raises(UnknownCredential):
        authenticate(replace(CHANNEL, expires_ms=1), "wrong", NOW)


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("10.1.2.3", True),
        ("::ffff:10.1.2.3", True),
        ("10.2.0.1", False),
        ("192.0.2.7", True),
        ("192.0.2.8", False),
        ("2001:db8::9", True),
        ("2001:db9::9", False),
        ("", False),
        ("local", False),
        ("10.1.2.3, 192.0.2.7", False),
    ],
)
def test_a_credential_is_used_from_its_networks_alone(address: str, *, is_allowed: bool) -> None:
    bound = replace(CHANNEL, addresses=("10.1.0.0/16", "192.0.2.7/32", "2001:db8::/32"))
    assert is_within(address, bound.addresses) is is_allowed
    if is_allowed:
        bound.require_address(address)
    else:
        with pytest.raises(WrongAddress):
            bound.require_address(address)
    CHANNEL.require_address(address)


@pytest.mark.parametrize("text", ["", "10.0.0.1/8", "10.0.0.0/33", "example.com", "010.0.0.1"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"network|host bits"):
        network(text)


def test_a_network_has_one_spelling() -> None:
    assert network("2001:DB8:0::/32") == "2001:db8::/32"
    assert network("192.0.2.7") == "192.0.2.7/32"
