"""Dates in the names of files and folders, as cameras, phones, messengers and people write them.

A name that spells a whole date wins over folders; the nearest folder wins over those above it. Nothing here touches
a file, and no name, however odd, raises.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import PurePath

from timeline_local.domain.moments import Precision, TimeBasis, TimeEvidence
from timeline_local.domain.zones import MAX_OFFSET_MIN

FILE_NAME = "file name"
FOLDER_NAME = "folder name"


@dataclass(frozen=True, slots=True)
class NameDate:
    """A date read from a name. `local_at` is naive and starts its interval; `origin` is "file name" or "folder name".

    is_utc          the name counts in UTC (Pixel cameras, PhotoPrism, epoch milliseconds): `local_at` is then the clock
                    of Greenwich.
    utc_offset_min  minutes east of UTC, where the name says them behind its clock.
    """

    local_at: datetime
    precision: Precision
    origin: str
    is_utc: bool = False
    utc_offset_min: int | None = None

    def evidence(self) -> TimeEvidence:
        """The statement `times.decide` weighs: a wall clock, or an instant for names that count in UTC."""
        return TimeEvidence(
            basis=TimeBasis.FILE_NAME,
            local_at=None if self.is_utc else self.local_at,
            instant=self.local_at.replace(tzinfo=UTC) if self.is_utc else None,
            utc_offset_min=self.utc_offset_min,
            precision=self.precision,
            origin=self.origin,
        )


def date_from_path(path: PurePath) -> NameDate | None:
    """The date spelled by a path's file name, else by its folders; None when there is none."""
    kind = path.suffix[1:]
    stem = unicodedata.normalize("NFC", path.stem if kind.isalnum() and not kind.isdigit() else path.name)
    return _from_name(stem) or _from_folders(path.parts[:-1], stem)


_YEAR = r"(?P<year>1[89]\d\d|20\d\d)"
_MONTH = r"(?P<month>0[1-9]|1[0-2])"
_DAY = r"(?P<day>0[1-9]|[12]\d|3[01])"
_CLOCK = r"(?P<hour>[01]?\d|2[0-3])"
_SPACE = r"[ \u00a0\u202f_]"

