"""What one memory is to hold, and the rows that come of it: shared by everything that writes whole memories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.prepared import Prepared
from timeline_local.domain.drafts import JSON, PersonRef, PlaceRef
from timeline_local.domain.fingerprints import row_hash
from timeline_local.domain.fuzzy import DATE_MARK
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.merge import Rank
from timeline_local.domain.times import Moment
from timeline_local.models import MediaFile, MemoryMedia, Provenance
from timeline_local.services.evidence import moment_json
from timeline_local.services.locations import Spot, locations, spot_key, spots
from timeline_local.services.people import Address, Known, identities
from timeline_local.services.tags import tag_pks

USER_SOURCE = "user"

_HASHED = (
    "kind",
    "title",
    "body",
    "happened_at",
    "happened_until",
    "local_at",
    "utc_offset_min",
    "zone",
    "precision",
    "time_basis",
    "zone_basis",
    "lat",
    "lon",
    "accuracy_m",
    "altitude_m",
    "favourite",
    "rating",
    "archived",
)


SEALED = (*_HASHED, "mood", "extra")
"""The columns that `row_hash_of` reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLink:
    """A media file already stored, and what it is to the memory."""

    media_pk: int
    role: MediaRole = MediaRole.PRIMARY
    position: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryContent:
    """Everything one memory is to hold.

    place               its names become a location; its coordinates are not read: lat and lon are.
    location_pk         a location that is there already, instead of a place.
    content_hash        32 bytes over what the source gave (domain.fingerprints.content_hash).
    considered          the time evidence, as `evidence.considered_json` puts it, for the question "why this date?".
    place_is_derived    lat and lon are the owner's position at that instant, not what a source or a file says.
    provenance_source   who says all this, for the same question; rank: domain.merge.Rank.
    """

    kind: Kind
    moment: Moment
    title: str = ""
    body: str = ""
    lat: float | None = None
    lon: float | None = None
    accuracy_m: float | None = None
    altitude_m: float | None = None
    place_is_derived: bool = False
    location_pk: int | None = None
    favourite: bool = False
    rating: int | None = None
    mood: int | None = None
    archived: bool = False
    trashed: bool = False
    tags: tuple[str, ...] = ()
    people: tuple[PersonRef, ...] = ()
    place: PlaceRef | None = None
    media: tuple[MediaLink, ...] = ()
    source: str = USER_SOURCE
    source_key: str | None = None
    content_hash: bytes
    extra: Mapping[str, JSON] = field(default_factory=dict)
    considered: Sequence[JSON] = ()
    provenance_source: str = USER_SOURCE
    provenance_rank: int = Rank.USER


@dataclass(frozen=True, slots=True)
class Names:
    """The keys of everything a batch of memories names."""

    tags: Mapping[str, int]
    people: Mapping[Address, Known]
    locations: Mapping[str, Spot]
    given_locations: Mapping[int, Spot]
    media: Mapping[int, dict[str, Any]]

    def spot(self, content: MemoryContent) -> Spot | None:
        """The location of one of these contents."""
        if content.location_pk is not None:
            return self.given_locations.get(content.location_pk)
        return self.locations.get(spot_key(content.place) or "")


async def resolve_names(
    db: AsyncConnection, owner_pk: int, contents: Sequence[MemoryContent], *, import_pk: int | None, now: datetime
) -> Names:
    """The keys of tags, people, locations and media files these contents name, made where missing."""
    source = contents[0].source
    return Names(
        tags=await tag_pks(db, owner_pk, (tag for each in contents for tag in each.tags), now=now),
        people=await identities(db, owner_pk, (ref for each in contents for ref in each.people), now=now),
        locations=await locations(
            db,
            owner_pk,
            (each.place for each in contents),
            source=source,
            import_pk=import_pk,
            now=now,
        ),
        given_locations=await spots(db, owner_pk, {each.location_pk for each in contents} - {None}),
        media=await _media_facts(db, owner_pk, {link.media_pk for each in contents for link in each.media}),
    )


def memory_values(content: MemoryContent, spot: Spot | None) -> dict[str, Any]:
    """The columns of a memory that its content decides, with their row hash."""
    moment = content.moment
    values: dict[str, Any] = {
        "kind": content.kind.code,
        "title": content.title,
        "body": content.body,
        **moment_values(moment),
        "lat": content.lat,
        "lon": content.lon,
        "accuracy_m": content.accuracy_m,
        "altitude_m": content.altitude_m,
        "location_pk": None if spot is None else spot.pk,
        "favourite": content.favourite,
        "rating": content.rating,
        "mood": content.mood,
        "archived": content.archived,
        "source": content.source,
        "source_key": content.source_key,
        "content_hash": content.content_hash,
        "extra": dict(content.extra),
    }
    return {**values, "row_hash": row_hash_of(values)}


