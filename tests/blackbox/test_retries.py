"""Requests that are sent again because the answer was lost: nothing is there twice, nothing is missing.

The connection breaks at a random point: in the request, right after it, or in the answer. A client that knows no better
then sends the same request with the same `Idempotency-Key`, often while the first one is still being worked on.
"""

from __future__ import annotations

import hashlib
import json
import random
import socket
import struct
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.blackbox.boxed import API, WAIT_S, Server, all_memories, settled, status_of
from timeline_local.core.local_client import LocalClient

RESET = struct.pack("ii", 1, 0)  # closing sends a reset at once, as a lost network does
CLIENTS = 4
BUSY = {429, 503}


@dataclass(frozen=True, slots=True)
class Request:
    """One request with its key; sent as often as it takes."""

    path: str
    content_type: str
    body: bytes
    key: str

    def encoded(self, server: Server, bearer: str) -> bytes:
        head = (
            f"POST {API}{self.path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAuthorization: Bearer {bearer}\r\n"
            f"Idempotency-Key: {self.key}\r\nContent-Type: {self.content_type}\r\n"
            f"Content-Length: {len(self.body)}\r\nConnection: close\r\n\r\n"
        )
        return head.encode() + self.body


@pytest.fixture
def server(tmp_path: Path, database_url: str | None) -> Iterator[Server]:
    """A server on each database in turn."""
    settings = {} if database_url is None else {"TIMELINE_DATABASE__URL": database_url}
    with Server(tmp_path / "library", settings=settings) as running:
        yield running


def break_off(server: Server, sent: bytes, dice: random.Random) -> None:
    """Send a part of the request, or all of it, or read a part of its answer; then the line is dead."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        where = dice.choice(("in the request", "after it", "in the answer"))
        connection.sendall(sent[: dice.randrange(len(sent))] if where == "in the request" else sent)
        if where == "in the answer":
            connection.recv(dice.randrange(1, 200))
        else:
            time.sleep(dice.choice((0, 0, 0.002, 0.01, 0.03)))


def insist(server: Server, bearer: str, request: Request, dice: random.Random) -> bytes:
    """The whole answer, after the line broke once to three times."""
    sent = request.encoded(server, bearer)
    for _ in range(dice.randint(1, 3)):
        break_off(server, sent, dice)
    until = time.monotonic() + WAIT_S
    while status_of(received := server.raw(sent)) in BUSY and time.monotonic() < until:
        time.sleep(0.2)
    return received


def note(number: int) -> Request:
    body = json.dumps({"title": f"note {number}", "local_at": "2016-02-03T10:00:00"}).encode()
    return Request("/memories", "application/json", body, f"note-{number}")


def form(name: str, content: bytes) -> bytes:
    head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return head.encode() + content + b"\r\n--b--\r\n"


def file_bytes(number: int) -> bytes:
    return f"what file {number} holds\n".encode() * 300


def upload(number: int) -> Request:
    body = form(f"file_{number}.txt", file_bytes(number))
    return Request("/media", "multipart/form-data; boundary=b", body, f"upload-{number}")


def new_import(number: int) -> Request:
    body = json.dumps({"upload": True, "name": f"import {number}"}).encode()
    return Request("/imports", "application/json", body, f"import-{number}")


def file_of(import_id: str, number: int) -> Request:
    content = f"# imported {number}\nwords".encode()
    body = form(f"2016-02-{1 + number % 28:02}-{number}.md", content)
    return Request(f"/imports/{import_id}/files", "multipart/form-data; boundary=b", body, f"file-{number}")


def answer_of(received: bytes) -> dict[str, object]:
    assert status_of(received) in {200, 201}, received[:2000]
    found: dict[str, object] = json.loads(received.partition(b"\r\n\r\n")[2])
    return found


def send(server: Server, bearer: str, number: int) -> tuple[str, int, str]:
    """(what was made, its number, the id that the last answer gave)"""
    dice = random.Random(number)  # noqa: S311 - where a line breaks is no secret
    if number % 5 == 4:
        made = str(answer_of(insist(server, bearer, new_import(number), dice))["id"])
        answer_of(insist(server, bearer, file_of(made, number), dice))
        return "import", number, made
    if number % 2:
        added = answer_of(insist(server, bearer, upload(number), dice))
        return "upload", number, str(added["memory"]["id"])  # type: ignore[index]
    return "note", number, str(answer_of(insist(server, bearer, note(number), dice))["id"])


def carry_out(client: LocalClient, import_id: str) -> None:
    client.post(f"{API}/imports/{import_id}/scan")
    settled(client, import_id, leaving=("receiving",))
    client.post(f"{API}/imports/{import_id}/start")
    done = settled(client, import_id, leaving=("planned",))
    assert (done["state"], done["counts"]["new"]) == ("done", 1), done


@pytest.mark.parametrize("count", [12, pytest.param(500, marks=[pytest.mark.slow, pytest.mark.timeout(900)])])
def test_what_is_sent_again_after_a_lost_answer_is_there_once(server: Server, count: int) -> None:
    bearer = server.api_key()
    with ThreadPoolExecutor(CLIENTS) as pool:
        sent = list(pool.map(lambda number: send(server, bearer, number), range(count)))
    made = {what: {number: id_ for kind, number, id_ in sent if kind == what} for what in ("note", "upload", "import")}
    with server.client() as client:
        imports = client.get(f"{API}/imports", limit=500)["items"]
        assert {each["label"]: each["id"] for each in imports} == {f"import {n}": i for n, i in made["import"].items()}
        assert len(imports) == len(made["import"])
        for import_id in made["import"].values():
            carry_out(client, import_id)
        memories = all_memories(client)
    ids = {one["id"] for one in memories}
    titles = Counter(one["title"] for one in memories if not one["media"])
    wanted = [*(f"note {n}" for n in made["note"]), *(f"imported {n}" for n in made["import"])]
    assert titles == dict.fromkeys(wanted, 1)
    hashes = Counter(one["media"][0]["file_name"] for one in memories if one["media"])
    assert hashes == dict.fromkeys([f"file_{n}.txt" for n in made["upload"]], 1)
    assert set(made["note"].values()) | set(made["upload"].values()) <= ids
    kept = {path.name for path in (server.data / "media").rglob("*") if path.is_file()}
    assert kept == {hashlib.sha256(file_bytes(number)).hexdigest() for number in made["upload"]}
    assert list((server.data / "incoming").rglob("*.part")) == []
