"""/v1/files: a whole file of payments in, and the report of what became of each.

The file is kept sealed and taken in by a thread, as `countersign ingest` does it: what breaks off
in between is sent again whole, and orders nothing twice.
"""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from typing import BinaryIO

import msgspec
from starlette.responses import StreamingResponse

from countersign.access.model import Permission
from countersign.channels.files import MessageFiles
from countersign.entrypoints.api.desk import Call, Desk, Operation
from countersign.entrypoints.api.errors import BodyTooLarge, BodyTooSlow, Busy
from countersign.entrypoints.receiving import receive_stream
from countersign.flows.ingest_file import Ingested
from countersign.gate.client import GateClient
from countersign.gate.requests import API_SOCKET

FILE_BYTES_MAX = 200 * 1024 * 1024
FILES_AT_ONCE = 2
UPLOADS_AT_ONCE = 8
UPLOADS_OF_ONE = 2  # One credential, so that none that is slow shuts out the others.
XML = "application/xml"
_RECEIVE_SECONDS = 300
_GATE_SECONDS = 120
_RETRY_MS = 5_000
_READ_BYTES = 256 * 1024


class FileAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a file; `Accept: application/xml` gives the report itself instead."""

    message_id: str | None
    group_status: str  # ISO 20022; RJCT where nothing of the file goes on.
    payments: int
    statuses: dict[str, int]  # How many payments by status.
    refusal: str | None  # The code, where the file was refused whole.
    sentence: str | None


async def take_file(desk: Desk, call: Call) -> object:
    with _uploading(desk, call), contextlib.ExitStack() as stack:
        stream = stack.enter_context(tempfile.TemporaryFile())
        report = stack.enter_context(tempfile.TemporaryFile())
        await _receive(call, stream)
        async with desk.files:
            ingested = await asyncio.to_thread(_ingested, desk, call, stream, report)
        if XML in call.request.headers.get("accept", "") and report.tell():
            report.seek(0)
            return StreamingResponse(_pieces(report, stack.pop_all()), media_type=XML)
    return FileAnswer(
        message_id=ingested.message_id,
        group_status=str(ingested.group_status),
        payments=ingested.payments,
        statuses=ingested.statuses,
        refusal=ingested.refusal,
        sentence=ingested.sentence,
    )


@contextlib.contextmanager
def _uploading(desk: Desk, call: Call) -> Iterator[None]:
    """One upload more, from its first byte to its answer; raises Busy where there are too many."""
    uploads, credential = desk.uploads, call.visitor.credential.number
    if uploads.total() >= UPLOADS_AT_ONCE or uploads[credential] >= UPLOADS_OF_ONE:
        raise Busy(retry_ms=_RETRY_MS)
    uploads[credential] += 1
    try:
        yield
    finally:
        uploads[credential] -= 1
        if not uploads[credential]:
            del uploads[credential]


async def _receive(call: Call, stream: BinaryIO) -> None:
    size = 0
    try:
        async with asyncio.timeout(_RECEIVE_SECONDS):
            async for piece in call.request.stream():
                size += len(piece)
                if size > FILE_BYTES_MAX:
                    raise BodyTooLarge(bytes_max=FILE_BYTES_MAX)
                await asyncio.to_thread(stream.write, piece)
    except TimeoutError:
        raise BodyTooSlow(seconds=_RECEIVE_SECONDS) from None


def _ingested(desk: Desk, call: Call, stream: BinaryIO, report: BinaryIO) -> Ingested:
    stream.seek(0)
    with GateClient(
        desk.sockets, API_SOCKET, token=call.visitor.token, timeout_seconds=_GATE_SECONDS
    ) as gate:
        return receive_stream(
            stream,
            f"api {desk.clock.now_ms()}",
            archive=desk.archive,
            gate=gate,
            kind=MessageFiles(desk.schema_dir),
            report=report,
        )


async def _pieces(report: BinaryIO, files: contextlib.ExitStack) -> AsyncIterator[bytes]:
    with files:
        while piece := await asyncio.to_thread(report.read, _READ_BYTES):
            yield piece


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/files",
        name="takeFile",
        summary="Order the payments of a file; the same file again orders nothing twice.",
        handler=take_file,
        takes=XML,
        answers=FileAnswer,
        permission=Permission.TRANSFERS_ORDER,
    ),
)
