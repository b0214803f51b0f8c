"""What a row of somebody's table becomes by their mapping."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from timeline_local.domain.drafts import Draft, MediaRef, PersonRef, PlaceRef, Problem
from timeline_local.domain.kinds import MediaRole
from timeline_local.domain.stamps import read_offset, read_stamp
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.domain.zones import find_zone, wall_to_instant
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Found
from timeline_local.importers.conversations import record
from timeline_local.importers.files import source_key
from timeline_local.importers.json_stream import json_items
from timeline_local.importers.mapping_file import COUNTS, CSV, FILES, ISO, JSON_LINES, Scale
from timeline_local.importers.mapping_file import Mapping as Mapped
from timeline_local.importers.seen import Seen
from timeline_local.importers.table_rows import csv_rows, json_lines
from timeline_local.importers.templates import Template

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_RATING = 5
_SHOWN_COLUMNS = 12

Row = Mapping[str, Any]


class ColumnsMissing(ValueError):
    """The table has none of that name. columns: the missing ones; there: those that it has."""

    def __init__(self, columns: list[str], there: list[str]) -> None:
        self.columns = columns
        shown = ", ".join(f"“{each}”" for each in there[:_SHOWN_COLUMNS])
        more = f" and {len(there) - _SHOWN_COLUMNS} more" if len(there) > _SHOWN_COLUMNS else ""
        self.there = f"{shown}{more}"
        super().__init__(f"missing {columns}")


def rows_of(folder: Folder, locator: str, mapped: Mapped, form: str) -> Generator[Row | None, None, None]:
    """Each row as a mapping of columns; None for a line or value that is no row. Memory: one row.

    form  CSV, JSON or JSON_LINES.   Raises ColumnsMissing for a table without a column that the mapping names, and what
    `csv_rows`, `json_items` and `json_lines` raise.
    """
    if form == CSV:
        yield from _table(folder, locator, mapped)
        return
    values = json_lines(folder, locator) if form == JSON_LINES else json_items(folder, locator, _prefix(mapped))
    with closing(values):
        for value in values:
            yield value if isinstance(value, dict) else None


def _prefix(mapped: Mapped) -> str:
    return f"{mapped.rows}.item" if mapped.rows else "item"


def _table(folder: Folder, locator: str, mapped: Mapped) -> Generator[Row, None, None]:
    rows = csv_rows(folder, locator, delimiter=mapped.delimiter, encoding=mapped.encoding, skip_lines=mapped.skip_lines)
    with closing(rows):
        names = [name.strip() for name in next(rows, [])]
        places: dict[str, int] = {}
        for at, name in enumerate(names):
            places.setdefault(name, at)  # of two columns of one name the first
        missing = [column for column in mapped.columns() if column not in places]
        if missing and names:
            raise ColumnsMissing(missing, names)
        for cells in rows:
            yield {name: cells[at] for name, at in places.items() if at < len(cells)}


@dataclass(slots=True)
class Rows:
    """The rows of one mapping while they are read. here: the folder it lies in, "" for the outermost."""

    mapped: Mapped
    folder: Folder
    here: str
    note_characters: int
    seen: Seen = field(default_factory=Seen)
    unseen: set[str] = field(init=False)  # columns that no row has had yet

    def __post_init__(self) -> None:
        self.unseen = set(self.mapped.columns())

    def pass_over(self, row: Row | None, file: File, number: int) -> None:
        """Remember a row that was handed over before: further ones like it are numbered as they were then."""
        for _ in self.items(row, file, number):
            pass

    def items(self, row: Row | None, file: File, number: int) -> Iterator[Found]:
        where = f"{file.locator}#row {number}"
        if row is None:
            yield Problem(where, "row-broken", "This row cannot be read.")
            return
        self._note(row)
        if self._is_wanted(row):
            yield from self._draft(row, where)
        else:
            detail = "Your mapping leaves it out: it is not one of the rows that “only” asks for."
            yield Problem(where, "left-out-by-mapping", detail)

    def _draft(self, row: Row, where: str) -> Iterator[Found]:
        told = _Cells(row)
        when = self._when(told)
        if when is None:
            said = " ".join(filter(None, map(told.text, self.mapped.times.columns)))
            detail = (
                f"Its time “{said[:60]}” is not of the form {self.mapped.times.format}." if said else "It has no time."
            )
            yield Problem(where, "time-broken" if said else "no-time", detail)
            return
        media, lost = self._media(told, where)
        if lost is not None:
            yield lost
        title, body = self.mapped.title.fill(told.text), self.mapped.text.fill(told.text)
        if self.mapped.kind in FILES and not media:
            if lost is None:
                yield Problem(where, "empty", "It names no file.")
        elif not (title or body or media):
            yield Problem(where, "empty", "Everything that would be shown of it is empty.")
        elif len(body) > self.note_characters:
            fits = f"at most {self.note_characters:,} fit."
            yield Problem(where, "note-too-long", f"Its text has {len(body):,} characters; {fits}")
        elif (key := self._key(row)) is None:
            named = " and ".join(f"“{each}”" for each in self.mapped.key)
            yield Problem(where, "key-twice", f"An earlier row with the same {named} was taken.")
        else:
            yield Draft(
                source_key=key,
                kind=self.mapped.kind,
                title=" ".join(title.split()),
                body=body,
                evidence=(when,),
                place=self._place(told),
                tags=self._many(self.mapped.tags, told),
                people=tuple(PersonRef(name=name) for name in self._many(self.mapped.people, told)),
                rating=_graded(self.mapped.rating, told, least=0),
                mood=_graded(self.mapped.mood, told, least=1),
                media=media,
                raw=record(row),
            )

    def _note(self, row: Row) -> None:
        if self.unseen:
            told = _Cells(row)
            self.unseen -= {column for column in self.unseen if told.has(column)}

    def _is_wanted(self, row: Row) -> bool:
        told = _Cells(row)
        return all(told.text(column).casefold() in wanted for column, wanted in self.mapped.only.items())

    def _key(self, row: Row) -> str | None:
        """None for a key that was given out. Without key columns, or values in them, each row is a thing of its own."""
        told = _Cells(row)
        said = "/".join(told.text(column) for column in self.mapped.key)
        if said.strip("/"):
            return source_key(f"{self.mapped.name}:{said}") if self.seen.number(said) == 1 else None
        spelled = record({column: row[column] for column in sorted(row)})
        return source_key(f"{self.mapped.name}:{self.seen.unique(sha256(spelled).hexdigest()[:32])}")

    def _when(self, told: _Cells) -> TimeEvidence | None:
        times = self.mapped.times
        read = _reader(times.format)
        zone = told.text(times.zone_column) if times.zone_column else ""
        begun = read(" ".join(map(told.text, times.columns)).strip())
        if begun is None:
            return None
        begun = begun.placed(zone or times.zone)
        ended = read(" ".join(map(told.text, times.until)).strip()) if times.until else None
        length = loose.number(told.text(times.duration)) if times.duration else None
        if ended is not None:
            ended = ended.placed(zone or times.zone)
        elif length is not None and 0 < length * times.unit_s < timedelta.max.total_seconds():
            ended = begun.later(timedelta(seconds=length * times.unit_s))
        origin = " and ".join(f"“{column}”" for column in times.columns) + f" of {self.mapped.name}"
        return begun.evidence(ended, origin)

    def _place(self, told: _Cells) -> PlaceRef | None:
        lat, lon = loose.coordinates(told.text(self.mapped.lat), told.text(self.mapped.lon))
        names = {key: each.fill(told.text) for key, each in self.mapped.place.items()}
        name, address, city, country = (names.get(key, "") for key in ("name", "address", "city", "country"))
        return loose.place_or_none(PlaceRef(lat=lat, lon=lon, name=name, address=address, city=city, country=country))

    def _media(self, told: _Cells, where: str) -> tuple[tuple[MediaRef, ...], Problem | None]:
        path = self.mapped.media.fill(told.text) if self.mapped.media else ""
        if not path:
            return (), None
        locator = "/".join(filter(None, [self.here, *path.replace("\\", "/").removeprefix("./").split("/")]))
        try:
            found = self.folder.stat(locator)
        except (OSError, ValueError):
            return (), Problem(f"{where}/{path}", "file-missing", "The row names this file, but it is not here.")
        role = MediaRole.PRIMARY if self.mapped.kind in FILES else MediaRole.ATTACHMENT
        return (MediaRef(locator=found.locator, role=role, name=found.name),), None

    def _many(self, templates: tuple[Template, ...], told: _Cells) -> tuple[str, ...]:
        """The texts of templates; one that is a column with a list gives each of it, a separator parts any."""
        found: list[str] = []
        for template in templates:
            listed = told.listed(template.only_column) if template.only_column else None
            filled = listed if listed is not None else (template.fill(told.text),)
            split = self.mapped.separator
            found.extend(part for each in filled for part in (each.split(split) if split else [each]))
        return tuple(dict.fromkeys(each.strip() for each in found if each.strip()))


class _Cells:
    """The values of a row as texts: JSON's by a path with dots, where no column has that very name."""

    def __init__(self, row: Row) -> None:
        self._row = row

    def has(self, column: str) -> bool:
        return self._value(column) is not None

    def text(self, column: str) -> str:
        return _text(self._value(column))

    def listed(self, column: str) -> tuple[str, ...] | None:
        value = self._value(column)
        return tuple(map(_text, value)) if isinstance(value, list) else None

    def _value(self, column: str) -> Any:  # noqa: ANN401 - JSON is anything
        if column in self._row:
            return self._row[column]
        value: Any = self._row
        for part in column.split("."):
            if isinstance(value, list) and part.isdecimal() and int(part) < len(value):
                value = value[int(part)]
            elif isinstance(value, dict):
                value = value.get(part)
            else:
                return None
        return value


