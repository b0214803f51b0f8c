"""What routes ask for: a connection, the caller, the parts; and the policy that every route declares."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.routing import BaseRoute

from timeline_local.core.security import Caller
from timeline_local.exceptions import NotAllowed, NotSignedIn, ScopeMissing
from timeline_local.runtime import Runtime

POLICY = "__policy__"
PUBLIC = "public"


async def parts(request: Request) -> Runtime:
    """The Runtime of this process."""
    runtime: Runtime = request.app.state.runtime
    return runtime


async def caller(request: Request) -> Caller:
    """Who asks, as the authentication middleware found out. Raises NotSignedIn."""
    found: Caller | None = request.scope["state"].get("caller")
    if found is None:
        raise NotSignedIn("Send an API key, or open Timeline Local from its icon.")
    return found


async def _read(request: Request) -> AsyncIterator[AsyncConnection]:
    async with request.app.state.runtime.database.read() as db:
        yield db


Parts = Annotated[Runtime, Depends(parts)]
Me = Annotated[Caller, Depends(caller)]
ReadDb = Annotated[AsyncConnection, Depends(_read, scope="function")]


def lacking(scope: str, asking: Caller) -> ScopeMissing:
    """The refusal that names the scope, for people, for programs (`missing_scope`) and for clients of RFC 6750."""
    who = (
        f"This key lacks the scope {scope}. Make one with it, or use another key."
        if asking.kind == "api_key"
        else f"The role {asking.role} does not include the scope {scope}. Nothing was changed."
    )
    challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
    return ScopeMissing(who, headers={"WWW-Authenticate": challenge}, facts={"missing_scope": scope})


def requires(scope: str) -> Any:  # noqa: ANN401 - FastAPI's Depends has no public type
    """The policy of a route: the caller must hold this scope. Raises NotSignedIn, ScopeMissing."""

    async def check(request: Request) -> None:
        # Asks for no other dependency: each costs a hot route some 60 µs.
        asking = await caller(request)
        if scope not in asking.scopes:
            raise lacking(scope, asking)

    setattr(check, POLICY, scope)
    return Depends(check)


def refuse_keys(asking: Caller) -> None:
    """Raise NotAllowed for an API key: a leaked one must not lock its owner out."""
    if asking.kind == "api_key":
        raise NotAllowed("An API key cannot change how or where you are signed in. Nothing was changed.")


def public() -> Any:  # noqa: ANN401 - see requires
    """The policy of a route that answers anybody, and so may answer no data."""

    async def open_to_all() -> None:
        """Nothing to check."""

    setattr(open_to_all, POLICY, PUBLIC)
    return Depends(open_to_all)


def policies_of(dependant: Dependant) -> Iterator[str]:
    """The policies declared by a route: one, if the house test passes."""
    for inner in dependant.dependencies:
        if (policy := getattr(inner.call, POLICY, None)) is not None:
            yield policy
        yield from policies_of(inner)


def declared_policies(routes: Sequence[BaseRoute]) -> dict[tuple[str, str], str]:
    """(method, path) → the scope its caller must hold, or PUBLIC; routes that declare nothing are absent."""
    return {
        (method, str(route.path)): policy
        for route in iter_route_contexts(list(routes))
        if isinstance(route.original_route, APIRoute)
        for policy in policies_of(route.dependant)
        for method in route.methods or ()
    }
