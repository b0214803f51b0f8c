"""The decoding processes: isolated, bounded, replaced when they break, and gone when the pool stops."""

import asyncio
import os
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from timeline_local.core.messages import pack
from timeline_local.core.side_process import environment
from timeline_local.domain.stretches import Packing, Stretch
from timeline_local.media import decoding
from timeline_local.media.facts import MediaFacts, Undecodable
from timeline_local.media.metadata import read_metadata
from timeline_local.media.sniff import sniff_file
from timeline_local.media.worker import DecodePool, worker_command

Jpeg = Callable[..., Path]

POISONED = """
import os, sys
from timeline_local.media import decoding
sound = decoding.answer
decoding.answer = lambda request: os._exit(3) if "poison" in request["path"] else sound(request)
sys.exit(decoding.serve(sys.stdin.buffer, sys.stdout.buffer))
"""
HANG = [sys.executable, "-c", "import time; time.sleep(600)"]
DIE = [sys.executable, "-c", "import sys; sys.stdin.buffer.read(4); sys.exit(3)"]
BABBLE = [sys.executable, "-c", "import os, sys; os.write(1, bytes([255] * 64)); sys.stdin.buffer.read()"]


def children() -> list[int]:
    """Live or unreaped children of this process, from the kernel's own list."""
    found = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return [int(pid) for path in found for pid in path.read_text().split()]


def process_of(pool: DecodePool) -> int:
    (child,) = pool._all
    return child._helper._process.pid


