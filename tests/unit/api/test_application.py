"""The whole application around small routes: order, strict bodies, errors, the description, pages from memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

import orjson
import pytest
from fastapi import APIRouter, FastAPI, File, Query, Request, UploadFile
from pydantic import BaseModel, Field
from starlette.types import Message, Receive, Scope, Send

from timeline_local.api.app import build_api
from timeline_local.api.errors import responses
from timeline_local.api.middleware.stack import StackParts, local_names, middleware_stack, wrap
from timeline_local.api.static import Page, StaticSite
from timeline_local.api.strict import StrictRoute
from timeline_local.config import Settings
from timeline_local.core.install_secrets import Secrets
from timeline_local.exceptions import MemoryNotFound, VersionConflict

if TYPE_CHECKING:
    from tests.unit.api.conftest import Answer, Ask, KnownCredentials


SECRETS = Secrets(b"i" * 32, b"m" * 32, "tl-k3v9")
KEY = {"authorization": "Bearer tl_good"}
JSON = KEY | {"content-type": "application/json"}


class Note(BaseModel):
    title: Annotated[str, Field(max_length=20)]
    kind: Literal["note", "photo"] = "note"
    password: str = ""
    extra: dict[str, Any] = {}


router = APIRouter(prefix="/api/v1", route_class=StrictRoute)


@router.get("/health", summary="Liveness")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@router.post("/memories", responses=responses(VersionConflict), summary="Create")
async def create(note: Note) -> dict[str, Any]:
    return note.model_dump()


@router.get("/memories")
async def listing(limit: Annotated[int, Query(le=500)] = 50) -> dict[str, int]:
    return {"limit": limit}


@router.get("/memories/{memory_id}", responses=responses(MemoryNotFound))
async def one(memory_id: UUID, request: Request) -> dict[str, str]:
    raise MemoryNotFound(f"No memory {memory_id} in your timeline.", facts={"rev": 7})


@router.post("/media")
async def upload(file: Annotated[UploadFile, File()]) -> dict[str, int]:
    return {"size": len(await file.read())}


@router.get("/broken")
async def broken() -> None:
    raise RuntimeError("/home/me/library/timeline.db: SELECT secret")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, limits={"json_body_bytes": 4096})


@pytest.fixture
def app(settings: Settings, credentials: KnownCredentials) -> FastAPI:
    shell = Page(b"<!doctype html>", "text/html; charset=utf-8", b"no-cache", csp="default-src 'none'")
    site = StaticSite("b1", {"/ui/b1/app.js": Page(b"1", "text/javascript", b"immutable")}, shell)
    return build_api(
        settings=settings, authenticator=credentials, secrets=SECRETS, routers=[router], static=site, lifespan=None
    )


def test_the_layers_stand_in_the_planned_order(settings: Settings, credentials: KnownCredentials) -> None:
    pages = StaticSite("b", {}, Page(b"", "text/html", b""))
    parts = StackParts(settings=settings, authenticator=credentials, pages=pages, label="l", cookie_name="c")
    assert [layer.cls.__name__ for layer in middleware_stack(parts)] == [  # type: ignore[attr-defined]
        "ConnectionLimits",
        "RequestLog",
        "SecurityHeaders",
        "Failures",
        "TrustedHost",
        "OriginCheck",
        "StaticUI",
        "Cors",
        "Authentication",
        "RateLimit",
        "BodyCap",
        "Compression",
    ]


@pytest.mark.parametrize(
    ("request_parts", "status"),
    [
        ({"host": "evil.test"}, 421),
        ({"headers": {"origin": "http://evil.test"}}, 403),
        ({"path": "/api/v1/memories"}, 401),
        ({"path": "/api/v1/broken", "headers": KEY}, 500),
        ({"path": "/api/v1/nothing", "headers": KEY}, 404),
        ({"path": "/api/v1/health"}, 200),
        ({"path": "/timeline"}, 200),
        ({"path": "/ui/b1/app.js"}, 200),
        ({"path": "/docs"}, 200),
        ({"path": "/docs/openapi.json"}, 200),
        ({"path": "/problems/not-found"}, 200),
    ],
)
async def test_every_answer_is_protected_and_has_an_id(
    ask: Ask, app: FastAPI, request_parts: dict[str, Any], status: int
) -> None:
    answer = await ask(app, **request_parts)
    needed = {"content-security-policy", "x-content-type-options", "referrer-policy", "cross-origin-resource-policy"}
    assert answer.status == status
    assert needed | {"cross-origin-opener-policy", "cache-control", "x-request-id"} <= answer.names()
    assert "strict-transport-security" not in answer.names()


@pytest.mark.parametrize(
    "request_parts",
    [
        {"host": "evil.test"},
        {"headers": {"origin": "http://evil.test"}},
        {"path": "/api/v1/memories"},
        {"path": "/api/v1/memories/x", "headers": KEY},
        {"path": "/api/v1/health", "method": "PUT", "headers": KEY},
        {"path": "/api/v1/broken", "headers": KEY},
    ],
)
async def test_every_refusal_is_a_problem_document(ask: Ask, app: FastAPI, request_parts: dict[str, Any]) -> None:
    answer = await ask(app, **request_parts)
    assert answer.header("content-type") == "application/problem+json"
    assert set(answer.json()) >= {"type", "title", "status", "detail", "request_id"}
    assert answer.json()["request_id"] == answer.header("x-request-id") != ""


async def test_a_path_of_nobody_and_a_path_of_somebody_look_the_same_to_strangers(ask: Ask, app: FastAPI) -> None:
    there = await ask(app, path="/api/v1/memories/019a0000-0000-7000-8000-000000000001")
    nowhere = await ask(app, path="/api/v1/nowhere")
    strip = {"request_id": ""}
    assert there.json() | strip == nowhere.json() | strip
    assert there.names() == nowhere.names()


async def test_an_anonymous_upload_is_refused_before_a_byte_is_read(ask: Ask, app: FastAPI) -> None:
    headers = {"content-type": "multipart/form-data; boundary=x", "transfer-encoding": "chunked"}
    answer = await ask(app, "POST", "/api/v1/media", headers=headers, chunks=[b"x" * 65536] * 200)
    assert (answer.status, answer.reads) == (401, 0)


async def test_a_body_over_the_cap_is_cut_off_for_callers_too(ask: Ask, app: FastAPI) -> None:
    headers = JSON | {"transfer-encoding": "chunked"}
    answer = await ask(app, "POST", "/api/v1/memories", headers=headers, chunks=[b"x" * 1024] * 1000)
    assert (answer.status, answer.slug, answer.reads) == (413, "body-too-large", 5)


async def post(ask: Ask, app: FastAPI, body: bytes, headers: dict[str, str] = JSON) -> Answer:
    headers = headers | {"content-length": str(len(body))}
    return await ask(app, "POST", "/api/v1/memories", headers=headers, chunks=[body])


async def test_a_good_body_is_taken(ask: Ask, app: FastAPI) -> None:
    answer = await post(ask, app, b'{"title": "a \\" b: c", "extra": {"a": [1, {"b": 2.5}]}}')
    assert (answer.status, answer.json()["title"]) == (200, 'a " b: c')


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"",
        b"NaN",
        b'{"title": "a", "extra": {"x": NaN}}',
        b'{"title": "a", "extra": {"x": Infinity}}',
        b'{"title": "a", "extra": {"x": 1e999}}',
        b'{"title": "a", "extra": {"x": 1' + b"0" * 3000 + b"}}",
        b'{"title": "a", "extra": {"x": 9223372036854775808}}',
        b'{"title": "\\ud800"}',
        b'{"title": "a\\u0000b"}',
        b'{"title": "a", "extra": {"a\\u0000": 1}}',
        b'{"title": "a", "title": "b"}',
        b'{"title": "a", "extra": {"x": {"y": 1, "y" : 2}}}',
        b'{"title": "\xff"}',
        b"[" * 2000 + b"]" * 2000,
        b'{"title": "a", "extra": {"x": ' + b"[" * 70 + b"]" * 70 + b"}}",
    ],
)
async def test_a_body_that_could_surprise_is_a_bad_request(ask: Ask, app: FastAPI, body: bytes) -> None:
    answer = await post(ask, app, body)
    assert answer.status in (400, 422)
    assert answer.header("content-type") == "application/problem+json"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"])
async def test_json_is_taken_as_json_only(ask: Ask, app: FastAPI, kind: str) -> None:
    answer = await post(ask, app, b'{"title": "a"}', KEY | {"content-type": kind})
    assert (answer.status, answer.slug) == (415, "unsupported-content-type")


@pytest.mark.parametrize(
    "kind", ["application/json; charset=utf-8", "application/merge-patch+json", "Application/JSON"]
)
async def test_other_spellings_of_json_are_taken(ask: Ask, app: FastAPI, kind: str) -> None:
    assert (await post(ask, app, b'{"title": "a"}', KEY | {"content-type": kind})).status == 200


async def test_a_form_is_taken_as_a_form_only(ask: Ask, app: FastAPI) -> None:
    headers = JSON | {"content-length": "2"}
    assert (await ask(app, "POST", "/api/v1/media", headers=headers, chunks=[b"{}"])).status == 415


async def test_a_form_arrives(ask: Ask, app: FastAPI) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc\r\n--x--\r\n'
    headers = KEY | {"content-type": "multipart/form-data; boundary=x", "content-length": str(len(body))}
    answer = await ask(app, "POST", "/api/v1/media", headers=headers, chunks=[body])
    assert answer.json() == {"size": 3}


async def test_what_is_wrong_is_pointed_at_and_never_repeated(ask: Ask, app: FastAPI) -> None:
    body = orjson.dumps({"title": "hunter2" * 9, "kind": "hunter2", "password": ["hunter2"], "extra": "hunter2"})
    answer = await post(ask, app, body)
    pointers = [field["pointer"] for field in answer.json()["errors"]]
    assert (answer.status, answer.slug) == (422, "invalid-input")
    assert pointers == ["#/title", "#/kind", "#/password", "#/extra"]
    assert b"hunter2" not in answer.body


async def test_a_wrong_query_parameter_is_named(ask: Ask, app: FastAPI) -> None:
    answer = await ask(app, path="/api/v1/memories", query="limit=501", headers=KEY)
    assert [field["pointer"] for field in answer.json()["errors"]] == ["?limit"]


async def test_an_address_that_cannot_be_an_id_is_an_address_of_nothing(ask: Ask, app: FastAPI) -> None:
    assert (await ask(app, path="/api/v1/memories/not-an-id", headers=KEY)).status == 404


async def test_an_error_carries_its_detail_and_facts(ask: Ask, app: FastAPI) -> None:
    answer = await ask(app, path="/api/v1/memories/019a0000-0000-7000-8000-000000000001", headers=KEY)
    document = answer.json()
    assert (document["type"], document["title"], document["rev"]) == (
        "/problems/memory-not-found",
        "Memory not found",
        7,
    )


async def test_a_fault_of_ours_is_masked_and_the_next_request_is_served(ask: Ask, app: FastAPI) -> None:
    broken_answer = await ask(app, path="/api/v1/broken", headers=KEY)
    assert broken_answer.status == 500
    assert b"secret" not in broken_answer.body
    assert b"/home" not in broken_answer.body
    assert (await ask(app, path="/api/v1/health")).status == 200


async def test_a_wrong_method_names_the_right_ones(ask: Ask, app: FastAPI) -> None:
    answer = await ask(app, "DELETE", "/api/v1/health", headers=KEY)
    assert (answer.status, answer.slug, answer.header("allow")) == (405, "method-not-allowed", "GET")


async def test_the_log_names_the_whole_template_of_an_included_route(
    ask: Ask, app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO", "timeline_local.access"):
        await ask(app, path="/api/v1/memories/019a0000-0000-7000-8000-000000000001", headers=KEY, query="q=anna")
    assert vars(caplog.records[-1])["route"] == "/api/v1/memories/{memory_id}"


async def test_the_description_knows_our_problems_and_not_the_frameworks(ask: Ask, app: FastAPI) -> None:
    described = (await ask(app, path="/docs/openapi.json")).json()
    create_answers = described["paths"]["/api/v1/memories"]["post"]["responses"]
    assert {"Problem", "Note"} <= set(described["components"]["schemas"])
    assert "HTTPValidationError" not in described["components"]["schemas"]
    assert {name: list(create_answers[name]["content"]) for name in ("401", "412", "422", "default")} == {
        name: ["application/problem+json"] for name in ("401", "412", "422", "default")
    }
    assert described["paths"]["/api/v1/health"]["get"]["security"] == []


async def test_the_reference_brings_everything_it_needs(ask: Ask, app: FastAPI) -> None:
    page = await ask(app, path="/docs")
    script = await ask(app, path="/docs/reference.js")
    assert b"https://" not in page.body
    assert b"innerHTML" not in script.body
    assert script.header("content-type").startswith("text/javascript")
    assert "script-src 'self';" in page.header("content-security-policy")


async def test_a_preflight_from_anywhere_is_refused_without_naming_an_origin(ask: Ask, app: FastAPI) -> None:
    headers = {"origin": "http://evil.test", "access-control-request-method": "GET"}
    answer = await ask(app, "OPTIONS", "/api/v1/memories", headers=headers)
    assert answer.status == 403
    assert not [name for name in answer.names() if name.startswith("access-control")]


async def test_building_twice_shares_nothing(settings: Settings, credentials: KnownCredentials) -> None:
    first, second = (
        build_api(settings=settings, authenticator=credentials, secrets=SECRETS, routers=[router]) for _ in range(2)
    )
    assert first.routes is not second.routes


async def test_start_and_stop_pass_through_every_layer(settings: Settings, credentials: KnownCredentials) -> None:
    seen: list[str] = []

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["type"])

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(message: Message) -> None:
        raise AssertionError

    pages = StaticSite("b", {}, Page(b"", "text/html", b""))
    parts = StackParts(settings=settings, authenticator=credentials, pages=pages, label="l", cookie_name="c")
    await wrap(inner, middleware_stack(parts))({"type": "lifespan"}, receive, send)
    assert seen == ["lifespan"]


@pytest.mark.parametrize(
    ("host", "lan", "names"),
    [
        ("127.0.0.1", False, 4),
        ("0.0.0.0", True, 4),  # noqa: S104 - a setting
        ("192.168.1.5", False, 4),
        ("192.168.1.5", True, 5),
        ("fd00::5", True, 5),
    ],
)
def test_a_lan_address_is_ours_only_if_allowed(tmp_path: Path, host: str, lan: bool, names: int) -> None:  # noqa: FBT001
    chosen = Settings(data_dir=tmp_path, server={"host": host, "allow_lan": lan})
    assert len(local_names(chosen, "tl-x")) == names
