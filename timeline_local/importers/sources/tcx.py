"""TCX, Garmin's Training Center files: each activity is a move, its laps together; without a way it is training."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from timeline_local.domain.drafts import JSON
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.tcx_tracks import read_tcx
from timeline_local.importers.track_formats import TCX
from timeline_local.importers.track_reading import claims_of, read_formats, recognise_formats


@dataclass(frozen=True, slots=True)
class Tcx:
    name: str = "tcx"
    title: str = "TCX activities"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of any file whose root element is a TrainingCenterDatabase, whatever spaces stand before it."""
        return recognise_formats(folder, {TCX}, "TCX activities")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each activity and course of every file."""
        yield from read_formats(folder, options, checkpoint, {TCX}, read_tcx)

    def claims(self, folder: Folder, options: ReadOptions) -> Iterator[str]:
        return claims_of(folder, options, {TCX})