def _text(value: object) -> str:
    if isinstance(value, str):
        return loose.text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    return ", ".join(filter(None, map(_text, value))) if isinstance(value, list) else ""


@dataclass(frozen=True, slots=True)
class _Time:
    """A reading of the clock, naive, in a zone (IANA name, or "") or at minutes east of UTC; or an instant in UTC."""

    at: datetime
    precision: Precision
    offset_min: int | None = None
    zone: str = ""
    is_instant: bool = False

    def placed(self, zone: str) -> _Time:
        """In the zone that is told beside it, unless the time tells its own."""
        if self.is_instant or self.offset_min is not None:
            return _Time(self.at, self.precision, self.offset_min, _known(zone), self.is_instant)
        if zone.upper() in {"UTC", "Z"}:
            return _Time(self.at, self.precision, is_instant=True)
        return _Time(self.at, self.precision, read_offset(zone), _known(zone))

    def later(self, length: timedelta) -> _Time | None:
        try:
            if self.zone and not self.is_instant and self.offset_min is None:
                end = wall_to_instant(self.at, self.zone) + length
                return _Time(end.replace(tzinfo=None), self.precision, is_instant=True)
            return _Time(self.at + length, self.precision, self.offset_min, self.zone, self.is_instant)
        except OverflowError:
            return None

    def instant(self) -> datetime | None:
        """None where no zone is known."""
        if self.is_instant:
            return self.at.replace(tzinfo=UTC)
        try:
            if self.offset_min is not None:
                return (self.at - timedelta(minutes=self.offset_min)).replace(tzinfo=UTC)
            return wall_to_instant(self.at, self.zone) if self.zone else None
        except OverflowError:
            return None

    def evidence(self, ended: _Time | None, origin: str) -> TimeEvidence:
        until, local_until = (ended.instant(), None) if ended else (None, None)
        if ended is not None and until is None:
            local_until = ended.at if ended.at > self.at else None
        begun = self.instant()
        if until is not None and (begun is None or until <= begun):
            until = None
        is_dated = self.precision not in {Precision.INSTANT, Precision.MINUTE}
        return TimeEvidence(
            basis=TimeBasis.SOURCE,
            local_at=None if self.is_instant and not is_dated else self.at,
            instant=begun if self.is_instant and not is_dated else None,
            utc_offset_min=None if self.is_instant else self.offset_min,
            zone=self.zone or None,
            precision=self.precision,
            until=until,
            local_until=local_until,
            origin=origin,
        )


