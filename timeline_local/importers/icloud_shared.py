"""`AlbumInfo.json` beside the pictures of a shared album of iCloud: when each was taken, who shared it, comments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from timeline_local.domain.drafts import CollectionRef
from timeline_local.importers import loose
from timeline_local.importers.icloud_csv import Detail, read_date

FILE, KEY = "albuminfo.json", b'"albumName"'
MAX_BYTES = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SharedAlbum:
    """collection: the album; details: its pictures by their names as written there; said: who shared each, comments."""

    collection: CollectionRef
    details: tuple[Detail, ...]
    said: Mapping[str, dict[str, Any]]


def read_album(data: bytes) -> SharedAlbum | None:
    """An album and its pictures; None for any other JSON."""
    try:
        album = loose.members(loose.document(data))
    except ValueError:
        return None
    name = loose.text(album.get("albumName"))
    if not name or not isinstance(album.get("photos"), list):
        return None
    photos = [each for each in map(loose.members, loose.items(album["photos"])) if loose.text(each.get("name"))]
    return SharedAlbum(
        collection=CollectionRef(key=f"shared:{name}", name=name),
        details=tuple(map(_detail, photos)),
        said={loose.text(each.get("name")): found for each in photos if (found := _said(each))},
    )


def _detail(photo: Mapping[str, Any]) -> Detail:
    return Detail(
        name=loose.text(photo.get("name")),
        checksum="",
        taken_at=_date(photo.get("dateCreated")),
        added_at=None,
        is_favourite=False,
        is_hidden=False,
        is_deleted=False,
        record=orjson.dumps(photo).decode(),
    )


def _date(value: object) -> datetime | None:
    return read_date(loose.text(value)) or loose.instant(value)


def _said(photo: Mapping[str, Any]) -> dict[str, Any]:
    who = _name(photo)
    comments = [
        {"by": _name(each), "text": text}
        for each in map(loose.members, loose.items(photo.get("comments")))
        if (text := loose.text(each.get("comment")))
    ]
    return {**({"shared_by": who} if who else {}), **({"comments": comments} if comments else {})}


def _name(said: Mapping[str, Any]) -> str:
    person = loose.members(said.get("contributor"))
    return loose.text(person.get("fullName")) or loose.text(person.get("appleid"))
