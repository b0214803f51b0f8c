"""An index of the memories whose place has no name yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

UNNAMED = sa.text("lat IS NOT NULL AND location_pk IS NULL")


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_memory_unnamed", "memory", ["owner_pk", "pk"], sqlite_where=UNNAMED, postgresql_where=UNNAMED)
