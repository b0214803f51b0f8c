"""Where devices were: millions of rows, so positions are compact and have neither id nor version."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from timeline_local.models.base import Base, Identified, Instant, Json, Keyed
from timeline_local.models.users import OwnedBy


class Device(Identified, OwnedBy, Base):
    """What recorded positions. stale_from, stale_until: the interval whose visits and moves are to be derived anew."""

    __tablename__ = "device"
    __table_args__ = (UniqueConstraint("owner_pk", "key"),)

    key: Mapped[str]  # as its sources name it
    name: Mapped[str]
    source: Mapped[str]  # who named it first
    stale_from: Mapped[datetime | None] = mapped_column(Instant)
    stale_until: Mapped[datetime | None] = mapped_column(Instant)


class Position(Base):
    """One sample of a device. Its import and device are no foreign keys: each would have to be checked by a scan."""

    __tablename__ = "position"
    __table_args__ = (PrimaryKeyConstraint("owner_pk", "device_pk", "at"), {"sqlite_with_rowid": False})

    owner_pk: Mapped[int] = mapped_column(ForeignKey("user.pk", ondelete="CASCADE"), autoincrement=False)
    device_pk: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), autoincrement=False)
    at: Mapped[datetime] = mapped_column(Instant, autoincrement=False)
    lat_e7: Mapped[int] = mapped_column(Integer)  # degrees (WGS 84) times ten million: about a centimetre
    lon_e7: Mapped[int] = mapped_column(Integer)
    accuracy_dm: Mapped[int | None] = mapped_column(Integer)
    altitude_dm: Mapped[int | None] = mapped_column(Integer)
    speed_cmps: Mapped[int | None] = mapped_column(Integer)
    import_pk: Mapped[int | None] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))


class PositionSpan(Base):
    """Between which instants an import added positions of a device, and how many: undo looks nowhere else."""

    __tablename__ = "position_span"
    __table_args__ = (PrimaryKeyConstraint("import_pk", "device_pk"),)

    import_pk: Mapped[int] = mapped_column(ForeignKey("import.pk", ondelete="CASCADE"))
    device_pk: Mapped[int] = mapped_column(ForeignKey("device.pk", ondelete="CASCADE"), index=True)
    from_at: Mapped[datetime] = mapped_column(Instant)
    until_at: Mapped[datetime] = mapped_column(Instant)  # the last one's instant
    held: Mapped[int] = mapped_column(BigInteger)


class PositionErasure(Identified, OwnedBy, Base):
    """An interval whose positions the owner deleted: hidden at once, gone once undo expired, and not imported again."""

    __tablename__ = "position_erasure"
    __table_args__ = (Index("ix_position_erasure_owner", "owner_pk", "pk"),)

    device_pk: Mapped[int | None] = mapped_column(ForeignKey("device.pk", ondelete="CASCADE"), index=True)  # None: any
    import_pk: Mapped[int | None] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))  # None: any
    from_at: Mapped[datetime] = mapped_column(Instant)
    until_at: Mapped[datetime] = mapped_column(Instant)  # exclusive
    expires_at: Mapped[datetime] = mapped_column(Instant)  # until then it can be undone
    is_purged: Mapped[bool]


class MemoryPath(Base):
    """The way of a memory: the positions of a device between two instants, both inclusive. No copy of them."""

    __tablename__ = "memory_path"

    memory_pk: Mapped[int] = mapped_column(ForeignKey("memory.pk", ondelete="CASCADE"), primary_key=True)
    device_pk: Mapped[int] = mapped_column(ForeignKey("device.pk", ondelete="CASCADE"), index=True)
    from_at: Mapped[datetime] = mapped_column(Instant)
    until_at: Mapped[datetime] = mapped_column(Instant)


class SourceLink(Keyed, OwnedBy, Base):
    """What a source calls something by, so that it is found again. Without a target, its owner deleted it since."""

    __tablename__ = "source_link"
    __table_args__ = (UniqueConstraint("owner_pk", "source", "noun", "source_key"),)

    source: Mapped[str]
    noun: Mapped[str]  # collection | location | person
    source_key: Mapped[str]
    collection_pk: Mapped[int | None] = mapped_column(ForeignKey("collection.pk", ondelete="SET NULL"), index=True)
    location_pk: Mapped[int | None] = mapped_column(ForeignKey("location.pk", ondelete="SET NULL"), index=True)
    person_pk: Mapped[int | None] = mapped_column(ForeignKey("person.pk", ondelete="SET NULL"), index=True)
    # The photo of a person from an address book: it is in no memory, and kept for as long as this names it.
    media_pk: Mapped[int | None] = mapped_column(ForeignKey("media_file.pk", ondelete="SET NULL"), index=True)
    said: Mapped[dict[str, Any]] = mapped_column(Json)  # what the source said last: what differs from it is the owner's
    import_pk: Mapped[int | None] = mapped_column(ForeignKey("import.pk", ondelete="SET NULL"), index=True)


class RelationRef(Keyed, OwnedBy, Base):
    """A link that a source told of by the other memory's key, which may be read later, or never."""

    __tablename__ = "relation_ref"
    __table_args__ = (
        UniqueConstraint("from_pk", "kind", "target_key"),
        Index("ix_relation_ref_target", "owner_pk", "source", "target_key"),
    )

    from_pk: Mapped[int] = mapped_column(ForeignKey("memory.pk", ondelete="CASCADE"))
    kind: Mapped[str]
    source: Mapped[str]
    target_key: Mapped[str]
    is_removed: Mapped[bool]  # the owner unlinked the two
    relation_pk: Mapped[int | None] = mapped_column(ForeignKey("relation.pk", ondelete="SET NULL"), index=True)
    import_pk: Mapped[int | None] = mapped_column(ForeignKey("import.pk", ondelete="SET NULL"), index=True)
