"""The wall around the port: who reaches it, by which names, with which headers, odd requests, big bodies."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.blackbox.boxed import API, Answer, Server, status_of
from tests.blackbox.described import OPEN, SOME_ID, routes

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


NEIGHBOUR, OURS_TO_IT = "198.51.100.2", "198.51.100.1"  # of a range that is for documentation
REACHES = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5)
except ConnectionRefusedError:
    print("refused")
else:
    print("open")
"""


@pytest.fixture
def neighbour() -> Iterator[list[str]]:
    """What runs a command on another computer of the network: a name space with a cable to this one."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        pytest.skip("only root can lay a network cable")
    name, here, there = f"tl{os.getpid()}", f"tla{os.getpid()}", f"tlb{os.getpid()}"
    inside = ["ip", "netns", "exec", name]
    steps = [
        ["ip", "netns", "add", name],
        ["ip", "link", "add", here, "type", "veth", "peer", "name", there, "netns", name],
        ["ip", "address", "add", f"{OURS_TO_IT}/30", "dev", here],
        ["ip", "link", "set", here, "up"],
        [*inside, "ip", "address", "add", f"{NEIGHBOUR}/30", "dev", there],
        [*inside, "ip", "link", "set", there, "up"],
    ]
    try:
        for step in steps:
            if subprocess.run(step, capture_output=True, check=False).returncode:
                pytest.skip(f"not allowed here: {' '.join(step)}")
        yield inside
    finally:
        subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)
        subprocess.run(["ip", "link", "delete", here], capture_output=True, check=False)


@pytest.mark.slow
def test_a_neighbour_in_the_network_is_refused_by_the_system_itself(server: Server, neighbour: list[str]) -> None:
    def asked(port: int) -> str:
        command = [*neighbour, "python3", "-I", "-c", REACHES, OURS_TO_IT, str(port)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    with closing(socket.create_server((OURS_TO_IT, 0))) as for_everybody:
        assert asked(for_everybody.getsockname()[1]) == "open"  # the cable works
    assert asked(server.port) == "refused"


@pytest.mark.parametrize("path", ["/", f"{API}/health", f"{API}/memories", "/nowhere"])
@pytest.mark.parametrize("host", BAD_HOSTS, ids=lambda host: host.decode("latin-1"))
def test_a_foreign_host_is_refused(server: Server, host: bytes, path: str) -> None:
    got = server.raw(
        b"GET " + path.encode() + b" HTTP/1.1\r\nHost: " + with_port(host, server) + b"\r\nConnection: close\r\n\r\n"
    )
    assert status_of(got) in {400, 403, 421}
    assert b"access-control" not in got.lower()
    assert b"<title>" not in got


METHODS = ("HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "websocket")
UPGRADE = b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"


@pytest.mark.parametrize("method", METHODS)
def test_a_foreign_host_is_refused_whatever_it_asks(server: Server, method: str) -> None:
    verb, more = ("GET", UPGRADE) if method == "websocket" else (method, b"")
    line = f"{verb} {API}/memories HTTP/1.1\r\nHost: ".encode()
    rest = b"\r\n" + more + b"Connection: Upgrade, close\r\n\r\n"
    statuses = {host: status_of(server.raw(line + with_port(host, server) + rest)) for host in BAD_HOSTS}
    assert {host: status for host, status in statuses.items() if status not in {400, 403, 421}} == {}


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


def unprotected(answer: Answer) -> list[str]:
    """What this answer lacks, or has and should not."""
    wanted = {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-resource-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
    }
    parts = ["frame-ancestors 'none'", "default-src 'none'"]
    if "html" in answer.headers.get("content-type", ""):
        parts += ["object-src 'none'", "base-uri 'none'", "require-trusted-types-for 'script'", "trusted-types 'none'"]
    policy = answer.headers.get("content-security-policy", "")
    wrong = [name for name, value in wanted.items() if answer.headers.get(name) != value]
    wrong += [part for part in parts if part not in policy]
    wrong += [part for part in ("unsafe-inline", "unsafe-eval", "unsafe-hashes") if part in policy]
    unwanted = ("strict-transport-security", "server", "x-powered-by")
    return wrong + [name for name in unwanted if name in answer.headers]


@pytest.mark.parametrize("signed_in", [False, True], ids=["strangers", "owner"])
def test_every_answer_carries_the_protective_headers(server: Server, key: str, signed_in: bool) -> None:  # noqa: FBT001
    """Pages, data and every kind of refusal; what a client says of its own connection makes no difference."""
    headers = {"X-Forwarded-Proto": "https", "Forwarded": "proto=https"}
    headers |= {"Authorization": f"Bearer {key}"} if signed_in else {}
    asked = [("GET", path) for path in ("/", "/timeline", "/docs", "/problems/not-signed-in", "/nowhere", "/ui/x/y")]
    asked += [(each.method, each.path) for each in routes(server) if each.is_harmless]
    asked += [("POST", f"{API}/health"), ("GET", f"{API}/nowhere")]
    answers = {one: server.ask(*one, headers) for one in asked}
    assert {one: wrong for one, answer in answers.items() if (wrong := unprotected(answer))} == {}
    assert len({answer.status for answer in answers.values()}) >= 3


def test_an_id_that_exists_looks_like_one_that_does_not(server: Server, key: str) -> None:
    """That it takes no longer either is measured by `just bench-trust`."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    known = server.ask("POST", f"{API}/memories", headers, b'{"title": "here"}').json["id"]
    hit, miss = (shown(server.ask("GET", f"{API}/memories/{one}"), one) for one in (known, SOME_ID))
    assert hit == miss


