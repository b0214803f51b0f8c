"""Which column, or which property, of somebody's positions means what: names of many programs, units, numbers."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from timeline_local.domain.stamps import read_stamp

# Our field → the names that programs give it, in small letters without anything but letters and digits.
_NAMES: Mapping[str, str] = {
    "lat": "lat latitude latitudens latdeg latitudedeg latitudedegrees gpslatitude ycoord breite breitengrad latitud"
    " latitudine breedtegraad positionlat",
    "lon": "lon lng long longitude longitudeew londeg lngdeg longitudedeg longitudedegrees gpslongitude xcoord länge"
    " längengrad longitud longitudine lengtegraad positionlong",
    "lat_side": "ns",
    "lon_side": "ew",
    "lat_e7": "late7 latitudee7",
    "lon_e7": "lone7 lnge7 longitudee7",
    "time": "time timestamp datetime dateandtime isotime utctime timeutc utcdatetime datetimeutc gpstime gpsdatetime"
    " when recordedat createdat starttime starttimestamp starttimeutc start tst timelong timestampms unixtime unix"
    " epoch zeit zeitstempel datumzeit fecha horodatage timestampmillis timems tms startedat loggedat capturedat"
    " arrived timestampepoch",
    "date": "date datum gpsdate dateutc utcdate localdate lcldate utcd",
    "clock": "timeofday clock uhrzeit hour localtime gpstimeofday hora heure ora tijd lcltime utct",
    "offset": "utcofst utcoffset",
    "until": "endtime endtimestamp end endedat departed",
    "altitude_m": "altitude alt ele elevation height altitudem elevationm heightm ele_m altitudemeters altitudemetres"
    " höhe altitud altitudeabovesealevel altitudemsl",
    "altitude_ft": "altitudeft altitudefeet altft elevationft elevationfeet eleft heightft"
    " altmsl",  # of Garmin's avionics
    "accuracy_m": "accuracy acc horizontalaccuracy accuracym accuracymeters precision gpsaccuracy haccuracy hacc"
    " horizontalaccuracym",
    "speed_mps": "speed velocity speedms speedmps speedmetersperseconds speedmeterspersecond velocityms"
    " geschwindigkeit vitesse gpsspeed",
    "speed_kmh": "speedkmh speedkph vel velocitykmh kmh kph speedkmph",
    "speed_mph": "speedmph mph",
    "speed_knots": "speedknots speedkn speedkt speedkts knots gndspd",
    "heading": "heading bearing course cog track direction azimuth",
    "battery": "battery batt bat batterylevel batterypercent batterystatus",
    "device": "device deviceid devicename tid trackerid devicetag tracker userdevice",
    "name": "name title label placename",
    "mode": "activity mode activitytype transportmode transport motion",
    "type": "type kind category entrytype",
    "key": "placeid googleplaceid",
    "address": "address adresse placeaddress",
    "track": "trackid trackname tripid segment segmentid tripname",
}
_FIELDS = {name: field for field, names in _NAMES.items() for name in names.split()}
_LONGEST_NAME = 200
_BLANK = " \t\r\n\0\u00a0"  # Columbus' loggers fill their cells with NULs
_COLUMBUS = "vox"  # the column of recordings of the voice, which only these loggers have: their speed is km/h
SEPARATOR = re.compile(r"\ufeff?\"?sep=(?P<sign>.)\"?\s*", re.IGNORECASE)
_CLEAN = re.compile(r"[^\w]|_")
_UNITS = (("km/h", "speed_kmh"), ("kph", "speed_kmh"), ("mph", "speed_mph"), ("knot", "speed_knots"))
_IN_KNOTS = re.compile(r"[(\[]\s*(?:kts?|kn)\s*[)\]]")
_IN_FEET = re.compile(r"[(\[]\s*(?:ft|feet|foot)\b")
_MEASURED = re.compile(r"(?P<number>[-+\u2212]?\d+(?:[.,]\d+)?)\s*(?P<unit>m|ft|m/s|km/h|kph|mph|kn|kt|knots)")
_SI = {"m": 1.0, "ft": 0.3048, "m/s": 1.0, "km/h": 1 / 3.6, "kph": 1 / 3.6, "mph": 0.44704}  # all others are knots
_KNOT_MPS = 0.514444
_FOOT_M = 0.3048
_MPS = {"speed_mps": 1.0, "speed_kmh": 1 / 3.6, "speed_mph": 0.44704, "speed_knots": _KNOT_MPS}

_DELIMITERS = (",", ";", "\t", "|")
_DEGREES = re.compile(
    r"(?P<side>[NSEWO])?\s*(?P<sign>[-+−]?)(?P<whole>\d+(?:[.,]\d+)?)\s*°?\s*(?:(?P<minutes>\d+(?:[.,]\d+)?)\s*['′]\s*"
    r"(?:(?P<seconds>\d+(?:[.,]\d+)?)\s*[\"″]\s*)?)?(?P<suffix>[NSEWO])?",
    re.IGNORECASE | re.ASCII,
)
_SHARES = (("whole", 1), ("minutes", 60), ("seconds", 3600))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A count since 1970 in seconds, milliseconds, microseconds or nanoseconds: told by its size, for 1980 to 2100.
_COUNTS = ((315_000_000, 4_200_000_000, 1_000_000), (315_000_000_000, 4_200_000_000_000, 1_000))
_COUNTS_SMALL = ((315_000_000_000_000, 4_200_000_000_000_000, 1), (315 * 10**15, 42 * 10**17, 0.001))
_SLASHED = re.compile(
    r"(?P<a>\d{1,4})(?P<sep>[./-])(?P<b>\d{1,2})(?P=sep)(?P<c>\d{1,4})"
    r"(?:[T ,]+(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?"
    r"\s*(?P<half>[AaPp])?\.?[Mm]?\.?\s*(?P<zone>Z|UTC|GMT)?)?",
    re.ASCII,
)
_COMPACT_DATE = re.compile(r"(?P<year>\d\d|\d{4})(?P<month>\d\d)(?P<day>\d\d)", re.ASCII)
_COMPACT_CLOCK = re.compile(r"(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)(?:\.\d+)?", re.ASCII)
_SPELLED = ("%b %d, %Y, %I:%M:%S %p", "%d %b %Y %H:%M:%S", "%a %b %d %H:%M:%S %Y", "%b %d, %Y %I:%M:%S %p")
_OFFSET = re.compile(r"(?P<sign>[-+])(?P<hours>0\d|1[0-4]):?(?P<minutes>[0-5]\d)", re.ASCII)
_CENTURY, _MONTHS = 100, 12


def field_of(name: str) -> str:
    """Our field for a program's name of it; "" for one that means nothing to us."""
    lowered = name[:_LONGEST_NAME].casefold().strip()
    found = _FIELDS.get(_CLEAN.sub("", lowered), "")
    bare = re.sub(r"[(\[].*?[)\]]", "", lowered)
    found = found or _FIELDS.get(_CLEAN.sub("", bare), "")
    if found == "altitude_m" and _IN_FEET.search(lowered):
        return "altitude_ft"
    if found.startswith("speed") and _IN_KNOTS.search(lowered):
        return "speed_knots"
    if found.startswith("speed") or (not found and "speed" in lowered):
        return next((field for unit, field in _UNITS if unit in lowered), found)
    return found


