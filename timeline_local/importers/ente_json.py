"""The JSON that Ente writes of each picture that it exports: the app into "metadata", its command into ".meta"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from timeline_local.domain.drafts import PlaceRef
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.google_sidecars import GoogleSidecar
from timeline_local.importers.photo_groups import Group

FOLDERS = ("metadata", ".meta")
_ASKED = 3  # pictures without one, after which no other is asked for
_MICROS = 1_000_000


def read_ente(data: bytes) -> GoogleSidecar | None:
    """What the file says, which is much like what Google's do; None for any other JSON."""
    try:
        said = loose.members(loose.document(data))
    except ValueError:
        return None
    taken_at = _instant(said.get("creationTime"))
    if taken_at is None or "modificationTime" not in said or "photoTakenTime" in said:
        return None
    place = loose.members(said.get("geoData") or said.get("location"))
    lat, lon = loose.coordinates(place.get("latitude"), place.get("longitude"))
    return GoogleSidecar(
        title=loose.text(said.get("title")),
        description=loose.text(said.get("caption") or said.get("description")),
        taken_at=taken_at,
        is_upload_time=False,
        place=loose.place_or_none(PlaceRef(lat=lat, lon=lon)),
        people=(),
        is_favourite=False,
        is_archived=False,
        is_trashed=False,
        origin="Ente's sidecar",
    )


def with_entes(groups: Sequence[Group], folder: Folder, locator: str) -> tuple[Group, ...]:
    """The groups of one folder, with the JSON files of the folder inside it that is Ente's."""
    found = list(groups)
    for index, group in enumerate(groups):
        if group.json is None:
            file = _beside(folder, locator, group.primary.name)
            found[index] = group if file is None else replace(group, json=file)
        if index + 1 == _ASKED and all(each.json is None for each in found[:_ASKED]):
            break
    return tuple(found)


def describes(locator: str) -> str:
    """The picture that a file inside of Ente's folder describes; "" for a file that lies elsewhere."""
    above, _, name = locator.rpartition("/")
    album, _, inside = above.rpartition("/")
    if inside not in FOLDERS or not name.endswith(".json"):
        return ""
    picture = name.removesuffix(".json")
    return f"{album}/{picture}" if album else picture


def _beside(folder: Folder, locator: str, name: str) -> File | None:
    for inside in FOLDERS:
        try:
            return folder.stat("/".join(each for each in (locator, inside, f"{name}.json") if each))
        except (OSError, ValueError):
            continue
    return None


def _instant(value: object) -> datetime | None:
    """The app writes seconds since 1970, the command ISO 8601."""
    seconds = loose.number(loose.members(value).get("timestamp"))
    return loose.instant(value) or loose.instant_of_micros(seconds * _MICROS if seconds else None)
