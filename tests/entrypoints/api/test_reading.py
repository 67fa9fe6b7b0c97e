"""Accounts, parties, freezes, alerts, files and events over HTTP."""

import json
import threading

import httpx
import psycopg
import pytest
from tests.support.api import Api, account, an_order, code_of, key
from tests.support.pain001 import Block, Message, Payment
from tests.support.policies import house_policy

from countersign.audit.checkpoint import open_checkpoint
from countersign.gate.commands import Kind, SetPolicy
from countersign.infra.database import Role
from countersign.rules.model import encode_policy, hash_of

XML = {"content-type": "application/xml"}


def opened(client: httpx.Client, name: str, **more: str) -> int:
    body = {"account": f"NEW:{name}", "currency": "EUR", "holder": f"Planted {name}"} | more
    answer = client.post("/v1/accounts", json=body, headers=key(f"open {name}"))
    assert answer.status_code == 201, answer.text
    number: int = answer.json()["account"]
    return number


def test_an_account_is_opened_funded_and_read_with_its_entries(client: httpx.Client) -> None:
    number = opened(client, "1", overdraft="50.00", party="P-1")
    funding = {"account": "NEW:1", "amount": "12.50", "currency": "EUR", "reason": "cash"}
    booked = [client.post("/v1/accounts/fund", json=funding, headers=key("fund")) for _ in range(2)]
    assert booked[0].json() == booked[1].json()
    shown = client.get(f"/v1/accounts/{number}").json()
    assert (shown["balance"], shown["available"], shown["kind"]) == ("12.50", "62.50", "customer")
    order = an_order(debtor_account="NEW:1", instructed_amount="2.50")
    transfer = client.post("/v1/transfers", json=order, headers=key("spend")).json()["transfer"]
    entries = client.get(f"/v1/accounts/{number}/entries").json()["entries"]
    assert [(one["kind"], one["amount"], one["transfer"]) for one in entries] == [
        ("pending", "-2.50", transfer),
        ("direct", "12.50", None),
    ]
    first = client.get(f"/v1/accounts/{number}/entries?limit=1").json()
    rest = client.get(f"/v1/accounts/{number}/entries?before={first['next_before']}").json()
    assert [*first["entries"], *rest["entries"]] == entries


def test_parties_hold_accounts_together(client: httpx.Client) -> None:
    numbers = [opened(client, f"p{n}", party="P-2") for n in range(2)]
    party = client.get(f"/v1/accounts/{numbers[0]}").json()["party"]
    found = client.get("/v1/accounts", params={"party": party}).json()["accounts"]
    assert [one["number"] for one in found] == numbers
    shown = client.get(f"/v1/parties/{party}").json()
    assert (shown["accounts"], shown["frozen"]) == (2, 0)
    seen: list[str] = []
    query: dict[str, str] = {"limit": "3"}
    while True:
        page = client.get("/v1/parties", params=query).json()
        seen += [one["party"] for one in page["parties"]]
        if page["next_after"] is None:
            break
        query["after"] = page["next_after"]
    assert seen == sorted(set(seen))
    assert party in seen
    for wrong in ("00" * 16, "xyz", "00"):
        assert code_of(client.get(f"/v1/parties/{wrong}")) == "api.unknown_party"
    assert code_of(client.get("/v1/accounts/99999")) == "api.unknown_account_number"
    assert code_of(client.get("/v1/accounts/99999/entries")) == "api.unknown_account_number"


