"""The whole table of identities and kinds of command: what is not allowed there is refused."""

from dataclasses import replace

import msgspec
import pytest
from tests.support.gate import REASON, TODAY, Harness, index_of
from tests.support.identities import (
    ANYONE,
    CHANNELS,
    CONSOLES,
    GATES,
    NO_TRANSFER,
    OPERATORS,
    WORKERS,
)

from countersign.access.errors import (
    CredentialExpired,
    NotGrantable,
    NotPermitted,
    UnknownCredential,
)
from countersign.access.model import (
    CONSOLE,
    GATE,
    GRANTABLE,
    NO_TOKEN,
    OPERATOR,
    WORKER,
    Permission,
    verifier_of,
)
from countersign.gate import checks, commands
from countersign.gate.commands import COMMANDS, Command, Kind
from countersign.gate.decide import HANDLERS

pytestmark = pytest.mark.fast

CHANNEL, IDLE, REVOKED, UNKNOWN = 100, 101, 102, 999
WHO_MAY = {
    OPERATOR: OPERATORS,
    WORKER: WORKERS,
    GATE: GATES,
    CONSOLE: CONSOLES,
    CHANNEL: CHANNELS,
    IDLE: ANYONE,
    REVOKED: frozenset(),
    UNKNOWN: frozenset(),
}


@pytest.fixture
def gate() -> Harness:
    """A city with three channels: one may order, one may nothing, one was revoked."""
    gate = Harness().start().a_city()
    assert gate.channel == CHANNEL
    idle = commands.SetCredential(0, "idle", verifier_of("idle"), [], is_active=True)
    assert gate.do(idle).outcome == "ok"
    revoked = gate.create_credential("revoked")
    end = commands.SetCredential(revoked, "revoked", NO_TOKEN, [], is_active=False)
    assert gate.do(end).outcome == "ok"
    assert set(gate.engine.state.credentials) | {UNKNOWN} == set(WHO_MAY)
    return gate


def a_command(kind: Kind, credential: int) -> Command:
    """One of each kind that would do something, if it were let through."""
    ada, bo = index_of("ada"), index_of("bo")
    return {
        Kind.OPEN_ACCOUNT: commands.OpenAccount(0, "EUR", index_of("new"), ada, 0, b""),
        Kind.FUND: commands.Fund(ada, 5, "EUR", REASON),
        Kind.CORRECT: commands.Correct(ada, bo, 5, "EUR", REASON),
        Kind.REVERSE: commands.Reverse(3, REASON),
        Kind.ORDER: commands.PlaceOrder(
            ada, index_of("x"), 5, "EUR", TODAY, NO_TOKEN, checks.attest(credential), b"", b""
        ),
        Kind.CANCEL: commands.Cancel(NO_TRANSFER, REASON),
        Kind.HOLD: commands.Hold(NO_TRANSFER, "me", 1, REASON),
        Kind.RELEASE: commands.Release(NO_TRANSFER, NO_TRANSFER, REASON),
        Kind.REJECT: commands.Reject(NO_TRANSFER, "FRAD", REASON),
        Kind.DISPATCH: commands.Dispatch(NO_TRANSFER),
        Kind.RAIL_STATUS: commands.RailStatus(NO_TRANSFER, "settled", "", NO_TOKEN),
        Kind.RETURN: commands.Return(NO_TRANSFER, NO_TOKEN, "", 1, "EUR", "", NO_TOKEN, ""),
        Kind.FREEZE: commands.Freeze(bo, REASON),
        Kind.UNFREEZE: commands.Unfreeze(bo, REASON),
        Kind.SET_CREDENTIAL: commands.SetCredential(
            0, "mine", verifier_of("mine"), sorted(GRANTABLE), is_active=True
        ),
        Kind.SET_POLICY: commands.SetPolicy(b"{}"),
        Kind.ACKNOWLEDGE_ALERT: commands.AcknowledgeAlert(NO_TRANSFER),
        Kind.CLOSE_ALERT: commands.CloseAlert(NO_TRANSFER, "false_positive", REASON),
        Kind.REVEAL: commands.Reveal(NO_TRANSFER, REASON),
        Kind.RECEIVE_FILE: commands.ReceiveFile(NO_TOKEN),
        Kind.TICK: commands.Tick(NO_TRANSFER, 0),
        Kind.REFUSED_INTAKE: commands.RefusedIntake("account.malformed_iban"),
    }[kind]


def test_every_kind_has_a_command_and_a_handler() -> None:
    assert set(COMMANDS) == set(HANDLERS) == set(Kind)
    assert [a_command(kind, CHANNEL).kind for kind in Kind] == list(Kind)


@pytest.mark.parametrize("credential", list(WHO_MAY))
@pytest.mark.parametrize("kind", list(Kind))
def test_each_identity_may_do_exactly_this(gate: Harness, kind: Kind, credential: int) -> None:
    refusal = UnknownCredential if credential in {REVOKED, UNKNOWN} else NotPermitted
    state = gate.engine.state
    before = (state.log.size, list(state.balances.balance), dict(state.accounts.frozen))
    others = (len(state.accounts), len(state.credentials), len(state.open))
    answer = gate.do(a_command(kind, credential), credential=credential)
    if kind in WHO_MAY[credential]:
        assert answer.outcome not in {NotPermitted.code, UnknownCredential.code}
        return
    assert answer.outcome == refusal.code
    size, *rest = before
    assert state.log.size == size + 1  # Refused, and yet it is in the log.
    assert [list(state.balances.balance), dict(state.accounts.frozen)] == rest
    assert (len(state.accounts), len(state.credentials), len(state.open)) == others


