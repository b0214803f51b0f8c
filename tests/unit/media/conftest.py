"""Where the corpus of real files is, and makers of small media files."""

import io
import os
import struct
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from timeline_local.media.worker import DecodePool

CORPORA = Path(os.environ.get("TIMELINE_LOCAL_CORPORA", Path(__file__).resolve().parents[4] / "shared" / "corpora"))

TagValue = str | bytes | int | list[tuple[int, int]]
Tags = dict[int, TagValue]


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of real files; tests that need it are skipped on a machine that has none."""
    if not CORPORA.is_dir():
        pytest.skip("the corpus of real files is not on this machine")
    return CORPORA


@pytest.fixture(scope="session")
def tiff_block() -> Callable[..., bytes]:
    """Makes an EXIF structure from tags: text, bytes, a number or ratios; `order` is "<" or ">"."""
    return _tiff_block


@pytest.fixture
def jpeg(tmp_path: Path) -> Callable[..., Path]:
    """Writes a small JPEG with the metadata blocks given."""

    def write(name: str = "a.jpg", *, size: tuple[int, int] = (40, 20), tail: bytes = b"", **blocks: bytes) -> Path:
        path = tmp_path / name
        Image.new("RGB", size, (200, 40, 40)).save(path, "JPEG", **blocks)
        path.write_bytes(path.read_bytes() + tail)
        return path

    return write


@pytest.fixture(scope="session")
def film() -> Callable[..., Path]:
    """Writes a film of plain frames."""

    def write(path: Path, *, codec: str = "mpeg4", frames: int = 10, **tags: str) -> Path:
        with av.open(str(path), "w", options={"movflags": "use_metadata_tags"}) as container:
            container.metadata.update(tags)
            stream: Any = container.add_stream(codec, rate=10)
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
            for number in range(frames):
                picture = Image.new("RGB", (64, 48), (20 * number, 100, 50))
                frame = av.VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return write


@pytest.fixture
async def pool() -> AsyncIterator[DecodePool]:
    """A pool of real decoding processes, stopped afterwards."""
    pool = DecodePool()
    await pool.start()
    yield pool
    await pool.stop()


def _tiff_block(main: Tags, exif: Tags | None = None, gps: Tags | None = None, *, order: str = "<") -> bytes:
    out = io.BytesIO()
    out.write((b"II*\x00" if order == "<" else b"MM\x00*") + struct.pack(f"{order}I", 8))
    pointers: Tags = {}
    for tag, group in ((0x8769, exif), (0x8825, gps)):
        pointers |= {tag: 0} if group is not None else {}
    size_of_main = _directory_bytes({**main, **pointers})
    at = 8 + size_of_main
    for tag, group in ((0x8769, exif), (0x8825, gps)):
        pointers |= {tag: at} if group is not None else {}
        at += _directory_bytes(group) if group is not None else 0
    at = 8
    for group in ({**main, **pointers}, exif, gps):
        if group is not None:
            out.write(_directory(group, at, order))
            at += _directory_bytes(group)
    return out.getvalue()


def _value(value: TagValue, order: str) -> tuple[int, int, bytes]:
    """Field type, count and bytes."""
    if isinstance(value, str):
        data = value.encode("latin-1") + b"\x00"
        return 2, len(data), data
    if isinstance(value, bytes):
        return 7, len(value), value
    if isinstance(value, int):
        return 4, 1, struct.pack(f"{order}I", value)
    flat = [part for pair in value for part in pair]
    return 5, len(value), struct.pack(f"{order}{len(flat)}I", *flat)


def _directory_bytes(tags: Tags) -> int:
    sizes = [len(data) for _, _, data in (_value(value, "<") for value in tags.values())]
    return 2 + 12 * len(tags) + 4 + sum(size for size in sizes if size > 4)


def _directory(tags: Tags, at: int, order: str) -> bytes:
    rows, extra = b"", b""
    behind = at + 2 + 12 * len(tags) + 4
    for tag, value in sorted(tags.items()):
        kind, count, data = _value(value, order)
        inline = data.ljust(4, b"\x00") if len(data) <= 4 else struct.pack(f"{order}I", behind + len(extra))
        extra += data if len(data) > 4 else b""
        rows += struct.pack(f"{order}HHI", tag, kind, count) + inline
    return struct.pack(f"{order}H", len(tags)) + rows + bytes(4) + extra
