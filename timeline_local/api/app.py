"""The web application: routers inside the layers, problems for errors, a complete description for scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import APIRouter, FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from timeline_local import __version__
from timeline_local.api.dependencies import PUBLIC as PUBLIC_POLICY
from timeline_local.api.dependencies import declared_policies
from timeline_local.api.direct import Direct, DirectRoutes, plain_reads
from timeline_local.api.docs import OPENAPI_PATH, docs_pages
from timeline_local.api.errors import MEDIA_TYPE, PROBLEM_SCHEMA, handlers
from timeline_local.api.methods import Methods
from timeline_local.api.metrics import metrics
from timeline_local.api.middleware.authentication import PUBLIC
from timeline_local.api.middleware.stack import METRICS_PATH, StackParts, middleware_stack, wrap
from timeline_local.api.problems import problem_pages
from timeline_local.api.static import Page, StaticSite
from timeline_local.config import Settings
from timeline_local.core.install_secrets import Secrets
from timeline_local.core.limits import Limits
from timeline_local.core.metrics import RouteTimes
from timeline_local.core.security import Authenticator

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[Any]]

_DESCRIPTION = (
    "Your timeline, for your own scripts. Send `Authorization: Bearer tl_…`; errors are `application/problem+json`."
)
_FRAMEWORK_SCHEMAS = ("HTTPValidationError", "ValidationError")
_UNSAID: dict[str, Any] = {"application/json": {"schema": {}}}
_OPERATIONS = ("get", "put", "post", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Included:
    """Routers behind a prefix: their routes, and those of them that are plain reads."""

    routers: tuple[APIRouter, ...]
    routes: list[BaseRoute]
    direct: dict[str, Direct]


# By prefix and the ids of routers, which are kept with it: an id means one object while that lives.
_INCLUDED: dict[tuple[str, tuple[int, ...]], Included] = {}


class AllPages:
    """The UI, the reference and the problem pages: everything that is answered from memory."""

    def __init__(self, site: StaticSite | None, pages: Mapping[str, Page]) -> None:
        self._site = site
        self._pages = pages

    def find(self, method: str, path: str) -> ASGIApp | None:
        """Who answers this path from memory; None leaves it to the API."""
        found = self._site.find(method, path) if self._site else None
        return found or (self._pages.get(path) if method in ("GET", "HEAD") else None)

    def is_shell(self, path: str) -> bool:
        """Whether the path is one of the UI's screens."""
        return self._site is not None and self._site.is_shell(path)


class Api(FastAPI):
    """FastAPI inside our layers instead of its own, and with our problems in its description."""

    def __init__(self, parts: StackParts, included: Included, **options: Any) -> None:  # noqa: ANN401 - FastAPI's own
        super().__init__(**options)
        self._parts = parts
        self._direct = included.direct
        self.router.routes.extend(included.routes)

    def build_middleware_stack(self) -> ASGIApp:
        """The router inside the error handlers inside our layers.

        The framework's outermost layer answers failures outside everything else, where they would carry neither the
        security headers nor the request id; `Failures` does that inside ours.
        """
        inner = DirectRoutes(AsyncExitStackMiddleware(self.router), self._direct)
        handled = ExceptionMiddleware(inner, handlers=dict(self.exception_handlers), debug=False)
        return wrap(handled, middleware_stack(self._parts))

    def openapi(self) -> dict[str, Any]:
        """The description: security schemes, and problems wherever the framework would show its own errors."""
        fresh = not self.openapi_schema
        described = super().openapi()
        if fresh or "Problem" not in _schemas(described):
            _with_problems(described)
            _with_policies(described, declared_policies(self.routes))
            _with_nulls(described)
        return described


