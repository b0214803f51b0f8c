"""What every store of originals does."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import shutil
import stat
from collections import namedtuple
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from timeline_local.backends.blobs_fs import FileBlobs
from timeline_local.core.blobs import Blobs, Offer, Stored
from timeline_local.exceptions import BodyTooLarge, DiskFull

BYTES = b"all that happened" * 1000
HASH = hashlib.sha256(BYTES).digest()


@pytest.fixture
def incoming(tmp_path: Path) -> Path:
    (tmp_path / "incoming").mkdir()
    return tmp_path / "incoming"


@pytest.fixture
def blobs(tmp_path: Path, incoming: Path) -> Blobs:
    (tmp_path / "media").mkdir()
    return FileBlobs(tmp_path / "media", incoming, reserve_bytes=0)


async def stream(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def offer(original: Path, sha256: bytes | None = None) -> Offer:
    return Offer(lambda: original.open("rb"), len(BYTES), sha256)


async def test_a_stream_is_kept_under_its_hash(blobs: Blobs) -> None:
    stored = await blobs.put_stream(stream(BYTES[:7], BYTES[7:]))
    assert (stored.sha256, stored.size_bytes, stored.is_new) == (HASH, len(BYTES), True)
    assert blobs.path(HASH).read_bytes() == BYTES


async def test_the_same_bytes_are_kept_once(blobs: Blobs, incoming: Path) -> None:
    await blobs.put_stream(stream(BYTES))
    assert (await blobs.put_stream(stream(BYTES))).is_new is False
    assert list(incoming.iterdir()) == []


async def test_sixteen_at_once_of_the_same_bytes_are_one(blobs: Blobs) -> None:
    stored = await asyncio.gather(*(blobs.put_stream(stream(BYTES)) for _ in range(16)))
    assert sum(each.is_new for each in stored) == 1


async def test_a_file_is_copied_and_left_as_it_was(blobs: Blobs, tmp_path: Path) -> None:
    original = tmp_path / "original"
    original.write_bytes(BYTES)
    before = original.stat()
    assert await blobs.put_all([offer(original, HASH)]) == [Stored(HASH, len(BYTES), is_new=True)]
    assert (original.stat().st_mtime_ns, original.read_bytes()) == (before.st_mtime_ns, BYTES)


async def test_a_file_that_changed_since_it_was_hashed_is_not_kept(blobs: Blobs, tmp_path: Path) -> None:
    original = tmp_path / "original"
    original.write_bytes(b"other bytes")
    (found,) = await blobs.put_all([offer(original, HASH)])
    assert isinstance(found, ValueError)
    assert await blobs.missing([HASH]) == [HASH]


async def test_many_are_kept_together_and_what_cannot_be_read_stops_no_other(
    blobs: Blobs, tmp_path: Path, incoming: Path
) -> None:
    originals = [tmp_path / f"{number}" for number in range(20)]
    for number, original in enumerate(originals):
        original.write_bytes(BYTES if number in (3, 4) else bytes([number]) * 1000)
    originals[7].unlink()
    found = await blobs.put_all([offer(original) for original in originals])
    stored = [each for each in found if isinstance(each, Stored)]
    assert isinstance(found[7], FileNotFoundError)
    assert (len(stored), sum(each.is_new for each in stored), await blobs.missing(each.sha256 for each in stored)) == (
        19,
        18,
        [],
    )
    assert list(incoming.iterdir()) == []


async def test_what_is_here_is_not_read_again(blobs: Blobs, tmp_path: Path) -> None:
    await blobs.put_stream(stream(BYTES))
    assert await blobs.put_all([offer(tmp_path / "gone", HASH)]) == [Stored(HASH, len(BYTES), is_new=False)]


async def test_many_that_fill_the_disk_leave_nothing(
    blobs: Blobs, tmp_path: Path, incoming: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", descriptor)

    (tmp_path / "original").write_bytes(BYTES)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskFull):
        await blobs.put_all([offer(tmp_path / "original")] * 3)
    assert (list(incoming.iterdir()), await blobs.missing([HASH])) == ([], [HASH])


async def test_a_torn_file_under_the_right_name_is_replaced(blobs: Blobs) -> None:
    await blobs.put_stream(stream(BYTES))
    blobs.path(HASH).write_bytes(BYTES[:10])
    assert (await blobs.put_stream(stream(BYTES))).is_new
    assert blobs.path(HASH).read_bytes() == BYTES


async def test_where_the_library_was_nothing_is_made_anew(blobs: Blobs, tmp_path: Path) -> None:
    (tmp_path / "media").rename(tmp_path / "renamed")
    with pytest.raises(FileNotFoundError):
        await blobs.put_stream(stream(BYTES))
    assert not (tmp_path / "media").exists()


async def test_more_than_allowed_leaves_nothing(blobs: Blobs, incoming: Path) -> None:
    with pytest.raises(BodyTooLarge):
        await blobs.put_stream(stream(BYTES, BYTES), max_bytes=len(BYTES))
    assert (list(incoming.iterdir()), await blobs.missing([HASH])) == ([], [HASH])


async def test_a_stream_that_breaks_leaves_nothing(blobs: Blobs, incoming: Path) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        yield BYTES
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await blobs.put_stream(breaking())
    assert list(incoming.iterdir()) == []


async def test_deleting_twice_is_no_error(blobs: Blobs) -> None:
    await blobs.put_stream(stream(BYTES))
    await blobs.delete_all([HASH])
    await blobs.delete_all([HASH])
    assert await blobs.missing([HASH]) == [HASH]


async def test_leftovers_are_swept(blobs: Blobs, incoming: Path) -> None:
    (incoming / "left.part").touch()
    assert await blobs.sweep() == 1
    assert list(incoming.iterdir()) == []


async def test_a_disk_that_is_almost_full_takes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")  # noqa: PYI024 - the shape of shutil's answer
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(100, 90, 10))
    blobs = FileBlobs(tmp_path, tmp_path, reserve_bytes=16)
    with pytest.raises(DiskFull):
        await blobs.put_stream(stream(BYTES))


async def test_kept_files_are_private(blobs: Blobs) -> None:
    await blobs.put_stream(stream(BYTES))
    modes: list[Callable[[], int]] = [
        lambda: stat.S_IMODE(blobs.path(HASH).stat().st_mode),
        lambda: stat.S_IMODE(blobs.path(HASH).parent.stat().st_mode),
    ]
    assert [mode() for mode in modes] == [0o600, 0o700]
