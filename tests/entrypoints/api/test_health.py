"""Health and metrics over HTTP: what a stranger is told, and what who watches is."""

import threading
from collections.abc import Callable

import httpx
from prometheus_client.parser import text_string_to_metric_families
from tests.support.api import (
    CREDITOR_IBAN,
    PLANTED_NAME,
    Api,
    account,
    an_order,
    code_of,
    key,
)

from countersign.access.model import Permission
from countersign.entrypoints.figures import (
    InboxFigures,
    ProcessFigures,
    RunFigures,
    WaitingFile,
    write_figures,
)
from countersign.gate.client import FrameRefused, GateClient
from countersign.gate.requests import CHANNEL_SOCKET, Query

WATCHER = "token that watches"
WAITING = WaitingFile("erp", "pay.xml", 1_000, 7, "a.b", "Why.", "原因。")
Labels = tuple[tuple[str, str], ...]


def read(text: str) -> dict[tuple[str, Labels], float]:
    return {
        (sample.name.removeprefix("countersign_"), tuple(sorted(sample.labels.items()))): (
            sample.value
        )
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scraped(watcher: httpx.Client) -> dict[tuple[str, Labels], float]:
    """As of now, once what was seen a moment ago has gone stale."""
    threading.Event().wait(1.1)
    answer = watcher.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    return read(answer.text)


def value(found: dict[tuple[str, Labels], float], name: str, **labels: str) -> float:
    return found[name, tuple(sorted(labels.items()))]


def order(client: httpx.Client, name: str, **fields: str) -> str:
    answer = client.post("/v1/transfers", json=an_order(**fields), headers=key(name))
    assert answer.status_code == 201, answer.text
    status: str = answer.json()["status"]
    return status


def test_metrics_say_what_was_done(api: Api, client: httpx.Client) -> None:
    api.credential(WATCHER, Permission.HEALTH_READ)
    with api.client(WATCHER) as watcher, api.client(None) as nobody:
        before = scraped(watcher)
        assert [order(client, f"small {n}") for n in range(3)] == ["released"] * 3
        assert order(client, "small 0") == "released"
        assert order(client, "large", instructed_amount="2000000.00") == "held"
        lost = an_order(debtor_account="NEW:nowhere")
        refused = client.post("/v1/transfers", json=lost, headers=key("no account"))
        assert code_of(refused) == "accounts.unknown"
        assert nobody.get("/v1/transfers").status_code == 401
        assert nobody.get("/nowhere").status_code == 404
        write_figures(api.bed.folder, RunFigures({"worker": ProcessFigures(is_up=False, starts=3)}))
        write_figures(api.bed.folder, InboxFigures(4, 1, 0, (WAITING,)))
        with client.stream("GET", "/v1/events"):
            after = scraped(watcher)

    def risen(name: str, **labels: str) -> float:
        found = (name, tuple(sorted(labels.items())))
        return after[found] - before.get(found, 0)

    assert risen("gate_commands_total", kind="order", outcome="released") == 3
    assert risen("gate_commands_total", kind="order", outcome="held") == 1
    assert risen("gate_commands_total", kind="refused_intake", outcome="refused") == 1
    assert risen("gate_refusals_total", area="accounts") == 1
    assert risen("gate_repeats_total") == 1
    assert risen("log_size") == 5
    assert risen("gate_batch_commands_sum") == 5
    assert risen("gate_commit_seconds_count") == risen("journal_sequence")
    assert after["gate_batch_seconds_sum", ()] > after["gate_commit_seconds_sum", ()] > 0
    assert (value(after, "held_transfers"), value(after, "gate_queue_commands")) == (1, 0)
    assert value(after, "open_transfers") == 4
    assert value(after, "outbox_transfers", state="due") == 3
    assert max(value(after, f"{name}_oldest_seconds") for name in ("held", "outbox")) < 600
    assert value(after, "checkpoint_size") <= value(after, "log_size")
    assert value(after, "up", part="gate") == value(after, "up", part="database") == 1
    assert risen("api_requests_total", operation="orderTransfer", status_class="2xx") == 5
    assert risen("api_requests_total", operation="none", status_class="4xx") == 1
    assert risen("api_authentication_failures_total", code="api.no_token") == 1
    assert value(after, "api_event_streams") == 1
    assert value(after, "process_up", process="worker") == 0
    assert value(after, "process_starts_total", process="worker") == 3
    assert value(after, "inbox_files_total", result="refused") == 1
    assert value(after, "inbox_waiting_files") == 1


def test_metrics_are_for_who_watches_and_name_nobody(api: Api, client: httpx.Client) -> None:
    order(client, "to be looked for", instructed_amount="2000000.00")
    api.credential("token that reads transfers", Permission.TRANSFERS_READ)
    with api.client(None) as nobody, api.client("token that reads transfers") as reader:
        assert code_of(nobody.get("/metrics")) == "api.no_token"
        assert code_of(reader.get("/metrics")) == "access.not_permitted"
    text = client.get("/metrics").text
    for planted in (PLANTED_NAME, "Okonkwo", CREDITOR_IBAN, account(0)):
        assert planted not in text


def test_the_gate_says_how_it_is_to_who_watches_and_nothing_else(api: Api) -> None:
    api.credential("token that asks the gate", Permission.HEALTH_READ)
    api.credential("token that may not", Permission.TRANSFERS_READ, Permission.ACCOUNTS_READ)
    wanted = {
        ("token that asks the gate", Query.STATUS): "ok",
        ("token that asks the gate", Query.CREDENTIALS): "access.not_permitted",
        ("token that asks the gate", Query.TRANSFER): "access.not_permitted",
        ("token that may not", Query.STATUS): "access.not_permitted",
    }
    assert {(token, query): asked(api, token, query) for token, query in wanted} == wanted


def asked(api: Api, token: str, query: Query) -> str:
    sockets = api.bed.installation.sockets
    with GateClient(sockets, CHANNEL_SOCKET, token=token, timeout_seconds=30) as gate:
        try:
            return gate.ask(query, None).outcome
        except FrameRefused as refused:
            return refused.code


def test_a_stranger_learns_only_whether_it_is_up_and_a_reader_what_is_away(api: Api) -> None:
    api.credential("token that looks", Permission.HEALTH_READ)
    gone = api.credential("token that watched", Permission.HEALTH_READ)
    with api.client(None) as nobody, api.client("token that looks") as reader:
        assert nobody.get("/live").json() == {"is_alive": True}
        up = nobody.get("/health")
        assert (up.status_code, up.json()) == (200, {"is_healthy": True})
        assert code_of(nobody.get("/v1/health")) == "api.no_token"
        everything = {"is_healthy": True, "gate": True, "database": True}
        assert reader.get("/v1/health").json() == everything
        with api.client("token that watched") as former:
            assert former.get("/v1/health").json() == everything
            api.revoke(gone)
            refused = until(lambda: former.get("/v1/health"), 401)
            assert code_of(refused) == "access.unknown_credential"
            api.gate.kill()
            down = until(lambda: nobody.get("/health"), 503)
            assert down.json() == {"is_healthy": False}
            # Whoever could read it shortly before still may; a former reader never again.
            assert reader.get("/v1/health").json() == everything | {
                "is_healthy": False,
                "gate": False,
            }
            assert code_of(former.get("/v1/health")) == "gate.unreachable"
            found = scraped(reader)
            assert (value(found, "up", part="gate"), value(found, "up", part="database")) == (0, 1)
            assert "held_transfers" in {name for name, _ in found}
            assert not [name for name, _ in found if name.startswith("gate_")]
        assert nobody.get("/live").status_code == 200
        api.gate.launch()
        api.gate.wait_ready()
        until(lambda: nobody.get("/health"), 200)


def until(ask: Callable[[], httpx.Response], status: int) -> httpx.Response:
    """Ask until it is answered with this status: what was heard a moment ago is told again."""
    answer = ask()
    for _ in range(100):
        if answer.status_code == status:
            break
        threading.Event().wait(0.05)
        answer = ask()
    assert answer.status_code == status, answer.text
    return answer
