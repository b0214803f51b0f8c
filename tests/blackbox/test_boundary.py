"""The wall around the port: names, origins, content types, headers, odd requests, big bodies."""

from __future__ import annotations

import re
import socket
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.blackbox.boxed import API, Answer, Server, status_of

SOME_ID = "0199a5c2-f3b7-7e5d-a1a0-c4a19a5c2f3b"
FOREIGN = {"Origin": "http://evil.test", "Sec-Fetch-Site": "cross-site"}
OPEN = {
    ("GET", f"{API}/health"),
    ("GET", f"{API}/health/ready"),
    ("GET", f"{API}/auth/challenge"),
    ("POST", f"{API}/auth/tickets"),
    ("POST", f"{API}/system/tray"),  # like a ticket: proves the instance secret in its body
    ("POST", f"{API}/auth/redeem"),
    ("GET", f"{API}/auth/methods"),
    ("POST", f"{API}/auth/login"),
    ("POST", f"{API}/auth/refresh"),
    ("POST", f"{API}/auth/recovery"),
    ("POST", f"{API}/auth/register"),
    ("POST", f"{API}/auth/password/forgot"),
    ("POST", f"{API}/auth/password/reset"),
    ("POST", f"{API}/auth/email/verify"),
}

BAD_HOSTS = (
    b"evil.test",
    b"evil.test:{port}",
    b"0.0.0.0:{port}",
    b"127.0.0.2:{port}",
    b"127.1:{port}",
    b"2130706433:{port}",
    b"0x7f000001:{port}",
    b"0177.0.0.1:{port}",
    b"localhost.evil.test:{port}",
    b"evil.test.localhost:{port}",
    b"localhost@evil.test:{port}",
    b"evil.test@localhost:{port}",
    b"127.0.0.1:1",
    b"localhost:80",
    b"localhost:{port}0",
    b"localhost:",
    b"localhost",
    b"127.0.0.1",
    b"",
    b":{port}",
    b"LOCALHOST:{port}",
    b"LocalHost:{port}",
    b"localhost.:{port}",
    b"127.0.0.1.:{port}",
    b"192.168.1.10:{port}",
    b"10.0.0.1:{port}",
    b"[::]:{port}",
    b"[::ffff:127.0.0.1]:{port}",
    b"[0:0:0:0:0:0:0:1]:{port}",
    b"::1:{port}",
    b"localhost:{port}/evil",
    b"localhost:{port}#evil.test",
    b"localhost:{port}?evil",
    b"localhost:{port}, evil.test",
    b"localhost :{port}",
    b"http://localhost:{port}",
    b"tl-aaaaaaaaaa.localhost:{port}",
    b"xn--lcalhost-8ya:{port}",
    "l\u00f6calhost:{port}".encode(),
    b"localhost:{port}%00",
)


def with_port(host: bytes, server: Server) -> bytes:
    return host.replace(b"{port}", str(server.port).encode())


def test_it_listens_on_loopback_only(server: Server) -> None:
    wanted = f"{server.port:04X}"
    lines = Path("/proc/net/tcp").read_text().splitlines() + Path("/proc/net/tcp6").read_text().splitlines()
    listening = [
        fields[1] for fields in map(str.split, lines) if fields[3] == "0A" and fields[1].endswith(f":{wanted}")
    ]
    assert {address.rpartition(":")[0] for address in listening} <= {"0100007F", "00000000000000000000000001000000"}
    assert listening


def test_other_addresses_of_this_computer_are_not_answered(server: Server) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        own = probe.getsockname()[0]
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((own, server.port), timeout=5)


@pytest.mark.parametrize("path", ["/", f"{API}/health", f"{API}/memories", "/nowhere"])
@pytest.mark.parametrize("host", BAD_HOSTS, ids=lambda host: host.decode("latin-1"))
def test_a_foreign_host_is_refused(server: Server, host: bytes, path: str) -> None:
    got = server.raw(
        b"GET " + path.encode() + b" HTTP/1.1\r\nHost: " + with_port(host, server) + b"\r\nConnection: close\r\n\r\n"
    )
    assert status_of(got) in {400, 403, 421}
    assert b"access-control" not in got.lower()
    assert b"<title>" not in got


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil.test\r\n",
        b"GET / HTTP/1.1\r\nHost: evil.test\r\nHost: 127.0.0.1:{port}\r\n",
        b"GET http://evil.test/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n",
        b"GET http://evil.test:{port}/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n",
    ],
    ids=["missing", "two, ours first", "two, ours last", "absolute", "absolute with port"],
)
def test_an_ambiguous_host_is_refused(server: Server, head: bytes) -> None:
    assert status_of(server.raw(with_port(head, server) + b"Connection: close\r\n\r\n")) in {400, 403, 421}


