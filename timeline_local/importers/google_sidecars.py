"""The JSON files of Google Photos: what one says about a picture, and what one says about an album.

Their names are translated and clipped, so only their content tells them apart: a picture's has `photoTakenTime`, an
album's little more than a title.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from timeline_local.domain.drafts import JSON, PlaceRef
from timeline_local.domain.filenames import NameDate
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.photo_groups import is_media

MAX_SIDECAR_BYTES = 1024 * 1024

_A_DAY_AND_ITS_ZONES = timedelta(hours=38)
_SLASHES = re.compile(r"[/\\]")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Everything an album's file has been seen to hold; a note of Google Keep has a title, too, and more.
_ALBUM_KEYS = frozenset(
    "title description access date location geoData geoDataExif enrichments sharedAlbumComments media".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleSidecar:
    """What Google says about one picture. taken_at is aware UTC; title is the file's true name.

    is_upload_time  taken_at is only when the picture was uploaded: Google knew no better.
    extra           what we have no column for: the address at Google, where it came from, when it was uploaded.
    """

    title: str
    description: str
    taken_at: datetime | None
    is_upload_time: bool
    place: PlaceRef | None
    people: tuple[str, ...]
    is_favourite: bool
    is_archived: bool
    is_trashed: bool
    extra: Mapping[str, JSON] = field(default_factory=dict)
    origin: str = "Google Photos sidecar"

    def name_of(self, file_name: str) -> str:
        """What the picture was called before Google clipped and numbered its name, as a file can be called.

        Titles may hold slashes and may lack the extension, which is the file's then.
        """
        title = _SLASHES.sub("_", self.title).removesuffix(".json")
        if not title.strip("._"):
            return file_name
        _, dot, extension = file_name.rpartition(".")
        has_own = not dot or is_media(title) or title.casefold().endswith(f".{extension.casefold()}")
        return title if has_own else f"{title}.{extension}"

    def evidence(self, named: NameDate | None = None) -> tuple[TimeEvidence, ...]:
        """The date as a statement for `times.decide`; an owner may have set it, and then it corrects the camera.

        named  the date in the file's name: it is believed before a mere time of upload that is days away.
        """
        if self.taken_at is None:
            return ()
        is_late = named is not None and abs(named.local_at - self.taken_at.replace(tzinfo=None)) > _A_DAY_AND_ITS_ZONES
        if self.is_upload_time and is_late:
            origin = "upload to Google Photos"
            return (TimeEvidence(basis=TimeBasis.FILE_DATE, instant=self.taken_at, origin=origin),)
        return (
            TimeEvidence(
                basis=TimeBasis.SIDECAR,
                instant=self.taken_at,
                origin=self.origin,
                may_correct=not self.is_upload_time,
            ),
        )


@dataclass(frozen=True, slots=True)
class GoogleAlbum:
    """title is "" for an album its owner never named."""

    title: str


def parse_sidecar(data: bytes) -> GoogleSidecar | None:
    """What the file says, None when it is not the sidecar of a picture (an album's, or no JSON at all)."""
    record = _record(data)
    if record is None or not isinstance(record.get("photoTakenTime"), dict):
        return None
    taken_at = _instant(record["photoTakenTime"].get("timestamp"))
    uploaded_at = _instant(_dict(record.get("creationTime")).get("timestamp"))
    return GoogleSidecar(
        title=_text(record.get("title")),
        description=_text(record.get("description")),
        taken_at=taken_at,
        is_upload_time=taken_at is not None and taken_at == uploaded_at,
        place=_place(_dict(record.get("geoData"))) or _place(_dict(record.get("geoDataExif"))),
        people=tuple(_people(record.get("people"))),
        is_favourite=record.get("favorited") is True,
        is_archived=record.get("archived") is True or record.get("inLockedFolder") is True,
        is_trashed=record.get("trashed") is True,
        extra=_extra(record, uploaded_at),
    )


def parse_album(data: bytes) -> GoogleAlbum | None:
    """The album that the file describes, None when it describes none."""
    record = _record(data)
    if not record or "photoTakenTime" in record:
        return None
    old = record.get("albumData")
    if isinstance(old, dict):
        return GoogleAlbum(_text(old.get("title")))
    is_album = set(record) <= _ALBUM_KEYS and (
        isinstance(record.get("title"), str) or isinstance(record.get("enrichments"), list)
    )
    return GoogleAlbum(_text(record.get("title"))) if is_album else None


def _record(data: bytes) -> dict[str, Any] | None:
    try:
        record = loose.document(data)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _extra(record: dict[str, Any], uploaded_at: datetime | None) -> dict[str, JSON]:
    origin = _dict(record.get("googlePhotosOrigin"))
    mobile = _dict(origin.get("mobileUpload"))
    found: dict[str, JSON] = {
        "url": _text(record.get("url")),
        "device_folder": _text(_dict(mobile.get("deviceFolder")).get("localFolderName")),
        "device_type": _text(mobile.get("deviceType")),
        "app": _text(_dict(record.get("appSource")).get("androidPackageName")),
        "composition": _text(_dict(origin.get("composition")).get("type")),
        "from_partner": "fromPartnerSharing" in origin,
        "from_shared_album": "fromSharedAlbum" in origin,
        "locked_folder": record.get("inLockedFolder") is True,
        "uploaded_at": uploaded_at.isoformat() if uploaded_at else "",
    }
    return {name: value for name, value in found.items() if value}


def _instant(value: object) -> datetime | None:
    """Seconds since 1970 as text; "0" is how Google says that it does not know."""
    try:
        seconds = int(value) if isinstance(value, str | int) else 0
        return _EPOCH + timedelta(seconds=seconds) if seconds else None
    except (ValueError, OverflowError):
        return None


def _place(geo: dict[str, Any]) -> PlaceRef | None:
    lat, lon = _number(geo.get("latitude")), _number(geo.get("longitude"))
    if lat is None or lon is None or (lat == 0 and lon == 0) or abs(lat) > 90 or abs(lon) > 180:  # noqa: PLR2004
        return None
    return PlaceRef(lat=lat, lon=lon, altitude_m=_number(geo.get("altitude")) or None)


def _people(value: object) -> list[str]:
    named = value if isinstance(value, list) else []
    return list(dict.fromkeys(name for each in named if (name := _text(_dict(each).get("name")))))


def _number(value: object) -> float | None:
    is_finite = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9  # noqa: PLR2004
    return float(value) if is_finite else None  # type: ignore[arg-type]


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    """Text as the database takes it: without NULs and halves of characters."""
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode("utf-8", "replace").decode().strip()
