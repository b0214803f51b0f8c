"""Strava's bulk export: each row of activities.csv with its recording, its pictures and what was written about it.

The table says more than the recordings: names, descriptions, gear, what Strava counted. The recording gives the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import PurePosixPath

from timeline_local.domain.drafts import JSON, Draft, MediaRef, Problem, RelationKind, RelationRef
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.moves import mode_of, title_of
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Checkpoint, Found, Item, ReadOptions, Recognition
from timeline_local.importers.fit_tracks import read_fit
from timeline_local.importers.gpx_tracks import read_gpx
from timeline_local.importers.strava_rows import Activity, read_captions, read_rows
from timeline_local.importers.table_rows import column_names
from timeline_local.importers.tcx_tracks import read_tcx
from timeline_local.importers.track_formats import FIT, GPX, STRAVA_ACTIVITIES, STRAVA_MEDIA, TCX, files_in, sample_of
from timeline_local.importers.track_reading import BROKEN, ReadFile, with_track

ROWS_PER_CHECKPOINT = 50

_LONGEST_S = 366 * 24 * 3600
_ACTIVITIES = frozenset({Kind.MOVE, Kind.HEALTH})
_READERS: Mapping[str, ReadFile] = {GPX: read_gpx, FIT: read_fit, TCX: read_tcx}


_OF_ATHLETES = frozenset({"athlete id", "email address"})  # of the table of who somebody is on Strava
_HINT = (
    "profile.csv is of an export of Strava, and says who you are. Give the whole zip that Strava sent, or its folder: "
    "activities.csv lists what you did."
)


def _is_table(file: File) -> bool:
    return file.name.lower().endswith(".csv")


@dataclass(frozen=True, slots=True)
class Strava:
    name: str = "strava"
    title: str = "Strava activities"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of a table of activities with the columns of an export."""
        for file, found in sample_of(folder):
            if found == STRAVA_ACTIVITIES:
                return Recognition(0.95, f"It is an export of Strava: {file.locator} lists its activities.")
        is_part = any(column_names(folder, file.locator) >= _OF_ATHLETES for file in folder.sample() if _is_table(file))
        return Recognition(0.0, "There is no export of Strava in this folder.", _HINT if is_part else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each activity, in the order of the table; what a recording holds besides follows it."""
        tables = [
            file
            for file, found in files_in(folder)
            if found == STRAVA_ACTIVITIES and not options.is_claimed(file.locator)
        ]
        options.claimed.update(self.claims(folder, options))
        start = checkpoint if isinstance(checkpoint, dict) else {}
        names = [file.locator for file in tables]
        first = names.index(str(start["table"])) if start.get("table") in names else 0
        done = start.get("rows") if start.get("table") in names else 0
        for table in tables[first:]:
            yield from _Export(folder, table).items(done if isinstance(done, int) else 0)
            done = 0

    def claims(self, folder: Folder, options: ReadOptions) -> Iterator[str]:
        for file, found in files_in(folder):
            if options.is_claimed(file.locator):
                continue
            if found == STRAVA_MEDIA:
                yield file.locator
            elif found == STRAVA_ACTIVITIES:
                yield file.locator
                export = _Export(folder, file)
                for activity in export.rows():
                    if activity is not None:
                        yield from (export.place(each) for each in (activity.file, *activity.media) if each)


@dataclass(slots=True)
class _Export:
    """One table with the files beside it."""

    folder: Folder
    table: File

    def place(self, locator: str) -> str:
        home = self.table.locator.rpartition("/")[0]
        return f"{home}/{locator}" if home else locator

    def rows(self) -> Iterator[Activity | None]:
        try:
            with self.folder.open_text(self.table.locator) as opened:
                yield from read_rows(opened)
        except BROKEN:
            return

    def items(self, done: int) -> Iterator[Item]:
        formats = {file.locator: (file, found) for file, found in files_in(self.folder)}
        captions = self._captions()
        count = 0
        for count, activity in enumerate(self.rows(), 1):
            if count <= done:
                continue
            if activity is None:
                where = f"{self.table.locator}#row {count}"
                yield Problem(where, "unsupported", "This row is no activity: it has no number.")
            else:
                yield from self._activity(activity, formats.get(self.place(activity.file)), captions)
            if count % ROWS_PER_CHECKPOINT == 0:
                yield Checkpoint({"table": self.table.locator, "rows": count})
        if not count:
            yield Problem(self.table.locator, "empty", "This table lists no activities.")
        yield Checkpoint({"table": self.table.locator, "rows": count})

    def _captions(self) -> dict[str, str]:
        try:
            with self.folder.open_text(self.place("media.csv")) as opened:
                return read_captions(opened)
        except BROKEN:
            return {}

    def _activity(
        self, activity: Activity, recording: tuple[File, str] | None, captions: Mapping[str, str]
    ) -> Iterator[Found]:
        told, media, lost = self._media(activity, captions)
        yield from lost
        ways: list[Draft] = []
        rest: list[Found] = []
        if recording is not None:
            for item in self._recorded(*recording):
                if isinstance(item, Draft) and item.kind in _ACTIVITIES:
                    ways.append(item)
                else:
                    rest.append(item)
        elif activity.file or activity.is_missing:
            where = f"{self.table.locator}#{activity.key}"
            detail = "The recording of this activity is missing or of an unknown kind; it is taken without its way."
            yield Problem(where, "recording-missing", detail)
        way = ways[0] if ways else None
        track = () if way is None else (replace(each, position=len(media)) for each in way.media)
        yield replace(_draft(activity, way), media=(*media, *track), extra=_extra(activity, way) | told)
        key = f"activity:{activity.key}"
        for number_of, each in enumerate(ways[1:], 2):
            part = (RelationRef(kind=RelationKind.PART_OF, source_key=key),)
            yield replace(each, source_key=f"{key}/{number_of}", relations=part)
        yield from rest

    def _recorded(self, file: File, found: str) -> Iterator[Found]:
        reader = _READERS.get(found)
        if reader is None:
            yield Problem(file.locator, "unsupported", "This recording is neither GPX nor FIT nor TCX.")
            return
        try:
            yield from with_track(reader(self.folder, file, found), file)
        except BROKEN as error:
            detail = f"This recording cannot be read to its end ({error}); what comes before is taken."
            yield Problem(file.locator, "unreadable", detail)

    def _media(
        self, activity: Activity, captions: Mapping[str, str]
    ) -> tuple[dict[str, JSON], tuple[MediaRef, ...], list[Problem]]:
        """(captions by file name, the pictures that are there, problems of those that are not)."""
        kept: list[MediaRef] = []
        lost: list[Problem] = []
        for each in activity.media:
            locator = self.place(each)
            try:
                self.folder.stat(locator)
            except (OSError, ValueError):
                lost.append(Problem(locator, "media-missing", "This picture of an activity is not in the export."))
                continue
            kept.append(
                MediaRef(locator=locator, role=MediaRole.ATTACHMENT, position=len(kept), name=PurePosixPath(each).name)
            )
        said: dict[str, JSON] = {each.name: captions[each.name] for each in kept if each.name in captions}
        return ({"captions": said} if said else {}), tuple(kept), lost


def _draft(activity: Activity, way: Draft | None) -> Draft:
    """The memory: the way from the recording, the words from the table."""
    base = way or Draft(source_key="", kind=Kind.HEALTH if activity.distance_m is None else Kind.MOVE)
    mode = mode_of(activity.word)
    note = activity.told.get("note", "")
    written = [text for text in (activity.description, note) if text]
    evidence = base.evidence if way is not None and way.path else _evidence(activity) or base.evidence
    return replace(
        base,
        source_key=f"activity:{activity.key}",
        title=activity.name or title_of(mode or activity.word.lower(), activity.distance_m),
        body="\n\n".join(written) or base.body,
        evidence=evidence,
        tags=("commute",) if activity.is_commute else (),
    )


def _evidence(activity: Activity) -> tuple[TimeEvidence, ...]:
    if activity.at is None:
        return (TimeEvidence(basis=TimeBasis.SOURCE, precision=Precision.UNKNOWN, origin="Strava activity"),)
    length = activity.elapsed_s if activity.elapsed_s and 0 < activity.elapsed_s < _LONGEST_S else 0
    until = activity.at + timedelta(seconds=length) if length else None
    return (TimeEvidence(basis=TimeBasis.SOURCE, instant=activity.at, until=until, origin="Strava activity"),)


def _extra(activity: Activity, way: Draft | None) -> dict[str, JSON]:
    told: dict[str, JSON] = dict(way.extra) if way is not None else {}
    mode = mode_of(activity.word)
    if mode:
        told |= {"mode": mode, "mode_basis": "source"}
    if activity.word:
        told["activity"] = activity.word
    figures = {
        "distance_m": activity.distance_m,
        "duration_s": activity.elapsed_s,
        "moving_s": activity.moving_s,
        "calories": activity.figure("calories"),
        "ascent_m": activity.figure("ascent_m"),
        "descent_m": activity.figure("descent_m"),
    }
    told |= {name: round(value) for name, value in figures.items() if value}
    average, most = activity.figure("average_heart_rate"), activity.figure("most_heart_rate")
    if average and "heart_rate" not in told:
        told["heart_rate"] = {"average": round(average), "most": round(most or average)}
    if activity.told.get("gear"):
        told["gear"] = activity.told["gear"]
    return told