@pytest.mark.parametrize("name", [b"127.0.0.1", b"localhost", b"[::1]"])
def test_our_own_names_are_answered(server: Server, name: bytes) -> None:
    host = name + b":" + str(server.port).encode()
    assert status_of(server.raw(b"GET / HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n")) == 200


def test_our_label_is_answered(server: Server) -> None:
    with server.client() as client:
        name = client.ticket().url.partition("//")[2].partition("/")[0]
    assert server.ask("GET", "/", {"Host": name}).status == 200


BAD_ORIGINS = (
    "null",
    "http://evil.test",
    "https://127.0.0.1:{port}",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "http://localhost:{port}",
    "http://127.0.0.1:{port}.evil.test",
    "http://evil127.0.0.1:{port}",
    "http://127.0.0.1:{port}/",
    "http://user@127.0.0.1:{port}",
    "HTTP://127.0.0.1:{port}",
    "ws://127.0.0.1:{port}",
    "file://",
    "chrome-extension://abcdef",
    "http://127.0.0.1:{port} http://evil.test",
    "",
)


@pytest.mark.parametrize("origin", BAD_ORIGINS)
def test_a_foreign_origin_changes_nothing(server: Server, key: str, origin: str) -> None:
    headers = {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "Origin": origin.replace("{port}", str(server.port)),
    }
    answer = server.ask("POST", f"{API}/memories", headers, b'{"title": "from elsewhere"}')
    assert answer.status == 403
    found = server.ask("GET", f"{API}/memories?q=elsewhere", {"Authorization": f"Bearer {key}"})
    assert found.json["items"] == []


def document(server: Server) -> dict[str, Any]:
    answer: dict[str, Any] = server.ask("GET", "/docs/openapi.json").json
    return answer


