"""The segments of a Google timeline as drafts: stays, ways, trips; of Takeout's months and of both kinds of phones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from timeline_local.domain.distances import legs_m
from timeline_local.domain.drafts import (
    JSON,
    Draft,
    PlaceRef,
    Problem,
    RelationKind,
    RelationRef,
    Sample,
    Samples,
)
from timeline_local.domain.kinds import Kind
from timeline_local.domain.moves import mode_of, title_of
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers.google_places import (
    first_place,
    kind_of_place,
    later,
    place_ref,
    read_place,
    time_of,
)
from timeline_local.importers.loose import text
from timeline_local.importers.position_columns import number
from timeline_local.importers.position_days import PositionDays
from timeline_local.importers.tracks import MAX_ROUTE, NO_TIME, NOWHERE, Keys, Point, ProblemLog

DEVICE = "google"
_MOST_CANDIDATES = 5
_MM = 1000

Record = Mapping[str, Any]
Where = tuple[float, float, float | None]
Out = Draft | Samples | Problem


@dataclass(frozen=True, slots=True)
class _Span:
    """When a segment was. offset_min: of the place, where Google says it."""

    start: datetime
    until: datetime | None
    offset_min: int | None

    def evidence(self) -> tuple[TimeEvidence, ...]:
        until = self.until if self.until is not None and self.until > self.start else None
        return (
            TimeEvidence(
                basis=TimeBasis.SOURCE,
                instant=self.start,
                utc_offset_min=self.offset_min,
                until=until,
                origin="Google timeline",
            ),
        )

    @property
    def key(self) -> str:
        return self.start.isoformat().replace("+00:00", "Z")


@dataclass(slots=True)
class Segments:
    """Turns segments into drafts. labels: what the owner's profile calls a place, by Google's id of it."""

    log: ProblemLog
    labels: Mapping[str, str] = field(default_factory=dict)
    keys: Keys = field(default_factory=Keys)
    days: PositionDays = field(default_factory=lambda: PositionDays(DEVICE))
    count: int = 0

    def takeout(self, record: object) -> Iterator[Out]:
        """One of `timelineObjects`."""
        self.count += 1
        visit = _of(record, "placeVisit")
        way = _of(record, "activitySegment")
        if visit is not None:
            yield from self._takeout_visit(visit, "")
        elif way is not None:
            yield from self._takeout_way(way)
        else:
            yield from self._skipped("unsupported", "This is neither a stay nor a way.")

    def phone(self, record: object) -> Iterator[Out]:
        """One of a phone's segments, Android's or an iPhone's, and the positions in it, which know their time."""
        self.count += 1
        said: Record = record if isinstance(record, Mapping) else {}
        span, points = _span(said), _list(said, "timelinePath")
        visit, way, memory = (_of(said, name) for name in ("visit", "activity", "timelineMemory"))
        if span is None:
            if visit or way or memory or not (points or "position" in said):
                yield from self._skipped("no-time", "This segment has no time that can be read.")
        elif visit is not None:
            yield self._phone_visit(said, span, visit)
        elif way is not None:
            yield from self._phone_way(said, span, way)
        elif memory is not None:
            yield self._trip(said, span, memory)
        elif "timelinePath" not in said and "position" not in said:
            yield from self._skipped("unsupported", "This segment is neither a stay nor a way, nor a trip.")
        yield from self._path(span, points)
        if "position" in said:
            yield from self.position(said["position"], DEVICE)

    def position(self, record: object, device: str) -> Iterator[Out]:
        """A position of raw signals or edits."""
        point = _position(record)
        if point is None:
            yield from self._skipped("no-position", NOWHERE)
        elif point.at is None:
            yield from self._skipped("no-time", NO_TIME)
        else:
            yield from self.days.add(device, point)

    def rest(self) -> Iterator[Out]:
        yield from self.days.rest()
        yield from self.log.rest()

    # --- Takeout ------------------------------------------------------------------

    def _takeout_visit(self, visit: Record, parent: str) -> Iterator[Out]:
        span = _takeout_span(visit)
        if span is None:
            yield from self._skipped("no-time", "This stay has no time that can be read.")
            return
        location = _of(visit, "location") or {}
        others = [each for each in _list(visit, "otherCandidateLocations") if isinstance(each, Mapping)]
        centre = {"latE7": visit.get("centerLatE7"), "lngE7": visit.get("centerLngE7")}
        key = str(location.get("placeId") or "")
        told: dict[str, JSON] = _known(
            confidence=visit.get("placeConfidence"), edited=visit.get("editConfirmationStatus")
        )
        candidates: list[JSON] = [str(each["name"]) for each in others[:_MOST_CANDIDATES] if each.get("name")]
        draft = self._visit(
            span,
            first_place((location, centre, *others)),
            key=key,
            kind=kind_of_place(location.get("semanticType")),
            name=str(location.get("name") or ""),
            address=str(location.get("address") or ""),
            extra=told | ({"candidates": candidates} if candidates else {}),
            raw=visit,
        )
        if parent:
            draft = replace(draft, relations=(RelationRef(kind=RelationKind.PART_OF, source_key=parent),))
        yield draft
        yield from self._raw_path(visit, _device(location))
        for child in _list(visit, "childVisits"):
            if isinstance(child, Mapping):
                yield from self._takeout_visit(child, draft.source_key)

    def _takeout_way(self, way: Record) -> Iterator[Out]:
        span = _takeout_span(way)
        if span is None:
            yield from self._skipped("no-time", "This way has no time that can be read.")
            return
        start, end = _of(way, "startLocation") or {}, _of(way, "endLocation") or {}
        waypoints = _of(way, "waypointPath") or {}
        transit = _of(way, "transitPath") or {}
        stations = [each for each in _list(transit, "transitStops") if isinstance(each, Mapping)]
        stops: list[JSON] = [str(each["name"]) for each in stations if each.get("name")]
        route = _places(_list(waypoints, "waypoints")) or _places(stations)
        words = [way.get("activityType"), waypoints.get("travelMode")]
        words += [each.get("activityType") for each in _list(way, "activities") if isinstance(each, Mapping)]
        told = _known(
            confidence=way.get("confidence"),
            edited=way.get("editConfirmationStatus"),
            line=transit.get("name"),
            stops=stops,
            parking=_parking(_of(way, "parkingEvent")),
        )
        device = _device(start)
        yield self._way(
            span,
            (read_place(start), read_place(end)),
            route=route
            or [place for each in _list(transit, "transitStops") if (place := read_place(each)) is not None],
            words=words,
            metres=number(way.get("distance")) or number(waypoints.get("distanceMeters")),
            device=device,
            extra=told,
            raw=way,
        )
        yield from self._raw_path(way, device)

    def _raw_path(self, record: Record, device: str) -> Iterator[Out]:
        for each in _list(_of(record, "simplifiedRawPath") or {}, "points"):
            yield from self.position(each, device)

    # --- phones -------------------------------------------------------------------

    def _phone_visit(self, record: Record, span: _Span, visit: Record) -> Draft:
        top = _of(visit, "topCandidate") or {}
        key = str(top.get("placeId") or top.get("placeID") or "")
        level = number(visit.get("hierarchyLevel")) or 0
        return self._visit(
            span,
            first_place((top.get("placeLocation"), top)),
            key=key,
            kind=kind_of_place(self.labels.get(key)) or kind_of_place(top.get("semanticType")),
            name=_label(self.labels.get(key, "")),
            address="",
            extra=_known(probability=number(top.get("probability")), level=round(level) or None),
            raw=record,
        )

    def _phone_way(self, record: Record, span: _Span, way: Record) -> Iterator[Out]:
        top = _of(way, "topCandidate") or {}
        yield self._way(
            span,
            (read_place(way.get("start")), read_place(way.get("end"))),
            route=[],
            words=[top.get("type")],
            metres=number(way.get("distanceMeters")),
            device=DEVICE,
            extra=_known(probability=number(top.get("probability")), parking=_parking(_of(way, "parking"))),
            raw=record,
        )

    def _path(self, span: _Span | None, points: Sequence[Any]) -> Iterator[Out]:
        for each in points:
            record = each if isinstance(each, Mapping) else {}
            place = read_place(record.get("point"))
            said = time_of(record, "time")
            minutes = record.get("durationMinutesOffsetFromStartTime")
            at = said[0] if said else None if span is None else later(span.start, minutes)
            if place is None:
                yield from self._skipped("no-position", NOWHERE)
            elif at is None:
                yield from self._skipped("no-time", NO_TIME)
            else:
                yield from self.days.add(DEVICE, Point(place[0], place[1], at, place[2]))

    def _trip(self, record: Record, span: _Span, memory: Record) -> Draft:
        """A journey that Google noticed, or what the owner wrote down on the map."""
        note = text((_of(memory, "note") or {}).get("note"))
        if note:
            key = self.keys.unique(f"note:{span.key}")
            return Draft(source_key=key, kind=Kind.NOTE, body=note, evidence=span.evidence(), raw=_raw(record))
        trip = _of(memory, "trip") or memory
        found = [_destination(each) for each in _list(trip, "destinations")]
        names = [name for each in found if (name := _label(self.labels.get(each, "")))]
        kilometres = number(trip.get("distanceFromOriginKms"))
        destinations: list[JSON] = [each for each in found if each]
        return Draft(
            source_key=self.keys.unique(f"trip:{span.key}"),
            kind=Kind.EVENT,
            title=f"Trip to {', '.join(names)}" if names else "Trip",
            evidence=span.evidence(),
            extra=_known(place_keys=destinations or None, km_from_home=round(kilometres) if kilometres else None),
            raw=_raw(record),
        )

    # --- what all shapes share ----------------------------------------------------

    def _visit(
        self,
        span: _Span,
        where: Where | None,
        *,
        key: str,
        kind: str,
        name: str,
        address: str,
        extra: dict[str, JSON],
        raw: Record,
    ) -> Draft:
        place = place_ref(where, key=key, kind=kind, name=name, address=address)
        at = f"{where[0]:.5f},{where[1]:.5f}" if where is not None else "somewhere"
        return Draft(
            source_key=self.keys.unique(f"visit:{span.key}@{key or at}"),
            kind=Kind.VISIT,
            title=place.name,
            evidence=span.evidence(),
            place=None if place == PlaceRef() else place,
            extra=extra,
            raw=_raw(raw),
        )

    def _way(
        self,
        span: _Span,
        ends: tuple[Where | None, Where | None],
        *,
        route: Sequence[Where],
        words: Sequence[object],
        metres: float | None,
        device: str,
        extra: dict[str, JSON],
        raw: Record,
    ) -> Draft:
        mode = next((found for word in words if (found := mode_of(str(word or "")))), "")
        known = [each for each in (ends[0], *route, ends[1]) if each is not None]
        if metres is None and len(known) > 1:
            metres = sum(legs_m([each[0] for each in known], [each[1] for each in known]))
        told: dict[str, JSON] = {"mode": mode, "mode_basis": "source"} if mode else {}
        if metres is not None:
            told["distance_m"] = round(metres)
        if span.until is not None and span.until > span.start:
            told["duration_s"] = round((span.until - span.start).total_seconds())
        if route:
            told["route"] = [[each[0], each[1]] for each in route[:MAX_ROUTE]]
        line = extra.get("line")
        first, last = (known[0], known[-1]) if known else (None, None)
        return Draft(
            source_key=self.keys.unique(f"move:{span.key}"),
            kind=Kind.MOVE,
            title=f"{mode.capitalize()} {line}" if mode and line else title_of(mode or "on the way", metres),
            evidence=span.evidence(),
            place=None if first is None else PlaceRef(lat=first[0], lon=first[1]),
            path=_ends(span, first, last if len(known) > 1 else None),
            device=device,
            extra={**told, **extra},
            raw=_raw(raw),
        )

    def _skipped(self, slug: str, detail: str) -> Iterator[Problem]:
        yield from self.log.note(f"segment {self.count}", slug, detail)