def fields_of(properties: Mapping[str, object]) -> dict[str, object]:
    """The properties we know, by our names; of several names for one field the first that says something wins."""
    found: dict[str, object] = {}
    for name, value in properties.items():
        field = field_of(name)
        if field and value not in (None, "") and field not in found:
            found[field] = value
    if "date" in found and not {"time", "clock"} & found.keys():
        found["time"] = found.pop("date")
    return found


def number(value: object) -> float | None:
    """A number, also one with a decimal comma or written as text; None for anything else."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        text = value.strip().replace("−", "-")
        value = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
    try:
        found = float(value)  # type: ignore[arg-type]  # what float does not take, it says
    except (TypeError, ValueError, OverflowError):
        return None
    return found if abs(found) < float("inf") else None


def measure(value: object) -> float | None:
    """A number; one with its unit behind it in metres, or metres a second: "105.2 m", "3.6 km/h"."""
    plain = number(value)
    if plain is not None or not isinstance(value, str):
        return plain
    found = _MEASURED.fullmatch(value.strip().casefold())
    amount = number(found["number"]) if found else None
    return None if found is None or amount is None else amount * _SI.get(found["unit"], _KNOT_MPS)


def speed_of(fields: Mapping[str, object]) -> float | None:
    """Metres per second, from whichever unit is there; negative ones mean that it is unknown."""
    for field, factor in _MPS.items():
        said = fields.get(field)
        plain = number(said)
        found = measure(said) if plain is None else plain * factor
        if found is not None:
            return found if found >= 0 else None
    return None


def altitude_of(fields: Mapping[str, object]) -> float | None:
    """Metres, from whichever unit is there; a cell may say its own."""
    found = measure(fields.get("altitude_m"))
    feet = fields.get("altitude_ft")
    if found is not None or feet is None:
        return found
    plain = number(feet)
    return measure(feet) if plain is None else plain * _FOOT_M


def degrees(value: object) -> float | None:
    """Degrees as a number, as "52.52N", "52,52", "N 52° 31.2'" or with minutes and seconds; south and west below 0."""
    plain = number(value)
    if plain is not None or not isinstance(value, str):
        return plain
    match = _DEGREES.fullmatch(value.strip())
    if match is None:
        return None
    found = sum((number(match[part]) or 0) / share for part, share in _SHARES)
    side = (match["suffix"] or match["side"] or "").upper()
    return -found if match["sign"] in {"-", "−"} or side in {"S", "W"} else found


def read_time(value: object, *, day_first: bool = True) -> datetime | None:
    """An aware instant: ISO 8601, counts since 1970, or a date as people write it. One without a zone is UTC.

    day_first  how 03/04/2020 is meant.
    """
    count = number(value) if not isinstance(value, str) or _is_count(value) else None
    if count is not None:
        return _from_count(count)
    if not isinstance(value, str):
        return None
    text = value.strip()
    stamp = read_stamp(text.removesuffix("UTC").removesuffix("GMT").rstrip())
    if stamp is not None and "-" in text:
        return _shifted(stamp.local_at, stamp.utc_offset_min or 0)
    return _slashed(text, day_first=day_first) or _spelled(text)


def read_date_and_clock(date: object, clock: object, *, day_first: bool = True) -> datetime | None:
    """An instant from two columns: "2008/12/02" and "01:21:52", or "081202" and "012152"."""
    day, time = str(date).strip(), str(clock).strip()
    compact = _COMPACT_DATE.fullmatch(day)
    if compact is not None:
        year = int(compact["year"]) + (2000 if int(compact["year"]) < _CENTURY else 0)
        day = f"{year:04}-{compact['month']}-{compact['day']}"
    if (digits := _COMPACT_CLOCK.fullmatch(time.zfill(6) if time.isdecimal() else time)) is not None:
        time = f"{digits['hour']}:{digits['minute']}:{digits['second']}"
    return read_time(f"{day} {time}", day_first=day_first)


def read_offset(value: object) -> int | None:
    """Minutes east of UTC of "+05:30" or "-0600"; None for anything else."""
    found = _OFFSET.fullmatch(str(value).strip())
    if found is None:
        return None
    minutes = int(found["hours"]) * 60 + int(found["minutes"])
    return minutes if found["sign"] == "+" else -minutes


def names_day_first(text: str) -> bool | None:
    """Whether a date as people write it can only have its day, or only its month, first; None when both fit."""
    match = _SLASHED.fullmatch(text.strip())
    if match is None or len(match["a"]) > 2:  # noqa: PLR2004
        return None
    if int(match["a"]) > _MONTHS:
        return True
    return False if int(match["b"]) > _MONTHS else None


@dataclass(frozen=True, slots=True)
class Columns:
    """A table's delimiter and the number of the column of each field it has."""

    delimiter: str
    fields: Mapping[str, int]

    @property
    def is_complete(self) -> bool:
        """Whether positions can be read from it: where and when."""
        has_place = {"lat", "lon"} <= self.fields.keys() or {"lat_e7", "lon_e7"} <= self.fields.keys()
        return has_place and ("time" in self.fields or {"date", "clock"} <= self.fields.keys())

    def row(self, cells: Sequence[str]) -> dict[str, object]:
        """The cells by field; empty ones are absent."""
        found = {field: cells[at].strip(_BLANK) for field, at in self.fields.items() if at < len(cells)}
        return {field: cell for field, cell in found.items() if cell}


