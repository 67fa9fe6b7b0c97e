"""What a measurement prints: one object of one shape, with the figures that others look for."""

import json
from datetime import date
from typing import Any

import pytest
from tests.support.failing_server import a_server

from countersign.entrypoints.bench import crash, gate
from countersign.entrypoints.bench.crash import Findings
from countersign.entrypoints.bench.figures import Figure, report
from countersign.entrypoints.bench.posting import NotDecided, posted_per_s, single_post
from countersign.entrypoints.bench.traffic import Traffic
from countersign.entrypoints.cli.main import main
from countersign.entrypoints.cli.terminal import DONE, REFUSED

NAMES = ("name", "value", "unit", "target", "peer")
MACHINE = {"cpu", "cores", "memory_mb", "system", "python"}
OF_CRASH = {"acknowledged", "lost", "doubled", "unbalanced", "answers_changed", "unanswered"}
WAYS = ("gate", "batch_post", "single_post", "everything_on")
OF_GATE = {
    *(f"{way}_per_s" for way in WAYS),
    *(f"{way}_per_pgbench" for way in WAYS),
    *("cpu_us_per_transfer", "one_transfer_p50_ms", "recovery_per_s"),
    *("fsync_per_s", "pgbench_tps"),
}


def assert_is_report(value: Any, *, seed: int) -> dict[str, Any]:
    """A report has exactly this shape; its figures by name."""
    assert list(value) == ["machine", "seed", "figures"]
    assert set(value["machine"]) == MACHINE
    assert value["seed"] == seed
    for figure in value["figures"]:
        assert tuple(figure) == NAMES
        assert isinstance(figure["name"], str)
        assert isinstance(figure["value"], int | float)
        assert isinstance(figure["unit"], str)
        assert isinstance(figure["target"], int | float | None)
        assert isinstance(figure["peer"], str | None)
    by_name = {figure["name"]: figure for figure in value["figures"]}
    assert len(by_name) == len(value["figures"])
    return by_name


@pytest.mark.fast
def test_a_report_has_one_shape() -> None:
    figures = [Figure("rate", 2.5, "1/s", peer="pgbench"), Figure("lost", 0, "orders", target=0)]
    said = report(figures, seed=7)
    assert_is_report(said, seed=7)
    assert said["figures"] == [
        {"name": "rate", "value": 2.5, "unit": "1/s", "target": None, "peer": "pgbench"},
        {"name": "lost", "value": 0, "unit": "orders", "target": 0, "peer": None},
    ]


@pytest.mark.fast
def test_kills_are_reported_with_what_must_not_happen() -> None:
    found = Findings(acknowledged=9, lost=1, doubled=2, unbalanced=3, restart_seconds=[3.0, 1.0])
    told = assert_is_report(report(found.figures(), seed=1), seed=1)
    assert set(told) >= OF_CRASH
    values = [told[name]["value"] for name in ("acknowledged", "lost", "doubled", "unbalanced")]
    assert values == [9, 1, 2, 3]
    assert {name for name in told if told[name]["target"] == 0} == {
        *("lost", "doubled", "unbalanced", "answers_changed", "not_fenced", "unanswered")
    }
    assert told["restart_s_max"]["value"] == 3.0


@pytest.mark.fast
@pytest.mark.parametrize(("lost", "status"), [(0, DONE), (1, REFUSED)])
def test_what_was_lost_is_told_by_the_exit_code(
    lost: int, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(crash, "run", lambda **_: Findings(lost=lost).figures())
    assert main(["bench", "crash", "--seed", "3", "--json"]) == status
    told = assert_is_report(json.loads(capsys.readouterr().out), seed=3)
    assert told["lost"]["value"] == lost


@pytest.mark.postgres
def test_the_gate_is_measured_beside_pgbench(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The real measurement of one pair, only small."""
    small = {"ACCOUNTS": 200, "SECONDS": 1, "SCALE": 1, "ALONE": 5, "_ORDERS_A_RUN": 4_000}
    small |= {"_POSTED_A_RUN": 2_000, "SINGLE_CONNECTIONS": 8}
    for name, value in small.items():
        monkeypatch.setattr(gate, name, value)
    monkeypatch.setattr(gate, "_SETTINGS", {})
    assert main(["bench", "gate", "--pairs", "1", "--json"]) == DONE
    told = assert_is_report(json.loads(capsys.readouterr().out), seed=1)
    assert set(told) == OF_GATE
    assert all(figure["value"] > 0 for figure in told.values())
    for way in WAYS:
        assert told[f"{way}_per_pgbench"]["peer"] == "pgbench -s 1 -c 16 -j 2 -M prepared"


@pytest.mark.fast
def test_what_is_not_decided_is_no_figure() -> None:
    today = date(2027, 1, 11)
    order = Traffic(accounts=10, channel=100, seed=1, today=today).order()
    with a_server(403) as (url, _), pytest.raises(NotDecided, match=r"code\.403"):
        posted_per_s(
            int(url.rpartition(":")[2]), [single_post(order, "k")], connections=1, seconds=1
        )
