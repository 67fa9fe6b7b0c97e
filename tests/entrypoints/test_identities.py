"""Through the real sockets, intake and all: every identity asks for every kind of command."""

from collections.abc import Iterator

import msgspec
import pytest
from tests.support.identities import ANYONE, CHANNELS, CONSOLES, OPERATORS, WORKERS, a_request

from countersign.access.errors import NotPermitted, UnknownCredential
from countersign.access.model import verifier_of
from countersign.entrypoints.bench.bed import TOKEN, Bed, a_bed, reference
from countersign.gate.client import FrameRefused, GateClient, new_key
from countersign.gate.commands import Kind, SetCredential
from countersign.gate.requests import (
    CHANNEL_SOCKET,
    CONSOLE_SOCKET,
    OPERATOR_SOCKET,
    WORKER_SOCKET,
    Item,
    Query,
    encode_body,
)

IDLE = "a token that may nothing"
IDENTITIES = {
    (OPERATOR_SOCKET, ""): OPERATORS,
    (WORKER_SOCKET, ""): WORKERS,
    (CONSOLE_SOCKET, ""): CONSOLES,
    (CHANNEL_SOCKET, TOKEN): CHANNELS,
    (CHANNEL_SOCKET, IDLE): ANYONE,
    # Whoever shows a token is its credential, whatever the socket would let others do.
    (OPERATOR_SOCKET, TOKEN): CHANNELS,
    (WORKER_SOCKET, TOKEN): CHANNELS,
}
CREDENTIALS = {OPERATOR_SOCKET: 1, WORKER_SOCKET: 2, CONSOLE_SOCKET: 4}


@pytest.fixture(scope="module")
def bed() -> Iterator[Bed]:
    with a_bed(name="identities") as made:
        made.gate().start()
        made.populate(1)
        with made.operator() as operator:
            idle = SetCredential(0, "idle", verifier_of(IDLE), [], is_active=True)
            assert operator.ask(Kind.SET_CREDENTIAL, idle).outcome == "ok"
        yield made


def standing(bed: Bed) -> dict[str, object]:
    with bed.operator() as operator:
        found = msgspec.msgpack.decode(operator.ask(Query.STATUS, None).detail)
    return {name: found[name] for name in ("accounts", "open_transfers", "freezes", "policy")}


def alone_at_the_door(client: GateClient, kind: Kind, request: object) -> str:
    try:
        return client.ask(kind, request).outcome
    except FrameRefused as refusal:
        return refusal.code


@pytest.mark.parametrize(("identity", "allowed"), IDENTITIES.items(), ids=str)
def test_each_identity_may_ask_for_exactly_this(
    bed: Bed, identity: tuple[str, str], allowed: frozenset[Kind]
) -> None:
    socket, token = identity
    number = {TOKEN: 100, IDLE: 101}.get(token) or CREDENTIALS[socket]
    before = standing(bed)
    with GateClient(bed.installation.sockets, socket, token=token, timeout_seconds=60) as client:
        requests = {kind: a_request(kind, reference(0), credential=number) for kind in Kind}
        alone = {
            kind: alone_at_the_door(client, kind, request) for kind, request in requests.items()
        }
        # Beside one that it may ask for, each item comes to be decided, and leaves its leaf.
        items = [Item(kind, new_key(), encode_body(requests[kind])) for kind in Kind]
        together = {kind: a.outcome for kind, a in zip(Kind, client.submit(items), strict=True)}
    for outcomes, own in ((alone, set()), (together, {Kind.TICK})):
        not_permitted = {kind for kind, outcome in outcomes.items() if outcome == NotPermitted.code}
        assert not_permitted == set(Kind) - allowed - own
        assert outcomes[Kind.REFUSED_INTAKE] == "account.malformed_iban"
    assert together[Kind.TICK] == "gate.malformed_request"  # Of the gate's own, by no socket.
    assert standing(bed) == before


@pytest.mark.parametrize("kind", [*Kind, *Query])
def test_the_channels_socket_alone_is_nobody(bed: Bed, kind: int) -> None:
    with (
        GateClient(bed.installation.sockets, CHANNEL_SOCKET, timeout_seconds=60) as client,
        pytest.raises(FrameRefused) as refusal,
    ):
        client.ask(kind, None)
    assert refusal.value.code == UnknownCredential.code


@pytest.mark.parametrize("kind", [0, 5, 51, 199, -1, 2**31])
def test_a_kind_that_nobody_knows_is_refused_under_its_key(bed: Bed, kind: int) -> None:
    with bed.operator() as operator:
        assert operator.ask(kind, None).outcome == "gate.malformed_request"
