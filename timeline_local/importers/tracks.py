"""Recordings of a way: points in, drafts out. Every source of tracks tells its moves through this module.

A recording is one memory. Where nothing was recorded for PAUSE, another begins; so a receiver that was only switched
off for lunch made one trip, and one that was left running for a week several. A draft holds at most MAX_PATH samples:
of a longer recording every n-th, from the first to the last, so that its way is whole; the samples between them follow
as `Samples` of the same device, so that nothing is lost and the timeline still shows one memory, not its pieces.
Points without a time make a way that is drawn (`extra.route`) but stands on no day.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import islice
from math import isnan, nan
from pathlib import PurePosixPath
from typing import NamedTuple

from timeline_local.domain.distances import climbs_m, is_flight, is_position, legs_m
from timeline_local.domain.drafts import JSON, MAX_PATH, Draft, PlaceRef, Problem, Sample, Samples
from timeline_local.domain.filenames import date_from_path
from timeline_local.domain.kinds import Kind
from timeline_local.domain.moves import guess_mode, mode_of, title_of
from timeline_local.domain.stamps import read_stamp
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence, from_micros, micros
from timeline_local.importers.json_stream import Letters

PAUSE = timedelta(hours=6)
DAY = timedelta(days=1)  # for `longest`: nobody's trip, but the log of a phone that is always on
MAX_ROUTE = 2_000  # points of a way without times: it is drawn, nothing more
MAX_ROUTE_HELD = 100_000
MAX_POINTS = 250_000  # held at once: three days of one each second; a longer recording goes on as a further memory
NOWHERE = "This point has no coordinates, or some that cannot be meant."
NO_TIME = "This position has no time that can be read."
MANY = 20  # like problems of one file that are told one by one
_WHOLE_SECOND = 1_000_000
_FIRST_RECEIVERS = micros(datetime(1990, 1, 1, tzinfo=UTC))  # what is older in a later track is a clock at its zero
_NO_HEART = 255  # beats a minute: what devices write where the belt says nothing
_ENOUGH_LEGS, _ENOUGH_M = 3, 50  # less than this tells no way of moving
_PLACES = 7  # decimals of degrees: a centimetre


class Point(NamedTuple):
    """One point of a recording. at: aware; offset_min: minutes east of UTC, where the file says it in that point."""

    lat: float
    lon: float
    at: datetime | None = None
    altitude_m: float | None = None
    accuracy_m: float | None = None
    speed_mps: float | None = None
    heart_rate: float | None = None
    cadence: float | None = None
    power: float | None = None
    offset_min: int | None = None


@dataclass(slots=True)
class Average:
    """Of numbers that come one by one."""

    total: float = 0.0
    most: float = 0.0
    count: int = 0

    def add(self, value: float | None) -> None:
        if value is not None and value > 0:
            self.total += value
            self.most = max(self.most, value)
            self.count += 1

    def to_json(self) -> JSON:
        return {"average": round(self.total / self.count), "most": round(self.most)}


@dataclass(slots=True)
class Recording:
    """A way as it is read, point by point. Memory: 56 bytes a point."""

    locator: str
    origin: str  # for people: "GPX track"
    device: str = ""
    name: str = ""
    description: str = ""
    word: str = ""  # the source's own for the way of moving
    extra: dict[str, JSON] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    is_plan: bool = False  # a route: it was only gone if the times of its points say so
    when: tuple[TimeEvidence, ...] = ()  # of a way whose points have no times
    segments: int = 0
    ats: array[int] = field(default_factory=lambda: array("q"))
    lats: array[float] = field(default_factory=lambda: array("d"))
    lons: array[float] = field(default_factory=lambda: array("d"))
    altitudes: array[float] = field(default_factory=lambda: array("d"))
    accuracies: array[float] = field(default_factory=lambda: array("d"))
    speeds: array[float] = field(default_factory=lambda: array("d"))
    route: list[tuple[float, float]] = field(default_factory=list)
    route_points: int = 0
    route_at: array[int] = field(default_factory=lambda: array("q"))  # how many points with times stand before each
    offset_min: int | None = None
    body: dict[str, Average] = field(
        default_factory=lambda: {"heart_rate": Average(), "cadence": Average(), "power": Average()}
    )

    def __len__(self) -> int:
        return len(self.ats)

    def begin_segment(self) -> None:
        self.segments += 1

    def add(self, point: Point) -> bool:
        """Take a point; False for one that is nowhere on Earth."""
        if not is_position(point.lat, point.lon):
            return False
        self.segments = self.segments or 1
        if point.at is None or self.is_plan:
            self._add_to_route(point)
        if point.at is None:
            return True
        if self.offset_min is None:
            self.offset_min = point.offset_min
        self.ats.append(micros(point.at))
        self.lats.append(point.lat)
        self.lons.append(point.lon)
        for numbers, value in (
            (self.altitudes, point.altitude_m),
            (self.accuracies, point.accuracy_m),
            (self.speeds, point.speed_mps),
        ):
            numbers.append(nan if value is None else value)
        self.body["heart_rate"].add(point.heart_rate if (point.heart_rate or 0) < _NO_HEART else None)
        self.body["cadence"].add(point.cadence)
        self.body["power"].add(point.power)
        return True

    @property
    def is_full(self) -> bool:
        return len(self.ats) >= MAX_POINTS

    def successor(self) -> Recording:
        """An empty recording that goes on where this one is full."""
        same = ("locator", "origin", "device", "name", "description", "word", "tags", "is_plan")
        return Recording(**{name: getattr(self, name) for name in same}, extra=dict(self.extra))

    def _add_to_route(self, point: Point) -> None:
        self.route_points += 1
        if self.route_points <= MAX_ROUTE_HELD:
            self.route.append((round(point.lat, _PLACES), round(point.lon, _PLACES)))
            self.route_at.append(len(self.ats))


class Keys:
    """Gives each thing of a file a key; two alike get different ones, the same ones whenever the file is read."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def unique(self, key: str) -> str:
        count = self._seen[key] = self._seen.get(key, 0) + 1
        return key if count == 1 else f"{key}~{count}"


