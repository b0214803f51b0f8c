"""Requests that other pages make through the owner's browser: refused by where they come from, on every route."""

from __future__ import annotations

import pytest

from tests.blackbox.boxed import API, Answer, Server, status_of
from tests.blackbox.described import routes

BAD_ORIGINS = (
    "null",
    "",
    "*",
    "undefined",
    "http://evil.test",
    "http://evil.test:{port}",
    "https://127.0.0.1:{port}",
    "ws://127.0.0.1:{port}",
    "file://",
    "file://127.0.0.1:{port}",
    "data:text/html,x",
    "chrome-extension://abcdef",
    "http://127.0.0.1",
    "http://127.0.0.1:",
    "http://127.0.0.1:1",
    "http://127.0.0.1:{port}0",
    "http://127.0.0.1:0{port}",
    "http://localhost:{port}",
    "http://0.0.0.0:{port}",
    "http://[::1]:{port}",
    "http://127.0.0.2:{port}",
    "http://2130706433:{port}",
    "http://127.0.0.1:{port}.evil.test",
    "http://evil127.0.0.1:{port}",
    "http://127.0.0.1.evil.test:{port}",
    "http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}#",
    "http://user@127.0.0.1:{port}",
    "http://127.0.0.1:{port}@evil.test",
    "HTTP://127.0.0.1:{port}",
    " http://evil.test http://127.0.0.1:{port}",
    "http://127.0.0.1:{port} http://evil.test",
    "http://127.0.0.1:{port}, http://127.0.0.1:{port}",
)
OPENS_A_SOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.fixture(scope="module")
def memory(server: Server, key: str) -> str:
    """The address of a memory that attacks are about."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    made = server.ask("POST", f"{API}/memories", headers, b'{"title": "mine"}').json
    return f"{API}/memories/{made['id']}"


@pytest.mark.parametrize("origin", BAD_ORIGINS)
def test_a_foreign_origin_changes_nothing_by_any_method(server: Server, key: str, memory: str, origin: str) -> None:
    bearer = {"Authorization": f"Bearer {key}"}
    headers = bearer | {"Content-Type": "application/json", "Origin": origin.replace("{port}", str(server.port))}
    before = server.ask("GET", memory, bearer)
    attacks = [
        ("POST", f"{API}/memories", b'{"title": "from elsewhere"}'),
        ("PATCH", memory, b'{"title": "from elsewhere"}'),
        ("PUT", f"{API}/auth/app-lock", b'{"enabled": true}'),
        ("DELETE", memory, None),
    ]
    answers = [server.ask(method, path, headers, body) for method, path, body in attacks]
    answers.append(server.ask("GET", f"{API}/events", headers | OPENS_A_SOCKET))
    assert {(answer.status, answer.json["type"]) for answer in answers} == {(403, "/problems/foreign-request")}
    assert server.ask("GET", memory, bearer).body == before.body
    assert server.ask("GET", f"{API}/memories?q=elsewhere", bearer).json["items"] == []


def test_no_web_socket_is_opened_to_anybody(server: Server, key: str) -> None:
    host = f"127.0.0.1:{server.port}"
    for own in ({}, {"Origin": f"http://{host}", "Authorization": f"Bearer {key}"}):
        fields = {"Host": host, **OPENS_A_SOCKET, "Connection": "Upgrade, close"} | own
        head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        assert status_of(server.raw(f"GET {API}/memories HTTP/1.1\r\n{head}\r\n".encode(), timeout_s=3)) != 101


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_every_route_refuses_another_site(server: Server, key: str, site: str) -> None:
    headers = {"Authorization": f"Bearer {key}", "Sec-Fetch-Site": site, "Sec-Fetch-Mode": "cors"}
    asked = [route for route in routes(server) if route.is_harmless]
    statuses = {(each.method, each.path): server.ask(each.method, each.path, headers).status for each in asked}
    assert len(statuses) > 100
    assert {one for one, status in statuses.items() if status != 403} == set()


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_every_route_hears_our_own_pages_and_typed_addresses(server: Server, key: str, site: str) -> None:
    """Without credentials, so that nothing is done: what asks for them has passed the check of where it comes from."""
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "cors"}
    asked = [route for route in routes(server) if not route.is_open]
    statuses = {(each.method, each.path): server.ask(each.method, each.path, headers).status for each in asked}
    assert {one: status for one, status in statuses.items() if status != 401} == {}
    assert server.ask("GET", f"{API}/memories", headers | {"Authorization": f"Bearer {key}"}).status == 200


def test_the_shell_may_be_opened_by_a_link_and_nothing_else(server: Server, key: str) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert server.ask("GET", "/timeline", headers).status == 200
    assert server.ask("GET", f"{API}/memories", headers | {"Authorization": f"Bearer {key}"}).status == 403
    assert server.ask("GET", "/timeline", headers | {"Sec-Fetch-Dest": "iframe"}).status == 403


CURIOUS_ORIGINS = (
    "http://evil.test",
    "null",
    "http://localhost:{port}",
    "https://127.0.0.1:{port}",
    "http://127.0.0.1:1",
    "http://127.0.0.1:{port}.evil.test",
    "chrome-extension://abcdef",
    "file://",
    "https://timeline.example.org",
    "http://tl-aaaaaaaaaa.localhost:{port}",
)


@pytest.mark.parametrize("origin", CURIOUS_ORIGINS)
def test_no_route_speaks_to_other_origins(server: Server, origin: str) -> None:
    def sharing(answer: Answer) -> list[str]:
        return [name for name in answer.headers if name.startswith("access-control")]

    foreign = {"Origin": origin.replace("{port}", str(server.port)), "Sec-Fetch-Site": "cross-site"}
    preflight = foreign | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    told = {}
    for each in (route for route in routes(server) if route.is_harmless):
        answers = (server.ask("OPTIONS", each.path, preflight), server.ask(each.method, each.path, foreign))
        told[each.method, each.path] = [name for answer in answers for name in sharing(answer)]
    assert {one: names for one, names in told.items() if names} == {}


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None]
)
def test_json_routes_take_json_only_and_change_nothing(server: Server, key: str, content_type: str | None) -> None:
    headers = {"Authorization": f"Bearer {key}"} | ({"Content-Type": content_type} if content_type else {})
    counts = ("memories", "tags", "people", "collections", "locations", "api-keys", "jobs", "imports")

    def state() -> list[bytes]:
        return [server.ask("GET", f"{API}/{each}", {"Authorization": f"Bearer {key}"}).body for each in counts]

    before = state()
    taking = [(each.method, each.path) for each in routes(server) if each.takes("application/json")]
    statuses = {one: server.ask(*one, headers, b'{"title": "x", "name": "x"}').status for one in taking}
    assert len(taking) > 8
    assert {one: status for one, status in statuses.items() if status not in {415, 422}} == {}
    assert state() == before


def test_a_cookie_alone_is_worth_nothing(server: Server) -> None:
    with server.client() as client:
        cookie, before = client._cookie, client.get(f"{API}/bootstrap")["memories"]
        asked = [route for route in routes(server) if route.is_harmless and not route.is_open]
        answers = {(one.method, one.path): server.ask(one.method, one.path, {"Cookie": cookie}).status for one in asked}
        assert client.get(f"{API}/bootstrap")["memories"] == before
    assert len(answers) > 100
    assert {one: status for one, status in answers.items() if status not in {401, 403}} == {}
