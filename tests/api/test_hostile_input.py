"""Whatever is sent, the answer is never our failure: every JSON route × every field × values that break programs.

Generated from the application's description; tests/fuzz asks far more of a running server.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.api.callers import API, Asker, Reply, dereferenced, example_body, new_user, operations, owner_of, with_key
from timeline_local.core.security import SCOPES

ID = "0199a5c2-f3b7-7e5d-a1a0-c4a19a5c2f3b"
NAUGHTY = (
    "", " ", "\t\n\r", "null", "undefined", "NaN", "1e999", "-1", "0x10", "１２３", "true", "''", '"', "\\", "%",
    "%00", "a%s%n", "${7*7}", "{{7*7}}", "../../etc/passwd", "C:\\con", "'; DROP TABLE memory; --", "1 OR 1=1",
    "<script>", "()", "(", "*", "-", "^", "NEAR(", "a AND", "a:b:c", "in:", 'tag:"', "OR OR", "#",
    "\u202e\u2066rtl\u2069", "\u200b", "\ufeff", "\ufffe", "e\u0301\u0301" * 50, "Z͑ͫ̓ͪ̂ͫ̽", "👨‍👩‍👧‍👦" * 9, "𝕿𝖊𝖝𝖙",
    "ﷺ" * 99, "İıſß", "\x1b[31m", "\x7f", "\x85", "9999-12-31T23:59:59.999999+14:00", "0000-00-00", "-9999-01-01",
    "2019-02-30", "2019-W01", "24:00", "Etc/GMT+99", "x" * 600, "x" * 101_000, "http://[::1", "mailto:", "@", "a@b",
    "tl_aaaaaaaa_" + "b" * 43,
)  # fmt: skip
FEW = ("", "'; DROP TABLE memory; --", "NEAR(", "İıſß\ufffe", "9999-12-31T23:59:59.999999+14:00", "x" * 3000)
ODD: tuple[Any, ...] = (None, True, 0, -1, 2**63 - 1, 1.5, -0.0, 1e308, [], {}, [None], [[]], {"a": 1}, ["x"] * 20_000)
# Text that is no JSON, or none that a careful reader takes.
RAW = (
    b"", b"{", b"[]", b"null", b"1", b'"x"', b'{"a":NaN}', b'{"a":Infinity}', b'{"a":1e999}', b'{"a":"\\ud800"}',
    b'{"a":"\\udc00\\ud800"}', b'{"a":"\\u0000"}', b'{"\\u0000":1}', b'{"a":1,"a":2}', b"\xff\xfe{}", b'{"a":"\xc3"}',
    b'{"a":1}x', b"\xef\xbb\xbf{}", b'{"__proto__":{"x":1},"constructor":1}', b'{"a":' + b"9" * 5000 + b"}",
)  # fmt: skip
# All routes read JSON by the same few lines; what is dear to send is sent to some of them.
LARGE = (
    b'{"a":' * 5000 + b"1" + b"}" * 5000,
    b"[" * 100_000 + b"]" * 100_000,
    b"{" + b",".join(b'"%d":1' % n for n in range(20_000)) + b"}",
)
FORMS: dict[str, tuple[str, bytes]] = {
    "no boundary": ("multipart/form-data", b"x"),
    "empty boundary": ("multipart/form-data; boundary=", b"x"),
    "long boundary": ("multipart/form-data; boundary=" + "b" * 5000, b"x"),
    "odd boundary": ('multipart/form-data; boundary="\\"é"', b"x"),
    "nothing": ("multipart/form-data; boundary=b", b"--b--\r\n"),
    "cut off": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nx',
    ),
    "no name": ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"),
    "no disposition": ("multipart/form-data; boundary=b", b"--b\r\nX: y\r\n\r\nx\r\n--b--\r\n"),
    "bad part header": ("multipart/form-data; boundary=b", b"--b\r\n\xff\x00: y\r\n\r\nx\r\n--b--\r\n"),
    "10,000 parts": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\ny\r\n' * 10_000 + b"--b--\r\n",
    ),
    "1,000 headers": (
        "multipart/form-data; boundary=b",
        b"--b\r\n" + b"X: y\r\n" * 1000 + b'Content-Disposition: form-data; name="file"\r\n\r\ny\r\n--b--\r\n',
    ),
    "huge header": ("multipart/form-data; boundary=b", b"--b\r\nX: " + b"y" * 100_000 + b"\r\n\r\nx\r\n--b--\r\n"),
    "path as name": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="../../../etc/x\x00.jpg"\r\n\r\nx\r\n--b--\r\n',
    ),
    "star name": (
        "multipart/form-data; boundary=b",
        b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename*=UTF-8''%ff%fe%00\r\n\r\nx\r\n--b--\r\n",
    ),
    "odd modified": (
        "multipart/form-data; boundary=b",
        b"".join(
            b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % part
            for part in ((b"modified", b"9999-12-31T23:59:59-23:59"), (b"modified_ms", b"9" * 20), (b"file", b"x"))
        )
        + b"--b--\r\n",
    ),
    "as a query": ("application/x-www-form-urlencoded", b"file=%ff&path=%00&modified=" + b"9" * 5000),
}  # fmt: skip
LEAKS = (b"Traceback", b"sqlite", b"asyncpg", b"SELECT ", b"INSERT ", b"site-packages", b".py", b"/tmp/")
# They stop the server, or end the caller's credentials and with them the test.
ENDING = ("/system/quit", "/users/me", "/events")


@pytest.fixture
def app(anonymous: httpx.AsyncClient) -> FastAPI:
    transport = anonymous._transport
    assert isinstance(transport, httpx.ASGITransport)
    assert isinstance(transport.app, FastAPI)
    return transport.app


@pytest.fixture
async def asker(app: FastAPI) -> Asker:
    """A key of all scopes, so that signing out ends nothing."""
    return await with_key(app, await owner_of(app), sorted(SCOPES))


def taking(app: FastAPI, content_type: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(method, path with some id, description) of the operations with such a body."""
    for method, path, operation in operations(app):
        if content_type in operation.get("requestBody", {}).get("content", {}) and not path.endswith(ENDING):
            yield method, _filled(path), operation


