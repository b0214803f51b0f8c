"""Last.fm, ListenBrainz and logs of players: what was listened to, in sittings (`importers.viewings`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from timeline_local.domain.drafts import JSON, Problem
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Checkpoint, Item, ReadOptions, Recognition
from timeline_local.importers.by_file import files_of_forms
from timeline_local.importers.json_stream import BrokenJson
from timeline_local.importers.scrobbles import Skipped, form_of, songs
from timeline_local.importers.track_reading import BROKEN
from timeline_local.importers.tracks import ProblemLog
from timeline_local.importers.viewings import PAUSE_OF_SONGS, Viewings, as_draft

SITTINGS_PER_CHECKPOINT = 200


@dataclass(frozen=True, slots=True)
class LastFm:
    name: str = "lastfm"
    title: str = "Last.fm and ListenBrainz"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one list of songs with their times is found, whatever it is called."""
        found = next((file for file in folder.sample() if form_of(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There is no list of songs of Last.fm or ListenBrainz here.")
        return Recognition(0.95, f"It holds a list of songs with the time each began, {found.name}.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each sitting, in the order of time, once all files were read."""
        start = checkpoint if isinstance(checkpoint, dict) else {}
        done = start.get("sittings")
        skip = done if isinstance(done, int) else 0
        heard = Viewings(PAUSE_OF_SONGS)
        for file, form in files_of_forms(folder, form_of, options):
            for problem in _gather(folder, file, form, heard):
                if not start:  # else it was told before
                    yield problem
        yield Checkpoint({"sittings": skip})
        for count, sitting in enumerate(heard.sittings(), 1):
            if count > skip:
                yield as_draft(sitting, what="sitting", unit="song", origin="list of songs")
                if count % SITTINGS_PER_CHECKPOINT == 0:
                    yield Checkpoint({"sittings": count})
        if heard.twice:
            detail = f"{heard.twice:,} songs stand in these lists more than once; each is taken once."
            yield Problem("songs#twice", "twice", detail)


def _gather(folder: Folder, file: File, form: str, heard: Viewings) -> Iterator[Problem]:
    log, count = ProblemLog(file.locator), 0
    try:
        with closing(songs(folder, file, form, log.letters)) as told:
            for count, each in enumerate(told, 1):
                if isinstance(each, Skipped):
                    yield from log.note(str(count), each.slug, each.detail)
                else:
                    heard.add(each)
    except (*BROKEN, BrokenJson) as error:
        why = (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")
        detail = f"This list cannot be read to its end ({why}); the {count:,} rows before it are taken."
        yield from log.problem("unreadable", detail)
    yield from log.rest()