def build_api(
    *,
    settings: Settings,
    authenticator: Authenticator,
    secrets: Secrets,
    routers: Iterable[APIRouter],
    prefix: str = "",
    static: StaticSite | None = None,
    lifespan: Lifespan | None = None,
    limits: Limits | None = None,
    times: RouteTimes | None = None,
) -> FastAPI:
    """The application. secrets gives the host label and the cookie's name; without `static` there are no screens.

    prefix stands before the paths of all routers. Nothing is opened here: that is the lifespan's work.
    """
    parts = StackParts(
        settings=settings,
        authenticator=authenticator,
        pages=AllPages(static, {**docs_pages(), **problem_pages()}),
        label=secrets.label,
        cookie_name=secrets.cookie_name,
        limits=limits or Limits(),
        times=times or RouteTimes(),
    )
    app = Api(
        parts,
        _included(routers, prefix),
        title="Timeline Local",
        version=__version__,
        description=_DESCRIPTION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        exception_handlers=handlers(),
        lifespan=lifespan,
    )
    if settings.monitoring.metrics:
        app.add_route(METRICS_PATH, metrics, methods=["GET"], include_in_schema=False)
    app.state.methods = Methods(lambda: declared_policies(app.routes))
    app.add_route(OPENAPI_PATH, _describe, methods=["GET"], include_in_schema=False)
    return app


def _included(routers: Iterable[APIRouter], prefix: str) -> Included:
    """These routers' routes behind the prefix; made once, for what the framework works out about each stays with them.

    It takes 0.14 s (2026-11), which every test with an application of its own paid.
    """
    given = tuple(routers)
    key = (prefix, tuple(map(id, given)))
    if key not in _INCLUDED:
        whole = APIRouter()
        for router in given:
            whole.include_router(router, prefix=prefix)
        _INCLUDED[key] = Included(given, whole.routes, plain_reads(whole.routes))
    return _INCLUDED[key]


async def _describe(request: Request) -> Response:
    app: Api = request.app
    return Response(orjson.dumps(app.openapi()), media_type="application/json")


def _schemas(described: dict[str, Any]) -> dict[str, Any]:
    components: dict[str, Any] = described.setdefault("components", {})
    schemas: dict[str, Any] = components.setdefault("schemas", {})
    return schemas


def _with_problems(described: dict[str, Any]) -> None:
    schemas = _schemas(described)
    for name in _FRAMEWORK_SCHEMAS:
        schemas.pop(name, None)
    schemas["Problem"] = PROBLEM_SCHEMA
    described["components"]["securitySchemes"] = {
        "key": {
            "type": "http",
            "scheme": "bearer",
            "description": "An API key, `tl_<8 characters>_<43 characters>`, or the access token of a program.",
        },
    }
    described["security"] = [{"key": []}]
    for path, item in described.get("paths", {}).items():
        for method in _OPERATIONS:
            if method in item:
                _describe_problems(item[method], public=(method.upper(), path) in PUBLIC)


def _with_policies(described: dict[str, Any], policies: Mapping[tuple[str, str], str]) -> None:
    """Say of each operation which scope its caller must hold."""
    for path, item in described.get("paths", {}).items():
        for method in _OPERATIONS:
            scope = policies.get((method.upper(), path), PUBLIC_POLICY)
            if method in item and scope != PUBLIC_POLICY:
                item[method]["x-required-scope"] = scope
                item[method]["security"] = [{"key": [scope]}]


def _with_nulls(described: dict[str, Any]) -> None:
    """Give examples their nulls back, which the framework leaves out: every answer has all of its fields."""
    for schema in _schemas(described).values():
        if "example" in schema:
            said = schema["example"]
            whole = (name for name in schema["properties"] if name in said or name in schema.get("required", ()))
            schema["example"] = {name: said.get(name) for name in whole}


def _describe_problems(operation: dict[str, Any], *, public: bool) -> None:
    """Name the problem document wherever this operation can answer with one."""
    problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answers = operation.setdefault("responses", {})
    for answer in answers.values():
        if answer.get("content") == _UNSAID:
            del answer["content"]  # the framework's guess for a route that answers without a body
    unusable = answers.get("422")
    if unusable is not None and MEDIA_TYPE not in unusable.get("content", {}):
        answers["422"] = {"description": "That input cannot be used", "content": problem}
    answers.setdefault("default", {"description": "Any other problem", "content": problem})
    if public:
        operation["security"] = []
    else:
        answers.setdefault("401", {"description": "Sign in first", "content": problem})
