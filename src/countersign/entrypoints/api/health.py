"""/live, /health, /v1/health: whether this process lives, whether it can decide, and what is away.

A stranger learns whether it is up and nothing else, and costs the gate and the database nothing.
"""

from http import HTTPStatus

import msgspec
from starlette.responses import Response

from countersign.access.model import Permission
from countersign.entrypoints.api.desk import Call, Desk, Operation


class Alive(msgspec.Struct, frozen=True, kw_only=True):
    is_alive: bool


class Health(msgspec.Struct, frozen=True, kw_only=True):
    is_healthy: bool


class HealthInDetail(msgspec.Struct, frozen=True, kw_only=True):
    is_healthy: bool
    gate: bool
    database: bool


async def read_alive(desk: Desk, call: Call) -> Alive:
    """Nobody is asked anything: this answer alone says that the process works."""
    del desk, call
    return Alive(is_alive=True)


async def read_health(desk: Desk, call: Call) -> Response:
    """Whether gate and database answer, as of a second ago at most."""
    del call
    return _told(Health(is_healthy=all(await desk.pulse.feel())))


async def read_health_in_detail(desk: Desk, call: Call) -> HealthInDetail:
    """Which of them does, for whoever may know; the answer is a success whatever it says."""
    del call
    beat = await desk.pulse.feel()
    return HealthInDetail(is_healthy=all(beat), gate=beat.gate, database=beat.database)


def _told(health: Health) -> Response:
    status = HTTPStatus.OK if health.is_healthy else HTTPStatus.SERVICE_UNAVAILABLE
    return Response(msgspec.json.encode(health), status_code=status, media_type="application/json")


OPERATIONS = (
    Operation(
        method="GET",
        path="/live",
        name="readAlive",
        summary="Whether this process answers; nothing else is looked at.",
        handler=read_alive,
        answers=Alive,
        permission=None,
        is_open=True,
    ),
    Operation(
        method="GET",
        path="/health",
        name="readHealth",
        summary="Whether it can decide: gate and database answer.",
        handler=read_health,
        answers=Health,
        permission=None,
        is_open=True,
    ),
    Operation(
        method="GET",
        path="/v1/health",
        name="readHealthInDetail",
        summary="Which of its parts answer.",
        handler=read_health_in_detail,
        answers=HealthInDetail,
        permission=Permission.HEALTH_READ,
        outlives_gate=True,
    ),
)
