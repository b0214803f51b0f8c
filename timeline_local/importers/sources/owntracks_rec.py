"""OwnTracks recorder files: where a phone was, day and night. They become positions, and what they mark visits.

A line is a time, a kind and a JSON object, parted by tabs or spaces; lists of such objects, as the recorder's API
gives them, are read too.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from timeline_local.domain.drafts import JSON
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Found, Item, ReadOptions, Recognition
from timeline_local.importers.json_stream import json_items
from timeline_local.importers.owntracks_messages import (
    POSITIONS,
    SAYS_NOTHING,
    WAYPOINT,
    device_of,
    point_of,
    waypoint_draft,
    waypoint_key,
)
from timeline_local.importers.position_days import PositionDays
from timeline_local.importers.track_formats import OWNTRACKS, open_plain_text
from timeline_local.importers.track_reading import claims_of, read_formats, recognise_formats
from timeline_local.importers.tracks import NO_TIME, NOWHERE, Keys, ProblemLog

_MAX_LINE = 256 * 1024  # messages with a picture of a person are the longest
_LISTED = ((re.compile(rb"\s*\["), "item"), (re.compile(rb'\s*\{[^{\[]*"data"\s*:\s*\['), "data.item"))


@dataclass(frozen=True, slots=True)
class OwntracksRec:
    name: str = "owntracks_rec"
    title: str = "OwnTracks positions"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of any file whose lines are OwnTracks messages."""
        return recognise_formats(folder, {OWNTRACKS}, "OwnTracks positions")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """Positions by device and day, and the waypoints that were marked."""
        yield from read_formats(folder, options, checkpoint, {OWNTRACKS}, _read_file)

    def claims(self, folder: Folder, options: ReadOptions) -> Iterator[str]:
        return claims_of(folder, options, {OWNTRACKS})


def _read_file(folder: Folder, file: File, _: str) -> Iterator[Found]:
    reading = _Reading(file)
    with open_plain_text(folder, file.locator) as opened:
        head = opened.read(512).removeprefix(codecs.BOM_UTF8)
    listed = next((prefix for sign, prefix in _LISTED if sign.match(head)), "")
    if listed:
        for message in json_items(folder, file.locator, listed, reading.log.letters):
            yield from reading.take(message)
    else:
        with open_plain_text(folder, file.locator) as opened:
            yield from reading.lines(opened)
    yield from reading.end()


@dataclass(slots=True)
class _Reading:
    """One file while it is read."""

    file: File
    count: int = 0
    keys: Keys = field(default_factory=Keys)
    days: PositionDays = field(default_factory=lambda: PositionDays("owntracks"))
    log: ProblemLog = field(init=False)

    def __post_init__(self) -> None:
        self.log = ProblemLog(self.file.locator)

    def lines(self, file: BinaryIO) -> Iterator[Found]:
        while line := file.readline(_MAX_LINE):
            text = line.decode("utf-8", "replace")
            start = text.find("{")
            if not text.strip():
                continue
            try:
                message = loose.document(text[start:]) if start >= 0 else None
            except ValueError:
                message = None
            yield from self.take(message)

    def take(self, message: object) -> Iterator[Found]:
        self.count += 1
        where = f"message {self.count}"
        kind = message.get("_type", "location") if isinstance(message, Mapping) else None
        if not isinstance(message, Mapping) or not isinstance(kind, str):
            yield from self.log.note(where, "damaged", "This line is no OwnTracks message.")
        elif kind == WAYPOINT:
            yield from self._waypoint(message, where)
        elif kind in POSITIONS:
            yield from self._position(message, where)
        elif kind not in SAYS_NOTHING:
            yield from self.log.note(where, "unsupported", "This message tells no position.")

    def end(self) -> Iterator[Found]:
        yield from self.days.rest()
        yield from self.log.rest()

    def _position(self, message: Mapping[str, Any], where: str) -> Iterator[Found]:
        point = point_of(message)
        if point is None:
            yield from self.log.note(where, "no-position", NOWHERE)
        elif point.at is None:
            yield from self.log.note(where, "no-time", NO_TIME)
        else:
            yield from self.days.add(device_of(message), point)

    def _waypoint(self, message: Mapping[str, Any], where: str) -> Iterator[Found]:
        point = point_of(message)
        if point is None:
            yield from self.log.note(where, "no-position", NOWHERE)
            return
        key = self.keys.unique(waypoint_key(message, point))
        yield waypoint_draft(message, point, key)
