"""Metadata blocks of a picture as bytes, found by us where a decoder does not know them or cannot open the picture.

A date and a position are worth having of a picture that nobody here can show: a JPEG whose pixels are gone, a JPEG XL.
Bounded: at most MAX_BLOCK bytes of each block.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

import brotli  # type: ignore[import-untyped]  # the package says nothing about its types

from timeline_local.media.boxes import boxes

MAX_BLOCK = 4 * 1024 * 1024

_EXIF_HEAD = b"Exif\x00"
_XMP_HEAD = b"http://ns.adobe.com/xap/1.0/\x00"
_TIFF_MARKS = (b"II", b"MM")
# Boxes of JPEG 2000 that say by an id what they hold.
_UUIDS = {
    b"JpgTiffExif->JP2": "exif",
    bytes.fromhex("be7acfcb97a942e89c71999491e3afac"): "xmp",
    bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"): "iptc",
}
_JXL = {b"Exif": "exif", b"xml ": "xmp"}
_RESOURCES = {0x0422: "exif", 0x0424: "xmp", 0x0404: "iptc"}
_START_OF_SCAN = 0xDA


@dataclass(slots=True)
class Packets:
    """The metadata blocks of a picture as bytes; empty when absent."""

    exif: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""


def packets_of(file: BinaryIO, mime: str) -> Packets:
    """What the structure of the file itself shows; nothing for formats whose decoders know better. Raises OSError."""
    found = Packets()
    read = _READERS.get(mime)
    if read is not None:
        read(file, found)
    return found


def _read_jpeg(file: BinaryIO, found: Packets) -> None:
    """The segments before the pixels."""
    file.seek(2)
    while (head := file.read(4))[:1] == b"\xff" and len(head) == 4 and head[1] != _START_OF_SCAN:  # noqa: PLR2004
        data = file.read(max(int.from_bytes(head[2:], "big") - 2, 0))
        if data.startswith(_EXIF_HEAD):
            found.exif = found.exif or data
        elif data.startswith(_XMP_HEAD):
            found.xmp = found.xmp or data[len(_XMP_HEAD) :]


def _read_jp2(file: BinaryIO, found: Packets) -> None:
    for box in boxes(file):
        if box.kind != b"uuid":
            continue
        file.seek(box.start)
        name = _UUIDS.get(file.read(16))
        if name is not None:
            setattr(found, name, file.read(min(box.end - box.start - 16, MAX_BLOCK)))


def _read_jxl(file: BinaryIO, found: Packets) -> None:
    """Boxes of a JPEG XL; its writers pack them more often than not."""
    for box in boxes(file):
        is_packed = box.kind == b"brob"
        if not is_packed and box.kind not in _JXL:
            continue
        file.seek(box.start)
        kind = file.read(4) if is_packed else box.kind
        data = file.read(min(box.end - file.tell(), MAX_BLOCK))
        name = _JXL.get(kind)
        if name is not None:
            setattr(found, name, _unpacked(data) if is_packed else data)
    skipped = 4 + int.from_bytes(found.exif[:4], "big")  # a JPEG XL tells where in the block the TIFF begins
    if found.exif and found.exif[:2] not in _TIFF_MARKS:
        found.exif = found.exif[skipped:]


def _read_psd(file: BinaryIO, found: Packets) -> None:
    """The image resources of Photoshop, which stand before its layers."""
    file.seek(26)
    file.seek(int.from_bytes(file.read(4), "big"), 1)  # the colours of a palette
    end = int.from_bytes(file.read(4), "big") + file.tell()
    while file.tell() < end and file.read(4) == b"8BIM":
        name = _RESOURCES.get(int.from_bytes(file.read(2), "big"))
        file.seek(int.from_bytes(file.read(1), "big") // 2 * 2 + 1, 1)  # its name and the length before it are even
        size = int.from_bytes(file.read(4), "big")
        start = file.tell()
        if name is not None:
            setattr(found, name, file.read(min(size, MAX_BLOCK)))
        file.seek(start + size + size % 2)


def _unpacked(data: bytes) -> bytes:
    try:
        unpacked: bytes = brotli.Decompressor().process(data, output_buffer_limit=MAX_BLOCK)
    except brotli.error:
        return b""
    return unpacked


_READERS: dict[str, Callable[[BinaryIO, Packets], None]] = {
    "image/jpeg": _read_jpeg,
    "image/jp2": _read_jp2,
    "image/jxl": _read_jxl,
    "image/vnd.adobe.photoshop": _read_psd,
}
