"""Positions and their devices, what sources call things by, birthdays, kinds of collections, links told by key.

Types are spelled out here, so that a later change of the models cannot change what this revision made.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UID = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
INSTANT = sa.BigInteger()  # microseconds since 1970
JSON = sa.Text().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add the columns that existing tables lacked, then the new tables."""
    op.add_column("person", sa.Column("born", sa.String(), nullable=True))
    op.add_column("collection", sa.Column("kind", sa.String(), nullable=False, server_default="album"))
    op.add_column("relation", sa.Column("import_pk", KEY, nullable=True))
    op.create_index(op.f("ix_relation_import_pk"), "relation", ["import_pk"])
    _device()
    _position()
    _position_span()
    _position_erasure()
    _memory_path()
    _source_link()
    _relation_ref()
    _collection_absence()


def _references(table: str, column: str, other: str, rule: str = "CASCADE") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.pk"], name=op.f(f"fk_{table}_{column}"), ondelete=rule)


def _identified(table: str, *columns: sa.Column[object] | sa.Constraint) -> None:
    """A table of rows with a public id, an owner and an edit history."""
    op.create_table(
        table,
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *columns,
        _references(table, "owner_pk", "user"),
        sa.PrimaryKeyConstraint("pk", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("id", name=op.f(f"uq_{table}_id")),
    )


def _device() -> None:
    _identified(
        "device",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("stale_from", INSTANT, nullable=True),
        sa.Column("stale_until", INSTANT, nullable=True),
        sa.UniqueConstraint("owner_pk", "key", name=op.f("uq_device_owner_pk_key")),
    )


def _position() -> None:
    op.create_table(
        "position",
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("device_pk", KEY, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("lat_e7", sa.Integer(), nullable=False),
        sa.Column("lon_e7", sa.Integer(), nullable=False),
        sa.Column("accuracy_dm", sa.Integer(), nullable=True),
        sa.Column("altitude_dm", sa.Integer(), nullable=True),
        sa.Column("speed_cmps", sa.Integer(), nullable=True),
        sa.Column("import_pk", KEY, nullable=True),
        _references("position", "owner_pk", "user"),
        sa.PrimaryKeyConstraint("owner_pk", "device_pk", "at", name=op.f("pk_position")),
        sqlite_with_rowid=False,
    )


def _position_span() -> None:
    op.create_table(
        "position_span",
        sa.Column("import_pk", KEY, nullable=False),
        sa.Column("device_pk", KEY, nullable=False),
        sa.Column("from_at", INSTANT, nullable=False),
        sa.Column("until_at", INSTANT, nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        _references("position_span", "import_pk", "import"),
        _references("position_span", "device_pk", "device"),
        sa.PrimaryKeyConstraint("import_pk", "device_pk", name=op.f("pk_position_span")),
    )
    op.create_index(op.f("ix_position_span_device_pk"), "position_span", ["device_pk"])


def _position_erasure() -> None:
    _identified(
        "position_erasure",
        sa.Column("device_pk", KEY, nullable=True),
        sa.Column("import_pk", KEY, nullable=True),
        sa.Column("from_at", INSTANT, nullable=False),
        sa.Column("until_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("is_purged", sa.Boolean(), nullable=False),
        _references("position_erasure", "device_pk", "device"),
    )
    op.create_index("ix_position_erasure_owner", "position_erasure", ["owner_pk", "pk"])
    op.create_index(op.f("ix_position_erasure_device_pk"), "position_erasure", ["device_pk"])


def _memory_path() -> None:
    op.create_table(
        "memory_path",
        sa.Column("memory_pk", KEY, nullable=False),
        sa.Column("device_pk", KEY, nullable=False),
        sa.Column("from_at", INSTANT, nullable=False),
        sa.Column("until_at", INSTANT, nullable=False),
        _references("memory_path", "memory_pk", "memory"),
        _references("memory_path", "device_pk", "device"),
        sa.PrimaryKeyConstraint("memory_pk", name=op.f("pk_memory_path")),
    )
    op.create_index(op.f("ix_memory_path_device_pk"), "memory_path", ["device_pk"])


def _source_link() -> None:
    targets = ("collection", "location", "person")
    op.create_table(
        "source_link",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("noun", sa.String(), nullable=False),
        sa.Column("source_key", sa.String(), nullable=False),
        *(sa.Column(f"{target}_pk", KEY, nullable=True) for target in targets),
        sa.Column("media_pk", KEY, nullable=True),
        sa.Column("said", JSON, nullable=False),
        sa.Column("import_pk", KEY, nullable=True),
        _references("source_link", "owner_pk", "user"),
        *(_references("source_link", f"{target}_pk", target, "SET NULL") for target in targets),
        _references("source_link", "media_pk", "media_file", "SET NULL"),
        _references("source_link", "import_pk", "import", "SET NULL"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_source_link")),
        sa.UniqueConstraint(
            "owner_pk",
            "source",
            "noun",
            "source_key",
            name=op.f("uq_source_link_owner_pk_source_noun_source_key"),
        ),
    )
    for target in (*targets, "media", "import"):
        op.create_index(op.f(f"ix_source_link_{target}_pk"), "source_link", [f"{target}_pk"])


def _relation_ref() -> None:
    op.create_table(
        "relation_ref",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("from_pk", KEY, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("target_key", sa.String(), nullable=False),
        sa.Column("is_removed", sa.Boolean(), nullable=False),
        sa.Column("relation_pk", KEY, nullable=True),
        sa.Column("import_pk", KEY, nullable=True),
        _references("relation_ref", "owner_pk", "user"),
        _references("relation_ref", "from_pk", "memory"),
        _references("relation_ref", "relation_pk", "relation", "SET NULL"),
        _references("relation_ref", "import_pk", "import", "SET NULL"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_relation_ref")),
        sa.UniqueConstraint("from_pk", "kind", "target_key", name=op.f("uq_relation_ref_from_pk_kind_target_key")),
    )
    op.create_index("ix_relation_ref_target", "relation_ref", ["owner_pk", "source", "target_key"])
    for column in ("relation_pk", "import_pk"):
        op.create_index(op.f(f"ix_relation_ref_{column}"), "relation_ref", [column])


def _collection_absence() -> None:
    op.create_table(
        "collection_absence",
        sa.Column("collection_pk", KEY, nullable=False),
        sa.Column("memory_pk", KEY, nullable=False),
        _references("collection_absence", "collection_pk", "collection"),
        _references("collection_absence", "memory_pk", "memory"),
        sa.PrimaryKeyConstraint("collection_pk", "memory_pk", name=op.f("pk_collection_absence")),
    )
    op.create_index(op.f("ix_collection_absence_memory_pk"), "collection_absence", ["memory_pk"])
