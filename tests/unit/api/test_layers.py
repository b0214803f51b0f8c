"""The other layers, each around a bare application."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import brotli  # type: ignore[import-untyped]
import pytest
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.unit.api.conftest import caller
from timeline_local.api.middleware.body_cap import BodyCap
from timeline_local.api.middleware.compression import Compression
from timeline_local.api.middleware.connection_limits import ConnectionLimits
from timeline_local.api.middleware.cors import Cors
from timeline_local.api.middleware.failures import Failures
from timeline_local.api.middleware.head import best_encoding
from timeline_local.api.middleware.rate_limit import RateLimit
from timeline_local.api.middleware.request_log import RequestLog
from timeline_local.api.middleware.security_headers import SecurityHeaders
from timeline_local.api.middleware.stack import request_rate
from timeline_local.config import load_settings
from timeline_local.core.limits import Limits, Rate, Slots, TokenBuckets
from timeline_local.exceptions import MemoryNotFound

if TYPE_CHECKING:
    from tests.unit.api.conftest import Ask, Bare


JSON = {"content-type": "application/json"}


async def test_more_requests_than_allowed_at_once_are_told_to_wait(ask: Ask) -> None:
    release = asyncio.Event()

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        await release.wait()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body"})

    layer = ConnectionLimits(slow, most=2)
    running = [asyncio.ensure_future(ask(layer)) for _ in range(2)]
    await asyncio.sleep(0)
    refused = await ask(layer)
    release.set()
    done = await asyncio.gather(*running)
    assert (refused.status, "retry-after" in refused.names(), [one.status for one in done]) == (503, True, [200, 200])


async def test_a_refused_connection_carries_the_security_headers_too(ask: Ask, bare: Bare) -> None:
    answer = await ask(ConnectionLimits(bare, most=0))
    assert answer.header("content-security-policy") == "default-src 'none'; frame-ancestors 'none'"


async def test_web_sockets_are_never_opened(bare: Bare) -> None:
    sent: list[Any] = []

    async def send(message: Message) -> None:
        sent.append(message["type"])

    await ConnectionLimits(bare, most=9)({"type": "websocket", "headers": []}, None, send)  # type: ignore[arg-type]
    assert (sent, bare.reached) == (["websocket.close"], 0)


async def test_each_request_gets_an_id_of_ours_whatever_it_sends(ask: Ask, bare: Bare) -> None:
    answer = await ask(RequestLog(bare), headers={"x-request-id": "mine"})
    assert (answer.header("x-request-id"), len(answer.state["request_id"])) == (answer.state["request_id"], 20)


async def test_the_log_line_holds_the_template_and_neither_path_nor_query(
    ask: Ask, bare: Bare, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "timeline_local.access"):
        await ask(RequestLog(bare), path="/m/secret-id", query="q=secret-search", state={"template": "/m/{id}"})
    line = vars(caplog.records[0])
    assert (line["route"], line["status"], line["bytes"]) == ("/m/{id}", 200, 4)
    assert "secret" not in str(line)


@pytest.mark.parametrize("name", ["x-content-type-options", "referrer-policy", "cross-origin-opener-policy"])
@pytest.mark.parametrize("status", [200, 404, 500])
async def test_every_answer_carries_the_security_headers(
    ask: Ask, make_bare: type[Bare], name: str, status: int
) -> None:
    assert name in (await ask(SecurityHeaders(make_bare(status=status)))).names()


async def test_html_gets_the_policy_of_pages_and_data_the_policy_of_data(ask: Ask, make_bare: type[Bare]) -> None:
    html = await ask(SecurityHeaders(make_bare(headers={"content-type": "text/html; charset=utf-8"})))
    data = await ask(SecurityHeaders(make_bare()))
    assert "script-src 'self';" in html.header("content-security-policy")
    assert "unsafe" not in html.header("content-security-policy")
    assert data.header("content-security-policy") == "default-src 'none'; frame-ancestors 'none'"


async def test_what_an_answer_says_itself_stays(ask: Ask, make_bare: type[Bare]) -> None:
    headers = {"content-security-policy": "default-src 'none'; sandbox", "cache-control": "private, immutable"}
    answer = await ask(SecurityHeaders(make_bare(headers=headers)))
    assert {name: answer.header(name) for name in headers} == headers


@pytest.mark.parametrize(("scheme", "there"), [("http", False), ("https", True)])
async def test_strict_transport_is_asked_for_over_tls_only(ask: Ask, bare: Bare, scheme: str, there: bool) -> None:  # noqa: FBT001
    answer = await ask(SecurityHeaders(bare), scheme=scheme)
    assert ("strict-transport-security" in answer.names()) is there


async def test_a_failure_says_nothing_but_its_id(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise RuntimeError("SELECT secret FROM /home/me")

    answer = await ask(Failures(broken), state={"request_id": "id1"})
    assert (answer.status, answer.slug, answer.json()["request_id"]) == (500, "internal", "id1")
    assert b"secret" not in answer.body
    assert "SELECT secret" in caplog.text


async def test_an_error_of_ours_keeps_its_status(ask: Ask) -> None:
    async def missing(scope: Scope, receive: Receive, send: Send) -> None:
        raise MemoryNotFound

    assert (await ask(Failures(missing))).status == 404


async def test_a_client_that_went_away_is_no_failure(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    async def left(scope: Scope, receive: Receive, send: Send) -> None:
        raise ClientDisconnect

    assert (await ask(Failures(left))).status == 0
    assert not [record for record in caplog.records if record.levelno > logging.INFO]


async def test_a_failure_after_the_answer_began_sends_nothing_more(ask: Ask) -> None:
    async def breaks_off(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError

    answer = await ask(Failures(breaks_off))
    assert (answer.status, answer.body) == (200, b"")


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
async def test_no_answer_names_an_origin_by_default(ask: Ask, bare: Bare, method: str) -> None:
    headers = {"origin": "http://evil.test", "access-control-request-method": "GET"}
    answer = await ask(Cors(bare), method, headers=headers)
    assert not [name for name in answer.names() if name.startswith("access-control")]


async def test_a_configured_origin_is_named_exactly_and_without_credentials(ask: Ask, bare: Bare) -> None:
    layer = Cors(bare, origins=["https://app.example"])
    answer = await ask(layer, headers={"origin": "https://app.example"})
    other = await ask(layer, headers={"origin": "https://other.example"})
    assert answer.header("access-control-allow-origin") == "https://app.example"
    assert "access-control-allow-credentials" not in answer.names()
    assert "access-control-allow-origin" not in other.names()


async def test_a_preflight_of_a_configured_origin_is_answered_without_the_application(ask: Ask, bare: Bare) -> None:
    headers = {"origin": "https://app.example", "access-control-request-method": "PATCH"}
    answer = await ask(Cors(bare, origins=["https://app.example"]), "OPTIONS", headers=headers)
    assert (answer.status, bare.reached) == (204, 0)


def limited(app: ASGIApp, *, uploads: int = 4) -> RateLimit:
    limits = Limits(TokenBuckets(monotonic=lambda: 1000.0))
    return RateLimit(
        app, limits=limits, rate=Rate(1, 3), slots=Slots(uploads), is_upload=lambda _, path: path == "/upload"
    )


async def test_the_limit_counts_per_peer_and_ignores_what_proxies_say(ask: Ask, bare: Bare) -> None:
    layer = limited(bare)
    headers = [{"x-forwarded-for": f"203.0.113.{n}", "forwarded": f"for=203.0.113.{n}"} for n in range(5)]
    statuses = [(await ask(layer, headers=one)).status for one in headers]
    assert statuses == [200, 200, 200, 429, 429]


async def test_a_limited_answer_says_when_to_come_back(ask: Ask, bare: Bare) -> None:
    layer = limited(bare)
    answers = [await ask(layer) for _ in range(4)]
    assert (answers[-1].slug, answers[-1].header("retry-after")) == ("rate-limited", "1")


async def test_another_peer_has_a_limit_of_its_own(ask: Ask, bare: Bare) -> None:
    layer = limited(bare)
    for _ in range(4):
        await ask(layer)
    assert (await ask(layer, client="127.0.0.2")).status == 200


async def test_previews_are_not_counted(ask: Ask, bare: Bare) -> None:
    layer = limited(bare)
    statuses = {(await ask(layer, path="/api/v1/media/1/preview/grid")).status for _ in range(9)}
    assert statuses == {200}


async def test_addresses_of_one_ipv6_site_are_one_peer(ask: Ask, bare: Bare) -> None:
    layer = limited(bare)
    statuses = [(await ask(layer, client=f"2001:db8::{n}")).status for n in range(1, 5)]
    mapped = [(await ask(layer, client=name)).status for name in ("::ffff:192.0.2.1", "192.0.2.1", "unix")]
    assert (statuses, mapped) == ([200, 200, 200, 429], [200, 200, 200])


@pytest.mark.parametrize(("own", "passed"), [(None, 3), (1, 3), (9, 3)])
async def test_a_key_never_gets_more_than_the_install_grants(
    ask: Ask, bare: Bare, own: int | None, passed: int
) -> None:
    layer = limited(bare)
    statuses = [
        (await ask(layer, state={"caller": replace(caller(), requests_per_s=own)})).status for _ in range(passed + 1)
    ]
    assert statuses == [200] * passed + [429]


async def test_the_keys_of_one_account_are_bounded_together(ask: Ask, bare: Bare) -> None:
    layer = limited(bare)
    keys = [UUID(int=n) for n in range(1, 8)]
    statuses = [
        (await ask(layer, state={"caller": replace(caller(), credential_id=keys[n % 7])})).status for n in range(14)
    ]
    assert statuses.count(200) == 12


async def test_uploads_wait_for_a_slot_and_one_too_many_is_told_so(ask: Ask, bare: Bare) -> None:
    gate, entered = asyncio.Event(), asyncio.Semaphore(0)

    async def slow(scope: Scope, receive: Receive, send: Send) -> None:
        entered.release()
        await gate.wait()
        await bare(scope, receive, send)

    layer = RateLimit(
        slow, limits=Limits(), rate=Rate(99, 99), slots=Slots(1), is_upload=lambda _, path: path == "/upload"
    )
    async with asyncio.timeout(60):
        asked = [asyncio.ensure_future(ask(layer, "POST", "/upload", state={"caller": caller()})) for _ in range(6)]
        await entered.acquire()
        done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        gate.set()
        await asyncio.gather(*asked)
    (refused,) = [task.result() for task in done]
    assert (refused.status, refused.slug, refused.header("retry-after")) == (429, "rate-limited", "1")
    assert sorted(task.result().status for task in asked) == [200] * 5 + [429]


@pytest.mark.parametrize(
    ("server", "limits", "wanted"),
    [
        ({}, {}, Rate(2000, 4000)),
        ({"allow_lan": True}, {}, Rate(50, 200)),
        ({"allowed_hosts": ["timeline.example.org"]}, {}, Rate(50, 200)),
        ({"trust_proxy": True}, {"requests_per_s": 7}, Rate(7, 200)),
        ({}, {"burst": 5}, Rate(2000, 5)),
    ],
)
def test_a_server_for_others_grants_less_than_one_for_this_computer(
    server: dict[str, Any], limits: dict[str, Any], wanted: Rate, tmp_path: Path
) -> None:
    assert request_rate(load_settings(data_dir=tmp_path, server=server, limits=limits)) == wanted


def capped(app: ASGIApp, **more: float) -> BodyCap:
    return BodyCap(app, json_bytes=10, upload_bytes=100, is_upload=lambda _, path: path == "/upload", **more)


async def test_a_body_within_the_cap_arrives_whole(ask: Ask, bare: Bare) -> None:
    await ask(capped(bare), "POST", headers={"content-length": "10"}, chunks=[b"12345", b"67890"])
    assert bare.read == b"1234567890"


async def test_a_body_that_says_it_is_too_large_is_refused_unread(ask: Ask, bare: Bare) -> None:
    answer = await ask(capped(bare), "POST", headers={"content-length": "11"}, chunks=[b"x" * 11])
    assert (answer.status, answer.slug, answer.reads, bare.reached) == (413, "body-too-large", 0, 0)


async def test_a_body_that_turns_out_too_large_is_cut_off(ask: Ask, bare: Bare) -> None:
    answer = await ask(capped(bare), "POST", headers={"transfer-encoding": "chunked"}, chunks=[b"x" * 6] * 100)
    assert (answer.status, answer.slug, answer.reads) == (413, "body-too-large", 2)


async def test_the_true_reason_is_told_even_if_the_application_hides_it(ask: Ask) -> None:
    async def hides(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            while True:
                await receive()
        except Exception:  # noqa: BLE001 - what the framework does with unreadable forms
            await send({"type": "http.response.start", "status": 400, "headers": []})
            await send({"type": "http.response.body"})

    answer = await ask(capped(hides), "POST", headers={"transfer-encoding": "chunked"}, chunks=[b"x" * 11])
    assert answer.status == 413


async def test_uploads_have_a_cap_of_their_own(ask: Ask, bare: Bare) -> None:
    answer = await ask(capped(bare), "POST", "/upload", headers={"content-length": "100"}, chunks=[b"x" * 100])
    assert answer.status == 200


async def test_a_body_that_stops_coming_is_given_up(bare: Bare) -> None:
    sent: list[int] = []

    async def never() -> Message:
        await asyncio.sleep(3600)
        return {}

    async def send(message: Message) -> None:
        sent.append(message.get("status", 0))

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"transfer-encoding", b"chunked")]}
    scope["headers"] += [(b"expect", b"100-continue")]  # type: ignore[operator]
    await capped(bare, idle_s=0.01)(scope, never, send)
    assert sent[0] == 400


@pytest.mark.parametrize(
    "headers",
    [
        [("content-length", "2"), ("content-length", "2")],
        [("content-length", "2"), ("transfer-encoding", "chunked")],
        [("transfer-encoding", "gzip, chunked")],
        [("transfer-encoding", "identity")],
        [("transfer-encoding", "chunked"), ("transfer-encoding", "chunked")],
        [("content-length", "+2")],
        [("content-length", "2a")],
        [("content-length", "9" * 30)],
    ],
)
async def test_bodies_of_unclear_length_are_refused(ask: Ask, bare: Bare, headers: list[tuple[str, str]]) -> None:
    answer = await ask(capped(bare), "POST", headers=headers, chunks=[b"{}"])
    assert (answer.status, answer.header("connection"), bare.reached) == (400, "close", 0)


BIG = b'{"a":"' + b"x" * 5000 + b'"}'


@pytest.mark.parametrize(
    ("accepts", "encoding", "unpack"),
    [("gzip, br", "br", brotli.decompress), ("gzip", "gzip", gzip.decompress), ("br;q=0, *", "gzip", gzip.decompress)],
)
async def test_large_json_is_compressed_the_way_the_client_prefers(
    ask: Ask, make_bare: type[Bare], accepts: str, encoding: str, unpack: Callable[[bytes], bytes]
) -> None:
    answer = await ask(Compression(make_bare(BIG)), headers={"accept-encoding": accepts})
    assert (answer.header("content-encoding"), unpack(answer.body)) == (encoding, BIG)
    assert answer.header("content-length") == str(len(answer.body))
    assert answer.header("vary") == "accept-encoding"


@pytest.mark.parametrize(
    ("body", "headers", "path"),
    [
        (b"small", JSON, "/"),
        (BIG, {"content-type": "text/event-stream"}, "/"),
        (BIG, {"content-type": "image/webp"}, "/"),
        (BIG, JSON | {"content-encoding": "gzip"}, "/"),
        (BIG, JSON | {"cache-control": "no-store, no-transform"}, "/"),
        (BIG, JSON | {"content-range": "bytes 0-1/2"}, "/"),
        (BIG, {"content-type": "application/octet-stream", "content-disposition": "attachment"}, "/"),
        (BIG, JSON, "/api/v1/auth/redeem"),
        (BIG, JSON, "/api/v1/api-keys"),
    ],
)
async def test_everything_else_passes_untouched(
    ask: Ask, make_bare: type[Bare], body: bytes, headers: dict[str, str], path: str
) -> None:
    answer = await ask(Compression(make_bare(body, headers)), path=path, headers={"accept-encoding": "br"})
    assert answer.body == body


async def test_a_stream_is_not_held_back(ask: Ask) -> None:
    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]})
        await send({"type": "http.response.body", "body": BIG, "more_body": True})
        await send({"type": "http.response.body", "body": BIG})

    answer = await ask(Compression(stream), headers={"accept-encoding": "br"})
    assert answer.body == BIG + BIG


async def test_vary_is_added_to_not_replaced(ask: Ask, make_bare: type[Bare]) -> None:
    answer = await ask(Compression(make_bare(BIG, JSON | {"vary": "origin"})))
    assert answer.header("vary") == "origin, accept-encoding"


@pytest.mark.parametrize(
    ("accepts", "encoding"),
    [
        (b"", "identity"),
        (b"identity", "identity"),
        (b"br;q=0,gzip;q=0", "identity"),
        (b"br;q=0.5, gzip;q=0.8", "gzip"),
        (b"*", "br"),
        (b"GZIP", "gzip"),
        (b"gzip;q=nonsense", "identity"),
    ],
)
def test_the_encoding_is_chosen_by_weight(accepts: bytes, encoding: str) -> None:
    assert best_encoding(accepts) == encoding
