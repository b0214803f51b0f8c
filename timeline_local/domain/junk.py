"""Dates that clocks show when they know nothing: empty batteries, zeroed fields, wrong epochs."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from timeline_local.domain.moments import Precision, TimeBasis, TimeEvidence

FIRST_YEAR = 1826
"""The year of the oldest photograph that survives; nothing a machine dated can be older."""

_CAMERA = frozenset({TimeBasis.EXIF_OFFSET, TimeBasis.EXIF, TimeBasis.GPS, TimeBasis.FILE_DATE})
_WRITTEN = frozenset({TimeBasis.EXIF_OFFSET, TimeBasis.EXIF, TimeBasis.SIDECAR})  # by hand, with an editor
_FIRST_DIGITAL_YEAR = 1990
_CALENDAR = range(2, 9999)  # leaves room to add an offset without leaving Python's calendar
_DAY = timedelta(days=1)
# Calendars hold plans; ten years is further than people plan and nearer than a broken timestamp usually lands.
_PLANS = timedelta(days=3653)
_QUARTER = timedelta(minutes=15)
_MAX_OFFSET = timedelta(hours=14)

_UNIX_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  # wall clocks have no zone
_ZERO_CLOCKS = {
    datetime(1904, 1, 1): "1904-01-01 is the zero of QuickTime clocks",  # noqa: DTZ001
    _UNIX_EPOCH: "1970-01-01 00:00 is the zero of computer clocks",
    datetime(1980, 1, 1): "1980-01-01 00:00 is the zero of camera cards",  # noqa: DTZ001
    datetime(1980, 1, 6): "1980-01-06 00:00 is the zero of GPS clocks",  # noqa: DTZ001
}
_LAST_ZERO_YEAR = 1980


def as_meant(evidence: TimeEvidence) -> TimeEvidence:
    """The beginning of a year before there were digital cameras is how people write down a year, of a slide or a print.

    Later it is what a camera shows whose clock was never set.
    """
    if evidence.local_at is None or evidence.local_at.year >= _FIRST_DIGITAL_YEAR:
        return evidence
    reading = evidence.local_at.replace(tzinfo=None)
    if reading in _ZERO_CLOCKS:
        return evidence
    is_year = evidence.basis in _WRITTEN and evidence.precision is Precision.INSTANT and _starts_year(reading)
    return replace(evidence, precision=Precision.YEAR) if is_year else evidence


def why_junk(evidence: TimeEvidence, now: datetime) -> str | None:
    """Say why a dated piece of evidence cannot be believed; None when it can. `now` is aware.

    What the owner typed is only asked to be on the calendar.
    """
    for reading in _readings(evidence):
        reason = _off_calendar(reading) or (None if evidence.basis is TimeBasis.USER else _why(reading, evidence, now))
        if reason:
            return reason
    return None


def _readings(evidence: TimeEvidence) -> Iterator[datetime]:
    """Each clock reading in the evidence, as a naive time."""
    if evidence.local_at is not None:
        yield evidence.local_at if evidence.local_at.tzinfo is None else evidence.local_at.replace(tzinfo=None)
    if evidence.instant is not None:
        in_range = evidence.instant.year in _CALENDAR
        yield (
            evidence.instant.astimezone(UTC).replace(tzinfo=None) if in_range else evidence.instant.replace(tzinfo=None)
        )


def _off_calendar(reading: datetime) -> str | None:
    return None if reading.year in _CALENDAR else f"the year {reading.year} is outside the calendar"


def _why(reading: datetime, evidence: TimeEvidence, now: datetime) -> str | None:
    if reading.year < FIRST_YEAR:
        return f"the year {reading.year} is before photography"
    return _zero_clock(reading, evidence) or _new_year(reading, evidence) or _future(reading, evidence, now)


def _zero_clock(reading: datetime, evidence: TimeEvidence) -> str | None:
    if reading.year > _LAST_ZERO_YEAR or evidence.precision not in {Precision.INSTANT, Precision.MINUTE}:
        return None
    if reading in _ZERO_CLOCKS:
        return _ZERO_CLOCKS[reading]
    if reading.date().isoformat() == "1904-01-01":
        return "1904-01-01 is the zero of QuickTime clocks"
    since = reading - _UNIX_EPOCH
    if evidence.basis in _CAMERA and abs(since) <= _MAX_OFFSET and since % _QUARTER == timedelta():
        return "it is the zero of computer clocks, shown in some time zone"
    return None


def _new_year(reading: datetime, evidence: TimeEvidence) -> str | None:
    lasts = evidence.until is not None  # what went on from there has a clock that runs
    if _starts_year(reading) and evidence.basis in _CAMERA and evidence.precision is Precision.INSTANT and not lasts:
        return "exactly midnight of 1 January is what a camera shows whose clock was never set"
    return None


def _starts_year(reading: datetime) -> bool:
    return reading.month == reading.day == 1 and reading.time() == time.min


def _future(reading: datetime, evidence: TimeEvidence, now: datetime) -> str | None:
    if reading.year < now.year:
        return None
    allowed = _PLANS if evidence.basis is TimeBasis.SOURCE else _DAY
    return "it lies in the future" if reading > now.astimezone(UTC).replace(tzinfo=None) + allowed else None
