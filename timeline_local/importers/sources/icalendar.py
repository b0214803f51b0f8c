"""Calendars: iCalendar files with time zones, whole days, recurrences and guests, and entries of journals."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from operator import itemgetter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from timeline_local.domain.drafts import (
    JSON,
    CollectionKind,
    CollectionRef,
    Draft,
    PersonRef,
    PersonRole,
    PlaceRef,
    Problem,
)
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.content_lines import Component, components, plain, read_property, unescaped
from timeline_local.importers.recurrence_rules import modern
from timeline_local.importers.recurrences import (
    MAX_OCCURRENCES,
    Unreadable,
    first_listed,
    like,
    occurrences,
    wall_clock,
)

if TYPE_CHECKING:
    from timeline_local.importers.recurrences import Dated

HEAD_BYTES = 4 * 1024
ITEMS_PER_CHECKPOINT = 100
AHEAD = timedelta(days=366)  # of the day the calendar was exported: later dates of a recurrence are not memories yet

_TOLD = frozenset({"VEVENT", "VJOURNAL"})
_WANTED = _TOLD | {"VTIMEZONE"}
_ENDINGS = frozenset({".ics", ".ical", ".icalendar", ".ifb", ".vcs", ".vcf", ".txt", ""})
_SURE_ENDINGS = frozenset({".ics", ".ical", ".icalendar"})  # of files that may hold an event without a calendar
_ALONE = re.compile(rb"BEGIN:V(?:EVENT|JOURNAL)")
_KEPT = ("URL", "STATUS", "CLASS", "X-GOOGLE-CONFERENCE", "TRANSP")
_WRITTEN = ("CREATED", "LAST-MODIFIED", "DTSTAMP")
_RECURRING = ("RRULE", "EXRULE", "RDATE", "EXDATE")
_RULES = ("RRULE", "EXRULE")
_IDENTIFYING = ("UID", "DTSTART", "RECURRENCE-ID", "SEQUENCE")
_SEQUENCE = re.compile(r"\d{1,9}", re.ASCII)
_COUNT_OF_NONE = re.compile(r";COUNT=(?:-\d+|0*)(?=;|$)|(?<=:)COUNT=(?:-\d+|0*);", re.IGNORECASE)  # means: for ever
_MAIL = re.compile("^mailto:", re.IGNORECASE)
_ONCE = (
    "UID",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RECURRENCE-ID",
    "SEQUENCE",
    "SUMMARY",
    "DESCRIPTION",
    "LOCATION",
    "GEO",
    *_KEPT,
)


_Drafts = Callable[[str, date], Draft]


@dataclass(frozen=True, slots=True)
class ICalendar:
    name: str = "icalendar"
    title: str = "Calendars"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one calendar is found, whatever it is called."""
        found = next((file for file in folder.sample() if _is_calendar(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There are no calendars in this folder.")
        return Recognition(0.9, f"It holds calendars, {found.name} for one.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each date of each event."""
        for _, file, done in files_from(folder, _is_calendar, options, checkpoint):
            yield from _Calendar(folder, file, options).items(done)


def _is_calendar(folder: Folder, file: File) -> bool:
    """By what it begins with; pictures and films are not even opened."""
    ending = PurePosixPath(file.name).suffix.lower()
    if ending not in _ENDINGS:
        return False
    head = folder.head(file.locator, HEAD_BYTES).upper()
    return b"BEGIN:VCALENDAR" in head or (ending in _SURE_ENDINGS and _ALONE.search(head) is not None)


@dataclass(frozen=True, slots=True)
class _Later:
    """A change of one date that holds for all later ones of its series too (RFC 5545 section 3.2.13)."""

    instead: date
    begins: date
    event: Dated
    found: Component


@dataclass(frozen=True, slots=True)
class _Version:
    """One of several components that tell of the same event: the one with the highest number is it."""

    sequence: int
    begins: str
    number: int


@dataclass
class _Calendar:
    """One file: read once for its zones, its name, its versions and which dates were moved, then for its events."""

    folder: Folder
    file: File
    options: ReadOptions
    name: str = ""
    zone: str | None = None
    zones: dict[str, tzinfo] = field(default_factory=dict)
    series: set[str] = field(default_factory=set)  # of which there is more than dates that were moved
    moved: dict[str, list[date]] = field(default_factory=dict)
    later: dict[str, list[_Later]] = field(default_factory=dict)
    earlier: set[int] = field(default_factory=set)  # numbers of components that a newer version is there of
    again: dict[int, str] = field(default_factory=dict)  # those that share a name: what tells them apart

    def items(self, skip: int) -> Iterator[Item]:
        count = 0
        try:
            self._look()
            for found in components(self.folder, self.file.locator, _WANTED):
                if not isinstance(found, Component) or found.name not in _TOLD or found.number <= skip:
                    continue
                yield from self._event(found)
                count += 1
                if count % ITEMS_PER_CHECKPOINT == 0:
                    yield after(self.file, found.number)
            yield from self._tasks()
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            yield Problem(self.file.locator, "unreadable", f"This calendar cannot be read ({why}).")
        if not (count or skip):
            yield Problem(self.file.locator, "empty", "This calendar holds no events.")

    def _tasks(self) -> Iterator[Problem]:
        """What is to do is told once for all of it; counted apart, so that events keep their numbers."""
        found = components(self.folder, self.file.locator, frozenset({"VTODO"}))
        count = sum(isinstance(each, Component) for each in found)
        if count:
            yield Problem(
                f"{self.file.locator}#tasks", "unsupported", f"What is to do is no memory: {count} in this file."
            )

    def _look(self) -> None:
        self.name = PurePosixPath(self.file.name).stem
        versions: dict[tuple[str, str], list[_Version]] = {}
        for found in components(self.folder, self.file.locator, _WANTED):
            if not isinstance(found, Component):
                if found.name in {"X-WR-CALNAME", "NAME"}:
                    self.name = unescaped(found.value).strip() or self.name
                elif found.name == "X-WR-TIMEZONE":
                    self.zone = loose.zone(found.value.strip())
            elif found.name == "VTIMEZONE":
                self._note_zone(found)
            else:
                self._note_version(found, versions)
        self._settle(versions)

    def _note_zone(self, found: Component) -> None:
        """A zone that the file defines itself, for names that are none of ours."""
        from icalendar import Timezone  # noqa: PLC0415 - see _parsed

        try:
            made = Timezone.from_ical(found.text())
            if not isinstance(made, Timezone):
                return
            self.zones[str(made["TZID"])] = made.to_tz()
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError):
            return  # dates that name it are read as wall clocks

    def _note_version(self, found: Component, versions: dict[tuple[str, str], list[_Version]]) -> None:
        """What of it others depend on; only a date that was moved is parsed for it."""
        told: dict[str, str] = {}
        for line in found.own_lines():
            if line.upper().startswith(_IDENTIFYING) and (each := read_property(line)) is not None:
                told.setdefault(each.name, each.value.strip())
        uid, instead = told.get("UID", ""), told.get("RECURRENCE-ID", "")
        if uid:
            sequence = int(told["SEQUENCE"]) if _SEQUENCE.fullmatch(told.get("SEQUENCE", "")) else 0
            version = _Version(sequence, told.get("DTSTART", ""), found.number)
            versions.setdefault((uid, instead), []).append(version)
        if instead:
            self._note_moved(found)
        else:
            self.series.add(uid)

    def _note_moved(self, found: Component) -> None:
        event = _parsed(found)
        if event is None:
            return
        instead, begins = _date_of(event, "RECURRENCE-ID"), _date_of(event, "DTSTART")
        if not isinstance(instead, date):
            return
        uid = str(event.get("UID", ""))
        self.moved.setdefault(uid, []).append(instead)
        is_range = str(event["RECURRENCE-ID"].params.get("RANGE", "")).upper() == "THISANDFUTURE"
        if is_range and isinstance(begins, date) and isinstance(begins, datetime) == isinstance(instead, datetime):
            self.later.setdefault(uid, []).append(_Later(instead, begins, event, found))

    def _settle(self, versions: Mapping[tuple[str, str], Sequence[_Version]]) -> None:
        """Of what has the same name the newest counts; the same version at another time is another event."""
        for several in versions.values():
            newest = max(each.sequence for each in several)
            kept = {each.begins: each.number for each in several if each.sequence == newest}
            self.earlier.update(each.number for each in several if kept.get(each.begins) != each.number)
            self.again.update((number, begins) for begins, number in list(kept.items())[1:])

    def _event(self, found: Component) -> Iterator[Item]:
        where = f"{self.file.locator}#{found.number}"
        try:
            yield from self._dated(where, found)
        except OverflowError:
            yield Problem(where, "event-broken", "This event has dates that no calendar reaches.")

    def _dated(self, where: str, found: Component) -> Iterator[Item]:
        event = _parsed(found)
        begins = None if event is None else _begin_of(event)
        if event is None or begins is None:
            yield Problem(where, "event-broken", "This event has no beginning that can be read.")
            return
        if not found.is_whole:
            yield Problem(f"{where}/end", "event-broken", "The file ends in this event; what is there was taken.")
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            yield Problem(where, "cancelled", "The event was called off.")
            return
        if found.number in self.earlier:
            yield Problem(where, "twice", "A newer version of this event is in the same file.")
            return
        if _has_unread(found, event):
            yield Problem(where, "recurrence-unread", "The rule by which this event recurs cannot be read.")
        uid = str(event.get("UID", "")) or f"{self.name}/{event.get('SUMMARY', '')}/{begins.isoformat()}"
        key = f"{uid}#{self.again[found.number]}" if found.number in self.again else uid
        moved = self._moved_date(event, uid)
        try:
            dates = [begins] if moved is not None else self._dates(event, uid, begins)
        except Unreadable as error:
            yield Problem(where, "recurrence-unread", f"{error} Only its first date was taken.")
            dates = [begins]
        if len(dates) >= MAX_OCCURRENCES:
            yield Problem(
                where, "recurrence-cut", f"Only the first {MAX_OCCURRENCES:,} dates of this event were taken."
            )
        draft = self._drafts(event, found)
        if moved is not None:
            yield draft(f"{key}/{moved.isoformat()}", begins)
        elif "RRULE" in event or "RDATE" in event:
            yield from self._series(uid, key, begins, dates, draft)
        else:
            yield draft(key, begins)

    def _moved_date(self, event: Dated, uid: str) -> date | None:
        """The date that this event stands for. What recurs and is all there is of its name is the series itself."""
        if "RRULE" in event and str(event.get("UID", "")) not in self.series:
            self.moved.pop(uid, None)
            return None
        moved: date | None = _date_of(event, "RECURRENCE-ID")
        return moved

    def _series(self, uid: str, key: str, begins: date, dates: Sequence[date], draft: _Drafts) -> Iterator[Draft]:
        """Each date as the last change before it has it, of those that hold for all later dates."""
        known = [each for each in self.later.get(uid, ()) if each.found.number not in self.earlier]
        changes = sorted(((like(each.instead, begins), each) for each in known), key=itemgetter(0))
        at, shift = 0, timedelta()
        for each in dates:
            while at < len(changes) and changes[at][0] <= wall_clock(each):
                change = changes[at][1]
                draft, shift = self._drafts(change.event, change.found), wall_clock(change.begins) - changes[at][0]
                at += 1
            yield draft(f"{key}/{each.isoformat()}", each + shift)

    def _dates(self, event: Dated, uid: str, begins: date) -> list[Any]:
        exported = datetime.fromtimestamp(max(self.file.mtime_ns, 0) / 1e9, UTC)
        stamp = _date_of(event, "DTSTAMP")
        if isinstance(stamp, datetime) and stamp.tzinfo is not None:
            exported = max(exported, stamp)
        return occurrences(event, begins, until=exported + AHEAD, without=self.moved.get(uid, []))

    def _drafts(self, event: Dated, found: Component) -> _Drafts:
        """What makes a draft of a key and a date. All dates of an event share what they have in common."""
        is_entry = found.name == "VJOURNAL"
        collection = (
            CollectionRef(key=f"journal:{self.name}", name=self.name, kind=CollectionKind.JOURNAL)
            if is_entry
            else CollectionRef(key=self.name, name=self.name, kind=CollectionKind.CALENDAR)
        )
        alike = Draft(
            source_key="",
            kind=Kind.NOTE if is_entry else Kind.EVENT,
            title=loose.text(str(event.get("SUMMARY", ""))),
            body=loose.text(str(event.get("DESCRIPTION", "")))[: self.options.note_characters],
            evidence=(),
            place=_place(event),
            tags=_categories(event),
            people=_people(event),
            collections=(collection,),
            extra={name.lower(): loose.text(str(event[name])) for name in _KEPT if event.get(name)},
            raw=found.text().encode(),
        )
        length = _length(event)
        return lambda key, begins: replace(alike, source_key=key, evidence=(self._evidence(event, begins, length),))

    def _evidence(self, event: Dated, begins: date, length: timedelta) -> TimeEvidence:
        """When it is. length: that of the first date, on the wall clock; below 0 where the ends were exchanged."""
        if isinstance(begins, datetime) and length < timedelta():
            begins, length = begins + length, -length
        origin = "DTSTART of the event"
        if not isinstance(begins, datetime):
            local_at = datetime.combine(begins, datetime.min.time())
            return TimeEvidence(
                basis=TimeBasis.SOURCE,
                local_at=local_at,
                local_until=local_at + max(length, timedelta(days=1)) if length > timedelta(days=1) else None,
                precision=Precision.DAY,
                origin=origin,
            )
        if begins.tzinfo is UTC or (begins.tzinfo is not None and str(begins.tzinfo) == "UTC"):
            until = begins + length if length else None
            return TimeEvidence(basis=TimeBasis.SOURCE, instant=begins, until=until, zone=self.zone, origin=origin)
        local_at = begins.replace(tzinfo=None)
        named = str(getattr(event.get("DTSTART"), "params", {}).get("TZID", ""))
        running = begins.tzinfo or self.zones.get(named)
        zone = loose.zone(str(running)) if running is not None or named else self.zone
        offset = running.utcoffset(local_at) if running is not None and zone is None else None
        return TimeEvidence(
            basis=TimeBasis.SOURCE,
            local_at=local_at,
            local_until=local_at + length if length else None,
            zone=zone,
            utc_offset_min=None if offset is None else int(offset.total_seconds()) // 60,
            origin=origin,
        )


def _parsed(found: Component) -> Dated | None:
    """The event without its alarms and without what is not what it should be; None for what is none."""
    from icalendar import Event, Journal, vBroken  # noqa: PLC0415 - 0.2 s that a start need not pay

    try:
        event = Event.from_ical(found.around(filter(None, map(_mended, found.own_lines()))))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError):
        return None  # whatever its reader stumbles over
    if not isinstance(event, Event | Journal):
        return None
    for name, value in list(event.items()):
        read = [each for each in (value if isinstance(value, list) else [value]) if not isinstance(each, vBroken)]
        if not read:
            del event[name]
        elif isinstance(value, list):
            event[name] = read[0] if name in _ONCE else read
    return event


def _mended(line: str) -> str:
    """A line as it should be: rules with spaces and rules without a word are what Outlook and websites write.

    Calendars of version 1 have quoted-printable values.
    """
    if "QUOTED-PRINTABLE" in line.partition(":")[0].upper() and (each := read_property(line)) is not None:
        return f"{each.name}:" + "\\n".join(plain(each).splitlines())
    if not line.upper().startswith(_RULES):
        return line.rstrip()
    name, _, rule = line.partition(":")
    rule = "".join(modern(rule).split())
    return _COUNT_OF_NONE.sub("", f"{name}:{rule}") if rule else ""


def _has_unread(found: Component, event: Dated) -> bool:
    """Whether something is told of its recurrence, with a value, that could not be read."""
    told = (read_property(line) for line in found.own_lines() if line.upper().startswith(_RECURRING))
    return any(each.name in _RECURRING and each.name not in event and bool(each.value.strip()) for each in told if each)


def _date_of(event: Dated, name: str) -> Any:  # noqa: ANN401 - a date, a time, or a length
    return getattr(event.get(name), "dt", None)


def _begin_of(event: Dated) -> date | None:
    """When it begins; where that cannot be read, what is left of its dates; of a note when it was written."""
    told = [_date_of(event, name) for name in ("DTSTART", "DTEND", "RECURRENCE-ID")]
    told += [first_listed(event), *(_date_of(event, name) for name in _WRITTEN if event.name == "VJOURNAL")]
    return next((each for each in told if isinstance(each, date)), None)


def _length(event: Dated) -> timedelta:
    begins, ends, duration = (_date_of(event, name) for name in ("DTSTART", "DTEND", "DURATION"))
    if isinstance(duration, timedelta):
        return max(duration, timedelta())
    first, last = (wall_clock(each) if isinstance(each, date) else None for each in (begins, ends))
    if isinstance(begins, datetime) and isinstance(ends, datetime) and begins.tzinfo and ends.tzinfo:
        return ends - begins
    return last - first if first is not None and last is not None else timedelta()


def _place(event: Dated) -> PlaceRef | None:
    geo = event.get("GEO")
    lat, lon = loose.coordinates(getattr(geo, "latitude", None), getattr(geo, "longitude", None))
    return loose.place_or_none(PlaceRef(lat=lat, lon=lon, name=loose.text(str(event.get("LOCATION", "")))[:500]))


def _categories(event: Dated) -> tuple[str, ...]:
    found = event.get("CATEGORIES")
    groups = found if isinstance(found, list) else [found]
    return tuple(dict.fromkeys(loose.texts([str(each) for group in groups for each in getattr(group, "cats", ())])))


def _people(event: Dated) -> tuple[PersonRef, ...]:
    """Guests and the host; rooms and things are no people."""
    found: dict[str, PersonRef] = {}
    for name in ("ORGANIZER", "ATTENDEE"):
        told = event.get(name)
        for each in told if isinstance(told, list) else [told] if told is not None else []:
            address = _MAIL.sub("", str(each)).strip()
            called = loose.text(str(each.params.get("CN", "")))
            is_person = str(each.params.get("CUTYPE", "INDIVIDUAL")).upper() in {"INDIVIDUAL", "UNKNOWN"}
            if is_person and (address or called) and not address.endswith("calendar.google.com"):
                is_mail = "@" in address
                ref = PersonRef(
                    name=called if called and called != address else address,
                    kind="email" if is_mail else "name",
                    value=address if is_mail else "",
                    role=PersonRole.ATTENDEE,
                )
                found.setdefault(address.lower() or called, ref)
    return tuple(found.values())
