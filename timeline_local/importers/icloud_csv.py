"""The CSV files of the iCloud privacy export: what it says about each picture, and which pictures are in an album."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from timeline_local.domain.stamps import read_instant
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers.encodings import decode

_NAMES, _TAKEN = ("imgname", "filename"), "originalcreationdate"
_YES = frozenset({"yes", "true", "1", "ja", "oui", "sí"})
_MONTHS = (
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)
# "Saturday June 4,2022 12:11 PM GMT"; the weekday says nothing new.
_WORDS = re.compile(
    r"(?:[^\W\d_]+,? )?(?P<month>[^\W\d_]{3,9}) (?P<day>\d{1,2}), ?(?P<year>\d{4}),?(?: at)?\s"
    r"(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?\s?(?P<half>[AaPp])?\.?[Mm]?\.?"
    r"(?:\s(?P<zone>GMT|UTC|Z)?(?P<offset>[+-]\d{1,2}:?\d{0,2})?)?"
)
_HALF_DATE, _YEAR = re.compile(r"\s*[^\W\d_]+,? [^\W\d_]+ \d{1,2}"), re.compile(r"\s*\d{4}\b")
_NOON = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """One row. taken_at, added_at: aware UTC; record: the row as it was."""

    name: str
    checksum: str
    taken_at: datetime | None
    added_at: datetime | None
    is_favourite: bool
    is_hidden: bool
    is_deleted: bool
    record: str

    def evidence(self) -> tuple[TimeEvidence, ...]:
        if self.taken_at is None:
            return ()
        return (
            TimeEvidence(
                basis=TimeBasis.SIDECAR,
                instant=self.taken_at,
                precision=Precision.INSTANT if self.taken_at.second else Precision.MINUTE,
                origin="iCloud Photos",
                may_correct=True,
            ),
        )


def is_details(data: bytes) -> bool:
    """Whether this is a `Photo Details` file; its head is enough."""
    header = {each.casefold() for each in next(_rows(data), [])}
    return _TAKEN in header and not header.isdisjoint(_NAMES)


def read_details(data: bytes) -> list[Detail]:
    """Its rows, those without a name left out; an empty file has none."""
    rows = _rows(data)
    header = [each.casefold().strip() for each in next(rows, [])]
    found: list[Detail] = []
    for row in rows:
        row = _rejoined(row) if len(row) > len(header) else row  # noqa: PLW2901
        cells = dict(zip(header, (cell.strip() for cell in row), strict=False))
        name = next((cells[each] for each in _NAMES if cells.get(each)), "")
        if name:
            found.append(_detail(name, cells, row))
    return found


def _rejoined(row: list[str]) -> list[str]:
    """With the dates whole again that were written without quotes, though there is a comma in them."""
    found: list[str] = []
    for cell in row:
        if found and _HALF_DATE.fullmatch(found[-1]) and _YEAR.match(cell):
            found[-1] = f"{found[-1]},{cell}"
        else:
            found.append(cell)
    return found


def read_names(data: bytes) -> list[str] | None:
    """The names in a file of an album or memory: one column under a heading. None for any other CSV."""
    rows = list(_rows(data))
    if any(len(row) != 1 for row in rows if row):
        return None
    return [row[0].strip() for row in rows[1:] if row and row[0].strip()]


def _rows(data: bytes) -> Iterator[list[str]]:
    text = decode(data)
    try:
        yield from csv.reader(io.StringIO(text, newline=""))
    except csv.Error:
        return


def _detail(name: str, cells: dict[str, str], row: list[str]) -> Detail:
    written = io.StringIO()
    csv.writer(written).writerow(row)
    return Detail(
        name=name,
        checksum=cells.get("filechecksum", ""),
        taken_at=read_date(cells.get(_TAKEN, "")),
        added_at=read_date(cells.get("importdate", "")),
        is_favourite=cells.get("favorite", "").casefold() in _YES,
        is_hidden=cells.get("hidden", "").casefold() in _YES,
        is_deleted=cells.get("deleted", "").casefold() in _YES,
        record=written.getvalue(),
    )


def read_date(text: str) -> datetime | None:
    """The instant of "Saturday June 4,2022 12:11 PM GMT", or of ISO 8601; without a zone it counts as GMT."""
    match = _WORDS.fullmatch(" ".join(text.split()))
    month = _month(match["month"]) if match else 0
    if match is None or not month:
        read = read_instant(text)
        return read[0] if read else None
    hour = int(match["hour"])
    if match["half"]:
        hour = hour % _NOON + (_NOON if match["half"] in "pP" else 0)
    try:
        found = datetime(int(match["year"]), month, int(match["day"]), hour, int(match["minute"]), tzinfo=UTC)
        return found + timedelta(seconds=int(match["second"] or 0)) - _offset(match["offset"] or "")
    except (ValueError, OverflowError):
        return None


def _month(name: str) -> int:
    return next((number for number, each in enumerate(_MONTHS, 1) if each.startswith(name.casefold())), 0)


def _offset(text: str) -> timedelta:
    if not text:
        return timedelta()
    digits = text[1:].replace(":", "")
    hours, minutes = (digits, "0") if len(digits) <= 2 else (digits[:-2], digits[-2:])  # noqa: PLR2004 - +2, +02, +0200
    found = timedelta(hours=int(hours), minutes=int(minutes))
    return -found if text[0] == "-" else found
