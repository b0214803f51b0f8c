"""The names a timeline knows, with how many memories each stands for: what a search box can suggest.

Each function is one statement that counts everything the owner has; `services.vocabulary` keeps the outcome. The trash
does not count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Integer, case, func, null, select, type_coerce
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.place_words import Named, PlaceWords
from timeline_local.domain.times import UNDATED_DAY, from_day_number
from timeline_local.models import (
    BucketCount,
    Collection,
    CollectionMember,
    Location,
    MediaFile,
    Memory,
    MemoryMedia,
    Person,
    Tag,
)
from timeline_local.queries.people import mention_counts
from timeline_local.queries.tags import tag_counts
from timeline_local.queries.timeline import BucketUnit


@dataclass(frozen=True, slots=True)
class Name:
    """label: as people read it.   value: as a term of a query says it.   memories: None where it is not counted."""

    label: str
    value: str
    memories: int | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Spot:
    """A location with the levels it lies in. memories: None where not counted. has_point: with coordinates or not."""

    name: str
    city: str
    country: str
    memories: int | None
    has_point: bool
    region: str = ""
    country_code: str = ""

    def told(self, words: PlaceWords) -> Spot:
        """The same, as it is called in another language."""
        there = words.told(Named(self.name, self.city, self.region, self.country, self.country_code))
        return replace(self, name=there.name, city=there.city or "", country=there.country or "")


async def uncounted(db: AsyncConnection, owner_pk: int) -> tuple[list[Name], list[Name], list[Spot]]:
    """People, tags and locations by name alone, at the cost of their number: for the moment before they are counted."""
    called = select(Person.name).where(Person.owner_pk == owner_pk, Person.merged_into_pk.is_(None), Person.name != "")
    carried = select(Tag.name).where(Tag.owner_pk == owner_pk)
    placed = select(*_SPOT, null(), Location.lat.is_not(None)).where(Location.owner_pk == owner_pk)
    spots_ = [_spot(*row) for row in await db.execute(placed)]
    people_, tags_ = [[Name(name, name, None) for (name,) in await db.execute(each)] for each in (called, carried)]
    return people_, tags_, spots_


async def people(db: AsyncConnection, owner_pk: int) -> list[Name]:
    """People whom memories mention."""
    counted = mention_counts(owner_pk).subquery()
    statement = (
        select(Person.name, counted.c.memories)
        .join(counted, counted.c.person_pk == Person.pk)
        .where(Person.owner_pk == owner_pk, Person.merged_into_pk.is_(None), Person.name != "")
    )
    return [Name(name, name, memories) for name, memories in await db.execute(statement)]


async def tags(db: AsyncConnection, owner_pk: int) -> list[Name]:
    """Tags that memories carry."""
    return [Name(tag.name, tag.name, tag.memories) for tag in await tag_counts(db, owner_pk)]


async def spots(db: AsyncConnection, owner_pk: int) -> list[Spot]:
    """Locations where memories are."""
    there = select(func.count()).where(Memory.location_pk == Location.pk).correlate(Location).scalar_subquery()
    gone = (
        select(Memory.location_pk, func.count().label("memories"))
        .where(Memory.owner_pk == owner_pk, Memory.trashed_at.is_not(None), Memory.location_pk.is_not(None))
        .group_by(Memory.location_pk)
        .subquery()
    )
    count = there - func.coalesce(gone.c.memories, 0)
    statement = (
        select(*_SPOT, count, Location.lat.is_not(None))
        .outerjoin(gone, gone.c.location_pk == Location.pk)
        .where(Location.owner_pk == owner_pk, count > 0)
    )
    return [_spot(*row) for row in await db.execute(statement)]


_SPOT = (Location.name, Location.city, Location.region, Location.country, Location.country_code)


def _spot(
    name: str,
    city: str | None,
    region: str | None,
    country: str | None,
    code: str | None,
    memories: int | None,
    has_point: bool,  # noqa: FBT001 - the last of them
) -> Spot:
    return Spot(name, city or "", country or "", memories, bool(has_point), region or "", code or "")


async def collections(db: AsyncConnection, owner_pk: int) -> list[Name]:
    """Every collection; one that is a query is not counted."""
    members = (
        select(func.count())
        .where(CollectionMember.collection_pk == Collection.pk)
        .correlate(Collection)
        .scalar_subquery()
    )
    count = case((Collection.query.is_(None), members), else_=None)
    statement = select(Collection.name, count).where(Collection.owner_pk == owner_pk)
    return [Name(name, name, memories) for name, memories in await db.execute(statement)]


async def sources(db: AsyncConnection, owner_pk: int) -> list[Name]:
    """Where memories came from; `user` is what was written here."""
    statement = (
        select(Memory.source, func.count())
        .where(Memory.owner_pk == owner_pk, Memory.trashed_at.is_(None))
        .group_by(Memory.source)
    )
    return [Name(source, source, memories) for source, memories in await db.execute(statement)]


async def cameras(db: AsyncConnection, owner_pk: int) -> list[Name]:
    """Cameras that took what is in a memory."""
    statement = (
        select(MediaFile.camera_make, MediaFile.camera_model, func.count(MemoryMedia.memory_pk.distinct()))
        .join(MemoryMedia, MemoryMedia.media_pk == MediaFile.pk)
        .where(MediaFile.owner_pk == owner_pk, MediaFile.camera_model.is_not(None) | MediaFile.camera_make.is_not(None))
        .group_by(MediaFile.camera_make, MediaFile.camera_model)
    )
    found = await db.execute(statement)
    return [Name(name, name, memories) for make, model, memories in found if (name := camera_name(make, model))]


def camera_name(make: str | None, model: str | None) -> str:
    """Make and model as people say them; makers that begin the model with their name say it once."""
    make, model = " ".join((make or "").split()), (model or "").strip()
    if not make or model.lower().startswith(make.lower()):
        return model
    return f"{make} {model}".strip()


async def months(db: AsyncConnection, owner_pk: int) -> list[tuple[date, int]]:
    """(first day, memories) of each month that has some, from the maintained counts."""
    start = type_coerce(BucketCount.start, Integer)
    statement = (
        select(start, func.sum(BucketCount.count))
        .where(BucketCount.owner_pk == owner_pk, BucketCount.unit == int(BucketUnit.MONTH), BucketCount.count > 0)
        .where(BucketCount.start != UNDATED_DAY)
        .group_by(start)
    )
    return [(from_day_number(day), int(memories)) for day, memories in await db.execute(statement)]


async def kinds(db: AsyncConnection, owner_pk: int) -> dict[int, int]:
    """How many memories there are of each kind, by its code, from the maintained counts."""
    statement = (
        select(BucketCount.kind, func.sum(BucketCount.count))
        .where(BucketCount.owner_pk == owner_pk, BucketCount.unit == int(BucketUnit.YEAR))
        .group_by(BucketCount.kind)
    )
    return {kind: int(memories) for kind, memories in await db.execute(statement)}
