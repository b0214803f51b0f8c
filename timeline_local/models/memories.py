"""The memory and what belongs to it: tags, people, locations, provenance, search text."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Float,
    ForeignKey,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from timeline_local.models.base import Base, Identified, Instant, Json, Keyed, LocalDay, WallClock
from timeline_local.models.users import OwnedBy

ON_TIMELINE = text("trashed_at IS NULL AND archived = false")
UNNAMED = text("lat IS NOT NULL AND location_pk IS NULL")
LOCKED = text("locked_body IS NOT NULL")


class Memory(Identified, OwnedBy, Base):
    """One thing on the timeline. Time is six facts (domain.times.Moment); local_on is local_at's date, or undated."""

    __tablename__ = "memory"
    __table_args__ = (
        # The timeline in its one order. What follows `id` rides along, so that a skeleton is read from the index alone;
        # SQLite asks for the columns of the condition too.
        Index(
            "ix_memory_timeline",
            "owner_pk",
            "local_on",
            "happened_at",
            "id",
            "tile",
            "kind",
            "archived",
            "trashed_at",
            sqlite_where=ON_TIMELINE,
            postgresql_where=ON_TIMELINE,
        ),
        Index(
            "ix_memory_trash",
            "owner_pk",
            "local_on",
            "happened_at",
            "id",
            sqlite_where=text("trashed_at IS NOT NULL"),
            postgresql_where=text("trashed_at IS NOT NULL"),
        ),
        Index(
            "uq_memory_source_key",
            "owner_pk",
            "source",
            "source_key",
            unique=True,
            sqlite_where=text("source_key IS NOT NULL"),
            postgresql_where=text("source_key IS NOT NULL"),
        ),
        Index("ix_memory_content", "owner_pk", "content_hash"),
        Index("ix_memory_import", "import_pk"),
        # What has no name for its place yet, and what has none, as on the open sea.
        Index("ix_memory_unnamed", "owner_pk", "pk", sqlite_where=UNNAMED, postgresql_where=UNNAMED),
        Index("ix_memory_locked", "owner_pk", "pk", sqlite_where=LOCKED, postgresql_where=LOCKED),
        Index(
            "ix_memory_favourite",
            "owner_pk",
            "local_on",
            sqlite_where=text("favourite = true"),
            postgresql_where=text("favourite = true"),
        ),
    )

    kind: Mapped[int] = mapped_column(SmallInteger)  # domain.kinds.Kind.code
    title: Mapped[str]
    body: Mapped[str]
    happened_at: Mapped[datetime] = mapped_column(Instant)
    happened_until: Mapped[datetime | None] = mapped_column(Instant)
    local_at: Mapped[datetime] = mapped_column(WallClock)
    local_on: Mapped[date | None] = mapped_column(LocalDay, nullable=False)
    utc_offset_min: Mapped[int | None] = mapped_column(SmallInteger)
    zone: Mapped[str | None]
    precision: Mapped[str]
    time_basis: Mapped[str]
    zone_basis: Mapped[str | None]
    lat: Mapped[float | None] = mapped_column(Float(53))
    lon: Mapped[float | None] = mapped_column(Float(53))
    accuracy_m: Mapped[float | None] = mapped_column(Float(53))
    altitude_m: Mapped[float | None] = mapped_column(Float(53))
    location_pk: Mapped[int | None] = mapped_column(ForeignKey("location.pk", ondelete="SET NULL"), index=True)
    favourite: Mapped[bool]
    rating: Mapped[int | None] = mapped_column(SmallInteger)  # 1 to 5
    mood: Mapped[int | None] = mapped_column(SmallInteger)  # 1 very low to 5 very good
    locked_body: Mapped[bytes | None]  # a locked note's text, encrypted with its owner's passphrase; body is then ""
    archived: Mapped[bool]
    trashed_at: Mapped[datetime | None] = mapped_column(Instant)
    source: Mapped[str]  # "user" for what was written here, else the name of an importer's source
    source_key: Mapped[str | None]
    import_pk: Mapped[int | None] = mapped_column(ForeignKey("import.pk", ondelete="SET NULL"))
    content_hash: Mapped[bytes] = mapped_column(LargeBinary(32))  # of what the source gave
    row_hash: Mapped[bytes] = mapped_column(LargeBinary(32))  # of the user content now stored
    extra: Mapped[dict[str, Any]] = mapped_column(Json)
    cover_pk: Mapped[int | None] = mapped_column(ForeignKey("media_file.pk", ondelete="SET NULL"), index=True)
    tile: Mapped[int]  # queries.timeline.pack_tile: ratio | kind and favourite << 8 | tint << 16


class MemoryText(Base):
    """Search text, already folded (domain.fingerprints.fold). Triggers keep the full text index on it."""

    __tablename__ = "memory_text"

    memory_pk: Mapped[int] = mapped_column(ForeignKey("memory.pk", ondelete="CASCADE"), primary_key=True)
    title: Mapped[str]
    body: Mapped[str]
    other: Mapped[str]  # tags, people, locations and file names, one a line


class Tag(Identified, OwnedBy, Base):
    __tablename__ = "tag"
    __table_args__ = (UniqueConstraint("owner_pk", "folded"),)

    name: Mapped[str]
    folded: Mapped[str]


