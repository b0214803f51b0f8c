"""Manifest.mbdb, the list of files in a backup of an iPhone until iOS 9: records of texts and numbers, big-endian.

Format: https://www.theiphonewiki.com/wiki/ITunes_Backup
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha1
from typing import BinaryIO

MAGIC = b"mbdb\x05\x00"
_NUMBERS = struct.Struct(">HQIIIIIQBB")  # mode, inode, owner, group, three dates, size, class, count of properties
_TEXTS = 5  # domain, path, target of a link, hash, key
_NONE = 0xFFFF
_KIND, _A_FILE = 0xF000, 0x8000  # of a mode


@dataclass(frozen=True, slots=True)
class Record:
    """A file, folder or link. changed: seconds since 1970."""

    domain: str
    path: str
    is_file: bool
    changed: int

    @property
    def number(self) -> str:
        """What the backup calls it."""
        name = f"{self.domain}-{self.path}".encode("utf-8", "surrogatepass")
        return sha1(name, usedforsecurity=False).hexdigest()


def records(file: BinaryIO) -> Iterator[Record]:
    """All of them. Raises OSError where it is no such list, or ends too soon."""
    if _read(file, len(MAGIC)) != MAGIC:
        raise _broken()
    while begin := file.read(2):
        texts = [_text(file, begin), *(_text(file) for _ in range(_TEXTS - 1))]
        numbers = _NUMBERS.unpack(_read(file, _NUMBERS.size))
        for _ in range(2 * numbers[-1]):
            _text(file)
        yield Record(
            domain=texts[0].decode("utf-8", "replace"),
            path=texts[1].decode("utf-8", "replace"),
            is_file=numbers[0] & _KIND == _A_FILE,
            changed=numbers[4],
        )


def _text(file: BinaryIO, begin: bytes = b"") -> bytes:
    size = int.from_bytes(begin + _read(file, 2 - len(begin)), "big")
    return b"" if size == _NONE else _read(file, size)


def _read(file: BinaryIO, size: int) -> bytes:
    data = file.read(size)
    if len(data) < size:
        raise _broken()
    return data


def _broken() -> OSError:
    return OSError(errno.EIO, "it is no list of a backup, or ends too soon")
