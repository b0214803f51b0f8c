"""When a film or a sound was recorded, as its camera wrote it where FFmpeg does not look.

Compact cameras' AVI films, the sounds of recorders, Windows' films, and the films of camcorders (DV and AVCHD), whose
only date stands in the stream of pictures itself. Bounded: some thousand chunk heads, or the first MAX_START bytes.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.media.exif import wall_clock

MAX_START = 1024 * 1024
_MOST_CHUNKS = 5_000
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_IN_WORDS = re.compile(r"[a-z]{3},? +(?P<month>[a-z]{3}) +(?P<day>\d\d?) +(?P<time>\d\d?:\d\d:\d\d) +(?P<year>\d{4})")
_IN_DIGITS = re.compile(
    r"(?P<year>\d{4})[-/:._ ] ?(?P<month>\d\d?)[-/:._ ] ?(?P<day>\d\d?)/?"
    r"(?:[ t]+(?P<hour>\d\d?)[-:._] ?(?P<minute>\d\d)(?:[-:._] ?(?P<second>\d\d))? *(?P<half>[ap])?m?)?"
)
_MIDDAY = 12
_ASF_FILE = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")  # the object of an ASF file that tells when it was made
_ASF_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_MDPM = bytes.fromhex("17ee8c60f84d11d98cd60800200c9a66") + b"MDPM"  # what camcorders say of a picture
_PACKET, _SYNC = 188, 0x47
_ZONE_AND_MONTH, _DAY_AND_TIME = 0x18, 0x19
_BEHIND, _SUMMER, _HALF_HOUR = 0x20, 0x40, 0x01
_WIDEST_OFFSET_MIN = 14 * 60
_DV_FRAME = b"\x1f\x07\x00"
_DV_BLOCK, _DV_SEQUENCE, _DV_PACK = 80, 12_000, 5  # bytes; the blocks 3 to 5 of a sequence hold 15 packs each
_DV_SEQUENCES, _DV_DATE, _DV_TIME = 10, 0x62, 0x63
_LAST_CENTURY = 0x75  # the years above are of the century before


def recorded(file: BinaryIO, extension: str) -> tuple[TimeEvidence, ...]:
    """What the format has for it, for the extension that its first bytes have; nothing for other formats."""
    read = _READERS.get(extension)
    try:
        return () if read is None else tuple(read(file))
    except (ValueError, OverflowError):
        return ()  # a 31st of February


def _of_riff(file: BinaryIO) -> Iterator[TimeEvidence]:
    """When it was digitised, else what a recorder's broadcast wave says, else when the file is said to be made."""
    told = dict(_chunks(file))
    broadcast = told.get(b"bext", b"")
    day_and_time = told.get(b"ICRD", b"").strip(b"\0 ") + b" " + told.get(b"etim", b"")
    for text, origin in (
        (told.get(b"IDIT", b""), "RIFF date of digitising"),
        (broadcast[320:330] + b" " + broadcast[330:338], "broadcast wave date of origination"),
        (day_and_time, "RIFF date of creation"),
    ):
        at, has_time = _parsed(text.decode("latin-1"))
        if at is not None:
            clock = wall_clock(at, None, origin)
            yield clock if has_time else replace(clock, precision=Precision.DAY)
            return
    yield from _of_dv(file)  # which an AVI film may hold


