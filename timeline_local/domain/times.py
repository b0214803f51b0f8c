"""Which clock to believe: weighs every statement about when something happened and explains the choice.

The wall clock is the fact. If the winning evidence says what a clock showed, that reading is kept for ever; zones and
offsets only say which instant it was. Order of trust: the owner, EXIF with an offset, an EXIF wall clock (its offset
from the GPS time, else from the zone of the coordinates, else from the instant a photo service gives), an instant
without a wall clock (videos, GPS), sidecar, source, neighbours, file name, file date. A date set by hand beside a file
comes before the camera it contradicts (`corrections`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from timeline_local.domain.corrections import correction_of
from timeline_local.domain.junk import as_meant, why_junk
from timeline_local.domain.moments import (
    Considered,
    Decision,
    Moment,
    Precision,
    TimeBasis,
    TimeEvidence,
    ZoneBasis,
)
from timeline_local.domain.zones import (
    MAX_OFFSET_MIN,
    UNDATED_DAY,
    day_number,
    ensure_utc,
    find_zone,
    from_day_number,
    from_micros,
    from_offset,
    micros,
    offset_at,
    offset_of_wall,
    wall_clock,
    wall_from_micros,
    wall_to_instant,
)

__all__ = [
    "MAX_OFFSET_MIN",
    "UNDATED_DAY",
    "Considered",
    "Decision",
    "Moment",
    "Precision",
    "TimeBasis",
    "TimeEvidence",
    "ZoneBasis",
    "day_number",
    "decide",
    "ensure_utc",
    "find_zone",
    "from_day_number",
    "from_micros",
    "from_offset",
    "micros",
    "offset_at",
    "offset_of_wall",
    "wall_clock",
    "wall_from_micros",
    "wall_to_instant",
]

ZoneOf = Callable[[float, float], str | None]

_RANK = {
    TimeBasis.USER: 0,
    TimeBasis.EXIF_OFFSET: 1,
    TimeBasis.EXIF: 2,
    TimeBasis.GPS: 4,
    TimeBasis.SIDECAR: 5,
    TimeBasis.SOURCE: 6,
    TimeBasis.NEIGHBOUR: 7,
    TimeBasis.FILE_NAME: 8,
    TimeBasis.FILE_DATE: 9,
    TimeBasis.COORDINATES: 10,
    TimeBasis.HOME_ZONE: 11,
    TimeBasis.NONE: 12,
}
_EXIF_INSTANT_RANK = 3  # a video's UTC time: below any wall clock, above a bare GPS time

_ZONE_BASIS = {
    TimeBasis.USER: ZoneBasis.USER,
    TimeBasis.EXIF_OFFSET: ZoneBasis.EXIF_OFFSET,
    TimeBasis.EXIF: ZoneBasis.EXIF_OFFSET,
    TimeBasis.GPS: ZoneBasis.GPS,
    TimeBasis.COORDINATES: ZoneBasis.COORDINATES,
    TimeBasis.NEIGHBOUR: ZoneBasis.NEIGHBOUR,
    TimeBasis.HOME_ZONE: ZoneBasis.HOME_ZONE,
    TimeBasis.SIDECAR: ZoneBasis.SIDECAR,
}

_QUARTER = timedelta(minutes=15)
_GPS_TOLERANCE = timedelta(minutes=3)
_SAME_CLOCK = timedelta(minutes=1)  # sidecars drop seconds
# Offsets in use since 1970 that are not whole hours, in minutes (from the IANA zone database).
_ODD_OFFSETS = frozenset(
    {-570, -270, -210, -150, 210, 270, 330, 345, 390, 450, 510, 525, 570, 630, 690, 765, 825},
)
_MONTHS = {Precision.MONTH: 1, Precision.SEASON: 3, Precision.YEAR: 12, Precision.DECADE: 120}
_LAST_WALL = datetime(9999, 12, 30)  # noqa: DTZ001  # a day below the end of Python's calendar
_POINTS = frozenset({Precision.INSTANT, Precision.MINUTE})


def decide(
    evidence: Iterable[TimeEvidence],
    *,
    coordinates: tuple[float, float] | None,
    zone_of: ZoneOf,
    home_zone: str | None,
    fallback: datetime,
    now: datetime | None = None,
    is_of_a_day: bool = False,
) -> Decision:
    """Weigh the evidence and return the moment, its winner and the fate of every piece, most trusted first.

    coordinates  (latitude, longitude) in degrees.   zone_of  their IANA zone, None at sea or unknown.
    home_zone    the owner's zone, used last; an unknown name counts as None.
    fallback     aware; the sort bound of a memory without any believable date.
    now          aware; dates more than a day after it are refused. The system clock when left out.
    is_of_a_day  a date without an hour is all that there is to say, as of a page in a diary: when its file was written
                 last is not when it happened.
    Raises ValueError only for a naive `fallback` or `now`.
    """
    clock = ensure_utc(now or datetime.now(UTC))
    ranked = tuple(sorted(map(as_meant, evidence), key=_rank))
    faults = tuple(_fault(each, clock) for each in ranked)
    sound = tuple(each for each, fault in zip(ranked, faults, strict=True) if fault is None)
    winner = next((each for each in sound if _is_dated(each)), None)
    if winner is None:
        return Decision(_undated(fallback), None, _judged(ranked, faults, {}))
    place_zone = zone_of(*coordinates) if coordinates is not None else None
    zoning = _Zoning(sound, _if_known(place_zone), _if_known(home_zone))
    corrected = correction_of(winner, sound)
    finer = _hour_of(winner, zoning) if corrected is None and not is_of_a_day else None
    if finer is not None:
        coarse, winner = winner, replace(winner, local_at=finer[1], precision=Precision.INSTANT)
        moment, notes = _settle(winner, zoning)
        notes[id(coarse)] = notes[id(winner)]
        notes[id(finer[0])] = (True, "tells the hour: it is of the same day")
        return Decision(moment, winner, _judged(ranked, faults, notes))
    if corrected is None:
        moment, notes = _settle(winner, zoning)
        return Decision(moment, winner, _judged(ranked, faults, notes))
    said, gap = corrected
    moment, notes = _settle(said, zoning)
    notes[id(said)] = (True, f"set by hand: {gap}; {notes[id(said)][1].partition('; ')[2]}")
    notes[id(winner)] = (False, f"corrected by the {said.origin or 'date beside the file'}")
    return Decision(moment, said, _judged(ranked, faults, notes))


def _hour_of(winner: TimeEvidence, zoning: "_Zoning") -> tuple[TimeEvidence, datetime] | None:
    """What tells the hour where the best only tells the day, and the clock it shows; both are of one day.

    Messengers name pictures by the day, and date their files with the moment they came.
    """
    is_day = winner.precision is Precision.DAY and winner.basis in {TimeBasis.EXIF, TimeBasis.FILE_NAME}
    if not is_day or winner.local_at is None:
        return None
    for each in zoning.evidence:
        if each is not winner and _is_dated(each) and each.precision in _POINTS:
            local_at = each.local_at or wall_clock(_instant(each), _offset_of_instant(each, zoning).minutes or 0)
            if local_at.date() == winner.local_at.date():
                return each, local_at.replace(tzinfo=None)
    return None


@dataclass(frozen=True, slots=True)
class _Zoning:
    """What is known about the zone besides the winner: other evidence, the place, the owner's home."""

    evidence: tuple[TimeEvidence, ...]
    place: str | None
    home: str | None


