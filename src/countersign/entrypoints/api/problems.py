"""A refusal as problem details (RFC 9457), with our stable code in `code` and in `type`."""

import re
from http import HTTPStatus

import msgspec

from countersign.access.errors import CredentialExpired, UnknownCredential
from countersign.entrypoints.api import errors
from countersign.gate.client import GateUnreachable
from countersign.kernel.refusal import Kind, Language, Refusal

MEDIA_TYPE = "application/problem+json"
_BY_KIND = {
    Kind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Kind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Kind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Kind.CONFLICT: HTTPStatus.CONFLICT,
    Kind.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}
_BY_CODE = {
    CredentialExpired.code: HTTPStatus.UNAUTHORIZED,
    UnknownCredential.code: HTTPStatus.UNAUTHORIZED,
    errors.NoToken.code: HTTPStatus.UNAUTHORIZED,
    errors.MalformedBody.code: HTTPStatus.BAD_REQUEST,
    errors.MalformedParameter.code: HTTPStatus.BAD_REQUEST,
    errors.KeyMissing.code: HTTPStatus.BAD_REQUEST,
    errors.BodyTooLarge.code: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.BodyTooSlow.code: HTTPStatus.REQUEST_TIMEOUT,
    errors.WrongMediaType.code: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.WrongMethod.code: HTTPStatus.METHOD_NOT_ALLOWED,
    errors.TooManyFailures.code: HTTPStatus.TOO_MANY_REQUESTS,
    errors.RateExceeded.code: HTTPStatus.TOO_MANY_REQUESTS,
    errors.TooManyStreams.code: HTTPStatus.TOO_MANY_REQUESTS,
}
_TITLES = {
    Kind.INVALID: "The request is not in order",
    Kind.FORBIDDEN: "Not permitted",
    Kind.NOT_FOUND: "Not found",
    Kind.CONFLICT: "In conflict with what stands",
    Kind.UNAVAILABLE: "Not possible now",
}
# Where the last thing that was heard may be that the request got through.
_RETRY_SECONDS = 1


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Problem details of RFC 9457."""

    type: str  # "urn:countersign:refusal:" and the code.
    title: str
    status: int
    detail: str  # What is wrong and what to do next, in the language that was asked for.
    code: str  # Stable; branch on this one.
    field: str | None = None  # Of the body, where one field is at fault.


def problem_of(refusal: Refusal, language: Language) -> Problem:
    field = refusal.details.get("field")
    if isinstance(refusal, errors.MalformedBody) and field is None:
        found = _PLACE.search(str(refusal.details.get("why", "")))
        field = found[1] if found else None
    return Problem(
        type=f"urn:countersign:refusal:{refusal.code}",
        title=_TITLES[refusal.kind],
        status=int(status_of(refusal)),
        detail=refusal.sentence(language),
        code=refusal.code,
        field=str(field) if field is not None else None,
    )


def status_of(refusal: Refusal) -> HTTPStatus:
    return _BY_CODE.get(refusal.code, _BY_KIND[refusal.kind])


def headers_of(refusal: Refusal) -> dict[str, str]:
    """What a client has to know beside the problem: when to come back, how to say who it is."""
    status = status_of(refusal)
    if status == HTTPStatus.UNAUTHORIZED:
        return {"www-authenticate": "Bearer"}
    if status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}:
        retry_ms = refusal.details.get("retry_ms", 0)
        seconds = -(-int(retry_ms) // 1000) if not isinstance(refusal, GateUnreachable) else 0
        return {"retry-after": str(max(_RETRY_SECONDS, seconds))}
    return {}


_PLACE = re.compile(r"at `\$\.?([A-Za-z0-9_.\[\]]*)`")
