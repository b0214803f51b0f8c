"""A bare ASGI driver: what a layer receives and sends, without a server or a client library in between."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import orjson
import pytest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from timeline_local.core.security import SCOPES, Caller

HOST = "127.0.0.1:8765"
USER = UUID("019a0000-0000-7000-8000-000000000001")


@dataclass
class Answer:
    """One response. reads: how often the body was asked for before the response began."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    reads: int = 0
    state: dict[str, Any] = field(default_factory=dict)

    def header(self, name: str) -> str:
        return ", ".join(value for key, value in self.headers if key == name)

    def names(self) -> set[str]:
        return {key for key, _ in self.headers}

    def json(self) -> Any:  # noqa: ANN401 - JSON
        return orjson.loads(self.body)

    @property
    def slug(self) -> str:
        return str(self.json()["type"]).removeprefix("/problems/")


Ask = Callable[..., Awaitable[Answer]]


async def _ask(
    app: ASGIApp,
    method: str = "GET",
    path: str = "/",
    *,
    headers: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    host: str | None = HOST,
    query: str = "",
    chunks: Iterable[bytes] = (),
    client: str = "127.0.0.1",
    scheme: str = "http",
    state: dict[str, Any] | None = None,
) -> Answer:
    pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
    if host is not None:
        pairs.insert(0, ("host", host))
    answer = Answer(state=state if state is not None else {})
    waiting = [{"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks]
    if waiting:
        waiting[-1]["more_body"] = False
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode("utf-8", "replace"),
        "query_string": query.encode(),
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in pairs],
        "server": ("127.0.0.1", 8765),
        "client": (client, 50000),
        "scheme": scheme,
        "root_path": "",
        "http_version": "1.1",
        "state": answer.state,
    }

    async def receive() -> Message:
        answer.reads += not answer.status
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = [(name.decode(), value.decode("latin-1")) for name, value in message["headers"]]
        else:
            answer.body += message.get("body", b"")

    await app(scope, receive, send)
    return answer


@pytest.fixture
def ask() -> Ask:
    return _ask


class Bare:
    """The application inside a layer: answers 200 with what it was given, and counts how often it was reached."""

    def __init__(self, body: bytes = b"data", headers: Mapping[str, str] | None = None, *, status: int = 200) -> None:
        self.body = body
        self.status = status
        self.headers = dict(headers or {"content-type": "application/json"})
        self.reached = 0
        self.read = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.reached += 1
        more = scope["method"] in ("POST", "PATCH")
        while more:
            message = await receive()
            self.read += message.get("body", b"")
            more = message.get("more_body", False)
        headers = [(name.encode(), value.encode()) for name, value in self.headers.items()]
        headers.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": self.body})


@pytest.fixture
def bare() -> Bare:
    return Bare()


@pytest.fixture
def make_bare() -> type[Bare]:
    return Bare


def caller(kind: Any = "api_key") -> Caller:  # noqa: ANN401 - one of the literals
    return Caller(user_pk=1, user_id=USER, role="owner", scopes=SCOPES, kind=kind)


class KnownCredentials:
    """An authenticator that knows one key, one session and one signature, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def bearer(self, token: str) -> Caller | None:
        self.asked.append(f"bearer {token}")
        return caller() if token == "tl_good" else None

    async def session(self, cookie: str, secret: str) -> Caller | None:
        self.asked.append(f"session {cookie} {secret}")
        return caller("session") if (cookie, secret) == ("c00kie", "s3cret") else None

    def media(self, path: str, query: Mapping[str, str]) -> Caller | None:
        self.asked.append(f"media {path}")
        return caller("media") if query.get("s") == "signed" else None


@pytest.fixture
def credentials() -> KnownCredentials:
    return KnownCredentials()