def _filled(path: str) -> str:
    while "{" in path:
        path = path[: path.index("{")] + ID + path[path.index("}") + 1 :]
    return path


def fields(app: FastAPI, operation: Mapping[str, Any]) -> list[str]:
    schema = dereferenced(app, operation["requestBody"]["content"]["application/json"]["schema"])
    for choice in schema.get("anyOf", ()):
        schema = dereferenced(app, choice) if "properties" not in schema else schema
    return list(schema.get("properties", ()))


def is_ours(reply: Reply) -> bool:
    """Whether we failed, or told what is nobody's business."""
    return reply.status >= 500 or (reply.status >= 400 and any(leak in reply.body for leak in LEAKS))


async def faults(asker: Asker, app: FastAPI, values: tuple[Any, ...]) -> dict[tuple[str, ...], tuple[int, bytes]]:
    """What went wrong with each field of each JSON route set to each of the values."""
    wrong: dict[tuple[str, ...], tuple[int, bytes]] = {}
    tried = 0
    for method, path, operation in taking(app, "application/json"):
        body = example_body(app, operation)
        for field in fields(app, operation):
            for value in values:
                tried += 1
                reply = await asker(method, path, (body if isinstance(body, dict) else {}) | {field: value})
                if is_ours(reply):
                    wrong[method, path, field, repr(value)[:60]] = (reply.status, reply.body[:300])
    assert tried > 500
    return wrong


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_no_value_of_any_field_is_our_failure(asker: Asker, app: FastAPI) -> None:
    assert await faults(asker, app, FEW + ODD[:6] + ODD[-4:-1]) == {}


