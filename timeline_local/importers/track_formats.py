"""What a file with positions is, told by its first kilobytes; names are only asked where content leaves it open."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO, cast
from weakref import WeakKeyDictionary

from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.encodings import as_utf8, head_as_utf8
from timeline_local.importers.files import extension
from timeline_local.importers.photo_groups import MEDIA
from timeline_local.importers.position_columns import columns_of
from timeline_local.importers.xml_stream import encoding_of

HEAD_BYTES = 8 * 1024
LONG_HEAD_BYTES = 64 * 1024  # a JSON that begins with something long: raw signals, the settings of an app

# Formats of files that the importers of positions read; a source asks for its own.
GOOGLE_RECORDS = "google_records"
GOOGLE_SEMANTIC = "google_semantic"
GOOGLE_PHONE = "google_phone"
GOOGLE_IOS = "google_ios"
GOOGLE_EDITS = "google_edits"
GOOGLE_SETTINGS = "google_settings"
GOOGLE_ENCRYPTED = "google_encrypted"
GOOGLE_BROWSER = "google_browser"
GOOGLE_ACTIVITY = "google_activity"
GPX, KML, KMZ, TCX, FIT, NMEA, IGC, OZI = "gpx", "kml", "kmz", "tcx", "fit", "nmea", "igc", "ozi"
OWNTRACKS, GEOJSON, OVERLAND, CSV = "owntracks", "geojson", "overland", "csv"
POLARSTEPS, POLARSTEPS_TRIP = "polarsteps", "polarsteps_trip"
DAWARICH, DAWARICH_MANIFEST, DAWARICH_PHOTOS = "dawarich", "dawarich_manifest", "dawarich_photos"
# Its files of one record a line, and the list that a record of each is of.
DAWARICH_LINES = {f"dawarich_{name}": name for name in ("points", "visits", "tracks", "trips", "areas", "places")}
AIRTRAIL, FLIGHT_DIARY, FLIGHTY = "airtrail", "flight_diary", "flighty"
STRAVA_ACTIVITIES, STRAVA_MEDIA = "strava_activities", "strava_media"

# Files of these kinds hold no positions of ours; their content is not even looked at.
_NEVER = MEDIA | frozenset(
    "7z aae apk avif bz2 css db dll dmg doc docx emlx epub exe htm html ics iso jar js markdown mbox md mjs numbers"  # noqa: SIM905
    " odt pages pdf plist pkg ppt pptx psd py rar so sqlite sqlite3 svg tar tgz ttf vcf woff xls xlsx xmp xz"
    .split()
)  # fmt: skip
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_FIT_MARK = slice(8, 12)

_ROOT = re.compile(
    r"(?:\s|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>[]*(?:\[.*?\])?\s*>)*<(?:[\w.-]+:)?(?P<root>\w+)", re.DOTALL
)
_ROOTS = {"gpx": GPX, "kml": KML, "TrainingCenterDatabase": TCX}
_KML_PARTS = frozenset({"Document", "Folder", "Placemark"})
_NMEA = re.compile(r"^[^$!\n]{0,40}\$[A-Z]{2}(?:RMC|GGA|GLL|VTG|GSA|GSV|ZDA|GNS|WPL|GNTRK),", re.MULTILINE)
_IGC = re.compile(r"^(?:B\d{13}[NS]\d{8}[EW][AV]|H[A-Z]DTE(?:DATE)?[: ]*\d{6})", re.MULTILINE | re.ASCII)
_OZI = re.compile(r"\A(?:OziExplorer (?:Track Point|Waypoint|Route) File|Geolife trajectory)", re.IGNORECASE)
_OWNTRACKS = re.compile(r'(?:^\d{4}-\d\d-\d\dT[\d:.]+Z\s+\S+\s+|^|\[\s*)\{[^\n]*"_type"\s*:\s*"\w+"', re.MULTILINE)
# What a log of lines is known by, and within how many letters.
_LOGS = ((NMEA, _NMEA, 2048), (OZI, _OZI, 256), (IGC, _IGC, HEAD_BYTES), (OWNTRACKS, _OWNTRACKS, HEAD_BYTES))
_ENCRYPTED = "You have encrypted Timeline backups"
# What only one format has, most telling first; all patterns of a line must be found, in any order, for keys vary.
_JSON_SIGNS: tuple[tuple[str, tuple[re.Pattern[str], ...]], ...] = tuple(
    (found, tuple(re.compile(sign) for sign in signs))
    for found, *signs in (
        (DAWARICH, r'^\{\s*"counts"\s*:\s*\{[^{}]*"notifications"\s*:'),
        (DAWARICH_MANIFEST, r'^\{[^{}]*"format_version"\s*:', r'"dawarich_version"\s*:'),
        (AIRTRAIL, r"^\{", r'"flights"\s*:\s*\[', r'"(?:flightNumber|datePrecision|aircraftReg)"\s*:', r'"from"\s*:'),
        (DAWARICH_PHOTOS, r'^\{[^{}]*"type"\s*:\s*"DawarichPhotoLibrary"'),
        ("dawarich_visits", r'^\{[^\n]*"started_at"\s*:', r'^\{[^\n]*"place_reference"\s*:'),
        ("dawarich_tracks", r'^\{[^\n]*"original_path"\s*:', r'^\{[^\n]*"start_at"\s*:'),
        ("dawarich_trips", r'^\{[^\n]*"started_at"\s*:', r'^\{[^\n]*"visited_countries"\s*:'),
        ("dawarich_points", r'^\{[^\n]*"lonlat"\s*:\s*"(?:SRID=\d+;)?POINT', r'^\{[^\n]*"timestamp"\s*:'),
        ("dawarich_places", r'^\{[^\n]*"lonlat"\s*:\s*"(?:SRID=\d+;)?POINT', r'^\{[^\n]*"source"\s*:'),
        ("dawarich_areas", r'^\{[^{}\n]*"radius"\s*:', r'^\{[^{}\n]*"latitude"\s*:', r'^\{[^{}\n]*"updated_at"\s*:'),
        (GOOGLE_EDITS, r'"timelineEdits"\s*:'),
        (GOOGLE_PHONE, r'"(?:semanticSegments|rawSignals|userLocationProfile)"\s*:'),
        (GOOGLE_SEMANTIC, r'"timelineObjects"\s*:'),
        (GOOGLE_SETTINGS, r'"deviceSettings"\s*:'),
        (OVERLAND, r'"locations"\s*:\s*\[\s*\{', r'"type"\s*:\s*"Feature"', r'"geometry"|"properties"'),
        (GOOGLE_RECORDS, r'"locations"\s*:\s*\[', r'"(?:latitudeE7|timestampMs|longitudeE7)"\s*:'),
        (GOOGLE_RECORDS, r'^\{\s*"locations"\s*:\s*\[\s*\]'),
        (POLARSTEPS, r'^\{\s*"locations"\s*:\s*\[\s*\{', r'"lat"\s*:', r'"time"\s*:'),
        (POLARSTEPS, r"^\[\s*\{", r'"arrived"\s*:', r'"lat"\s*:'),
        (
            POLARSTEPS_TRIP,
            r"^\{",
            r'"(?:all_steps|planned_steps_visible|future_timeline_last_modified)"\s*:',
            r'"(?:start_date|step_count|total_km)"\s*:',
        ),
        (POLARSTEPS_TRIP, r'^\{\s*"steps"\s*:\s*\[\s*\{', r'"location"\s*:\s*\{', r'"(?:start_time|arrived)"\s*:'),
        (GEOJSON, r'"type"\s*:\s*"(?:FeatureCollection|Feature)"'),
        (GEOJSON, r'^\{\s*"(?:type|coordinates|bbox)"', r'"type"\s*:\s*"(?:Multi)?(?:Point|LineString)"'),
        (GOOGLE_IOS, r"^\[", r'"(?:startTime|endTime)"\s*:', r'"(?:visit|activity|timelinePath|timelineMemory)"\s*:'),
        (GOOGLE_ACTIVITY, r'^\[\s*\{\s*"header"\s*:', r'"products"\s*:', r'"titleUrl"|"title"'),
        (OWNTRACKS, r'"_type"\s*:\s*"(?:location|transition)"'),
    )
)
_FLIGHT_COLUMNS = {
    FLIGHT_DIARY: frozenset({"date", "from", "to", "dep time", "arr time", "flight number"}),
    FLIGHTY: frozenset({"from", "to", "gate departure (scheduled)", "gate arrival (scheduled)"}),
}
_KEPT = 20_000  # formats that are remembered of one folder: its sample
_STRAVA_COLUMNS = 15  # activities.csv has had from 17 to over 90 of them


def format_of(name: str, head: bytes) -> str:
    """The format of a file, "" for one that is none of ours. head: its first bytes, unpacked, HEAD_BYTES or more."""
    found = extension(name.removesuffix(".gz"))
    if head[_FIT_MARK] == b".FIT" or found == "fit":
        return FIT
    if head.startswith(_ZIP):
        return KMZ if found == "kmz" or b".kml" in head[:200] else ""
    if b"\x00" in head[:64]:
        return ""
    text = head.decode(encoding_of(head), "replace").lstrip("\ufeff \t\r\n\x1e")
    if text.startswith("<"):
        return _of_xml(text, found)
    if text.startswith(("{", "[")):
        return _of_json(text)
    return _of_text(text, found, name)


def sample_of(folder: Folder) -> Iterator[tuple[File, str]]:
    """The files with positions among those that a folder is recognised by, each with its format."""
    known = _known(folder)
    for file in folder.sample():
        found = known.judge(folder, file)
        if found:
            yield file, found


def files_in(folder: Folder) -> Sequence[tuple[File, str]]:
    """All files with positions in a folder, in the order of `walk`, each with its format.

    Cost  one walk and the head of every file that can be one, once for all sources.
    """
    known = _known(folder)
    if known.all is None:
        listings = (each for each in folder.walk() if isinstance(each, Listing))
        judged = ((file, known.judge(folder, file)) for listing in listings for file in listing.files)
        known.all = tuple((file, found) for file, found in judged if found)
    return known.all


@dataclass(slots=True)
class _Known:
    """What was found out about the files of one folder. formats: of its sample, so at most 20,000."""

    formats: dict[str, str] = field(default_factory=dict)
    all: tuple[tuple[File, str], ...] | None = None

    def judge(self, folder: Folder, file: File) -> str:
        found = self.formats.get(file.locator)
        if found is None:
            found = _judge(folder, file)
            if len(self.formats) < _KEPT:
                self.formats[file.locator] = found
        return found


_knowledge: WeakKeyDictionary[Folder, _Known] = WeakKeyDictionary()


def _known(folder: Folder) -> _Known:
    return _knowledge.setdefault(folder, _Known())


def open_plain(folder: Folder, locator: str) -> BinaryIO:
    """The file opened for reading, unpacked if it is gzip. Raises as `Folder.open`."""
    with folder.open(locator) as file:
        is_packed = file.read(2) == _GZIP
    opened = folder.open(locator)
    return cast("BinaryIO", _Unpacked(opened)) if is_packed else opened


def open_plain_text(folder: Folder, locator: str) -> BinaryIO:
    """The same as UTF-8, also where it is in another form of Unicode."""
    return as_utf8(open_plain(folder, locator))


class _Unpacked(gzip.GzipFile):
    """A gzip file that closes the file below it, too."""

    def __init__(self, packed: BinaryIO) -> None:
        super().__init__(fileobj=packed)
        self._packed = packed

    def close(self) -> None:
        super().close()
        self._packed.close()


def _judge(folder: Folder, file: File) -> str:
    """The format of a file, "" too for one that cannot be opened: who reads everything of the folder tells that."""
    if file.name.casefold() == "archive_browser.html":
        return GOOGLE_BROWSER
    if not file.size or extension(file.name) in _NEVER:
        return ""
    head = folder.head(file.locator, HEAD_BYTES)
    if head.startswith(_GZIP):
        try:
            head = head_as_utf8(zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(head, HEAD_BYTES))
        except zlib.error:
            return ""
    found = format_of(file.name, head)
    if not found and head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["} and len(head) == HEAD_BYTES:
        found = format_of(file.name, folder.head(file.locator, LONG_HEAD_BYTES))
    return found


def _of_xml(text: str, found: str) -> str:
    root = _ROOT.match(text)
    if root is None:
        return ""
    is_part = found == "kml" and root["root"] in _KML_PARTS
    return KML if is_part else _ROOTS.get(root["root"], "")


def _of_json(text: str) -> str:
    return next((found for found, signs in _JSON_SIGNS if all(sign.search(text) for sign in signs)), "")


def _of_text(text: str, found: str, name: str) -> str:
    if text.startswith(_ENCRYPTED) or name.casefold() == "encrypted backups.txt":
        return GOOGLE_ENCRYPTED
    logged = next((log for log, sign, within in _LOGS if sign.search(text[:within])), "")
    if logged:
        return logged
    if found in {"csv", "tsv", "txt", "log", ""}:
        return _of_columns(text, found, name)
    return ""


def _of_columns(text: str, found: str, name: str) -> str:
    first = text.splitlines()[0] if text else ""
    if found == "csv" and name.casefold() == "activities.csv" and first.count(",") >= _STRAVA_COLUMNS:
        return STRAVA_ACTIVITIES
    if found == "csv" and name.casefold() == "media.csv" and first.lower().startswith("media filename"):
        return STRAVA_MEDIA
    cells = {cell.strip(' "').casefold() for cell in re.split("[,;\t]", first)}
    for flights, names in _FLIGHT_COLUMNS.items():
        if names <= cells:
            return flights
    columns = columns_of(text)
    return CSV if columns is not None and columns.is_complete else ""
