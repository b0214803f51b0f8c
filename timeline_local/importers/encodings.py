"""Text as programs wrote it, as UTF-8: whoever reads it further need not know any other encoding."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, cast

from timeline_local.importers.streams import Changed

CHUNK_BYTES = 64 * 1024
LOOKED_AT = 16  # bytes that tell an encoding
_FEWEST = 4  # units of two bytes; fewer could be numbers
_LETTERS = b"\t\r\n" + bytes(range(32, 127)) + bytes(range(0xA0, 0x100))
_LONGEST_LETTER = 4  # bytes in UTF-8
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, with whose mark it begins
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTINUING = bytes(range(0x80, 0xC0))  # bytes of UTF-8 that begin no letter
_OF_FOUR = bytes(range(0xF0, 0xF8))  # and those that begin one of four, which is two units in UTF-16
_UTF16_BYTES = 2
_UNITS = {
    "utf-16": ("utf-16-le", 2),
    "utf-16-le": ("utf-16-le", 2),
    "utf-16-be": ("utf-16-be", 2),
    "utf-32": ("utf-32-le", 4),
}
# Codecs that are no charsets, or take their square in time.
_NO_CHARSETS = frozenset({"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "mbcs", "oem"})
# What senders call Latin-1 or ASCII is Windows' Western more often than not, which has all of its letters.
_WESTERN = frozenset({"iso8859-1", "ascii", "cp1252"})
_ALIASES = {"windows-31j": "cp932", "x-sjis": "cp932", "iso-8859-8-i": "cp1255", "x-mac-roman": "mac-roman"}
# Of others, too, programs write the wider form under the name of the narrower one.
_WIDER = {
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "iso8859-9": "cp1254",
}


def unicode_of(head: bytes) -> str:
    """The codec of a text in UTF-16 or UTF-32 that begins so; "" for any other, UTF-8 among them.

    Without its mark UTF-16 is known where a zero stands beside each of the first letters, as with Western ones.
    """
    marked = next((codec for mark, codec in _MARKS if head.startswith(mark)), None)
    if marked is not None:
        return marked
    first, second = head[:LOOKED_AT:2], head[1:LOOKED_AT:2]
    if len(second) < _FEWEST:
        return ""
    if not any(second) and not first.translate(None, _LETTERS):
        return "utf-16-le"
    return "utf-16-be" if not any(first) and not second.translate(None, _LETTERS) else ""


@dataclass(frozen=True, slots=True)
class Units:
    """How a file counts bytes that comes here as UTF-8. width: of a letter of ASCII; mark: what it begins with."""

    codec: str = ""
    width: int = 1
    mark: int = 0

    @classmethod
    def of(cls, head: bytes) -> Units:
        """Those of a file that begins so."""
        found = unicode_of(head)
        if not found:
            return cls()
        codec, width = _UNITS[found]
        return cls(codec, width, 0 if found == codec else width)

    def length(self, text: bytes) -> int:
        """How many bytes a piece of UTF-8 takes in the file; pieces may end inside of a letter."""
        if not self.codec:
            return len(text)
        letters = len(text.translate(None, _CONTINUING))
        pairs = len(text) - len(text.translate(None, _OF_FOUR)) if self.width == _UTF16_BYTES else 0
        return (letters + pairs) * self.width


def as_utf8(file: BinaryIO) -> BinaryIO:
    """A file at its start, read as UTF-8 and without a mark if it is in UTF-16 or UTF-32; any other as it is.

    Closes the file. What is no letter there comes as U+FFFD.
    """
    codec = unicode_of(file.read(LOOKED_AT))
    file.seek(0)
    return cast("BinaryIO", io.BufferedReader(_AsUtf8(file, codec), CHUNK_BYTES)) if codec else file


def piece(file: BinaryIO, size: int) -> bytes:
    """The next bytes of a file, at most `size`; b"" at its end. What can be read before damage comes before the error.

    `read` gathers until it has all, and loses what it has when the last of it cannot be read.
    """
    read_once: Callable[[int], bytes] = getattr(file, "read1", file.read)
    return read_once(size)


def head_as_utf8(head: bytes) -> bytes:
    """The same for the first bytes of a file, which may end inside a letter."""
    codec = unicode_of(head)
    return codecs.getincrementaldecoder(codec)("replace").decode(head).encode() if codec else head


def clean(text: str) -> str:
    """Text as the database takes it: without NULs and halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def decode(data: bytes) -> str:
    """The text of a file or a line, whatever wrote it: Unicode of any form, else Windows' Western letters."""
    return _clean(_decoded(data))


def decode_as(data: bytes, charset: str = "") -> str:
    """The text in the charset it says, else in the one it is in. An unknown charset is as good as none."""
    name = _codec(charset)
    for each in dict.fromkeys((name or "utf-8", "utf-8")):
        try:
            return clean(data.decode(each))
        except (UnicodeDecodeError, LookupError, ValueError):
            continue
    return clean(data.decode(name, "replace")) if name and name != "utf-8" else clean(western(data))


def text_codec(name: str) -> str:
    """What Python calls this encoding; "" for what it has none for, and for what encodes no text, as base64 does."""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    is_text = found._is_text_encoding and found.name not in _NO_CHARSETS  # noqa: SLF001 - as TextIOWrapper asks
    return found.name if is_text else ""


def _codec(charset: str) -> str:
    """Python's name; "" for what is none, and for Windows' Western letters, whose bytes may be UTF-8 as well."""
    told = charset.strip().strip("\"'").lower()
    name = text_codec(_ALIASES.get(told, told)) if told else ""
    return "" if name in _WESTERN else _WIDER.get(name, name)


def decode_head(head: bytes) -> str:
    """The text that a file begins with; the last letter may have been cut."""
    for missing in range(_LONGEST_LETTER):
        try:
            return _clean(head[: len(head) - missing].decode("utf-8-sig"))
        except UnicodeDecodeError:
            continue
    return decode(head)


def _decoded(data: bytes) -> str:
    codec = unicode_of(data)
    if codec:
        return data.decode(codec, "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return western(data)


def western(data: bytes) -> str:
    """Windows' Western letters. Of the five bytes that stand for none there, what they are in Latin-1."""
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def mended(text: str) -> str:
    """Text decoded with "surrogateescape"; if bytes of it were no UTF-8, as Windows' Western letters."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return western(text.encode("utf-8", "surrogateescape"))
    return text


def _clean(text: str) -> str:
    return clean(text.replace("\r\n", "\n").replace("\r", "\n"))


class _AsUtf8(Changed):
    """A file in another form of Unicode."""

    def __init__(self, file: BinaryIO, codec: str) -> None:
        super().__init__(file)
        self._decoder = codecs.getincrementaldecoder(codec)("replace")

    def following(self) -> bytes:
        text, is_end = "", False
        while not text and not is_end:
            chunk = piece(self._file, CHUNK_BYTES)
            is_end = not chunk
            text = self._decoder.decode(chunk, is_end)
        return text.encode()
