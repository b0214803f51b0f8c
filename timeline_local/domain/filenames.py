"""Dates in the names of files and folders, as cameras, phones, messengers and people write them.

A name that spells a whole date wins over folders; the nearest folder wins over those above it. Nothing here touches
a file, and no name, however odd, raises.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePath

from timeline_local.domain.moments import Precision, TimeBasis, TimeEvidence

FILE_NAME = "file name"
FOLDER_NAME = "folder name"


@dataclass(frozen=True, slots=True)
class NameDate:
    """A date read from a name. `local_at` is naive and starts its interval; `origin` is "file name" or "folder name".

    is_utc  the name counts in UTC (Pixel cameras, epoch milliseconds): `local_at` is then the clock of Greenwich.
    """

    local_at: datetime
    precision: Precision
    origin: str
    is_utc: bool = False

    def evidence(self) -> TimeEvidence:
        """The statement `times.decide` weighs: a wall clock, or an instant for names that count in UTC."""
        return TimeEvidence(
            basis=TimeBasis.FILE_NAME,
            local_at=None if self.is_utc else self.local_at,
            instant=self.local_at.replace(tzinfo=UTC) if self.is_utc else None,
            precision=self.precision,
            origin=self.origin,
        )


def date_from_path(path: PurePath) -> NameDate | None:
    """The date spelled by a path's file name, else by its folders; None when there is none."""
    return _from_name(path.stem if path.suffix[1:].isalnum() else path.name) or _from_folders(path.parts[:-1])


_YEAR = r"(?P<year>1[89]\d\d|20\d\d)"
_MONTH = r"(?P<month>0[1-9]|1[0-2])"
_DAY = r"(?P<day>0[1-9]|[12]\d|3[01])"
_CLOCK = r"(?P<hour>[01]?\d|2[0-3])"
_SPACE = r"[ \u00a0\u202f_]"

# 20190614_150405, 2019-06-14-15-04-05-232, BURST20160623205107, 201801261147521000, signal-2020-10-26-163832
_EXACT = re.compile(
    rf"(?<!\d){_YEAR}(?P<sep>[-_. :]?){_MONTH}(?P=sep){_DAY}"
    r"(?:[-_. T]{0,3})(?P<hour>[01]\d|2[0-3])(?P<tsep>[-_. :h]?)(?P<minute>[0-5]\d)(?:(?P=tsep)|m)(?P<second>[0-5]\d)"
    r"(?:(?:-|\.)?(?P<millis>\d{3})|\d{4}|\d{6})?s?(?P<utc>Z)?(?!\d)",
    re.ASCII,
)
# "WhatsApp Image 2019-06-14 at 15.04.05", "Bildschirmfoto 2019-06-14 um 15.04", "Screen Shot 2019-06-14 at 3.04.05 PM"
_SPOKEN = re.compile(
    rf"(?<!\d){_YEAR}[-.]{_MONTH}[-.]{_DAY},?{_SPACE}+(?:[^\W\d_]{{1,6}}\.?{_SPACE}+){{0,2}}"
    rf"{_CLOCK}[-.:h_](?P<minute>[0-5]\d)(?:[-.:m_](?P<second>[0-5]\d))?(?!\d)"
    rf"(?:{_SPACE}*(?P<half>[AaPp])\.?{_SPACE}?[Mm])?",
)
_MINUTE = re.compile(
    rf"(?<!\d){_YEAR}(?P<sep>[-_.]){_MONTH}(?P=sep){_DAY}[-_ T]{_CLOCK}[-.:h](?P<minute>[0-5]\d)(?![-.:]?\d)", re.ASCII
)
_DATE = re.compile(rf"(?<!\d){_YEAR}(?P<sep>[-_. ]){_MONTH}(?P=sep){_DAY}(?!\d)", re.ASCII)
_COMPACT_DATE = re.compile(rf"(?<!\d)(?P<year>19\d\d|20\d\d){_MONTH}{_DAY}(?!\d)", re.ASCII)
_DOTTED_DATE = re.compile(rf"(?<!\d){_DAY}\.{_MONTH}\.(?P<year>19\d\d|20\d\d)(?!\d)", re.ASCII)
_MONTH_FIRST_IN_NAME = re.compile(rf"{_YEAR}[-_.]{_MONTH}(?![-_.]?\d)", re.ASCII)
# A name that is a checksum or a UUID spells dates only by accident.
_CHECKSUM = re.compile(r"(?=[^a-f]*[a-f])[0-9a-f-]{20,}", re.IGNORECASE)
_PIXEL = re.compile(r"PXL_\d{8}_\d{6}", re.ASCII)
# Messengers and cloud cameras that name files by the clock of the phone, in milliseconds since 1970.
_EPOCH_MILLIS = re.compile(
    r"(?:mmexport|FB_IMG_|wx_camera_|beauty_|retouch_)?(?P<millis>1\d{12})(?:[-_(].*)?", re.ASCII
)

_FOLDER_MONTH = re.compile(rf"{_YEAR}[-_. ]?{_MONTH}(?!\d)", re.ASCII)
_FOLDER_YEAR = re.compile(r"(?:.*[^\W\d_] )?(?P<year>1[89]\d\d|20\d\d)")
_LONE_YEAR = re.compile(rf"{_YEAR}", re.ASCII)
_LONE_MONTH = re.compile(r"(?P<month>0?[1-9]|1[0-2])(?:[-_. ]\D.*)?", re.ASCII)
_LONE_DAY = re.compile(r"(?P<day>0?[1-9]|[12]\d|3[01])(?:[-_. ]\D.*)?", re.ASCII)
_MONTH_NAMES = (
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)
_ANY_MONTH = "|".join(_MONTH_NAMES)
_NAMED_MONTH = re.compile(
    rf"(?P<name>{_ANY_MONTH}),? (?P<year>(?:19|20)\d\d)|(?P<year2>(?:19|20)\d\d) (?P<name2>{_ANY_MONTH})",
    re.IGNORECASE | re.ASCII,
)


