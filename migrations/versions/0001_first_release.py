"""The first release: every table, the indexes of the timeline, and full text search.

Types are spelled out here, so that a later change of the models cannot change what this revision made.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UID = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
INSTANT = sa.BigInteger()  # microseconds since 1970
DAY = sa.Integer()  # days since 1970-01-01; -2**31 is the undated shelf
JSON = sa.Text().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Make every table in the order of its references, then the search index of the database at hand."""
    _user()
    _api_key()
    _bucket_count()
    _change_counter()
    _idempotency_key()
    _import()
    _location()
    _media_file()
    _person()
    _session()
    _setting()
    _tag()
    _tombstone()
    _undo()
    _identity()
    _job()
    _memory()
    _import_item()
    _memory_media()
    _memory_person()
    _memory_tag()
    _memory_text()
    _provenance()
    if op.get_bind().dialect.name == "postgresql":
        _search_postgresql()
    else:
        _search_sqlite()
        _tell_planner_sqlite()


def _user() -> None:
    op.create_table(
        "user",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("password_hash", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
        sa.UniqueConstraint("id", name=op.f("uq_user_id")),
    )


def _api_key() -> None:
    op.create_table(
        "api_key",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scopes", JSON, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("last_used_at", INSTANT, nullable=True),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f("fk_api_key_owner_pk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_api_key")),
        sa.UniqueConstraint("id", name=op.f("uq_api_key_id")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_key_prefix")),
    )


def _bucket_count() -> None:
    op.create_table(
        "bucket_count",
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("unit", sa.SmallInteger(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f("fk_bucket_count_owner_pk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("owner_pk", "unit", "start", "kind", name=op.f("pk_bucket_count")),
    )


def _change_counter() -> None:
    op.create_table(
        "change_counter",
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f("fk_change_counter_owner_pk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("owner_pk", name=op.f("pk_change_counter")),
    )


def _idempotency_key() -> None:
    op.create_table(
        "idempotency_key",
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("object_id", UID, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_pk"], ["user.pk"], name=op.f("fk_idempotency_key_owner_pk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("owner_pk", "key", name=op.f("pk_idempotency_key")),
    )
    op.create_index(op.f("ix_idempotency_key_created_at"), "idempotency_key", ["created_at"], unique=False)


def _import() -> None:
    op.create_table(
        "import",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("is_upload", sa.Boolean(), nullable=False),
        sa.Column("options", JSON, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("plan", JSON, nullable=True),
        sa.Column("counts", JSON, nullable=False),
        sa.Column("error", JSON, nullable=True),
        sa.Column("job_pk", sa.Integer(), nullable=True),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.Column("undoable_until", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f("fk_import_owner_pk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_import")),
        sa.UniqueConstraint("id", name=op.f("uq_import_id")),
    )
    op.create_index("ix_import_owner", "import", ["owner_pk", "pk"], unique=False)


def _location() -> None:
    op.create_table(
        "location",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.Column("lat", sa.Float(precision=53), nullable=True),
        sa.Column("lon", sa.Float(precision=53), nullable=True),
        sa.Column("radius_m", sa.Float(precision=53), nullable=True),
        sa.Column("city", sa.String(), nullable=True),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f("fk_location_owner_pk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_location")),
        sa.UniqueConstraint("id", name=op.f("uq_location_id")),
    )
    op.create_index("ix_location_name", "location", ["owner_pk", "folded"], unique=False)


def _media_file() -> None:
    op.create_table(
        "media_file",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(length=32), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("mime", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("storage", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=True),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("orientation", sa.SmallInteger(), nullable=True),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("thumbhash", sa.LargeBinary(), nullable=True),
        sa.Column("tint", sa.SmallInteger(), nullable=True),
        sa.Column("camera_make", sa.String(), nullable=True),
        sa.Column("camera_model", sa.String(), nullable=True),
        sa.Column("lens", sa.String(), nullable=True),
        sa.Column("content_id", sa.String(), nullable=True),
        sa.Column("facts", JSON, nullable=False),
        sa.Column("preview_state", sa.String(), nullable=False),
        sa.Column("preview_reason", sa.String(), nullable=True),
        sa.Column("preview_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f("fk_media_file_owner_pk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_media_file")),
        sa.UniqueConstraint("id", name=op.f("uq_media_file_id")),
        sa.UniqueConstraint("owner_pk", "sha256", name=op.f("uq_media_file_owner_pk_sha256")),
    )
    op.create_index(
        "ix_media_file_pending",
        "media_file",
        ["owner_pk", "pk"],
        unique=False,
        sqlite_where=sa.text("preview_state = 'pending'"),
        postgresql_where=sa.text("preview_state = 'pending'"),
    )


def _person() -> None:
    op.create_table(
        "person",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("cover_pk", KEY, nullable=True),
        sa.Column("merged_into_pk", KEY, nullable=True),
        sa.ForeignKeyConstraint(["cover_pk"], ["media_file.pk"], name=op.f("fk_person_cover_pk"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["merged_into_pk"], ["person.pk"], name=op.f("fk_person_merged_into_pk"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f("fk_person_owner_pk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_person")),
        sa.UniqueConstraint("id", name=op.f("uq_person_id")),
    )
    op.create_index(op.f("ix_person_cover_pk"), "person", ["cover_pk"], unique=False)
    op.create_index(op.f("ix_person_merged_into_pk"), "person", ["merged_into_pk"], unique=False)


def _session() -> None:
    op.create_table(
        "session",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f("fk_session_owner_pk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_session")),
        sa.UniqueConstraint("id", name=op.f("uq_session_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_session_token_hash")),
    )


def _setting() -> None:
    op.create_table(
        "setting",
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", JSON, nullable=False),
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f("fk_setting_owner_pk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("owner_pk", "name", name=op.f("pk_setting")),
    )


def _tag() -> None:
    op.create_table(
        "tag",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("folded", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f("fk_tag_owner_pk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_tag")),
        sa.UniqueConstraint("id", name=op.f("uq_tag_id")),
        sa.UniqueConstraint("owner_pk", "folded", name=op.f("uq_tag_owner_pk_folded")),
    )


def _tombstone() -> None:
    op.create_table(
        "tombstone",
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f("fk_tombstone_owner_pk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("owner_pk", "hash", name=op.f("pk_tombstone")),
    )


def _undo() -> None:
    op.create_table(
        "undo",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f("fk_undo_owner_pk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_undo")),
        sa.UniqueConstraint("id", name=op.f("uq_undo_id")),
    )


def _identity() -> None:
    op.create_table(
        "identity",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("person_pk", KEY, nullable=True),
        sa.Column("former_person_pk", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["former_person_pk"], ["person.pk"], name=op.f("fk_identity_former_person_pk"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f("fk_identity_owner_pk"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_pk"], ["person.pk"], name=op.f("fk_identity_person_pk"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_identity")),
        sa.UniqueConstraint("id", name=op.f("uq_identity_id")),
        sa.UniqueConstraint("owner_pk", "kind", "value", name=op.f("uq_identity_owner_pk_kind_value")),
    )
    op.create_index(op.f("ix_identity_person_pk"), "identity", ["person_pk"], unique=False)
    op.create_index(op.f("ix_identity_former_person_pk"), "identity", ["former_person_pk"], unique=False)


def _job() -> None:
    op.create_table(
        "job",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("wish", sa.String(), nullable=True),
        sa.Column("payload", JSON, nullable=False),
        sa.Column("progress", JSON, nullable=False),
        sa.Column("checkpoint", JSON, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", JSON, nullable=True),
        sa.Column("import_pk", KEY, nullable=True),
        sa.Column("run_after", INSTANT, nullable=False),
        sa.Column("lease_holder", sa.String(), nullable=True),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["import_pk"], ["import.pk"], name=op.f("fk_job_import_pk"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f("fk_job_owner_pk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_job")),
        sa.UniqueConstraint("id", name=op.f("uq_job_id")),
    )
    op.create_index(op.f("ix_job_import_pk"), "job", ["import_pk"], unique=False)
    op.create_index("ix_job_owner", "job", ["owner_pk", "pk"], unique=False)
    op.create_index("ix_job_state", "job", ["state", "run_after"], unique=False)


def _memory() -> None:
    op.create_table(
        "memory",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("happened_at", INSTANT, nullable=False),
        sa.Column("happened_until", INSTANT, nullable=True),
        sa.Column("local_at", INSTANT, nullable=False),
        sa.Column("local_on", DAY, nullable=False),
        sa.Column("utc_offset_min", sa.SmallInteger(), nullable=True),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("precision", sa.String(), nullable=False),
        sa.Column("time_basis", sa.String(), nullable=False),
        sa.Column("zone_basis", sa.String(), nullable=True),
        sa.Column("lat", sa.Float(precision=53), nullable=True),
        sa.Column("lon", sa.Float(precision=53), nullable=True),
        sa.Column("accuracy_m", sa.Float(precision=53), nullable=True),
        sa.Column("altitude_m", sa.Float(precision=53), nullable=True),
        sa.Column("location_pk", KEY, nullable=True),
        sa.Column("favourite", sa.Boolean(), nullable=False),
        sa.Column("rating", sa.SmallInteger(), nullable=True),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("trashed_at", INSTANT, nullable=True),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("source_key", sa.String(), nullable=True),
        sa.Column("import_pk", KEY, nullable=True),
        sa.Column("content_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("row_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("extra", JSON, nullable=False),
        sa.Column("cover_pk", KEY, nullable=True),
        sa.Column("tile", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cover_pk"], ["media_file.pk"], name=op.f("fk_memory_cover_pk"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["import_pk"], ["import.pk"], name=op.f("fk_memory_import_pk"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["location_pk"], ["location.pk"], name=op.f("fk_memory_location_pk"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f("fk_memory_owner_pk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_memory")),
        sa.UniqueConstraint("id", name=op.f("uq_memory_id")),
    )
    op.create_index("ix_memory_content", "memory", ["owner_pk", "content_hash"], unique=False)
    op.create_index(op.f("ix_memory_cover_pk"), "memory", ["cover_pk"], unique=False)
    op.create_index(
        "ix_memory_favourite",
        "memory",
        ["owner_pk", "local_on"],
        unique=False,
        sqlite_where=sa.text("favourite = true"),
        postgresql_where=sa.text("favourite = true"),
    )
    op.create_index("ix_memory_import", "memory", ["import_pk"], unique=False)
    op.create_index(op.f("ix_memory_location_pk"), "memory", ["location_pk"], unique=False)
    op.create_index(
        "ix_memory_timeline",
        "memory",
        ["owner_pk", "local_on", "happened_at", "id", "tile", "kind", "archived", "trashed_at"],
        unique=False,
        sqlite_where=sa.text("trashed_at IS NULL AND archived = false"),
        postgresql_where=sa.text("trashed_at IS NULL AND archived = false"),
    )
    op.create_index(
        "ix_memory_trash",
        "memory",
        ["owner_pk", "local_on", "happened_at", "id"],
        unique=False,
        sqlite_where=sa.text("trashed_at IS NOT NULL"),
        postgresql_where=sa.text("trashed_at IS NOT NULL"),
    )
    op.create_index(
        "uq_memory_source_key",
        "memory",
        ["owner_pk", "source", "source_key"],
        unique=True,
        sqlite_where=sa.text("source_key IS NOT NULL"),
        postgresql_where=sa.text("source_key IS NOT NULL"),
    )


def _import_item() -> None:
    op.create_table(
        "import_item",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("import_pk", KEY, nullable=False),
        sa.Column("source_key", sa.String(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason_slug", sa.String(), nullable=True),
        sa.Column("reason_detail", sa.String(), nullable=True),
        sa.Column("local_at", INSTANT, nullable=True),
        sa.Column("time_basis", sa.String(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("draft", sa.LargeBinary(), nullable=True),
        sa.Column("raw", sa.LargeBinary(), nullable=True),
        sa.Column("before", JSON, nullable=True),
        sa.Column("memory_pk", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["import_pk"], ["import.pk"], name=op.f("fk_import_item_import_pk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["memory_pk"], ["memory.pk"], name=op.f("fk_import_item_memory_pk"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f("fk_import_item_owner_pk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_import_item")),
        sa.UniqueConstraint("id", name=op.f("uq_import_item_id")),
        sa.UniqueConstraint("import_pk", "source_key", name=op.f("uq_import_item_import_pk_source_key")),
    )
    op.create_index(op.f("ix_import_item_memory_pk"), "import_item", ["memory_pk"], unique=False)
    op.create_index("ix_import_item_state", "import_item", ["import_pk", "state", "pk"], unique=False)
    op.create_index("ix_import_item_verdict", "import_item", ["import_pk", "verdict", "pk"], unique=False)


def _memory_media() -> None:
    op.create_table(
        "memory_media",
        sa.Column("memory_pk", KEY, nullable=False),
        sa.Column("media_pk", KEY, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["media_pk"], ["media_file.pk"], name=op.f("fk_memory_media_media_pk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["memory_pk"], ["memory.pk"], name=op.f("fk_memory_media_memory_pk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("memory_pk", "media_pk", name=op.f("pk_memory_media")),
    )
    op.create_index(op.f("ix_memory_media_media_pk"), "memory_media", ["media_pk"], unique=False)


def _memory_person() -> None:
    op.create_table(
        "memory_person",
        sa.Column("memory_pk", KEY, nullable=False),
        sa.Column("identity_pk", KEY, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["identity_pk"], ["identity.pk"], name=op.f("fk_memory_person_identity_pk"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["memory_pk"], ["memory.pk"], name=op.f("fk_memory_person_memory_pk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("memory_pk", "identity_pk", name=op.f("pk_memory_person")),
    )
    op.create_index(op.f("ix_memory_person_identity_pk"), "memory_person", ["identity_pk"], unique=False)


def _memory_tag() -> None:
    op.create_table(
        "memory_tag",
        sa.Column("memory_pk", KEY, nullable=False),
        sa.Column("tag_pk", KEY, nullable=False),
        sa.ForeignKeyConstraint(["memory_pk"], ["memory.pk"], name=op.f("fk_memory_tag_memory_pk"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["tag_pk"], ["tag.pk"], name=op.f("fk_memory_tag_tag_pk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("memory_pk", "tag_pk", name=op.f("pk_memory_tag")),
    )
    op.create_index(op.f("ix_memory_tag_tag_pk"), "memory_tag", ["tag_pk"], unique=False)


def _memory_text() -> None:
    op.create_table(
        "memory_text",
        sa.Column("memory_pk", KEY, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("other", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["memory_pk"], ["memory.pk"], name=op.f("fk_memory_text_memory_pk"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("memory_pk", name=op.f("pk_memory_text")),
    )


def _provenance() -> None:
    op.create_table(
        "provenance",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("memory_pk", KEY, nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("rank", sa.SmallInteger(), nullable=False),
        sa.Column("value", JSON, nullable=False),
        sa.Column("import_pk", KEY, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["import_pk"], ["import.pk"], name=op.f("fk_provenance_import_pk"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["memory_pk"], ["memory.pk"], name=op.f("fk_provenance_memory_pk"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f("fk_provenance_owner_pk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_provenance")),
        sa.UniqueConstraint("memory_pk", "field", "source", name=op.f("uq_provenance_memory_pk_field_source")),
    )
    op.create_index(op.f("ix_provenance_import_pk"), "provenance", ["import_pk"], unique=False)


def _search_sqlite() -> None:
    """An FTS5 index over memory_text, kept by triggers. The text is folded before it is stored, accents and all."""
    op.execute(
        "CREATE VIRTUAL TABLE memory_fts USING fts5("
        "title, body, other, content='memory_text', content_rowid='memory_pk', "
        "tokenize='unicode61 remove_diacritics 0')"
    )
    delete = (
        "INSERT INTO memory_fts(memory_fts, rowid, title, body, other) "
        "VALUES ('delete', old.memory_pk, old.title, old.body, old.other);"
    )
    insert = "INSERT INTO memory_fts(rowid, title, body, other) VALUES (new.memory_pk, new.title, new.body, new.other);"
    op.execute(f"CREATE TRIGGER memory_text_insert AFTER INSERT ON memory_text BEGIN {insert} END")
    op.execute(f"CREATE TRIGGER memory_text_delete AFTER DELETE ON memory_text BEGIN {delete} END")
    op.execute(f"CREATE TRIGGER memory_text_update AFTER UPDATE ON memory_text BEGIN {delete} {insert} END")


def _search_postgresql() -> None:
    """A generated tsvector of the same folded text. Cut at 250,000 characters: a tsvector may hold 1 MiB."""
    op.execute(
        "ALTER TABLE memory_text ADD COLUMN document tsvector GENERATED ALWAYS AS ("
        "setweight(to_tsvector('simple', left(title, 10000)), 'A') || "
        "to_tsvector('simple', left(body, 250000)) || to_tsvector('simple', left(other, 50000))) STORED"
    )
    op.execute("CREATE INDEX ix_memory_text_document ON memory_text USING gin (document)")


# What SQLite's planner is told of tables that are still empty: rows, then rows per value of each column of the index.
# Without it `owner_pk = ?` counts as ten rows, and a look-up of 256 memories by key walked all 100,000 of their owner
# (20.7 against 3.8 ms of processor time, 2026-11). A later ANALYZE replaces these by what is really there.
STATISTICS = (
    ("memory", "ix_memory_content", "1000000 1000000 1"),
    ("memory", "ix_memory_timeline", "1000000 1000000 100 1 1 1 1 1 1"),
    ("memory", "ix_memory_trash", "10000 10000 2 1 1"),
    ("memory", "ix_memory_favourite", "10000 10000 2"),
    ("memory", "uq_memory_source_key", "1000000 1000000 100000 1"),
    ("memory", "ix_memory_import", "1000000 10000"),
    ("memory", "ix_memory_location_pk", "1000000 300"),
    ("memory", "ix_memory_cover_pk", "1000000 2"),
    ("memory", "sqlite_autoindex_memory_1", "1000000 1"),
    ("media_file", "sqlite_autoindex_media_file_2", "300000 300000 1"),
    ("media_file", "sqlite_autoindex_media_file_1", "300000 1"),
    ("media_file", "ix_media_file_pending", "1000 1000 1"),
    ("memory_media", "ix_memory_media_media_pk", "300000 1"),
    ("memory_media", "sqlite_autoindex_memory_media_1", "300000 1 1"),
    ("memory_tag", "ix_memory_tag_tag_pk", "1000000 300"),
    ("memory_tag", "sqlite_autoindex_memory_tag_1", "1000000 2 1"),
    ("tag", "sqlite_autoindex_tag_2", "1000 1000 1"),
    ("tag", "sqlite_autoindex_tag_1", "1000 1"),
    ("memory_person", "ix_memory_person_identity_pk", "300000 200"),
    ("memory_person", "sqlite_autoindex_memory_person_1", "300000 2 1"),
    ("identity", "sqlite_autoindex_identity_2", "1000 1000 500 1"),
    ("identity", "sqlite_autoindex_identity_1", "1000 1"),
    ("identity", "ix_identity_person_pk", "1000 1"),
    ("provenance", "sqlite_autoindex_provenance_1", "3000000 3 1 1"),
    ("provenance", "ix_provenance_import_pk", "3000000 30000"),
    ("import_item", "ix_import_item_state", "1000000 30000 10000 1"),
    ("import_item", "ix_import_item_verdict", "1000000 30000 6000 1"),
    ("import_item", "sqlite_autoindex_import_item_2", "1000000 30000 1"),
    ("import_item", "sqlite_autoindex_import_item_1", "1000000 1"),
    ("import_item", "ix_import_item_memory_pk", "1000000 1"),
    ("bucket_count", "sqlite_autoindex_bucket_count_1", "40000 40000 13000 5 1"),
)


def _tell_planner_sqlite() -> None:
    """Fill sqlite_stat1 with the shape that every library has: one owner owns nearly everything."""
    op.execute("ANALYZE sqlite_schema")  # analyses nothing, but makes the table
    table = sa.table("sqlite_stat1", sa.column("tbl"), sa.column("idx"), sa.column("stat"))
    op.bulk_insert(table, [{"tbl": tbl, "idx": idx, "stat": stat} for tbl, idx, stat in STATISTICS])
