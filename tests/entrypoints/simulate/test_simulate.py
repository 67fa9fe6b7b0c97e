"""A simulated city orders through a real API: accounts opened once, orders and files decided."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from tests.support.api import ALL, Api, an_api
from tests.support.shell import COMMAND

from countersign.access.model import Permission
from countersign.entrypoints.cli.main import main
from countersign.entrypoints.cli.terminal import DONE, REFUSED
from countersign.entrypoints.simulate.accounts import Accounts
from countersign.entrypoints.simulate.client import ApiClient
from countersign.entrypoints.simulate.life import story_of
from countersign.entrypoints.simulate.sending import Sender
from countersign.gate.commands import Kind
from countersign.infra.clock import SystemClock
from countersign.simulator.story import ATTACKS

pytestmark = pytest.mark.postgres
COUNT = 150
CITY = ["--companies", "30", "--persons", "30"]
TRANSFERS = "SELECT count(*) FROM transfers.transfer"
FUNDINGS = f"SELECT count(*) FROM gate.command WHERE kind = {Kind.FUND:d}"
ACCOUNTS = "SELECT count(*) FROM accounts.account"


def ignore(text: str) -> None:
    del text


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with an_api() as running:
        yield running


def rows(api: Api, query: str) -> int:
    with psycopg.connect(api.bed.database.superuser_dsn()) as connection:
        row = connection.execute(query.encode()).fetchone()
    return int(row[0]) if row else 0


def words(api: Api, *more: str) -> list[str]:
    return ["simulate", "--url", api.url, *CITY, "--json", *more]


def test_it_opens_accounts_once_and_each_start_sends_orders_of_its_own(
    api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COUNTERSIGN_TOKEN", ALL)
    accounts, funded = [], []  # After each start.
    named = {"invoice_redirection", "structuring"}
    for start, attacks in (1, ["--attacks"]), (2, ["--attacks", ",".join(named)]):
        asked = words(api, "--rate", "2000", "--count", str(COUNT), *attacks)
        assert main(asked) == DONE
        told = json.loads(capsys.readouterr().out)
        assert told["transfers"] >= COUNT
        assert told["files"] > 0
        assert sum(told["statuses"].values()) == told["transfers"]
        assert told["statuses"]["released"] > COUNT // 3
        assert any(status.startswith("in files ") for status in told["statuses"])
        assert "in files RJCT" not in told["statuses"]
        assert told["refusals"] == {}
        assert set(told["attacks"]) <= (set(ATTACKS) if start == 1 else named)
        assert told["attacks"]
        assert rows(api, TRANSFERS) == told["transfers"] * start
        accounts.append(rows(api, ACCOUNTS))
        funded.append(rows(api, FUNDINGS))
    assert accounts[0] == accounts[1]
    assert funded[0] >= 60  # Everybody once;
    assert funded[1] - funded[0] < 10  # from then on only what comes in.
    assert rows(api, f"{TRANSFERS} WHERE execution_day = current_date - date '1970-01-01'") > COUNT


def test_who_orders_first_waits_for_no_account_but_those_it_names(api: Api) -> None:
    story = story_of(2, companies=30, persons=30, attacks=())

    def client() -> ApiClient:
        return ApiClient(api.url, ALL)

    accounts = Accounts(client, story.city.holders, seed=2)
    accounts.open_settlement()
    before = rows(api, ACCOUNTS)
    with closing(client()) as connection:
        sender = Sender(connection, story, accounts, SystemClock(), start="first")
        sender.send(rate=2000, progress=ignore, count=10)
    assert sender.sent.transfers >= 10
    assert not sender.sent.refusals
    assert 2 <= rows(api, ACCOUNTS) - before < len(story.city.holders)
    told: list[str] = []
    accounts.open_all(told.append)
    assert rows(api, ACCOUNTS) - before == len(story.city.holders)
    assert f"60 of {len(story.city.holders)} accounts" in told


def test_ctrl_c_ends_it_with_what_was_sent(api: Api) -> None:
    before = rows(api, TRANSFERS)
    environment = {**os.environ, "COUNTERSIGN_TOKEN": ALL}
    with subprocess.Popen(
        [*COMMAND, *words(api, "--rate", "20", "--count", "100000")],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        while rows(api, TRANSFERS) < before + 5:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == DONE
    told = json.loads(said)
    sent = rows(api, TRANSFERS) - before
    assert 5 <= told["transfers"] <= sent


def test_a_credential_that_may_open_and_not_order_is_told(
    api: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    api.credential("opens", Permission.ACCOUNTS_OPEN, Permission.ACCOUNTS_FUND)
    monkeypatch.setenv("COUNTERSIGN_TOKEN", "opens")
    before = rows(api, TRANSFERS)
    assert main(words(api, "--count", "5")) == REFUSED
    told = json.loads(capsys.readouterr().out)["error"]
    assert told["code"] == "simulate.refused_there"
    assert "403 access.not_permitted" in told["sentence"]
    assert rows(api, TRANSFERS) == before
