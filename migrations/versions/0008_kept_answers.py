"""An idempotency key may keep the answer itself: that of a change in bulk, which makes nothing to be read again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the column."""
    answer = sa.Text().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("idempotency_key", sa.Column("answer", answer, nullable=True))