class MemoryTag(Base):
    __tablename__ = "memory_tag"
    __table_args__ = (PrimaryKeyConstraint("memory_pk", "tag_pk"),)

    memory_pk: Mapped[int] = mapped_column(ForeignKey("memory.pk", ondelete="CASCADE"))
    tag_pk: Mapped[int] = mapped_column(ForeignKey("tag.pk", ondelete="CASCADE"), index=True)


class Person(Identified, OwnedBy, Base):
    __tablename__ = "person"
    __table_args__ = (Index("ix_person_name", "owner_pk", "folded"),)

    name: Mapped[str]
    folded: Mapped[str]
    note: Mapped[str]
    born: Mapped[str | None]  # EDTF, or --04-12 without a year
    shows_birthday: Mapped[bool] = mapped_column(server_default=true())  # among what happened on this day
    cover_pk: Mapped[int | None] = mapped_column(ForeignKey("media_file.pk", ondelete="SET NULL"), index=True)
    merged_into_pk: Mapped[int | None] = mapped_column(ForeignKey("person.pk", ondelete="SET NULL"), index=True)


class Identity(Identified, OwnedBy, Base):
    """One address of a person; memories point here, so that merging two people rewrites nothing."""

    __tablename__ = "identity"
    __table_args__ = (UniqueConstraint("owner_pk", "kind", "value"),)

    kind: Mapped[str]  # name | email | phone | handle
    value: Mapped[str]  # normalised: folded for names
    name: Mapped[str]  # as the source wrote it
    person_pk: Mapped[int | None] = mapped_column(ForeignKey("person.pk", ondelete="SET NULL"), index=True)
    # Whose it was before any merge, so that merges can be taken apart.
    former_person_pk: Mapped[int | None] = mapped_column(ForeignKey("person.pk", ondelete="SET NULL"), index=True)


class MemoryPerson(Base):
    __tablename__ = "memory_person"
    __table_args__ = (PrimaryKeyConstraint("memory_pk", "identity_pk"),)

    memory_pk: Mapped[int] = mapped_column(ForeignKey("memory.pk", ondelete="CASCADE"))
    identity_pk: Mapped[int] = mapped_column(ForeignKey("identity.pk", ondelete="CASCADE"), index=True)
    role: Mapped[str]


class Location(Identified, OwnedBy, Base):
    __tablename__ = "location"
    __table_args__ = (Index("ix_location_name", "owner_pk", "folded"),)

    name: Mapped[str]
    folded: Mapped[str]
    lat: Mapped[float | None] = mapped_column(Float(53))
    lon: Mapped[float | None] = mapped_column(Float(53))
    radius_m: Mapped[float | None] = mapped_column(Float(53))
    city: Mapped[str | None]
    region: Mapped[str | None]
    country: Mapped[str | None]
    kind: Mapped[str | None]  # home, work, restaurant, …: free text of the owner or the source
    address: Mapped[str | None]
    country_code: Mapped[str | None]  # ISO 3166-1 alpha-2
    zone: Mapped[str | None]
    source: Mapped[str]  # user | gazetteer | import


class Provenance(Keyed, OwnedBy, Base):
    """Who said what about one field of a memory; the highest rank is in force, a hand edit outranks all."""

    __tablename__ = "provenance"
    __table_args__ = (UniqueConstraint("memory_pk", "field", "source"),)

    memory_pk: Mapped[int] = mapped_column(ForeignKey("memory.pk", ondelete="CASCADE"))
    field: Mapped[str]
    source: Mapped[str]
    rank: Mapped[int] = mapped_column(SmallInteger)
    value: Mapped[Any] = mapped_column(Json)
    import_pk: Mapped[int | None] = mapped_column(ForeignKey("import.pk", ondelete="SET NULL"), index=True)
    at: Mapped[datetime] = mapped_column(Instant)


class Tombstone(OwnedBy, Base):
    """The hash of something the owner deleted for good, so that no import brings it back."""

    __tablename__ = "tombstone"
    __table_args__ = (PrimaryKeyConstraint("owner_pk", "hash"),)

    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(Instant)


class ChangeCounter(OwnedBy, Base):
    """One number per owner that grows with every change of the timeline; ETags and live updates hang on it."""

    __tablename__ = "change_counter"

    owner_pk: Mapped[int] = mapped_column(ForeignKey("user.pk", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger)


class BucketCount(OwnedBy, Base):
    """How many memories of a kind stand on the timeline in one day, month or year; kept up to date per batch."""

    __tablename__ = "bucket_count"
    __table_args__ = (PrimaryKeyConstraint("owner_pk", "unit", "start", "kind"),)

    unit: Mapped[int] = mapped_column(SmallInteger)  # 0 day, 1 month, 2 year
    start: Mapped[int]  # day number of the first day of the bucket; the undated shelf is −2³¹ in each unit
    kind: Mapped[int] = mapped_column(SmallInteger)
    count: Mapped[int]
    folded: Mapped[int] = mapped_column(server_default=text("0"))  # of these, messages in the tile of another one


class Undo(Identified, OwnedBy, Base):
    """What a bulk change did, kept until it expires; the public id is the undo token."""

    __tablename__ = "undo"

    action: Mapped[str]
    data: Mapped[Any] = mapped_column(Json)
    expires_at: Mapped[datetime] = mapped_column(Instant)
