"""Finds the short film that phones hide behind a picture (Google motion photo, Samsung)."""

import re
from io import SEEK_END
from typing import BinaryIO

from timeline_local.media.boxes import boxes

_MAX_TAIL = 24 * 1024 * 1024
_MICRO_VIDEO = re.compile(rb"""MicroVideoOffset(?:=["']|>)\s*(\d{1,12})""")
# The film is the container item of that meaning; its length may stand before or behind the meaning.
_CONTAINER_ITEM = re.compile(rb"<[^<>]*Item:Semantic=[\"']MotionPhoto[\"'][^<>]*>")
_ITEM_LENGTH = re.compile(rb"Item:Length=[\"'](\d{1,12})[\"']")
_ITEM_ELEMENTS = re.compile(rb"<Item:Semantic>MotionPhoto</Item:Semantic>.{0,400}?<Item:Length>(\d{1,12})<", re.DOTALL)
_SAMSUNG_MARK = b"MotionPhoto_Data"
_FTYP_BRANDS = (b"mp4", b"iso", b"qt ", b"3gp", b"M4V")


def motion_offset(file: BinaryIO, xmp: bytes) -> int | None:
    """Where the embedded film begins, in bytes from the start of the file; None without one."""
    size = file.seek(0, SEEK_END)
    for length in _announced_lengths(xmp):
        if 0 < length < size and _is_film(file, size - length):
            return size - length
    if _starts_with_boxes(file):
        return next((box.start for box in boxes(file) if box.kind == b"mpvd" and _is_film(file, box.start)), None)
    return _film_in_tail(file, size)


def _announced_lengths(xmp: bytes) -> list[int]:
    items = (_ITEM_LENGTH.search(item) for item in _CONTAINER_ITEM.findall(xmp))
    found = [_MICRO_VIDEO.search(xmp), *items, _ITEM_ELEMENTS.search(xmp)]
    return [int(match[1]) for match in found if match]


def _is_film(file: BinaryIO, at: int) -> bool:
    file.seek(at)
    head = file.read(12)
    return head[4:8] == b"ftyp" and head[8:12].startswith(_FTYP_BRANDS)


def _starts_with_boxes(file: BinaryIO) -> bool:
    file.seek(4)
    return file.read(4) == b"ftyp"


def _film_in_tail(file: BinaryIO, size: int) -> int | None:
    """Looks behind a JPEG that does not end with its end mark; most do, and then nothing is read."""
    file.seek(max(0, size - 64))
    if file.read(64).rstrip(b"\x00").endswith(b"\xff\xd9"):
        return None
    start = max(0, size - _MAX_TAIL)
    file.seek(start)
    tail = file.read(_MAX_TAIL)
    mark = tail.find(_SAMSUNG_MARK)
    if mark >= 0 and _is_film(file, start + mark + len(_SAMSUNG_MARK)):
        return start + mark + len(_SAMSUNG_MARK)
    at = tail.find(b"ftyp", 4)
    while at >= 0:
        if tail[at + 4 : at + 8].startswith(_FTYP_BRANDS):
            return start + at - 4
        at = tail.find(b"ftyp", at + 4)
    return None
