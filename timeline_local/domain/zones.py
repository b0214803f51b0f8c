"""Arithmetic between instants, wall clocks and stored numbers. Pure; the only data read is the zone database."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

UNDATED_DAY = -(2**31)
"""The day number of a memory whose date is unknown: before every real day."""

MAX_OFFSET_MIN = 14 * 60
"""No place on Earth is further than 14 hours from UTC; a larger offset is a broken file."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WALL_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # wall clocks have no zone
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_MICROSECOND = timedelta(microseconds=1)


@lru_cache(maxsize=1024)
def find_zone(name: str) -> ZoneInfo | None:
    """Load a zone by its IANA name; None when this computer does not know it."""
    try:
        return ZoneInfo(name)
    # A made-up name may also be a folder of the zone database (IsADirectoryError) or not a path at all (ValueError).
    except (KeyError, ValueError, OSError):
        return None


def ensure_utc(moment: datetime) -> datetime:
    """The same instant in UTC. Raises ValueError for a naive datetime, which names no instant."""
    if moment.utcoffset() is None:
        raise ValueError("a time without a zone is not an instant")
    return moment.astimezone(UTC)


def from_offset(local_at: datetime, offset_min: int) -> datetime:
    """The instant (aware UTC) of a naive wall clock that runs `offset_min` minutes ahead of UTC."""
    return (local_at - timedelta(minutes=offset_min)).replace(tzinfo=UTC, fold=0)


def wall_clock(instant: datetime, offset_min: int) -> datetime:
    """The naive wall clock that runs `offset_min` minutes ahead of UTC, at an aware instant."""
    return (ensure_utc(instant) + timedelta(minutes=offset_min)).replace(tzinfo=None)


def wall_to_instant(local_at: datetime, zone: str) -> datetime:
    """The instant (aware UTC) at which clocks in `zone` showed a naive wall clock.

    Shown twice (clocks went back)     the first time; the second if `local_at.fold` is 1.
    Never shown (clocks went forward)  read with the offset in force before the jump: 02:30 on a night that skips
                                       02:00-03:00 is the instant one hour and thirty minutes after 01:00.
    Raises ValueError for a zone nobody knows.
    """
    return local_at.replace(tzinfo=_known(zone)).astimezone(UTC)


def offset_of_wall(local_at: datetime, zone: str) -> int:
    """Minutes east of UTC in `zone` when its clocks show a naive wall clock; gaps and folds as `wall_to_instant`.

    Rounded to whole minutes: before about 1920 many places kept their own solar time, to the second.
    """
    return _minutes(local_at.replace(tzinfo=_known(zone)))


def offset_at(instant: datetime, zone: str) -> int:
    """Minutes east of UTC in `zone` at an aware instant, rounded to whole minutes. ValueError: unknown zone."""
    return _minutes(instant.astimezone(_known(zone)))


def day_number(day: date | None) -> int:
    """Days since 1970-01-01; UNDATED_DAY for None."""
    return UNDATED_DAY if day is None else day.toordinal() - _EPOCH_ORDINAL


def from_day_number(number: int) -> date:
    """The inverse of `day_number` for real days. Raises ValueError outside the years 1 to 9999."""
    try:
        return date.fromordinal(number + _EPOCH_ORDINAL)
    except (OverflowError, ValueError):
        raise ValueError(f"{number} is not a day of the calendar") from None


def micros(moment: datetime) -> int:
    """Microseconds since 1970-01-01 00:00, exactly: on the UTC clock if aware, on its own wall clock if naive."""
    epoch = _WALL_EPOCH if moment.tzinfo is None else _EPOCH
    return (moment - epoch) // _MICROSECOND


def from_micros(number: int) -> datetime:
    """The aware UTC instant of a number of microseconds."""
    # A timedelta of microseconds takes 0.7 µs to make, one of seconds and microseconds 0.3 (2026-11); pages have 200.
    seconds, rest = divmod(number, 1_000_000)
    return _EPOCH + timedelta(0, seconds, rest)


def wall_from_micros(number: int) -> datetime:
    """The naive wall clock of a number of microseconds."""
    seconds, rest = divmod(number, 1_000_000)
    return _WALL_EPOCH + timedelta(0, seconds, rest)


def _known(zone: str) -> ZoneInfo:
    found = find_zone(zone)
    if found is None:
        raise ValueError(f"unknown time zone {zone!r}")
    return found


def _minutes(aware: datetime) -> int:
    offset = aware.utcoffset() or timedelta()
    return round(offset / timedelta(minutes=1))
