"""The API as one application: every operation's route, and what goes around each call.

In order: the token is read and counted, the permission asked, parameters and body read within their
bounds, then the handler. Whatever is refused becomes problem details; whatever else happens is
logged by its kind alone and answered as a failure that may be sent again.
"""

import asyncio
from functools import partial
from importlib.metadata import version
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from countersign.entrypoints.api import (
    accounts,
    alerts,
    deciding,
    events,
    files,
    freezes,
    health,
    log,
    metrics,
    ordering,
    transfers,
)
from countersign.entrypoints.api.counting import NOT_ROUTED
from countersign.entrypoints.api.desk import Call, Desk, Operation
from countersign.entrypoints.api.doorkeeper import Visitor
from countersign.entrypoints.api.errors import (
    BodyTooLarge,
    BodyTooSlow,
    Failed,
    MalformedBody,
    MalformedParameter,
    NoSuchPath,
    WrongMediaType,
    WrongMethod,
)
from countersign.entrypoints.api.openapi import document
from countersign.entrypoints.api.problems import (
    MEDIA_TYPE,
    headers_of,
    problem_of,
    status_of,
)
from countersign.entrypoints.web.numbers import PATH_NUMBER
from countersign.gate.queries import OwnCredential
from countersign.infra.logs import get_logger
from countersign.kernel.refusal import Language, Refusal

BODY_BYTES_MAX = 4 * 1024 * 1024
BODY_SECONDS = 30
_JSON = "application/json"
_HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
_NOBODY = Visitor("", OwnCredential(0, "", [], 0, []))
_WHY_LENGTH_MAX = 200
_log = get_logger(__name__)
OPERATIONS: tuple[Operation, ...] = (
    *ordering.OPERATIONS,
    *transfers.OPERATIONS,
    *deciding.OPERATIONS,
    *files.OPERATIONS,
    *accounts.OPERATIONS,
    *freezes.OPERATIONS,
    *alerts.OPERATIONS,
    *events.OPERATIONS,
    *log.OPERATIONS,
    *health.OPERATIONS,
    *metrics.OPERATIONS,
)


def make_app(desk: Desk) -> Starlette:
    """The application of one API process."""
    described = msgspec.json.encode(document(OPERATIONS, version=version("countersign")))

    async def describe(request: Request) -> Response:
        del request
        return Response(described, media_type=_JSON, headers=_HEADERS)

    return Starlette(
        routes=[*_routes(desk), Route("/openapi.json", describe)],
        exception_handlers={HTTPException: partial(_not_routed, desk)},
    )


def _routes(desk: Desk) -> list[Route]:
    """One route a path, so that a wrong method is told with all that there are.

    `/v1/transfers/batch` comes before `/v1/transfers/{number}`.
    """
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in sorted(OPERATIONS, key=lambda one: ("{" in one.path, one.path)):
        path = operation.path.replace("{number}", PATH_NUMBER)
        by_path.setdefault(path, {})[operation.method] = operation
    return [
        Route(path, partial(_by_method, desk, operations), methods=sorted(operations))
        for path, operations in by_path.items()
    ]


async def _by_method(desk: Desk, operations: dict[str, Operation], request: Request) -> Response:
    method = "GET" if request.method == "HEAD" else request.method
    return await _answer(desk, operations[method], request)


async def _answer(desk: Desk, operation: Operation, request: Request) -> Response:
    response = await _responded(desk, operation, request)
    desk.counts.answered(operation.name, response.status_code)
    return response


async def _responded(desk: Desk, operation: Operation, request: Request) -> Response:
    language = _language(request)
    try:
        answer = await _called(desk, operation, request, language)
    except Refusal as refusal:
        return _refused(desk, refusal, language)
    except ClientDisconnect:
        return Response(status_code=204)  # Nobody is there to read it.
    except Exception as error:  # noqa: BLE001  # Whatever it is, it is told nobody but the log.
        # The message of what was raised may hold what somebody sent, so only its kind is logged.
        _log.failure("api.failed", error)
        return _refused(desk, Failed(), language)
    if isinstance(answer, Response):
        answer.headers.update({k: v for k, v in _HEADERS.items() if k not in answer.headers})
        return answer
    content = msgspec.json.encode(answer)
    return Response(content, status_code=operation.status, media_type=_JSON, headers=_HEADERS)


async def _called(desk: Desk, operation: Operation, request: Request, language: Language) -> object:
    visitor = _NOBODY
    if not operation.is_open:
        address = request.client.host if request.client else ""
        visitor = await desk.doorkeeper.admit(
            request.headers.get("authorization", ""),
            address,
            outlives_gate=operation.outlives_gate,
        )
        desk.doorkeeper.spend(visitor, 1)
        if operation.permission:
            visitor.require(operation.permission)
    query = _query(operation, request)
    body = await _body(operation, request)
    if (cost := operation.cost(body)) > 1:
        desk.doorkeeper.spend(visitor, cost - 1)
    call = Call(
        visitor=visitor,
        language=language,
        request=request,
        number=request.path_params.get("number", 0),
        body=body,
        query=query,
    )
    return await operation.handler(desk, call)


def _query(operation: Operation, request: Request) -> Any:
    given = request.query_params.multi_items()
    values = dict(given)
    if len(values) != len(given):
        raise MalformedParameter(why="one is given twice")
    if operation.query is None:
        if values:
            raise MalformedParameter(why="this path has none")
        return None
    try:
        return msgspec.convert(values, operation.query, strict=False)
    except msgspec.ValidationError as error:
        raise MalformedParameter(why=str(error)[:_WHY_LENGTH_MAX]) from None


async def _body(operation: Operation, request: Request) -> Any:
    """The body as its struct; a file is read by its handler."""
    if operation.takes is None:
        return None
    wanted = operation.takes if isinstance(operation.takes, str) else _JSON
    named = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if named != wanted:
        raise WrongMediaType(wanted=wanted)
    if isinstance(operation.takes, str):
        return None
    try:
        return msgspec.json.decode(await _content(request), type=operation.takes)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MalformedBody(why=str(error)[:_WHY_LENGTH_MAX]) from None


async def _content(request: Request) -> bytes:
    content = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.stream():
                content += piece
                if len(content) > BODY_BYTES_MAX:
                    raise BodyTooLarge(bytes_max=BODY_BYTES_MAX)
    except TimeoutError:
        raise BodyTooSlow(seconds=BODY_SECONDS) from None
    return bytes(content)


def _language(request: Request) -> Language:
    wanted = request.headers.get("accept-language", "").strip().lower()
    return "zh" if wanted.startswith("zh") else "en"


def _refused(desk: Desk, refusal: Refusal, language: Language) -> Response:
    desk.counts.refused(refusal)
    return Response(
        msgspec.json.encode(problem_of(refusal, language)),
        status_code=status_of(refusal),
        media_type=MEDIA_TYPE,
        headers=_HEADERS | headers_of(refusal),
    )


async def _not_routed(desk: Desk, request: Request, error: Exception) -> Response:
    """What the routes themselves refuse."""
    is_method = isinstance(error, HTTPException) and error.status_code == WRONG_METHOD
    refusal = WrongMethod() if is_method else NoSuchPath()
    answer = _refused(desk, refusal, _language(request))
    desk.counts.answered(NOT_ROUTED, answer.status_code)
    if isinstance(error, HTTPException) and error.headers:
        answer.headers.update(error.headers)
    return answer


WRONG_METHOD = 405
