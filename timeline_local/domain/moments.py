"""The words time is told in: evidence goes in, a moment comes out. The rules between them are in `times`."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Precision(StrEnum):
    """How wide the answer is, from a point in time to "somewhere in a life"."""

    INSTANT = "instant"
    MINUTE = "minute"
    DAY = "day"
    MONTH = "month"
    SEASON = "season"
    YEAR = "year"
    DECADE = "decade"
    UNKNOWN = "unknown"

    @property
    def is_coarser_than_day(self) -> bool:
        return self in _COARSE


_COARSE = frozenset({Precision.MONTH, Precision.SEASON, Precision.YEAR, Precision.DECADE, Precision.UNKNOWN})


class TimeBasis(StrEnum):
    """Which evidence the clock reading came from."""

    USER = "user"
    EXIF_OFFSET = "exif_offset"
    EXIF = "exif"
    GPS = "gps"
    COORDINATES = "coordinates"
    NEIGHBOUR = "neighbour"
    HOME_ZONE = "home_zone"
    SOURCE = "source"
    SIDECAR = "sidecar"
    FILE_NAME = "file_name"
    FILE_DATE = "file_date"
    NONE = "none"


class ZoneBasis(StrEnum):
    """Which evidence the offset from UTC came from."""

    USER = "user"
    EXIF_OFFSET = "exif_offset"
    GPS = "gps"
    COORDINATES = "coordinates"
    NEIGHBOUR = "neighbour"
    HOME_ZONE = "home_zone"
    SOURCE = "source"
    SIDECAR = "sidecar"


@dataclass(frozen=True, slots=True)
class Moment:
    """When a memory happened: the instant, the wall clock there, and how far to trust both.

    happened_at     aware UTC, microseconds; the best estimate.
    happened_until  aware UTC, exclusive; the end of an interval. Always set when `precision` is coarser than a day.
    local_at        naive: what a clock on the wall showed there. Never shifted afterwards.
    utc_offset_min  minutes east of UTC, None when nobody knows. If set, local_at = happened_at + utc_offset_min.
    zone            IANA name, None when nobody knows or when it contradicts the offset.
    """

    happened_at: datetime
    happened_until: datetime | None
    local_at: datetime
    utc_offset_min: int | None
    zone: str | None
    precision: Precision
    time_basis: TimeBasis
    zone_basis: ZoneBasis | None

    @property
    def local_on(self) -> date | None:
        """The calendar day it belongs to, where it happened; None exactly when the date is unknown."""
        return None if self.precision is Precision.UNKNOWN else self.local_at.date()


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeEvidence:
    """One statement about when something happened, as its source made it.

    local_at        naive wall clock, if that is what the source said.
    instant         aware instant, if that is what it said.
    utc_offset_min  minutes east of UTC; zone: IANA name. With neither `local_at` nor `instant` the evidence
                    speaks of the zone alone (a neighbouring memory, a trip, the owner).
    until           aware, exclusive end, when the source gave one; local_until: the same as a naive wall clock.
    origin          short text for people: "EXIF DateTimeOriginal", "file name".
    may_correct     its owner may have set it to correct the camera: see `corrections`.
    """

    basis: TimeBasis
    local_at: datetime | None = None
    instant: datetime | None = None
    utc_offset_min: int | None = None
    zone: str | None = None
    precision: Precision = Precision.INSTANT
    until: datetime | None = None
    local_until: datetime | None = None
    origin: str = ""
    may_correct: bool = False


@dataclass(frozen=True, slots=True)
class Considered:
    """One piece of evidence and its fate; `accepted` means that it shaped the answer, `reason` says how or why not."""

    evidence: TimeEvidence
    accepted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer, the evidence that gave the clock reading, and every piece in the order it was weighed."""

    moment: Moment
    winner: TimeEvidence | None
    considered: tuple[Considered, ...]
