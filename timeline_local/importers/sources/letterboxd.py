"""Letterboxd: the films of the diary, on the days on which they were watched, with what was written about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field

from timeline_local.domain.drafts import JSON, Draft, Problem
from timeline_local.domain.kinds import Kind
from timeline_local.domain.stamps import read_stamp
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Found, Item, ReadOptions, Recognition
from timeline_local.importers.by_file import files_from
from timeline_local.importers.files import extension
from timeline_local.importers.html_text import html_text
from timeline_local.importers.item_reading import read_items
from timeline_local.importers.seen import Seen
from timeline_local.importers.table_rows import column_names, named_rows
from timeline_local.importers.track_reading import BROKEN
from timeline_local.importers.tracks import ProblemLog

_FILM = {"name", "year", "letterboxd uri"}
_WATCHED = "watched date"
_REVIEW = "review"
_DELETED = "deleted"  # a folder of the export
_MOST_STARS = 5
_HINT = (
    "This is a list of Letterboxd that does not know when a film was watched. Choose the whole export, or diary.csv."
)


@dataclass(frozen=True, slots=True)
class Letterboxd:
    name: str = "letterboxd"
    title: str = "Letterboxd"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of a table of films with the days on which they were watched."""
        tables = [(file, _columns(folder, file)) for file in folder.sample()]
        films = [(file, names) for file, names in tables if names >= _FILM]
        found = next((file for file, names in films if _WATCHED in names), None)
        if found is not None:
            return Recognition(0.95, f"It holds films that were watched, {found.name}.")
        return Recognition(0.0, "There is no diary of Letterboxd here.", _HINT if films else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each film of the diary, and for each review that is not in it."""
        reviews, seen = _reviews(folder), Seen()
        for listing, file, done in files_from(folder, _is_ours, options, checkpoint):
            names = _columns(folder, file)
            if listing.locator.rpartition("/")[2].casefold() == _DELETED:
                yield Problem(file.locator, "trashed-at-source", "These entries were deleted at Letterboxd.")
                continue
            if _WATCHED not in names:
                detail = "This list does not know when a film was watched; the diary does."
                yield Problem(file.locator, "unsupported", detail)
                continue
            log = ProblemLog(file.locator)
            has_diary = any(_is_diary(_columns(folder, each)) for each in listing.files)
            rows = _Rows(log, seen, reviews, is_second=has_diary and not _is_diary(names))
            with closing(named_rows(folder, file.locator)) as told:
                yield from read_items(file, told, done, log, rows.read)


def _columns(folder: Folder, file: File) -> frozenset[str]:
    return column_names(folder, file.locator) if extension(file.name) == "csv" else frozenset()


def _is_ours(folder: Folder, file: File) -> bool:
    return _columns(folder, file) >= _FILM


def _is_diary(names: frozenset[str]) -> bool:
    return names >= _FILM and _WATCHED in names and _REVIEW not in names


def _reviews(folder: Folder) -> dict[str, str]:
    """What was written, by the address of the entry. Memory: all reviews, which people wrote by hand."""
    found: dict[str, str] = {}
    for listing in folder.walk():
        for file in listing.files if isinstance(listing, Listing) else ():
            if {*_FILM, _REVIEW} <= _columns(folder, file):
                with suppress(*BROKEN), closing(named_rows(folder, file.locator)) as rows:
                    found.update((_address(row), row[_REVIEW]) for row in rows if row.get(_REVIEW))
    return found


@dataclass(slots=True)
class _Rows:
    """The reading of one table. is_second: of reviews, whose films stand in a diary beside it. seen: of all tables."""

    log: ProblemLog
    seen: Seen
    reviews: Mapping[str, str]
    is_second: bool
    here: Seen = field(default_factory=Seen)

    def read(self, count: int, row: Mapping[str, str]) -> Iterator[Found]:
        name = loose.text(row.get("name"))
        stamp = read_stamp(row.get(_WATCHED) or "")
        if not name:
            yield from self.log.note(f"row {count}", "play-broken", "This row has no title.")
        elif stamp is None or stamp.precision is not Precision.DAY:
            yield from self.log.note(f"row {count}", "no-time", "When this film was watched is not in the list.")
        else:
            key = f"film:{_address(row) or name}/{stamp.local_at.date().isoformat()}"
            if self.is_second and key in self.seen:
                return  # the diary told it, with this review
            # A film is in the diary twice on one day, perhaps; what is there as often in another list is the same.
            key = self.here.unique(key)
            if self.seen.number(key) > 1:
                yield from self.log.note(f"row {count}", "twice", "It stands in another list of this import, too.")
                return
            yield self._draft(key, row, stamp.evidence(TimeBasis.SOURCE, "diary"))

    def _draft(self, key: str, row: Mapping[str, str], when: TimeEvidence) -> Draft:
        name, year = row["name"], row.get("year", "")
        words = self.reviews.get(_address(row), "") or row.get(_REVIEW, "")
        told: dict[str, JSON] = {
            "url": _address(row),
            "rewatch": row.get("rewatch", "").casefold() == "yes",
            "stars": loose.number(row.get("rating")),
        }
        return Draft(
            source_key=key,
            kind=Kind.PLAY,
            title=f"{name} ({year})" if year else name,
            body=html_text(words.replace("\n", "<br>")),
            evidence=(when,),
            tags=tuple(dict.fromkeys(each for tag in row.get("tags", "").split(",") if (each := tag.strip()))),
            rating=_stars(row.get("rating", "")),
            extra={name: value for name, value in told.items() if value},
        )


def _address(row: Mapping[str, str]) -> str:
    return row.get("letterboxd uri", "")


def _stars(text: str) -> int | None:
    """Whole stars, halves rounded up as people do."""
    found = loose.number(text)
    return int(found + 0.5) or None if found is not None and 0 < found <= _MOST_STARS else None
