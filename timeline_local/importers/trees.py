"""What every tree of files answers, be it a folder on disk, an archive, or several of these as one.

A locator is a path below the tree's root with "/" between its parts, "" for the root; see `importers.archive` for its
spelling. Trees are only read, keep no file open, and may be asked from several threads.
"""

from __future__ import annotations

import errno
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple, Protocol, Self

from timeline_local.domain.drafts import Problem
from timeline_local.domain.stretches import Stretch

Opener = Callable[[], BinaryIO]
GIB = 1024**3
_CHUNK = 1024 * 1024

# Left by systems and programs beside the owner's files; never the owner's.
_SYSTEM_NAMES = frozenset(
    {
        "$recycle.bin", ".ds_store", ".stfolder", ".stversions", ".trash", ".trashes", "@eadir", "#recycle",
        "__macosx", "desktop.ini", "icon\r", "lost+found", "system volume information", "thumbs.db",
    }
)  # fmt: skip


class OutsideFolder(ValueError):
    """A locator that would lead out of the folder it was given for."""


class NotOnDisk(OutsideFolder):
    """What lies in an archive has no path; what is compressed there stands nowhere as it is."""


class DamagedArchive(OSError):
    """Bytes of an archive that are not what its directory says."""

    def __init__(self, why: str) -> None:
        super().__init__(errno.EIO, why)


class RefusedArchive(Exception):
    """An archive that is not read at all; the problem that tells the owner why."""

    def __init__(self, slug: str, detail: str) -> None:
        super().__init__(detail)
        self.slug = slug
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Limits:
    """How far an archive is believed.

    entries  files of all archives of one import.   total_bytes  what one archive may unpack to.
    ratio    how many times its own size it may unpack to, once that is more than `small_bytes`.
    """

    entries: int = 1_000_000
    total_bytes: int = 4096 * GIB
    ratio: int = 200
    small_bytes: int = 64 * 1024 * 1024


class _Listed(NamedTuple):
    locator: str
    size: int
    mtime_ns: int
    name: str


class File(_Listed):
    """A file as its folder lists it. size in bytes; mtime_ns since 1970, 0 where nobody knows.

    A tuple that knows its name: an export is listed several times, and each name is asked for by everybody.
    """

    __slots__ = ()

    def __new__(cls, locator: str, size: int, mtime_ns: int) -> Self:
        return tuple.__new__(cls, (locator, size, mtime_ns, locator.rpartition("/")[2]))

    @classmethod
    def below(cls, folder: str, name: str, size: int, mtime_ns: int) -> Self:
        """The file of this name in a folder."""
        return tuple.__new__(cls, (f"{folder}/{name}" if folder else name, size, mtime_ns, name))


@dataclass(slots=True)
class Entries:
    """What lies in one folder, in no order. folders: their names."""

    files: list[File] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class Tree(Protocol):
    """See the module's head."""

    def entries(self, locator: str) -> Entries:
        """One folder's own entries; none where there is no such folder. Raises OSError if it cannot be listed."""

    def find(self, locator: str) -> File:
        """One file. Raises OSError if there is none, OutsideFolder."""

    def open(self, locator: str) -> BinaryIO:
        """The file for reading from its start on, seekable. Raises OSError, OutsideFolder."""

    def opener(self, locator: str) -> Opener:
        """As `open`, for a file that is opened often and read here and there."""

    def place(self, locator: str) -> Path:
        """Where the file lies on disk. Raises OutsideFolder, NotOnDisk for what lies in an archive."""

    def stretch(self, locator: str) -> Stretch:
        """Where its bytes lie on disk. Raises OSError, OutsideFolder, NotOnDisk for what another archive compresses."""

    def checksum(self, locator: str) -> int:
        """CRC-32 of the file; read, where no archive tells it. Raises OSError."""


def is_system_name(name: str) -> bool:
    """Whether a system left it there, or it holds what a Mac keeps beside a file elsewhere."""
    return name.casefold() in _SYSTEM_NAMES or name.startswith("._")


def joined(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def missing(locator: str) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, "there is no such file", locator)


def as_text(name: str) -> str:
    """A name with surrogate escapes as valid text, see `importers.archive`; other half characters become "?"."""
    if name.isascii():
        return name
    mapped = "".join(
        chr(ord(letter) - 0xDC00 + 0xF700) if "\udc80" <= letter <= "\udcff" else letter for letter in name
    )
    return mapped.encode("utf-8", "replace").decode()


def as_on_disk(name: str) -> str:
    """The inverse of `as_text`."""
    return "".join(chr(ord(letter) - 0xF700 + 0xDC00) if 0xF780 <= ord(letter) <= 0xF7FF else letter for letter in name)  # noqa: PLR2004


def crc_of(tree: Tree, locator: str) -> int:
    """The checksum of a file by reading it."""
    found = 0
    with tree.open(locator) as file:
        while chunk := file.read(_CHUNK):
            found = zlib.crc32(chunk, found)
    return found


def why(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()
