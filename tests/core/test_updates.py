"""Asking for a newer version: what is sent, what is believed, how often. Against a real server on this computer."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from pydantic import ValidationError

from timeline_local import __version__
from timeline_local.config import load_settings
from timeline_local.core.library import open_library
from timeline_local.core.updates import EVERY, LARGEST, NewVersion, Updates, ask, is_newer, told_in
from timeline_local.runtime import updates_of

PAGE = "https://timeline.example.org/99"
NEWER = b'{"version": "99.1", "page": "https://timeline.example.org/99"}'
DRIP_S = 0.05


class Publisher:
    """Answers every GET with what it is given, and notes what was sent."""

    def __init__(self) -> None:
        self.status, self.content, self.drips = 200, NEWER, False
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.end = threading.Event()
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.asked.append((self.requestline, self.client_address[0], dict(self.headers)))
                self.send_response(publisher.status)
                self.send_header("Location", "/elsewhere")
                if not publisher.drips:
                    self.send_header("Content-Length", str(len(publisher.content)))
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(publisher.content)
                    while publisher.drips and not publisher.end.wait(DRIP_S):
                        self.wfile.write(b" ")

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/newest.json?for=desktop"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self.end.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    made = Publisher()
    yield made
    made.close()


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 28, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def updates(publisher: Publisher, tmp_path: Path, clock: Clock) -> Callable[[], Updates]:
    return lambda: Updates(tmp_path, publisher.url, now=clock)


def test_the_request_tells_nothing(publisher: Publisher) -> None:
    assert ask(publisher.url) == NewVersion("99.1", PAGE)
    ((line, _, headers),) = publisher.asked
    assert line == "GET /newest.json?for=desktop HTTP/1.1"
    assert set(headers) == {"Host", "Accept-Encoding"}
    assert __version__ not in str(publisher.asked)


@pytest.mark.parametrize(
    ("status", "content"),
    [(404, NEWER), (302, NEWER), (500, b""), (200, b"<html>"), (200, b"[]"), (200, b" " * (LARGEST + 1) + NEWER)],
)
def test_any_other_answer_is_silence(publisher: Publisher, status: int, content: bytes) -> None:
    publisher.status, publisher.content = status, content
    assert ask(publisher.url) is None
    assert len(publisher.asked) == 1  # nothing is followed


def test_a_server_that_never_ends_is_left(publisher: Publisher) -> None:
    publisher.drips, publisher.content = True, b"{"
    assert ask(publisher.url, within_s=0.3) is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://127.0.0.1:99999/", "https://127.0.0.1:1/x"])
def test_nobody_there_is_silence(url: str) -> None:
    assert ask(url) is None


@pytest.mark.parametrize(
    ("version", "than", "newer"),
    [
        ("1.4.0", "1.3.9", True),
        ("1.10", "1.9.9", True),
        ("2.0", "2.0.0", False),
        ("1.2.9", "1.3", False),
        ("1.4.0-beta", "1.3", False),
        ("", "1.3", False),
        ("01.4", "1.3", False),
    ],
)
def test_versions_are_compared_by_their_numbers(version: str, than: str, newer: bool) -> None:  # noqa: FBT001
    assert is_newer(version, than) is newer


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (b'{"version": "1.4"}', NewVersion("1.4")),
        (b'{"version": "1.4", "page": "javascript:alert(1)"}', NewVersion("1.4")),
        (b'{"version": "1.4", "page": "http://x/"}', NewVersion("1.4")),
        (b'{"version": "1.4", "page": 5}', NewVersion("1.4")),
        (b'{"version": 1.4}', None),
        (b'{"version": "1.4 <b>"}', None),
        (b"\xff", None),
    ],
)
def test_only_a_version_and_a_safe_page_are_believed(document: bytes, told: NewVersion | None) -> None:
    assert told_in(document) == told


def test_it_is_asked_once_a_day_at_most_whatever_the_answer_and_across_starts(
    updates: Callable[[], Updates], publisher: Publisher, clock: Clock
) -> None:
    first = updates()
    assert first.due_in() == timedelta()
    assert first.newer is None
    assert first.ask_now()
    assert first.newer == NewVersion("99.1", PAGE)
    clock.now += timedelta(hours=1)
    again = updates()
    assert (again.due_in(), again.newer) == (EVERY - timedelta(hours=1), NewVersion("99.1", PAGE))
    clock.now += EVERY
    publisher.status = 500
    assert not again.ask_now()
    assert (updates().due_in(), updates().newer) == (EVERY, NewVersion("99.1", PAGE))
    clock.now -= timedelta(days=400)
    assert updates().due_in() == timedelta()


def test_what_cannot_be_kept_is_not_asked(publisher: Publisher, tmp_path: Path, clock: Clock) -> None:
    assert not Updates(tmp_path / "no such folder", publisher.url, now=clock).ask_now()
    assert publisher.asked == []


@pytest.mark.parametrize("content", ["{", "{}", '{"asked_at": "yesterday", "version": "1", "page": ""}'])
def test_a_note_that_cannot_be_read_is_none(tmp_path: Path, clock: Clock, content: str) -> None:
    (tmp_path / "update.json").write_text(content)
    assert Updates(tmp_path, "https://example.org", now=clock).newer is None


async def test_news_is_told_and_the_next_day_waited_for(updates: Callable[[], Updates], publisher: Publisher) -> None:
    told = asyncio.Event()
    watching = asyncio.create_task(updates().watch(told.set))
    async with asyncio.timeout(30):
        await told.wait()
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching
    assert len(publisher.asked) == 1


def test_it_is_off_unless_it_is_switched_on(tmp_path: Path) -> None:
    settings = load_settings(data_dir=tmp_path)
    assert (settings.updates.check, settings.updates.url) == (False, None)


@pytest.mark.parametrize("url", ["http://example.org/x", "ftp://example.org", "https://", "https://ana:pw@example.org"])
def test_an_unsafe_address_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValidationError, match="must be an https address"):
        load_settings(data_dir=tmp_path, updates={"url": url})


@pytest.mark.parametrize(
    ("wanted", "asks"),
    [
        ({"check": True, "url": "https://example.org/x"}, True),
        ({"check": True}, False),
        ({"url": "https://example.org/x"}, False),
        ({}, False),
    ],
)
def test_half_a_setting_asks_nothing(tmp_path: Path, wanted: dict[str, object], asks: bool) -> None:  # noqa: FBT001
    library = open_library(tmp_path / "library", uses_sqlite=True)
    settings = load_settings(data_dir=library.root, updates=wanted)
    assert (updates_of(settings, library, now=Clock()) is not None) is asks
