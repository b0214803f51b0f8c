"""Watched folders, with the imports that looked at them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from timeline_local.models import Import, ImportItem, Job, User, WatchedFolder

AnyRow = Row[*tuple[Any, ...]]

_LAST, _LOOKING = aliased(Import), aliased(Import)


def _folders(owner_pk: int) -> Select[*tuple[Any, ...]]:
    return (
        select(
            WatchedFolder.pk,
            WatchedFolder.id,
            WatchedFolder.path,
            WatchedFolder.options,
            WatchedFolder.every_min,
            WatchedFolder.is_paused,
            WatchedFolder.next_at,
            WatchedFolder.last_at,
            WatchedFolder.problem,
            WatchedFolder.created_at,
            WatchedFolder.looking_pk,
            _LOOKING.id.label("looking_id"),
            _LOOKING.state.label("looking_state"),
            _LOOKING.plan.label("looking_plan"),
            _LOOKING.error.label("looking_error"),
            Job.state.label("job_state"),
            WatchedFolder.import_pk,
            _LAST.id.label("import_id"),
            _LAST.state.label("import_state"),
            _LAST.counts.label("import_counts"),
            _LAST.finished_at.label("import_finished_at"),
        )
        .select_from(WatchedFolder)
        .outerjoin(_LOOKING, _LOOKING.pk == WatchedFolder.looking_pk)
        .outerjoin(Job, Job.pk == _LOOKING.job_pk)
        .outerjoin(_LAST, _LAST.pk == WatchedFolder.import_pk)
        .where(WatchedFolder.owner_pk == owner_pk)
        .order_by(WatchedFolder.path)
    )


async def every(db: AsyncConnection, owner_pk: int) -> Sequence[AnyRow]:
    """The owner's watched folders by path. There are few (services.watching.MOST)."""
    return (await db.execute(_folders(owner_pk))).all()


async def by_id(db: AsyncConnection, owner_pk: int, folder_id: UUID) -> AnyRow | None:
    """One of them."""
    return (await db.execute(_folders(owner_pk).where(WatchedFolder.id == folder_id))).one_or_none()


async def paths(db: AsyncConnection, owner_pk: int) -> Sequence[str]:
    """What is watched, as the imports have it."""
    return (await db.execute(select(WatchedFolder.path).where(WatchedFolder.owner_pk == owner_pk))).scalars().all()


async def may_look(db: AsyncConnection, owner_pk: int, *, roles: Collection[str]) -> bool:
    """Whether the owner still has an account of one of these roles."""
    statement = select(User.pk).where(User.pk == owner_pk, User.is_active.is_(True), User.role.in_(roles))
    return (await db.execute(statement)).first() is not None


async def is_any_awake(db: AsyncConnection, owner_pk: int) -> bool:
    """Whether something is to be looked at."""
    awake = (WatchedFolder.owner_pk == owner_pk, WatchedFolder.is_paused.is_(False))
    return (await db.execute(select(func.count()).select_from(WatchedFolder).where(*awake))).scalar_one() > 0


async def stale_items(db: AsyncConnection, owner_pk: int, *, path: str, besides: int, limit: int) -> Sequence[int]:
    """Keys of items that older imports of this path note as here already: the newest import notes them, too."""
    older = select(Import.pk).where(Import.owner_pk == owner_pk, Import.path == path, Import.pk < besides)
    statement = select(ImportItem.pk).where(
        ImportItem.owner_pk == owner_pk, ImportItem.import_pk.in_(older), ImportItem.verdict == "same"
    )
    return (await db.execute(statement.limit(limit))).scalars().all()