def _known(zone: str) -> str:
    return zone if zone and zone.upper() not in {"UTC", "Z"} and find_zone(zone) is not None else ""


def _reader(form: str) -> Callable[[str], _Time | None]:
    if form == ISO:
        return _read_iso
    if form in COUNTS:
        return lambda text: _read_count(text, COUNTS[form])
    return lambda text: _read_pattern(text, form)


def _read_iso(text: str) -> _Time | None:
    stamp = read_stamp(text)
    if stamp is None:
        return None
    offset = None if stamp.is_utc else stamp.utc_offset_min
    return _Time(stamp.local_at, stamp.precision, offset, is_instant=stamp.is_utc)


def _read_count(text: str, micros: int) -> _Time | None:
    count = loose.number(text)
    if not count:  # 0 is what programs write that do not know
        return None
    try:
        at = _EPOCH + timedelta(microseconds=count * micros)
    except OverflowError:
        return None
    return _Time(at.replace(tzinfo=None), Precision.INSTANT, is_instant=True)


def _read_pattern(text: str, pattern: str) -> _Time | None:
    if not text:
        return None
    try:
        at = datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone is told beside it, if at all
        offset = at.utcoffset()
    except ValueError:
        return None
    minutes = None if offset is None else round(offset / timedelta(minutes=1))
    return _Time(at.replace(tzinfo=None), _precision(pattern), minutes)


def _precision(pattern: str) -> Precision:
    """How much of a date a pattern reads."""
    for found, letters in (
        (Precision.INSTANT, "S"),
        (Precision.MINUTE, "MHI"),
        (Precision.DAY, "dj"),
        (Precision.MONTH, "mbB"),
    ):
        if any(f"%{letter}" in pattern for letter in letters):
            return found
    return Precision.YEAR


def _graded(scale: Scale | None, told: _Cells, *, least: int) -> int | None:
    """On our scale, a half rounded up; None for a cell that is empty or tells nothing."""
    if scale is None:
        return None
    said = told.text(scale.column)
    if said.casefold() in scale.words:
        return scale.words[said.casefold()]
    value = loose.number(said.replace(",", "."))
    if value is None or not 0 < value <= scale.of:
        return None
    return min(max(int(value * _MAX_RATING / scale.of + 0.5), least), _MAX_RATING)
