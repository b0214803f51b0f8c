"""What an XMP sidecar tells of a picture, laid over what else is known of it."""

from __future__ import annotations

from dataclasses import replace

from timeline_local.domain.drafts import Draft, PersonRef, PlaceRef
from timeline_local.domain.xmp import Xmp

MAX_XMP_BYTES = 4 * 1024 * 1024


def with_xmp(draft: Draft, xmp: Xmp) -> Draft:
    """XMP is what an editor of the owner's choice wrote, so it stands before Google's words."""
    names = dict.fromkeys([*(each.name for each in draft.people), *(each.name for each in xmp.people)])
    return replace(
        draft,
        title=xmp.title or draft.title or xmp.headline,
        body=xmp.description or draft.body or xmp.notes,
        place=joined_places(_place(xmp), draft.place),
        tags=xmp.keywords or draft.tags,
        people=tuple(PersonRef(name=name) for name in names),
        rating=draft.rating if xmp.rating is None else xmp.rating,
        favourite=draft.favourite or xmp.is_favourite,
        extra={**draft.extra, "kind": "screenshot"} if xmp.is_screenshot else draft.extra,
    )


def _place(xmp: Xmp) -> PlaceRef | None:
    place = PlaceRef(
        lat=xmp.lat if xmp.lon is not None else None,
        lon=xmp.lon if xmp.lat is not None else None,
        altitude_m=xmp.altitude_m,
        name=xmp.place,
        city=xmp.city,
        region=xmp.region,
        country=xmp.country or xmp.country_code,
    )
    return None if place == PlaceRef() else place


def joined_places(first: PlaceRef | None, second: PlaceRef | None) -> PlaceRef | None:
    if first is None or second is None:
        return first or second
    if first.lat is not None:
        return first
    return replace(first, lat=second.lat, lon=second.lon, altitude_m=second.altitude_m)