def proc(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_text()


def status(pid: int, field: str) -> str:
    lines = proc(pid, "status").splitlines()
    return next(line.split(":", 1)[1].strip() for line in lines if line.startswith(f"{field}:"))


@pytest.mark.parametrize("module", ["worker", "metadata", "previews", "sniff", "facts"])
def test_importing_it_loads_no_decoder(module: str) -> None:
    listing = "[m for m in ('PIL', 'av', 'rawpy', 'pi_heif', 'numpy') if m in sys.modules]"
    code = f"import sys, timeline_local.media.{module}; print({listing})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


async def test_facts_are_the_same_as_in_process(pool: DecodePool, jpeg: Jpeg) -> None:
    path = jpeg()
    assert await pool.facts(path) == read_metadata(path, sniff_file(path))


async def test_many_are_answered_in_their_order(pool: DecodePool, jpeg: Jpeg, tmp_path: Path) -> None:
    paths = [jpeg(f"{number}.jpg", size=(40 + number, 30)) for number in range(20)]
    paths[7] = tmp_path / "none.jpg"
    told = await pool.facts_of([(path, "") for path in paths])
    missing = told.pop(7)
    assert [each.width for each in told if isinstance(each, MediaFacts)] == [40, *range(41, 47), *range(48, 60)]
    assert isinstance(missing, Undecodable)


async def test_one_that_ends_the_process_leaves_the_others_their_answers(jpeg: Jpeg, tmp_path: Path) -> None:
    pool = DecodePool(command=[sys.executable, "-c", POISONED])
    await pool.start()
    path = jpeg()
    told = await pool.facts_of([(path, ""), (tmp_path / "poison", ""), (path, "")])
    await pool.stop()
    facts = read_metadata(path, sniff_file(path))
    assert (told[0], told[2]) == (facts, facts)
    assert isinstance(told[1], Undecodable)
    assert told[1].slug == "decoder-crashed"


async def test_a_picture_inside_a_file_says_the_same(pool: DecodePool, jpeg: Jpeg, tmp_path: Path) -> None:
    path = jpeg()
    with zipfile.ZipFile(tmp_path / "whole.zip", "w") as archive:
        archive.write(path, "a.jpg")
        size, end = archive.getinfo("a.jpg").file_size, archive.start_dir
    packing = Packing(header=0, packed=size, end=end, size=size, is_deflated=False, crc=None)
    elsewhere = replace(packing, header=4)
    found = await pool.facts_of(
        [(Stretch(str(tmp_path / "whole.zip"), each), "a.jpg") for each in (packing, elsewhere)]
    )
    assert found[0] == read_metadata(path, sniff_file(path))
    assert isinstance(found[1], Undecodable)
    assert found[1].slug == "file-unreadable"


async def test_previews_are_private_files_of_the_owner(pool: DecodePool, jpeg: Jpeg, tmp_path: Path) -> None:
    result = await pool.previews(jpeg(size=(800, 400)), tmp_path)
    grid = tmp_path / "grid.webp"
    assert (result.sizes["grid"].size_bytes, grid.stat().st_mode & 0o777) == (grid.stat().st_size, 0o600)


async def test_a_file_nobody_can_decode_is_an_answer(pool: DecodePool, tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(b"\xff\xd8\xff\xe0 and then nothing")
    with pytest.raises(Undecodable) as caught:
        await pool.previews(path, tmp_path)
    assert caught.value.slug == "image-unreadable"


async def test_a_missing_file_is_an_answer(pool: DecodePool, tmp_path: Path) -> None:
    with pytest.raises(Undecodable, match="file-unreadable: No such file or directory"):
        await pool.facts(tmp_path / "none.jpg")


async def test_one_process_serves_many_requests(pool: DecodePool, jpeg: Jpeg) -> None:
    path = jpeg()
    await pool.facts(path)
    first = process_of(pool)
    await pool.facts(path)
    assert process_of(pool) == first


async def test_at_most_two_processes_run_at_once(pool: DecodePool, jpeg: Jpeg) -> None:
    path = jpeg()
    await asyncio.gather(*(pool.facts(path) for _ in range(8)))
    assert len(pool._all) == 2


async def test_a_process_is_replaced_after_its_share(jpeg: Jpeg) -> None:
    pool = DecodePool(recycle_after=1)
    await pool.start()
    path = jpeg()
    await pool.facts(path)
    assert (len(pool._all), children()) == (0, [])
    await pool.stop()


async def test_idle_processes_are_stopped(jpeg: Jpeg) -> None:
    pool = DecodePool(idle_s=0.05)
    await pool.start()
    await pool.facts(jpeg())
    async with asyncio.timeout(60):
        while pool._all or children():  # noqa: ASYNC110 - what it waits for is done by the pool
            await asyncio.sleep(0.02)
    await pool.stop()


@pytest.mark.parametrize(
    ("command", "timeout_s", "slug"),
    [(HANG, 0.5, "decode-timed-out"), (DIE, 60, "decoder-crashed"), (BABBLE, 60, "decoder-crashed")],
)
async def test_a_broken_process_is_killed_and_reaped(
    command: list[str], timeout_s: float, slug: str, tmp_path: Path
) -> None:
    pool = DecodePool(timeout_s=timeout_s, command=command)
    await pool.start()
    with pytest.raises(Undecodable) as caught:
        await pool.facts(tmp_path / "a")
    assert (caught.value.slug, children()) == (slug, [])
    await pool.stop()


async def test_a_process_that_died_while_idle_is_replaced(pool: DecodePool, jpeg: Jpeg) -> None:
    path = jpeg()
    await pool.facts(path)
    (child,) = pool._all
    child._helper._process.kill()
    child._helper._process.wait()
    assert (await pool.facts(path)).width == 40


def test_no_python_runs_between_fork_and_start() -> None:
    # There it lets go of what other threads hold, a database's locks among it, and can stand still for ever.
    code = """
import asyncio, contextlib, os, pathlib, sys, uvloop
from timeline_local.media.facts import Undecodable
from timeline_local.media.worker import DecodePool

async def main():
    pool = DecodePool(command=[sys.executable, "-c", "pass"])
    await pool.start()
    with contextlib.suppress(Undecodable):
        await pool.facts(pathlib.Path("none"))
    await pool.stop()

os.register_at_fork(after_in_child=lambda: os.write(1, b"Python ran in the fork"))
uvloop.run(main())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == ""


async def test_a_cancelled_request_takes_its_process_along(tmp_path: Path) -> None:
    pool = DecodePool(command=HANG)
    await pool.start()
    request = asyncio.create_task(pool.facts(tmp_path / "a"))
    await asyncio.sleep(0.2)
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    assert children() == []
    await pool.stop()


async def test_stopping_is_prompt_and_ends_requests_under_way(tmp_path: Path) -> None:
    pool = DecodePool(command=HANG)
    await pool.start()
    requests = [asyncio.create_task(pool.facts(tmp_path / "a")) for _ in range(4)]
    await asyncio.sleep(0.2)
    start = time.monotonic()
    await pool.stop()
    ended = await asyncio.gather(*requests, return_exceptions=True)
    assert [type(error) for error in ended] == [Undecodable] * 4
    assert (time.monotonic() - start < 20, children()) == (True, [])


async def test_a_process_that_starts_while_the_pool_stops_is_ended_too(tmp_path: Path) -> None:
    pool = DecodePool(command=HANG)
    await pool.start()
    request = asyncio.create_task(pool.facts(tmp_path / "a"))
    await asyncio.sleep(0)
    await pool.stop()
    with pytest.raises(Undecodable):
        await request
    assert children() == []


async def test_a_stopped_pool_refuses(jpeg: Jpeg) -> None:
    pool = DecodePool()
    with pytest.raises(Undecodable, match="decoder-stopped"):
        await pool.facts(jpeg())


async def test_the_server_environment_stays_at_home(
    pool: DecodePool, jpeg: Jpeg, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TIMELINE_LOCAL_SECRET", "hunter2")
    await pool.facts(jpeg())
    assert "hunter2" not in proc(process_of(pool), "environ")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_the_process_gave_its_rights_away(pool: DecodePool, jpeg: Jpeg) -> None:
    await pool.facts(jpeg())
    pid = process_of(pool)
    limits = proc(pid, "limits")
    rows = {line[:26].strip(): line[26:].split()[0] for line in limits.splitlines()[1:]}
    assert rows["Max address space"] == str(1536 * 2**20)
    assert (rows["Max core file size"], rows["Max file size"]) == ("0", str(512 * 2**20))
    assert int(rows["Max cpu time"]) < 120
    assert (status(pid, "NoNewPrivs"), status(pid, "Umask"), os.getsid(pid)) == ("1", "0077", pid)
    assert os.getpriority(os.PRIO_PROCESS, pid) >= 5


def big_png(path: Path, side: int) -> Path:
    """A true PNG of one colour whose pixels, decoded, take four bytes times side squared."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")

    header = side.to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    squeeze = zlib.compressobj(1)
    row = bytes(1 + 3 * side)
    pixels = b"".join(squeeze.compress(row) for _ in range(side)) + squeeze.flush()
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))
    return path


