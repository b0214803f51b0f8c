"""Trakt: films and episodes that were watched, each with its moment."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from typing import Any

from timeline_local.domain.drafts import JSON, Draft
from timeline_local.domain.kinds import Kind
from timeline_local.domain.stamps import read_instant
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Found, Item, ReadOptions, Recognition
from timeline_local.importers.by_file import files_from
from timeline_local.importers.files import extension
from timeline_local.importers.item_reading import read_items
from timeline_local.importers.json_stream import BrokenJson, json_items
from timeline_local.importers.seen import Seen
from timeline_local.importers.tracks import ProblemLog

HEAD_BYTES = 8 * 1024
MOST_AT_ONCE = 3  # episodes; who marks a whole series did not watch it in that second
FOUNDED = 1900  # Trakt says 1970 for what it does not know, and people add what they watched as children
_IDS = re.compile(rb'"ids"\s*:\s*\{[^{}]{0,400}"trakt"')
_UNKNOWN = 1970
_OTHERS = (b'"rated_at"', b'"collected_at"', b'"listed_at"', b'"last_watched_at"')
_HINT = (
    "This is data of Trakt without the history of what was watched. Choose the whole export, or its"
    " watched/history-1.json."
)


@dataclass(frozen=True, slots=True)
class Trakt:
    name: str = "trakt"
    title: str = "Trakt"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of a list of what was watched with Trakt's numbers."""
        sample = folder.sample()
        found = next((file for file in sample if _is_ours(folder, file)), None)
        if found is not None:
            return Recognition(0.95, f"It holds what was watched, as Trakt knows it, {found.name}.")
        others = any(_is_other(folder, file) for file in sample)
        return Recognition(0.0, "There is no history of Trakt here.", _HINT if others else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each film and episode, file by file."""
        seen = Seen()
        for _, file, done in files_from(folder, _is_ours, options, checkpoint):
            log = ProblemLog(file.locator)
            together = _together(folder, file)
            with closing(json_items(folder, file.locator, "item", log.letters)) as told:
                yield from read_items(file, told, done, log, _Entries(log, seen, together).read)


def _is_ours(folder: Folder, file: File) -> bool:
    if extension(file.name) != "json":
        return False
    head = folder.head(file.locator, HEAD_BYTES)
    return b'"watched_at"' in head and _IDS.search(head) is not None


def _is_other(folder: Folder, file: File) -> bool:
    if extension(file.name) != "json":
        return False
    head = folder.head(file.locator, HEAD_BYTES)
    return any(sign in head for sign in _OTHERS) and _IDS.search(head) is not None


def _together(folder: Folder, file: File) -> Counter[str]:
    """How many entries have the same moment. Memory: each moment once."""
    moments: Counter[str] = Counter()
    with suppress(OSError, BrokenJson), closing(json_items(folder, file.locator, "item")) as told:
        moments.update(loose.text(loose.members(each).get("watched_at")) for each in told)
    return moments


@dataclass(slots=True)
class _Entries:
    """The reading of one list. together: how many entries have a moment."""

    log: ProblemLog
    seen: Seen
    together: Counter[str]

    def read(self, count: int, value: object) -> Iterator[Found]:
        said = loose.members(value)
        title = _title(said)
        at = read_instant(loose.text(said.get("watched_at")))
        if not title:
            yield from self.log.note(str(count), "play-broken", "This entry names no film and no episode.")
            return
        if at is None or at[0].year < FOUNDED or at[0].year == _UNKNOWN:
            yield from self.log.note(str(count), "no-time", "Trakt does not know when this was watched.")
            return
        if self.together[loose.text(said.get("watched_at"))] > MOST_AT_ONCE:
            detail = "It was marked as watched in one moment with others; when it was watched nobody knows."
            yield from self.log.note(str(count), "no-time", detail)
            return
        number = loose.spelled(said.get("id")) or f"{at[0].isoformat()}/{title}"
        if self.seen.number(number) > 1:
            yield from self.log.note(str(count), "twice", "It stands in another file of this export, too.")
            return
        yield Draft(
            source_key=f"history:{number}",
            kind=Kind.PLAY,
            title=title,
            evidence=(TimeEvidence(basis=TimeBasis.SOURCE, instant=at[0], origin="Trakt"),),
            extra=_extra(said),
            raw=loose.record(said),
        )


def _title(said: Mapping[str, Any]) -> str:
    """As Netflix spells it: "Dark: S1 E2: Lies", "Arrival (2016)"."""
    film, show, episode = (loose.members(said.get(name)) for name in ("movie", "show", "episode"))
    name = loose.text(film.get("title"))
    if name:
        year = loose.spelled(film.get("year"))
        return f"{name} ({year})" if year else name
    season, number = (loose.spelled(episode.get(each)) for each in ("season", "number"))
    place = f"S{season} E{number}" if season and number else ""
    return ": ".join(filter(None, (loose.text(show.get("title")), place, loose.text(episode.get("title")))))


def _extra(said: Mapping[str, Any]) -> dict[str, JSON]:
    film = loose.members(said.get("movie")) or loose.members(said.get("episode"))
    imdb = loose.text(loose.members(film.get("ids")).get("imdb"))
    told: dict[str, JSON] = {"imdb": imdb, "runtime_min": loose.number(film.get("runtime"))}
    return {name: value for name, value in told.items() if value}
