"""Rendered notes in the cache: made once, sealed, and never shown for another text."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import orjson
import pytest

from timeline_local.backends.cache_diskcache import DiskCache
from timeline_local.core.encryption import FieldCipher
from timeline_local.runtime import Runtime
from timeline_local.services import rendered as module
from timeline_local.services.render import render
from timeline_local.services.rendered import forget_rendered, rendered, rendered_unkept

ONE = UUID("0199a5c2-f3b7-7e5d-a1a0-c4a19a5c2f3b")
LONG = "# Lisbon\n\n" + "We *walked* up to the castle. " * 200
CIPHER = FieldCipher(bytes(32))


@pytest.fixture
async def cache(tmp_path: Path) -> AsyncIterator[DiskCache]:
    made = DiskCache(tmp_path / "cache", size_bytes=2**24, wait_s=60)
    yield made
    await made.close()


def plain(blocks: object) -> object:
    return orjson.loads(orjson.dumps(blocks))


@pytest.fixture
def renderings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was rendered because the cache did not have it."""
    made: list[str] = []
    real = module._made

    def counted(body: str) -> bytes:
        made.append(body)
        return real(body)

    monkeypatch.setattr(module, "_made", counted)
    return made


async def test_a_long_note_is_rendered_once(cache: DiskCache, renderings: list[str]) -> None:
    blocks = [plain(await rendered(cache, CIPHER, ONE, LONG)) for _ in range(3)]
    assert blocks == [render(LONG)] * 3
    assert renderings == [LONG]


async def test_a_short_note_is_not_kept(cache: DiskCache) -> None:
    assert await rendered(cache, CIPHER, ONE, "*short*") == render("*short*")
    assert (await cache.report()).entries == 0


async def test_an_edited_note_is_rendered_again_and_takes_the_place_of_the_old_one(
    cache: DiskCache, renderings: list[str]
) -> None:
    for text in (LONG, LONG + "more", LONG + "more"):
        assert plain(await rendered(cache, CIPHER, ONE, text)) == render(text)
    assert renderings == [LONG, LONG + "more"]
    assert (await cache.report()).entries == 1


async def test_another_installs_entry_is_a_miss(cache: DiskCache, renderings: list[str]) -> None:
    await rendered(cache, FieldCipher(os.urandom(32)), ONE, LONG)
    assert plain(await rendered(cache, CIPHER, ONE, LONG)) == render(LONG)
    assert renderings == [LONG, LONG]


async def test_no_word_of_a_note_lies_in_the_cache(cache: DiskCache, tmp_path: Path) -> None:
    await rendered(cache, CIPHER, ONE, LONG)
    files = [path.read_bytes() for path in (tmp_path / "cache").rglob("*") if path.is_file()]
    assert files
    assert not any(b"castle" in content or b"Lisbon" in content for content in files)


async def test_what_is_forgotten_is_gone_and_what_may_not_be_kept_never_was(cache: DiskCache) -> None:
    await rendered(cache, CIPHER, ONE, LONG)
    await forget_rendered(cache, ONE)
    assert plain(await rendered_unkept(LONG)) == render(LONG)
    assert (await cache.report()).entries == 0


async def test_a_memory_is_answered_with_the_same_blocks_from_the_cache(
    client: httpx.AsyncClient, runtime: Runtime, cache: DiskCache
) -> None:
    await runtime.cache.close()
    runtime.cache = cache
    made = (await client.post("/api/v1/memories", json={"body": LONG})).json()
    assert made["blocks"] == render(LONG)
    read = (await client.get(f"/api/v1/memories/{made['id']}")).json()
    assert read["blocks"] == render(LONG)
    assert await cache.get(f"note:{made['id']}") is not None
    assert await cache.get(f"note:{uuid4()}") is None
