"""What Picasa noted about the pictures of a folder: stars, captions, tags, people, places, albums (`.picasa.ini`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from timeline_local.importers.encodings import decode

NAMES = (".picasa.ini", "Picasa.ini", "picasa.ini")
MAX_BYTES = 8 * 1024 * 1024

_FACE = re.compile(r"rect64\([0-9a-f]*\),(?P<contact>[0-9a-f]+)", re.IGNORECASE | re.ASCII)
_NOBODY = "ffffffffffffffff"  # a face that was looked at and given no name
_LAT, _LON = 90, 180


@dataclass(frozen=True, slots=True, kw_only=True)
class PicasaPicture:
    """What is noted of one picture. albums: (id, name)."""

    has_star: bool = False
    caption: str = ""
    keywords: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    albums: tuple[tuple[str, str], ...] = ()
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True)
class PicasaFolder:
    """name: what the owner called the folder, "" for its plain name. pictures: by name in small letters."""

    name: str = ""
    pictures: Mapping[str, PicasaPicture] = field(default_factory=dict)


def read_picasa(data: bytes) -> PicasaFolder:
    """Read the file; what cannot be understood is left out."""
    sections = _sections(decode(data))
    albums = {
        key.removeprefix(".album:"): each.get("name", "") for key, each in sections.items() if key.startswith(".album:")
    }
    contacts = {
        key: value.partition(";")[0].strip()
        for section in ("contacts2", "contacts")
        for key, value in sections.get(section, {}).items()
    }
    own = {"picasa", "contacts", "contacts2", "encoding"}
    pictures = {
        key: _picture(each, albums, contacts)
        for key, each in sections.items()
        if key not in own and not key.startswith(".album:")
    }
    return PicasaFolder(sections.get("picasa", {}).get("name", ""), pictures)


def _sections(text: str) -> dict[str, dict[str, str]]:
    sections: dict[str, dict[str, str]] = {}
    current: dict[str, str] = {}
    for line in text.splitlines():
        stripped = line.strip()
        if stripped.startswith("[") and stripped.endswith("]"):
            current = sections.setdefault(stripped[1:-1].casefold(), {})
        elif "=" in stripped:
            key, _, value = stripped.partition("=")
            current[key.strip().casefold()] = value.strip()
    return sections


def _picture(noted: Mapping[str, str], albums: Mapping[str, str], contacts: Mapping[str, str]) -> PicasaPicture:
    faces = [match["contact"].casefold() for match in _FACE.finditer(noted.get("faces", ""))]
    known = [contacts[face] for face in faces if face != _NOBODY and contacts.get(face)]
    ids = [each.strip().casefold() for each in noted.get("albums", "").split(",") if each.strip()]
    lat, lon = _geotag(noted.get("geotag", ""))
    return PicasaPicture(
        has_star=noted.get("star", "").casefold() in {"yes", "true", "1"},
        caption=noted.get("caption", ""),
        keywords=tuple(dict.fromkeys(each.strip() for each in noted.get("keywords", "").split(",") if each.strip())),
        people=tuple(dict.fromkeys(known)),
        albums=tuple((each, albums[each]) for each in dict.fromkeys(ids) if albums.get(each)),
        lat=lat,
        lon=lon,
    )


def _geotag(text: str) -> tuple[float | None, float | None]:
    first, _, second = text.partition(",")
    try:
        lat, lon = float(first), float(second)
    except ValueError:
        return None, None
    is_place = abs(lat) <= _LAT and abs(lon) <= _LON and (lat, lon) != (0, 0)
    return (lat, lon) if is_place else (None, None)
