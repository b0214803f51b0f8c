"""The cache port: both backends keep the same promises, the greatest of which is that nothing in them is believed."""

from __future__ import annotations

import asyncio
import os
import pickle
import sqlite3
import stat
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeAlias
from uuid import uuid4

import pytest

from timeline_local.backends.cache_diskcache import DiskCache
from timeline_local.backends.cache_redis import RedisCache
from timeline_local.backends.redis_client import RedisLink
from timeline_local.core.breaker import Breaker
from timeline_local.core.cache import LARGEST_VALUE, LONGEST_KEY, Cache, NoCache, seal, unseal

LIMIT_S = 60.0
Plant: TypeAlias = Callable[[str, bytes], Awaitable[None]]


class Opened:
    """A cache and a way to put bytes behind its back."""

    def __init__(self, cache: Cache, plant: Plant) -> None:
        self.cache = cache
        self.plant = plant


def disk(folder: Path, **more: Any) -> DiskCache:  # noqa: ANN401 - passed on
    return DiskCache(folder, size_bytes=64 * 1024 * 1024, wait_s=LIMIT_S, **more)


@pytest.fixture(params=["disk", "redis"])
async def opened(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Opened]:
    if request.param == "disk":
        folder = tmp_path / "cache"
        cache: Cache = disk(folder)

        async def plant(key: str, stored: bytes) -> None:
            await cache.set(key, b"good", LIMIT_S)
            with sqlite3.connect(folder / "cache.db") as file:
                file.execute("UPDATE Cache SET value = ? WHERE key = ?", (stored, key))
            file.close()

        yield Opened(cache, plant)
        await cache.close()
        return
    link = RedisLink(request.getfixturevalue("redis_url"), wait_s=LIMIT_S)
    prefix = f"test:{uuid4().hex}:"
    shared = RedisCache(link, prefix=prefix)

    async def plant_there(key: str, stored: bytes) -> None:
        await link.run(lambda redis: redis.set(prefix + key, stored, ex=60))

    yield Opened(shared, plant_there)
    await link.run(lambda redis: redis.delete(*[prefix + key for key in ("a", "b", "ä✓", "k" * LONGEST_KEY)]))
    await shared.close()


async def test_what_was_set_is_found_until_it_is_deleted(opened: Opened) -> None:
    await opened.cache.set("a", b"\x00one", LIMIT_S)
    assert await opened.cache.get("a") == b"\x00one"
    await opened.cache.delete("a")
    assert await opened.cache.get("a") is None


async def test_a_key_that_was_never_set_is_a_miss(opened: Opened) -> None:
    assert await opened.cache.get("a") is None


async def test_setting_again_replaces(opened: Opened) -> None:
    await opened.cache.set("a", b"old", LIMIT_S)
    await opened.cache.set("a", b"new", LIMIT_S)
    assert await opened.cache.get("a") == b"new"


async def test_an_empty_value_is_a_value(opened: Opened) -> None:
    await opened.cache.set("a", b"", LIMIT_S)
    assert await opened.cache.get("a") == b""


async def test_a_key_may_be_any_text(opened: Opened) -> None:
    await opened.cache.set("ä✓", b"one", LIMIT_S)
    assert await opened.cache.get("ä✓") == b"one"


async def test_a_value_is_forgotten_when_its_time_is_over(opened: Opened) -> None:
    await opened.cache.set("a", b"one", 0.001)
    while await opened.cache.get("a") is not None:  # noqa: ASYNC110 - Redis tells nobody
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("key", ["", "k" * (LONGEST_KEY + 1), "é" * LONGEST_KEY])
async def test_a_key_that_is_empty_or_too_long_keeps_nothing(opened: Opened, key: str) -> None:
    await opened.cache.set(key, b"one", LIMIT_S)
    assert await opened.cache.get(key) is None


async def test_the_longest_key_and_a_value_of_four_mebibytes_are_kept(opened: Opened) -> None:
    value = os.urandom(4 * 1024 * 1024)
    await opened.cache.set("k" * LONGEST_KEY, value, LIMIT_S)
    assert await opened.cache.get("k" * LONGEST_KEY) == value


async def test_a_value_that_is_too_large_is_not_kept(opened: Opened) -> None:
    await opened.cache.set("a", bytes(LARGEST_VALUE + 1), LIMIT_S)
    assert await opened.cache.get("a") is None


