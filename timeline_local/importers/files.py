"""What every file of an import says by itself: its key, its date, and what it is when its name does not tell."""

from __future__ import annotations

import unicodedata

from timeline_local.domain.drafts import Problem
from timeline_local.domain.times import TimeBasis, TimeEvidence, from_micros
from timeline_local.importers.archive import File, Folder

_LATEST_NS = 253_402_300_799 * 1_000_000_000  # the end of the year 9999


def source_key(locator: str) -> str:
    """The locator in NFC: a Mac and a Linux disk spell "é" differently for the same name."""
    return locator if locator.isascii() else unicodedata.normalize("NFC", locator)


def file_date(file: File) -> TimeEvidence:
    """What the disk says: the weakest of all dates."""
    instant = from_micros(min(max(file.mtime_ns, 0), _LATEST_NS) // 1000)
    return TimeEvidence(basis=TimeBasis.FILE_DATE, instant=instant, origin="file date")


def extension(name: str) -> str:
    """The extension in small letters without its dot, "" if there is none."""
    stem, _, last = name.rpartition(".")
    return last.lower() if stem else ""


def spoken_extension(folder: Folder, file: File) -> str:
    """The extension that the first bytes of a file without one ask for, "" when they are no picture or film."""
    try:
        with folder.open(file.locator) as opened:
            head = opened.read(16)
    except (OSError, ValueError):
        return ""
    if head[4:8] == b"ftyp":
        return next((found for brand, found in _BRANDS.items() if head[8:12].startswith(brand)), "mp4")
    if head.startswith(b"RIFF"):
        return {b"WEBP": "webp", b"AVI ": "avi"}.get(head[8:12], "")
    return next((found for first, found in _FIRST_BYTES.items() if head.startswith(first)), "")


_BRANDS = {b"heic": "heic", b"heix": "heic", b"mif1": "heic", b"avif": "avif", b"qt": "mov"}
_FIRST_BYTES = {
    b"\xff\xd8\xff": "jpg",
    b"\x89PNG\r\n": "png",
    b"GIF8": "gif",
    b"BM": "bmp",
    b"II*\x00": "tif",
    b"MM\x00*": "tif",
    b"\x1aE\xdf\xa3": "mkv",
}


def is_empty(file: File) -> Problem:
    """What is said of an empty picture."""
    return Problem(file.locator, "empty", "The file is empty: it holds nothing.")


def is_unsupported(file: File) -> Problem:
    """What is said of a file that is no picture, film or recording."""
    found = extension(file.name)
    what = f"Files of the type .{found}" if found else "Files without an extension"
    detail = f"{what} are not photos, videos or recordings that can be shown; it was left out."
    return Problem(file.locator, "unsupported", detail)
