"""The simulator's HTTP client against a server that fails in every way before it answers."""

import pytest
from tests.support.failing_server import a_server

from countersign.entrypoints.cli.main import main
from countersign.entrypoints.cli.terminal import REFUSED
from countersign.entrypoints.simulate.client import TRIES, ApiClient
from countersign.entrypoints.simulate.errors import MalformedUrl, Unreachable

pytestmark = pytest.mark.fast


def test_it_goes_on_under_the_same_key_until_it_is_answered() -> None:
    pauses: list[float] = []
    with a_server(0, 503, 429, 201) as (url, seen):
        client = ApiClient(url, "cst_a", pause=pauses.append)
        reply = client.post("/v1/transfers", {"amount": "1.00"}, key="key 1")
        client.close()
    assert (reply.status, reply.is_ok, reply.body["transfer"]) == (201, True, 7)
    assert seen == [("key 1", "Bearer cst_a", b'{"amount": "1.00"}')] * 4
    assert client.repeated == 3
    assert pauses[1:] == [2.0, 2.0]  # As long as the server asked for.


def test_it_gives_up_after_some_tries() -> None:
    pauses: list[float] = []
    with a_server(503) as (url, seen):
        client = ApiClient(url, "cst_a", pause=pauses.append)
        with pytest.raises(Unreachable) as caught:
            client.post("/v1/transfers", {}, key="key 1")
        client.close()
    assert caught.value.details["why"] == "503 code.503"
    assert len(seen) == TRIES
    assert len(pauses) == TRIES - 1


@pytest.mark.parametrize("status", [400, 401, 403, 409, 422])
def test_what_is_refused_for_good_is_not_sent_again(status: int) -> None:
    with a_server(status) as (url, seen):
        client = ApiClient(url, "cst_a")
        reply = client.post("/v1/accounts", {}, key="key 1")
        client.close()
    assert (reply.is_ok, reply.code, len(seen)) == (False, f"code.{status}", 1)


@pytest.mark.parametrize("url", ["", "127.0.0.1:8080", "ftp://a.example", "http://", "http://a:b"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(MalformedUrl):
        ApiClient(url, "cst_a")


@pytest.mark.parametrize(
    "url", ["http://ann:secret@127.0.0.1:1", "ann:secret@a.example", "http://ann:secret@[::1"]
)
def test_a_password_in_an_address_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(MalformedUrl) as refused:
        ApiClient(url, "cst_a")
    assert "secret" not in refused.value.sentence() + refused.value.sentence("zh")
    assert url.rpartition("@")[2] in refused.value.sentence()


def test_without_a_token_nothing_is_sent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COUNTERSIGN_TOKEN", raising=False)
    with a_server(201) as (url, seen):
        assert main(["simulate", "--url", url, "--json"]) == REFUSED
    assert seen == []
    assert "simulate.no_token" in "".join(capsys.readouterr())


def test_a_credential_that_may_not_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COUNTERSIGN_TOKEN", "cst_a")
    with a_server(403) as (url, seen):
        assert main(["simulate", "--url", url, "--json"]) == REFUSED
    assert len(seen) == 1
    assert "simulate.refused_there" in "".join(capsys.readouterr())


def test_a_token_that_no_header_can_carry_is_not_told() -> None:
    with a_server(201) as (url, seen):
        client = ApiClient(url, "cst_secret\nrest", pause=lambda _: None)
        with pytest.raises(Unreachable) as caught:
            client.post("/v1/transfers", {}, key="key 1")
        client.close()
    assert "secret" not in caught.value.sentence()
    assert seen == []
