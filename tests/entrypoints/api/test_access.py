"""Who may do what over HTTP: denied by default, own transfers alone, revoked at once."""

import threading

import httpx
import pytest
from tests.support.api import Api, an_order, code_of, key

from countersign.access.model import GRANTABLE, Permission
from countersign.entrypoints.api.app import OPERATIONS
from countersign.entrypoints.api.desk import Operation
from countersign.infra.clock import SystemClock

PAUSES = 60
GUARDED = [operation for operation in OPERATIONS if not operation.is_open]
ANYBODY: frozenset[Permission] = frozenset()  # Whoever is known.
# Who ordered a transfer sees it as well as who reads all of them.
OWN_OR_ALL = {Permission.TRANSFERS_ORDER, Permission.TRANSFERS_READ}
# Written here a second time, so that two that are swapped where operations are declared are seen.
# Without all that stands beside it an operation is refused, whatever else is granted.
NEEDED = {
    "orderTransfer": {Permission.TRANSFERS_ORDER},
    "orderTransfers": {Permission.TRANSFERS_ORDER},
    "listTransfers": OWN_OR_ALL,
    "readTransfer": OWN_OR_ALL,
    "readTimeline": OWN_OR_ALL,
    "readProof": OWN_OR_ALL,
    "releaseTransfer": {Permission.TRANSFERS_RELEASE},
    "rejectTransfer": {Permission.TRANSFERS_REJECT},
    "cancelTransfer": {Permission.TRANSFERS_CANCEL},
    "holdTransfer": {Permission.TRANSFERS_HOLD},
    "takeFile": {Permission.TRANSFERS_ORDER},
    "openAccount": {Permission.ACCOUNTS_OPEN},
    "fundAccount": {Permission.ACCOUNTS_FUND},
    "listAccounts": {Permission.ACCOUNTS_READ},
    "readAccount": {Permission.ACCOUNTS_READ},
    "listEntries": {Permission.ACCOUNTS_READ},
    "listParties": {Permission.ACCOUNTS_READ},
    "readParty": {Permission.ACCOUNTS_READ},
    "freezeAccount": {Permission.ACCOUNTS_FREEZE},
    "liftFreeze": {Permission.ACCOUNTS_UNFREEZE},
    "listFreezes": {Permission.ACCOUNTS_READ},
    "listAlerts": {Permission.ALERTS_READ},
    "acknowledgeAlert": {Permission.ALERTS_ACKNOWLEDGE},
    "closeAlert": {Permission.ALERTS_CLOSE},
    "followEvents": {Permission.TRANSFERS_READ},
    "readCheckpoint": ANYBODY,
    "readCredential": ANYBODY,
    "readHealthInDetail": {Permission.HEALTH_READ},
    "readMetrics": {Permission.HEALTH_READ},
}


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


def test_what_each_operation_needs_is_written_here() -> None:
    assert set(NEEDED) == {operation.name for operation in GUARDED}
    assert {one.name for one in OPERATIONS if one.is_open} == {"readAlive", "readHealth"}


@pytest.mark.parametrize("operation", GUARDED, ids=lambda one: one.name)
def test_nothing_is_done_without_its_permission(api: Api, operation: Operation) -> None:
    """A credential that may do everything but what this operation needs."""
    name, needed = f"all but for {operation.name}", NEEDED[operation.name]
    api.credential(name, *sorted(GRANTABLE - needed if needed else ANYBODY))
    with api.client(name) as client:
        answer = asked(client, operation)
    if needed:
        assert (answer.status_code, code_of(answer)) == (403, "access.not_permitted")
    else:
        assert answer.status_code in {200, 503}  # A checkpoint may not be there yet.


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
