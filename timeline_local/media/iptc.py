"""IPTC-IIM records: captions, keywords and dates as press tools and Picasa write them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from timeline_local.media.facts import unique
from timeline_local.media.tiff import decode_text

_MAX_VALUES = 2000

_TITLE, _KEYWORDS, _DATE, _TIME, _CITY, _REGION, _COUNTRY, _CAPTION = 5, 25, 55, 60, 90, 95, 101, 120


@dataclass(frozen=True, slots=True)
class Iptc:
    """The fields we use. taken_at is naive wall clock; utc_offset_min is None when absent or the filler +0000."""

    title: str = ""
    caption: str = ""
    keywords: tuple[str, ...] = ()
    city: str = ""
    region: str = ""
    country: str = ""
    taken_at: datetime | None = None
    utc_offset_min: int | None = None
    has_time: bool = False


def read_iptc(data: bytes) -> Iptc:
    """The IIM records in `data`; stops quietly where they break off."""
    values = _records(data)
    one = {number: decode_text(found[0]) for number, found in values.items() if found}
    taken_at, has_time = _moment(one.get(_DATE, ""), one.get(_TIME, ""))
    return Iptc(
        title=one.get(_TITLE, ""),
        caption=one.get(_CAPTION, ""),
        keywords=unique([decode_text(value) for value in values.get(_KEYWORDS, [])]),
        city=one.get(_CITY, ""),
        region=one.get(_REGION, ""),
        country=one.get(_COUNTRY, ""),
        taken_at=taken_at,
        utc_offset_min=_offset(one.get(_TIME, "")) if has_time else None,
        has_time=has_time,
    )


def _records(data: bytes) -> dict[int, list[bytes]]:
    """Application records (2:xx) by number, in file order."""
    values: dict[int, list[bytes]] = {}
    at = data.find(b"\x1c")
    for _ in range(_MAX_VALUES):
        if at < 0 or data[at : at + 1] != b"\x1c" or at + 5 > len(data):
            break
        record, number = data[at + 1], data[at + 2]
        size = int.from_bytes(data[at + 3 : at + 5], "big")
        value = data[at + 5 : at + 5 + size]
        if size & 0x8000 or len(value) < size:
            break
        if record == 2:  # noqa: PLR2004 - the application record
            values.setdefault(number, []).append(value)
        at += 5 + size
    return values


def _moment(day: str, time: str) -> tuple[datetime | None, bool]:
    day = "".join(each for each in day if each not in "-:/")  # the standard has digits alone
    for text, form, has_time in ((day + time[:6], "%Y%m%d%H%M%S", True), (day, "%Y%m%d", False)):
        try:
            # The records are digits without any zone; the offset is kept beside the wall clock.
            return datetime.strptime(text, form), has_time  # noqa: DTZ007
        except ValueError:
            continue
    return None, False


def _offset(time: str) -> int | None:
    """Minutes east of UTC. +0000 is what Photoshop writes when it knows none, so it counts as unknown."""
    sign, digits = time[6:7], time[7:11]
    if sign not in {"+", "-"} or len(digits) != 4 or not digits.isdecimal():  # noqa: PLR2004 - hhmm
        return None
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    minutes = int(span.total_seconds() // 60)
    return None if not 0 < minutes <= 14 * 60 else minutes if sign == "+" else -minutes