def _from_name(stem: str) -> NameDate | None:
    if _CHECKSUM.fullmatch(stem):
        return None
    return (
        _first_valid(_EXACT.finditer(stem), Precision.INSTANT, stem)
        or _first_valid(_SPOKEN.finditer(stem), Precision.INSTANT, stem)
        or _first_valid(_MINUTE.finditer(stem), Precision.MINUTE, stem)
        or _from_epoch(stem)
        or _first_day(stem, FILE_NAME)
        or _month_at_start(stem, FILE_NAME)
    )


def _first_valid(matches: Iterator[re.Match[str]], precision: Precision, stem: str) -> NameDate | None:
    for match in matches:
        found = _clock(match, precision, stem)
        if found:
            return found
    return None


def _clock(match: re.Match[str], precision: Precision, stem: str) -> NameDate | None:
    parts = match.groupdict()
    hour = _hour(int(parts["hour"]), parts.get("half"))
    second = parts.get("second")
    local_at = _date(parts["year"], parts["month"], parts["day"])
    if local_at is None or hour is None:
        return None
    local_at += timedelta(
        hours=hour,
        minutes=int(parts["minute"]),
        seconds=int(second or 0),
        milliseconds=int(parts.get("millis") or 0),
    )
    is_utc = bool(parts.get("utc")) or _PIXEL.match(stem) is not None
    return NameDate(local_at, precision if second else Precision.MINUTE, FILE_NAME, is_utc)


def _hour(hour: int, half: str | None) -> int | None:
    """The hour of the day; None for 13 o'clock in the afternoon and the like."""
    if half is None:
        return hour
    if not 1 <= hour <= 12:  # noqa: PLR2004  # the dial
        return None
    return hour % 12 + (12 if half in "pP" else 0)


def _from_epoch(stem: str) -> NameDate | None:
    match = _EPOCH_MILLIS.fullmatch(stem)
    if match is None:
        return None
    local_at = datetime(1970, 1, 1) + timedelta(milliseconds=int(match["millis"]))  # noqa: DTZ001  # UTC, said so below
    return NameDate(local_at, Precision.INSTANT, FILE_NAME, is_utc=True)


def _first_day(name: str, origin: str) -> NameDate | None:
    for pattern in (_DATE, _COMPACT_DATE, _DOTTED_DATE):
        for match in pattern.finditer(name):
            local_at = _date(match["year"], match["month"], match["day"])
            if local_at:
                return NameDate(local_at, Precision.DAY, origin)
    return None


def _month_at_start(name: str, origin: str) -> NameDate | None:
    match = _MONTH_FIRST_IN_NAME.match(name)
    return _month(match["year"], match["month"], origin) if match else None


def _from_folders(folders: Sequence[str]) -> NameDate | None:
    """The date of the nearest folder that spells one, completed by numbered folders below it (2014/07/12)."""
    for index in range(len(folders) - 1, -1, -1):
        found = _from_folder(folders[index].strip(), folders[index + 1 : index + 3])
        if found:
            return found
    return None


def _from_folder(name: str, below: Sequence[str]) -> NameDate | None:
    day = _first_day(name, FOLDER_NAME)
    if day:
        return day
    month = _FOLDER_MONTH.match(name)
    if month:
        return _with_day(_month(month["year"], month["month"], FOLDER_NAME), below)
    return _named_month(name) or _from_year_folder(name, below)


def _named_month(name: str) -> NameDate | None:
    match = _NAMED_MONTH.search(name)
    if match is None:
        return None
    month = _MONTH_NAMES.index((match["name"] or match["name2"]).lower()) + 1
    return _month(match["year"] or match["year2"], str(month), FOLDER_NAME)


def _from_year_folder(name: str, below: Sequence[str]) -> NameDate | None:
    """A folder "2014" with its month and day folders, or "Photos from 2014" in any language."""
    lone = _LONE_YEAR.fullmatch(name)
    if lone and below:
        month = _LONE_MONTH.fullmatch(below[0].strip())
        if month:
            return _with_day(_month(lone["year"], month["month"], FOLDER_NAME), below[1:])
    year = lone or _FOLDER_YEAR.fullmatch(name)
    start = _date(year["year"], "1", "1") if year else None
    return NameDate(start, Precision.YEAR, FOLDER_NAME) if start else None


def _with_day(month: NameDate | None, below: Sequence[str]) -> NameDate | None:
    match = _LONE_DAY.fullmatch(below[0].strip()) if below and month else None
    if match is None or month is None:
        return month
    local_at = _date(str(month.local_at.year), str(month.local_at.month), match["day"])
    return NameDate(local_at, Precision.DAY, FOLDER_NAME) if local_at else month


def _month(year: str, month: str, origin: str) -> NameDate | None:
    start = _date(year, month, "1")
    return NameDate(start, Precision.MONTH, origin) if start else None


def _date(year: str, month: str, day: str) -> datetime | None:
    """Midnight of a day, None when the calendar has no such day (31 February)."""
    try:
        return datetime(int(year), int(month), int(day))  # noqa: DTZ001  # wall clocks have no zone
    except ValueError:
        return None