def _span(record: Record) -> _Span | None:
    start, until = time_of(record, "startTime"), time_of(record, "endTime")
    if start is None:
        return None
    # Phones write all times in the zone they are in when they export; this field alone speaks of the place.
    offset = number(record.get("startTimeTimezoneUtcOffsetMinutes"))
    return _Span(start[0], until[0] if until else None, None if offset is None else round(offset))


def _takeout_span(record: Record) -> _Span | None:
    duration = _of(record, "duration") or {}
    start, until = time_of(duration, "startTimestamp"), time_of(duration, "endTimestamp")
    return None if start is None else _Span(start[0], until[0] if until else None, start[1])


def _ends(span: _Span, start: Where | None, end: Where | None) -> tuple[Sample, ...]:
    """The path as far as it is sure: where it began and ended; the points between are positions of the device."""
    path = [] if start is None else [Sample(span.start, start[0], start[1], None, start[2])]
    if end is not None and span.until is not None and span.until > span.start:
        path.append(Sample(span.until, end[0], end[1], None, end[2]))
    return tuple(path)


def _position(record: object) -> Point | None:
    if not isinstance(record, Mapping):
        return None
    place = read_place(record)
    if place is None:
        return None
    at = time_of(record, "timestamp") or time_of(record, "time")
    accuracy = number(record.get("accuracyMeters"))
    millimetres = number(record.get("accuracyMm"))
    altitude = number(record.get("altitudeMeters"))
    return Point(
        place[0],
        place[1],
        at=at[0] if at else None,
        altitude_m=altitude if altitude is not None else place[2],
        accuracy_m=millimetres / _MM if accuracy is None and millimetres is not None else accuracy,
        speed_mps=number(record.get("speedMetersPerSecond")),
    )