def test_a_freeze_says_what_had_left_and_holds_what_comes(client: httpx.Client) -> None:
    number = opened(client, "cold")
    body = {"account": "NEW:cold", "reason": "police"}
    frozen = client.post("/v1/freezes", json=body, headers=key("freeze"))
    assert frozen.status_code == 201
    assert frozen.json()["left_before"] == []
    listed = client.get("/v1/freezes").json()["freezes"]
    assert listed[0]["account_number"] == number
    assert client.get(f"/v1/accounts/{number}").json()["is_frozen"] is True
    again = client.post("/v1/freezes", json=body, headers=key("again"))
    assert again.status_code == 409
    order = an_order(creditor_account="NEW:cold")
    stopped = client.post("/v1/transfers", json=order, headers=key("to the cold")).json()
    assert stopped["reasons"][0] | {"sentence": ""} == {
        "code": "rules.frozen_side",
        "sentence": "",
        "weight": None,
        "is_blocking": True,
    }
    assert client.post("/v1/freezes/lift", json=body).status_code == 200
    assert client.get("/v1/freezes").json()["freezes"] == []
    elsewhere = {"account": "DE89370400440532013000", "reason": "police"}
    client.post("/v1/freezes", json=elsewhere)
    assert client.get("/v1/freezes").json()["freezes"][0]["account_number"] is None
    client.post("/v1/freezes/lift", json=elsewhere)


def test_an_alert_is_listed_acknowledged_and_closed(api: Api, client: httpx.Client) -> None:
    with api.bed.operator() as operator:
        set_again = operator.ask(Kind.SET_POLICY, SetPolicy(encode_policy(house_policy())))
        assert set_again.outcome == "ok"
    large = an_order(instructed_amount="2000000.00")
    transfer = client.post("/v1/transfers", json=large, headers=key("odd")).json()["transfer"]
    alert = client.get("/v1/alerts").json()["alerts"][0]
    assert (alert["transfer"], alert["status"]) == (transfer, "open")
    assert (alert["typologies"], alert["policy"]["hash"]) == (
        [
            {
                "code": "typologies.watch",
                "sentence": house_policy().typologies[-1].english,
                "score": 100,
                "alert_threshold": 100,
                "interdiction_threshold": None,
            }
        ],
        hash_of(encode_policy(house_policy())).hex(),
    )
    assert alert["rules"][0]["sentence"] == house_policy().rules[0].english
    raised = client.get(f"/v1/transfers/{transfer}/timeline").json()["events"][-1]
    assert (raised["layer"], raised["event"], raised["number"]) == (
        *("monitoring", "alert"),
        alert["number"],
    )
    path = f"/v1/alerts/{alert['number']}"
    assert client.post(f"{path}/acknowledge").json()["status"] == "acknowledged"
    assert client.post(f"{path}/acknowledge").status_code == 409
    wrong = client.post(f"{path}/close", json={"disposition": "whatever", "reason": "r"})
    assert code_of(wrong) == "api.malformed_body"
    closing = {"disposition": "false_positive", "reason": "known supplier"}
    assert client.post(f"{path}/close", json=closing).json()["status"] == "closed"
    assert alert["number"] not in {
        one["number"] for one in client.get("/v1/alerts").json()["alerts"]
    }
    everything = client.get("/v1/alerts?closed=true").json()["alerts"]
    assert everything[0]["disposition"] == "false_positive"