# 20190614_150405, 2019-06-14-15-04-05-232, BURST20160623205107, 201801261147521000, signal-2020-10-26-163832
_EXACT = re.compile(
    rf"(?<!\d){_YEAR}(?P<sep>[-_. :]?){_MONTH}(?P=sep){_DAY}"
    r"(?:[-_. T]{0,3})(?P<hour>[01]\d|2[0-3])(?P<tsep>[-_. :h]?)(?P<minute>[0-5]\d)(?:(?P=tsep)|m)(?P<second>[0-5]\d)"
    r"(?:[.,](?P<fraction>\d{1,6})|-?(?P<millis>\d{3})|\d{4}|\d{6})?s?"
    r"(?P<utc>[Zz])?(?P<offset>[+-]\d\d:?[0-5]\d)?(?!\d)",
    re.ASCII,
)
# "22-04-06 15-21-03 2160": the app of Nextcloud on iPhones, with a word before it in some versions.
_SHORT_YEAR = re.compile(
    r"(?:[^\W\d_]+[ _-])?(?P<year>\d\d)-(?P<month>0[1-9]|1[0-2])-(?P<day>0[1-9]|[12]\d|3[01])"
    r"[ _](?P<hour>[01]\d|2[0-3])-(?P<minute>[0-5]\d)-(?P<second>[0-5]\d)(?:[ _]\d{4})?",
)
_DAY_FIRST = re.compile(
    rf"(?<!\d){_DAY}\.{_MONTH}\.{_YEAR}[-_ ]{{1,3}}"
    r"(?P<hour>[01]\d|2[0-3])[.-](?P<minute>[0-5]\d)[.-](?P<second>[0-5]\d)(?!\d)",
    re.ASCII,
)
# Halves of the day, as phones and computers spell them before their clock and behind it.
_FORENOON = frozenset({"上午", "午前", "오전", "öö", "de.", "ص", "πμ", "π.μ.", "sa", "a"})
_FIRST_HALF = r"[上下]午|午[前後]|오[전후]|ö[ös]|d[eu]\."
_LAST_HALF = r"[صم]|[πμ]\.?μ\.?|SA|CH"
# "WhatsApp Image 2019-06-14 at 15.04.05", "Bildschirmfoto 2019-06-14 um 15.04", "Screen Shot 2019-06-14 at 3.04.05 PM",
# "截屏2019-06-14 下午3.04.05", "Captura de pantalla 2019-06-14 a la(s) 15.04.05", "לכידת מסך 2019-06-14 ב-15.04.05"
_SPOKEN = re.compile(
    rf"(?<!\d){_YEAR}[-._]{_MONTH}[-._]{_DAY},?(?:{_SPACE}+(?:-{_SPACE}+(?=d[eu]\.))?|(?=[于於]))[于於]?"
    rf"(?:(?!{_FIRST_HALF})[^\W\d_]{{1,6}}(?:\(s\))?\.?{_SPACE}+){{0,2}}(?:[^\W\d_]-)?{_SPACE}*"
    rf"(?:(?P<first>{_FIRST_HALF}){_SPACE}?)?"
    rf"{_CLOCK}[-.:h_](?P<minute>[0-5]\d)(?:[-.:m_](?P<second>[0-5]\d))?(?!\d)"
    rf"(?:{_SPACE}*(?:(?P<half>[AaPp])\.?{_SPACE}?[Mm]|(?P<last>{_LAST_HALF})(?![^\W\d_])))?",
    re.IGNORECASE,
)
_MINUTE = re.compile(
    rf"(?<!\d){_YEAR}(?P<sep>[-_.]){_MONTH}(?P=sep){_DAY}[-_ T]{_CLOCK}[-.:h](?P<minute>[0-5]\d)(?![-.:]?\d)", re.ASCII
)
_DATE = re.compile(rf"(?<!\d){_YEAR}(?P<sep>[-_. ]){_MONTH}(?P=sep){_DAY}(?!\d)", re.ASCII)
_COMPACT_DATE = re.compile(rf"(?<!\d)(?P<year>19\d\d|20\d\d){_MONTH}{_DAY}(?!\d)", re.ASCII)
_DOTTED_DATE = re.compile(rf"(?<!\d){_DAY}\.{_MONTH}\.(?P<year>19\d\d|20\d\d)(?!\d)", re.ASCII)
# "13-02-2023", "03-13-2023": where one of both can be no month; and without zeros, "2023-3-4".
_DAY_BEFORE = re.compile(rf"(?<!\d)(?P<day>1[3-9]|2\d|3[01])(?P<sep>[-_]){_MONTH}(?P=sep)(?P<year>19\d\d|20\d\d)(?!\d)")
_DAY_BEHIND = re.compile(rf"(?<!\d){_MONTH}(?P<sep>[-_])(?P<day>1[3-9]|2\d|3[01])(?P=sep)(?P<year>19\d\d|20\d\d)(?!\d)")
_NO_ZEROS = re.compile(
    r"(?<![\d-])(?P<year>19\d\d|20\d\d)-(?P<month>0?[1-9]|1[0-2])-(?P<day>[12]\d|3[01]|0?[1-9])(?![\d-])", re.ASCII
)
_DAYS = (_DATE, _COMPACT_DATE, _DOTTED_DATE, _DAY_BEFORE, _DAY_BEHIND, _NO_ZEROS)
_MONTH_FIRST_IN_NAME = re.compile(rf"{_YEAR}[-_.]{_MONTH}(?![-_.]?\d)", re.ASCII)
# A name that is a checksum or a UUID spells dates only by accident.
_CHECKSUM = re.compile(r"(?=[^a-f]*[a-f])[0-9a-f-]{20,}", re.IGNORECASE)
# Pixel phones, and PhotoPrism's own names: the date, the clock and a checksum.
_IN_UTC = re.compile(r"PXL_\d{8}_\d{6}|\d{8}_\d{6}_(?=\d{0,7}[A-F])[0-9A-F]{8}$", re.ASCII)
# Behind a clock without colons "-0330" may as well be the number of a copy.
_SPOKEN_CLOCK = re.compile(r"\d[T ]\d\d:|\dT\d{6}", re.ASCII)
_CENTURY_TURN = 70  # of two digits, as POSIX has it
# "LINE_ALBUM_Trip_210503_1": behind the name of the album stands the day on which it was taken out of LINE.
_TAKEN_OUT_OF_LINE = re.compile(r"(?<=^LINE_ALBUM_)(?P<album>.*)_\d{6}_\d+$", re.ASCII)
# Messengers and cloud cameras that name files by the clock of the phone, in milliseconds since 1970.
_EPOCH_MILLIS = re.compile(
    r"(?:mmexport|QQ_|dji_export_|FB_IMG_|wx_camera_|beauty_|retouch_)?(?P<millis>1\d{12})(?:[-_(].*)?", re.ASCII
)

_FOLDER_MONTH = re.compile(rf"{_YEAR}[-_. ]?{_MONTH}(?!\d)", re.ASCII)
_EXPORT_FOLDER = re.compile(r"takeout-\d{8}T", re.IGNORECASE | re.ASCII)  # the day on which it was ordered
# "Photos from 2014", "2014 - Croatia", "Trip 2014, part 2", "2014年の写真"; no number of a model or of pixels.
_FOLDER_YEAR = re.compile(r"(?<![^\W_])(?<![\d][.,x-])(?P<year>1[89]\d\d|20\d\d)(?=[^\w.-]|[_年년]|-\D|[.-]?$)")
_FILE_DAY = re.compile(r"0[1-9]|[12]\d|3[01]", re.ASCII)
_WORD = re.compile(r"[^\W\d_]")
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
    stem = _TAKEN_OUT_OF_LINE.sub(r"\g<album>", stem)
    return (
        _short_year(stem)
        or _first_valid(_EXACT.finditer(stem), Precision.INSTANT, stem)
        or _first_valid(_DAY_FIRST.finditer(stem), Precision.INSTANT, stem)
        or _first_valid(_SPOKEN.finditer(stem), Precision.INSTANT, stem)
        or _first_valid(_MINUTE.finditer(stem), Precision.MINUTE, stem)
        or _from_epoch(stem)
        or _first_day(stem, FILE_NAME)
        or _month_at_start(stem, FILE_NAME)
    )