@dataclass(frozen=True, slots=True)
class _Offset:
    """Minutes east of UTC, the zone that goes with it, and who said so. `source` is the helping evidence, if any."""

    minutes: int | None
    zone: str | None
    basis: ZoneBasis | None
    source: TimeEvidence | None = None


_Notes = dict[int, tuple[bool, str]]  # id of the evidence → (accepted, reason)


def _rank(evidence: TimeEvidence) -> float:
    if evidence.basis is TimeBasis.EXIF and evidence.local_at is None:
        return _EXIF_INSTANT_RANK
    if evidence.basis is TimeBasis.FILE_DATE and evidence.local_at is not None:
        return _RANK[evidence.basis] - 0.5  # a program wrote it into the file; the file's own date changes with copying
    return _RANK[evidence.basis]


def _is_dated(evidence: TimeEvidence) -> bool:
    return evidence.local_at is not None or evidence.instant is not None


def _fault(evidence: TimeEvidence, now: datetime) -> str | None:
    if not _is_dated(evidence) and evidence.zone is None and evidence.utc_offset_min is None:
        return "it holds no date"
    if evidence.precision is Precision.UNKNOWN:
        return "it says that the date is unknown"
    if evidence.instant is not None and evidence.instant.utcoffset() is None:
        return "its instant carries no zone"
    return why_junk(evidence, now)


