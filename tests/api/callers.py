"""Several users of one install, and requests as each of them, straight into the application."""

from __future__ import annotations

import asyncio
import json as json_module
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import insert
from starlette.types import Message

from timeline_local.domain.ids import new_id
from timeline_local.models import ChangeCounter, User
from timeline_local.runtime import Runtime
from timeline_local.services.identity import create_api_key

API = "/api/v1"
HOST = "127.0.0.1:8765"
# PostgreSQL is given up after two seconds; on a busy machine that happens, and says nothing about what is tested here.
PATIENCE = 20


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - JSON
        return json_module.loads(self.body)


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody with these credentials. A tenth of what an HTTP client costs, for tests that ask thousands of times."""

    app: FastAPI
    name: str
    role: str
    pk: int
    id: UUID | None
    headers: Mapping[str, str]

    async def __call__(
        self,
        method: str,
        path: str,
        json: Any = None,  # noqa: ANN401 - JSON
        *,
        query: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        """The answer; of an endless stream only its beginning."""
        sent = dict(self.headers) | dict(headers or {})
        if json is not None:
            body = json_module.dumps(json).encode()
            sent.setdefault("content-type", "application/json")
        path, _, written = path.partition("?")
        asked = written or urlencode(dict(query or {}))
        reply = await exchange(self.app, method, path, sent, body or b"", asked)
        for _ in range(PATIENCE):
            if b"/problems/database-unavailable" not in reply.body:
                break
            reply = await exchange(self.app, method, path, sent, body or b"", asked)
        return reply


async def exchange(
    app: FastAPI, method: str, path: str, headers: Mapping[str, str], body: bytes, query: str = ""
) -> Reply:
    """One request into the whole application, layers included."""
    pairs = [(b"host", HOST.encode())]
    pairs += [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    if body:
        pairs.append((b"content-length", str(len(body)).encode()))
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": quote(path, safe="/%").encode(),
        "query_string": query.encode(),
        "headers": pairs,
        "server": ("127.0.0.1", 8765),
        "client": ("127.0.0.1", 50000),
        "scheme": "http",
        "root_path": "",
        "http_version": "1.1",
        "state": {},
    }
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
    status, told, got = 0, dict[str, str](), b""
    has_enough = asyncio.Event()

    async def receive() -> Message:
        if not waiting:
            await has_enough.wait()
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal status, told, got
        if message["type"] == "http.response.start":
            status = message["status"]
            told = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}
            if told.get("content-type", "").startswith("text/event-stream"):
                has_enough.set()
        else:
            got += message.get("body", b"")

    await app(scope, receive, send)
    return Reply(status, told, got)


def anonymous(app: FastAPI) -> Asker:
    """Somebody who brings nothing."""
    return Asker(app, "anonymous", "", 0, None, {})


async def new_user(app: FastAPI, name: str, role: str) -> Asker:
    """A user of this role with an empty timeline, signed in with a session."""
    runtime: Runtime = app.state.runtime
    id_, now = new_id(), runtime.now()
    values = {"id": id_, "created_at": now, "updated_at": now, "name": name, "role": role, "is_active": True}
    async with runtime.database.write() as db:
        pk = (await db.execute(insert(User).values(**values, email=f"{name}@example.org").returning(User.pk))).scalar()
        await db.execute(insert(ChangeCounter).values(owner_pk=pk, revision=1))
    assert pk is not None
    return await signed_in(app, name, role, pk, id_)


async def signed_in(app: FastAPI, name: str, role: str, pk: int, id_: UUID | None = None) -> Asker:
    """A fresh session of a user."""
    runtime: Runtime = app.state.runtime
    async with runtime.database.write() as db:
        session = await runtime.authentication.open_session(db, pk, device=name, days=1, now=runtime.now())
    cookie = f"{runtime.claim.secrets.cookie_name}={session.cookie}"
    return Asker(app, name, role, pk, id_, {"cookie": cookie, "x-tl-session": session.secret})


async def owner_of(app: FastAPI) -> Asker:
    """The owner of the install, signed in."""
    runtime: Runtime = app.state.runtime
    return await signed_in(app, "owner", "owner", runtime.owner_pk)


async def with_key(app: FastAPI, user: Asker, scopes: Sequence[str]) -> Asker:
    """A key of this user with these scopes."""
    runtime: Runtime = app.state.runtime
    async with runtime.database.write() as db:
        made = await create_api_key(db, user.pk, name="key", scopes=list(scopes), expires_at=None, now=runtime.now())
    name = f"key of {user.name}: {' '.join(scopes)}"
    return Asker(app, name, user.role, user.pk, user.id, {"authorization": f"Bearer {made.key}"})


def operations(app: FastAPI) -> list[tuple[str, str, dict[str, Any]]]:
    """(method, path, description) of every operation of the API."""
    return [
        (method.upper(), path, operation)
        for path, item in app.openapi()["paths"].items()
        for method, operation in item.items()
    ]


def dereferenced(app: FastAPI, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema behind a reference."""
    name = schema.get("$ref", "").rpartition("/")[2]
    return app.openapi()["components"]["schemas"][name] if name else schema


def example_body(app: FastAPI, operation: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """A JSON body that fits the operation's schema, by its examples; None where it takes none."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    return None if content is None else _example(app, content["schema"])


def _example(app: FastAPI, schema: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    schema = dereferenced(app, schema)
    if schema.get("examples"):
        return schema["examples"][0]
    for name in ("anyOf", "oneOf", "allOf"):
        if name in schema:
            return _example(app, schema[name][0])
    if "const" in schema or "enum" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    return _EXAMPLES.get(str(schema.get("type")), _nothing)(app, schema)


def _example_object(app: FastAPI, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _example(app, schema["properties"][name]) for name in schema.get("required", ())}


def _example_text(_: FastAPI, schema: Mapping[str, Any]) -> str:
    if schema.get("format") == "uuid":
        return str(new_id())
    return "x" * max(4, int(schema.get("minLength", 0)))


def _nothing(*_: object) -> None:
    return None


_EXAMPLES: dict[str, Callable[[FastAPI, Mapping[str, Any]], Any]] = {
    "object": _example_object,
    "array": lambda app, schema: [_example(app, schema["items"])] * int(schema.get("minItems", 0)),
    "string": _example_text,
    "integer": lambda _, schema: int(schema.get("minimum", 1)),
    "number": lambda _, schema: float(schema.get("minimum", 1)),
    "boolean": lambda *_: False,
}