def items_of(
    recording: Recording, keys: Keys, *, longest: timedelta | None = None
) -> Iterator[Draft | Samples | Problem]:
    """The memories of a recording, each with what does not fit into its path; none if nothing was recorded.

    longest  what goes on for longer without a pause is no trip but the log of a device: positions without a memory.
    """
    if not recording.ats or (recording.is_plan and not _was_gone(recording)):
        if recording.route:
            yield _route(recording, keys)
        return
    if recording.route_points and not recording.is_plan:
        detail = f"{recording.route_points} points of this track have no time; they are drawn, and no more."
        yield Problem(f"{recording.locator}#{keys.unique('untimed')}", "no-time", detail)
    order = _in_order(recording.ats)
    groups = list(_groups(recording.ats, order))
    unset = [group for group in groups if recording.ats[group[-1]] < _FIRST_RECEIVERS]
    if 0 < len(unset) < len(groups):
        detail = f"The clock was not set yet at {sum(map(len, unset))} points of this track; they are left out."
        yield Problem(f"{recording.locator}#{keys.unique('unset')}", "junk", detail)
        groups = groups[len(unset) :]
    for group in groups:
        lasted = timedelta(microseconds=recording.ats[group[-1]] - recording.ats[group[0]])
        if longest is not None and lasted > longest:
            logged = (_sample(recording, at) for at in group)
            yield from samples_of(recording.device, logged, prefix="log")
            continue
        yield from _move(recording, group, keys, is_whole=len(groups) == 1)


def samples_of(device: str, samples: Iterable[Sample], *, prefix: str) -> Iterator[Samples]:
    """Positions that make no memory, cut at MAX_PATH; keys say the device and the first instant."""
    rest = iter(samples)
    while part := tuple(islice(rest, MAX_PATH)):
        yield Samples(source_key=f"{prefix}:{device}:{_spell(part[0].at)}", device=device, samples=part)


