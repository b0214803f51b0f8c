"""FIT, as sports watches and bike computers write it: each session is a move, or training without a way.

The wall clock of the device is in the file, so the day is right even where coordinates are missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from timeline_local.domain.drafts import JSON
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.fit_tracks import read_fit
from timeline_local.importers.track_formats import FIT
from timeline_local.importers.track_reading import claims_of, read_formats, recognise_formats


@dataclass(frozen=True, slots=True)
class Fit:
    name: str = "fit"
    title: str = "FIT activities"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of any file that carries the mark of the format."""
        return recognise_formats(folder, {FIT}, "FIT activities")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each session, with its way; of a broken file what comes before the fault."""
        yield from read_formats(folder, options, checkpoint, {FIT}, read_fit)

    def claims(self, folder: Folder, options: ReadOptions) -> Iterator[str]:
        return claims_of(folder, options, {FIT})
