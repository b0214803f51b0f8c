"""A computer that sleeps in the middle of work: the server stands still for longer than its lease, and goes on.

TEST_ASLEEP_S=600 makes it sleep for ten minutes. Its clock is set meanwhile, to before and after.
"""

from __future__ import annotations

import itertools
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.blackbox.boxed import API, Server, settled
from tests.blackbox.clock import Clock
from timeline_local.core.local_client import LocalClient, NoServer, ServerEvent

LEASE_S = 2
ASLEEP_S = float(
    os.environ.get("TEST_ASLEEP_S", "5")
)  # longer than the lease: whoever was away may not take its own job for somebody else's
IDLE_S = 20.0  # the server sends something every 15 s


class Listener:
    """Follows the events as a page does: comes back by its last id when a stream ends."""

    def __init__(self, client: LocalClient) -> None:
        self.events: list[ServerEvent] = []
        self.over = threading.Event()
        self._client = client
        self._thread = threading.Thread(target=self._follow)
        self._thread.start()

    def _follow(self) -> None:
        while not self.over.is_set():
            last = self.events[-1].id if self.events else ""
            with suppress(NoServer):
                for event in self._client.stream_events(last_event_id=last, idle_s=IDLE_S):
                    self.events.append(event)
                    if self.over.is_set():
                        return

    def close(self) -> None:
        self.over.set()
        self._thread.join()


SETTINGS = {"TIMELINE_JOBS__LEASE_S": str(LEASE_S), "TIMELINE_IMPORTS__BATCH": "2"}


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    """The server's."""
    return Clock(tmp_path)


@pytest.fixture
def server(tmp_path: Path, clock: Clock) -> Iterator[Server]:
    with Server(tmp_path / "library", settings={**SETTINGS, **clock.settings}) as running:
        yield running


@pytest.mark.slow
@pytest.mark.timeout(120 + 2 * ASLEEP_S)
@pytest.mark.parametrize("clock_moves_s", [ASLEEP_S, 3 * 3600, -3 * 3600])
def test_after_a_sleep_it_answers_streams_go_on_and_the_job_is_done_once(
    server: Server, folder: Path, clock: Clock, clock_moves_s: float
) -> None:
    with server.client() as client, server.client() as other:
        listening = Listener(other)
        made = client.post(f"{API}/imports", {"path": str(folder)})["id"]
        settled(client, made, leaving=("scanning",))
        client.post(f"{API}/imports/{made}/start")
        while not client.get(f"{API}/imports/{made}")["progress"].get("done"):
            time.sleep(0.02)
        server.process.send_signal(signal.SIGSTOP)
        time.sleep(ASLEEP_S)
        clock.move(clock_moves_s)
        server.process.send_signal(signal.SIGCONT)
        assert server.ask("GET", f"{API}/health").status == 200
        done = settled(client, made, leaving=("running",))
        assert (done["state"], done["counts"]["new"]) == ("done", client.get(f"{API}/bootstrap")["memories"])
        assert client.get(f"{API}/bootstrap")["memories"] == len(list(folder.iterdir()))
        told_until(listening, made)
        listening.close()
    assert server.end()[0] == 0
    assert all(later > earlier for earlier, later in itertools.pairwise(_progress(listening.events, made)))


def told_until(listening: Listener, import_id: str) -> None:
    give_up = time.monotonic() + 60
    while not any(_is_end(event, import_id) for event in listening.events):
        assert time.monotonic() < give_up
        time.sleep(0.05)


def _is_end(event: ServerEvent, import_id: str) -> bool:
    return event.name == "import" and event.data["id"] == import_id and event.data["state"] == "done"


def _progress(events: list[ServerEvent], import_id: str) -> list[int]:
    """How far the import was told to be, without what was told twice in a row."""
    running = (event.data for event in events if event.name == "import" and event.data["id"] == import_id)
    told = [data["progress"].get("done", 0) for data in running if data["state"] == "running"]
    return [number for number, _ in itertools.groupby(told)]
