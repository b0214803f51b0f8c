"""The JSON that immich-go writes beside each picture that it takes out of Immich."""

from __future__ import annotations

from dataclasses import dataclass

from timeline_local.domain.drafts import CollectionRef
from timeline_local.domain.stamps import read_stamp
from timeline_local.domain.xmp import Xmp, XmpDate
from timeline_local.domain.xmp_values import rating_of
from timeline_local.importers import loose

_WRITER = "immich-go"
_FIRST_YEAR = 2  # what Go writes for no date is in the year 1


@dataclass(frozen=True, slots=True)
class ImmichSidecar:
    """xmp: date, place, text, tags, stars and the favourite's mark, in the words of XMP."""

    xmp: Xmp
    albums: tuple[CollectionRef, ...]
    is_archived: bool
    is_trashed: bool


def read_immich(data: bytes) -> ImmichSidecar | None:
    """What the file says; None for any other JSON."""
    try:
        said = loose.members(loose.document(data))
    except ValueError:
        return None
    if not loose.text(said.get("software")).startswith(_WRITER):
        return None
    lat, lon = loose.coordinates(said.get("latitude"), said.get("longitude"))
    taken = read_stamp(loose.text(said.get("dateTaken")))
    tags = (loose.members(each) for each in loose.items(said.get("tags")))
    albums = (loose.text(loose.members(each).get("title")) for each in loose.items(said.get("albums")))
    return ImmichSidecar(
        xmp=Xmp(
            dates=(XmpDate("Immich", taken),) if taken is not None and taken.local_at.year >= _FIRST_YEAR else (),
            lat=lat,
            lon=lon,
            description=loose.text(said.get("description")),
            keywords=loose.texts([each.get("value") or each.get("name") for each in tags]),
            rating=rating_of(loose.spelled(said.get("rating"))),
            is_favourite=said.get("favorited") is True,
        ),
        albums=tuple(CollectionRef(key=f"immich:{title}", name=title) for title in dict.fromkeys(albums) if title),
        is_archived=said.get("archived") is True,
        is_trashed=said.get("trashed") is True,
    )
