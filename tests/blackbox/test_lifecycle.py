"""Starting, stopping, dying: one server per library, an orderly end, nothing lost or doubled by a disorderly one."""

from __future__ import annotations

import os
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.blackbox.boxed import (
    API,
    Server,
    all_memories,
    clean_environment,
    command,
    imported,
    planned,
    settled,
)

KILLS = int(os.environ.get("TEST_KILLS", "5"))


def start_many(data: Path, count: int) -> list[subprocess.Popen[str]]:
    return [
        subprocess.Popen(
            command("serve", "--data", str(data), "--port", "0", "--no-browser"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=data.parent,
            env=clean_environment(data.parent),
        )
        for _ in range(count)
    ]


@pytest.mark.parametrize("count", [2, pytest.param(20, marks=[pytest.mark.slow, pytest.mark.timeout(400)])])
def test_of_many_starts_one_runs(tmp_path: Path, count: int) -> None:
    processes = start_many(tmp_path / "library", count)
    try:
        until = time.monotonic() + 300
        while sum(process.poll() is None for process in processes) > 1 and time.monotonic() < until:
            time.sleep(0.1)
        losers = [process for process in processes if process.poll() is not None]
        assert len(losers) == count - 1
        assert {process.returncode for process in losers} == {3}
        told = [process.communicate()[1] for process in losers]
        assert [text for text in told if "Traceback" in text] == []
    finally:
        for process in processes:
            process.kill()
            process.communicate()


@pytest.mark.slow
@pytest.mark.timeout(60 + 20 * KILLS)
def test_a_killed_server_leaves_no_lock_behind_and_keeps_what_it_acknowledged(own_server: Server) -> None:
    kept = set()
    for number in range(KILLS):
        with own_server.client() as client:
            kept.add(client.post(f"{API}/memories", {"title": f"note {number}"})["title"])
            own_server.kill()
        own_server.restart()
    with own_server.client() as client:
        assert {one["title"] for one in all_memories(client)} == kept


def kept_whole(server: Server, folder: Path) -> None:
    """Every file of the folder is in the library exactly once, bit for bit."""
    with server.client() as client:
        found = all_memories(client)
    counts = Counter(one["media"][0]["file_name"] for one in found)
    assert {name: n for name, n in counts.items() if n != 1} == {}
    assert set(counts) == {path.name for path in folder.iterdir()}
    key = server.api_key()
    for one in found[:: max(1, len(found) // 20)]:
        media = one["media"][0]
        answer = server.ask("GET", f"{API}/media/{media['id']}/original", {"Authorization": f"Bearer {key}"})
        assert answer.body == (folder / media["file_name"]).read_bytes()


@pytest.mark.slow
def test_an_import_is_finished_after_being_killed_three_times(own_server: Server, folder: Path) -> None:
    with own_server.client() as client:
        plan = planned(client, folder)
        client.post(f"{API}/imports/{plan['id']}/start")
    for _ in range(3):
        time.sleep(0.25)
        own_server.kill()
        own_server.restart()
    with own_server.client() as client:
        done = settled(client, plan["id"], leaving=("planned",))
    assert (done["state"], done["counts"]["new"], done["counts"]["failed"]) == ("done", 150, 0)
    kept_whole(own_server, folder)


@pytest.mark.slow
def test_a_scan_is_finished_after_being_killed(own_server: Server, folder: Path) -> None:
    with own_server.client() as client:
        created = client.post(f"{API}/imports", {"path": str(folder)})
    own_server.kill()
    own_server.restart()
    with own_server.client() as client:
        plan = settled(client, created["id"])
    assert (plan["state"], plan["plan"]["new"]) == ("planned", 150)


def state_of(client: Any) -> dict[str, Any]:  # noqa: ANN401 - a client
    """What the owner sees of the library."""
    boot = client.get(f"{API}/bootstrap")
    return {
        "memories": boot["memories"],
        "trashed": boot["trashed"],
        "titles": sorted(one["title"] for one in all_memories(client)),
        "tags": client.get(f"{API}/tags")["items"],
        "years": client.get(f"{API}/timeline/buckets", unit="year")["items"],
        "days": client.get(f"{API}/timeline/buckets", unit="day")["items"],
    }


def media_files(server: Server) -> set[str]:
    folder = server.data / "media"
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("mode", ["copy", pytest.param("reference", marks=pytest.mark.slow)])
def test_undo_leaves_the_library_as_it_was(own_server: Server, folder: Path, mode: str) -> None:
    with own_server.client() as client:
        client.post(f"{API}/memories", {"title": "Mine", "body": "kept #tag", "local_at": "2016-02-03T10:00:00"})
        before = state_of(client)
        done = imported(client, folder, mode=mode)
        assert (done["state"], done["counts"]["new"]) == ("done", 150)
        again = imported(client, folder, mode=mode)
        assert (again["counts"]["new"], again["counts"]["changed"]) == (0, 0)
        assert client.get(f"{API}/bootstrap")["memories"] == 151
        client.post(f"{API}/imports/{done['id']}/undo")
        assert settled(client, done["id"], leaving=("done",))["state"] == "undone"
        assert state_of(client) == before
    assert len(list(folder.iterdir())) == 150


@pytest.mark.slow
def test_an_import_can_be_cancelled_and_taken_back(own_server: Server, folder: Path) -> None:
    with own_server.client() as client:
        plan = planned(client, folder)
        client.post(f"{API}/imports/{plan['id']}/start")
        client.post(f"{API}/imports/{plan['id']}/cancel", {"keep": False})
        ended = settled(client, plan["id"], leaving=("planned", "running"))
        assert ended["state"] in {"cancelled", "undone", "done"}
        assert client.get(f"{API}/bootstrap")["memories"] in {0, 150}


def refused(data: Path) -> str:
    """What a start that must fail says."""
    ended = subprocess.run(
        command("serve", "--data", str(data), "--port", "0", "--no-browser"),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        cwd=data.parent,
        env=clean_environment(data.parent),
    )
    assert ended.returncode != 0
    assert "Traceback" not in ended.stderr
    return ended.stderr


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["garbage header", "truncated", "deleted", "a folder", "garbage inside"])
def test_a_damaged_database_is_refused_and_left_alone(own_server: Server, damage: str) -> None:
    with own_server.client() as client:
        client.post(f"{API}/memories", {"title": "Mine", "body": "words " * 2000})
    own_server.end()
    database = own_server.data / "timeline.db"
    content = database.read_bytes()
    for left in own_server.data.glob("timeline.db-*"):
        left.unlink()
    damaged = {
        "garbage header": b"this is not a database" + content[22:],
        "truncated": content[: len(content) // 2],
        "garbage inside": content[:4096] + b"\xde\xad" * (len(content) // 2 - 2048),
    }
    database.unlink()
    if damage in damaged:
        database.write_bytes(damaged[damage])
    elif damage == "a folder":
        database.mkdir()
    said = refused(own_server.data)
    assert said.strip()
    assert (database.read_bytes() if database.is_file() else None) == damaged.get(damage)


def test_everything_acknowledged_is_there_after_a_kill(own_server: Server) -> None:
    with own_server.client() as client:
        kept = [client.post(f"{API}/memories", {"title": f"note {number}"})["id"] for number in range(40)]
    own_server.kill()
    own_server.restart()
    with own_server.client() as client:
        assert {one["id"] for one in all_memories(client)} == set(kept)
