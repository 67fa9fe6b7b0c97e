"""/v1/checkpoint, /v1/credential: what stands, and who is asking."""

import msgspec
from starlette.responses import Response

from countersign.access.model import NEVER
from countersign.audit.queries import newest_checkpoint
from countersign.entrypoints.api.desk import Call, Desk, Operation
from countersign.entrypoints.api.errors import NothingPublished
from countersign.infra.clock import moment


class OwnCredentialTold(msgspec.Struct, frozen=True, kw_only=True):
    number: int
    name: str
    permissions: list[str]
    expires: str | None
    networks: list[str]  # From where it is taken; empty for anywhere.


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
)
