"""`/openapi.json` (OpenAPI 3.1), made from the operations themselves."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec.inspect import StructType, type_info

from countersign.entrypoints.api.desk import KEY_HEADER, Operation
from countersign.entrypoints.api.problems import MEDIA_TYPE, Problem
from countersign.entrypoints.web.numbers import PATH_NUMBER_MAX

_REF = "#/components/schemas/{name}"
_KEY_SCHEMA = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}
_NUMBER_SCHEMA = {"type": "integer", "minimum": 0, "maximum": PATH_NUMBER_MAX}
_PROBLEMS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)


def document(operations: Iterable[Operation], *, version: str) -> dict[str, Any]:
    """The whole description."""
    listed = list(operations)
    structs: set[type[msgspec.Struct]] = {Problem}
    for operation in listed:
        structs |= {one for one in (operation.takes, operation.answers) if isinstance(one, type)}
    named = sorted(structs, key=lambda one: one.__name__)
    schemas, components = msgspec.json.schema_components(named, ref_template=_REF)
    del schemas
    paths: dict[str, dict[str, Any]] = {}
    for operation in listed:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Countersign",
            "version": version,
            "description": "One order, one digest, one durable decision, one proof.",
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {
                "Problem": {
                    "description": "Problem details (RFC 9457); branch on `code`.",
                    "content": {MEDIA_TYPE: {"schema": _ref(Problem)}},
                }
            },
        },
    }


def _described(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [*_parameters(operation)],
        "responses": {str(int(operation.status)): _answer(operation)}
        | {str(int(status)): {"$ref": "#/components/responses/Problem"} for status in _PROBLEMS},
    }
    if operation.is_open:
        described["security"] = []
        described["responses"][str(int(HTTPStatus.SERVICE_UNAVAILABLE))] = _answer(operation)
    if operation.permission:
        described["description"] = f"Needs the permission `{operation.permission.value}`."
    if isinstance(operation.takes, str):
        described["requestBody"] = {
            "required": True,
            "content": {operation.takes: {"schema": {"type": "string", "format": "binary"}}},
        }
    elif operation.takes:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _ref(operation.takes)}},
        }
    return described


def _answer(operation: Operation) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": operation.summary}
    if isinstance(operation.answers, str):
        schema = {"type": "object"} if operation.answers.endswith("json") else {"type": "string"}
        answer["content"] = {operation.answers: {"schema": schema}}
        return answer
    answer["content"] = {"application/json": {"schema": _ref(operation.answers)}}
    if isinstance(operation.takes, str):
        answer["content"][operation.takes] = {"schema": {"type": "string"}}
    return answer


def _parameters(operation: Operation) -> Iterable[dict[str, Any]]:
    if "{number}" in operation.path:
        yield {"name": "number", "in": "path", "required": True, "schema": _NUMBER_SCHEMA}
    if "{party}" in operation.path:
        schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
        yield {"name": "party", "in": "path", "required": True, "schema": schema}
    if operation.needs_key or operation.is_keyed:
        is_needed = operation.needs_key
        yield {"name": KEY_HEADER, "in": "header", "required": is_needed, "schema": _KEY_SCHEMA}
    if operation.query:
        described = type_info(operation.query)
        components = msgspec.json.schema_components([operation.query], ref_template=_REF)[1]
        properties = components[operation.query.__name__]["properties"]
        for field in described.fields if isinstance(described, StructType) else ():
            schema = _without_null(properties[field.name])
            yield {"name": field.name, "in": "query", "required": False, "schema": schema}


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is left out; there is no way to write null."""
    options = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    plain = options[0] if options else schema
    return {name: value for name, value in plain.items() if value is not None}


def _ref(one: type[msgspec.Struct]) -> dict[str, str]:
    return {"$ref": _REF.format(name=one.__name__)}
