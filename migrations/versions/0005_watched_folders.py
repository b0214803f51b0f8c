"""Folders that are looked at again and again, with what was found there last.

Types are spelled out here, so that a later change of the models cannot change what this revision made.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UID = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
INSTANT = sa.BigInteger()  # microseconds since 1970
JSON = sa.Text().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "watched_folder",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(), nullable=False),
        sa.Column("options", JSON, nullable=False),
        sa.Column("every_min", sa.Integer(), nullable=False),
        sa.Column("is_paused", sa.Boolean(), nullable=False),
        sa.Column("next_at", INSTANT, nullable=False),
        sa.Column("last_at", INSTANT, nullable=True),
        sa.Column("looking_pk", KEY, nullable=True),
        sa.Column("import_pk", KEY, nullable=True),
        sa.Column("problem", JSON, nullable=True),
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f("fk_watched_folder_owner_pk"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["looking_pk"], ["import.pk"], name=op.f("fk_watched_folder_looking_pk"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["import_pk"], ["import.pk"], name=op.f("fk_watched_folder_import_pk"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_watched_folder")),
        sa.UniqueConstraint("id", name=op.f("uq_watched_folder_id")),
        sa.UniqueConstraint("owner_pk", "path", name=op.f("uq_watched_folder_owner_pk_path")),
    )
    op.create_index(op.f("ix_watched_folder_looking_pk"), "watched_folder", ["looking_pk"])
    op.create_index(op.f("ix_watched_folder_import_pk"), "watched_folder", ["import_pk"])
