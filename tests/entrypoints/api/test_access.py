"""Who may do what over HTTP: denied by default, own transfers alone, revoked at once."""

import threading

import httpx
import pytest
from tests.support.api import Api, an_order, code_of, key

from countersign.access.model import Permission
from countersign.entrypoints.api.app import OPERATIONS
from countersign.entrypoints.api.desk import Operation
from countersign.infra.clock import SystemClock

PAUSES = 60
GUARDED = [operation for operation in OPERATIONS if not operation.is_open]


def asked(client: httpx.Client, operation: Operation) -> httpx.Response:
    """A request of an operation that is well-formed as far as it gets without its permission."""
    path = operation.path.replace("{number}", "1").replace("{party}", "00" * 16)
    return client.request(operation.method, path, headers={"content-type": "application/json"})


@pytest.mark.parametrize("operation", GUARDED, ids=lambda one: one.name)
def test_nothing_is_answered_without_a_token(api: Api, operation: Operation) -> None:
    with api.client(None) as nobody:
        refused = asked(nobody, operation)
    assert (refused.status_code, code_of(refused)) == (401, "api.no_token")
    assert refused.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("operation", GUARDED, ids=lambda one: one.name)
def test_nothing_is_done_without_its_permission(api: Api, operation: Operation) -> None:
    """A credential that may do everything but what this operation needs."""
    name = f"all but for {operation.name}"
    needed = operation.permission
    rest = {Permission.ACCOUNTS_OPEN, Permission.ALERTS_CLOSE} - {needed}
    api.credential(name, *sorted(rest))
    with api.client(name) as client:
        refused = asked(client, operation)
    if needed is None and operation.path in {"/v1/checkpoint", "/v1/credential"}:
        assert refused.status_code in {200, 503}  # Whoever is known may know these.
        return
    assert (refused.status_code, code_of(refused)) == (403, "access.not_permitted")


def test_who_orders_sees_its_own_transfers_and_no_others(api: Api) -> None:
    api.credential("erp", Permission.TRANSFERS_ORDER)
    api.credential("shop", Permission.TRANSFERS_ORDER)
    with api.client("erp") as erp, api.client("shop") as shop, api.client() as everybody:
        mine = erp.post("/v1/transfers", json=an_order(), headers=key("1")).json()["transfer"]
        yours = shop.post("/v1/transfers", json=an_order(), headers=key("1")).json()["transfer"]
        assert mine != yours
        assert [one["number"] for one in erp.get("/v1/transfers").json()["transfers"]] == [mine]
        for part in ("", "/timeline", "/proof"):
            hidden = erp.get(f"/v1/transfers/{yours}{part}")
            missing = erp.get(f"/v1/transfers/999999{part}")
            assert (hidden.status_code, code_of(hidden)) == (404, "gate.no_such_transfer")
            assert (
                hidden.json()["detail"].replace(str(yours), "999999") == (missing.json()["detail"])
            )
        seen = {one["number"] for one in everybody.get("/v1/transfers").json()["transfers"]}
        assert {mine, yours} <= seen


def test_a_revoked_credential_orders_nothing_from_then_on_and_reads_nothing_soon(
    api: Api,
) -> None:
    number = api.credential("leaver", Permission.TRANSFERS_ORDER)
    with api.client("leaver") as leaver:
        assert leaver.get("/v1/credential").json()["number"] == number
        api.revoke(number)
        refused = leaver.post("/v1/transfers", json=an_order(), headers=key("late"))
        assert (refused.status_code, code_of(refused)) == (401, "access.unknown_credential")
        pause = threading.Event()
        answers = [leaver.get("/v1/credential")]
        while answers[-1].status_code != 401:  # What was believed is believed for a second.
            assert len(answers) < PAUSES
            pause.wait(0.05)
            answers.append(leaver.get("/v1/credential"))
        assert code_of(answers[-1]) == "access.unknown_credential"


def test_an_expired_credential_is_told_so(api: Api) -> None:
    api.credential("brief", Permission.TRANSFERS_ORDER, expires_ms=SystemClock().now_ms() - 1)
    with api.client("brief") as brief:
        refused = brief.get("/v1/credential")
    assert (refused.status_code, code_of(refused)) == (401, "access.credential_expired")


def test_a_credential_is_taken_from_its_networks_alone(api: Api) -> None:
    api.credential("far", Permission.TRANSFERS_ORDER, addresses=("192.0.2.0/24",))
    api.credential("near", Permission.TRANSFERS_ORDER, addresses=("127.0.0.0/8",))
    with api.client("far") as far, api.client("near") as near:
        # Whatever a proxy or a liar says of the address.
        lie = {"x-forwarded-for": "192.0.2.7", "forwarded": "for=192.0.2.7"}
        refused = far.post("/v1/transfers", json=an_order(), headers=key("x") | lie)
        assert (refused.status_code, code_of(refused)) == (403, "access.wrong_address")
        assert near.get("/v1/credential").json()["networks"] == ["127.0.0.0/8"]


@pytest.mark.parametrize(
    "header", [b"", b"Bearer", b"Basic YTpi", b"token", b"Bearer " + b"x" * 300, b"Bearer \xfc"]
)
def test_whatever_is_no_token_opens_nothing(api: Api, header: bytes) -> None:
    refused = httpx.get(f"{api.url}/v1/credential", headers={b"authorization": header})
    assert refused.status_code == 401
    assert code_of(refused) in {"api.no_token", "access.unknown_credential"}


def test_the_keys_of_two_credentials_are_apart(api: Api) -> None:
    api.credential("one", Permission.TRANSFERS_ORDER)
    api.credential("two", Permission.TRANSFERS_ORDER)
    with api.client("one") as one, api.client("two") as two:
        first = one.post("/v1/transfers", json=an_order(), headers=key("same")).json()
        second = two.post("/v1/transfers", json=an_order(), headers=key("same")).json()
    assert first["transfer"] != second["transfer"]
