"""Accounts elsewhere that sources read from, with sealed tokens.

Types are spelled out here, so that a later change of the models cannot change what this revision made.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UID = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
INSTANT = sa.BigInteger()  # microseconds since 1970


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "source_account",
        sa.Column("pk", KEY, nullable=False),
        sa.Column("id", UID, nullable=False),
        sa.Column("owner_pk", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("sealed_token", sa.LargeBinary(), nullable=False),
        sa.Column("last_used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["owner_pk"], ["user.pk"], name=op.f("fk_source_account_owner_pk"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pk", name=op.f("pk_source_account")),
        sa.UniqueConstraint("id", name=op.f("uq_source_account_id")),
        sa.UniqueConstraint("owner_pk", "source", "label", name=op.f("uq_source_account_owner_pk_source_label")),
    )
