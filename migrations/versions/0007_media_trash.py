"""Media files that nothing shows may wait in the trash, as memories do."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

IN_TRASH = sa.text("trashed_at IS NOT NULL")


def upgrade() -> None:
    """Add the column, microseconds since 1970, and an index of the files that have it."""
    op.add_column("media_file", sa.Column("trashed_at", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_media_file_trashed", "media_file", ["owner_pk", "pk"], sqlite_where=IN_TRASH, postgresql_where=IN_TRASH
    )
