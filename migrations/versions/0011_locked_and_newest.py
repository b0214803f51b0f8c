"""Indexes of the notes that are locked, and of media files in the order in which they came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

LOCKED = sa.text("locked_body IS NOT NULL")


# One owner has nearly all files, as in 0001: without this SQLite takes an owner for the quickest way to a few of them.
TOLD = "INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES ('media_file', 'ix_media_file_newest', '300000 300000 1')"


def upgrade() -> None:
    """Add both."""
    op.create_index("ix_memory_locked", "memory", ["owner_pk", "pk"], sqlite_where=LOCKED, postgresql_where=LOCKED)
    op.create_index("ix_media_file_newest", "media_file", ["owner_pk", "pk"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(TOLD)
