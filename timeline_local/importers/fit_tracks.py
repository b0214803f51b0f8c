"""One FIT file as drafts: its sessions with the points that belong to them, courses, saved places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from timeline_local.domain.drafts import JSON, Problem
from timeline_local.domain.times import MAX_OFFSET_MIN, TimeBasis, TimeEvidence
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Found
from timeline_local.importers.fit_messages import TIMESTAMP, Message, messages
from timeline_local.importers.track_formats import open_plain
from timeline_local.importers.track_reading import with_rest
from timeline_local.importers.tracks import MAX_POINTS, Keys, Point, Recording, items_of, waypoint, workout

_FILE, _DEVICE, _SPORT, _SESSION, _RECORD, _PLACE, _COURSE, _ACTIVITY, _CLOCK = 0, 2, 12, 18, 20, 29, 31, 34, 162
_WALL_CLOCKS = {_ACTIVITY: 5, _CLOCK: 3}
_CIRCLE = 180 / 2**31  # degrees of a semicircle
_QUARTER_MIN, _HALF_HOUR_MIN = 15, 30
_QUARTERED = frozenset({345, 525, 765, 825})  # the zones that are a quarter of an hour off: Nepal, Eucla, Chatham
# Of the format's tables: what a file is for, who made the device, and what the sport is.
_ACTIVITY_FILE, _COURSE_FILE = 4, 6
_FILES = {
    1: "device data", 2: "settings", 3: "a sport's settings", 5: "a planned workout", 7: "a schedule", 9: "weights",
    10: "totals", 11: "goals", 14: "blood pressure", 15: "the steps of days", 20: "an activity's summary",
    28: "the steps of a day", 32: "the steps of days", 34: "segments", 35: "a list of segments",
}  # fmt: skip
_MAKERS = {
    1: "Garmin", 15: "Dynastream", 23: "Suunto", 32: "Wahoo", 69: "Stages", 70: "Sigma", 89: "Tacx", 115: "Pioneer",
    123: "Polar", 260: "Zwift", 263: "Favero", 265: "Strava", 267: "Bryton", 289: "Hammerhead", 294: "Coros",
}  # fmt: skip
_SPORTS = {
    1: "running", 2: "cycling", 4: "fitness equipment", 5: "swimming", 6: "basketball", 7: "soccer", 8: "tennis",
    10: "training", 11: "walking", 12: "cross-country skiing", 13: "alpine skiing", 14: "snowboarding", 15: "rowing",
    16: "mountaineering", 17: "hiking", 19: "paddling", 20: "flying", 21: "e-biking", 22: "motorcycling",
    23: "boating", 24: "driving", 25: "golf", 26: "hang gliding", 27: "horseback riding", 29: "fishing",
    30: "inline skating", 31: "climbing", 32: "sailing", 33: "ice skating", 34: "sky diving", 35: "snowshoeing",
    36: "snowmobiling", 37: "stand up paddleboarding", 38: "surfing", 39: "wakeboarding", 40: "water skiing",
    41: "kayaking", 42: "rafting", 43: "windsurfing", 44: "kitesurfing", 47: "boxing", 48: "floor climbing",
    53: "diving", 62: "interval training", 64: "racket", 65: "wheelchair", 66: "wheelchair",
}  # fmt: skip
# What a session counted → our figure: field, scale.
_FIGURES = {
    "distance_m": (9, 100), "duration_s": (7, 1000), "moving_s": (8, 1000), "calories": (11, 1),
    "ascent_m": (22, 1), "descent_m": (23, 1),
}  # fmt: skip


def read_fit(folder: Folder, file: File, _: str) -> Iterator[Found]:
    reading = _Reading(file)
    with open_plain(folder, file.locator) as opened:
        yield from with_rest((item for each in messages(opened) for item in reading.take(each)), reading.end)


@dataclass(slots=True)
class _Reading:
    """One file while it is read. Sessions stand behind the points that belong to them."""

    file: File
    device: str = "fit"
    purpose: int | None = None
    sport: str = ""
    name: str = ""
    offset_min: int | None = None
    switched_on: int | None = None  # when the device was, which a camera counts its seconds from
    created: int | None = None  # the file, which a camera does when it is switched on
    waiting: list[Message] = field(default_factory=list)  # records that count so, before that is told
    points: list[Point] = field(default_factory=list)
    sessions: list[Message] = field(default_factory=list)
    keys: Keys = field(default_factory=Keys)
    is_told: bool = False
    unplaced: int = 0

    def take(self, message: Message) -> Iterator[Found]:
        if message.number == _RECORD:
            self._point(message)
            if len(self.points) >= MAX_POINTS:
                yield from self._moves()
        elif message.number == _PLACE:
            yield from self._place(message)
        elif message.number == _SESSION:
            self.sessions.append(message)
        elif message.number == _FILE:
            self.purpose, self.created = message.integer(0), message.integer(4)
            self.device = _device(message)
        elif message.number == _SPORT:
            self.sport, self.name = _SPORTS.get(message.integer(0) or 0, ""), message.text(3)
        elif message.number == _COURSE:
            self.sport, self.name = _SPORTS.get(message.integer(4) or 0, "") or self.sport, message.text(5)
        elif message.number in {_ACTIVITY, _CLOCK, _DEVICE}:
            self._clock(message)

    def end(self) -> Iterator[Found]:
        """What is left when the file ends."""
        if self.switched_on is None:
            self.switched_on = self.created
            self._place_waiting()
        self.unplaced += len(self.waiting)
        for item in self._moves():
            self.is_told = True
            yield item
        if self.is_told:
            if self.unplaced:
                detail = f"{self.unplaced:,} records of this file have no position: indoors, or before it was known."
                yield Problem(f"{self.file.locator}#unplaced", "no-position", detail)
            return
        what = _FILES.get(self.purpose or 0)
        if what and self.purpose not in {_ACTIVITY_FILE, _COURSE_FILE}:
            yield Problem(self.file.locator, "unsupported", f"This FIT file holds {what}, not an activity.")
        else:
            yield Problem(self.file.locator, "empty", "This FIT file holds no positions and no activity.")

    def _clock(self, message: Message) -> None:
        """What is told of the device's clock, and the records that waited for it."""
        at = message.integer(TIMESTAMP)
        if message.number == _DEVICE:
            self.switched_on = message.integer(1) or self.switched_on
        elif message.number == _CLOCK and at is not None and (since := message.integer(1)) is not None:
            self.switched_on = at - since
        offset = _offset(message.integer(_WALL_CLOCKS[message.number]), at) if message.number in _WALL_CLOCKS else None
        self.offset_min = self.offset_min if offset is None else offset
        self._place_waiting()

    def _place_waiting(self) -> None:
        waiting, self.waiting = self.waiting, []
        for each in waiting:
            self._point(each)

    def _at(self, message: Message, number: int = TIMESTAMP) -> datetime | None:
        return message.instant(number, self.switched_on)

    def _place(self, message: Message) -> Iterator[Found]:
        """A place that was saved on the device."""
        lat, lon = message.integer(1), message.integer(2)
        if lat is None or lon is None:
            return
        self.is_told = True
        yield waypoint(
            Point(lat * _CIRCLE, lon * _CIRCLE, self._at(message), message.scaled(4, 5, 500)),
            keys=self.keys,
            origin="FIT location",
            name=message.text(0),
            body=message.text(6),
            kind="",
            locator=self.file.locator,
            extra={},
        )

    def _point(self, message: Message) -> None:
        lat, lon, at = message.integer(0), message.integer(1), self._at(message)
        if lat is None or lon is None:
            self.unplaced += 1  # indoors, or before the receiver knows where it is
            return
        if at is None:
            if len(self.waiting) < MAX_POINTS:
                self.waiting.append(message)
            return
        fields = message.fields
        self.points.append(
            Point(
                lat * _CIRCLE,
                lon * _CIRCLE,
                at=at,
                altitude_m=message.scaled(78, 5, 500) if 78 in fields else message.scaled(2, 5, 500),  # noqa: PLR2004
                accuracy_m=message.scaled(31, 1),
                speed_mps=message.scaled(73, 1000) if 73 in fields else message.scaled(6, 1000),  # noqa: PLR2004
                heart_rate=message.scaled(3, 1),
                cadence=message.scaled(4, 1),
                power=message.scaled(7, 1),
            )
        )

    def _moves(self) -> Iterator[Found]:
        points, sessions = self.points, self.sessions
        self.points, self.sessions = [], []
        for session, part in _parted(points, sessions, [self._start(each) for each in sessions]):
            recording = self._recording(session, whole=len(sessions) <= 1)
            for point in part:
                recording.add(point._replace(at=None) if recording.is_plan else point)
            if recording.ats or recording.route:
                yield from items_of(recording, self.keys)
            elif session is not None and (start := self._start(session)) is not None:
                yield workout(recording, self._evidence(start, session), self.keys)

    def _start(self, session: Message) -> datetime | None:
        return self._at(session, 2) or self._at(session)

    def _recording(self, session: Message | None, *, whole: bool) -> Recording:
        is_course = self.purpose == _COURSE_FILE  # a plan, whose times are made up
        origin = "FIT course" if is_course else "FIT activity"
        recording = Recording(self.file.locator, origin, self.device, is_plan=is_course)
        recording.word = self.sport
        recording.offset_min = self.offset_min
        if session is not None:
            # What the file says of its sport is true of its last session only: not of a change between two of them.
            recording.word = _SPORTS.get(sport, "") if (sport := session.integer(5)) else self.sport
            recording.name = session.text(110)
            recording.extra = _figures(session)
        if whole and not recording.name and self.name.casefold() not in {"", recording.word}:
            recording.name = self.name
        return recording

    def _evidence(self, start: datetime, session: Message) -> TimeEvidence:
        until = start + timedelta(seconds=session.scaled(7, 1000) or 0)
        return TimeEvidence(
            basis=TimeBasis.GPS,
            instant=start,
            utc_offset_min=self.offset_min,
            until=until if until > start else None,
            origin="FIT session",
        )


