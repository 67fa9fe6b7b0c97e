"""Metrics as text: every family once, nothing made up, few values of a label."""

from pathlib import Path

import msgspec
import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from countersign.access.errors import UnknownCredential
from countersign.entrypoints.api.counting import Counts
from countersign.entrypoints.api.exposition import Seen, exposed
from countersign.entrypoints.figures import (
    InboxFigures,
    ProcessFigures,
    RunFigures,
    clear_figures,
    read_figures,
    write_figures,
)
from countersign.flows.measure_backlog import Backlog
from countersign.gate.commands import Kind
from countersign.gate.queries import GateStatus
from countersign.gate.statistics import Distribution, Statistics

pytestmark = pytest.mark.fast

NOW_MS = 1_800_000_000_000
BACKLOG = Backlog(
    held=2, held_since_ms=NOW_MS - 90_000, alerts={"typologies.mule": 3}, outbox_due=4,
    outbox_later=5, outbox_since_ms=None, prepared=6, sent=7, asked_max=8, checkpoint_size=9,
    checkpoint_ms=NOW_MS + 5,
)  # fmt: skip


def a_status(statistics: Statistics) -> GateStatus:
    return GateStatus(
        seq=1, term=2, commands=3, root=b"", batch_ms=4, accounts=5, open_transfers=6, freezes=7,
        policy=8, report=statistics.report(queued=9),
    )  # fmt: skip


def told(
    gate: GateStatus | None = None, backlog: Backlog | None = None, counts: Counts | None = None
) -> dict[str, list[Sample]]:
    seen = Seen(NOW_MS, gate, backlog, None, None, counts or Counts(), 0, 4, 1)
    text = exposed(seen).decode()
    families = list(text_string_to_metric_families(text))
    assert len({family.name for family in families}) == len(families)
    return {family.name.removeprefix("countersign_"): family.samples for family in families}


def test_what_nobody_answered_is_left_out() -> None:
    found = told()
    assert {name for name in found if not name.startswith("api_")} == {"up"}
    assert {sample.labels["part"]: sample.value for sample in found["up"]} == {
        "gate": 0,
        "database": 0,
    }


def test_ages_count_from_now_and_nothing_is_older_than_its_future() -> None:
    found = told(backlog=BACKLOG)
    assert found["held_oldest_seconds"][0].value == 90
    assert found["checkpoint_age_seconds"][0].value == 0
    assert "outbox_oldest_seconds" not in found
    assert found["alerts_open"][0].labels == {"typology": "typologies.mule"}


def test_refusals_are_one_outcome_and_counted_by_area() -> None:
    statistics = Statistics()
    statistics.outcomes.update(
        {
            (int(Kind.FUND), "ok"): 2,
            (int(Kind.FUND), "access.not_permitted"): 3,
            (int(Kind.FUND), "accounts.unknown"): 4,
            (int(Kind.CANCEL), "access.unknown_credential"): 5,
        }
    )
    found = told(gate=a_status(statistics))
    commands = {tuple(s.labels.values()): s.value for s in found["gate_commands"]}
    assert commands == {("fund", "ok"): 2, ("fund", "refused"): 7, ("cancel", "refused"): 5}
    areas = {s.labels["area"]: s.value for s in found["gate_refusals"]}
    assert areas == {"access": 8, "accounts": 4}


def test_a_histogram_counts_up_to_each_bound() -> None:
    statistics = Statistics()
    for size in (1, 2, 3, 512, 513):
        statistics.batch_sizes.add(size)
    statistics.commit_us.add(1_500)
    found = told(gate=a_status(statistics))
    sizes = {s.labels.get("le", s.name[-5:]): s.value for s in found["gate_batch_commands"]}
    wanted = {"1.0": 1, "2.0": 2, "4.0": 3, "256.0": 3, "512.0": 4, "+Inf": 5}
    assert {bound: sizes[bound] for bound in wanted} == wanted
    assert (sizes["count"], sizes["s_sum"]) == (5, 1031)
    seconds = {s.labels.get("le", s.name[-3:]): s.value for s in found["gate_commit_seconds"]}
    assert (seconds["0.001"], seconds["0.002"], seconds["sum"]) == (0, 1, 0.0015)


def test_a_status_goes_through_its_own_wire_form() -> None:
    status = a_status(Statistics())
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(status), type=GateStatus) == status
    assert isinstance(status.report.batch_us, Distribution)


def test_calls_are_counted_by_our_own_names_alone() -> None:
    counts = Counts()
    counts.answered("readHealth", 503)
    counts.refused(UnknownCredential())
    found = told(counts=counts)
    assert found["api_requests"][0].labels == {"operation": "readHealth", "status_class": "5xx"}
    assert found["api_refusals"][0].labels == {"area": "access"}
    assert found["api_authentication_failures"][0].labels == {"code": "access.unknown_credential"}


def test_figures_are_read_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path
    assert read_figures(folder, RunFigures) is None
    run = RunFigures({"gate": ProcessFigures(is_up=True, starts=1)})
    assert write_figures(folder, run)
    assert write_figures(folder, InboxFigures(1, 2))
    assert read_figures(folder, RunFigures) == run
    (folder / "figures" / "inbox.json").write_bytes(b'{"decided":')
    assert read_figures(folder, InboxFigures) is None
    clear_figures(folder)
    assert read_figures(folder, RunFigures) is None
    (folder / "figures").rmdir()
    (folder / "figures").write_bytes(b"in the way")
    assert not write_figures(folder, run)