def moment_values(moment: Moment) -> dict[str, Any]:
    """The columns that hold the six facts of time."""
    return {
        "happened_at": moment.happened_at,
        "happened_until": moment.happened_until,
        "local_at": moment.local_at,
        "local_on": moment.local_on,
        "utc_offset_min": moment.utc_offset_min,
        "zone": moment.zone,
        "precision": moment.precision.value,
        "time_basis": moment.time_basis.value,
        "zone_basis": None if moment.zone_basis is None else moment.zone_basis.value,
    }


def row_hash_of(values: Mapping[str, Any]) -> bytes:
    """The hash over the user content of a memory's row; other columns are ignored."""
    content = {name: values[name] for name in _HASHED}
    # Only where they are set: what was written before there were these keeps its hash.
    later = {"mood": values["mood"], DATE_MARK: values["extra"].get(DATE_MARK)}
    return row_hash(content | {name: value for name, value in later.items() if value is not None})


def with_mark(extra: Mapping[str, JSON], mark: str) -> dict[str, JSON]:
    """The extra of a memory with this doubt about its date (`Fuzzy.mark`), and no other."""
    plain = {name: value for name, value in extra.items() if name != DATE_MARK}
    return {**plain, DATE_MARK: mark} if mark else plain


POSITIONS_SOURCE = "positions"
"""Who says what was worked out from the owner's positions."""


def provenance_rows(content: MemoryContent) -> list[dict[str, Any]]:
    """{field, source, rank, value} of everything the content says that the owner may ask about."""
    place = content.place
    said: dict[str, JSON] = {
        "time": {"moment": moment_json(content.moment), "considered": list(content.considered)},
        "title": content.title or None,
        "body": content.body or None,
    }
    if content.lat is not None or place is not None:
        said["place"] = {
            "lat": content.lat,
            "lon": content.lon,
            "name": place.name if place else "",
            "city": place.city if place else "",
            "region": place.region if place else "",
            "country": place.country if place else "",
            **({"kind": place.kind} if place and place.kind else {}),
            **({"address": place.address} if place and place.address else {}),
        }
    return [
        {"field": name, "value": value, **_speaker(content, name)} for name, value in said.items() if value is not None
    ]


def _speaker(content: MemoryContent, field: str) -> dict[str, Any]:
    if field == "place" and content.place_is_derived:
        return {"source": POSITIONS_SOURCE, "rank": int(Rank.DERIVED)}
    return {"source": content.provenance_source, "rank": int(content.provenance_rank)}


async def write_provenance(
    db: AsyncConnection, owner_pk: int, rows: Sequence[dict[str, Any]], *, import_pk: int | None, now: datetime
) -> None:
    """Add new provenance rows: {memory_pk, field, source, rank, value}."""
    if rows:
        shared = {"owner_pk": owner_pk, "import_pk": import_pk, "at": now}
        await _providing(db.dialect).written(db, [{**shared, **row} for row in rows])


@lru_cache(maxsize=4)
def _providing(dialect: Dialect) -> Prepared:
    columns = ("owner_pk", "import_pk", "at", "memory_pk", "field", "source", "rank", "value")
    return Prepared.insert(insert(Provenance).inline(), dialect, columns)


async def link_media(db: AsyncConnection, media: Mapping[int, Sequence[MediaLink]]) -> None:
    """Attach files to memories: memory_pk → links; a file twice in one memory is attached once."""
    rows: dict[tuple[int, int], dict[str, Any]] = {}
    for memory_pk, links in media.items():
        for link in links:
            row = {
                "memory_pk": memory_pk,
                "media_pk": link.media_pk,
                "role": link.role.value,
                "position": link.position,
            }
            rows.setdefault((memory_pk, link.media_pk), row)
    if rows:
        await _attaching(db.dialect).written(db, list(rows.values()))


@lru_cache(maxsize=4)
def _attaching(dialect: Dialect) -> Prepared:
    return Prepared.insert(insert(MemoryMedia).inline(), dialect, ("memory_pk", "media_pk", "role", "position"))


async def _media_facts(db: AsyncConnection, owner_pk: int, media_pks: set[int]) -> dict[int, dict[str, Any]]:
    if not media_pks:
        return {}
    statement = select(
        MediaFile.pk, MediaFile.mime, MediaFile.width, MediaFile.height, MediaFile.tint, MediaFile.file_name
    ).where(MediaFile.owner_pk == owner_pk, MediaFile.pk.in_(media_pks))
    return {row.pk: row._asdict() for row in await db.execute(statement)}
