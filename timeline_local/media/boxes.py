"""Walks the boxes of ISO base media files (MP4, MOV, HEIC, CR3) and reads what decoders do not tell.

PyAV hides a creation time of zero and the rotation of a track; both stand in a few fixed bytes of the movie box.
Bounded: at most a few thousand box heads are read, and never the media data.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import SEEK_END
from typing import BinaryIO, NamedTuple

_MAX_BOXES = 4000
EPOCH = datetime(1904, 1, 1, tzinfo=UTC)
_LAST_SECOND = int((datetime(9999, 1, 1, tzinfo=UTC) - EPOCH).total_seconds())
_TKHD_BYTES = 96  # the longer of the two versions
_ONE = 0x10000  # 1.0 in the 16.16 numbers of a display matrix


class Box(NamedTuple):
    """A box: its four-character kind and the range of its content in the file."""

    kind: bytes
    start: int
    end: int


@dataclass(slots=True)
class Movie:
    """media_created: clock of the first track; created: clock of the whole film. Rotation is clockwise degrees."""

    media_created: datetime | None = None
    created: datetime | None = None
    rotation: int = 0
    problems: list[str] = field(default_factory=list)


def boxes(file: BinaryIO, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The boxes between two positions, in file order; ends quietly where the structure breaks."""
    stop = file.seek(0, SEEK_END) if end is None else end
    for _ in range(_MAX_BOXES):
        if start + 8 > stop:
            return
        file.seek(start)
        head = file.read(16)
        size, kind, length = int.from_bytes(head[:4], "big"), head[4:8], 8
        if size == 1:
            size, length = int.from_bytes(head[8:16], "big"), 16
        elif size == 0:
            size = stop - start
        if size < length or len(head) < length:
            return
        yield Box(kind, start + length, min(start + size, stop))
        start += size


def find(file: BinaryIO, parent: Box | None, kind: bytes) -> Box | None:
    """The first box of a kind inside of `parent`, or in the file."""
    inside = boxes(file, parent.start, parent.end) if parent else boxes(file)
    return next((box for box in inside if box.kind == kind), None)


def read_movie(file: BinaryIO) -> Movie:
    """Clocks and rotation of a film; an empty Movie when there is no movie box."""
    movie = Movie()
    moov = find(file, None, b"moov")
    if moov is None:
        return movie
    header = find(file, moov, b"mvhd")
    movie.created = _clock(file, header)
    for track in (box for box in boxes(file, moov.start, moov.end) if box.kind == b"trak"):
        media = find(file, track, b"mdia")
        clock = _clock(file, find(file, media, b"mdhd")) if media else None
        movie.media_created = movie.media_created or clock
        movie.rotation = movie.rotation or _rotation(file, find(file, track, b"tkhd"))
    return movie


def _clock(file: BinaryIO, box: Box | None) -> datetime | None:
    """The creation time at the start of mvhd and mdhd: seconds since 1904, UTC by the standard."""
    if box is None:
        return None
    file.seek(box.start)
    head = file.read(12)
    seconds = int.from_bytes(head[4:12] if head[:1] == b"\x01" else head[4:8], "big")
    return EPOCH + timedelta(seconds=seconds) if seconds <= _LAST_SECOND else None


def _rotation(file: BinaryIO, box: Box | None) -> int:
    """Quarter turns from the display matrix of a track; anything slanted counts as upright."""
    if box is None:
        return 0
    file.seek(box.start)
    data = file.read(min(_TKHD_BYTES, box.end - box.start))
    at = 52 if data[:1] == b"\x01" else 40
    a, b = (int.from_bytes(data[at + 4 * i : at + 4 * i + 4], "big", signed=True) for i in (0, 1))
    turns = {(0, _ONE): 90, (-_ONE, 0): 180, (0, -_ONE): 270}
    return turns.get((a, b), 0)
