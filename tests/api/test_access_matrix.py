"""Who may call what: every route × every role and every scope of a key, as the routes declare it.

Generated from the application's own description, so a new route is in the table the moment it exists. What a caller
may do with *whose* data is the subject of test_other_users.py.
"""

from __future__ import annotations

import re
from collections import Counter

import httpx
import pytest
from fastapi import FastAPI

from tests.api.callers import Asker, anonymous, new_user, operations, owner_of, signed_in, with_key
from timeline_local.core.security import ROLE_SCOPES, SCOPES

UNKNOWN = "0199a5c2-f3b7-7e5d-a1a0-c4a19a5c2f3b"
ROLES = ("owner", "admin", "member", "viewer")
OPEN, IN, OUT, WRONG = "open", "in", "out", "WRONG"


@pytest.fixture
def dialect() -> str:
    """One database is enough here: who is let in is decided before any of their data is read."""
    return "sqlite"


@pytest.fixture
def app(anonymous: httpx.AsyncClient) -> FastAPI:
    """The whole application."""
    transport = anonymous._transport
    assert isinstance(transport, httpx.ASGITransport)
    assert isinstance(transport.app, FastAPI)
    return transport.app


def test_roles_only_lose_rights_from_top_to_bottom() -> None:
    assert ROLE_SCOPES["owner"] == ROLE_SCOPES["admin"] == SCOPES
    assert ROLE_SCOPES["member"] == SCOPES - {"admin", "system:write"}
    assert ROLE_SCOPES["viewer"] < ROLE_SCOPES["member"]
    assert {scope for scope in ROLE_SCOPES["viewer"] if not scope.endswith(":read")} == {"settings:write"}
    assert set(ROLES) == set(ROLE_SCOPES)


async def cell(asker: Asker, method: str, path: str, scope: str) -> str:
    """How the route receives this caller, who names nothing that exists and sends no body."""
    reply = await asker(method, re.sub(r"\{[^}]*\}", UNKNOWN, path))
    if reply.status == httpx.codes.UNAUTHORIZED and reply.json["type"] == "/problems/not-signed-in":
        return OPEN
    if reply.status == httpx.codes.FORBIDDEN and reply.json["type"] == "/problems/scope-missing":
        named = reply.json["missing_scope"] == scope and scope in reply.json["detail"]
        return OUT if named and f'scope="{scope}"' in reply.headers["www-authenticate"] else WRONG
    return IN if reply.status < httpx.codes.INTERNAL_SERVER_ERROR else WRONG


async def test_every_role_gets_what_it_may_and_nothing_else(app: FastAPI) -> None:
    table: dict[tuple[str, str, str], str] = {}
    wanted: dict[tuple[str, str, str], str] = {}
    owner = await owner_of(app)
    users = [owner] + [await new_user(app, role, role) for role in ROLES[1:]]
    # Some routes end every session of their caller, or the account: reads come first, and writes from fresh callers.
    for method, path, scope in sorted(closed(app), key=lambda route: route[0] != "GET"):
        table["anonymous", method, path] = await cell(anonymous(app), method, path, scope)
        wanted["anonymous", method, path] = OPEN
        for user in users:
            asker = user if method == "GET" else await _fresh(app, user)
            table[user.role, method, path] = await cell(asker, method, path, scope)
            wanted[user.role, method, path] = IN if scope in ROLE_SCOPES[user.role] else OUT
    assert {at: (told, wanted[at]) for at, told in table.items() if told != wanted[at]} == {}
    assert len(table) == 5 * len(closed(app)) > 200


async def _fresh(app: FastAPI, user: Asker) -> Asker:
    if user.role == "owner":
        return await signed_in(app, user.name, user.role, user.pk, user.id)
    return await new_user(app, f"{user.name}-{next(_NUMBERS)}", user.role)


_NUMBERS = iter(range(10_000))


async def test_every_key_opens_the_routes_of_its_scopes_only(app: FastAPI) -> None:
    owner = await owner_of(app)
    keys = {scope: await with_key(app, owner, [scope]) for scope in sorted(SCOPES)}
    wrong = {}
    counted: Counter[str] = Counter()
    for method, path, needed in closed(app):
        for scope, key in keys.items():
            told = await cell(key, method, path, needed)
            counted[told] += 1
            if told != (IN if scope == needed else OUT):
                wrong[scope, method, path] = told
    assert wrong == {}
    assert counted[IN] == len(closed(app))
    assert counted[OUT] == len(closed(app)) * (len(SCOPES) - 1)


@pytest.mark.parametrize("role", ["member", "viewer"])
async def test_a_key_can_do_no_more_than_its_user(app: FastAPI, role: str) -> None:
    user = await new_user(app, "someone", role)
    key = await with_key(app, user, sorted(SCOPES))
    told = {(method, path): await cell(key, method, path, needed) for method, path, needed in closed(app)}
    wanted = {(method, path): IN if needed in ROLE_SCOPES[role] else OUT for method, path, needed in closed(app)}
    assert {at: cell for at, cell in told.items() if cell != wanted[at]} == {}


def closed(app: FastAPI) -> list[tuple[str, str, str]]:
    """(method, path, scope) of every route that needs a caller."""
    return [
        (method, path, operation["x-required-scope"])
        for method, path, operation in operations(app)
        if "x-required-scope" in operation
    ]