def _if_known(zone: str | None) -> str | None:
    return zone if zone is not None and find_zone(zone) is not None else None


def _undated(fallback: datetime) -> Moment:
    at = ensure_utc(fallback)
    return Moment(at, None, at.replace(tzinfo=None), None, None, Precision.UNKNOWN, TimeBasis.NONE, None)


def _judged(ranked: tuple[TimeEvidence, ...], faults: tuple[str | None, ...], notes: _Notes) -> tuple[Considered, ...]:
    def fate(each: TimeEvidence, fault: str | None) -> Considered:
        accepted, reason = (False, fault) if fault else notes.get(id(each), (False, "better evidence was found"))
        return Considered(each, accepted, reason)

    return tuple(fate(each, fault) for each, fault in zip(ranked, faults, strict=True))


def _settle(winner: TimeEvidence, zoning: _Zoning) -> tuple[Moment, _Notes]:
    """Turn the winning evidence into a moment, with notes on it and on whatever helped."""
    notes: _Notes = {}
    local_at = _start(winner)
    offset = _own_offset(winner) or (
        _offset_of_wall(winner, local_at, zoning, notes) if local_at else _offset_of_instant(winner, zoning)
    )
    if local_at is None:
        local_at = _floored(wall_clock(_instant(winner), offset.minutes or 0), winner.precision)
    happened_at = from_offset(local_at, offset.minutes or 0)
    offset = _with_place_zone(offset, happened_at, zoning.place)
    moment = Moment(
        happened_at=happened_at,
        happened_until=_until(winner, local_at, happened_at, offset),
        local_at=local_at,
        utc_offset_min=offset.minutes,
        zone=offset.zone,
        precision=winner.precision,
        time_basis=winner.basis,
        zone_basis=offset.basis,
    )
    if offset.source is not None:
        notes[id(offset.source)] = (True, f"tells the zone: {_said(offset)}")
    notes[id(winner)] = (True, _explained(moment, zoning.place))
    return moment, notes


def _start(evidence: TimeEvidence) -> datetime | None:
    """The wall clock as it was said; a date without a time starts its day."""
    if evidence.local_at is None:
        return None
    return _floored(evidence.local_at.replace(tzinfo=None), evidence.precision)


def _floored(local_at: datetime, precision: Precision) -> datetime:
    return local_at if precision in _POINTS else local_at.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)


def _instant(evidence: TimeEvidence) -> datetime:
    if evidence.instant is None:
        raise AssertionError("evidence without a wall clock has an instant")
    return evidence.instant


def _own_offset(evidence: TimeEvidence) -> _Offset | None:
    """The offset the evidence itself carries: stated, by its zone, or as wall clock minus instant."""
    basis = _ZONE_BASIS.get(evidence.basis, ZoneBasis.SOURCE)
    zone = _if_known(evidence.zone)
    minutes = evidence.utc_offset_min
    if minutes is None and zone is not None:
        minutes = _zone_offset(evidence, zone)
    if minutes is None and evidence.local_at is not None and evidence.instant is not None:
        minutes = round((evidence.local_at - wall_clock(evidence.instant, 0)) / timedelta(minutes=1))
    if minutes is None or abs(minutes) > MAX_OFFSET_MIN:
        return None
    agrees = zone is not None and minutes == _zone_offset(evidence, zone)
    return _Offset(minutes, zone if agrees else None, basis)


def _zone_offset(evidence: TimeEvidence, zone: str) -> int | None:
    """Minutes east of UTC in a zone at the time the evidence speaks of; None if it names no time."""
    if evidence.local_at is not None:
        return offset_of_wall(evidence.local_at.replace(tzinfo=None), zone)
    return offset_at(evidence.instant, zone) if evidence.instant is not None else None