def _parted(
    points: Sequence[Point], sessions: Sequence[Message], told: Sequence[datetime | None]
) -> Iterator[tuple[Message | None, Sequence[Point]]]:
    """The points of each session by its times; all of them for a single one, which may lack its times.

    told  when each session began.
    """
    if len(sessions) <= 1:
        if points or sessions:
            yield (sessions[0] if sessions else None), points
        return
    starts = [start for start in told if start is not None]
    if len(starts) < len(sessions):
        yield sessions[0], points
        return
    for number, session in enumerate(sessions):
        after = starts[number + 1] if number + 1 < len(starts) else None
        first = starts[number] if number else None
        yield (
            session,
            [
                each
                for each in points
                if each.at is not None and (first is None or each.at >= first) and (after is None or each.at < after)
            ],
        )


def _figures(session: Message) -> dict[str, JSON]:
    found = {name: session.scaled(number, scale) for name, (number, scale) in _FIGURES.items()}
    told: dict[str, JSON] = {name: round(value) for name, value in found.items() if value}
    average, most = session.scaled(16, 1), session.scaled(17, 1)
    if average:
        told["heart_rate"] = {"average": round(average), "most": round(most or average)}
    return told


def _offset(local: int | None, at: int | None) -> int | None:
    """Minutes east of UTC of the device's wall clock, to the quarter of an hour; None for one that no zone has."""
    if local is None or at is None:
        return None
    minutes = round((local - at) / 60 / _QUARTER_MIN) * _QUARTER_MIN
    is_any = minutes % _HALF_HOUR_MIN == 0 or minutes in _QUARTERED
    return minutes if is_any and abs(minutes) <= MAX_OFFSET_MIN else None


def _device(file_id: Message) -> str:
    maker = _MAKERS.get(file_id.integer(1) or 0, "")
    product = file_id.text(8) or str(file_id.integer(2) or "")
    serial = str(file_id.integer(3) or "")
    return " ".join(each for each in (maker, product, serial) if each) or "fit"