@pytest.mark.slow
@pytest.mark.timeout(1800)
async def test_no_naughty_value_of_any_field_is_our_failure(asker: Asker, app: FastAPI) -> None:
    assert await faults(asker, app, NAUGHTY + ODD + tuple([text] for text in NAUGHTY)) == {}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_no_body_is_our_failure_and_bad_json_is_never_taken(asker: Asker, app: FastAPI) -> None:
    wrong = {}
    for number, (method, path, _) in enumerate(taking(app, "application/json")):
        for body in RAW + (LARGE if number < 3 else ()):
            reply = await asker(method, path, headers={"content-type": "application/json"}, body=body)
            is_object = body.startswith(b"{") and body.endswith(b"}")
            if is_ours(reply) or (not is_object and body and reply.status < 400 and body != b"null"):
                wrong[method, path, body[:40]] = (reply.status, reply.body[:300])
    assert wrong == {}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_no_form_is_our_failure(asker: Asker, app: FastAPI) -> None:
    made = (await asker("POST", f"{API}/imports", {"upload": True, "name": "x"})).json["id"]
    wrong = {}
    for method, path, _ in taking(app, "multipart/form-data"):
        for name, (content_type, body) in FORMS.items():
            reply = await asker(method, path.replace(ID, made), headers={"content-type": content_type}, body=body)
            if is_ours(reply):
                wrong[method, path, name] = (reply.status, reply.body[:300])
    assert wrong == {}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_no_address_or_query_is_our_failure(asker: Asker, app: FastAPI) -> None:
    wrong = {}
    for method, path, operation in operations(app):
        if method != "GET" or path.endswith(ENDING):
            continue
        for text in ("", "%", "x" * 2000, "NEAR(", "İ\ufffe", "../..", "9" * 400, "-1", "1e999", "٣"):
            query = {one["name"]: text for one in operation.get("parameters", ()) if one["in"] == "query"}
            for address in {_filled(path), _with_text(path, text or "x")}:
                reply = await asker(method, address, query=query)
                if is_ours(reply):
                    wrong[method, address[:80], text[:20]] = (reply.status, reply.body[:300])
    assert wrong == {}


def _with_text(path: str, text: str) -> str:
    while "{" in path:
        path = path[: path.index("{")] + text.replace("/", "") + path[path.index("}") + 1 :]
    return path


# Takes messages of programs that are not ours: what is in them besides is theirs, and not read.
FOREIGN = frozenset({f"{API}/owntracks", f"{API}/overland"})
# What only we decide. A route that has a field of that name for its own use says so in its description.
OURS = {
    "pk": 1, "id": ID, "owner": 1, "owner_pk": 1, "owner_id": ID, "user_id": ID, "role": "owner", "is_admin": True,
    "is_active": True, "version": 99, "created_at": "2001-01-01T00:00:00Z", "updated_at": "2001-01-01T00:00:00Z",
    "deleted_at": "2001-01-01T00:00:00Z", "content_hash": "00", "row_hash": "00", "source": "x", "import_id": ID,
    "password_hash": "x", "key_hash": "x", "email_verified_at": "2001-01-01T00:00:00Z", "totp_secret": "x",
}  # fmt: skip


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
async def test_what_only_we_decide_is_refused_from_everybody(asker: Asker, app: FastAPI) -> None:
    honoured = {}
    tried = 0
    for method, path, operation in taking(app, "application/json"):
        own = fields(app, operation)
        for name, value in OURS.items():
            if name in own or path in FOREIGN:
                continue
            tried += 1
            reply = await asker(method, path, (example_body(app, operation) or {}) | {name: value})
            if reply.status not in (401, 403, 404, 422):
                honoured[method, path, name] = (reply.status, reply.body[:200])
    assert tried > 200
    assert honoured == {}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@pytest.mark.parametrize("role", ["member", "viewer"])
async def test_nobody_makes_themselves_more_than_they_are(app: FastAPI, role: str) -> None:
    user = await new_user(app, "someone", role)
    before = (await user("GET", f"{API}/bootstrap")).json["user"]
    for method, path, operation in taking(app, "application/json"):
        for name in ("role", "is_admin", "is_active", "scopes", "id", "owner"):
            if name not in fields(app, operation) and "/auth/" not in path:
                value: Any = ["admin"] if name == "scopes" else OURS.get(name, True)
                await user(method, path, (example_body(app, operation) or {}) | {name: value})
    after = (await user("GET", f"{API}/bootstrap")).json["user"]
    assert (after["id"], after["role"]) == (before["id"], role)
    assert json.loads((await user("GET", f"{API}/admin/audit")).body)["type"] == "/problems/scope-missing"