def _offset_of_wall(winner: TimeEvidence, local_at: datetime, zoning: _Zoning, notes: _Notes) -> _Offset:
    """The offset of a bare wall clock, from the best outside knowledge; unknown if there is none."""
    found = _hint(winner, zoning, {TimeBasis.USER}) or _gps_offset(winner, zoning, notes)
    if found is None and zoning.place is not None:
        return _Offset(offset_of_wall(local_at, zoning.place), zoning.place, ZoneBasis.COORDINATES)
    found = found or _hint(winner, zoning, _HINTS) or _told_offset(winner, local_at, zoning)
    if found is None and zoning.home is not None:
        return _Offset(offset_of_wall(local_at, zoning.home), zoning.home, ZoneBasis.HOME_ZONE)
    return found or _Offset(None, None, None)


def _offset_of_instant(winner: TimeEvidence, zoning: _Zoning) -> _Offset:
    """The offset of a bare instant; the clock of UTC itself when nothing better is known."""
    instant = _instant(winner)
    found = _hint(winner, zoning, {TimeBasis.USER})
    if found is None and zoning.place is not None:
        return _Offset(offset_at(instant, zoning.place), zoning.place, ZoneBasis.COORDINATES)
    found = found or _hint(winner, zoning, _HINTS)
    if found is None and zoning.home is not None:
        return _Offset(offset_at(instant, zoning.home), zoning.home, ZoneBasis.HOME_ZONE)
    return found or _Offset(0, None, None)


_HINTS = frozenset({TimeBasis.SIDECAR, TimeBasis.SOURCE, TimeBasis.NEIGHBOUR})


def _hint(winner: TimeEvidence, zoning: _Zoning, bases: Iterable[TimeBasis]) -> _Offset | None:
    """The offset from evidence that speaks of the zone alone, or that says the same clock and where it hung."""
    for each in zoning.evidence:
        if each.basis in bases and (not _is_dated(each) or _is_same_clock(each, winner)):
            spoken = replace(each, local_at=winner.local_at, instant=winner.instant)
            offset = _own_offset(spoken)
            if offset is not None:
                return replace(offset, source=each)
    return None


def _is_same_clock(each: TimeEvidence, winner: TimeEvidence) -> bool:
    """An offset of nothing tells nothing: programs that do not know the zone write UTC.

    Nor does what a program wrote into the file itself: old ones of Adobe wrote the offset of the computer.
    """
    is_apart = each.may_correct or each.basis is not TimeBasis.SIDECAR
    if not is_apart or not each.utc_offset_min or each.local_at is None or each is winner:
        return False
    clock = each.local_at.replace(tzinfo=None)
    if winner.local_at is not None:
        return abs(clock - winner.local_at.replace(tzinfo=None)) < _SAME_CLOCK
    return abs(clock - wall_clock(_instant(winner), each.utc_offset_min)) < _SAME_CLOCK


def _gps_offset(winner: TimeEvidence, zoning: _Zoning, notes: _Notes) -> _Offset | None:
    """The offset of an EXIF wall clock, as its distance from the GPS time of the same picture."""
    if winner.basis not in {TimeBasis.EXIF, TimeBasis.EXIF_OFFSET} or winner.precision not in _POINTS:
        return None
    for each in zoning.evidence:
        if each.basis is TimeBasis.GPS and each.instant is not None and winner.local_at is not None:
            minutes, fault = _distance(winner.local_at, each.instant)
            if fault is None:
                return _Offset(minutes, None, ZoneBasis.GPS, each)
            notes[id(each)] = (False, fault)
    return None


def _told_offset(winner: TimeEvidence, local_at: datetime, zoning: _Zoning) -> _Offset | None:
    """The offset of an EXIF wall clock, as its distance from the instant that a photo service gives for the picture.

    None at all tells nothing: a service that does not know the zone takes the camera's clock for UTC.
    """
    if winner.basis is not TimeBasis.EXIF or winner.precision not in _POINTS:
        return None
    for each in zoning.evidence:
        is_bare = each.local_at is None and each.utc_offset_min is None and each.precision in _POINTS
        if each.basis is TimeBasis.SIDECAR and each.may_correct and each.instant is not None and is_bare:
            minutes, fault = _distance(local_at, each.instant)
            if minutes and fault is None:
                is_home = zoning.home is not None and offset_of_wall(local_at, zoning.home) == minutes
                return _Offset(minutes, zoning.home if is_home else None, ZoneBasis.SIDECAR, each)
    return None