def _parking(record: Record | None) -> JSON:
    if record is None:
        return None
    place = first_place((record.get("location"), record))
    at = time_of(record, "timestamp") or time_of(record, "startTime")
    if place is None:
        return None
    return {"lat": place[0], "lon": place[1], **({"at": at[0].isoformat()} if at else {})}


def _places(records: Sequence[Any]) -> list[Where]:
    return [place for each in records if (place := read_place(each)) is not None]


def _destination(record: object) -> str:
    """The id of a place: {"identifier": {"placeId": …}} on Android, {"identifier": …} on an iPhone."""
    if not isinstance(record, Mapping):
        return str(record or "")
    inner = record.get("identifier", record)
    return str(inner.get("placeId") or "") if isinstance(inner, Mapping) else str(inner or "")


def _label(label: str) -> str:
    """What the owner calls a place; Google's own words for home and work are told by the kind."""
    return "" if not label or label.isupper() or kind_of_place(label) else label


def _device(location: Record) -> str:
    tag = (_of(location, "sourceInfo") or {}).get("deviceTag")
    return f"{DEVICE} {tag}" if tag else DEVICE


def _known(**told: JSON) -> dict[str, JSON]:
    return {name: value for name, value in told.items() if value not in (None, "", [])}


def _of(record: object, name: str) -> Record | None:
    found = record.get(name) if isinstance(record, Mapping) else None
    return found if isinstance(found, Mapping) else None


def _list(record: Record, name: str) -> Sequence[Any]:
    found = record.get(name)
    return found if isinstance(found, list) else []


def _raw(record: Record) -> bytes:
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