@pytest.mark.parametrize("kind", sorted(set(Kind) - CHANNELS))
@pytest.mark.parametrize("credential", [CHANNEL, REVOKED])
def test_of_what_may_not_be_done_nothing_is_kept_but_that_it_was_asked(
    gate: Harness, credential: int, kind: Kind
) -> None:
    gate.do(a_command(kind, credential), credential=credential)
    row = gate.disk.batches[-1].commands[0]
    refusal = UnknownCredential if credential == REVOKED else NotPermitted
    assert (row.kind, row.outcome, row.body) == (kind, refusal.code, b"")
    again = gate.restarted().start()
    assert again.engine.state.chain.root == gate.engine.state.chain.root


def test_no_two_identities_share_a_kind_and_none_is_left_to_nobody() -> None:
    """Who lets a transfer go neither orders nor sends it; a shared kind would join two of these."""
    allowed = [kind for kinds in (OPERATORS, WORKERS, GATES, CHANNELS) for kind in kinds - ANYONE]
    assert len(allowed) == len(set(allowed))
    assert set(allowed) | ANYONE == set(Kind)


@pytest.mark.parametrize("number", [OPERATOR, WORKER, GATE, CONSOLE])
def test_nobody_revokes_a_built_in_credential(gate: Harness, number: int) -> None:
    end = commands.SetCredential(number, "x", NO_TOKEN, [], is_active=False)
    assert gate.do(end).outcome == UnknownCredential.code
    assert gate.engine.state.credentials[number].is_active


@pytest.mark.parametrize("number", [REVOKED, UNKNOWN])
def test_what_is_not_in_force_cannot_be_revoked(gate: Harness, number: int) -> None:
    end = commands.SetCredential(number, "x", NO_TOKEN, [], is_active=False)
    assert gate.do(end).outcome == UnknownCredential.code


@pytest.mark.parametrize("is_active", [False, True])
def test_a_credential_is_only_ever_taken_back(gate: Harness, *, is_active: bool) -> None:
    """A command that names one revokes it, whatever else it says: it changes no token, no right."""
    before = gate.engine.state.credentials[CHANNEL]
    change = commands.SetCredential(
        CHANNEL, "other", verifier_of("mine"), list(Permission), is_active=is_active
    )
    assert gate.do(change).outcome == "ok"
    assert gate.engine.state.credentials[CHANNEL] == replace(before, is_active=False)


def test_a_name_in_use_is_not_given_again_until_it_is_revoked(gate: Harness) -> None:
    again = commands.SetCredential(0, "erp", verifier_of("second"), [], is_active=True)
    assert gate.do(again).outcome == "access.name_taken"
    assert gate.do(
        commands.SetCredential(CHANNEL, "erp", NO_TOKEN, [], is_active=False)
    ).outcome == ("ok")
    assert gate.do(again, key=b"once more, anew!").outcome == "ok"


@pytest.mark.parametrize("name", ["operator", "worker", "gate"])
def test_no_channel_takes_the_name_of_a_built_in_credential(gate: Harness, name: str) -> None:
    new = commands.SetCredential(0, name, verifier_of("new"), [], is_active=True)
    assert gate.do(new).outcome == "access.name_taken"


@pytest.mark.parametrize("permission", sorted(set(Permission) - GRANTABLE))
def test_no_token_is_ever_given_what_is_the_installations_own(
    gate: Harness, permission: Permission
) -> None:
    """I12: else whoever has one credential could make himself another that may do more."""
    new = commands.SetCredential(
        0, "new", verifier_of("new"), [Permission.TRANSFERS_ORDER, permission], is_active=True
    )
    assert gate.do(new).outcome == NotGrantable.code
    assert "new" not in {c.name for c in gate.engine.state.credentials.values()}


def test_an_expired_credential_orders_nothing_and_is_decided_so_again(gate: Harness) -> None:
    ends = gate.clock.now_ms() + 1_000
    new = commands.SetCredential(
        *(
            0,
            "brief",
            verifier_of("brief"),
            [Permission.ACCOUNTS_FREEZE, Permission.TRANSFERS_ORDER],
        ),
        is_active=True,
        expires_ms=ends,
        addresses=["192.0.2.0/24"],
    )
    number = msgspec.msgpack.decode(gate.do(new).detail)
    order = gate.order(credential=number, amount=1)
    assert gate.do(order, credential=number, key=b"in time in time!").outcome == "released"
    gate.clock.now += 1_000
    assert gate.do(order, credential=number, key=b"late late late !").outcome == (
        CredentialExpired.code
    )
    late = gate.do(commands.Freeze(index_of("ada"), REASON), credential=number)
    assert late.outcome == CredentialExpired.code
    assert gate.disk.batches[-1].commands[0].body == b""
    again = gate.restarted().start()
    assert again.engine.state.credentials[number] == gate.engine.state.credentials[number]
    assert again.engine.state.chain.root == gate.engine.state.chain.root


def test_expiry_and_networks_survive_a_snapshot(gate: Harness) -> None:
    new = commands.SetCredential(
        *(0, "brief", verifier_of("brief"), [Permission.TRANSFERS_ORDER]),
        is_active=True,
        expires_ms=2**50,
        addresses=["192.0.2.0/24", "2001:db8::/32"],
    )
    number = msgspec.msgpack.decode(gate.do(new).detail)
    gate.keep_snapshot()
    kept = gate.restarted().start().engine.state.credentials[number]
    assert (kept.expires_ms, kept.addresses) == (2**50, ("192.0.2.0/24", "2001:db8::/32"))
