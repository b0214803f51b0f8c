"""EXIF as facts: dates with their offsets, position, camera, exposure, text and the live photo id."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.media.facts import JSON, clip
from timeline_local.media.gps import Position, read_gps
from timeline_local.media.tiff import Directory, Tiff, TiffError, decode_text

ORIENTATION, XMP_PACKET, IPTC_BLOCK = 0x112, 0x2BC, 0x83BB
UPRIGHT_SHAPES = (1, 2, 3, 4)
"""Orientations that keep width and height; the other four are quarter turns."""
EXIF_POINTER, GPS_POINTER = 0x8769, 0x8825

_DESCRIPTION, _MAKE, _MODEL, _SOFTWARE, _MODIFIED, _ARTIST = 0x10E, 0x10F, 0x110, 0x131, 0x132, 0x13B
_RATING, _WINDOWS_TITLE, _WINDOWS_COMMENT, _WINDOWS_KEYWORDS = 0x4746, 0x9C9B, 0x9C9C, 0x9C9E
_ORIGINAL, _DIGITIZED, _OFFSET, _OFFSET_ORIGINAL, _OFFSET_DIGITIZED = 0x9003, 0x9004, 0x9010, 0x9011, 0x9012
_SUBSEC_ORIGINAL, _SUBSEC_DIGITIZED = 0x9291, 0x9292
_ZONE_HOURS, _UNSIGNED = 0x882A, 0x10000  # a signed number that some write as an unsigned one
_MAKER_NOTE, _USER_COMMENT, _LENS_MODEL = 0x927C, 0x9286, 0xA434
_GPS_TIME, _GPS_DATE = 7, 29
_APPLE_CONTENT_ID = 0x11

_EXPOSURE = {
    "seconds": 0x829A,
    "f_number": 0x829D,
    "iso": 0x8827,
    "focal_length_mm": 0x920A,
    "focal_length_35mm": 0xA405,
}
_FLASH = 0x9209
_WHOLE_NUMBERS = ("iso", "focal_length_35mm")
_LENS_FALLBACKS = (0xFDEA, 0xFDE8)  # LensModel in the aux block of DNG converters.

_DATE = re.compile(r"(\d{4})[:/.-](\d{1,2})[:/.-](\d{1,2})[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,](\d+))?")
# What programs write behind the clock, though EXIF has no place for it there.
_HALF = re.compile(r"\s*([AP])\.?M\b", re.IGNORECASE)
_OWN_ZONE = re.compile(r"\s*(?:(?P<utc>Z)|(?P<offset>[+-]\d\d:?\d\d))\b", re.IGNORECASE)
# EXIF has blanks, or zeros, in the place of what is not known.
_COARSE = re.compile(
    r"(?P<year>\d{4})(?:[:/.-](?P<month>0[1-9]|1[0-2])(?:[:/.-](?P<day>0[1-9]|[12]\d|3[01]))?)?(?!\d)[\s:/.?_0-]*"
)
_OFFSET_TEXT = re.compile(r"([+-])(\d{1,2}?)(?::?(\d{2}))?(?!\d)")
_MAX_OFFSET_MIN = 14 * 60
# Texts that camera firmware writes into the caption of every picture it takes.
_FIRMWARE_TEXT = re.compile(r"^(?:charset=\S+|binary comment)$", re.IGNORECASE)


@dataclass(slots=True)
class Exif:
    """What one EXIF structure says; empty values where it is silent."""

    orientation: int = 1
    make: str = ""
    model: str = ""
    lens: str = ""
    title: str = ""
    description: str = ""
    keywords: tuple[str, ...] = ()
    rating: int | None = None
    exposure: dict[str, int | float | bool] = field(default_factory=dict)
    position: Position | None = None
    original: datetime | None = None
    evidence: list[TimeEvidence] = field(default_factory=list)
    content_id: str = ""
    xmp: bytes = b""
    iptc: bytes = b""
    raw: dict[str, JSON] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def read_exif(tiff: Tiff) -> Exif:
    """Everything we use of an EXIF structure. A broken part is a problem, never an error."""
    try:
        main = tiff.first_directory()
    except TiffError:
        return Exif(problems=["exif-unreadable"])
    detail = tiff.sub_directory(main, EXIF_POINTER)
    found = read_directories(main, detail, tiff.sub_directory(main, GPS_POINTER))
    if EXIF_POINTER in main and detail is None:
        _note(found, "exif-unreadable")
    return found


def read_directories(main: Directory, detail: Directory | None, gps: Directory | None) -> Exif:
    """`read_exif` on directories that were found one by one, as in CR3."""
    found = Exif()
    detail = detail or Directory(main.order, {})
    _read_main(main, found)
    _read_detail(detail, found)
    _read_dates(main, detail, found)
    if gps is not None:
        _read_position(gps, found)
    found.content_id = _apple_content_id(detail.raw(_MAKER_NOTE))
    return found


def read_exif_block(data: bytes) -> Exif:
    """`read_exif` on a block with or without its "Exif" prefix, as it stands in JPEG, PNG, WebP and HEIC."""
    while data.startswith(b"Exif\x00"):
        data = data[6:]
    try:
        return read_exif(Tiff.from_bytes(data))
    except TiffError:
        return Exif(problems=["exif-unreadable"])


def parse_exif_date(text: str, subsec: str = "") -> datetime | None:
    """A naive wall clock from EXIF text; None for blanks, zeros and impossible dates."""
    found = _DATE.match(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction = found.groups()
    digits = fraction or re.sub(r"\D.*", "", subsec.strip()) or "0"
    # A leap second, or the 60 that some cameras round up to, is the next whole minute.
    seconds = int(second or 0)
    half = _HALF.match(text.strip(), found.end())
    hours = int(hour) % 12 + (12 if half[1] in "Pp" else 0) if half and int(hour) <= 12 else int(hour)  # noqa: PLR2004 - dial
    try:
        start = datetime(int(year), int(month), int(day), hours, int(minute))  # noqa: DTZ001 - wall clock
        return start + timedelta(seconds=seconds, microseconds=int(digits[:6].ljust(6, "0")))
    except (ValueError, OverflowError):
        return None


def _evidence(text: str, subsec: str, offset: int | None, origin: str) -> TimeEvidence | None:
    """What one date says; the zone that stands in it before that of the tags for zones."""
    local_at = parse_exif_date(text, subsec)
    if local_at is None:
        return _coarse(text, origin)
    begun = _DATE.match(text.strip())
    own = _OWN_ZONE.match(text.strip(), begun.end()) if begun else None
    if own is not None and own["utc"] and offset is None:
        return TimeEvidence(basis=TimeBasis.EXIF, instant=local_at.replace(tzinfo=UTC), origin=origin)
    stated = parse_offset(own["offset"]) if own is not None and own["offset"] else None
    return wall_clock(local_at, offset if stated is None else stated, origin)


def _coarse(text: str, origin: str) -> TimeEvidence | None:
    """The day, the month or the year of a date whose rest is blank."""
    found = _COARSE.fullmatch(text.strip(" \0"))
    if found is None:
        return None
    precision = Precision.DAY if found["day"] else Precision.MONTH if found["month"] else Precision.YEAR
    try:
        local_at = datetime(int(found["year"]), int(found["month"] or 1), int(found["day"] or 1))  # noqa: DTZ001
    except ValueError:
        return None
    return TimeEvidence(basis=TimeBasis.EXIF, local_at=local_at, precision=precision, origin=origin)


def parse_offset(text: str) -> int | None:
    """Minutes east of UTC from `+02:00`, `-0700`, `+7` or `Z`; None for blanks and more than fourteen hours."""
    if text.strip().upper() == "Z":
        return 0
    found = _OFFSET_TEXT.match(text.strip())
    if found is None:
        return None
    sign, hours, minutes = found.groups()
    total = int(hours) * 60 + int(minutes or 0)
    return None if total > _MAX_OFFSET_MIN else -total if sign == "-" else total


def _read_main(main: Directory, found: Exif) -> None:
    orientation = main.integer(ORIENTATION) or 1
    found.orientation = orientation if 1 <= orientation <= 8 else 1  # noqa: PLR2004 - the eight EXIF orientations
    if orientation != found.orientation:
        found.problems.append("orientation-invalid")
    found.make, found.model = clip(main.text(_MAKE), 200), clip(main.text(_MODEL), 200)
    found.title = _windows_text(main.raw(_WINDOWS_TITLE))
    found.description = clip(main.text(_DESCRIPTION)) or _windows_text(main.raw(_WINDOWS_COMMENT))
    found.keywords = tuple(_windows_text(main.raw(_WINDOWS_KEYWORDS)).split(";"))
    rating = main.integer(_RATING)
    found.rating = rating if rating is not None and 0 <= rating <= 5 else None  # noqa: PLR2004 - stars
    found.xmp, found.iptc = main.raw(XMP_PACKET), main.raw(IPTC_BLOCK)
    _keep(found, software=main.text(_SOFTWARE), modified=main.text(_MODIFIED), artist=main.text(_ARTIST))


def _read_detail(detail: Directory, found: Exif) -> None:
    lenses = (detail.text(tag) for tag in (_LENS_MODEL, *_LENS_FALLBACKS))
    found.lens = clip(next((lens for lens in lenses if lens), ""), 200)
    comment = _user_comment(detail)
    if comment and not found.description:
        found.description = comment
    elif comment:
        _keep(found, user_comment=comment)
    for name, tag in _EXPOSURE.items():
        value = detail.number(tag)
        if value is not None and math.isfinite(value) and value > 0:
            found.exposure[name] = int(value) if name in _WHOLE_NUMBERS else value
    flash = detail.integer(_FLASH)
    if flash is not None:
        found.exposure["flash"] = bool(flash & 1)


def _read_dates(main: Directory, detail: Directory, found: Exif) -> None:
    """Original before digitized. An offset of one clock serves the other: it is one camera in one place."""
    offsets = [parse_offset(detail.text(tag)) for tag in (_OFFSET_ORIGINAL, _OFFSET_DIGITIZED, _OFFSET)]
    offset = next((o for o in (*offsets, _zone_hours(detail), _zone_hours(main)) if o is not None), None)
    for name, tag, subsec in (
        ("DateTimeOriginal", _ORIGINAL, _SUBSEC_ORIGINAL),
        ("DateTimeDigitized", _DIGITIZED, _SUBSEC_DIGITIZED),
    ):
        # Some programs write these two into the main directory.
        text = detail.text(tag) or main.text(tag)
        evidence = _evidence(text, detail.text(subsec), offset, f"EXIF {name}")
        if evidence is not None:
            found.original = found.original or parse_exif_date(text) or evidence.local_at
            found.evidence.append(evidence)
        elif tag in detail or tag in main:
            _note(found, "exif-date-unreadable")
            _keep(found, **{f"unreadable_{name}": text})
    if not found.evidence and (changed := _last_changed(main, detail)) is not None:
        found.evidence.append(changed)


def _last_changed(main: Directory, detail: Directory) -> TimeEvidence | None:
    """When a program last wrote the picture: worth more than the date of the file, and less than anything else."""
    local_at = parse_exif_date(main.text(_MODIFIED))
    if local_at is None:
        return None
    return TimeEvidence(
        basis=TimeBasis.FILE_DATE,
        local_at=local_at,
        utc_offset_min=parse_offset(detail.text(_OFFSET)),
        precision=Precision.INSTANT,
        origin="EXIF DateTime",
    )


def _zone_hours(directory: Directory) -> int | None:
    """Minutes east of UTC as cameras told them in whole hours before EXIF had offsets."""
    hours = directory.integer(_ZONE_HOURS)
    if hours is None:
        return None
    signed = hours - _UNSIGNED if hours > _UNSIGNED // 2 else hours
    return signed * 60 if abs(signed) * 60 <= _MAX_OFFSET_MIN else None


def wall_clock(local_at: datetime, offset: int | None, origin: str) -> TimeEvidence:
    """Evidence for a wall clock in the file, with or without its offset."""
    basis = TimeBasis.EXIF if offset is None else TimeBasis.EXIF_OFFSET
    return TimeEvidence(
        basis=basis, local_at=local_at, utc_offset_min=offset, precision=Precision.INSTANT, origin=origin
    )


def _read_position(gps: Directory, found: Exif) -> None:
    found.position = read_gps(gps)
    if found.position is None and gps.numbers(2):
        found.problems.append("gps-unusable")
    day = parse_exif_date(f"{gps.text(_GPS_DATE)} 00:00:00")
    clock = gps.numbers(_GPS_TIME)
    if day is None or len(clock) != 3 or not all(0 <= part <= 60 for part in clock):  # noqa: PLR2004 - h, m, s
        return
    hours, minutes, seconds = (float(part) for part in clock)
    instant = day.replace(tzinfo=UTC) + timedelta(hours=hours, minutes=minutes, seconds=round(seconds, 6))
    found.evidence.append(TimeEvidence(basis=TimeBasis.GPS, instant=instant, origin="EXIF GPS time"))


def _user_comment(detail: Directory) -> str:
    """The comment behind its eight bytes of encoding name."""
    data = detail.raw(_USER_COMMENT)
    code, body = data[:8], data[8:]
    if code.startswith(b"UNICODE"):
        text = body.decode("utf-16-le" if detail.order == "<" else "utf-16-be", "replace")
    elif code.startswith(b"JIS"):
        text = body.decode("iso2022_jp", "replace")
    else:
        text = decode_text((body if code.startswith(b"ASCII") or not code.strip(b"\x00 ") else data).rstrip(b"\x00 "))
    text = clip(text)
    return "" if _FIRMWARE_TEXT.match(text) else text


def _windows_text(data: bytes) -> str:
    """Windows Explorer writes UTF-16 into tags of type byte."""
    return clip(data.decode("utf-16-le", "replace").split("\x00", 1)[0])


def _apple_content_id(note: bytes) -> str:
    """The pairing id of a live photo: tag 0x11 of Apple's maker note, whose offsets count from its own start."""
    if not note.startswith(b"Apple iOS\x00") or note[12:14] not in {b"MM", b"II"}:
        return ""
    # The note has a directory right behind its fourteen-byte head; the eight bytes of a TIFF head are put in front.
    order = note[12:14]
    first = (14).to_bytes(4, "big" if order == b"MM" else "little")
    patched = order + b"\x00*" + first + note[8:14] + note[14:]
    try:
        return clip(Tiff.from_bytes(patched).first_directory().text(_APPLE_CONTENT_ID), 200)
    except TiffError:
        return ""


def _note(found: Exif, problem: str) -> None:
    if problem not in found.problems:
        found.problems.append(problem)


def _keep(found: Exif, **texts: str) -> None:
    kept: Mapping[str, JSON] = {name: clip(text, 1000) for name, text in texts.items() if clip(text, 1000)}
    found.raw.update(kept)