class ProblemLog:
    """Problems of one file: each of the first MANY of a kind, then one that counts the rest.

    letters  what was mended in it while it was read.
    """

    def __init__(self, locator: str) -> None:
        self._locator = locator
        self.letters = Letters(locator)
        self._counts: dict[tuple[str, str], int] = {}

    def note(self, where: str, slug: str, detail: str) -> Iterator[Problem]:
        """where: what was skipped, "point 12"."""
        count = self._counts[slug, detail] = self._counts.get((slug, detail), 0) + 1
        if count <= MANY:
            yield Problem(f"{self._locator}#{where}", slug, detail)

    def problem(self, slug: str, detail: str) -> Iterator[Problem]:
        """Of the file as a whole."""
        yield Problem(self._locator, slug, detail)

    def rest(self) -> Iterator[Problem]:
        for number, ((slug, detail), count) in enumerate(self._counts.items(), 1):
            if count > MANY:
                where = f"{self._locator}#more-{number}"
                yield Problem(where, slug, f"{detail} This is so with {count - MANY:,} more of this file.")
        yield from self.letters.told()


def name_evidence(locator: str) -> tuple[TimeEvidence, ...]:
    """What the file's name says, for things that carry no time of their own."""
    named = date_from_path(PurePosixPath(locator))
    return () if named is None else (named.evidence(),)


def readable_name(locator: str) -> str:
    """The file's name as a title: without extensions, with spaces."""
    stem = locator.rpartition("/")[2]
    for _ in range(2):
        head, dot, last = stem.rpartition(".")
        stem = head if dot and head and len(last) <= 5 and last.isalnum() else stem  # noqa: PLR2004
    return stem.replace("_", " ").strip()


def waypoint(
    point: Point,
    *,
    keys: Keys,
    origin: str,
    name: str,
    body: str,
    kind: str,
    locator: str,
    extra: Mapping[str, JSON],
    when: tuple[TimeEvidence, ...] = (),
    address: str = "",
) -> Draft:
    """A point that was marked: a visit if it has a time, else a place that stands on no day.

    when  what is said of the time besides the point's own: a span, a date without a time of day.
    """
    place = PlaceRef(
        lat=round(point.lat, _PLACES),
        lon=round(point.lon, _PLACES),
        altitude_m=point.altitude_m,
        accuracy_m=point.accuracy_m,
        name=name,
        kind=kind,
        address=address,
    )
    at = "" if point.at is None else _spell(point.at)
    evidence = when or ((_at(point, origin),) if point.at is not None else name_evidence(locator))
    return Draft(
        source_key=keys.unique(f"waypoint:{name}@{point.lat:.5f},{point.lon:.5f}@{at}"),
        kind=Kind.VISIT,
        title=name or "Waypoint",
        body=body,
        evidence=evidence,
        place=place,
        extra=dict(extra),
    )


def workout(recording: Recording, start: TimeEvidence, keys: Keys) -> Draft:
    """Training in one place, as far as anybody recorded: figures without a way."""
    mode = mode_of(recording.word)
    metres = recording.extra.get("distance_m")
    told: dict[str, JSON] = {"mode": mode, "mode_basis": "source"} if mode else {}
    said = metres if isinstance(metres, int | float) else None
    return Draft(
        source_key=keys.unique(f"workout:{_spell(start.instant) if start.instant else recording.name}"),
        kind=Kind.HEALTH,
        title=_title(recording) or title_of(mode or recording.word or "workout", said),
        body=recording.description,
        evidence=(start,),
        tags=recording.tags,
        device=recording.device,
        extra={**_whole(recording), **told},
    )


def _at(point: Point, origin: str) -> TimeEvidence:
    return TimeEvidence(basis=TimeBasis.GPS, instant=point.at, utc_offset_min=point.offset_min, origin=origin)


