"""Files that are written as text inside of another file: pictures in a backup of messages, attachments of mail.

They have a locator like any other file. It names the file they stand in and the place there, divided by two slashes,
which no path has in a row: "backup.xml//base64,1024,400,300/photo.jpg". So do values of a database.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

from timeline_local.importers.streams import CHUNK, Inner
from timeline_local.importers.trees import File

_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
_PLACE = re.compile(
    r"(?P<carrier>.+?)//(?P<coding>[a-z0-9-]+),(?P<start>\d{1,18}),(?P<length>\d{1,18}),(?P<size>\d{1,18})/(?P<name>[^/]+)",
    re.ASCII | re.DOTALL,
)
_UNSAFE = re.compile(r"[/\x00-\x1f\x7f]")
_LONGEST_NAME = 200


class Coding(StrEnum):
    """How the bytes are written."""

    BASE64 = "base64"
    QUOTED_PRINTABLE = "quoted-printable"
    PLAIN = "plain"
    ROW = "sqlite"  # no text: a value in a row of a database, see `Embedded`


@dataclass(frozen=True, slots=True)
class Embedded:
    """A file in a file. carrier: locator of the outer one; start and length: bytes there; size: bytes of the inner.

    Of a value in a database: start is where its row begins, length what stands before it there (`sqlite_tables.Blob`).
    """

    carrier: str
    coding: Coding
    start: int
    length: int
    size: int
    name: str

    @property
    def locator(self) -> str:
        name = _UNSAFE.sub("_", self.name).strip()[-_LONGEST_NAME:] or "file"
        return f"{self.carrier}//{self.coding.value},{self.start},{self.length},{self.size}/{name}"

    @classmethod
    def of(cls, locator: str) -> Embedded | None:
        """The place that a locator names; None for the locator of a file of its own."""
        found = _PLACE.fullmatch(locator) if "//" in locator else None
        if found is None or found["coding"] not in set(Coding):
            return None
        numbers = int(found["start"]), int(found["length"]), int(found["size"])
        return cls(found["carrier"], Coding(found["coding"]), *numbers, found["name"])

    def listed(self, carrier: File) -> File:
        """As a folder would list it, dated as the outer file. Raises FileNotFoundError where that ends before."""
        # A row may begin in the log beside the database, in pages that this one does not have yet.
        if self.coding is not Coding.ROW and self.start + self.length > carrier.size:
            raise FileNotFoundError(f"{carrier.locator} ends before this file")
        return File(self.locator, self.size, carrier.mtime_ns)


class Decoder:
    """Turns text into the bytes it stands for, piece by piece, and counts them."""

    def __init__(self, coding: Coding) -> None:
        self._decode = _DECODERS[coding]
        self._rest = b""
        self.size = 0

    def feed(self, text: bytes, *, is_last: bool = False) -> bytes:
        """The bytes that are certain by now. What is no such text is passed over."""
        data, self._rest = self._decode(self._rest + text, is_last)
        self.size += len(data)
        return data


def _base64(text: bytes, is_last: bool) -> tuple[bytes, bytes]:  # noqa: FBT001 - one shape for every decoder
    text, padding, _ = text.translate(None, _NOT_BASE64).partition(b"=")
    if padding:
        is_last = True
    whole = len(text) - len(text) % 4
    rest = text[whole:]
    if not is_last:
        return binascii.a2b_base64(text[:whole]), rest
    ends = rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""  # six bits alone are no byte
    # What follows the padding is not of this file.
    return binascii.a2b_base64(text[:whole] + ends), b"=" if padding else b""


def _quoted_printable(text: bytes, is_last: bool) -> tuple[bytes, bytes]:  # noqa: FBT001 - as above
    whole = len(text) if is_last else text.rfind(b"\n") + 1
    if not whole and len(text) > CHUNK:
        whole = len(text) - 2 if b"=" in text[-2:] else len(text)
    return binascii.a2b_qp(text[:whole]), text[whole:]


def _plain(text: bytes, _: bool) -> tuple[bytes, bytes]:  # noqa: FBT001 - as above
    return text, b""


_DECODERS: dict[Coding, Callable[[bytes, bool], tuple[bytes, bytes]]] = {
    Coding.BASE64: _base64,
    Coding.QUOTED_PRINTABLE: _quoted_printable,
    Coding.PLAIN: _plain,
}


class Decoded(Inner):
    """The bytes of an embedded file. Closes the file it stands in. Going back reads from the start again."""

    def __init__(self, file: BinaryIO, place: Embedded) -> None:
        super().__init__(file, place.size, None)
        self._place = place
        self._restart()

    def _restart(self) -> None:
        self._decoder = Decoder(self._place.coding)
        self._taken = 0  # bytes of text
        self._made = 0  # bytes that were given out
        self._ready = b""
        self._file.seek(self._place.start)

    def _read_at(self, at: int, wanted: int) -> bytes:
        if at < self._made:
            self._restart()
        while self._made < at:
            if not self._take(at - self._made):
                return b""
        return self._take(wanted)

    def _take(self, wanted: int) -> bytes:
        """Some bytes more, at least one; none at the end."""
        while not self._ready and self._taken < self._place.length:
            text = self._file.read(min(CHUNK, self._place.length - self._taken))
            if not text:
                break
            self._taken += len(text)
            self._ready = self._decoder.feed(text, is_last=self._taken == self._place.length)
        data, self._ready = self._ready[:wanted], self._ready[wanted:]
        self._made += len(data)
        return data