async def test_many_who_ask_at_once_each_get_their_own(opened: Opened) -> None:
    await asyncio.gather(*(opened.cache.set(f"many-{n}", b"%d" % n, 60) for n in range(50)))
    found = await asyncio.gather(*(opened.cache.get(f"many-{n}") for n in range(50)))
    assert found == [b"%d" % n for n in range(50)]


async def test_the_report_counts_hits_and_misses(opened: Opened) -> None:
    await opened.cache.set("a", b"one", LIMIT_S)
    await opened.cache.get("a")
    await opened.cache.get("b")
    report = await opened.cache.report()
    assert (report.state, report.hits, report.misses, report.failures) == ("ok", 1, 1, 0)


async def test_after_closing_everything_is_a_miss_and_closing_again_is_harmless(opened: Opened) -> None:
    await opened.cache.set("a", b"one", LIMIT_S)
    await opened.cache.close()
    await opened.cache.close()


class Bomb:
    """Unpickled, it leaves a file behind."""

    def __init__(self, crater: Path) -> None:
        self._crater = crater

    def __reduce__(self) -> tuple[Any, ...]:
        return (os.system, (f"touch {self._crater}",))


async def test_a_planted_pickle_is_a_miss_and_never_runs(opened: Opened, tmp_path: Path) -> None:
    crater = tmp_path / "crater"
    bomb = pickle.dumps(Bomb(crater))
    await opened.plant("a", bomb)
    await opened.plant("b", seal("other", bomb))
    assert await opened.cache.get("a") is None
    assert await opened.cache.get("b") is None
    assert not crater.exists()
    pickle.loads(bomb)  # noqa: S301 - the bomb is ours, and proves that it would have worked
    assert crater.exists()


@pytest.mark.parametrize("damage", [b"", b"TLC1", b"TLC1" + bytes(16), b"TLC1" + bytes(16) + b"one", b"\x80\x04."])
async def test_a_damaged_entry_is_a_miss_and_can_be_set_again(opened: Opened, damage: bytes) -> None:
    await opened.plant("a", damage)
    assert await opened.cache.get("a") is None
    await opened.cache.set("a", b"one", LIMIT_S)
    assert await opened.cache.get("a") == b"one"


def test_one_flipped_bit_of_a_sealed_value_is_noticed() -> None:
    sealed = bytearray(seal("a", b"one"))
    for at in range(len(sealed)):
        sealed[at] ^= 1
        assert unseal("a", bytes(sealed)) is None
        sealed[at] ^= 1
    assert unseal("a", bytes(sealed)) == b"one"


# --- the folder ---------------------------------------------------------------


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """A cache folder in which `a` was kept, closed."""
    made = disk(tmp_path / "cache")
    await made.set("a", b"one", LIMIT_S)
    await made.close()
    return tmp_path / "cache"


async def test_the_folder_keeps_its_values_over_a_restart_and_is_private(folder: Path) -> None:
    again = disk(folder)
    assert await again.get("a") == b"one"
    await again.close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_two_processes_share_the_folder(folder: Path) -> None:
    first, second = disk(folder), disk(folder)
    await first.set("b", b"two", LIMIT_S)
    assert await second.get("b") == b"two"
    await first.close()
    await second.close()


# What somebody who can write into the folder may plant: columns of the row of `a`, without and with a file.
PLANTED = {
    "a pickle in the row": "mode = 4, value = :bomb",
    "a pickle in a file": "mode = 4, filename = 'bomb', value = NULL",
    "a binary file": "mode = 2, filename = 'bomb', value = NULL",
    "a text file elsewhere": "mode = 3, filename = '../outside', value = NULL",
    "a number": "mode = 1, value = 7",
    "no value": "mode = 1, value = NULL",
    "a mode unheard of": "mode = 99",
}


@pytest.mark.parametrize("columns", PLANTED.values(), ids=PLANTED)
async def test_a_planted_row_is_a_miss_that_runs_and_deletes_nothing(
    folder: Path, tmp_path: Path, columns: str
) -> None:
    crater, outside = tmp_path / "crater", tmp_path / "outside"
    bomb = pickle.dumps(Bomb(crater))
    (folder / "bomb").write_bytes(bomb)
    outside.write_bytes(bomb)
    with sqlite3.connect(folder / "cache.db") as file:
        file.execute(f"UPDATE Cache SET {columns}", {"bomb": bomb} if ":bomb" in columns else ())  # noqa: S608
    file.close()
    cache = disk(folder)
    assert await cache.get("a") is None
    await cache.set("a", b"two", LIMIT_S)
    assert await cache.get("a") == b"two"
    await cache.delete("a")
    await cache.close()
    assert outside.exists()
    assert not crater.exists()


