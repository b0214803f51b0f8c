"""Reads that screens ask for all the time, answered by their endpoint without the framework's way to it.

A route stays declared as every other, and described by that. But its address is looked up in a table instead of along
all routes, and what its dependencies and parameters are is found out once, not with every request: for a page of 50
that was a sixth of the time (2026-11). Only what is plain goes this way: a GET of an address without parameters, whose
endpoint makes its own response and whose dependencies are plain coroutines. A request whose parameters cannot be read
goes on to the framework, which reads them again and words the problem.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, TypeAlias, get_args, get_origin
from urllib.parse import parse_qsl

from fastapi import params
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from timeline_local.api.middleware.head import head_of, state_of

Call: TypeAlias = Callable[..., Awaitable[Any]]
Values: TypeAlias = dict[str, Any]

_PLAIN = (str, int, float, date, type(None))
# What a dependency may ask for besides parameters and dependencies of its own; we use none of these in plain reads.
_UNUSUAL = (
    "websocket_param_name",
    "http_connection_param_name",
    "response_param_name",
    "background_tasks_param_name",
    "security_scopes_param_name",
    "concurrency",
    "cookie_params",
    "path_params",
    "body_params",
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value out of a query or a head. validate: (value as sent) → (value, problems)."""

    name: str
    alias: str
    is_header: bool
    is_required: bool
    default: Any
    validate: Callable[[str], tuple[Any, Sequence[Any]]]

    def read(self, into: Values, query: Mapping[str, str], head: Mapping[bytes, bytes]) -> bool:
        """Put the value under its name; whether it could be read."""
        if self.is_header:
            raw = head.get(self.alias.lower().encode("latin-1"))
            sent = None if raw is None else raw.decode("latin-1")
        else:
            sent = query.get(self.alias)
        if sent is None:
            into[self.name] = self.default
            return not self.is_required
        into[self.name], problems = self.validate(sent)
        return not problems


@dataclass(slots=True)
class Step:
    """A dependency, or at last the endpoint. takes: (name of the argument, which step made it)."""

    call: Call
    request_name: str | None
    parameters: tuple[Parameter, ...]
    takes: tuple[tuple[str, int], ...]


@dataclass(slots=True)
class Direct:
    """An endpoint and all it needs, each thing before whatever needs it."""

    steps: list[Step] = field(default_factory=list)

    async def answer(self, request: Request) -> Response | None:
        """The endpoint's response; None if a parameter cannot be read. Raises what dependencies and endpoint raise."""
        scope = request.scope
        sent = scope["query_string"]
        query = dict(parse_qsl(sent.decode("latin-1"), keep_blank_values=True)) if sent else {}
        head = head_of(scope).values
        arguments: list[Values] = []
        for step in self.steps:
            values: Values = {}
            for parameter in step.parameters:
                if not parameter.read(values, query, head):
                    return None
            arguments.append(values)
        made: list[Any] = []
        for step, values in zip(self.steps, arguments, strict=True):
            if step.request_name is not None:
                values[step.request_name] = request
            for name, number in step.takes:
                values[name] = made[number]
            made.append(await step.call(**values))
        response: Response = made[-1]
        return response


class DirectRoutes:
    """Answers plain reads by their `Direct`; everything else is the framework's."""

    def __init__(self, app: ASGIApp, direct: Mapping[str, Direct]) -> None:
        """direct: the `plain_reads` among the application's routes."""
        self.app = app
        self._direct = direct

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        direct = self._direct.get(scope["path"]) if scope["type"] == "http" and scope["method"] == "GET" else None
        response = None
        if direct is not None:
            state_of(scope)["template"] = scope["path"]
            response = await direct.answer(Request(scope, receive, send))
        await (response or self.app)(scope, receive, send)


def plain_reads(routes: Sequence[BaseRoute]) -> dict[str, Direct]:
    """The plain reads among these routes, by address; without those that the framework would find another route for.

    routes: in the order in which the framework looks a request up.
    """
    found: dict[str, Direct] = {}
    patterns = []
    for route in iter_route_contexts(routes):
        if not isinstance(route.original_route, APIRoute) or "GET" not in (route.methods or ()):
            continue
        path = str(route.path)
        if "{" in path:
            patterns.append(route.path_regex)
        elif _makes_its_response(route.endpoint) and not any(pattern.match(path) for pattern in patterns):
            direct = Direct()
            if _add(route.dependant, direct, {}) is not None:
                found.setdefault(path, direct)
    return found


def _makes_its_response(endpoint: Callable[..., Any] | None) -> bool:
    return endpoint is not None and inspect.signature(endpoint).return_annotation in (Response, "Response")


def _add(dependant: Dependant, to: Direct, known: dict[Call, int]) -> int | None:
    """The number of the step that this dependency became, or was already; None if it is not plain."""
    call = dependant.call
    if call in known:
        return known[call]
    if call is None or not inspect.iscoroutinefunction(call) or any(getattr(dependant, name) for name in _UNUSUAL):
        return None
    takes: list[tuple[str, int]] = []
    for inner in dependant.dependencies:
        number = _add(inner, to, known)
        if number is None:
            return None
        if inner.name is not None:
            takes.append((inner.name, number))
    parameters = list(_parameters((*dependant.query_params, *dependant.header_params)))
    if None in parameters:
        return None
    found = tuple(parameter for parameter in parameters if parameter is not None)
    to.steps.append(Step(call, dependant.request_param_name, found, tuple(takes)))
    known[call] = len(to.steps) - 1
    return known[call]


def _parameters(fields: Iterable[Any]) -> Iterator[Parameter | None]:
    """None for a parameter of several values, or of one that is not plain."""
    for each in fields:
        info = each.field_info
        is_header = isinstance(info, params.Header)
        alias = info.validation_alias or each.alias
        if not isinstance(alias, str) or not _is_plain(info.annotation) or info.validate_default:
            yield None
            continue
        yield Parameter(
            name=each.name,
            alias=alias.replace("_", "-") if is_header and alias == each.name else alias,
            is_header=is_header,
            is_required=info.is_required(),
            default=None if info.is_required() else each.default,
            validate=each.validate,
        )


def _is_plain(annotation: Any) -> bool:  # noqa: ANN401 - any annotation
    if get_origin(annotation) is Literal:
        return True
    inner = get_args(annotation)
    if inner:
        return get_origin(annotation) not in (list, set, tuple, dict, frozenset) and all(map(_is_plain, inner))
    return isinstance(annotation, type) and issubclass(annotation, _PLAIN)
