"""Alembic's entry: runs revisions on the connection it is handed, inside that connection's transaction."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from timeline_local.models import Base


def run(connection: Connection) -> None:
    """Upgrade or compare; the caller owns the transaction, so that a failure leaves nothing behind."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transactional_ddl=True,
        render_as_batch=True,
        compare_type=True,
        include_name=lambda name, kind, _parents: not (kind == "table" and str(name).startswith("memory_fts")),
    )
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
