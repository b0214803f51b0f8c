"""GPX 1.0 and 1.1: tracks become moves, routes and tracks without times ways on no day, waypoints visits.

One track is one memory, its segments together; a pause of hours parts it (`importers.tracks`). Times without a zone
are UTC, as the format says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from timeline_local.domain.drafts import JSON
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.gpx_tracks import read_gpx
from timeline_local.importers.track_formats import GPX
from timeline_local.importers.track_reading import claims_of, read_formats, recognise_formats


@dataclass(frozen=True, slots=True)
class Gpx:
    name: str = "gpx"
    title: str = "GPX tracks"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of any file whose root element is gpx."""
        return recognise_formats(folder, {GPX}, "GPX tracks")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """The waypoints, routes and tracks of every file in their order."""
        yield from read_formats(folder, options, checkpoint, {GPX}, read_gpx)

    def claims(self, folder: Folder, options: ReadOptions) -> Iterator[str]:
        return claims_of(folder, options, {GPX})
