"""What all sources of positions share: finding their files, claiming them, going on in the middle of one.

A file of tracks is an original as a picture is one: what was gone or trained by it carries it. What is too large to be
a track, or is the history of years in a form of its own, stays where it lies.
"""

from __future__ import annotations

import csv
import zlib
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import replace
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile

from timeline_local.domain.drafts import JSON, Draft, MediaRef, Problem
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Checkpoint, Found, Item, ReadOptions, Recognition
from timeline_local.importers.track_formats import (
    CSV,
    FIT,
    GEOJSON,
    GPX,
    IGC,
    KML,
    KMZ,
    NMEA,
    OZI,
    TCX,
    files_in,
    sample_of,
)
from timeline_local.importers.xml_stream import XmlBroken

ITEMS_PER_CHECKPOINT = 200
LARGEST_TRACK = 64 * 1024 * 1024  # a day of NMEA takes 40 MiB; more is a history
_TRACKS = frozenset({GPX, FIT, TCX, KML, KMZ, GEOJSON, NMEA, IGC, OZI, CSV})
_CARRIERS = frozenset({Kind.MOVE, Kind.HEALTH})
BROKEN = (OSError, EOFError, csv.Error, zlib.error, BadZipFile, XmlBroken, ExpatError, ValueError)

ReadFile = Callable[[Folder, File, str], Iterator[Found]]


def recognise_formats(folder: Folder, formats: Container[str], what: str) -> Recognition:
    """Sure as soon as one file has one of these formats. what: "GPX tracks", for the sentence."""
    for file, found in sample_of(folder):
        if found in formats:
            return Recognition(0.95, f"It holds {what}, {file.name} for one.")
    return Recognition(0.0, f"There are no {what} in this folder.")


def read_formats(
    folder: Folder, options: ReadOptions, checkpoint: JSON, formats: Container[str], read_file: ReadFile
) -> Iterator[Item]:
    """Everything in the files of these formats, file by file; a broken one is a problem after what could be read.

    A file belongs to the first source that reads it. `read_file` may raise what is in BROKEN.
    """
    ours = _ours(folder, options, formats)
    options.claimed.update(file.locator for file, _ in ours)
    first, done = _position(checkpoint, [file.locator for file, _ in ours])
    for file, found in ours[first:]:
        for count, item in enumerate(_safely(folder, file, found, read_file), 1):
            if count <= done:
                continue
            yield item
            if count % ITEMS_PER_CHECKPOINT == 0:
                yield Checkpoint({"file": file.locator, "items": count})
        yield Checkpoint({"file": file.locator})
        done = 0


def claims_of(folder: Folder, options: ReadOptions, formats: Container[str]) -> Iterator[str]:
    """The locators that `read_formats` takes."""
    return (file.locator for file, _ in _ours(folder, options, formats))


def _ours(folder: Folder, options: ReadOptions, formats: Container[str]) -> list[tuple[File, str]]:
    return [
        (file, found) for file, found in files_in(folder) if found in formats and not options.is_claimed(file.locator)
    ]


def _position(checkpoint: JSON, locators: list[str]) -> tuple[int, int]:
    """Which file to go on with, and how many of its items were handed over; the start if the file is gone."""
    if not isinstance(checkpoint, dict) or checkpoint.get("file") not in locators:
        return 0, 0
    at, done = locators.index(str(checkpoint["file"])), checkpoint.get("items")
    return (at, done) if isinstance(done, int) else (at + 1, 0)


def with_rest(items: Iterator[Found], rest: Callable[[], Iterator[Found]]) -> Iterator[Found]:
    """The items, then what was gathered until they ended; also where they end because the file is broken."""
    try:
        yield from items
    except BROKEN:
        yield from rest()
        raise
    yield from rest()


def with_track(items: Iterable[Found], file: File) -> Iterator[Found]:
    """The items; moves and workouts among them carry the file they were read from, behind their other files."""
    for item in items:
        if isinstance(item, Draft) and item.kind in _CARRIERS and file.size <= LARGEST_TRACK:
            track = MediaRef(locator=file.locator, role=MediaRole.TRACK, position=len(item.media))
            yield replace(item, media=(*item.media, track))
        else:
            yield item


def _safely(folder: Folder, file: File, found: str, read_file: ReadFile) -> Iterator[Found]:
    try:
        items = read_file(folder, file, found)
        yield from with_track(items, file) if found in _TRACKS else items
    except BROKEN as error:
        why = (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")
        detail = f"This file cannot be read to its end ({why}); what comes before is taken."
        yield Problem(file.locator, "unreadable", detail)