async def test_a_picture_bomb_is_refused_in_little_memory(pool: DecodePool, tmp_path: Path) -> None:
    with pytest.raises(Undecodable, match="image-too-large"):
        await pool.previews(big_png(tmp_path / "bomb.png", 13_300), tmp_path)
    assert int(status(process_of(pool), "VmHWM").split()[0]) < 150_000


async def test_the_largest_allowed_picture_stays_under_512_mb(pool: DecodePool, tmp_path: Path) -> None:
    result = await pool.previews(big_png(tmp_path / "big.png", 8_100), tmp_path)
    assert result.sizes["screen"][:2] == (1440, 1440)
    assert int(status(process_of(pool), "VmHWM").split()[0]) < 512_000


def test_requests_without_a_process_give_the_same_answers(jpeg: Jpeg, tmp_path: Path) -> None:
    reply = decoding.reply_to({"op": "previews", "path": str(jpeg()), "out_dir": str(tmp_path)})
    assert reply["result"]["sizes"]["grid"][:2] == (40, 20)


@pytest.mark.parametrize(
    ("error", "slug"),
    [
        (MemoryError(), "out-of-memory"),
        (RecursionError("deep"), "decoder-failed"),
        (OSError(5, "gone"), "file-unreadable"),
    ],
)
def test_whatever_a_decoder_raises_is_an_answer(
    monkeypatch: pytest.MonkeyPatch, jpeg: Jpeg, error: Exception, slug: str
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(decoding, "read_metadata", fail)
    assert decoding.reply_to({"op": "facts", "path": str(jpeg())})["error"] == slug


def test_the_process_ends_with_its_input() -> None:
    done = subprocess.run(worker_command(), input=b"", env=environment(), capture_output=True, timeout=20, check=False)
    assert (done.returncode, done.stdout) == (0, b"")


def test_an_absurd_request_ends_the_process() -> None:
    done = subprocess.run(
        worker_command(), input=b"\xff" * 8, env=environment(), capture_output=True, timeout=20, check=False
    )
    assert done.returncode == 1


def test_a_frozen_build_starts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert worker_command() == [sys.executable, "--decode-worker"]


def test_a_message_is_its_length_and_json() -> None:
    assert pack({"a": 1}) == b'\x00\x00\x00\x07{"a":1}'
