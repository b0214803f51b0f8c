"""Goodreads and StoryGraph: the books that were read, on the days on which they were finished."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

from timeline_local.domain.drafts import JSON, Draft
from timeline_local.domain.kinds import Kind
from timeline_local.domain.stamps import read_stamp
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Found, Item, ReadOptions, Recognition
from timeline_local.importers.by_file import files_from
from timeline_local.importers.files import extension
from timeline_local.importers.html_text import html_text
from timeline_local.importers.item_reading import read_items
from timeline_local.importers.seen import Seen
from timeline_local.importers.table_rows import column_names, named_rows
from timeline_local.importers.tracks import ProblemLog

_GOODREADS = {"book id", "title", "author", "date read", "exclusive shelf"}
_STORYGRAPH = {"title", "authors", "read status", "dates read", "last date read"}
_READ = "read"
_SHELVES = frozenset({"read", "currently-reading", "to-read", "did-not-finish"})
_ISBN = re.compile(r'="?(?P<number>[0-9Xx]*)"?')
_MOST_STARS = 5


@dataclass(frozen=True, slots=True)
class Goodreads:
    name: str = "goodreads"
    title: str = "Books (Goodreads, StoryGraph)"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of the columns of either export."""
        found = next((file for file in folder.sample() if _is_ours(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There is no list of books of Goodreads or StoryGraph here.")
        return Recognition(0.95, f"It holds a list of books, {found.name}.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each time that a book was read, file by file."""
        seen = Seen()
        for _, file, done in files_from(folder, _is_ours, options, checkpoint):
            log = ProblemLog(file.locator)
            with closing(named_rows(folder, file.locator)) as rows:
                yield from read_items(file, rows, done, log, _Rows(log, seen).read)


def _is_ours(folder: Folder, file: File) -> bool:
    if extension(file.name) != "csv":
        return False
    names = column_names(folder, file.locator)
    return names >= _GOODREADS or names >= _STORYGRAPH


@dataclass(slots=True)
class _Rows:
    """The reading of one list."""

    log: ProblemLog
    seen: Seen

    def read(self, count: int, row: Mapping[str, str]) -> Iterator[Found]:
        title = loose.text(row.get("title"))
        shelf = row.get("exclusive shelf") or row.get("read status") or _READ
        if not title:
            yield from self.log.note(f"row {count}", "play-broken", "This row has no title.")
        elif shelf.casefold() != _READ:
            yield from self.log.note(f"row {count}", "unsupported", "This book is not read to its end.")
        elif not (times := _times(row)):
            detail = "When this book was read is not in the list."
            yield from self.log.note(f"row {count}", "no-time", detail)
        else:
            for when, began in times:
                yield from self._book(title, row, when, began, f"row {count}")

    def _book(self, title: str, row: Mapping[str, str], when: TimeEvidence, began: str, where: str) -> Iterator[Found]:
        author = loose.text(row.get("author")) or loose.text(row.get("authors"))
        day = when.local_at.date().isoformat() if when.local_at else ""
        number = row.get("book id") or row.get("isbn/uid") or f"{title}/{author}"
        key = f"book:{number}/{day}"
        if self.seen.number(key) > 1:
            yield from self.log.note(where, "twice", "It stands in these lists more than once.")
            return
        yield Draft(
            source_key=key,
            kind=Kind.EVENT,
            title=f"{title} — {author}" if author else title,
            body=html_text((row.get("my review") or row.get("review") or "").replace("\n", "<br>")),
            evidence=(when,),
            tags=_tags(row),
            rating=_stars(row.get("my rating") or row.get("star rating") or ""),
            extra=_extra(row, began),
        )


def _times(row: Mapping[str, str]) -> list[tuple[TimeEvidence, str]]:
    """Each time that it was read, and the day it was begun; StoryGraph tells all of them."""
    spans = [each.strip() for each in (row.get("dates read") or "").split(",") if each.strip()]
    spans = spans or [row.get("date read") or row.get("last date read") or ""]
    return [found for each in spans if (found := _time(each)) is not None]


def _time(text: str) -> tuple[TimeEvidence, str] | None:
    """Of "2025/01/05-2025/01/09" the last day, since it is then that a book has been read."""
    begins, _, ends = text.partition("-") if "/" in text else ("", "", text)
    stamp, first = (read_stamp(each.strip().replace("/", "-")) for each in (ends or begins, begins))
    if stamp is None or stamp.precision not in {Precision.DAY, Precision.MONTH, Precision.YEAR}:
        return None
    began = first.local_at.date().isoformat() if first is not None and ends else ""
    return stamp.evidence(TimeBasis.SOURCE, "when it was finished"), began


def _tags(row: Mapping[str, str]) -> tuple[str, ...]:
    words = (each.strip() for each in (row.get("bookshelves") or row.get("tags") or "").split(","))
    return tuple(dict.fromkeys(each for each in words if each and each not in _SHELVES))


def _stars(text: str) -> int | None:
    """Whole stars; StoryGraph has quarters. 0 is none."""
    found = loose.number(text)
    return round(found) or None if found is not None and 0 < found <= _MOST_STARS else None


def _extra(row: Mapping[str, str], began: str) -> dict[str, JSON]:
    isbn = _ISBN.fullmatch(row.get("isbn13") or row.get("isbn") or "")
    pages = loose.number(row.get("number of pages"))
    told: dict[str, JSON] = {
        "isbn": (isbn["number"] if isbn else "") or row.get("isbn/uid", ""),
        "pages": int(pages) if pages else 0,
        "private_notes": row.get("private notes", ""),
        "format": row.get("binding") or row.get("format") or "",
        "began_on": began,
    }
    return {name: value for name, value in told.items() if value}
