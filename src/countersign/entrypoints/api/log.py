"""/v1/checkpoint, /v1/credential, /health: what stands, and who is asking."""

from http import HTTPStatus

import msgspec
from starlette.responses import Response

from countersign.access.model import NEVER
from countersign.audit.queries import newest_checkpoint
from countersign.entrypoints.api.desk import Call, Desk, Operation
from countersign.entrypoints.api.errors import NothingPublished
from countersign.entrypoints.web.errors import DatabaseAway
from countersign.entrypoints.web.reading import Connection
from countersign.infra.clock import moment
from countersign.kernel.refusal import Refusal

_GATE_SECONDS = 2.0


class OwnCredentialTold(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    name: str
    permissions: list[str]
    expires: str | None
    networks: list[str]  # From where it is taken; empty for anywhere.


class Health(msgspec.Struct, frozen=True, kw_only=True):
    is_healthy: bool
    gate: bool
    database: bool


async def read_checkpoint(desk: Desk, call: Call) -> Response:
    del call
    newest = await desk.read(newest_checkpoint)
    if newest is None:
        raise NothingPublished
    return Response(newest.note, media_type="text/plain")


async def read_credential(desk: Desk, call: Call) -> OwnCredentialTold:
    del desk
    own = call.visitor.credential
    return OwnCredentialTold(
        number=own.number,
        name=own.name,
        permissions=own.permissions,
        expires=None if own.expires_ms == NEVER else moment(own.expires_ms),
        networks=own.addresses,
    )


async def read_health(desk: Desk, call: Call) -> Response:
    """Whether gate and database answer; nothing else is said to who has no token."""
    del call
    gate = await desk.gate.is_there(timeout_seconds=_GATE_SECONDS)
    try:
        database = await desk.read(_is_there)
    except (DatabaseAway, Refusal):
        database = False
    health = Health(is_healthy=gate and database, gate=gate, database=database)
    status = HTTPStatus.OK if health.is_healthy else HTTPStatus.SERVICE_UNAVAILABLE
    return Response(msgspec.json.encode(health), status_code=status, media_type="application/json")


def _is_there(connection: Connection) -> bool:
    return connection.execute("SELECT true").fetchone() is not None


OPERATIONS = (
    Operation(
        method="GET",
        path="/v1/checkpoint",
        name="readCheckpoint",
        summary="The newest signed checkpoint of the audit log (C2SP tlog-checkpoint).",
        handler=read_checkpoint,
        answers="text/plain",
        permission=None,
    ),
    Operation(
        method="GET",
        path="/v1/credential",
        name="readCredential",
        summary="The credential that asks: what it may do, until when and from where.",
        handler=read_credential,
        answers=OwnCredentialTold,
        permission=None,
    ),
    Operation(
        method="GET",
        path="/health",
        name="readHealth",
        summary="Whether gate and database answer.",
        handler=read_health,
        answers=Health,
        permission=None,
        is_open=True,
    ),
)
