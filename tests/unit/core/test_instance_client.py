"""The client of the server on this computer trusts nobody who cannot prove it, and leaves no trace of its ticket."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from timeline_local.core.instance import LibraryClaim, claim_library
from timeline_local.core.local_client import (
    LocalClient,
    NoServer,
    ServerProblem,
    find_server,
    launch_page,
    parse_events,
    remove_launch_file,
    write_launch_file,
)
from timeline_local.core.security import Challenges

EVENTS = b': hello\n\nid: 1\nevent: job\ndata: {"done": 1}\n\ndata: nonsense\n\nid: 2\ndata: [1,\ndata: 2]\n\n'


class SmallServer(BaseHTTPRequestHandler):
    """The routes the client needs, over the product's own proofs."""

    challenges: ClassVar[Challenges]
    cookie: ClassVar[str]
    seen: ClassVar[list[tuple[str, dict[str, str], Any]]]

    def do_GET(self) -> None:
        self._note(None)
        if self.path.startswith("/api/v1/auth/challenge"):
            nonce, proof = self.challenges.issue(parse_qs(urlsplit(self.path).query)["nonce"][0])
            self._answer(200, {"nonce": nonce, "proof": proof, "instance_id": "x"})
        elif self.path == "/api/v1/events":
            self._answer(200, EVENTS)
        else:
            self._answer(404, {"type": "/problems/not-found", "title": "Nothing", "detail": "Nothing here."})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", "0"))) or b"null")
        self._note(body)
        if self.path == "/api/v1/auth/tickets":
            good = self.challenges.verify(body["nonce"], body["proof"])
            self._answer(*((200, {"ticket": "T1", "url": "http://x/#ticket=T1"}) if good else (401, {})))
        elif self.path == "/api/v1/auth/redeem":
            self._answer(200, {"session_secret": "S1"}, {"Set-Cookie": f"{self.cookie}=C1; Path=/; HttpOnly"})
        else:
            self._answer(200, {"got": body})

    do_PATCH = do_DELETE = do_POST  # noqa: N815 - the names http.server looks for

    def _note(self, body: Any) -> None:  # noqa: ANN401 - JSON
        self.seen.append((f"{self.command} {self.path}", dict(self.headers.items()), body))

    def _answer(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:  # noqa: ANN401 - JSON
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        for name, text in ({"Content-Length": str(len(body))} | (headers or {})).items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def claim(tmp_path: Path) -> Iterator[LibraryClaim]:
    with claim_library(tmp_path / "library") as claim:
        yield claim


def start(claim: LibraryClaim, secret: bytes) -> tuple[ThreadingHTTPServer, type[SmallServer]]:
    facts = {"challenges": Challenges(secret), "cookie": claim.secrets.cookie_name, "seen": []}
    handler: type[SmallServer] = type("Handler", (SmallServer,), facts)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    claim.announce(host="127.0.0.1", port=server.server_address[1], version="1")
    return server, handler


@pytest.fixture
def server(claim: LibraryClaim) -> Iterator[type[SmallServer]]:
    running, handler = start(claim, claim.secrets.instance)
    yield handler
    running.shutdown()
    running.server_close()


@pytest.fixture
def stranger(claim: LibraryClaim) -> Iterator[type[SmallServer]]:
    running, handler = start(claim, b"x" * 32)
    yield handler
    running.shutdown()
    running.server_close()


def test_a_client_signs_in_and_talks(claim: LibraryClaim, server: type[SmallServer]) -> None:
    with LocalClient.connect(claim.data_dir) as client:
        assert client.post("/api/v1/x", {"a": 1}) == {"got": {"a": 1}}
        assert client.patch("/api/v1/x", {"a": 2}) == {"got": {"a": 2}}
        assert client.delete("/api/v1/x") == {"got": None}


def test_each_call_carries_both_halves_of_the_session_and_our_origin(
    claim: LibraryClaim, server: type[SmallServer]
) -> None:
    LocalClient.connect(claim.data_dir).post("/api/v1/x")
    headers = server.seen[-1][1]
    assert headers["Cookie"] == f"{claim.secrets.cookie_name}=C1"
    assert (headers["X-TL-Session"], headers["Origin"]) == ("S1", f"http://{headers['Host']}")


def test_a_refusal_carries_its_problem(claim: LibraryClaim, server: type[SmallServer]) -> None:
    with LocalClient.connect(claim.data_dir) as client, pytest.raises(ServerProblem, match="Nothing here") as caught:
        client.get("/api/v1/nothing", q="a b", cursor=None)
    assert (caught.value.status, caught.value.slug) == (404, "not-found")
    assert "GET /api/v1/nothing?q=a%20b" in [line for line, _, _ in server.seen]


def test_events_are_read_as_they_come(claim: LibraryClaim, server: type[SmallServer]) -> None:
    with LocalClient.connect(claim.data_dir) as client:
        events = [(event.name, event.id, event.data) for event in client.stream_events(last_event_id="0")]
    assert events == [("job", "1", {"done": 1}), ("message", "2", [1, 2])]


def test_a_program_that_only_sits_on_the_port_gets_nothing(claim: LibraryClaim, stranger: type[SmallServer]) -> None:
    with pytest.raises(NoServer):
        LocalClient.connect(claim.data_dir)
    assert [line.split("?")[0] for line, _, _ in stranger.seen] == ["GET /api/v1/auth/challenge"]


def test_without_a_run_file_or_a_listener_there_is_no_server(claim: LibraryClaim, tmp_path: Path) -> None:
    nowhere = find_server(tmp_path / "nowhere")
    claim.announce(host="127.0.0.1", port=1, version="1")
    assert (nowhere, find_server(claim.data_dir)) == (None, None)


def test_a_server_that_went_away_is_said_to_be_gone(claim: LibraryClaim) -> None:
    running, _ = start(claim, claim.secrets.instance)
    client = LocalClient.connect(claim.data_dir)
    running.shutdown()
    running.server_close()
    with pytest.raises(NoServer):
        client.get("/api/v1/x")
    client.close()


def test_events_without_data_are_skipped() -> None:
    assert list(parse_events(iter(["event: x\n", "\n", ": beat\n", "\n"]))) == []


def test_the_launch_file_is_private_and_leads_to_the_address(tmp_path: Path) -> None:
    path = write_launch_file(launch_page("http://tl-x.localhost:8765/#ticket=</script>"), tmp_path / "run")
    text = path.read_text()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert 'location.replace("http://tl-x.localhost:8765/#ticket=\\u003c/script>")' in text
    remove_launch_file(path)
    assert list((tmp_path / "run").iterdir()) == []


def test_a_launch_file_of_its_own_folder_takes_the_folder_along() -> None:
    path = write_launch_file(launch_page("http://x/"))
    remove_launch_file(path)
    assert not path.parent.exists()


def test_the_client_loads_neither_the_web_framework_nor_the_database() -> None:
    script = (
        "import sys, timeline_local.core.local_client;"
        "assert not {'fastapi', 'starlette', 'sqlalchemy', 'pydantic'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