def is_told(line: str) -> bool:
    """Whether a line of a table says something: it is not empty, no remark, and not Excel's word on delimiters."""
    return bool(line.strip("\ufeff \t\r\n")) and not line.startswith("#") and not SEPARATOR.fullmatch(line)


def columns_of(text: str) -> Columns | None:
    """What the first line of a table names; None when it names no latitude and longitude."""
    first = next((line for line in text.splitlines()[:20] if is_told(line)), "")
    for delimiter in sorted(_DELIMITERS, key=first.count, reverse=True):
        if not first.count(delimiter):
            break
        names = next(csv.reader([first.lstrip("\ufeff")], delimiter=delimiter, skipinitialspace=True), [])
        fields = _numbered(names)
        if fields.keys() & {"lat", "lat_e7"} and fields.keys() & {"lon", "lon_e7"}:
            return Columns(delimiter, fields)
    return None


def _numbered(names: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for at, name in enumerate(names):
        field = field_of(name)
        is_better = field == "time" and "datetime" in _CLEAN.sub("", name.casefold())  # not what counts from the start
        if field and (field not in found or is_better):
            found[field] = at
    if _COLUMBUS in {name.strip().casefold() for name in names} and "speed_mps" in found:
        found["speed_kmh"] = found.pop("speed_mps")
    if "date" in found and "time" in found:
        found["clock"] = found.pop("time")  # beside a column of dates, "time" is the time of day
    elif "date" in found and "clock" not in found:
        found["time"] = found.pop("date")
    return found


def _is_count(text: str) -> bool:
    return re.fullmatch(r"\s*\d{9,19}(?:\.\d+)?\s*", text, re.ASCII) is not None


def _from_count(count: float) -> datetime | None:
    for least, most, factor in (*_COUNTS, *_COUNTS_SMALL):
        if least <= count < most:
            return _EPOCH + timedelta(microseconds=round(count * factor))
    return None


def _shifted(local_at: datetime, offset_min: int) -> datetime | None:
    try:
        return local_at.replace(tzinfo=UTC) - timedelta(minutes=offset_min)
    except OverflowError:
        return None


def _slashed(text: str, *, day_first: bool) -> datetime | None:
    match = _SLASHED.fullmatch(text)
    if match is None:
        return None
    first, second, third = int(match["a"]), int(match["b"]), int(match["c"])
    if len(match["a"]) == 4:  # noqa: PLR2004
        year, month, day = first, second, third
    else:
        year = third + (2000 if third < _CENTURY else 0)
        is_day_first = names_day_first(text)
        day, month = (first, second) if (day_first if is_day_first is None else is_day_first) else (second, first)
    hour = int(match["hour"] or 0)
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].upper() == "P" else 0)
    try:
        return datetime(
            year, month, day, hour, int(match["minute"] or 0), int(match["second"] or 0),
            int((match["fraction"] or "0").ljust(6, "0")[:6]), tzinfo=UTC,
        )  # fmt: skip
    except ValueError:
        return None


def _spelled(text: str) -> datetime | None:
    plain = " ".join(text.replace("\u202f", " ").split())
    for form in _SPELLED:
        try:
            return datetime.strptime(plain, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    try:
        found = parsedate_to_datetime(plain)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