def offset_by_gps(local_at: datetime, gps: datetime) -> int | None:
    """Minutes east of UTC of a wall clock, by its distance from the GPS time of its picture; None if it is none."""
    minutes, fault = _distance(local_at, gps)
    return minutes if fault is None else None


def _distance(local_at: datetime, gps: datetime) -> tuple[int, str | None]:
    """Minutes a wall clock runs ahead of the GPS time, to the quarter hour, and why that is no zone, if it is none."""
    gap = local_at.replace(tzinfo=None) - wall_clock(gps, 0)
    quarters = round(gap / _QUARTER)
    minutes = quarters * 15
    if abs(minutes) > MAX_OFFSET_MIN:
        return minutes, "the GPS time is more than 14 hours from the camera's clock"
    if abs(gap - quarters * _QUARTER) > _GPS_TOLERANCE:
        return minutes, "the GPS time and the camera's clock differ by no whole quarter of an hour"
    if minutes % 60 and minutes not in _ODD_OFFSETS:
        return minutes, f"no place keeps {_utc(minutes)}, so the camera's clock was off"
    return minutes, None


def _with_place_zone(offset: _Offset, happened_at: datetime, place: str | None) -> _Offset:
    """Name the zone of the coordinates if its clocks showed the same offset at that instant."""
    if offset.zone is None and offset.minutes is not None and place is not None:
        return replace(offset, zone=place) if offset_at(happened_at, place) == offset.minutes else offset
    return offset


def _until(winner: TimeEvidence, local_at: datetime, happened_at: datetime, offset: _Offset) -> datetime | None:
    """The exclusive end: as the evidence says, else the width of a precision coarser than a day."""
    if winner.until is not None and winner.until.utcoffset() is not None and winner.until > happened_at:
        return winner.until.astimezone(UTC)
    end = _local_end(winner, local_at)
    if end is None:
        return None
    until = wall_to_instant(end, offset.zone) if offset.zone else from_offset(end, offset.minutes or 0)
    return until if until > happened_at else None


def _local_end(winner: TimeEvidence, local_at: datetime) -> datetime | None:
    """The wall clock at the exclusive end: as said, or one month, season, year or decade on; None for a point."""
    said = winner.local_until
    if said is not None and local_at < said.replace(tzinfo=None) <= _LAST_WALL:
        return said.replace(tzinfo=None)
    months = _MONTHS.get(winner.precision)
    return None if months is None else _months_later(local_at, months)


def _months_later(local_at: datetime, months: int) -> datetime:
    """The first day of the month so many months later, at 00:00."""
    number = local_at.year * 12 + local_at.month - 1 + months
    year, month = divmod(number, 12)
    return min(datetime(min(year, 9999), month + 1, 1), _LAST_WALL)  # noqa: DTZ001  # wall clocks have no zone


def _utc(minutes: int) -> str:
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{sign}{hours:02}:{rest:02}"


def _said(offset: _Offset) -> str:
    named = f", {offset.zone}" if offset.zone else ""
    return f"{_utc(offset.minutes or 0)}{named}"


_FROM = {
    ZoneBasis.USER: "zone set by you",
    ZoneBasis.EXIF_OFFSET: "offset recorded with it",
    ZoneBasis.GPS: "offset from the GPS time",
    ZoneBasis.COORDINATES: "zone of the coordinates",
    ZoneBasis.NEIGHBOUR: "zone of a neighbouring memory",
    ZoneBasis.HOME_ZONE: "zone assumed to be your home zone",
    ZoneBasis.SOURCE: "zone given by the source",
    ZoneBasis.SIDECAR: "zone given by the sidecar",
}


def _explained(moment: Moment, place: str | None) -> str:
    if moment.zone_basis is None:
        return "the most trusted date; its zone is unknown"
    text = f"the most trusted date; {_FROM[moment.zone_basis]}: {_utc(moment.utc_offset_min or 0)}"
    if place is not None and moment.zone != place:
        return f"{text}; the zone of the coordinates ({place}) disagrees and is left out"
    return text
