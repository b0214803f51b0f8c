"""Metadata blocks of pictures and films as bytes, found by us where a decoder does not know them or opens no file.

A date and a position are worth having of a picture that nobody here can show: a JPEG whose pixels are gone, a JPEG XL.
Bounded: at most MAX_BLOCK bytes of each block.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

import brotli  # type: ignore[import-untyped]  # the package says nothing about its types

from timeline_local.media.animation import gif_extensions
from timeline_local.media.boxes import boxes, find

MAX_BLOCK = 4 * 1024 * 1024
RAF_JPEG_AT = 84  # where a Fuji RAW tells where its JPEG begins

_EXIF_HEAD = b"Exif\x00"
_XMP_HEADS = (b"http://ns.adobe.com/xap/1.0/\x00", b"XMP\x00", b"<?xpacket")  # agencies' programs write the last two
_PHOTOSHOP_HEAD = b"Photoshop 3.0\x00"
_TIFF_MARKS = (b"II", b"MM")
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
# Boxes of JPEG 2000 that say by an id what they hold.
_UUIDS = {
    b"JpgTiffExif->JP2": "exif",
    _XMP_UUID: "xmp",
    bytes.fromhex("33c7a4d2b81d4723a0baf1a3e097ad38"): "iptc",
}
_JXL = {b"Exif": "exif", b"xml ": "xmp"}
_RESOURCES = {0x0422: "exif", 0x0424: "xmp", 0x0404: "iptc"}
_RESOURCE_MARKS = (b"8BIM", b"MeSa", b"AgHg", b"PHUT", b"DCSR")  # by the program of Adobe's that wrote it
_START_OF_SCAN = 0xDA
_PNG_TEXT = b"XML:com.adobe.xmp\x00\x00\x00\x00\x00"
_GIF_XMP = b"XMP DataXMP"
_GIF_XMP_ENDS = b"\x01\xff\xfe\xfd"  # of 258 bytes that lead any reader of blocks out of the packet
_MOST_CHUNKS = 100_000


@dataclass(slots=True)
class Packets:
    """The metadata blocks of a picture as bytes, and the texts of a PNG; empty when absent."""

    exif: bytes = b""
    xmp: bytes = b""
    iptc: bytes = b""
    title: str = ""
    description: str = ""


def packets_of(file: BinaryIO, mime: str) -> Packets:
    """What the structure of the file itself shows; nothing for formats whose decoders know better. Raises OSError."""
    found = Packets()
    read = _READERS.get(mime)
    if read is not None:
        read(file, found)
    return found


def _read_jpeg(file: BinaryIO, found: Packets, start: int = 0) -> None:
    """The segments before the pixels."""
    file.seek(start + 2)
    while (head := file.read(4))[:1] == b"\xff" and len(head) == 4 and head[1] != _START_OF_SCAN:  # noqa: PLR2004
        data = file.read(max(int.from_bytes(head[2:], "big") - 2, 0))
        if data.startswith(_EXIF_HEAD):
            found.exif = found.exif or data
        elif data.startswith(_XMP_HEADS):
            found.xmp = found.xmp or data[max(data.find(b"<"), 0) :]
        elif data.startswith(_PHOTOSHOP_HEAD) and not found.iptc:
            resources = Packets()
            _read_resources(io.BytesIO(data), len(_PHOTOSHOP_HEAD), len(data), resources)
            found.iptc = resources.iptc


def _read_raf(file: BinaryIO, found: Packets) -> None:
    """A Fuji RAW begins with a whole JPEG, which holds what the camera says beside EXIF."""
    file.seek(RAF_JPEG_AT)
    _read_jpeg(file, found, int.from_bytes(file.read(4), "big"))


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
    size = int.from_bytes(file.read(4), "big")
    _read_resources(file, file.tell(), file.tell() + size, found)


def _read_resources(file: BinaryIO, start: int, end: int, found: Packets) -> None:
    """Photoshop's blocks, which lie one behind the other from start to end."""
    file.seek(start)
    while file.tell() < end and file.read(4) in _RESOURCE_MARKS:
        name = _RESOURCES.get(int.from_bytes(file.read(2), "big"))
        file.seek(int.from_bytes(file.read(1), "big") // 2 * 2 + 1, 1)  # its name and the length before it are even
        size = int.from_bytes(file.read(4), "big")
        start = file.tell()
        if name is not None:
            setattr(found, name, file.read(min(size, MAX_BLOCK)))
        file.seek(start + size + size % 2)


def _read_png(file: BinaryIO, found: Packets) -> None:
    """The chunks behind the pixels, too, which a decoder only comes to when it decodes them."""
    at = 8
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        head = file.read(8)
        size, kind = int.from_bytes(head[:4], "big"), head[4:]
        if len(head) < 8 or kind == b"IEND":  # noqa: PLR2004 - a size and a kind
            return
        if kind == b"eXIf":
            found.exif = found.exif or file.read(min(size, MAX_BLOCK))
        elif kind == b"iTXt" and file.read(len(_PNG_TEXT)) == _PNG_TEXT:
            found.xmp = found.xmp or file.read(min(size - len(_PNG_TEXT), MAX_BLOCK))
        at += size + 12


def _read_gif(file: BinaryIO, found: Packets) -> None:
    for name, start in gif_extensions(file):
        if name == _GIF_XMP:
            file.seek(start)
            found.xmp = file.read(MAX_BLOCK).partition(_GIF_XMP_ENDS)[0]
            return


def _read_film(file: BinaryIO, found: Packets) -> None:
    """XMP of an MP4 in a box of its own, of a QuickTime film in its user data."""
    for box in boxes(file):
        held = user_data = None
        if box.kind == b"moov":
            user_data = find(file, box, b"udta")
            held = find(file, user_data, b"XMP_") if user_data else None
        elif box.kind == b"uuid":
            file.seek(box.start)
            held = box._replace(start=box.start + 16) if file.read(16) == _XMP_UUID else None
        if held is not None:
            file.seek(held.start)
            found.xmp = found.xmp or file.read(min(max(held.end - held.start, 0), MAX_BLOCK))


def _read_riff(file: BinaryIO, found: Packets) -> None:
    """The chunk that Adobe's programs lay beside the sound or film."""
    at = 12
    for _ in range(_MOST_CHUNKS):
        file.seek(at)
        head = file.read(8)
        size = int.from_bytes(head[4:], "little")
        if len(head) < 8:  # noqa: PLR2004 - a kind and a size
            return
        if head[:4] == b"_PMX":
            found.xmp = file.read(min(size, MAX_BLOCK))
            return
        at += 8 + size + size % 2


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
    "image/png": _read_png,
    "image/gif": _read_gif,
    **dict.fromkeys(("video/mp4", "video/quicktime", "video/x-m4v", "audio/mp4", "image/x-canon-cr3"), _read_film),
    "image/x-fuji-raf": _read_raf,
    **dict.fromkeys(("video/x-msvideo", "audio/wav"), _read_riff),
}
