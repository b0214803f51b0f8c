"""The cache of one machine: diskcache in the library's `cache/`, shared by its processes, kept over restarts.

The package pickles what it does not know, and unpickles whatever its files claim to be pickled (CVE-2025-69872). Our
`BytesDisk` has no path to pickle and none to a file named by a row: values are bytes inside the row, keys are text.
The folder is disposable: on any error it is deleted and made anew.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import diskcache

from timeline_local.core.breaker import Breaker
from timeline_local.core.cache import LARGEST_VALUE, CacheReport, is_usable, seal, unseal
from timeline_local.core.private_files import make_private_dir

T = TypeVar("T")

WAIT_S = 0.25  # what one call may take; more means the disk is in trouble, and a miss is quicker
PATIENT_S = 5.0  # for what no request waits for: a look at it, and making the files, which takes some syncs
LOCK_S = 0.1  # for another process's write
MODE_RAW = 1

log = logging.getLogger(__name__)


class Poisoned(Exception):
    """The folder holds something that we never write."""


class BytesDisk(diskcache.Disk):  # type: ignore[misc] # the package has no types
    """Text keys and bytes values, both inside the row. Everything else is refused, in both directions."""

    def put(self, key: object) -> tuple[str, bool]:
        """The key's column; only text."""
        if type(key) is not str:
            raise TypeError("cache keys are text")
        return key, True

    def get(self, key: object, raw: object) -> str:
        """The key of a row."""
        if type(key) is not str or not raw:
            raise Poisoned
        return key

    def store(self, value: object, read: object, key: object = None) -> tuple[int, int, None, bytes]:
        """The columns of a value: (size, mode, file name, bytes)."""
        del key
        if type(value) is not bytes or read:
            raise TypeError("cache values are bytes")
        return 0, MODE_RAW, None, value

    def fetch(self, mode: object, filename: object, value: object, read: object) -> bytes:
        """The value of a row."""
        if mode != MODE_RAW or filename is not None or type(value) is not bytes or read:
            raise Poisoned
        return value

    def filename(self, key: object = None, value: object = None) -> NoReturn:
        """Values are never files."""
        del key, value
        raise Poisoned

    def remove(self, file_path: object) -> None:
        """A row that names a file was planted; that file is not ours to delete."""


class DiskCache:
    """The `Cache` port on a folder of its own. Opened at the first use, by its own thread."""

    def __init__(
        self, folder: Path, *, size_bytes: int, wait_s: float = WAIT_S, breaker: Breaker | None = None
    ) -> None:
        self._folder = folder
        self._parent = _identity(folder.parent)
        self._size_bytes = size_bytes
        self._wait_s = wait_s
        self._breaker = breaker or Breaker()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="cache")
        self._cache: diskcache.Cache | None = None
        self._hits = self._misses = 0
        self._is_closed = False

    async def get(self, key: str) -> bytes | None:
        """The value, or None for every reason there is."""
        found: bytes | None = None
        if is_usable(key):
            found = await self._run(lambda cache: _read(cache, key))
        self._hits += found is not None
        self._misses += found is None
        return found

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        """Keep the value; the oldest are dropped when the folder is full."""
        if is_usable(key, value):
            await self._run(lambda cache: cache.set(key, seal(key, value), expire=ttl_s))

    async def delete(self, key: str) -> None:
        """Forget the value."""
        if is_usable(key):
            await self._run(lambda cache: cache.delete(key))

    async def report(self) -> CacheReport:
        """Entries and bytes on disk."""
        sizes = await self._run(lambda cache: (len(cache), int(cache.volume())), wait_s=PATIENT_S)
        entries, size_bytes = sizes or (None, None)
        return CacheReport(
            kind="disk",
            state="away" if sizes is None else "ok",
            entries=entries,
            size_bytes=size_bytes,
            hits=self._hits,
            misses=self._misses,
            failures=self._breaker.failures,
        )

    async def close(self) -> None:
        """Close the files; what was kept stays for the next start."""
        if not self._is_closed:
            self._is_closed = True
            # SQLite wants its connection closed by the thread that opened it.
            await asyncio.get_running_loop().run_in_executor(self._thread, self._let_go)
            self._thread.shutdown(wait=False)

    async def _run(self, work: Callable[[Any], T], *, wait_s: float = 0.0) -> T | None:
        """The result, or None when it failed or took too long; after that the folder is left alone for a while."""
        if self._is_closed:
            return None
        if self._breaker.wants_probe:
            self._breaker.probing()
        elif not self._breaker.is_closed:
            return None
        try:
            least_s = PATIENT_S if self._cache is None else wait_s
            async with asyncio.timeout(max(self._wait_s, least_s)):
                result = await asyncio.get_running_loop().run_in_executor(self._thread, self._work, work)
        except asyncio.CancelledError:
            self._breaker.given_up()
            raise
        except Exception as error:  # noqa: BLE001 - the port's promise: no failure of a cache is an error
            self._breaker.failed()
            log.warning("the cache is out of order", extra={"reason": type(error).__name__})
            return None
        self._breaker.succeeded()
        return result

    def _work(self, work: Callable[[Any], T]) -> T | None:
        try:
            return work(self._opened())
        except diskcache.Timeout:
            return None  # another process is writing
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the folder, a new one has not got it
            log.warning("the cache folder is made anew", extra={"reason": type(error).__name__})
            self._throw_away()
            self._opened()
            return None

    def _opened(self) -> diskcache.Cache:
        if self._cache is None:
            if _identity(self._folder.parent) != self._parent:
                raise FileNotFoundError  # the library's disk is gone: nothing is written into what is left there
            make_private_dir(self._folder)
            self._cache = diskcache.Cache(
                str(self._folder),
                timeout=LOCK_S,
                disk=BytesDisk,
                disk_min_file_size=LARGEST_VALUE * 2,
                size_limit=self._size_bytes,
                eviction_policy="least-recently-stored",
                sqlite_mmap_size=0,
                sqlite_secure_delete=1,  # what is forgotten is overwritten
                sqlite_cache_size=256,
                statistics=0,
                tag_index=0,
            )
        return self._cache

    def _let_go(self) -> None:
        cache, self._cache = self._cache, None
        if cache is not None:
            cache.close()

    def _throw_away(self) -> None:
        self._let_go()
        if self._folder.is_symlink() or not self._folder.is_dir():
            self._folder.unlink(missing_ok=True)
        else:
            shutil.rmtree(self._folder)


def _identity(folder: Path) -> tuple[int, int] | None:
    """Which folder this is, whatever its name leads to now."""
    try:
        found = folder.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _read(cache: Any, key: str) -> bytes | None:  # noqa: ANN401 - the package has no types
    stored = cache.get(key)
    if stored is None:
        return None
    found = unseal(key, stored)
    if found is None:
        cache.delete(key)
    return found
