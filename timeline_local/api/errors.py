"""Exceptions become `application/problem+json` here, and nowhere else.

Services raise classes of exceptions.py; framework errors are translated into the same classes; anything else is our own
bug and becomes a 500 that says nothing but its request id. Values that were sent are never sent back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from timeline_local import exceptions as x
from timeline_local.api.methods import Methods

MEDIA_TYPE = "application/problem+json"
LONGEST_POINTER = 200
RETRY_AFTER_S = 2

PROBLEM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "description": "What went wrong (RFC 9457). `type` opens a page that says what to do next.",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "examples": ["/problems/memory-not-found"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened, what was kept and what to do."},
        "request_id": {"type": "string", "description": "Stands in the log beside the cause."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "examples": ["#/happened_at", "?limit"]},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}

_BY_STATUS: dict[int, type[x.TimelineError]] = {
    400: x.MalformedRequest,
    401: x.NotSignedIn,
    403: x.NotAllowed,
    404: x.NotFound,
    405: x.MethodNotAllowed,
    409: x.Conflict,
    413: x.BodyTooLarge,
    415: x.UnsupportedContentType,
    416: x.RangeNotSatisfiable,
    421: x.WrongHost,
    422: x.InvalidInput,
    429: x.RateLimited,
    503: x.Unavailable,
}

# Messages of the validator that would repeat what was sent.
_SILENT = {
    "union_tag_invalid": "is of none of the known kinds",
    "json_invalid": "is not JSON",
}


def problem_document(error: x.TimelineError, request_id: str) -> dict[str, Any]:
    """The members of the problem document, in the order they are read."""
    document: dict[str, Any] = {
        "type": f"/problems/{error.slug}",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "request_id": request_id,
    }
    if error.errors:
        document["errors"] = [{"pointer": field.pointer, "detail": field.detail} for field in error.errors]
    for name, value in error.facts.items():
        document.setdefault(name, value)
    return document


def problem_parts(error: x.TimelineError, request_id: str) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """(status, headers, body) of the problem: what a middleware sends and what a handler returns."""
    body = orjson.dumps(problem_document(error, request_id))
    headers = [
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    extra = dict(error.headers)
    if error.status == HTTPStatus.UNAUTHORIZED:
        extra.setdefault("WWW-Authenticate", "Bearer")
    if error.status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
        extra.setdefault("Retry-After", str(RETRY_AFTER_S))
    headers.extend((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in extra.items())
    return error.status, headers, body


def problem(error: x.TimelineError, request_id: str) -> Response:
    """The problem as a response."""
    status, headers, body = problem_parts(error, request_id)
    response = Response(body, status_code=status)
    response.raw_headers = headers
    return response


def request_id_of(request: Request) -> str:
    """The id that the request log gave this request; empty outside the middleware stack."""
    return str(request.scope.get("state", {}).get("request_id", ""))


async def on_timeline_error(request: Request, error: Exception) -> Response:
    """Render one of our own errors as it stands."""
    assert isinstance(error, x.TimelineError)  # noqa: S101 - registered for this class only
    return problem(error, request_id_of(request))


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Render an error of the framework (no such route, no such method, unreadable form) with one of our slugs."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return _wrong_method(request, (error.headers or {}).get("Allow", ""))
    kind = _BY_STATUS.get(error.status_code)
    if kind is None:
        kind = x.MalformedRequest if error.status_code < HTTPStatus.INTERNAL_SERVER_ERROR else x.TimelineError
    return problem(kind(headers=dict(error.headers or {})), request_id_of(request))


async def on_invalid_request(request: Request, error: Exception) -> Response:
    """Render what the validator found: where and which rule, never the value."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    found = invalid_input(error.errors())
    if isinstance(found, x.NotFound) and _methods(request).is_written_out(request.url.path):
        return _wrong_method(request)
    return problem(found, request_id_of(request))


def _methods(request: Request) -> Methods:
    methods: Methods = request.app.state.methods
    return methods


def _wrong_method(request: Request, by_the_framework: str = "") -> Response:
    allowed = ", ".join(_methods(request).of(request.url.path)) or ", ".join(sorted(by_the_framework.split(", ")))
    return problem(x.MethodNotAllowed(headers={"Allow": allowed}), request_id_of(request))


def invalid_input(errors: Sequence[Mapping[str, Any]]) -> x.TimelineError:
    """The problem for a list of validator errors.

    A path parameter that cannot be an id is an address where nothing is: 404, the same as an id of nobody's.
    """
    if any(error["loc"][:1] == ("path",) for error in errors):
        return x.NotFound()
    fields = tuple(x.FieldError(pointer(error["loc"]), _rule(error)) for error in errors)
    return x.InvalidInput("Some of what was sent cannot be used: see `errors`. Nothing was saved.", errors=fields)


def pointer(location: Sequence[str | int]) -> str:
    """`#/a/0/b` for the body, `?name` for the query, `header:name` for a header. Bounded, ASCII only."""
    place, *rest = location
    if place in ("query", "cookie", "header"):
        lead = {"query": "?", "cookie": "cookie:", "header": "header:"}[str(place)]
        return (lead + quote(".".join(map(str, rest)), safe="-_.", errors="replace"))[:LONGEST_POINTER]
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in rest)
    return ("#" + "".join("/" + quote(step, safe="~!$&'()*+,;=:@", errors="replace") for step in steps))[
        :LONGEST_POINTER
    ]


def _rule(error: Mapping[str, Any]) -> str:
    silent = _SILENT.get(str(error["type"]))
    if silent is not None:
        return silent
    return str(error["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")


def handlers() -> dict[type[Exception], Any]:
    """The exception handlers of the application, for `FastAPI(exception_handlers=…)`."""
    return {
        x.TimelineError: on_timeline_error,
        HTTPException: on_http_exception,
        RequestValidationError: on_invalid_request,
    }


def responses(*kinds: type[x.TimelineError]) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route that may raise these errors, one entry a status with an example for each class."""
    table: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        entry = table.setdefault(kind.status, {"description": "", "content": {MEDIA_TYPE: {}}})
        entry["description"] = "; ".join(filter(None, (entry["description"], kind.title)))
        content = entry["content"][MEDIA_TYPE]
        content["schema"] = {"$ref": "#/components/schemas/Problem"}
        example = problem_document(kind(), "019a5c2f3b7e5d21a0c4")
        content.setdefault("examples", {})[kind.slug] = {"summary": kind.title, "value": example}
    return table