async def test_a_planted_key_that_is_a_pickle_never_runs(folder: Path, tmp_path: Path) -> None:
    crater = tmp_path / "crater"
    with sqlite3.connect(folder / "cache.db") as file:
        file.execute("UPDATE Cache SET key = ?, raw = 0", (pickle.dumps(Bomb(crater)),))
    file.close()
    cache = disk(folder)
    assert await cache.get("a") is None
    assert (await cache.report()).entries == 1
    await cache.close()
    assert not crater.exists()


async def test_planted_settings_of_the_package_make_a_new_folder(folder: Path) -> None:
    with sqlite3.connect(folder / "cache.db") as file:
        file.execute("INSERT INTO Settings VALUES ('disk_planted', 1)")
    file.close()
    cache = disk(folder)
    assert await cache.get("a") is None
    await cache.set("a", b"two", LIMIT_S)
    assert await cache.get("a") == b"two"
    await cache.close()


def _garble(folder: Path) -> None:
    for file in folder.iterdir():
        file.write_bytes(b"\x00rubbish" * 4096)


def _cut(folder: Path) -> None:
    os.truncate(folder / "cache.db", 5000)


def _replace_by_a_file(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    folder.write_bytes(b"a file")


def _drop_the_table(folder: Path) -> None:
    with sqlite3.connect(folder / "cache.db") as file:
        file.execute("DROP TABLE Cache")
    file.close()


@pytest.mark.parametrize("damage", [_garble, _cut, _replace_by_a_file, _drop_the_table])
async def test_a_damaged_folder_is_made_anew(folder: Path, damage: Callable[[Path], None]) -> None:
    damage(folder)
    cache = disk(folder, breaker=Breaker(pause_s=0))
    await cache.get("a")
    await cache.set("b", b"two", LIMIT_S)
    assert await cache.get("b") == b"two"
    assert folder.is_dir()
    await cache.close()


async def test_a_folder_that_is_damaged_while_it_is_open_is_made_anew(folder: Path) -> None:
    cache = disk(folder, breaker=Breaker(pause_s=0))
    assert await cache.get("a") == b"one"
    _drop_the_table(folder)
    assert await cache.get("a") is None
    await cache.set("b", b"two", LIMIT_S)
    assert await cache.get("b") == b"two"
    await cache.close()


async def test_a_folder_that_cannot_be_made_is_a_cache_that_is_away(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache = disk(tmp_path / "file" / "cache")
    await cache.set("a", b"one", LIMIT_S)
    assert await cache.get("a") is None
    report = await cache.report()
    assert (report.state, report.entries, report.size_bytes, report.failures) == ("away", None, None, 1)
    await cache.close()


async def test_a_folder_whose_disk_is_gone_is_not_made_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    cache = disk(tmp_path / "disk" / "cache", breaker=Breaker(pause_s=0))
    (tmp_path / "disk").rename(tmp_path / "unplugged")
    (tmp_path / "disk").mkdir()
    await cache.set("a", b"one", LIMIT_S)
    assert list((tmp_path / "disk").iterdir()) == []
    (tmp_path / "disk").rmdir()
    (tmp_path / "unplugged").rename(tmp_path / "disk")
    await cache.set("a", b"one", LIMIT_S)
    assert await cache.get("a") == b"one"
    await cache.close()


async def test_the_folder_stays_within_its_size(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path / "cache", size_bytes=4 * 1024 * 1024, wait_s=LIMIT_S)
    for number in range(40):
        await cache.set(f"value-{number}", os.urandom(256 * 1024), LIMIT_S)
    report = await cache.report()
    assert report.size_bytes is not None
    assert report.size_bytes < 6 * 1024 * 1024
    assert await cache.get("value-39") is not None
    await cache.close()


async def test_no_cache_keeps_nothing() -> None:
    cache = NoCache()
    await cache.set("a", b"one", LIMIT_S)
    await cache.delete("a")
    assert await cache.get("a") is None
    assert (await cache.report()).kind == "none"
    await cache.close()
