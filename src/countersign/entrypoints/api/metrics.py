"""/metrics: what a payments operator watches, in the text format of Prometheus."""

from starlette.responses import Response

from countersign.access.model import Permission
from countersign.entrypoints.api.desk import Call, Desk, Operation
from countersign.entrypoints.api.exposition import MEDIA_TYPE, Seen, exposed
from countersign.entrypoints.figures import InboxFigures, RunFigures, read_figures


async def read_metrics(desk: Desk, call: Call) -> Response:
    gate, backlog = await desk.watch.look(call.visitor.token)
    seen = Seen(
        now_ms=desk.clock.now_ms(),
        gate=gate,
        backlog=backlog,
        run=read_figures(desk.data_dir, RunFigures),
        inbox=read_figures(desk.data_dir, InboxFigures),
        counts=desk.counts,
        event_streams=len(desk.streams),
        connections=desk.reader.connections,
        connections_in_use=desk.reader.in_use,
    )
    return Response(exposed(seen), headers={"content-type": MEDIA_TYPE})


OPERATIONS = (
    Operation(
        method="GET",
        path="/metrics",
        name="readMetrics",
        summary="What to watch, as text for Prometheus (docs/recipes/metrics.md).",
        handler=read_metrics,
        answers="text/plain",
        permission=Permission.HEALTH_READ,
        outlives_gate=True,
    ),
)
