"""Archives made on the spot: real ones by the standard library, and single records that no honest program writes."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
DAY = (2019 - 1980) << 9 | 6 << 5 | 14  # 2019-06-14
CLOCK = 15 << 11 | 4 << 5 | 2  # 15:04:04


def pack(path: Path, files: Mapping[str, bytes | str], *, deflates: bool = True) -> Path:
    """A zip of these files, all last changed on 2019-06-14 at 15:04:04."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, (2019, 6, 14, 15, 4, 4))
            info.compress_type = zipfile.ZIP_DEFLATED if deflates else zipfile.ZIP_STORED
            archive.writestr(info, content)
    return path


@dataclass
class Record:
    """One entry as it is written. Whatever is None follows from the content, anything else is a lie."""

    name: bytes
    content: bytes = b"x"
    method: int = 0
    flags: int = 0
    crc: int | None = None
    size: int | None = None
    packed_size: int | None = None
    at: int | None = None  # where the directory says that it lies
    extra: bytes = b""
    system: int = 3
    attributes: int = 0
    has_descriptor: bool = False
    is_listed: bool = True
    has_body: bool = True

    @property
    def body(self) -> bytes:
        if self.method != zipfile.ZIP_DEFLATED:
            return self.content
        deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
        return deflater.compress(self.content) + deflater.flush()

    def numbers(self) -> tuple[int, int, int]:
        """CRC, packed size and size, as they are told."""
        told = (self.crc, self.packed_size, self.size)
        true = (zlib.crc32(self.content), len(self.body), len(self.content))
        crc, packed, size = (right if given is None else given for given, right in zip(told, true, strict=True))
        return crc, packed, size


def write(path: Path, records: Sequence[Record], *, head: bytes = b"", tail: bytes = b"", comment: bytes = b"") -> Path:
    """A zip with exactly these records. head: bytes before it; tail: bytes behind it."""
    body = bytearray(head)
    directory = bytearray()
    for each in records:
        crc, packed, size = each.numbers()
        flags = each.flags | (8 if each.has_descriptor else 0)
        at = len(body) - len(head)
        if each.has_body:
            told = (0, 0, 0) if each.has_descriptor else (crc, packed, size)
            told_small = tuple(min(number, 0xFFFFFFFF) for number in told)
            body += _LOCAL.pack(b"PK\3\4", 20, flags, each.method, CLOCK, DAY, *told_small, len(each.name), 0)
            body += each.name + each.body
            if each.has_descriptor:
                body += struct.pack("<4s3I", b"PK\7\x08", *(number & 0xFFFFFFFF for number in (crc, packed, size)))
        if each.is_listed:
            at = at if each.at is None else each.at
            directory += _CENTRAL.pack(
                b"PK\1\2", each.system << 8 | 20, 20, flags, each.method, CLOCK, DAY,
                *(min(number, 0xFFFFFFFF) for number in (crc, packed, size)),
                len(each.name), len(each.extra), 0, 0, 0, each.attributes, min(at, 0xFFFFFFFF),
            )  # fmt: skip
            directory += each.name + each.extra
    count = sum(each.is_listed for each in records)
    end = _END.pack(b"PK\5\6", 0, 0, count, count, len(directory), len(body) - len(head), len(comment))
    path.write_bytes(bytes(body) + bytes(directory) + end + comment + tail)
    return path
