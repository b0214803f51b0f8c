"""The process that handles originals, and how the server goes on when it cannot."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from timeline_local.backends.blobs_fs import FileBlobs
from timeline_local.core import side_process
from timeline_local.core.blobs import Offer, Stored
from timeline_local.core.shelf import Whole
from timeline_local.domain.stretches import Stretch
from timeline_local.media import file_hand
from timeline_local.media.file_hand import FileHand

COUNT = 10


@pytest.fixture
def hand() -> Iterator[FileHand]:
    made = FileHand()
    yield made
    made.close()


@pytest.fixture
def originals(tmp_path: Path) -> list[Path]:
    (tmp_path / "given").mkdir()
    made = [tmp_path / "given" / f"{number}.jpg" for number in range(COUNT)]
    for number, path in enumerate(made):
        path.write_bytes(b"\xff\xd8\xff\xe0" + bytes([number]) * 5000)
    return made


@pytest.fixture
def blobs(tmp_path: Path, hand: FileHand) -> FileBlobs:
    (tmp_path / "media").mkdir()
    (tmp_path / "incoming").mkdir()
    return FileBlobs(tmp_path / "media", tmp_path / "incoming", reserve_bytes=0, hand=hand)


def hash_of(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


def offers(originals: list[Path]) -> list[Offer]:
    def unheard() -> None:
        raise AssertionError("the server was to leave it to the process")

    return [Offer(unheard, path.stat().st_size, hash_of(path), Stretch(str(path))) for path in originals]  # type: ignore[arg-type]


def own_way(originals: list[Path]) -> list[Offer]:
    """Offers that the server can read itself, too."""
    return [
        Offer(lambda path=path: path.open("rb"), path.stat().st_size, hash_of(path), Stretch(str(path)))  # type: ignore[misc]
        for path in originals
    ]


def pid_of(hand: FileHand) -> int:
    assert hand._helper is not None
    return hand._helper._process.pid


async def test_many_originals_are_kept_by_the_process(blobs: FileBlobs, originals: list[Path], tmp_path: Path) -> None:
    hashes = [hash_of(path) for path in originals]
    stored = await blobs.put_all(offers(originals))
    assert stored == [Stored(each, 5004, is_new=True) for each in hashes]
    assert [blobs.path(each).read_bytes() for each in hashes] == [path.read_bytes() for path in originals]
    assert {blobs.path(each).stat().st_mode & 0o777 for each in hashes} == {0o600}
    again = await blobs.put_all(offers(originals))
    assert again == [Stored(each, 5004, is_new=False) for each in hashes]
    assert list((tmp_path / "incoming").iterdir()) == []


async def test_what_the_process_cannot_read_is_told_by_the_server(
    blobs: FileBlobs, originals: list[Path], tmp_path: Path
) -> None:
    given = own_way(originals)
    originals[3].unlink()
    originals[4].write_bytes(b"other bytes")
    found = await blobs.put_all(given)
    assert [type(each).__name__ for each in found].count("Stored") == COUNT - 2
    assert isinstance(found[3], FileNotFoundError)
    assert str(found[4]) == "it changed while it was read"
    assert list((tmp_path / "incoming").iterdir()) == []


async def test_a_process_that_is_killed_costs_nothing(blobs: FileBlobs, hand: FileHand, originals: list[Path]) -> None:
    await blobs.put_all(offers(originals[:8]))
    first = pid_of(hand)
    os.kill(first, signal.SIGSTOP)
    os.kill(first, signal.SIGKILL)
    found = await blobs.put_all(own_way(originals))
    assert [each.is_new for each in found if isinstance(each, Stored)] == [False] * 8 + [True] * 2
    assert [each is not None for each in hand.look([(Stretch(str(path)), path.name) for path in originals])] == [
        True
    ] * COUNT
    assert pid_of(hand) != first


async def test_without_the_process_the_server_does_it_itself(
    blobs: FileBlobs, originals: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_hand, "command_of", lambda *_: ["/nowhere/python"])
    found = await blobs.put_all(own_way(originals))
    assert [each.is_new for each in found if isinstance(each, Stored)] == [True] * COUNT


async def test_what_is_uploaded_does_not_wait_for_a_busy_process(
    blobs: FileBlobs, hand: FileHand, originals: list[Path]
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"uploaded"

    taken = await asyncio.to_thread(hand.take, blobs._root, blobs._incoming, [_wanted(path) for path in originals])
    with hand._asking:  # as while a film is read for another import
        naming = asyncio.create_task(
            asyncio.to_thread(blobs._named, [each for each in taken if isinstance(each, Whole)])
        )
        async with asyncio.timeout(20):
            assert (await blobs.put_stream(chunks())).is_new
        assert not naming.done()
    assert [each.is_new for each in await naming] == [True] * COUNT


def _wanted(path: Path) -> tuple[Stretch, int, bytes]:
    return Stretch(str(path)), path.stat().st_size, hash_of(path)


def test_files_are_looked_at(hand: FileHand, originals: list[Path], tmp_path: Path) -> None:
    (found, gone) = hand.look([(Stretch(str(originals[2])), "2.jpg"), (Stretch(str(tmp_path / "gone")), "gone")])
    assert gone is None
    assert found is not None
    assert (found.sha256, found.size, found.sniffed.mime) == (hash_of(originals[2]), 5004, "image/jpeg")


def test_a_closed_hand_starts_no_process(hand: FileHand, originals: list[Path]) -> None:
    hand.close()
    assert hand.look([(Stretch(str(originals[0])), "0.jpg")]) == [None]
    assert hand._helper is None


def test_an_idle_process_ends(hand: FileHand, originals: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_hand, "IDLE_S", 0.2)
    hand.look([(Stretch(str(originals[0])), "0.jpg")])
    helper = hand._helper
    assert helper is not None
    helper._process.wait(timeout=20)


def test_the_process_ends_with_the_server() -> None:
    helper = side_process.Helper.start(side_process.command_of("timeline_local.media.file_hand", file_hand.FLAG))
    assert helper._process.stdin is not None
    helper._process.stdin.close()
    assert helper._process.wait(timeout=20) == 0
    helper.reap()
