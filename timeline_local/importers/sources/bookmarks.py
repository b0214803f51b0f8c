"""Bookmarks of browsers and of services that keep pages, and stars on GitHub, each when it was kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from timeline_local.domain.drafts import JSON, Draft
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Found, Item, ReadOptions, Recognition
from timeline_local.importers.bookmark_lists import Kept, bookmarks, form_of
from timeline_local.importers.by_file import files_from
from timeline_local.importers.item_reading import read_items
from timeline_local.importers.json_stream import BrokenJson
from timeline_local.importers.seen import Seen
from timeline_local.importers.track_reading import BROKEN
from timeline_local.importers.tracks import ProblemLog

MOST_AT_ONCE = 10  # in one second: more came with a move from another browser
_FIRST = datetime(1993, 1, 1, tzinfo=UTC)  # what is older is no date of a bookmark
_SCHEMES = frozenset({"http", "https", "ftp", "gemini", "gopher"})


@dataclass(frozen=True, slots=True)
class Bookmarks:
    name: str = "bookmarks"
    title: str = "Bookmarks"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one list of bookmarks is found, whatever it is called."""
        found = next((file for file in folder.sample() if form_of(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There are no bookmarks here.")
        return Recognition(0.95, f"It holds bookmarks, {found.name}.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each bookmark, file by file."""
        seen = Seen()
        for _, file, done in files_from(folder, _is_ours, options, checkpoint):
            form, log = form_of(folder, file), ProblemLog(file.locator)
            together = _together(folder, file, form, log)
            with closing(bookmarks(folder, file, form, log.letters)) as told:
                yield from read_items(file, told, done, log, _Entries(log, seen, together).read)


def _is_ours(folder: Folder, file: File) -> bool:
    return bool(form_of(folder, file))


def _together(folder: Folder, file: File, form: str, log: ProblemLog) -> Counter[int]:
    """How many bookmarks were kept in one second. Memory: each second once."""
    seconds: Counter[int] = Counter()
    with suppress(*BROKEN, BrokenJson), closing(bookmarks(folder, file, form, log.letters)) as told:
        seconds.update(int(each.at.timestamp()) for each in told if each.at is not None)
    return seconds


@dataclass(slots=True)
class _Entries:
    """The reading of one list. together: how many were kept in a second."""

    log: ProblemLog
    seen: Seen
    together: Counter[int]

    def read(self, count: int, kept: Kept) -> Iterator[Found]:
        if not _is_page(kept.address):
            yield from self.log.note(str(count), "unsupported", "It leads to no page: a script, a setting or a search.")
            return
        if kept.at is None or kept.at < _FIRST:
            yield from self.log.note(str(count), "no-time", "When this bookmark was made is not in the list.")
            return
        second = int(kept.at.timestamp())
        if self.together[second] > MOST_AT_ONCE:
            detail = "It came in one second with many others, from another browser; when it was made nobody knows."
            yield from self.log.note(str(count), "no-time", detail)
            return
        key = f"{kept.address}@{second}"
        if self.seen.number(key) > 1:
            yield from self.log.note(str(count), "twice", "It stands in these lists more than once.")
            return
        yield Draft(
            source_key=key,
            kind=Kind.BOOKMARK,
            title="" if kept.title == kept.address else kept.title,
            body="\n\n".join(filter(None, (kept.note, kept.address))),
            evidence=(TimeEvidence(basis=TimeBasis.SOURCE, instant=kept.at, origin="when it was bookmarked"),),
            tags=kept.tags,
            extra={"url": kept.address, **({"folder": kept.folder} if kept.folder else {})},
        )


def _is_page(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in _SCHEMES and bool(parts.netloc)
