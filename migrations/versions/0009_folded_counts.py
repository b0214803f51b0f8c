"""How many messages of a day, month and year stand in the tile of another one, beside how many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

DAY, MONTH, YEAR = 0, 1, 2
MESSAGE = 7
UNDATED = -(2**31)

# Of each day the messages of conversations, less one for every conversation: of several the oldest has a message.
FOLDED = """
SELECT owner_pk, local_on, count(*) - count(DISTINCT conversation) FROM (
    SELECT memory.owner_pk, memory.local_on, memory.pk, min(collection.pk) AS conversation
    FROM memory
    JOIN collection_member ON collection_member.memory_pk = memory.pk
    JOIN collection ON collection.pk = collection_member.collection_pk
    WHERE memory.kind = 7 AND memory.trashed_at IS NULL AND memory.archived = false
      AND collection.kind = 'conversation' AND collection.query IS NULL AND collection.owner_pk = memory.owner_pk
    GROUP BY memory.owner_pk, memory.local_on, memory.pk
) AS shown GROUP BY owner_pk, local_on
"""
STORE = """
UPDATE bucket_count SET folded = :folded
WHERE owner_pk = :owner_pk AND unit = :unit AND start = :start AND kind = 7
"""


def upgrade() -> None:
    """Add the column, and count what is here."""
    op.add_column("bucket_count", sa.Column("folded", sa.Integer(), nullable=False, server_default="0"))
    database = op.get_bind()
    totals: Counter[tuple[int, int, int]] = Counter()
    for owner_pk, day, folded in database.execute(sa.text(FOLDED)).all():
        for unit, start in _starts(day):
            totals[owner_pk, unit, start] += folded
    rows = [
        {"owner_pk": owner_pk, "unit": unit, "start": start, "folded": folded}
        for (owner_pk, unit, start), folded in totals.items()
        if folded
    ]
    if rows:
        database.execute(sa.text(STORE), rows)


def _starts(day: int) -> Iterator[tuple[int, int]]:
    if day == UNDATED:
        yield from ((unit, day) for unit in (DAY, MONTH, YEAR))
        return
    epoch = date(1970, 1, 1)
    found = epoch + timedelta(days=day)
    for unit, start in ((DAY, found), (MONTH, found.replace(day=1)), (YEAR, found.replace(month=1, day=1))):
        yield unit, (start - epoch).days
