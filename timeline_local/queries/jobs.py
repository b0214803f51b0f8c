"""Reading the jobs table. Listing and looking up is per owner; `due` and what follows it serves the runner alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from timeline_local.models import ChangeCounter, Import, Job, User

JSON = dict[str, Any]
MAX_ATTEMPTS = 5  # that ended in an error, without a batch being finished between them
MAX_STARTS = 10  # likewise, that the process did not survive
ROUTINE = "purge_trash"
ACTIVE = ("waiting", "running", "paused")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """One job as it is stored, with the public id and the state of its import."""

    pk: int
    id: UUID
    owner_pk: int
    kind: str
    state: str
    wish: str | None
    payload: JSON
    progress: JSON
    checkpoint: JSON | None
    attempts: int
    error: JSON | None
    import_pk: int | None
    import_id: UUID | None
    import_state: str | None
    run_after: datetime
    lease_holder: str | None
    lease_until: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    def to_wire(self) -> JSON:
        """The job as the API and the events show it; values are JSON."""
        return {
            "id": str(self.id),
            "kind": self.kind,
            "state": self.state,
            "progress": self.progress,
            "import_id": str(self.import_id) if self.import_id else None,
            "attempts": self.attempts,
            "error": self.error,
            "result": (self.checkpoint or {}).get("result"),
            "created_at": _text(self.created_at),
            "started_at": _text(self.started_at),
            "finished_at": _text(self.finished_at),
        }


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the runner looks at between two batches."""

    holder: str | None
    wish: str | None
    import_state: str | None
    revision: int


def _text(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


def _select() -> Select[Any]:
    columns = [getattr(Job, name) for name in JobRow.__dataclass_fields__ if name not in ("import_id", "import_state")]
    imported = (Import.id.label("import_id"), Import.state.label("import_state"))
    return select(*columns, *imported).select_from(Job).outerjoin(Import, Import.pk == Job.import_pk)


def _row(found: Row[Any] | None) -> JobRow | None:
    return None if found is None else JobRow(**found._mapping)  # noqa: SLF001 - the public name of a row's mapping


async def get(db: AsyncConnection, owner_pk: int, job_id: UUID) -> JobRow | None:
    """The owner's job of this id."""
    return _row((await db.execute(_select().where(Job.owner_pk == owner_pk, Job.id == job_id))).first())


async def get_by_pk(db: AsyncConnection, owner_pk: int, pk: int) -> JobRow | None:
    """The owner's job of this pk."""
    return _row((await db.execute(_select().where(Job.owner_pk == owner_pk, Job.pk == pk))).first())


async def page(
    db: AsyncConnection, owner_pk: int, *, state: str | None = None, after: UUID | None = None, limit: int = 50
) -> list[JobRow]:
    """The owner's jobs, newest first, without the daily one that only waits for tomorrow.

    after  the id of the last one already seen.
    """
    asleep = and_(Job.kind == ROUTINE, Job.state == "waiting")
    statement = _select().where(Job.owner_pk == owner_pk, ~asleep).order_by(Job.pk.desc()).limit(limit)
    if state is not None:
        statement = statement.where(Job.state == state)
    if after is not None:
        statement = statement.where(
            Job.pk < select(Job.pk).where(Job.owner_pk == owner_pk, Job.id == after).scalar_subquery()
        )
    rows = [_row(found) for found in await db.execute(statement)]
    return [row for row in rows if row is not None]


async def newest_active(db: AsyncConnection, owner_pk: int, *, kind: str) -> JobRow | None:
    """The owner's newest job of this kind that has not ended."""
    statement = _select().where(Job.owner_pk == owner_pk, Job.kind == kind, Job.state.in_(ACTIVE))
    return _row((await db.execute(statement.order_by(Job.pk.desc()).limit(1))).first())


async def pulse(db: AsyncConnection, owner_pk: int, pk: int) -> Pulse | None:
    """Holder, wish, the state of the import and the owner's revision, in one statement; None if the job is gone."""
    revision = select(ChangeCounter.revision).where(ChangeCounter.owner_pk == owner_pk).scalar_subquery()
    statement = (
        select(Job.lease_holder, Job.wish, Import.state, func.coalesce(revision, 0))
        .select_from(Job)
        .outerjoin(Import, Import.pk == Job.import_pk)
        .where(Job.owner_pk == owner_pk, Job.pk == pk)
    )
    found = (await db.execute(statement)).first()
    return Pulse(*found) if found else None


# --- for the runner: over all owners -------------------------------------------


def due(*, now: datetime, kinds: Collection[str], held: Collection[int]) -> Select[int]:
    """The pk of the next job to run, locked where the database can lock rows and skipping those others hold.

    Waiting jobs whose time has come, and running ones whose holder let the lease expire; never one of `held`, and
    never one whose import another job still works on: an undo waits until the cancelled run has ended.
    """
    other = aliased(Job)
    is_blocked = exists().where(other.import_pk == Job.import_pk, other.pk != Job.pk, other.state == "running")
    is_due = or_(
        and_(Job.state == "waiting", Job.run_after <= now),
        and_(Job.state == "running", Job.lease_until < now),
    )
    return (
        select(Job.pk)
        .where(is_due, Job.kind.in_(kinds), Job.pk.not_in(held), Job.attempts < MAX_STARTS, ~is_blocked)
        .order_by(Job.run_after, Job.pk)
        .limit(1)
        .with_for_update(skip_locked=True, of=Job)
    )


async def next_due_at(db: AsyncConnection, *, kinds: Collection[str]) -> datetime | None:
    """When the next waiting job wants to run; None if none waits."""
    statement = select(Job.run_after).where(Job.state == "waiting", Job.kind.in_(kinds))
    return (await db.execute(statement.order_by(Job.run_after).limit(1))).scalar()


async def is_running(db: AsyncConnection, *, kinds: Collection[str]) -> bool:
    """Whether a job of one of these kinds is being run, by whichever process."""
    statement = select(Job.pk).where(Job.state == "running", Job.kind.in_(kinds)).limit(1)
    return (await db.execute(statement)).first() is not None


async def owners(db: AsyncConnection) -> list[int]:
    """The pk of every active user."""
    return list((await db.execute(select(User.pk).where(User.is_active.is_(True)))).scalars())
