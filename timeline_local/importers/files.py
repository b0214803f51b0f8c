"""What every file of an import says by itself: its key and its date, and what is told of one that is left out."""

from __future__ import annotations

import unicodedata

from timeline_local.domain.drafts import Problem
from timeline_local.domain.times import TimeBasis, TimeEvidence, from_micros
from timeline_local.importers.archive import File
from timeline_local.importers.mounts import is_archive_name

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


def is_empty(file: File) -> Problem:
    """What is said of an empty picture."""
    return Problem(file.locator, "empty", "The file is empty: it holds nothing.")


def is_unknown(file: File) -> Problem:
    """What is said of a file that no source takes."""
    return _is_closed(file) or Problem(
        file.locator, "unsupported", "Nothing here knows what is in this file; it was left out."
    )


def is_unsupported(file: File) -> Problem:
    """What is said of a file that is no picture, film or recording."""
    closed = _is_closed(file)
    if closed is not None:
        return closed
    found = extension(file.name)
    what = f"Files of the type .{found}" if found else "Files without an extension"
    detail = f"{what} are not photos, videos or recordings that can be shown; it was left out."
    return Problem(file.locator, "unsupported", detail)


def _is_closed(file: File) -> Problem | None:
    """What is said of an archive that was not opened, as it lies too deep in others."""
    if not is_archive_name(file.name):
        return None
    detail = "It lies in an archive that lies in another one. Unpack the outer one, and import what was in it."
    return Problem(file.locator, "unsupported", detail)