def test_a_file_is_taken_in_once_and_its_report_given(api: Api, client: httpx.Client) -> None:
    iban = "GB29NWBK60161331926819"
    opened_here = client.post(
        "/v1/accounts", json={"account": iban, "currency": "EUR", "holder": "Planted"}
    )
    assert opened_here.status_code == 201
    client.post(
        "/v1/accounts/fund",
        json={"account": iban, "amount": "1000.00", "currency": "EUR", "reason": "cash"},
    )
    payments = (Payment(amount="10.00"), Payment(amount="20.00", end_to_end_id="second"))
    block = Block(
        payments=payments,
        debtor_account_xml=f"<Id><IBAN>{iban}</IBAN></Id>",
        execution_date=an_order()["requested_execution_date"],
    )
    content = Message(blocks=(block,), message_id="over-http").bytes()
    answer = client.post("/v1/files", content=content, headers=XML)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["message_id"], answer.json()["payments"]) == ("over-http", 2)
    before = client.get("/v1/transfers?limit=1").json()["transfers"][0]["number"]
    report = client.post("/v1/files", content=content, headers=XML | {"accept": "application/xml"})
    assert report.headers["content-type"].startswith("application/xml")
    assert b"CstmrPmtStsRpt" in report.content
    assert client.get("/v1/transfers?limit=1").json()["transfers"][0]["number"] == before
    with psycopg.connect(api.bed.database.dsn(Role.APP)) as connection:
        row = connection.execute("SELECT count(*) FROM vault.sealed_file").fetchone()
    assert row == (2,)
    other = client.post("/v1/files", content=content.replace(b"20.00", b"21.00"), headers=XML)
    assert other.json()["refusal"] == "channels.duplicate_message_id"
    assert client.get("/v1/transfers?limit=1").json()["transfers"][0]["number"] == before


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "iso20022.empty"),
        (b"<x", "iso20022.not_xml"),
        (b"<x/>", "iso20022.unsupported_message"),
        (b'<!DOCTYPE x [<!ENTITY a "a">]><x>&a;</x>', "iso20022.doctype"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(
    client: httpx.Client, content: bytes, code: str
) -> None:
    answer = client.post("/v1/files", content=content, headers=XML)
    assert answer.status_code == 200
    assert (answer.json()["group_status"], answer.json()["refusal"]) == ("RJCT", code)


def read_events(lines: "list[str]", stream: httpx.Response, count: int) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for line in stream.iter_lines():
        lines.append(line)
        if line.startswith("data: "):
            found.append(json.loads(line.removeprefix("data: ")))
            if len(found) == count:
                break
    return found


def test_events_come_as_they_are_decided_and_go_on_where_one_left_off(
    api: Api, client: httpx.Client
) -> None:
    def order(n: int) -> int:
        answer = client.post(
            "/v1/transfers", json=an_order(end_to_end_id=f"ev{n}"), headers=key(f"event {n}")
        )
        number: int = answer.json()["transfer"]
        return number

    lines: list[str] = []
    with api.client() as reader, reader.stream("GET", "/v1/events") as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        first = [order(n) for n in range(3)]
        seen = read_events(lines, stream, 3)
    assert [one["number"] for one in seen] == first
    assert {one["event"] for one in seen} == {"order"}
    assert f"id: {first[0]}" in lines
    assert "Planted" not in "".join(lines)
    missed = [order(n) for n in range(3, 6)]
    resume = {"last-event-id": str(first[1])}
    with api.client() as reader, reader.stream("GET", "/v1/events", headers=resume) as stream:
        again = read_events(lines, stream, 4)
    assert [one["number"] for one in again] == [first[2], *missed]
    with api.client() as reader, reader.stream("GET", "/v1/events?after=0") as stream:
        everything = read_events(lines, stream, 20)
    assert [one["number"] for one in everything] == list(range(1, 21))
    wrong = client.get("/v1/events", headers={"last-event-id": "x"})
    assert code_of(wrong) == "api.malformed_parameter"


def test_the_checkpoint_is_signed_by_this_log(api: Api, client: httpx.Client) -> None:
    installation = api.bed.installation
    pause = threading.Event()
    answer = client.get("/v1/checkpoint")
    for _ in range(200):
        if answer.status_code == 200:
            break
        assert code_of(answer) == "api.nothing_published"
        pause.wait(0.05)
        answer = client.get("/v1/checkpoint")
    verifier = installation.log_verifier(installation.keyset())
    assert open_checkpoint(answer.text, verifier).origin == "api.example"


def test_an_order_rides_out_a_gate_that_is_started_again(api: Api, client: httpx.Client) -> None:
    api.gate.kill()
    answers: list[httpx.Response] = []
    sending = threading.Thread(
        target=lambda: answers.append(
            client.post("/v1/transfers", json=an_order(), headers=key("through a restart"))
        )
    )
    sending.start()
    api.gate.launch()
    api.gate.wait_ready()
    sending.join(30)
    assert answers[0].status_code == 201
    again = client.post("/v1/transfers", json=an_order(), headers=key("through a restart"))
    assert again.json() == answers[0].json()


def test_account_numbers_are_never_in_an_address(client: httpx.Client) -> None:
    """What stands in an address stands in logs."""
    paths = client.get("/openapi.json").json()["paths"]
    assert {part for path in paths for part in path.split("/") if "{" in part} == {
        "{number}",
        "{party}",
    }
    assert account(0) not in str(paths)
