"""An anonymised copy: counts, lengths and links of the original, and not one of its words, places or pictures."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from sqlalchemy import func, select

from timeline_local.config import load_settings
from timeline_local.jobs.anonymise import make_copy
from timeline_local.models import Base, Memory
from timeline_local.models import User as Account
from timeline_local.runtime import Runtime, open_runtime
from timeline_local.services import anonymise
from timeline_local.services.audit import COMMAND

API = "/api/v1"
TELLING = (
    "Marguerite",
    "Quixworth",
    "marguerite@quixworth.example",
    "Zwiebelhausen",
    "Throckmorton",
    "Birthday in Zwiebelhausen",
    "IMG_holiday_Throckmorton",
    "photocamera",
)


def _jpeg(colour: tuple[int, int, int]) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, "JPEG")
    return file.getvalue()


@pytest.fixture
async def filled(client: httpx.AsyncClient, runtime: Runtime) -> Runtime:
    """A library with people, places, tags, pictures, fuzzy dates and two memories that belong together."""
    files = {"file": ("IMG_holiday_Throckmorton.jpg", _jpeg((200, 20, 20)), "image/jpeg")}
    uploaded = await client.post(f"{API}/media", files=files)
    assert uploaded.is_success, uploaded.text
    written: list[dict[str, Any]] = [
        {
            "title": "Birthday in Zwiebelhausen",
            "body": "With **Marguerite** at the photocamera, 1987 again. #throckmorton",
            "local_at": "2019-06-14T18:30:00",
            "zone": "Europe/Lisbon",
            "lat": 38.7223,
            "lon": -9.1393,
            "tags": ["throckmorton", "family"],
            "people": ["Marguerite Quixworth"],
        },
        {"title": "Zwiebelhausen", "when": "1994-09", "tags": ["family"]},
        {"body": "marguerite@quixworth.example wrote", "when": "1987"},
        {"title": "No date of Quixworth", "when": None, "local_at": None},
    ]
    ids = []
    for fields in written:
        made = await client.post(f"{API}/memories", json=fields)
        assert made.status_code == httpx.codes.CREATED, made.text
        ids.append(made.json()["id"])
    related = await client.post(f"{API}/memories/{ids[0]}/relations", json={"to": ids[1], "kind": "related"})
    assert related.is_success, related.text
    async with runtime.database.write() as db:
        await db.execute(Account.__table__.update().values(email="marguerite@quixworth.example", name="Marguerite"))  # type: ignore[attr-defined]
    return runtime


async def _copy(runtime: Runtime, target: Path, seed: bytes = b"seed") -> dict[str, Any]:
    return await make_copy(runtime, target, seed=seed, actor=COMMAND, told=lambda _: None)


async def _opened(target: Path, look: Callable[[Runtime], Any]) -> Any:  # noqa: ANN401 - whatever the look sees
    copy = await open_runtime(load_settings(data_dir=target, environment="test"))
    try:
        return await look(copy)
    finally:
        await copy.close()


async def _counts(runtime: Runtime) -> dict[str, int]:
    async with runtime.database.read() as db:
        return {
            name: (await db.execute(select(func.count()).select_from(Base.metadata.tables[name]))).scalar_one()
            for name in (*anonymise.RULES, "memory_text")
        }


async def _memories(runtime: Runtime) -> list[Any]:
    async with runtime.database.read() as db:
        return list((await db.execute(select(Memory.__table__).order_by(Memory.pk))).all())


async def test_nothing_of_the_original_is_in_the_copy(filled: Runtime, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    await _copy(filled, target)
    needles = [form.encode() for word in TELLING for form in (word, word.casefold(), word.upper())]
    originals = {path.read_bytes() for path in filled.library.media.rglob("*") if path.is_file()}
    files = [path for path in target.rglob("*") if path.is_file()]
    assert [(path.name, needle) for path in files for needle in needles if needle in path.read_bytes()] == []
    assert not originals & {path.read_bytes() for path in files}
    assert (filled.library.root / "secrets.json").read_bytes() != (target / "secrets.json").read_bytes()


async def test_counts_lengths_and_order_are_those_of_the_original(filled: Runtime, tmp_path: Path) -> None:
    told = await _copy(filled, tmp_path / "copy")
    before, after = await _memories(filled), await _opened(tmp_path / "copy", _memories)
    assert await _opened(tmp_path / "copy", _counts) == await _counts(filled)
    assert told["rows"]["memory"] == len(before) == len(after)
    for old, new in zip(before, after, strict=True):
        assert (len(new.title), len(new.body), new.kind, new.precision) == (
            len(old.title),
            len(old.body),
            old.kind,
            old.precision,
        )
        assert new.id != old.id
        assert (new.local_on is None) == (old.local_on is None)
        assert new.local_at < old.local_at
    dated = [(old, new) for old, new in zip(before, after, strict=True) if old.precision == "instant"]
    assert len({old.happened_at - new.happened_at for old, new in dated}) == 1
    assert (dated[0][0].happened_at - dated[0][1].happened_at).days % 7 == 0
    placed = [(old, new) for old, new in zip(before, after, strict=True) if old.lat is not None]
    assert placed
    assert not [old.pk for old, new in placed if (new.lat, new.lon) == (old.lat, old.lon)]


async def test_pictures_have_the_size_of_the_original(filled: Runtime, tmp_path: Path) -> None:
    await _copy(filled, tmp_path / "copy")
    pictures = [path for path in (tmp_path / "copy" / "media").rglob("*") if path.is_file()]
    sizes = []
    for path in pictures:
        with Image.open(path) as picture:
            sizes.append(picture.size)
    assert sizes == [(64, 48)]


async def test_the_same_seed_makes_the_same_copy_and_another_a_different_one(filled: Runtime, tmp_path: Path) -> None:
    for name, seed in (("a", b"one"), ("b", b"one"), ("c", b"two")):
        await _copy(filled, tmp_path / name, seed)
    a, b, c = [await _opened(tmp_path / name, _memories) for name in "abc"]
    assert [(row.id, row.title, row.local_at) for row in a] == [(row.id, row.title, row.local_at) for row in b]
    assert {row.title for row in a} & {row.title for row in c} <= {""}


async def test_the_copy_is_a_sound_library(filled: Runtime, tmp_path: Path) -> None:
    from timeline_local.jobs.maintenance import new_state, step

    await _copy(filled, tmp_path / "copy")

    async def verify(copy: Runtime) -> dict[str, Any]:
        state = new_state("verify")
        while not await step(copy, state):
            pass
        return dict(state["result"])

    found = await _opened(tmp_path / "copy", verify)
    assert (found["problems"], found["memories"], found["media"]) == ([], 5, 1)


async def test_the_job_says_where_the_copy_is(client: httpx.AsyncClient, filled: Runtime) -> None:
    started = await client.post(f"{API}/admin/anonymised-copies")
    async with asyncio.timeout(60):
        while True:
            job = (await client.get(started.headers["location"])).json()
            if job["state"] not in ("waiting", "running"):
                break
            await asyncio.sleep(0.02)
    assert (job["state"], job["error"]) == ("done", None)
    assert (filled.library.root / job["result"]["folder"] / "library.json").is_file()
    entries = (await client.get(f"{API}/admin/audit?action=anonymised_copy.made")).json()["items"]
    assert entries[0]["details"] == {"memories": 5, "files": 1}


def test_every_table_and_column_is_classified() -> None:
    assert {table.name for table in anonymise.checked_tables()} == set(anonymise.RULES)
    assert not (anonymise.DERIVED | anonymise.LEFT) & set(anonymise.RULES)