def routes(server: Server) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path with ids filled in, description; of every route of the API document."""
    for path, methods in document(server)["paths"].items():
        for method, description in methods.items():
            yield method.upper(), re.sub(r"\{size\}", "grid", re.sub(r"\{[a-z_]*id\}", SOME_ID, path)), description


def unsafe(routes: Iterator[tuple[str, str, dict[str, Any]]]) -> list[tuple[str, str, dict[str, Any]]]:
    return [one for one in routes if "quit" not in one[1] and "/events" not in one[1]]


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_every_route_refuses_another_site(server: Server, key: str, site: str) -> None:
    headers = {"Authorization": f"Bearer {key}", "Sec-Fetch-Site": site, "Sec-Fetch-Mode": "cors"}
    statuses = {(method, path): server.ask(method, path, headers).status for method, path, _ in unsafe(routes(server))}
    assert {one for one, status in statuses.items() if status != 403} == set()


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_our_own_pages_are_not_refused(server: Server, key: str, site: str) -> None:
    assert (
        server.ask("GET", f"{API}/memories", {"Authorization": f"Bearer {key}", "Sec-Fetch-Site": site}).status == 200
    )


def test_the_shell_may_be_opened_by_a_link_and_nothing_else(server: Server, key: str) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert server.ask("GET", "/timeline", headers).status == 200
    assert server.ask("GET", f"{API}/memories", headers | {"Authorization": f"Bearer {key}"}).status == 403
    assert server.ask("GET", "/timeline", headers | {"Sec-Fetch-Dest": "iframe"}).status == 403


def test_no_route_speaks_to_other_origins(server: Server) -> None:
    def sharing(answer: Answer) -> list[str]:
        return [name for name in answer.headers if name.startswith("access-control")]

    preflight = FOREIGN | {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    told = {}
    for method, path, _ in unsafe(routes(server)):
        told[method, path] = sharing(server.ask("OPTIONS", path, preflight)) + sharing(
            server.ask(method, path, FOREIGN)
        )
    assert {one: names for one, names in told.items() if names} == {}


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None]
)
def test_json_routes_take_json_only(server: Server, key: str, content_type: str | None) -> None:
    headers = {"Authorization": f"Bearer {key}"} | ({"Content-Type": content_type} if content_type else {})
    taking = [
        (method, path)
        for method, path, description in unsafe(routes(server))
        if "application/json" in description.get("requestBody", {}).get("content", {})
    ]
    statuses = {one: server.ask(*one, headers, b'{"title": "x", "name": "x"}').status for one in taking}
    assert len(taking) > 8
    assert {one: status for one, status in statuses.items() if status not in {415, 422}} == {}


def test_a_cookie_alone_is_worth_nothing(server: Server) -> None:
    with server.client() as client:
        cookie, before = client._cookie, client.get(f"{API}/bootstrap")["memories"]
        answers = {
            (method, path): server.ask(method, path, {"Cookie": cookie}).status
            for method, path, _ in unsafe(routes(server))
            if (method, path) not in OPEN
        }
        assert client.get(f"{API}/bootstrap")["memories"] == before
    assert {one: status for one, status in answers.items() if status not in {401, 403}} == {}


def test_every_answer_carries_the_protective_headers(server: Server) -> None:
    wanted = {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
    }
    pages: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", path, {}) for path in ("/", "/timeline", "/docs", "/problems/not-signed-in", "/nowhere", "/ui/x/y")
    ]
    wrong = {}
    for method, path, _ in [*unsafe(routes(server)), *pages]:
        answer = server.ask(method, path)
        policy = answer.headers.get("content-security-policy", "")
        missing = [name for name, value in wanted.items() if answer.headers.get(name) != value]
        missing += [part for part in ("frame-ancestors 'none'", "default-src 'none'") if part not in policy]
        missing += [part for part in ("unsafe-inline", "unsafe-eval") if part in policy]
        missing += [name for name in ("strict-transport-security", "server", "x-powered-by") if name in answer.headers]
        wrong[method, path] = missing
    assert {one: missing for one, missing in wrong.items() if missing} == {}


def test_the_shell_allows_no_inline_script(server: Server) -> None:
    policy = server.ask("GET", "/").headers["content-security-policy"]
    for part in ("object-src 'none'", "base-uri 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'"):
        assert part in policy


def test_an_id_that_exists_looks_like_one_that_does_not(server: Server, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    known = server.ask("POST", f"{API}/memories", headers, b'{"title": "here"}').json["id"]
    timings: dict[str, list[float]] = {known: [], SOME_ID: []}
    answers: dict[str, Answer] = {}
    for _ in range(60):
        for one, seconds in timings.items():
            began = time.perf_counter()
            answers[one] = server.ask("GET", f"{API}/memories/{one}")
            seconds.append(time.perf_counter() - began)
    hit, miss = answers[known], answers[SOME_ID]
    assert (hit.status, {k: v for k, v in hit.headers.items() if k not in {"date", "x-request-id"}}) == (
        miss.status,
        {k: v for k, v in miss.headers.items() if k not in {"date", "x-request-id"}},
    )
    assert {**hit.json, "request_id": ""} == {**miss.json, "request_id": ""}
    here, nowhere = statistics.median(timings[known]), statistics.median(timings[SOME_ID])
    assert abs(here - nowhere) < max(0.002, 0.5 * max(here, nowhere))


SHAPES = {
    "TE and CL": b"POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "two CL": b"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd",
    "CL list": b"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 4, 4\r\n\r\nabcd",
    "CL sign": b"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: +4\r\n\r\nabcd",
    "CL negative": b"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: -1\r\n\r\n",
    "TE unknown": b"POST / HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunk size": b"POST {api}/memories HTTP/1.1\r\nHost: {host}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "space before colon": b"GET / HTTP/1.1\r\nHost: {host}\r\nX-A : 1\r\n\r\n",
    "obs-fold": b"GET / HTTP/1.1\r\nHost: {host}\r\nX-A: 1\r\n continued\r\n\r\n",
    "NUL in header": b"GET / HTTP/1.1\r\nHost: {host}\r\nX-A: a\0b\r\n\r\n",
    "NUL in path": b"GET /a%00b HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n",
    "NUL in query": b"GET /timeline?q=%00 HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n",
    "CR in path": b"GET /a%0d%0aX:1 HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "HTTP/9": b"GET / HTTP/9.9\r\nHost: {host}\r\n\r\n",
    "100 KB header": b"GET / HTTP/1.1\r\nHost: {host}\r\nX-A: " + b"a" * 100_000 + b"\r\n\r\n",
    "2 000 headers": b"GET / HTTP/1.1\r\nHost: {host}\r\n" + b"X-A: 1\r\n" * 2000 + b"\r\n",
    "100 KB path": b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "garbage": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + b"\r\n\r\n",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_smuggling_shape_is_refused_and_the_connection_closed(server: Server, shape: str) -> None:
    host = b"127.0.0.1:" + str(server.port).encode()
    got = server.raw(SHAPES[shape].replace(b"{host}", host).replace(b"{api}", API.encode()), timeout_s=15)
    assert status_of(got) in {0, 400, 401, 404, 413, 414, 421, 431, 505}
    assert got.count(b"HTTP/1.1 ") <= 1


def test_nobody_gets_an_answer_without_a_secret(server: Server) -> None:
    statuses = {(m, p): server.ask(m, p).status for m, p, _ in routes(server) if (m, p) not in OPEN}
    assert {one: status for one, status in statuses.items() if status != 401} == {}
    assert server.ask("GET", f"{API}/health").json == {"status": "ok"}


def test_errors_tell_no_internals(server: Server, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    bodies = (
        b"{", b"[]", b"null", b'{"title": 5}', b'{"title": NaN}', b'{"rating": 1e999}', b'{"lat": 1e400}',
        b'{"title": "\\ud800"}', b'{"title": "a\\u0000b"}', b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"rating": ' + b"9" * 5000 + b"}", b'{"title": "a", "title": "b"}', b"\xff\xfe", b'{"owner": 1, "id": "x"}',
    )  # fmt: skip
    answers = [server.ask("POST", f"{API}/memories", headers, body) for body in bodies]
    answers += [
        server.ask("GET", f"{API}/memories?q={q}", headers)
        for q in ("%22", "(", "*", "-", "%5E", "NEAR%28", "a+AND", "a:b:c", "%F0%9F%92%A9", "a" * 3000, "%ff%fe", "in:")
    ]
    answers += [
        server.ask("GET", f"{API}/memories?{q}", headers) for q in ("limit=501", "limit=-1", "limit=x", "cursor=!!")
    ]
    assert [answer.status for answer in answers if answer.status >= 500] == []
    told = b"\n".join(answer.body for answer in answers if answer.status >= 400)
    for secret in (str(server.data).encode(), b"Traceback", b"sqlite", b"SELECT", b"site-packages", key.encode()):
        assert secret not in told


def test_a_refused_ticket_is_not_repeated(server: Server) -> None:
    answer = server.ask(
        "POST", f"{API}/auth/redeem", {"Content-Type": "application/json"}, b'{"ticket": "hunter2hunter2", "x": "y"}'
    )
    assert 400 <= answer.status < 500
    assert b"hunter2" not in answer.body


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize(
    ("path", "content_type"),
    [(f"{API}/memories", "application/json"), (f"{API}/media", "multipart/form-data; boundary=b")],
)
def test_an_anonymous_body_is_not_read(server: Server, framing: str, path: str, content_type: str) -> None:
    size = 200 * 1024 * 1024
    said = f"Content-Length: {size}" if framing == "length" else "Transfer-Encoding: chunked"
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: {content_type}\r\n{said}\r\n\r\n"
    piece = b"a" * 65536
    block = piece if framing == "length" else b"10000\r\n" + piece + b"\r\n"
    before = resident_kb(server)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head.encode() + block * 4)
        got = connection.recv(65536)
    assert status_of(got) in {401, 413}
    assert resident_kb(server) - before < 5 * 1024
    assert list((server.data / "media").rglob("*.part")) == []


def resident_kb(server: Server) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1))  # type: ignore[union-attr]


def test_a_body_above_the_cap_is_refused_before_it_is_read(server: Server, key: str) -> None:
    size = 200 * 1024 * 1024
    head = f"POST {API}/memories HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAuthorization: Bearer {key}\r\n"
    head += f"Content-Type: application/json\r\nContent-Length: {size}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head.encode() + b'{"title": "')
        got = connection.recv(65536)
    assert status_of(got) == 413
