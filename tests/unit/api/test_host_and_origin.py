"""Names and origins that are not ours are refused before anything else looks at the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.types import ASGIApp

from timeline_local.api.middleware.origin import OriginCheck
from timeline_local.api.middleware.trusted_host import TrustedHost

if TYPE_CHECKING:
    from tests.unit.api.conftest import Ask, Bare


Names = ("127.0.0.1", "localhost", "[::1]", "tl-k3v9.localhost")


def hosts(app: ASGIApp, configured: tuple[str, ...] = ()) -> TrustedHost:
    return TrustedHost(app, names=Names, configured=configured)


@pytest.mark.parametrize("host", [f"{name}:8765" for name in Names])
async def test_our_own_names_with_our_port_pass(ask: Ask, bare: Bare, host: str) -> None:
    assert (await ask(hosts(bare), host=host)).status == 200


FOREIGN_HOSTS = [
    "evil.test",
    "evil.test:8765",
    "0.0.0.0",  # noqa: S104 - a name that was sent
    "0.0.0.0:8765",
    "127.0.0.2:8765",
    "127.1:8765",
    "2130706433:8765",
    "0x7f000001:8765",
    "0177.0.0.1:8765",
    "localhost.evil.test:8765",
    "evil.localhost:8765",
    "localhost@evil:8765",
    "evil@localhost:8765",
    "localhost:8766",
    "127.0.0.1:80",
    "127.0.0.1",
    "localhost",
    "[::1]",
    "::1:8765",
    "[::]:8765",
    "[::ffff:127.0.0.1]:8765",
    "",
    " ",
    "LOCALHOST:8765",
    "LocalHost:8765",
    "localhost.:8765",
    "127.0.0.1.:8765",
    "192.168.1.20:8765",
    "10.0.0.5:8765",
    "127.0.0.1:08765",
    "127.0.0.1:8765 ",
    "127.0.0.1:8765,evil.test",
    "127.0.0.1:8765/evil",
    "http://127.0.0.1:8765",
    "tl-k3v8.localhost:8765",
    "tl-k3v9.localhost.evil.test:8765",
    "tl-k3v9:8765",
    "127.0.0.1:",
    ":8765",
    "ⅼocalhost:8765".encode().decode("latin-1"),
]


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
async def test_every_other_name_is_refused_and_not_handed_on(ask: Ask, bare: Bare, host: str) -> None:
    answer = await ask(hosts(bare), host=host)
    assert (answer.status, answer.slug, bare.reached) == (421, "wrong-host", 0)


async def test_a_request_without_host_is_refused(ask: Ask, bare: Bare) -> None:
    assert (await ask(hosts(bare), host=None)).status == 421


async def test_two_hosts_are_refused_even_if_both_are_ours(ask: Ask, bare: Bare) -> None:
    assert (await ask(hosts(bare), headers=[("host", "127.0.0.1:8765")])).status == 421


async def test_an_absolute_target_for_another_host_is_refused(ask: Ask, bare: Bare) -> None:
    assert (await ask(hosts(bare), state={"target_authority": b"evil.test"})).status == 421


@pytest.mark.parametrize("host", ["diary.example", "diary.example:8765"])
async def test_a_configured_name_passes_with_and_without_our_port(ask: Ask, bare: Bare, host: str) -> None:
    assert (await ask(hosts(bare, ("diary.example",)), host=host)).status == 200


@pytest.mark.parametrize(("path", "query"), [("/a\x00b", ""), ("/a\nb", ""), ("/a", "q=%00"), ("http://x/", "")])
async def test_targets_with_control_characters_are_malformed(ask: Ask, bare: Bare, path: str, query: str) -> None:
    answer = await ask(hosts(bare), path=path, query=query)
    assert (answer.status, bare.reached) == (400, 0)


OURS = "http://127.0.0.1:8765"


def origins(app: ASGIApp, configured: tuple[str, ...] = ()) -> OriginCheck:
    return OriginCheck(app, is_shell=lambda path: path in ("/", "/timeline"), cors_origins=configured)


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "DELETE"])
async def test_our_own_origin_passes(ask: Ask, bare: Bare, method: str) -> None:
    answer = await ask(origins(bare), method, "/api", headers={"origin": OURS, "sec-fetch-site": "same-origin"})
    assert answer.status == 200


@pytest.mark.parametrize("method", ["POST", "DELETE", "GET"])
@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://evil.test",
        "http://evil.test:8765",
        "https://127.0.0.1:8765",
        "http://127.0.0.1:8766",
        "http://127.0.0.1",
        "http://127.0.0.1:87650",
        "http://127.0.0.1:8765.evil.test",
        "http://127.0.0.1:8765/",
        "http://evil@127.0.0.1:8765",
        "http://localhost:8765",
        "HTTP://127.0.0.1:8765",
        "file://",
        "chrome-extension://abcdefgh",
        "http://127.0.0.1:8765, http://evil.test",
    ],
)
async def test_every_other_origin_is_refused(ask: Ask, bare: Bare, method: str, origin: str) -> None:
    headers = {"origin": origin, "authorization": "Bearer tl_good"}
    answer = await ask(origins(bare), method, "/api/v1/memories", headers=headers)
    assert (answer.status, answer.slug, bare.reached) == (403, "foreign-request", 0)


async def test_two_origins_are_refused(ask: Ask, bare: Bare) -> None:
    assert (await ask(origins(bare), "POST", headers=[("origin", OURS), ("origin", OURS)])).status == 403


@pytest.mark.parametrize(
    ("site", "status"),
    [("same-origin", 200), ("none", 200), ("same-site", 403), ("cross-site", 403), ("unheard-of", 403), ("", 403)],
)
@pytest.mark.parametrize("path", ["/api/v1/memories", "/docs", "/ui/abc/app.js", "/timeline"])
async def test_only_same_origin_and_typed_addresses_may_read(
    ask: Ask, bare: Bare, site: str, status: int, path: str
) -> None:
    assert (await ask(origins(bare), "GET", path, headers={"sec-fetch-site": site})).status == status


NAVIGATION = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}


async def test_the_shell_may_be_opened_by_a_link(ask: Ask, bare: Bare) -> None:
    assert (await ask(origins(bare), "GET", "/timeline", headers=NAVIGATION)).status == 200


@pytest.mark.parametrize(
    ("method", "path", "change"),
    [
        ("GET", "/api/v1/memories", {}),
        ("GET", "/docs", {}),
        ("POST", "/timeline", {}),
        ("GET", "/timeline", {"sec-fetch-dest": "iframe"}),
        ("GET", "/timeline", {"sec-fetch-mode": "no-cors"}),
    ],
)
async def test_nothing_else_may_be_opened_by_a_link(
    ask: Ask, bare: Bare, method: str, path: str, change: dict[str, str]
) -> None:
    assert (await ask(origins(bare), method, path, headers=NAVIGATION | change)).status == 403


async def test_a_configured_origin_may_call_from_another_site(ask: Ask, bare: Bare) -> None:
    headers = {"origin": "https://app.example", "sec-fetch-site": "cross-site"}
    assert (await ask(origins(bare, ("https://app.example",)), "POST", headers=headers)).status == 200