def _chunks(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    """The first bytes of each chunk, also of those in lists; what a list of pictures or sounds holds is passed over."""
    at = 12
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        head = file.read(12)
        if len(head) < 8:  # noqa: PLR2004 - a kind and a size
            return
        kind, size = head[:4], int.from_bytes(head[4:8], "little")
        if kind == b"LIST" and head[8:] != b"movi":
            at += 12
            continue
        file.seek(at + 8)
        yield kind, file.read(min(size, 512))
        at += 8 + size + size % 2


def _parsed(text: str) -> tuple[datetime | None, bool]:
    """A date as cameras write it ("Mon Mar 10 15:04:43 2003", "2001/ 1/27  1:42PM"), and whether it tells a time."""
    plain = " ".join(text.replace("\0", " ").lower().split())
    if (words := _IN_WORDS.match(plain)) is not None and words["month"] in _MONTHS:
        hour, minute, second = map(int, words["time"].split(":"))
        month = _MONTHS.index(words["month"]) + 1
        return datetime(int(words["year"]), month, int(words["day"]), hour, minute, second), True  # noqa: DTZ001
    found = _IN_DIGITS.match(plain)
    if found is None:
        return None, False
    hour = int(found["hour"] or 0)
    if found["half"] is not None:
        hour = hour % _MIDDAY + (_MIDDAY if found["half"] == "p" else 0)
    parts = (int(found["year"]), int(found["month"]), int(found["day"]), hour)
    at = datetime(*parts, int(found["minute"] or 0), int(found["second"] or 0))  # noqa: DTZ001 - a wall clock
    return at, found["hour"] is not None


def _of_asf(file: BinaryIO) -> Iterator[TimeEvidence]:
    """Windows' count of 100 nanoseconds since 1601, UTC by the standard."""
    file.seek(0)
    data = file.read(MAX_START)
    at = data.find(_ASF_FILE)
    ticks = int.from_bytes(data[at + 48 : at + 56], "little") if at >= 0 else 0
    if ticks:
        made = _ASF_EPOCH + timedelta(microseconds=ticks // 10)
        yield TimeEvidence(basis=TimeBasis.EXIF, instant=made, origin="ASF creation date (UTC)")


def _of_transport_stream(file: BinaryIO) -> Iterator[TimeEvidence]:
    """The clock of an AVCHD camcorder beside its first picture, in decimal digits, with its zone where it has one."""
    file.seek(0)
    for stream in _streams(file.read(MAX_START)):
        at = stream.find(_MDPM)
        if at < 0:
            continue
        # H.264 writes a 3 after two zeros so that no picture seems to begin there.
        said = stream[at + len(_MDPM) : at + 1024].replace(b"\0\0\x03", b"\0\0")
        tags = {said[1 + 5 * n]: said[2 + 5 * n : 6 + 5 * n] for n in range(said[0]) if len(said) >= 6 + 5 * n}
        first, second = tags.get(_ZONE_AND_MONTH, b""), tags.get(_DAY_AND_TIME, b"")
        if first and second:
            clock = datetime.strptime((first[1:] + second).hex(), "%Y%m%d%H%M%S")  # noqa: DTZ007 - digits
            yield wall_clock(clock, _offset(first[0]), "AVCHD recording date")
        return


def _of_dv(file: BinaryIO) -> Iterator[TimeEvidence]:
    """The clock of a DV camcorder, in the decimal digits of the packs that go with the first frame; it has no zone."""
    file.seek(0)
    data = file.read(MAX_START)
    frame = data.find(_DV_FRAME)
    packs: dict[int, bytes] = {}
    for sequence in range(_DV_SEQUENCES if frame >= 0 else 0):
        for block in (3, 4, 5):
            at = frame + sequence * _DV_SEQUENCE + block * _DV_BLOCK + 3
            for pack in range(at, at + 15 * _DV_PACK, _DV_PACK):
                for number in data[pack : pack + 1]:
                    packs.setdefault(number, data[pack + 1 : pack + _DV_PACK])
    date, clock = packs.get(_DV_DATE, b""), packs.get(_DV_TIME, b"")
    if len(date) == len(clock) == 4 and date[1:] != b"\xff\xff\xff":  # noqa: PLR2004 - a pack without its number
        century = b"\x19" if date[3] >= _LAST_CENTURY else b"\x20"
        day = bytes([date[3], date[2] & 0x1F, date[1] & 0x3F])
        time_of_day = bytes([clock[3] & 0x3F, clock[2] & 0x7F, clock[1] & 0x7F])
        at_clock = datetime.strptime((century + day + time_of_day).hex(), "%Y%m%d%H%M%S")  # noqa: DTZ007 - digits
        yield wall_clock(at_clock, None, "DV recording date")


def _streams(data: bytes) -> list[bytes]:
    """What each stream of the packets holds, joined; a picture may be cut anywhere."""
    lead = 0 if data[:1] == b"\x47" else 4  # camcorders write a clock of four bytes before each packet
    streams: defaultdict[int, bytearray] = defaultdict(bytearray)
    for at in range(lead, len(data) - _PACKET + 1, _PACKET + lead):
        packet = data[at : at + _PACKET]
        if packet[0] == _SYNC and packet[3] & 0x10:
            begin = 5 + packet[4] if packet[3] & 0x20 else 4
            streams[int.from_bytes(packet[1:3], "big") & 0x1FFF] += packet[begin:]
    return [bytes(each) for each in streams.values()]


def _offset(zone: int) -> int | None:
    """Minutes east of UTC; none for Greenwich, which stands where no zone was set, and for summer time.

    Whether that is counted in, cameras do not agree about.
    """
    minutes = (zone >> 1 & 0xF) * 60 + (30 if zone & _HALF_HOUR else 0)
    if zone & _SUMMER or not 0 < minutes <= _WIDEST_OFFSET_MIN:
        return None
    return -minutes if zone & _BEHIND else minutes


_READERS: dict[str, Callable[[BinaryIO], Iterator[TimeEvidence]]] = {
    "avi": _of_riff,
    "wav": _of_riff,
    "wmv": _of_asf,
    "mts": _of_transport_stream,
    "dv": _of_dv,
}
