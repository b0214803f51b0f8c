"""Canon's RAW of 2000 to 2005 (CRW): heaps of records, each with its list at its end. It holds no EXIF.

Format: the CIFF specification of 1997. Bounded: _MOST_RECORDS records, wherever their heaps point.
"""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import SEEK_END
from typing import BinaryIO

from timeline_local.media.exif import Exif, wall_clock
from timeline_local.media.tiff import decode_text

MARK = b"HEAPCCDR"  # behind the byte order and the length of the head
_MOST_RECORDS = 2_000  # real files have a hundred
_RECORD = 10
_HERE, _PLACE, _KIND = 0x4000, 0xC000, 0x3800  # bits of a record's tag: its value stands in the list, and what it is
_HEAPS = (0x2800, 0x3000)
_TIME, _CAMERA, _ORIENTATION = 0x180E, 0x080A, 0x1810
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TURNS = {90: 6, 180: 3, 270: 8}


def read_crw(file: BinaryIO) -> Exif:
    """The camera's clock, which counts seconds of its own wall clock, its name, and how it was held."""
    found = Exif()
    size = file.seek(0, SEEK_END)
    file.seek(2)
    start = int.from_bytes(file.read(4), "little")
    for tag, data in _records(file, start, size):
        if tag == _TIME and found.original is None and (seconds := int.from_bytes(data[:4], "little")):
            found.original = (_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None)
            found.evidence.append(wall_clock(found.original, None, "CRW time"))
        elif tag == _CAMERA and not found.make:
            found.make, found.model = map(decode_text, [*data.split(b"\0"), b"", b""][:2])
        elif tag == _ORIENTATION:
            found.orientation = _TURNS.get(int.from_bytes(data[12:16], "little", signed=True) % 360, 1)
    if found.original is None:
        found.problems.append("exif-unreadable")
    return found


def _records(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, bytes]]:
    """What the heap between two places holds, and the heaps in it: tags without their place, and the first bytes."""
    heaps, left = [(start, end)], _MOST_RECORDS
    while heaps and left > 0:
        start, end = heaps.pop()
        if not 0 < start <= end - 4:
            continue
        file.seek(end - 4)
        file.seek(start + int.from_bytes(file.read(4), "little"))
        rows = file.read(int.from_bytes(file.read(2), "little") * _RECORD)
        for at in range(0, min(len(rows), left * _RECORD) - _RECORD + 1, _RECORD):
            left -= 1
            tag, size, begin = struct.unpack_from("<HII", rows, at)
            if tag & _PLACE == _HERE:
                yield tag & ~_PLACE, rows[at + 2 : at + _RECORD]
            elif tag & _KIND in _HEAPS:
                heaps.append((start + begin, min(start + begin + size, end)))
            else:
                file.seek(start + begin)
                yield tag & ~_PLACE, file.read(min(size, 256))
