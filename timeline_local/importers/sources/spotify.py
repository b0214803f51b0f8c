"""Spotify: the extended streaming history, and the shorter one in the account data; songs, podcasts and audiobooks.

A sitting is one memory (`importers.plays`). Addresses of computers are never taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from timeline_local.domain.drafts import JSON, Draft, Problem
from timeline_local.domain.kinds import Kind
from timeline_local.domain.stamps import read_instant
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Checkpoint, Item, ReadOptions, Recognition
from timeline_local.importers.by_file import files_of_forms
from timeline_local.importers.json_stream import BrokenJson, json_items
from timeline_local.importers.plays import Play, Plays, Sitting
from timeline_local.importers.tracks import ProblemLog

HEAD_BYTES = 8 * 1024
SITTINGS_PER_CHECKPOINT = 200
NAMED = 2  # of those that were heard, in a title
FOUNDED = 2006  # what is older was never played there
LONGEST = timedelta(days=2)  # of one play; what is longer is an error

# Files that lie beside the history in the account data, and hold none.
_OTHERS = frozenset({"yourlibrary.json", "userdata.json", "searchqueries.json", "inferences.json", "follow.json"})
_HINT = (
    "This is account data of Spotify without its StreamingHistory files. Choose the whole download,"
    " or ask Spotify for the extended streaming history."
)


@dataclass(frozen=True, slots=True)
class Spotify:
    name: str = "spotify"
    title: str = "Spotify"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one file of a history is found, whatever it is called."""
        sample = folder.sample()
        found = next((file for file in sample if _is_history(folder, file)), None)
        if found is not None:
            return Recognition(0.95, f"It holds a streaming history of Spotify, {found.name}.")
        others = sum(file.name.lower() in _OTHERS for file in sample)
        return Recognition(0.0, "There is no streaming history of Spotify here.", _HINT if others > 1 else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each sitting, in the order of time, once all files were read."""
        start = checkpoint if isinstance(checkpoint, dict) else {}
        done = start.get("sittings")
        skip = done if isinstance(done, int) else 0
        plays = Plays()
        for file in _histories(folder, options):
            log = ProblemLog(file.locator)
            for problem in _gather(folder, file, plays, log):
                if not start:  # else it was told before
                    yield problem
        yield Checkpoint({"sittings": skip})
        unheard = ProblemLog("sittings")
        for count, sitting in enumerate(plays.sittings(), 1):
            if sitting.heard:
                if count > skip:
                    yield _draft(sitting)
            else:
                detail = "Nothing in this sitting was heard for thirty seconds."
                yield from unheard.note(sitting.key, "empty", detail)
            if count > skip and count % SITTINGS_PER_CHECKPOINT == 0:
                yield Checkpoint({"sittings": count})
        yield from unheard.rest()
        if plays.twice:
            detail = f"{plays.twice:,} plays stand in more than one file of this export; each is taken once."
            yield Problem("plays#twice", "twice", detail)


def _is_history(folder: Folder, file: File) -> bool:
    return bool(_form(folder, file))


def _form(folder: Folder, file: File) -> str:
    """Which history a file is of, "" for none."""
    if not file.name.lower().endswith(".json"):
        return ""
    head = folder.head(file.locator, HEAD_BYTES)
    if b'"ms_played"' in head and b'"ts"' in head:
        return "extended"
    return "account" if b'"msPlayed"' in head and b'"endTime"' in head else ""


def _histories(folder: Folder, options: ReadOptions) -> list[File]:
    """Those of the extended history first: they tell the second."""
    files = files_of_forms(folder, _form, options)
    return [file for file, form in files if form == "extended"] + [file for file, form in files if form == "account"]


def _gather(folder: Folder, file: File, plays: Plays, log: ProblemLog) -> Iterator[Problem]:
    is_extended = _form(folder, file) == "extended"
    count = 0
    try:
        for count, told in enumerate(json_items(folder, file.locator, "item", log.letters), 1):
            record = loose.members(told)
            play = _extended(record) if is_extended else _of_account(record)
            if play is None:
                detail = "This play names nothing that was heard, or no time that can be read."
                yield from log.note(str(count), "play-broken", detail)
            else:
                plays.add(play)
    except BrokenJson as error:
        detail = f"After {count:,} plays this file cannot be read any further: {error}."
        yield Problem(file.locator, "history-broken", detail)
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        yield Problem(file.locator, "unreadable", f"This file cannot be read ({why}).")
    if not count:
        yield Problem(file.locator, "empty", "This file lists no plays.")
    yield from log.rest()


def _extended(record: Mapping[str, Any]) -> Play | None:
    """`ts` is when it ended."""
    at = read_instant(loose.text(record.get("ts")))
    told = [
        ("master_metadata_track_name", "master_metadata_album_artist_name"),
        ("episode_name", "episode_show_name"),
        ("audiobook_chapter_title", "audiobook_title"),
    ]
    title, by = next(
        ((name, loose.text(record.get(whose))) for what, whose in told if (name := loose.text(record.get(what)))),
        ("", ""),
    )
    return _play(at[0] if at else None, record.get("ms_played"), title, by, is_exact=True)


def _of_account(record: Mapping[str, Any]) -> Play | None:
    """`endTime` is in UTC, too, to the minute."""
    try:
        at = datetime.strptime(loose.text(record.get("endTime")), "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    except ValueError:
        at = None
    names = ("trackName", "episodeName", "chapterName")
    title = next(filter(None, (loose.text(record.get(name)) for name in names)), "")
    whose = ("artistName", "podcastName", "audiobookName")
    by = next(filter(None, (loose.text(record.get(name)) for name in whose)), "")
    return _play(at, record.get("msPlayed"), title, by, is_exact=False)


def _play(at: datetime | None, played: object, title: str, by: str, *, is_exact: bool) -> Play | None:
    length = loose.number(played)
    if (
        at is None
        or at.year < FOUNDED
        or not title
        or length is None
        or not 0 <= length <= LONGEST / timedelta(milliseconds=1)
    ):
        return None
    return Play(at, int(length), title, by, is_exact)


def _draft(sitting: Sitting) -> Draft:
    names = sitting.by()
    rest = len(names) - NAMED
    title = ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
    minutes = max(round(sitting.played_ms / 60_000), 1)
    lines = (
        f"- {each.title}{f' — {each.by}' if each.by else ''}{f' (×{each.plays})' if each.plays > 1 else ''}"
        for each in sitting.heard
    )
    extra: dict[str, JSON] = {"played_ms": sitting.played_ms, "plays": sum(each.plays for each in sitting.heard)}
    if sitting.skipped:
        extra["skipped"] = sitting.skipped
    return Draft(
        source_key=f"sitting:{sitting.key}",
        kind=Kind.PLAY,
        title=f"{title or sitting.heard[0].title} · {minutes} min",
        body="\n".join(lines),
        evidence=(
            TimeEvidence(
                basis=TimeBasis.SOURCE,
                instant=sitting.began_at,
                until=sitting.ended_at if sitting.ended_at > sitting.began_at else None,
                origin="streaming history",
            ),
        ),
        extra=extra,
    )
