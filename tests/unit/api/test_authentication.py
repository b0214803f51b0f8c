"""Who asks is known before a byte of the body is read, and half a proof is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from timeline_local.api.middleware.authentication import Authentication

if TYPE_CHECKING:
    from tests.unit.api.conftest import Ask, Bare, KnownCredentials


COOKIE = "__Host-tl_tl-k3v9"
BOTH = {"cookie": f"{COOKIE}=c00kie", "x-tl-session": "s3cret"}


@pytest.fixture
def layer(bare: Bare, credentials: KnownCredentials) -> Authentication:
    return Authentication(bare, authenticator=credentials, cookie_name=COOKIE)


async def test_a_key_opens_everything(ask: Ask, layer: Authentication) -> None:
    answer = await ask(layer, path="/api/v1/memories", headers={"authorization": "Bearer tl_good"})
    assert (answer.status, answer.state["caller"].kind) == (200, "api_key")


async def test_cookie_and_secret_together_open_everything(ask: Ask, layer: Authentication) -> None:
    answer = await ask(layer, path="/api/v1/memories", headers=BOTH)
    assert (answer.status, answer.state["caller"].kind) == (200, "session")


async def test_other_cookies_beside_ours_do_no_harm(ask: Ask, layer: Authentication) -> None:
    headers = BOTH | {"cookie": f"a=b; {COOKIE}=c00kie; c=d"}
    assert (await ask(layer, path="/api/v1/memories", headers=headers)).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"cookie": f"{COOKIE}=c00kie"},
        {"x-tl-session": "s3cret"},
        {"cookie": f"{COOKIE}=c00kie", "x-tl-session": "wrong"},
        {"cookie": f"{COOKIE}=wrong", "x-tl-session": "s3cret"},
        {"cookie": f"other={COOKIE}=c00kie", "x-tl-session": "s3cret"},
        {"cookie": f"{COOKIE}=c00kie; {COOKIE}=c00kie", "x-tl-session": "s3cret"},
        {"cookie": f"{COOKIE}=c00kie", "x-tl-session": "s" * 5000},
        {"authorization": "Bearer wrong"},
        {"authorization": "Bearer "},
        {"authorization": "tl_good"},
        {"authorization": "Basic tl_good"},
        {"authorization": "Bearer " + "x" * 5000},
        BOTH | {"authorization": "Bearer wrong"},
    ],
)
async def test_anything_less_is_refused_unread(
    ask: Ask, layer: Authentication, bare: Bare, headers: dict[str, str]
) -> None:
    headers = headers | {"content-length": "200000000"}
    answer = await ask(layer, "POST", "/api/v1/memories", headers=headers, chunks=[b"x" * 1000])
    assert (answer.status, answer.slug, answer.reads, bare.reached) == (401, "not-signed-in", 0, 0)


async def test_a_refusal_closes_a_connection_on_which_a_body_is_pending(ask: Ask, layer: Authentication) -> None:
    answer = await ask(layer, "POST", "/api/v1/memories", headers={"transfer-encoding": "chunked"}, chunks=[b"x"])
    assert answer.header("connection") == "close"


async def test_a_refusal_without_a_body_keeps_the_connection(ask: Ask, layer: Authentication) -> None:
    assert "connection" not in (await ask(layer, path="/api/v1/memories")).names()


async def test_a_client_that_waits_for_permission_to_send_is_not_told_to(ask: Ask, layer: Authentication) -> None:
    headers = {"content-length": "9", "expect": "100-continue"}
    state: dict[str, Any] = {}
    answer = await ask(layer, "POST", "/api/v1/media", headers=headers, chunks=[b"x" * 9], state=state)
    assert (answer.status, answer.reads) == (401, 0)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/health"),
        ("GET", "/api/v1/health/ready"),
        ("GET", "/api/v1/auth/challenge"),
        ("POST", "/api/v1/auth/tickets"),
        ("POST", "/api/v1/auth/redeem"),
        ("GET", "/docs/openapi.json"),
        ("GET", "/problems/not-found"),
    ],
)
async def test_what_is_open_needs_nobody_and_asks_no_store(
    ask: Ask, layer: Authentication, credentials: KnownCredentials, method: str, path: str
) -> None:
    assert ((await ask(layer, method, path)).status, credentials.asked) == (200, [])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/health"),
        ("GET", "/api/v1/health/"),
        ("GET", "/api/v1/healthy"),
        ("GET", "/api/v1/auth/redeem"),
        ("POST", "/api/v1/auth/logout"),
        ("POST", "/docs/openapi.json"),
        ("GET", "/api/v1/anything-else"),
        ("OPTIONS", "/api/v1/memories"),
        ("GET", "/unknown"),
    ],
)
async def test_what_is_not_named_as_open_is_closed(ask: Ask, layer: Authentication, method: str, path: str) -> None:
    assert (await ask(layer, method, path)).status == 401


async def test_a_signed_address_opens_the_file_it_was_signed_for(ask: Ask, layer: Authentication) -> None:
    answer = await ask(layer, path="/api/v1/media/1/original", query="s=signed&v=1")
    assert answer.state["caller"].kind == "media"


@pytest.mark.parametrize(
    ("method", "path", "query"),
    [
        ("GET", "/api/v1/media/1/original", "s=other"),
        ("GET", "/api/v1/media/1/original", "s=other&s=signed"),
        ("GET", "/api/v1/media/1/original", "v=1"),
        ("POST", "/api/v1/media/1/original", "s=signed"),
        ("GET", "/api/v1/memories", "s=signed"),
    ],
)
async def test_a_signature_opens_nothing_else(
    ask: Ask, layer: Authentication, method: str, path: str, query: str
) -> None:
    assert (await ask(layer, method, path, query=query)).status == 401