def shown(answer: Answer, id_: str) -> tuple[Any, ...]:
    """Everything of an answer but its date and the id of the request."""
    fields = {name: value for name, value in answer.headers.items() if name not in {"date", "x-request-id"}}
    assert id_.encode() not in answer.body
    return answer.status, fields, {**answer.json, "request_id": ""}


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
    "bare LF": b"GET / HTTP/1.1\nHost: {host}\n\n",
    "one bare LF": b"GET / HTTP/1.1\r\nHost: {host}\nX-A: 1\r\n\r\n",
    "bare CR": b"GET / HTTP/1.1\r\nHost: {host}\rX-A: 1\r\n\r\n",
    "a real NUL in path": b"GET /a\0b HTTP/1.1\r\nHost: {host}\r\n\r\n",
    "garbage": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20 + b"\r\n\r\n",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_smuggling_shape_is_refused_and_the_connection_closed(server: Server, shape: str) -> None:
    host = b"127.0.0.1:" + str(server.port).encode()
    got = server.raw(SHAPES[shape].replace(b"{host}", host).replace(b"{api}", API.encode()), timeout_s=15)
    assert status_of(got) in ({421} if shape == "no version" else {400, 431})
    assert got.count(b"HTTP/1.1 ") == 1


def test_nobody_gets_an_answer_without_a_secret(server: Server) -> None:
    closed = [(each.method, each.path) for each in routes(server) if not each.is_open]
    statuses = {one: server.ask(*one).status for one in closed}
    assert len(closed) > 100
    assert {one: status for one, status in statuses.items() if status != 401} == {}


def test_what_answers_strangers_says_nothing(server: Server) -> None:
    health, ready, methods, challenge = (
        server.ask("GET", f"{API}/{path}").json
        for path in ("health", "health/ready", "auth/methods", f"auth/challenge?nonce={'ab' * 16}")
    )
    checks = dict.fromkeys(("database", "migrations", "media", "disk", "cache"), "ok")
    assert (health, ready) == ({"status": "ok"}, {"status": "ready", "checks": checks})
    assert methods == {"password": False, "registration": "closed", "email": False}
    assert set(challenge) == {"instance_id", "nonce", "proof"}
    assert sum(method == "GET" for method, _ in OPEN) == 4


NAMES = ("admin@localhost", "owner@localhost", "root@localhost", "admin@example.org", "user@example.com")
DEFAULTS = ("", "admin", "password", "changeme", "timeline-local")


def test_a_new_library_has_no_account_that_anybody_knows(server: Server) -> None:
    headers = {"Content-Type": "application/json"}
    tried = [{"email": name, "password": default} for name in NAMES for default in DEFAULTS]
    new = {"email": "eve@example.org", "name": "Eve", "password": "four quiet words apart"}
    answers = [server.ask("POST", f"{API}/auth/login", headers, json.dumps(each).encode()) for each in tried]
    answers.append(server.ask("POST", f"{API}/auth/register", headers, json.dumps(new).encode()))
    assert {answer.status for answer in answers} <= {401, 403, 422}
    assert [answer for answer in answers if "set-cookie" in answer.headers] == []


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
