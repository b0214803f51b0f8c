"""What the owner puts together: collections of memories, and memories that belong to one another."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, PrimaryKeyConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from timeline_local.models.base import Base, Identified, Instant
from timeline_local.models.users import OwnedBy


class Collection(Identified, OwnedBy, Base):
    """A named group of memories: put together by hand and in order, or whatever a query finds."""

    __tablename__ = "collection"
    __table_args__ = (UniqueConstraint("owner_pk", "folded"),)

    name: Mapped[str]
    folded: Mapped[str]
    kind: Mapped[str]  # domain.drafts.CollectionKind
    description: Mapped[str]
    query: Mapped[str | None]  # set: its members are what this finds, in timeline order
    cover_pk: Mapped[int | None] = mapped_column(ForeignKey("media_file.pk", ondelete="SET NULL"), index=True)


class CollectionMember(Base):
    """A memory's place in a collection. Positions have gaps, so that moving one member rewrites one row."""

    __tablename__ = "collection_member"
    __table_args__ = (
        PrimaryKeyConstraint("collection_pk", "memory_pk"),
        Index("ix_collection_member_order", "collection_pk", "position"),
    )

    collection_pk: Mapped[int] = mapped_column(ForeignKey("collection.pk", ondelete="CASCADE"))
    memory_pk: Mapped[int] = mapped_column(ForeignKey("memory.pk", ondelete="CASCADE"), index=True)
    position: Mapped[int] = mapped_column(BigInteger)
    added_at: Mapped[datetime] = mapped_column(Instant)


class CollectionAbsence(Base):
    """A memory that the owner took out of a collection which a source fills: it is not put in again."""

    __tablename__ = "collection_absence"
    __table_args__ = (PrimaryKeyConstraint("collection_pk", "memory_pk"),)

    collection_pk: Mapped[int] = mapped_column(ForeignKey("collection.pk", ondelete="CASCADE"))
    memory_pk: Mapped[int] = mapped_column(ForeignKey("memory.pk", ondelete="CASCADE"), index=True)


class Relation(Identified, OwnedBy, Base):
    """One memory's link to another: a reply to it, an edit of it, a quote from it, a part of it, or just related."""

    __tablename__ = "relation"
    __table_args__ = (UniqueConstraint("from_pk", "to_pk", "kind"),)

    from_pk: Mapped[int] = mapped_column(ForeignKey("memory.pk", ondelete="CASCADE"))
    to_pk: Mapped[int] = mapped_column(ForeignKey("memory.pk", ondelete="CASCADE"), index=True)
    kind: Mapped[str]  # reply | edit | quote | part_of | related
    import_pk: Mapped[int | None] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), index=True)
