"""Timestamps as files spell them: ISO 8601 of any length and the colons of EXIF. Nothing raises."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from timeline_local.domain.moments import Precision, TimeBasis, TimeEvidence
from timeline_local.domain.zones import MAX_OFFSET_MIN

_STAMP = re.compile(
    r"(?P<year>\d{4})(?:[-:](?P<month>\d\d)(?:[-:](?P<day>\d\d)"
    r"(?:[T ]+(?P<hour>\d\d):?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,12}))?)?"
    r"\s*(?P<zone>[Zz]|[+-]\d\d(?::?\d\d)?)?)?)?)?",
    re.ASCII,
)
_POINTS = frozenset({Precision.INSTANT, Precision.MINUTE})
_OFFSET = re.compile(r"(?P<sign>[+-])(?P<hours>\d\d??)(?::?(?P<minutes>\d\d))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A clock reading. `local_at` is naive and starts its interval; `is_utc` for a trailing Z, which names no place.

    utc_offset_min  minutes east of UTC, None when the text has none (and 0 beside `is_utc`).
    """

    local_at: datetime
    precision: Precision
    utc_offset_min: int | None = None
    is_utc: bool = False

    def evidence(self, basis: TimeBasis, origin: str) -> TimeEvidence:
        """The statement `times.decide` weighs. EXIF with an offset becomes `exif_offset`; Z becomes a bare instant."""
        if self.is_utc:
            instant = self.local_at.replace(tzinfo=UTC)
            return TimeEvidence(basis=basis, instant=instant, precision=self.precision, origin=origin)
        with_offset = basis is TimeBasis.EXIF and self.utc_offset_min is not None
        return TimeEvidence(
            basis=TimeBasis.EXIF_OFFSET if with_offset else basis,
            local_at=self.local_at,
            utc_offset_min=self.utc_offset_min,
            precision=self.precision,
            origin=origin,
        )


def read_stamp(text: str) -> Stamp | None:
    """Read `2019-06-14T15:04:05.123+02:00` or any shorter form, and `2019:06:14 15:04:05`.

    None for anything else, for days no calendar has and for zeroed fields. Digits beyond microseconds are dropped;
    an offset beyond 14 hours is ignored; a leap second is the second before it.
    """
    match = _STAMP.fullmatch(text.strip(" \t\r\n\0"))
    if match is None:
        return None
    try:
        local_at = _wall_clock(match)
    except ValueError:
        return None
    zone = match["zone"] or ""
    return Stamp(local_at, _precision(match), read_offset(zone), zone in {"Z", "z"})


def read_instant(text: str) -> tuple[datetime, int | None] | None:
    """(instant in UTC, minutes east of UTC as written) of a whole stamp; one without a zone is UTC, its offset None.

    For formats whose times are UTC by definition, and for recordings, whose writers mean it. None as `read_stamp`, and
    for dates without a time of day.
    """
    stamp = read_stamp(text)
    if stamp is None or stamp.precision not in _POINTS:
        return None
    moment = stamp.local_at.replace(tzinfo=UTC)
    if not stamp.utc_offset_min:
        return moment, None if stamp.is_utc else stamp.utc_offset_min
    try:
        return moment - timedelta(minutes=stamp.utc_offset_min), stamp.utc_offset_min
    except OverflowError:
        return None


def read_offset(text: str) -> int | None:
    """Minutes east of UTC of `+02:00`, `-0430`, `+02`, `+2` or `Z`; None for anything else and beyond 14 hours."""
    plain = text.strip(" \t\r\n\0")
    if plain in {"Z", "z"}:
        return 0
    match = _OFFSET.fullmatch(plain)
    if match is None:
        return None
    minutes = int(match["hours"]) * 60 + int(match["minutes"] or 0)
    if minutes > MAX_OFFSET_MIN:
        return None
    return -minutes if match["sign"] == "-" else minutes


def _wall_clock(match: re.Match[str]) -> datetime:
    return datetime(  # noqa: DTZ001  # wall clocks have no zone
        int(match["year"]),
        int(match["month"] or 1),
        int(match["day"] or 1),
        int(match["hour"] or 0),
        int(match["minute"] or 0),
        59 if match["second"] == "60" else int(match["second"] or 0),
        int((match["fraction"] or "0").ljust(6, "0")[:6]),
    )


def _precision(match: re.Match[str]) -> Precision:
    if match["second"]:
        return Precision.INSTANT
    if match["hour"]:
        return Precision.MINUTE
    if match["day"]:
        return Precision.DAY
    return Precision.MONTH if match["month"] else Precision.YEAR
