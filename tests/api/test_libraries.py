"""Other libraries and another folder for this one, asked for over HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from timeline_local.cli.onward import go_onward
from timeline_local.config import chosen_data_dir, load_settings
from timeline_local.core import library_move
from timeline_local.core.changes import Event, Subscription
from timeline_local.core.instance import claim_library
from timeline_local.core.libraries import Word
from timeline_local.core.library import open_library
from timeline_local.core.relocation import kept_failure
from timeline_local.runtime import Runtime

API = "/api/v1/libraries"

pytestmark = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))


@pytest.fixture
def going(runtime: Runtime) -> Runtime:
    """A server that may go over to another folder."""
    runtime.onwards = []
    return runtime


async def ended(runtime: Runtime) -> None:
    async with asyncio.timeout(30):
        await runtime.quit.wait()


async def test_the_open_library_and_those_of_the_list_are_told(
    client: httpx.AsyncClient, going: Runtime, tmp_path: Path
) -> None:
    other = str(tmp_path / "Family")
    assert (await client.post(API, json={"path": other})).status_code == 201
    told = (await client.get(API)).json()
    assert told["can_change"] is True
    assert [(each["path"], each["is_open"], each["is_there"]) for each in told["items"]] == [
        (str(going.library.root), True, True),
        (str(tmp_path / "share" / "timeline-local"), False, False),
        (other, False, False),
    ]
    assert (await client.delete(API, params={"path": other})).status_code == 200
    again = await client.delete(API, params={"path": other})
    assert (again.status_code, again.json()["type"]) == (422, "/problems/library-not-usable")


async def test_another_library_is_opened_by_ending_this_server(
    client: httpx.AsyncClient, going: Runtime, tmp_path: Path
) -> None:
    other = tmp_path / "Family"
    assert (await client.post(f"{API}/open", json={"path": str(other)})).status_code == 202
    assert going.quit.is_set()
    assert going.onwards is not None
    assert go_onward(going.onwards[-1]) == Word(other, shows=True)
    assert chosen_data_dir() == other


def _busy(tmp_path: Path) -> Path:
    (tmp_path / "busy").mkdir()
    (tmp_path / "busy" / "letter.txt").touch()
    return tmp_path / "busy"


def _damaged(tmp_path: Path) -> Path:
    open_library(tmp_path / "damaged", uses_sqlite=True)  # and no database in it
    return tmp_path / "damaged"


@pytest.mark.parametrize(("made", "said"), [(_busy, "holds no library"), (_damaged, "timeline.db is missing")])
async def test_what_cannot_be_opened_is_told_and_this_server_goes_on(
    client: httpx.AsyncClient, going: Runtime, tmp_path: Path, made: Callable[[Path], Path], said: str
) -> None:
    refused = await client.post(f"{API}/open", json={"path": str(made(tmp_path))})
    assert (refused.status_code, refused.json()["type"]) == (422, "/problems/library-not-usable")
    assert said in refused.json()["detail"]
    assert not going.quit.is_set()


async def test_a_library_that_is_open_elsewhere_is_not_opened_twice(
    client: httpx.AsyncClient, going: Runtime, tmp_path: Path
) -> None:
    open_library(tmp_path / "other", uses_sqlite=True)
    with claim_library(tmp_path / "other"):
        refused = await client.post(f"{API}/open", json={"path": str(tmp_path / "other")})
    assert "already open in another process" in refused.json()["detail"]
    assert not going.quit.is_set()


async def test_a_move_is_planned_told_and_finished_after_the_server_has_ended(
    client: httpx.AsyncClient, going: Runtime, tmp_path: Path
) -> None:
    target = tmp_path / "disk" / "Timeline"
    planned = (await client.post(f"{API}/move/plan", json={"path": str(target)})).json()
    assert planned["path"] == str(target)
    assert planned["free_bytes"] > planned["total_bytes"] > 0
    assert not target.exists()
    events = going.changes.subscribe(going.owner_pk)
    assert (await client.post(f"{API}/move", json={"path": str(target)})).status_code == 202
    await ended(going)
    told = [event.data["state"] async for event in _present(events) if event.event == "move"]
    assert told[-1] == "finishing"
    assert (await client.get(API)).json()["move"]["state"] == "finishing"
    assert (await client.delete(f"{API}/move")).status_code == 409
    root = going.library.root
    await going.close()
    assert going.onwards is not None
    assert go_onward(going.onwards[-1]) == Word(target, shows=False)
    assert load_settings(data_dir=root).data_dir == target
    assert open_library(target, uses_sqlite=True).id == going.library.id


async def _present(events: Subscription) -> AsyncIterator[Event]:
    while (event := await events.next(timeout_s=0.2)) is not None:
        yield event


async def test_a_move_that_fails_at_its_end_is_told_where_the_library_still_is(
    client: httpx.AsyncClient, going: Runtime, tmp_path: Path
) -> None:
    target = tmp_path / "Timeline"
    await client.post(f"{API}/move", json={"path": str(target)})
    await ended(going)
    assert going.onwards is not None
    # This server holds the library still.
    assert go_onward(going.onwards[-1]) == Word(going.library.root, shows=False)
    assert "already open" in kept_failure(going.library.root)
    going.relocation = None  # as in the next server
    told = (await client.get(API)).json()["move"]
    assert (told["state"], "already open" in told["detail"]) == ("failed", True)
    assert (await client.delete(f"{API}/move")).status_code == 204
    assert (await client.get(API)).json()["move"] is None


async def test_a_move_is_called_off_and_the_copy_removed(
    client: httpx.AsyncClient, going: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        (going.library.backups / f"{number}.db").write_bytes(bytes(4_000_000))
    waiting = asyncio.Event()
    loop = asyncio.get_running_loop()
    take = library_move._take

    def slowly(move: library_move.Move, path: Path, *, links: bool) -> None:
        loop.call_soon_threadsafe(waiting.set)
        while not move.is_cancelled():
            time.sleep(0.01)
        take(move, path, links=links)

    monkeypatch.setattr(library_move, "_take", slowly)
    target = tmp_path / "Timeline"
    await client.post(f"{API}/move", json={"path": str(target)})
    await waiting.wait()
    second = await client.post(f"{API}/move", json={"path": str(tmp_path / "elsewhere")})
    assert second.status_code == 409
    assert (await client.delete(f"{API}/move")).status_code == 204
    assert not target.exists()
    assert not going.quit.is_set()
    assert (await client.get(API)).json()["move"] is None


@pytest.mark.parametrize("path", ["Timeline", "{library}/inside", "{library}"])
async def test_a_move_that_cannot_be_is_refused_before_anything_happens(
    client: httpx.AsyncClient, going: Runtime, path: str
) -> None:
    refused = await client.post(f"{API}/move", json={"path": path.format(library=going.library.root)})
    assert refused.status_code == 422
    assert "Nothing was changed." in refused.json()["detail"]
    assert going.relocation is None


@pytest.mark.parametrize("route", ["", "/open", "/move/plan", "/move"])
async def test_a_server_for_one_command_or_for_others_changes_nothing(
    client: httpx.AsyncClient, runtime: Runtime, tmp_path: Path, route: str
) -> None:
    refused = await client.post(f"{API}{route}", json={"path": str(tmp_path / "new")})
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/wrong-state")
    assert (await client.get(API)).json()["can_change"] is False
    runtime.onwards = []
    runtime.settings = load_settings(data_dir=runtime.library.root, server={"allow_lan": True})
    assert (await client.post(f"{API}{route}", json={"path": str(tmp_path / "new")})).status_code == 409