def _short_year(stem: str) -> NameDate | None:
    match = _SHORT_YEAR.fullmatch(stem)
    if match is None:
        return None
    century = "20" if int(match["year"]) < _CENTURY_TURN else "19"
    local_at = _date(century + match["year"], match["month"], match["day"])
    clock = timedelta(hours=int(match["hour"]), minutes=int(match["minute"]), seconds=int(match["second"]))
    return NameDate(local_at + clock, Precision.INSTANT, FILE_NAME) if local_at else None


def _first_valid(matches: Iterator[re.Match[str]], precision: Precision, stem: str) -> NameDate | None:
    for match in matches:
        found = _clock(match, precision, stem)
        if found:
            return found
    return None


def _clock(match: re.Match[str], precision: Precision, stem: str) -> NameDate | None:
    parts = match.groupdict()
    hour = _hour(int(parts["hour"]), parts.get("half") or parts.get("first") or parts.get("last"))
    second = parts.get("second")
    local_at = _date(parts["year"], parts["month"], parts["day"])
    if local_at is None or hour is None:
        return None
    local_at += timedelta(
        hours=hour,
        minutes=int(parts["minute"]),
        seconds=int(second or 0),
        microseconds=int((parts.get("fraction") or parts.get("millis") or "0").ljust(6, "0")),
    )
    is_utc = bool(parts.get("utc")) or _IN_UTC.match(stem) is not None
    offset = None if is_utc else _offset(parts.get("offset") or "", stem)
    return NameDate(local_at, precision if second else Precision.MINUTE, FILE_NAME, is_utc, offset)


def _offset(text: str, stem: str) -> int | None:
    """Minutes east of UTC of "+02:00" or "-0330"; None where it is a number of another kind."""
    if not text or (text[0] == "-" and ":" not in text and not _SPOKEN_CLOCK.search(stem)):
        return None
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return None if minutes > MAX_OFFSET_MIN else -minutes if text[0] == "-" else minutes


def _hour(hour: int, half: str | None) -> int | None:
    """The hour of the day; None for 13 o'clock in the afternoon and the like."""
    if half is None:
        return hour
    if hour > 12:  # noqa: PLR2004  # the dial; Japan begins it with 0
        return None
    return hour % 12 + (0 if half.casefold() in _FORENOON else 12)


def _from_epoch(stem: str) -> NameDate | None:
    match = _EPOCH_MILLIS.fullmatch(stem)
    if match is None:
        return None
    local_at = datetime(1970, 1, 1) + timedelta(milliseconds=int(match["millis"]))  # noqa: DTZ001  # UTC, said so below
    return NameDate(local_at, Precision.INSTANT, FILE_NAME, is_utc=True)


def _first_day(name: str, origin: str) -> NameDate | None:
    for pattern in _DAYS:
        for match in pattern.finditer(name):
            local_at = _date(match["year"], match["month"], match["day"])
            if local_at:
                return NameDate(local_at, Precision.DAY, origin)
    return None


def _month_at_start(name: str, origin: str) -> NameDate | None:
    match = _MONTH_FIRST_IN_NAME.match(name)
    return _month(match["year"], match["month"], origin) if match else None


def _from_folders(folders: Sequence[str], stem: str) -> NameDate | None:
    """The date of the nearest folder that spells one, completed by what is numbered below it (2014/07/12).

    A folder further up may tell more of the same time: the day of 2014-07-12/best of 2014.
    """
    below = (*folders, stem if _FILE_DAY.fullmatch(stem) else "")
    nearest: NameDate | None = None
    for index in range(len(folders) - 1, -1, -1):
        found = _from_folder(folders[index].strip(), below[index + 1 : index + 3])
        if found and (nearest is None or (found.precision is Precision.DAY and _is_within(found, nearest))):
            nearest = found
        if nearest and nearest.precision is Precision.DAY:
            break
    return nearest


def _is_within(day: NameDate, wide: NameDate) -> bool:
    """Whether a day is one of a month or a year."""
    is_same_year = day.local_at.year == wide.local_at.year
    return is_same_year and (wide.precision is Precision.YEAR or day.local_at.month == wide.local_at.month)


def _from_folder(name: str, below: Sequence[str]) -> NameDate | None:
    if _EXPORT_FOLDER.match(name):
        return None
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
    years = {match["year"] for match in _FOLDER_YEAR.finditer(name)} if lone or _WORD.search(name) else set()
    start = _date(years.pop(), "1", "1") if len(years) == 1 else None
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
