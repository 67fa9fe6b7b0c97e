"""All metrics, in the text format of Prometheus.

Rules: 1. A label's values are names of ours or of the policy, and few: never a party, an account, a
transfer or a credential. 2. What is not known now is left out, and `countersign_up` says why; no
number stands for "unknown". 3. Seconds and counts are base units.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from countersign.entrypoints.api.counting import Counts
from countersign.entrypoints.figures import InboxFigures, RunFigures
from countersign.flows.measure_backlog import Backlog
from countersign.gate.commands import Kind
from countersign.gate.queries import GateStatus
from countersign.gate.statistics import Distribution, Report

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_PREFIX = "countersign_"
_REFUSED = "refused"
_MICROSECONDS = 1_000_000
_Values = Mapping[str, int] | Mapping[tuple[str, str], int]  # By the values of the labels.


class Seen(NamedTuple):
    """Everything that one scrape tells; None for whoever did not answer."""

    now_ms: int
    gate: GateStatus | None
    backlog: Backlog | None
    run: RunFigures | None
    inbox: InboxFigures | None
    counts: Counts
    event_streams: int
    connections: int
    connections_in_use: int


def exposed(seen: Seen) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Fixed([*_metrics(seen)]))
    return generate_latest(registry)


class _Fixed(Collector):
    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _metrics(seen: Seen) -> Iterator[Metric]:
    up = {"gate": int(seen.gate is not None), "database": int(seen.backlog is not None)}
    yield _gauge("up", "Whether it answers the API.", up, "part")
    yield from _of_api(seen)
    if seen.gate is not None:
        yield from _of_gate(seen.gate)
    if seen.backlog is not None:
        yield from _of_backlog(seen.backlog, seen.now_ms)
    if seen.run is not None:
        yield from _of_run(seen.run)
    if seen.inbox is not None:
        yield from _of_inbox(seen.inbox)


def _of_inbox(inbox: InboxFigures) -> Iterator[Metric]:
    files = {"decided": inbox.decided, "refused": inbox.refused, "set_aside": inbox.set_aside}
    yield _counter("inbox_files", "Files of the watched folder that were taken.", files, "result")
    yield _number("inbox_waiting_files", "Taken, and not answered yet.", len(inbox.waiting))


def _of_api(seen: Seen) -> Iterator[Metric]:
    counts = seen.counts
    yield _counter(
        "api_requests",
        "Requests that were answered.",
        counts.answers,
        *("operation", "status_class"),
    )
    yield _counter("api_refusals", "By the area of the code.", counts.refusals, "area")
    yield _counter(
        "api_authentication_failures",
        "Calls of whoever could not say who he is.",
        counts.authentication_failures,
        "code",
    )
    yield _number("api_event_streams", "Followers of /v1/events.", seen.event_streams)
    yield _number("api_connections", "To the database, for reading.", seen.connections)
    yield _number("api_connections_in_use", "Of these.", seen.connections_in_use)


def _of_commands(report: Report) -> Iterator[Metric]:
    commands: dict[tuple[str, str], int] = {}
    refusals: dict[str, int] = {}
    for kind, outcome, count in report.outcomes:
        area, dot, _ = outcome.partition(".")
        named = (Kind(kind).name.lower(), _REFUSED if dot else outcome)
        commands[named] = commands.get(named, 0) + count
        if dot:
            refusals[area] = refusals.get(area, 0) + count
    yield _counter(
        "gate_commands", "Commands that were decided; orders by verdict.", commands,
        *("kind", "outcome"),
    )  # fmt: skip
    yield _counter("gate_refusals", "Refused commands by the area of the code.", refusals, "area")
    for name, meaning, count in (
        ("gate_repeats", "Commands that were answered as before.", report.duplicates),
        ("gate_faults", "Commands that could not be decided or committed.", report.faults),
        ("gate_reloads", "Times that the state was loaded again.", report.reloads),
        ("gate_unknown_outcomes", "Commits of unknown outcome.", report.unknown_outcomes),
    ):
        yield _total(name, meaning, count)


def _of_gate(gate: GateStatus) -> Iterator[Metric]:
    report = gate.report
    yield from _of_commands(report)
    yield _histogram("gate_batch_commands", "Commands of a batch.", report.batch_sizes, unit=1)
    yield _histogram(
        "gate_batch_seconds",
        "From when a batch is begun until it is durable.",
        report.batch_us,
        unit=_MICROSECONDS,
    )
    yield _histogram(
        "gate_commit_seconds",
        "From when a batch is sent to the database until it is durable.",
        report.commit_us,
        unit=_MICROSECONDS,
    )
    for name, meaning, value in (
        ("gate_queue_commands", "Commands that wait for a batch.", report.queued),
        ("gate_term", "Rises by one with each start of a gate.", gate.term),
        ("journal_sequence", "The newest batch.", gate.seq),
        ("log_size", "Leaves of the audit log.", gate.commands),
        ("snapshot_size", "Leaves under the newest snapshot.", report.snapshot_size),
        ("accounts", "Accounts that were opened.", gate.accounts),
        ("open_transfers", "Transfers that have not come to an end.", gate.open_transfers),
        ("freezes", "Accounts that are frozen.", gate.freezes),
        ("policy_number", "The policy that decides.", gate.policy),
    ):
        yield _number(name, meaning, value)


def _of_backlog(backlog: Backlog, now_ms: int) -> Iterator[Metric]:
    sendings = {"prepared": backlog.prepared, "sent": backlog.sent}
    outbox = {"due": backlog.outbox_due, "later": backlog.outbox_later}
    yield _number("held_transfers", "Transfers that wait for a person.", backlog.held)
    yield _gauge("alerts_open", "Alerts not closed.", backlog.alerts, "typology")
    yield _gauge("outbox_transfers", "Transfers for the worker to take on.", outbox, "state")
    yield _gauge(
        "rail_sendings", "To be sent to the rail, or not answered by it.", sendings, "state"
    )
    yield _number("rail_questions_max", "Most questions about one sending.", backlog.asked_max)
    for name, meaning, since_ms in (
        ("held_oldest_seconds", "Since the oldest of them was ordered.", backlog.held_since_ms),
        ("outbox_oldest_seconds", "Since the oldest of them was due.", backlog.outbox_since_ms),
        ("checkpoint_age_seconds", "Since the newest was signed.", backlog.checkpoint_ms),
    ):
        if since_ms is not None:
            yield _number(name, meaning, max(0, now_ms - since_ms) / 1000)
    if (size := backlog.checkpoint_size) is not None:
        yield _number("checkpoint_size", "Leaves under the newest checkpoint.", size)


def _of_run(run: RunFigures) -> Iterator[Metric]:
    ups = {name: int(one.is_up) for name, one in run.processes.items()}
    starts = {name: one.starts for name, one in run.processes.items()}
    yield _gauge("process_up", "Whether `run` has it running.", ups, "process")
    yield _counter("process_starts", "Starts since `run` began.", starts, "process")


def _number(name: str, meaning: str, value: float) -> Metric:
    family = GaugeMetricFamily(_PREFIX + name, meaning)
    family.add_metric((), value)
    return family


def _total(name: str, meaning: str, count: int) -> Metric:
    family = CounterMetricFamily(_PREFIX + name, meaning)
    family.add_metric((), count)
    return family


def _gauge(name: str, meaning: str, values: _Values, *labels: str) -> Metric:
    return _filled(GaugeMetricFamily(_PREFIX + name, meaning, labels=labels), values)


def _counter(name: str, meaning: str, values: _Values, *labels: str) -> Metric:
    return _filled(CounterMetricFamily(_PREFIX + name, meaning, labels=labels), values)


def _filled(family: GaugeMetricFamily | CounterMetricFamily, values: _Values) -> Metric:
    for key, value in sorted(values.items()):
        family.add_metric(key if isinstance(key, tuple) else (key,), value)
    return family


def _histogram(name: str, meaning: str, distribution: Distribution, *, unit: int) -> Metric:
    buckets, count = [], 0
    bounds = [*(str(bound / unit) for bound in distribution.bounds), "+Inf"]
    for bound, more in zip(bounds, distribution.counts, strict=True):
        count += more
        buckets.append((bound, count))
    family = HistogramMetricFamily(_PREFIX + name, meaning)
    family.add_metric((), buckets, distribution.total / unit)
    return family
