"""Ordering, deciding and reading transfers over HTTP: decided once, masked, proved."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest
from tests.support.api import (
    ALL,
    CREDITOR_IBAN,
    PLANTED_NAME,
    Api,
    account,
    an_order,
    code_of,
    key,
)

from countersign.access.model import Permission
from countersign.flows.verify_proof import verify_proof
from countersign.infra.database import Role
from countersign.rules.default import DEFAULT_POLICY
from countersign.rules.model import encode_policy, hash_of

ORDERS_ALONE = "token of a credential that orders alone"
PAUSES = 400


def held(client: httpx.Client, name: str) -> dict[str, Any]:
    answer = client.post(
        "/v1/transfers", json=an_order(instructed_amount="2000000.00"), headers=key(name)
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert found["status"] == "held"
    return found


def test_an_order_is_decided_and_the_same_request_again_gets_the_same_answer(
    client: httpx.Client,
) -> None:
    answers = [
        client.post("/v1/transfers", json=an_order(), headers=key("first")) for _ in range(3)
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    first = answers[0].json()
    assert all(answer.json() == first for answer in answers)
    assert first["status"] == "released"
    assert len(bytes.fromhex(first["digest"])) == 32
    shown = client.get(f"/v1/transfers/{first['transfer']}").json()
    assert shown["digest"] == first["digest"]
    assert (shown["amount"], shown["currency"]) == ("100.00", "EUR")


def test_a_key_serves_one_content_alone(client: httpx.Client) -> None:
    assert client.post("/v1/transfers", json=an_order(), headers=key("k")).status_code == 201
    other = client.post(
        "/v1/transfers", json=an_order(instructed_amount="100.01"), headers=key("k")
    )
    assert (other.status_code, code_of(other)) == (409, "gate.key_reused")


def test_one_key_by_many_at_once_is_one_order(api: Api) -> None:
    start = threading.Barrier(12)

    def send(_: int) -> httpx.Response:
        with api.client() as mine:
            start.wait()
            return mine.post("/v1/transfers", json=an_order(), headers=key("raced"))

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(send, range(12)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["transfer"] for answer in answers}) == 1


def test_what_a_person_mistyped_is_refused_by_its_field_and_uses_no_key(
    client: httpx.Client,
) -> None:
    cases: list[tuple[dict[str, Any], int, str]] = [
        ({"creditor_account": "DE88370400440532013000"}, 422, "account.malformed_iban"),
        ({"debtor_account": ":"}, 422, "account.malformed_other"),
        ({"instructed_amount": "1.001"}, 422, "money.too_many_decimals"),
        ({"instructed_amount": "0"}, 422, "money.out_of_range"),
        ({"currency": "XXQ"}, 422, "money.unknown_currency"),
        ({"requested_execution_date": "2026-02-30"}, 422, "transfers.malformed_date"),
        ({"uetr": "not-a-uetr"}, 422, "transfers.malformed_uetr"),
        ({"creditor_agent": "NOBIC"}, 422, "agent.malformed"),
        ({"charge_bearer": "ALL"}, 422, "transfers.unknown_code"),
        ({"creditor_name": "a\u202eb"}, 422, "transfers.control_character"),
        ({"creditor_name": ""}, 400, "api.malformed_body"),
        ({"instructed_amount": 100}, 400, "api.malformed_body"),
        ({"amount": "5"}, 400, "api.malformed_body"),
    ]
    for fields, status, code in cases:
        refused = client.post("/v1/transfers", json=an_order(**fields), headers=key("typo"))
        assert (refused.status_code, code_of(refused)) == (status, code), fields
        if "amount" not in fields:
            assert refused.json()["field"] == next(iter(fields)), fields
    corrected = client.post("/v1/transfers", json=an_order(), headers=key("typo"))
    assert corrected.status_code == 201


def test_a_problem_is_told_in_chinese_where_it_is_asked_for(client: httpx.Client) -> None:
    order = an_order(creditor_account="DE88370400440532013000")
    chinese = {"accept-language": "zh-TW,zh;q=0.9"}
    refused = client.post("/v1/transfers", json=order, headers=key("zh") | chinese)
    assert "核對" in refused.json()["detail"]
    assert "DE88" not in refused.text


def test_what_the_gate_refuses_is_told_with_its_code(client: httpx.Client) -> None:
    nobody = client.post(
        "/v1/transfers", json=an_order(debtor_account=":nobody"), headers=key("nobody")
    )
    assert (nobody.status_code, code_of(nobody)) == (404, "accounts.unknown")
    same = client.post(
        "/v1/transfers", json=an_order(creditor_account=account(0)), headers=key("same")
    )
    assert code_of(same) == "transfers.same_account"


@pytest.mark.parametrize("text", [None, "", "x" * 256, "a\tb", "ü"])
def test_an_order_needs_a_key(client: httpx.Client, text: str | None) -> None:
    headers = {} if text is None else {"idempotency-key": text.encode()}
    refused = client.post("/v1/transfers", json=an_order(), headers=headers)  # type: ignore[arg-type]  # Bytes are sent as they are.
    assert (refused.status_code, code_of(refused)) == (400, "api.key_missing")


def test_a_batch_decides_each_by_itself_in_its_place(client: httpx.Client) -> None:
    batch = [an_order(idempotency_key=f"b{n}", end_to_end_id=f"B{n}") for n in range(50)]
    batch[7]["creditor_account"] = "DE88370400440532013000"
    batch[9]["debtor_account"] = ":nobody"
    answer = client.post("/v1/transfers/batch", json={"transfers": batch})
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert [one["idempotency_key"] for one in results] == [f"b{n}" for n in range(50)]
    assert results[7]["problem"]["code"] == "account.malformed_iban"
    assert results[7]["problem"]["field"] == "creditor_account"
    assert results[9]["problem"]["code"] == "accounts.unknown"
    others = [one for n, one in enumerate(results) if n not in {7, 9}]
    assert all(one["transfer"]["status"] == "released" for one in others)
    assert client.post("/v1/transfers/batch", json={"transfers": batch}).json() == answer.json()
    single = client.post("/v1/transfers", json=an_order(end_to_end_id="B3"), headers=key("b3"))
    assert single.json() == results[3]["transfer"]


def test_a_batch_is_bounded_and_its_keys_differ(client: httpx.Client) -> None:
    one = an_order(idempotency_key="twice")
    twice = client.post("/v1/transfers/batch", json={"transfers": [one, one]})
    assert code_of(twice) == "api.key_twice"
    for count in (0, 1_001):
        many = [an_order(idempotency_key=f"m{n}") for n in range(count)]
        refused = client.post("/v1/transfers/batch", json={"transfers": many})
        assert (refused.status_code, code_of(refused)) == (400, "api.malformed_body")


def test_lists_are_paged_without_gap_and_filtered(client: httpx.Client) -> None:
    waiting = held(client, "to be listed")["transfer"]
    seen: list[int] = []
    before: int | None = None
    while True:
        query = {"limit": "7"} | ({} if before is None else {"before": str(before)})
        page = client.get("/v1/transfers", params=query).json()
        seen += [one["number"] for one in page["transfers"]]
        before = page["next_before"]
        if before is None:
            break
    assert seen == sorted(set(seen), reverse=True)
    everything = client.get("/v1/transfers", params={"limit": "200"}).json()["transfers"]
    assert seen == [one["number"] for one in everything]
    found = client.get("/v1/transfers", params={"status": "held"}).json()["transfers"]
    assert waiting in {one["number"] for one in found}
    assert {one["status"] for one in found} == {"held"}
    assert code_of(client.get("/v1/transfers", params={"status": "lost"})) == "api.unknown_status"


def test_parties_are_masked_wherever_they_are_shown(client: httpx.Client) -> None:
    number = held(client, "masked")["transfer"]
    for path in (
        f"/v1/transfers/{number}",
        f"/v1/transfers/{number}/timeline",
        "/v1/transfers",
        "/v1/accounts",
        "/v1/parties",
    ):
        text = client.get(path).text
        for planted in (PLANTED_NAME, "Okonkwo", CREDITOR_IBAN, CREDITOR_IBAN[4:]):
            assert planted not in text, path
    assert client.get(f"/v1/transfers/{number}").json()["creditor"] == {
        "name": "P****** Z******",
        "account": "DE****************3000",
    }


def test_a_held_transfer_is_released_for_the_hold_that_was_looked_at(
    client: httpx.Client,
) -> None:
    number = held(client, "to release")["transfer"]
    hold = client.get(f"/v1/transfers/{number}").json()["hold"]["number"]
    path = f"/v1/transfers/{number}/release"
    other = client.post(path, json={"hold": hold + 1, "reason": "asked"})
    assert (other.status_code, code_of(other)) == (409, "transfers.other_hold")
    for _ in range(2):
        done = client.post(path, json={"hold": hold, "reason": "asked"}, headers=key("release"))
        assert done.status_code == 200
        assert done.json()["status"] == "released"
    events = client.get(f"/v1/transfers/{number}/timeline").json()["events"]
    assert [(one["layer"], one["event"], one["outcome"]) for one in events] == [
        ("prevention", "order", "held"),
        ("prevention", "form", "passed"),
        ("prevention", "factor", "passed"),
        ("prevention", "credential", "passed"),
        ("monitoring", "freezes", "passed"),
        ("monitoring", "creditor_account", "passed"),
        ("monitoring", "rules", "stopped"),
        ("monitoring", "funds", "passed"),
        ("monitoring", "verdict", "hold"),
        ("monitoring", "alert", "raised"),
        ("disposal", "release", "released"),
    ]
    assert {one["number"] for one in events[:-1]} == {number}


def test_a_reason_says_what_it_weighs_and_by_which_policy_it_was_found(
    client: httpx.Client,
) -> None:
    answered = held(client, "explained")
    number, codes = answered["transfer"], [one["code"] for one in answered["reasons"]]
    rules = {rule.code: rule for rule in DEFAULT_POLICY.rules}
    assert "rules.amount" in codes
    assert answered["reasons"] == [
        {
            "code": code,
            "sentence": rules[code].english,
            "weight": rules[code].weight,
            "is_blocking": False,
        }
        for code in codes
    ]
    policy = {"number": 1, "hash": hash_of(encode_policy(DEFAULT_POLICY)).hex()}
    assert answered["policy"] == policy
    listed = client.get("/v1/transfers?limit=1").json()["transfers"][0]
    assert (listed["number"], listed["reasons"]) == (number, answered["reasons"])
    chinese = {"accept-language": "zh-TW"}
    shown = client.get(f"/v1/transfers/{number}", headers=chinese).json()
    assert [one["sentence"] for one in shown["reasons"]] == [rules[code].chinese for code in codes]
    assert (shown["policy"], shown["hold"]["policy"]) == (policy, policy)
    evidence = {one["code"]: one["evidence"] for one in shown["hold"]["reasons"]}
    assert evidence["rules.amount"] == {"amount": 200_000_000, "large": 100_000_000}


def test_who_orders_alone_is_not_told_what_the_rules_read(api: Api, client: httpx.Client) -> None:
    """It tells of others who pay the same creditor."""
    own = {"authorization": f"Bearer {ORDERS_ALONE}"} | key("its own")
    api.credential(ORDERS_ALONE, Permission.TRANSFERS_ORDER)
    order = an_order(instructed_amount="2000000.00")
    number = client.post("/v1/transfers", json=order, headers=own).json()["transfer"]
    shown = client.get(f"/v1/transfers/{number}", headers=own)
    assert shown.json()["reasons"][0]["sentence"]
    assert "evidence" not in shown.text
    path = f"/v1/transfers/{number}"
    assert "evidence" in client.get(path).text
    # Nor of the suspicion, and a reader of transfers learns no balance of an account.
    told = [client.get(f"{path}/timeline", headers=who).json()["events"] for who in (own, {})]
    assert ["alert" in {one["event"] for one in events} for events in told] == [False, True]
    api.credential("reads transfers", Permission.TRANSFERS_READ)
    reader = {"authorization": "Bearer reads transfers"}
    assert '"evidence"' in client.get(path, headers=reader).text
    assert '"available"' not in client.get(path, headers=reader).text


@pytest.mark.parametrize(
    ("verb", "body", "status"),
    [
        ("reject", {"reason": "why", "reason_code": "FRAD"}, "rejected"),
        ("cancel", {"reason": "why"}, "cancelled"),
        ("hold", {"reason": "why", "hours": 5}, "held"),
    ],
)
def test_a_transfer_is_ended_or_stopped(
    client: httpx.Client, verb: str, body: dict[str, object], status: str
) -> None:
    number = held(client, f"to {verb}")["transfer"]
    if verb == "hold":
        hold = client.get(f"/v1/transfers/{number}").json()["hold"]["number"]
        client.post(f"/v1/transfers/{number}/release", json={"hold": hold, "reason": "r"})
    done = client.post(f"/v1/transfers/{number}/{verb}", json=body)
    assert done.status_code == 200, done.text
    assert client.get(f"/v1/transfers/{number}").json()["status"] == status
    again = client.post(f"/v1/transfers/{number}/{verb}", json=body)
    assert again.status_code in {404, 409}
    code_of(again)


def test_a_rejection_gives_a_reason_of_iso_20022(client: httpx.Client) -> None:
    number = held(client, "wrong code")["transfer"]
    body = {"reason": "why", "reason_code": "ZZZZ"}
    refused = client.post(f"/v1/transfers/{number}/reject", json=body)
    assert code_of(refused) == "reject.unknown_reason_code"


def test_a_proof_verifies_and_discloses_no_restricted_field(api: Api, client: httpx.Client) -> None:
    number = held(client, "proved")["transfer"]
    path = f"/v1/transfers/{number}/proof"
    pause = threading.Event()
    answer = client.get(path)
    for _ in range(PAUSES):
        if answer.status_code == 200:
            break
        assert (answer.status_code, code_of(answer)) == (503, "proof.not_published_yet")
        assert int(answer.headers["retry-after"]) >= 1
        pause.wait(0.05)
        answer = client.get(path)
    assert answer.status_code == 200
    assert PLANTED_NAME not in answer.text
    installation = api.bed.installation
    verify_proof(answer.content, installation.log_verifier(installation.keyset()))
    assert "attachment" in answer.headers["content-disposition"]


@pytest.mark.parametrize("part", ["", "/timeline", "/proof"])
def test_a_transfer_that_is_not_there_is_not_found(client: httpx.Client, part: str) -> None:
    missing = client.get(f"/v1/transfers/999999{part}")
    assert (missing.status_code, code_of(missing)) == (404, "gate.no_such_transfer")


def test_nothing_of_an_order_is_in_the_log_or_the_database_in_clear(
    api: Api, client: httpx.Client
) -> None:
    held(client, "sealed")
    log = (api.bed.folder / "api.log").read_text("utf-8")
    assert PLANTED_NAME not in log
    assert CREDITOR_IBAN not in log
    assert ALL not in log
    with psycopg.connect(api.bed.database.dsn(Role.APP)) as connection:
        row = connection.execute(
            "SELECT count(*) FROM transfers.transfer"
            " WHERE position(%s::bytea IN debtor_side) + position(%s::bytea IN creditor_side) > 0",
            [b"Okonkwo", PLANTED_NAME.encode()],
        ).fetchone()
    assert row == (0,)
