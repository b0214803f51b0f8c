"""Locked notes: the text is nowhere but behind the passphrase, and only the session that gave it can read it."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from timeline_local.core.note_keys import NoteKeys
from timeline_local.core.security import SCOPES, Caller
from timeline_local.domain.ids import new_id
from timeline_local.models import ImportItem
from timeline_local.runtime import Runtime
from timeline_local.services.identity import create_api_key
from timeline_local.services.import_work import HEAD_BYTES

API = "/api/v1"
PASSPHRASE = "plum Volcano 72 umbrella"
SECRET = "Zebrafinch whispered quixotically to nobody"
WORDS = (SECRET, SECRET.casefold(), "zebrafinch", "quixotically")


@pytest.fixture
async def noted(client: httpx.AsyncClient) -> dict[str, Any]:
    """A note with the secret text, once edited, and a passphrase set."""
    made = (await client.post(f"{API}/memories", json={"title": "Diary", "body": f"draft of: {SECRET}"})).json()
    edited = await client.patch(f"{API}/memories/{made['id']}", json={"body": SECRET})
    assert edited.status_code == httpx.codes.OK
    answer = await client.put(f"{API}/locked-notes/passphrase", json={"passphrase": PASSPHRASE})
    assert answer.status_code == httpx.codes.NO_CONTENT, answer.text
    return dict(edited.json())


@pytest.fixture
async def locked(client: httpx.AsyncClient, noted: dict[str, Any]) -> dict[str, Any]:
    """That note, locked, in a session that is locked again."""
    answer = await client.post(f"{API}/memories/{noted['id']}/lock")
    assert (answer.status_code, answer.json()["locked"], answer.json()["body"]) == (200, True, "")
    assert (await client.post(f"{API}/locked-notes/lock")).status_code == httpx.codes.NO_CONTENT
    return dict(answer.json())


async def _unlock(client: httpx.AsyncClient, passphrase: str = PASSPHRASE) -> httpx.Response:
    return await client.post(f"{API}/locked-notes/unlock", json={"passphrase": passphrase})


async def _words_forgotten(client: httpx.AsyncClient) -> None:
    """Wait for the job that takes the words out of the index."""
    async with asyncio.timeout(60):
        while True:
            jobs = (await client.get(f"{API}/jobs")).json()["items"]
            states = [job["state"] for job in jobs if job["kind"] == "forget_words"]
            assert states
            assert "failed" not in states
            if set(states) == {"done"}:
                return
            await asyncio.sleep(0.02)


def _holding(root: Path) -> list[str]:
    """Files of the library that hold the text, whole or in single words."""
    return [
        f"{path.relative_to(root)}: {word}"
        for path in sorted(root.rglob("*"))
        if path.is_file()
        for content in [path.read_bytes()]
        for word in WORDS
        if word.encode() in content
    ]


async def test_the_text_of_a_locked_note_is_nowhere_in_the_library(
    runtime: Runtime, client: httpx.AsyncClient, noted: dict[str, Any]
) -> None:
    before = _holding(runtime.library.root)
    await client.post(f"{API}/memories/{noted['id']}/lock")
    await _words_forgotten(client)
    assert bool(before) == (runtime.database.dialect == "sqlite")
    assert _holding(runtime.library.root) == []


async def _imported(client: httpx.AsyncClient, import_id: str, *states: str) -> None:
    async with asyncio.timeout(60):
        while (await client.get(f"{API}/imports/{import_id}")).json()["state"] not in states:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def _plan(client: httpx.AsyncClient, folder: Path) -> str:
    """The id of an import of the folder, scanned."""
    made = await client.post(f"{API}/imports", json={"path": str(folder)})
    await _imported(client, made.json()["id"], "planned")
    return str(made.json()["id"])


async def _kept_by_imports(runtime: Runtime) -> list[str]:
    """What the items of imports keep, where the text is in it."""
    async with runtime.database.read() as db:
        rows = (await db.execute(select(ImportItem.draft, ImportItem.raw, ImportItem.before))).all()
    kept = [zlib.decompress(row.draft[HEAD_BYTES:]) for row in rows if row.draft and len(row.draft) > HEAD_BYTES]
    kept += [zlib.decompress(row.raw) for row in rows if row.raw]
    kept += [str(row.before).encode() for row in rows if row.before]
    return [each.decode() for each in kept if any(word.encode() in each for word in WORDS)]


@pytest.mark.parametrize("planned", ["before it was locked", "after it was locked"])
async def test_no_import_of_the_file_a_locked_note_came_from_keeps_its_text(
    runtime: Runtime, client: httpx.AsyncClient, noted: dict[str, Any], tmp_path: Path, planned: str
) -> None:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "2020-01-01.md").write_text(f"# A day\n{SECRET}")
    first = await _plan(client, folder)
    await client.post(f"{API}/imports/{first}/start")
    await _imported(client, first, "done")
    (imported,) = (await client.get(f"{API}/memories", params={"q": "day"})).json()["items"]
    (folder / "2020-01-01.md").write_text(f"# A day\n{SECRET}\nand more #tagged")
    second = await _plan(client, folder) if planned == "before it was locked" else None
    assert await _kept_by_imports(runtime) != []
    assert (await client.post(f"{API}/memories/{imported['id']}/lock")).status_code == httpx.codes.OK
    assert await _kept_by_imports(runtime) == []
    second = second or await _plan(client, folder)
    assert await _kept_by_imports(runtime) == []
    await client.post(f"{API}/imports/{second}/start")
    await _imported(client, second, "done")
    assert await _kept_by_imports(runtime) == []
    (after,) = (await client.get(f"{API}/memories", params={"q": "day"})).json()["items"]
    assert (after["locked"], after["body"], after["tags"]) == (True, "", ["tagged"])


async def test_a_locked_note_shows_its_title_and_no_text(client: httpx.AsyncClient, locked: dict[str, Any]) -> None:
    one = (await client.get(f"{API}/memories/{locked['id']}")).json()
    listed = (await client.get(f"{API}/memories")).json()["items"][0]
    assert (one["locked"], one["title"], one["body"], one["blocks"]) == (True, "Diary", "", [])
    assert (listed["locked"], listed["body"]) == (True, "")


@pytest.mark.parametrize(
    "path", ["/memories?q=zebrafinch", "/memories?q=draft", "/timeline/skeleton?q=quixotically", "/memories", "/why"]
)
async def test_nothing_that_is_asked_gives_the_text_away(
    client: httpx.AsyncClient, locked: dict[str, Any], path: str
) -> None:
    await _unlock(client)  # even then only the note itself, asked for by its id, is read
    address = f"/memories/{locked['id']}/why" if path == "/why" else path
    answer = await client.get(API + address)
    assert not any(word in answer.text for word in WORDS)
    if "q=" in path and path.startswith("/memories"):
        assert answer.json()["items"] == []


async def test_the_passphrase_opens_it_for_the_session_that_gave_it(
    runtime: Runtime, client: httpx.AsyncClient, locked: dict[str, Any]
) -> None:
    assert (await _unlock(client)).json() == {"has_passphrase": True, "unlocked": True, "idle_s": 300, "notes": 1}
    read = await client.get(f"{API}/memories/{locked['id']}", headers={"If-None-Match": "*"})
    assert (read.json()["body"], read.json()["locked"]) == (SECRET, True)
    assert read.headers["cache-control"] == "private, no-store"
    async with runtime.database.write() as db:
        other = await create_api_key(
            db, runtime.owner_pk, name="other", scopes=sorted(SCOPES), expires_at=None, now=runtime.now()
        )
    elsewhere = await client.get(f"{API}/memories/{locked['id']}", headers={"Authorization": f"Bearer {other.key}"})
    assert elsewhere.json()["body"] == ""
    await client.post(f"{API}/locked-notes/lock")
    assert (await client.get(f"{API}/memories/{locked['id']}")).json()["body"] == ""


async def test_a_locked_text_is_edited_only_while_unlocked_and_stays_sealed(
    runtime: Runtime, client: httpx.AsyncClient, locked: dict[str, Any]
) -> None:
    address = f"{API}/memories/{locked['id']}"
    refused = await client.patch(address, json={"body": "New words"})
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/notes-locked")
    assert (await client.patch(address, json={"title": "Another title"})).status_code == httpx.codes.OK
    await _unlock(client)
    edited = (await client.patch(address, json={"body": f"More: {SECRET}", "mood": 4})).json()
    assert (edited["body"], edited["locked"], edited["mood"]) == ("", True, 4)
    assert (await client.get(address)).json()["body"] == f"More: {SECRET}"
    await _words_forgotten(client)
    assert _holding(runtime.library.root) == []


async def test_taking_the_lock_off_brings_the_text_back_for_good(
    client: httpx.AsyncClient, locked: dict[str, Any]
) -> None:
    address = f"{API}/memories/{locked['id']}"
    assert (await client.post(f"{address}/unlock")).json()["type"] == "/problems/notes-locked"
    await _unlock(client)
    back = (await client.post(f"{address}/unlock")).json()
    assert (back["locked"], back["body"], back["version"]) == (False, SECRET, locked["version"] + 1)
    assert len((await client.get(f"{API}/memories?q=zebrafinch")).json()["items"]) == 1
    again = (await client.post(f"{address}/unlock")).json()
    assert again["version"] == back["version"]


async def test_locking_twice_changes_nothing(client: httpx.AsyncClient, locked: dict[str, Any]) -> None:
    again = (await client.post(f"{API}/memories/{locked['id']}/lock")).json()
    assert again["version"] == locked["version"]


async def test_a_new_passphrase_opens_what_the_old_one_locked(
    client: httpx.AsyncClient, locked: dict[str, Any]
) -> None:
    address = f"{API}/locked-notes/passphrase"
    fresh = "another good long phrase"
    wrong = await client.put(address, json={"passphrase": fresh, "current_passphrase": "not the right one"})
    none = await client.put(address, json={"passphrase": fresh})
    assert [each.json()["type"] for each in (wrong, none)] == ["/problems/wrong-passphrase"] * 2
    changed = await client.put(address, json={"passphrase": fresh, "current_passphrase": PASSPHRASE})
    assert changed.status_code == httpx.codes.NO_CONTENT
    await client.post(f"{API}/locked-notes/lock")
    assert (await _unlock(client)).status_code == httpx.codes.FORBIDDEN
    assert (await _unlock(client, fresh)).status_code == httpx.codes.OK
    assert (await client.get(f"{API}/memories/{locked['id']}")).json()["body"] == SECRET


async def test_ten_wrong_passphrases_are_all_there_are(
    client: httpx.AsyncClient, locked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.services.locked_notes.SCRYPT", {"name": "scrypt", "n": 2, "r": 8, "p": 1})
    del locked
    answers = [(await _unlock(client, f"wrong guess {number}")).status_code for number in range(12)]
    assert answers == [403] * 10 + [429] * 2
    assert (await _unlock(client)).status_code == httpx.codes.TOO_MANY_REQUESTS


@pytest.mark.parametrize("passphrase", ["", "short", "password", "x" * 1001])
async def test_weak_passphrases_are_refused(client: httpx.AsyncClient, passphrase: str) -> None:
    answer = await client.put(f"{API}/locked-notes/passphrase", json={"passphrase": passphrase})
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
    assert (await client.get(f"{API}/locked-notes")).json()["has_passphrase"] is False


async def test_without_a_passphrase_nothing_is_locked(client: httpx.AsyncClient) -> None:
    made = (await client.post(f"{API}/memories", json={"body": "plain"})).json()
    for answer in (await client.post(f"{API}/memories/{made['id']}/lock"), await _unlock(client)):
        assert (answer.status_code, answer.json()["type"]) == (409, "/problems/passphrase-missing")


async def test_what_was_done_to_the_lock_is_in_the_audit_log(client: httpx.AsyncClient, locked: dict[str, Any]) -> None:
    del locked
    await _unlock(client, "a wrong passphrase")
    await _unlock(client)
    entries = (await client.get(f"{API}/admin/audit?action=notes.")).json()["items"]
    assert [entry["action"] for entry in entries] == ["notes.unlocked", "notes.unlock_failed", "notes.passphrase_set"]


# --- the keys in memory ----------------------------------------------------------


@pytest.fixture
async def keys() -> AsyncIterator[tuple[NoteKeys, list[float]]]:
    """Keys whose clock the test sets."""
    clock = [1000.0]
    made = NoteKeys(idle_s=300, monotonic=lambda: clock[0])
    yield made, clock
    made.close()


def _caller(user_pk: int = 1, *, has_credential: bool = True) -> Caller:
    return Caller(
        user_pk=user_pk,
        user_id=new_id(),
        role="owner",
        scopes=frozenset(),
        kind="session",
        credential_id=new_id() if has_credential else None,
    )


async def test_five_idle_minutes_lock_the_notes_and_use_keeps_them_open(keys: tuple[NoteKeys, list[float]]) -> None:
    held, clock = keys
    caller = _caller()
    held.hold(caller, b"key")
    for _ in range(4):
        clock[0] += timedelta(minutes=4).total_seconds()
        assert held.of(caller) == b"key"
    clock[0] += 300
    assert held.of(caller) is None


async def test_a_key_is_one_sessions_alone(keys: tuple[NoteKeys, list[float]]) -> None:
    held, _ = keys
    caller, other, nobody = _caller(), _caller(), _caller(has_credential=False)
    held.hold(caller, b"key")
    held.hold(nobody, b"key")
    assert (held.of(other), held.of(nobody), held.of(caller)) == (None, None, b"key")
    held.forget(caller)
    assert held.of(caller) is None
