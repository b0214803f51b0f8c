"""Netflix: ViewingActivity.csv of the personal data, and NetflixViewingHistory.csv of one profile.

The first tells the second something began, how long it ran, and on whose profile; the other only a day, in the order of
day and month of the account's language, which the whole file decides.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from timeline_local.domain.drafts import JSON, CollectionKind, CollectionRef, Draft, Problem
from timeline_local.domain.kinds import Kind
from timeline_local.domain.stamps import read_instant
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.chat_heads import Numbers
from timeline_local.importers.chat_lines import Order
from timeline_local.importers.encodings import decode_head
from timeline_local.importers.seen import Seen
from timeline_local.importers.table_rows import csv_rows
from timeline_local.importers.track_reading import BROKEN

HEAD_BYTES = 4 * 1024
ROWS_PER_CHECKPOINT = 200
LEAST = timedelta(minutes=1)  # what ran for less was looked at, not watched

_FIELDS = {"profile name", "start time", "duration", "title"}
_DAY = re.compile(r"(\d{1,4})([./-])\s?(\d{1,2})\2\s?(\d{1,4})\.?", re.ASCII)
_CLOCK = re.compile(r"(?P<day>[\d./-]{6,10}),? (?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d))?", re.ASCII)
_LENGTH = re.compile(r"(?P<hours>\d{1,3}):(?P<minutes>\d\d):(?P<seconds>\d\d)", re.ASCII)
_YEARS = range(1997, 2200)  # from when on there is a Netflix
_LONG_YEAR, _MONTHS = 1000, 12
_OTHERS = frozenset({"devices.csv", "searchhistory.csv", "profiles.csv", "billinghistory.csv", "accountdetails.csv"})
_HINT = "These are tables of Netflix without what was watched. Choose CONTENT_INTERACTION/ViewingActivity.csv."
_KEPT = {"profile": "profile name", "device": "device type", "country": "country"}


@dataclass(frozen=True, slots=True)
class Netflix:
    name: str = "netflix"
    title: str = "Netflix"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of the columns of the personal data, and of titles with days under that name."""
        sample = folder.sample()
        found = next((file for file in sample if _is_ours(folder, file)), None)
        if found is not None:
            return Recognition(0.9, f"It holds what was watched on Netflix, {found.name}.")
        others = sum(file.name.lower() in _OTHERS for file in sample)
        return Recognition(0.0, "There is nothing here that was watched on Netflix.", _HINT if others > 1 else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each row, file by file."""
        watched = _Watched(folder)
        for _, file, done in files_from(folder, _is_ours, options, checkpoint):
            reading = _Activity(file) if _is_activity(folder, file) else _History(file, watched)
            try:
                yield from reading.items(folder, done)
            except BROKEN as error:
                why = (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")
                detail = f"This table cannot be read to its end ({why}); what comes before is taken."
                yield Problem(file.locator, "unreadable", detail)


def _first_rows(folder: Folder, file: File) -> list[list[str]]:
    lines = decode_head(folder.head(file.locator, HEAD_BYTES)).split("\n")[:3]
    try:
        return list(csv.reader(lines))
    except csv.Error:
        return []


def _is_activity(folder: Folder, file: File) -> bool:
    if not file.name.lower().endswith(".csv"):
        return False
    rows = _first_rows(folder, file)
    return bool(rows) and {cell.strip().casefold() for cell in rows[0]} >= _FIELDS


def _is_history(folder: Folder, file: File) -> bool:
    """Two columns with a day in the second, under a name that says so: nothing else tells them from other lists."""
    if not file.name.lower().endswith(".csv"):
        return False
    rows = _first_rows(folder, file)
    if len(rows) < 2 or len(rows[0]) != 2 or len(rows[1]) != 2 or not _DAY.fullmatch(rows[1][1].strip()):  # noqa: PLR2004 - a title and a day
        return False
    name = re.sub(r"[\W_]", "", file.name.casefold())
    return "viewinghistory" in name or "netflix" in name


def _is_ours(folder: Folder, file: File) -> bool:
    return _is_activity(folder, file) or _is_history(folder, file)


@dataclass
class _Activity:
    """ViewingActivity.csv: times in UTC."""

    file: File
    seen: Seen = field(default_factory=Seen)
    order: Order | None = None  # of day and month, where a spreadsheet wrote its own dates

    def items(self, folder: Folder, skip: int) -> Iterator[Item]:
        for count, cells in enumerate(_cells(folder, self.file), 1):
            if self.order is None and _CLOCK.fullmatch(cells.get("start time", "")):
                self.order = order_either_way(_days(folder, self.file))
            item = self._item(cells, f"{self.file.locator}#row {count}")
            if count > skip:
                yield item
                if count % ROWS_PER_CHECKPOINT == 0:
                    yield after(self.file, count)

    def _item(self, row: dict[str, str], where: str) -> Item:
        began = self._began(row.get("start time", ""))
        title, profile = row.get("title", ""), row.get("profile name", "")
        if began is None or not title:
            return Problem(where, "play-broken", "This row has no title, or no time that can be read.")
        key = self.seen.unique(f"{profile}/{began.isoformat()}/{title}")
        length = _length(row.get("duration", ""))
        if kind := row.get("supplemental video type", ""):
            return Problem(where, "trailer", f"It is no film or episode but a {kind.replace('_', ' ').lower()}.")
        if length is not None and length < LEAST:
            return Problem(where, "too-short", "It ran for less than a minute.")
        kept: dict[str, JSON] = {name: row[column] for name, column in _KEPT.items() if row.get(column)}
        if length is not None:
            kept["played_ms"] = length // timedelta(milliseconds=1)
        return Draft(
            source_key=key,
            kind=Kind.PLAY,
            title=title,
            evidence=(
                TimeEvidence(
                    basis=TimeBasis.SOURCE,
                    instant=began,
                    until=began + length if length else None,
                    origin="viewing activity",
                ),
            ),
            collections=(_collection(profile),) if profile else (),
            extra=kept,
        )

    def _began(self, cell: str) -> datetime | None:
        found = read_instant(cell)
        clock = _CLOCK.fullmatch(cell) if found is None and self.order is not None else None
        if clock is None or self.order is None:
            return found[0] if found is not None and found[0].year in _YEARS else None
        numbers = _numbers(clock["day"])
        day = None if numbers is None else _day(numbers, self.order)
        try:
            time = (int(clock["hour"]), int(clock["minute"]), int(clock["second"] or 0))
            return None if day is None else datetime(day.year, day.month, day.day, *time, tzinfo=UTC)
        except ValueError:
            return None


def _cells(folder: Folder, file: File) -> Iterator[dict[str, str]]:
    """The rows of a table by the names of its columns in small letters. Raises what is in BROKEN."""
    with closing(csv_rows(folder, file.locator, delimiter=",")) as rows:
        names = [cell.strip().casefold() for cell in next(rows, [])]
        for row in rows:
            yield dict(zip(names, (cell.strip() for cell in row), strict=False))


def _days(folder: Folder, file: File) -> Iterator[Numbers]:
    with suppress(*BROKEN):  # told by whoever reads the rows
        for cells in _cells(folder, file):
            clock = _CLOCK.fullmatch(cells.get("start time", ""))
            numbers = _numbers(clock["day"]) if clock is not None else None
            if numbers is not None:
                yield numbers


@dataclass
class _History:
    """NetflixViewingHistory.csv: days."""

    file: File
    watched: _Watched
    seen: Seen = field(default_factory=Seen)

    def items(self, folder: Folder, skip: int) -> Iterator[Item]:
        """Read twice: for the order of day and month, then for the rows. Memory: one row."""
        with closing(csv_rows(folder, self.file.locator, delimiter=",")) as rows:
            next(rows, [])
            order = order_either_way(numbers for row in rows if (numbers := _numbers(row[-1])) is not None)
        with closing(csv_rows(folder, self.file.locator, delimiter=",")) as rows:
            next(rows, [])
            for count, row in enumerate(rows, 1):
                item = self._item(row, order, f"{self.file.locator}#row {count}")
                if count <= skip:
                    continue
                yield item
                if count % ROWS_PER_CHECKPOINT == 0:
                    yield after(self.file, count)

    def _item(self, row: Sequence[str], order: Order, where: str) -> Item:
        numbers = _numbers(row[-1])
        day = None if numbers is None else _day(numbers, order)
        title = row[0].strip()
        if day is None or not title or len(row) < 2:  # noqa: PLR2004 - a title and a day
            return Problem(where, "play-broken", "This row has no title, or no day that can be read.")
        if self.watched.has(title, day):
            return Problem(where, "twice", "The viewing activity beside it tells this with its time; that is taken.")
        return Draft(
            source_key=self.seen.unique(f"{day.isoformat()}/{title}"),
            kind=Kind.PLAY,
            title=title,
            evidence=(
                TimeEvidence(
                    basis=TimeBasis.SOURCE,
                    local_at=datetime.combine(day, datetime.min.time()),
                    precision=Precision.DAY,
                    origin="viewing history",
                ),
            ),
        )


class _Watched:
    """What the viewing activities of an import tell, read when the first history asks. Memory: some 100 bytes a row."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._known: set[int] | None = None

    def has(self, title: str, day: date) -> bool:
        """Whether it was watched on that day, or the one before or after: the day there is in UTC."""
        if self._known is None:
            self._known = set(self._read())
        return any(hash((title, day + timedelta(days=more))) in self._known for more in (-1, 0, 1))

    def _read(self) -> Iterator[int]:
        for listing in self._folder.walk():
            for file in listing.files if isinstance(listing, Listing) else ():
                if _is_activity(self._folder, file):
                    yield from self._rows(file)

    def _rows(self, file: File) -> Iterator[int]:
        try:
            for cells in _cells(self._folder, file):
                began = read_instant(cells.get("start time", ""))
                if began is not None and began[0].year in _YEARS:
                    yield hash((cells.get("title", ""), began[0].date()))
        except BROKEN:
            return


def order_either_way(dates: Iterable[Numbers]) -> Order:
    """The order of the numbers of a file's dates, which run forwards or backwards. Cost: one pass, constant memory.

    A number above 12 is a day; else the order in which the dates run one way; else the number that changes more often
    from one date to the next is the day.
    """
    steps = {Order.DAY_FIRST: [0, 0], Order.MONTH_FIRST: [0, 0]}
    changes = [0, 0]
    last: Numbers | None = None
    for numbers in dates:
        if numbers[0] >= _LONG_YEAR:
            return Order.YEAR_FIRST
        if numbers[0] > _MONTHS:
            return Order.DAY_FIRST
        if numbers[1] > _MONTHS:
            return Order.MONTH_FIRST
        if last is not None and numbers != last:
            for order, counted in steps.items():
                counted[_sorted(numbers, order) < _sorted(last, order)] += 1
            changes[0] += numbers[0] != last[0]
            changes[1] += numbers[1] != last[1]
        last = numbers
    day, month = (min(steps[order]) for order in (Order.DAY_FIRST, Order.MONTH_FIRST))
    if day != month:
        return Order.DAY_FIRST if day < month else Order.MONTH_FIRST
    return Order.MONTH_FIRST if changes[1] > changes[0] else Order.DAY_FIRST


def _sorted(numbers: Numbers, order: Order) -> tuple[int, ...]:
    return tuple(numbers[place] for place in order.value)


def _numbers(cell: str) -> Numbers | None:
    found = _DAY.fullmatch(cell.strip())
    return (int(found[1]), int(found[3]), int(found[4])) if found else None


def _day(numbers: Numbers, order: Order) -> date | None:
    year, month, day = _sorted(numbers, order)
    year += 2000 if year < 100 else 0  # noqa: PLR2004 - two digits
    try:
        return date(year, month, day) if year in _YEARS else None
    except ValueError:
        return None


def _length(cell: str) -> timedelta | None:
    found = _LENGTH.fullmatch(cell)
    if found is None:
        return None
    return timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]), seconds=int(found["seconds"]))


def _collection(profile: str) -> CollectionRef:
    return CollectionRef(key=f"profile:{profile}", name=f"Netflix of {profile}", kind=CollectionKind.PLAYLIST)
