"""Bodies read strictly: the declared content type, JSON without surprises, no text that a database cannot hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine
from typing import Any

import orjson
from fastapi import params
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from timeline_local.exceptions import MalformedRequest, UnsupportedContentType

DEEPEST = 64
LARGEST_INT = 2**63 - 1  # the largest integer both databases can hold

# A JSON string, and the colon that makes it a member name. Only run on text that is known to be JSON.
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"(\s*:)?', re.DOTALL)


def strict_json(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """The JSON value of the body. Raises MalformedRequest, without repeating anything that was sent, on

    text that is not JSON or not UTF-8, NaN, Infinity and numbers beyond them, integers beyond 64 bits, lone
    surrogates, NUL characters, more than 64 levels of nesting and member names that occur twice in one object.
    Cost: linear; about 1 ms for a note of 100 000 characters.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise MalformedRequest("The request body is not valid JSON. Nothing was saved.") from None
    names = _check(value)
    if b'"' in body and names != sum(1 for found in _STRING.finditer(body) if found.group(1)):
        raise MalformedRequest("A member name occurs twice in one JSON object. Nothing was saved.")
    return value


def _check(value: Any) -> int:  # noqa: ANN401 - any JSON value
    """The number of member names in the value; walks level by level, so depth costs no recursion."""
    names = 0
    level: list[Any] = [value]
    for _ in range(DEEPEST + 1):
        deeper: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is str:
                _check_text(item)
            elif kind is int and not -LARGEST_INT <= item <= LARGEST_INT:
                raise MalformedRequest("The request holds a number that is too large. Nothing was saved.")
            elif kind is list:
                deeper.extend(item)
            elif kind is dict:
                names += len(item)
                deeper.extend(item.values())
                deeper.extend(item)
        if not deeper:
            return names
        level = deeper
    raise MalformedRequest(f"The JSON is nested more than {DEEPEST} levels deep. Nothing was saved.")


def _check_text(text: str) -> None:
    if "\0" in text:
        raise MalformedRequest("The request holds a NUL character. Nothing was saved.")


class StrictRoute(APIRoute):
    """A route whose body is read by the rules above. Routers take it as `APIRouter(route_class=StrictRoute)`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """FastAPI's handler, with the body checked and parsed before it looks."""
        inner = super().get_route_handler()
        if self.body_field is None:
            return inner
        accepts = _is_form if isinstance(self.body_field.field_info, params.Form) else _is_json
        parses = accepts is _is_json

        async def handler(request: Request) -> Response:
            if _has_body(request) and not accepts(request.headers.get("content-type", "")):
                wanted = "application/json" if parses else "multipart/form-data"
                raise UnsupportedContentType(f"Send this as {wanted}. Nothing was saved.")
            if parses and (body := await request.body()):
                request._json = strict_json(body)  # noqa: SLF001 - where Starlette keeps what json() returns
            return await inner(request)

        return handler


def _has_body(request: Request) -> bool:
    length = request.headers.get("content-length")
    return "transfer-encoding" in request.headers or (length is not None and length != "0")


def _essence(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _is_json(content_type: str) -> bool:
    essence = _essence(content_type)
    return essence == "application/json" or (essence.startswith("application/") and essence.endswith("+json"))


def _is_form(content_type: str) -> bool:
    return _essence(content_type) in ("multipart/form-data", "application/x-www-form-urlencoded")
