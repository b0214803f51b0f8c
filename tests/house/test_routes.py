"""Every route declares who may call it and how it fails, and answers nobody it should not."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts

from timeline_local.api.dependencies import PUBLIC, policies_of
from timeline_local.api.middleware import authentication
from timeline_local.api.strict import StrictRoute
from timeline_local.api.v1.router import PREFIX, ROUTERS
from timeline_local.core.security import SCOPES

# The only routes that answer a caller who brings nothing. None of them answers data of the owner's.
OPEN = frozenset(
    {
        ("GET", "/api/v1/health"),
        ("GET", "/api/v1/health/ready"),
        ("GET", "/api/v1/auth/challenge"),
        ("POST", "/api/v1/auth/tickets"),
        ("POST", "/api/v1/auth/redeem"),
        ("GET", "/api/v1/auth/methods"),
        ("POST", "/api/v1/auth/login"),
        ("POST", "/api/v1/auth/refresh"),
        ("POST", "/api/v1/auth/register"),
        ("POST", "/api/v1/auth/password/forgot"),
        ("POST", "/api/v1/auth/password/reset"),  # with a mailed token
        ("POST", "/api/v1/auth/email/verify"),  # with a mailed token
        ("POST", "/api/v1/auth/recovery"),  # with proof of the instance secret
        ("POST", "/api/v1/system/tray"),  # with proof of the instance secret
    }
)
CLIENT_ERROR = 400
READINESS = "/api/v1/health/ready"  # its 503 tells what is not ready, which is no problem document
SOME_ID = "0199a5c2-f3b7-7e5d-a1a0-c4a19a5c2f3b"


def _routes() -> list[RouteContext]:
    app = FastAPI(openapi_url=None)
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX)
    return list(iter_route_contexts(app.routes))


ROUTES = _routes()


def _pairs(route: RouteContext) -> list[tuple[str, str]]:
    return [(method, str(route.path)) for method in sorted((route.methods or set()) - {"HEAD"})]


def _name(route: RouteContext) -> str:
    return f"{' '.join(sorted(route.methods or ()))} {route.path}"


def test_there_are_routes() -> None:
    assert len(ROUTES) > 40


def test_every_route_declares_exactly_one_policy() -> None:
    assert [_name(route) for route in ROUTES if len(list(policies_of(route.dependant))) != 1] == []


def test_every_policy_is_a_scope_that_keys_can_have() -> None:
    policies = {policy for route in ROUTES for policy in policies_of(route.dependant)}
    assert policies <= SCOPES | {PUBLIC}


def test_the_public_routes_are_those_named_here() -> None:
    public = {pair for route in ROUTES if PUBLIC in policies_of(route.dependant) for pair in _pairs(route)}
    assert public == OPEN


def test_the_layer_that_authenticates_opens_the_same_routes() -> None:
    opened = {(method, path) for method, path in authentication.PUBLIC if path.startswith("/api/") and method != "HEAD"}
    assert opened == OPEN


def test_every_route_has_a_summary_without_a_full_stop() -> None:
    assert [_name(route) for route in ROUTES if not route.summary or route.summary.endswith(".")] == []


def test_every_closed_route_declares_the_problems_it_can_answer_with() -> None:
    silent = [
        _name(route)
        for route in ROUTES
        if PUBLIC not in policies_of(route.dependant) and not any(int(code) >= CLIENT_ERROR for code in route.responses)
    ]
    assert silent == []


def test_every_route_says_which_noun_it_belongs_to() -> None:
    assert [_name(route) for route in ROUTES if len(route.tags) != 1] == []


def test_every_body_is_read_strictly() -> None:
    assert [_name(route) for route in ROUTES if not isinstance(route.original_route, StrictRoute)] == []


# Creates that take no `Idempotency-Key`, and why sending one again does no harm.
REPEATABLE = {
    "/api/v1/media": "the same bytes again add nothing",
    "/api/v1/imports/{import_id}/files": "the same file again takes the place of the first",
    "/api/v1/people/{person_id}/identities": "an identity that is theirs already stays",
    "/api/v1/people/{person_id}/identities/{identity_id}/split": "it is no longer theirs the second time",
    "/api/v1/libraries": "a folder is listed once",
    "/api/v1/libraries/open": "it is open already",
    "/api/v1/libraries/move": "it is under way already",
    "/api/v1/auth/register": "an address has one account",
    "/api/v1/auth/password/forgot": "a new link makes the one before unusable",
    "/api/v1/auth/email/verification": "a new link makes the one before unusable",
    "/api/v1/system/quit": "it ends once",
}


def test_every_create_can_be_sent_again() -> None:
    unkeyed = {
        str(route.path)
        for route in ROUTES
        if "POST" in (route.methods or ())
        if route.status_code in {201, 202}
        if "Idempotency-Key" not in {header.alias for header in route.dependant.header_params}
    }
    assert unkeyed == REPEATABLE.keys()


def _callables(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for inner in dependant.dependencies:
        yield from _callables(inner)


def test_every_route_and_every_dependency_is_async() -> None:
    """A plain function goes through a thread: six plain dependencies cost 12 to 13 times a bare route (2026-11)."""
    plain = {
        f"{_name(route)}: {getattr(call, '__qualname__', call)}"
        for route in ROUTES
        for call in _callables(route.dependant)
        if not (inspect.iscoroutinefunction(call) or inspect.isasyncgenfunction(call))
    }
    assert sorted(plain) == []


def test_every_operation_has_a_name_of_its_own() -> None:
    counted = Counter(route.unique_id for route in ROUTES)
    assert [name for name, count in counted.items() if count > 1] == []


@pytest.fixture
def dialect() -> str:
    """One database is enough here: nothing of it is read."""
    return "sqlite"


async def test_no_described_route_but_the_public_ones_answers_anybody(anonymous: httpx.AsyncClient) -> None:
    described = (await anonymous.get("/docs/openapi.json")).json()["paths"]
    closed = [
        (method.upper(), path)
        for path, operations in described.items()
        for method in operations
        if (method.upper(), path) not in OPEN
    ]
    answers = {pair: await _status(anonymous, *pair) for pair in closed}
    assert len(answers) > 40
    assert {pair: status for pair, status in answers.items() if status != httpx.codes.UNAUTHORIZED} == {}


async def _status(client: httpx.AsyncClient, method: str, path: str) -> int:
    """The answer to a caller without a key: the same whether or not the thing exists."""
    return (await client.request(method, re.sub(r"\{[^}]*\}", SOME_ID, path))).status_code


async def test_an_unknown_address_is_closed_too(anonymous: httpx.AsyncClient) -> None:
    assert (await anonymous.get("/api/v1/no-such-thing")).status_code == httpx.codes.UNAUTHORIZED


async def test_every_route_is_described(anonymous: httpx.AsyncClient) -> None:
    described = (await anonymous.get("/docs/openapi.json")).json()["paths"]
    pairs = {(method.upper(), path) for path, operations in described.items() for method in operations}
    assert {pair for route in ROUTES for pair in _pairs(route)} == pairs


async def test_every_described_operation_refers_to_the_one_problem_document(anonymous: httpx.AsyncClient) -> None:
    described = (await anonymous.get("/docs/openapi.json")).json()["paths"]
    wrong = [
        (method, path, code)
        for path, operations in described.items()
        for method, operation in operations.items()
        for code, answer in operation["responses"].items()
        if (code.isdigit() and int(code) >= CLIENT_ERROR and path != READINESS)
        and "application/problem+json" not in answer.get("content", {})
    ]
    assert wrong == []


async def test_the_description_names_the_scope_of_each_operation(anonymous: httpx.AsyncClient) -> None:
    described = (await anonymous.get("/docs/openapi.json")).json()["paths"]
    told = {
        (method.upper(), path): operation.get("x-required-scope", PUBLIC)
        for path, operations in described.items()
        for method, operation in operations.items()
    }
    assert told == {
        pair: policy for route in ROUTES for policy in policies_of(route.dependant) for pair in _pairs(route)
    }
    for (method, path), scope in told.items():
        wanted = [] if scope == PUBLIC else [{"key": [scope]}]
        assert described[path][method.lower()]["security"] == wanted


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/v1/memories", "GET, POST"),
        ("PUT", f"/api/v1/memories/{SOME_ID}", "DELETE, GET, PATCH"),
        ("PATCH", "/api/v1/memories/batch", "POST"),
        ("DELETE", "/docs/openapi.json", "GET, HEAD"),
    ],
)
async def test_a_method_that_is_not_answered_is_told_all_that_are(
    client: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    answer = await client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allowed)