def _was_gone(plan: Recording) -> bool:
    """Whether somebody was on a route: one time after the other, and no faster than on the ground.

    Programs also write when the points were made: all at once, as fast as one can click, or by whom and whenever.
    """
    ats = plan.ats
    if not 1 < len(ats) == plan.route_points or any(ats[at] >= ats[at + 1] for at in range(len(ats) - 1)):
        return False
    return not _is_flown(legs_m(plan.lats, plan.lons), _seconds(ats, range(len(ats))))


def _seconds(ats: array[int], group: Sequence[int]) -> list[float]:
    """From each point to the next."""
    return [(ats[group[at + 1]] - ats[group[at]]) / _WHOLE_SECOND for at in range(len(group) - 1)]


def _is_flown(legs: Sequence[float], seconds: Sequence[float]) -> bool:
    return sum(leg for leg, time in zip(legs, seconds, strict=True) if is_flight(leg, time)) > sum(legs) / 2


def _in_order(ats: array[int]) -> Sequence[int]:
    """Indices by time; a clock that was set back, or segments written last to first, must not bend the way."""
    if all(ats[at] <= ats[at + 1] for at in range(len(ats) - 1)):
        return range(len(ats))
    return sorted(range(len(ats)), key=ats.__getitem__)


def _groups(ats: array[int], order: Sequence[int]) -> Iterator[Sequence[int]]:
    pause = PAUSE // timedelta(microseconds=1)
    start = 0
    for at in range(1, len(order)):
        if ats[order[at]] - ats[order[at - 1]] > pause:
            yield order[start:at]
            start = at
    yield order[start:]


def _move(recording: Recording, group: Sequence[int], keys: Keys, *, is_whole: bool) -> Iterator[Draft | Samples]:
    first, last = from_micros(recording.ats[group[0]]), from_micros(recording.ats[group[-1]])
    lats, lons = [recording.lats[at] for at in group], [recording.lons[at] for at in group]
    key = keys.unique(f"move:{_spell(first)}@{lats[0]:.5f},{lons[0]:.5f}")
    metres, mode, told = _told(recording, group, legs_m(lats, lons))
    if is_whole:
        told |= _drawn(recording)
        told |= _whole(recording)  # what the instrument counted itself is better than what we measure
    else:
        told = {**recording.extra, **told}
    said = told["distance_m"]
    kept = _spread(len(group), MAX_PATH)
    yield Draft(
        source_key=key,
        kind=Kind.MOVE,
        title=_title(recording) or title_of(mode, said if isinstance(said, int | float) else metres),
        body=recording.description,
        evidence=(
            TimeEvidence(
                basis=TimeBasis.GPS,
                instant=first,
                utc_offset_min=recording.offset_min,
                until=last if last > first else None,
                origin=recording.origin,
            ),
        ),
        place=PlaceRef(lat=round(lats[0], _PLACES), lon=round(lons[0], _PLACES)),
        tags=recording.tags,
        path=tuple(_sample(recording, group[at]) for at in kept),
        device=recording.device,
        extra=told,
    )
    if len(kept) < len(group):
        shown = set(kept)
        rest = (_sample(recording, group[at]) for at in range(len(group)) if at not in shown)
        yield from samples_of(recording.device, rest, prefix=f"{key}/between")


def _title(recording: Recording) -> str:
    """The name of the recording, if it is more than its date."""
    return "" if read_stamp(recording.name) else recording.name


