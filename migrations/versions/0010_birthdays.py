"""Whether a person's birthday is shown among what happened on this day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the column: all are shown."""
    op.add_column("person", sa.Column("shows_birthday", sa.Boolean(), nullable=False, server_default=sa.true()))
