"""Permissions and credentials: denied by default, and a token that opens one credential only."""

from dataclasses import replace
from hashlib import sha256

import pytest

from countersign.access.errors import NotPermitted, UnknownCredential
from countersign.access.model import (
    BUILT_IN,
    GATE,
    NO_TOKEN,
    OPERATOR,
    WORKER,
    Credential,
    Permission,
    authenticate,
    verifier_of,
)
from countersign.access.store import credential_columns, read_credentials

pytestmark = pytest.mark.fast

TOKEN = "a token"
CHANNEL = Credential(
    number=100,
    name="erp",
    verifier=verifier_of(TOKEN),
    permissions=frozenset({Permission.TRANSFERS_ORDER}),
    is_active=True,
)


def test_a_credential_may_do_what_it_carries() -> None:
    CHANNEL.require(Permission.TRANSFERS_ORDER)
    CHANNEL.require(None)


@pytest.mark.parametrize("permission", sorted(set(Permission) - {Permission.TRANSFERS_ORDER}))
def test_whatever_it_does_not_carry_is_refused_by_name(permission: Permission) -> None:
    with pytest.raises(NotPermitted) as refusal:
        CHANNEL.require(permission)
    assert refusal.value.details == {"permission": permission.value}


def test_a_credential_without_permissions_may_do_nothing() -> None:
    nobody = replace(CHANNEL, permissions=frozenset())
    for permission in Permission:
        with pytest.raises(NotPermitted):
            nobody.require(permission)


@pytest.mark.parametrize("permission", [None, *Permission])
def test_a_revoked_credential_may_do_nothing_at_all(permission: Permission | None) -> None:
    revoked = replace(CHANNEL, is_active=False, permissions=frozenset(Permission))
    with pytest.raises(UnknownCredential):
        revoked.require(permission)


def test_the_right_token_opens_its_credential() -> None:
    assert authenticate(CHANNEL, TOKEN) is CHANNEL


@pytest.mark.parametrize("token", ["", "a token ", "A token", "another", "\x00" * 32])
def test_any_other_token_opens_nothing(token: str) -> None:
    with pytest.raises(UnknownCredential):
        authenticate(CHANNEL, token)


def test_no_and_revoked_and_wrong_are_one_refusal() -> None:
    refusals = set()
    for credential, token in (
        (None, TOKEN),
        (replace(CHANNEL, is_active=False), TOKEN),
        (CHANNEL, "wrong"),
    ):
        with pytest.raises(UnknownCredential) as refusal:
            authenticate(credential, token)
        refusals.add(str(refusal.value))
    assert len(refusals) == 1


def test_no_token_opens_a_built_in_credential() -> None:
    for credential in BUILT_IN:
        assert credential.verifier == NO_TOKEN
        for token in ("", "\x00" * 32, NO_TOKEN.decode()):
            with pytest.raises(UnknownCredential):
                authenticate(credential, token)


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
    assert set(of_number) == {OPERATOR, WORKER, GATE}
    carried = [permission for permissions in of_number.values() for permission in permissions]
    assert len(carried) == len(set(carried))
    assert set(Permission) - set(carried) == {Permission.TRANSFERS_ORDER}
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
    ]
    assert read_credentials(credential_columns(rows)) == rows
    assert read_credentials([None] * 5) == []