def _told(recording: Recording, group: Sequence[int], legs: Sequence[float]) -> tuple[float, str, dict[str, JSON]]:
    """Distance, way of moving, and all figures of a move."""
    seconds = _seconds(recording.ats, group)
    metres = sum(legs)
    mode, basis = mode_of(recording.word), "source"
    if not mode:
        speeds = [leg / time for leg, time in zip(legs, seconds, strict=True) if time > 0]
        is_enough = len(speeds) >= _ENOUGH_LEGS and metres >= _ENOUGH_M
        mode, basis = ("flying" if _is_flown(legs, seconds) else guess_mode(speeds) if is_enough else ""), "speed"
    duration = sum(seconds)
    told: dict[str, JSON] = {"distance_m": round(metres), "duration_s": round(duration), "points": len(group)}
    if mode:
        told |= {"mode": mode, "mode_basis": basis}
    if recording.word and basis == "speed":
        told["activity"] = recording.word
    altitudes = [recording.altitudes[at] for at in group if not isnan(recording.altitudes[at])]
    if len(altitudes) > 1:
        up, down = climbs_m(altitudes)
        told |= {"ascent_m": round(up), "descent_m": round(down)}
        told |= {"lowest_m": round(min(altitudes)), "highest_m": round(max(altitudes))}
    speeds_said = [recording.speeds[at] for at in group if not isnan(recording.speeds[at])]
    if speeds_said:
        told["fastest_mps"] = round(max(speeds_said), 2)
    return metres, mode, told


def _whole(recording: Recording) -> dict[str, JSON]:
    """What is known of a recording as a whole."""
    said: dict[str, JSON] = {name: each.to_json() for name, each in recording.body.items() if each.count}
    if recording.segments > 1:
        said["segments"] = recording.segments
    return {**recording.extra, **said}


def _drawn(recording: Recording) -> dict[str, JSON]:
    """The way with those points of a track that have no time, in the order of the file; nothing if all have one."""
    if recording.is_plan or not recording.route:
        return {}
    way: list[tuple[float, float]] = []
    done = 0
    for place, before in zip(recording.route, recording.route_at, strict=True):
        way += zip(recording.lats[done:before], recording.lons[done:before], strict=True)
        way.append(place)
        done = before
    way += zip(recording.lats[done:], recording.lons[done:], strict=True)
    return {"distance_m": round(sum(legs_m(*zip(*way, strict=True)))), "route": _spelled(way)}


def _spelled(way: Sequence[tuple[float, float]]) -> JSON:
    places = (way[at] for at in _spread(len(way), MAX_ROUTE))
    return [[round(lat, _PLACES), round(lon, _PLACES)] for lat, lon in places]


def _sample(recording: Recording, at: int) -> Sample:
    return Sample(
        from_micros(recording.ats[at]),
        round(recording.lats[at], _PLACES),
        round(recording.lons[at], _PLACES),
        _known(recording.accuracies[at]),
        _known(recording.altitudes[at]),
        _known(recording.speeds[at]),
    )


def _known(value: float) -> float | None:
    return None if isnan(value) else round(value, 3)


def _spread(count: int, most: int) -> Sequence[int]:
    """At most so many indices, evenly from the first to the last."""
    if count <= most:
        return range(count)
    return [round(at * (count - 1) / (most - 1)) for at in range(most)]


def _route(recording: Recording, keys: Keys) -> Draft:
    lats, lons = [lat for lat, _ in recording.route], [lon for _, lon in recording.route]
    metres = sum(legs_m(lats, lons))
    mode = mode_of(recording.word)
    told: dict[str, JSON] = {"route": _spelled(recording.route), "distance_m": round(metres)}
    if mode:
        told |= {"mode": mode, "mode_basis": "source"}
    shape = hashlib.sha256(repr(recording.route).encode()).hexdigest()[:16]
    named = _title(recording) or ("" if mode else readable_name(recording.locator))
    return Draft(
        source_key=keys.unique(f"route:{recording.name}:{_spell_when(recording)}{shape}"),
        kind=Kind.MOVE,
        title=named or title_of(mode, metres),
        body=recording.description,
        evidence=recording.when
        or name_evidence(recording.locator)
        or (TimeEvidence(basis=TimeBasis.SOURCE, precision=Precision.UNKNOWN, origin=recording.origin),),
        place=PlaceRef(lat=lats[0], lon=lons[0]),
        tags=recording.tags,
        extra={**_whole(recording), "points": recording.route_points, **told},
    )


def _spell_when(recording: Recording) -> str:
    first = next((each.instant for each in recording.when if each.instant is not None), None)
    return f"{_spell(first)}:" if first is not None else ""


def _spell(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
