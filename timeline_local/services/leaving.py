"""Deleting an account with everything in it: rows, originals nobody else has, pictures, exports, waiting uploads.

In steps that each commit, so that nobody waits for a large one: first nothing lets the user in any more, then the
memories go by the thousand, then the account with the rest, and last the files. A process that dies in between leaves
an account that is switched off, and can be deleted again.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.blobs import Blobs
from timeline_local.core.changes import Changes
from timeline_local.core.database import Database
from timeline_local.core.encryption import FieldCipher
from timeline_local.core.library import Library
from timeline_local.exceptions import OwnerStays, UserNotFound
from timeline_local.models import ApiKey, ChangeCounter, Memory, MemoryText, SourceAccount, User
from timeline_local.queries import users as queries
from timeline_local.queries.users import AnyRow
from timeline_local.services import mail, mailed_tokens
from timeline_local.services.audit import Actor, record
from timeline_local.services.identity import Authentication, ensure_owner
from timeline_local.services.previews import PreviewMaker, forget_files

CHUNK = 2000


@dataclass(frozen=True, slots=True)
class Leaving:
    """What deleting an account takes."""

    database: Database
    library: Library
    blobs: Blobs
    previews: PreviewMaker
    authentication: Authentication
    changes: Changes
    cipher: FieldCipher


@dataclass(frozen=True, slots=True)
class _Left:
    """What the rows named, and is removed once they are gone."""

    files: Sequence[bytes]
    exports: Sequence[UUID]
    uploads: Sequence[UUID]


async def delete_account(parts: Leaving, owner_pk: int, *, actor: Actor, now: datetime) -> int:
    """Delete a user and everything of theirs; the pk of the install's owner, who is a new one if the owner left.

    Raises UserNotFound, and OwnerStays for the owner while others have accounts.
    """
    async with parts.database.write() as db:
        account = await _close_doors(db, parts, owner_pk, now=now)
    parts.authentication.forget_user(owner_pk)
    parts.changes.end(owner_pk)
    while await _drop_memories(parts.database, owner_pk):
        pass
    async with parts.database.write() as db:
        left = await _left(db, owner_pk)
        await _drop_texts(db, owner_pk)
        await db.execute(delete(User).where(User.pk == owner_pk))
        install_pk = await _install_owner(db, account, now=now)
        if account.email is not None and account.email_verified_at is not None:
            await mail.notice_to(db, parts.cipher, install_pk, account.email, "account_deleted", now=now)
        facts = {"role": account.role}
        await record(db, actor, "user.deleted", now=now, object_kind="user", object_id=account.id, details=facts)
    await forget_files(parts.previews, left.files)
    await asyncio.to_thread(_drop_folders, parts.library, left)
    return install_pk


async def _install_owner(db: AsyncConnection, gone: AnyRow, *, now: datetime) -> int:
    """The pk of the owner, a new one if that was who left; as SQLite may give the same pk, the revision goes on."""
    install_pk, _ = await ensure_owner(db, now=now)
    if gone.role == "owner":
        started = update(ChangeCounter).where(ChangeCounter.owner_pk == install_pk)
        await db.execute(started.values(revision=int(now.timestamp())))
    return install_pk


async def _close_doors(db: AsyncConnection, parts: Leaving, owner_pk: int, *, now: datetime) -> AnyRow:
    account = await queries.account_held(db, owner_pk)
    if account is None:
        raise UserNotFound("That account is gone already.")
    if account.role == "owner":
        # Stays switched on: an install whose owner is locked out could not be started to finish this.
        if await queries.count(db) > 1:
            raise OwnerStays("Other people have accounts here. Nothing was deleted; delete theirs first.")
    else:
        await db.execute(update(User).where(User.pk == owner_pk).values(is_active=False, updated_at=now))
    await parts.authentication.end_all(db, owner_pk, now=now)
    await db.execute(delete(ApiKey).where(ApiKey.owner_pk == owner_pk))
    await db.execute(delete(SourceAccount).where(SourceAccount.owner_pk == owner_pk))
    await mailed_tokens.forget_all(db, owner_pk)
    return account


async def _drop_memories(database: Database, owner_pk: int) -> bool:
    async with database.write() as db:
        pks = await queries.some_memories(db, owner_pk, limit=CHUNK)
        # The search text goes first, by its own statement: the full text index follows its trigger.
        await db.execute(delete(MemoryText).where(MemoryText.memory_pk.in_(pks)))
        await db.execute(delete(Memory).where(Memory.owner_pk == owner_pk, Memory.pk.in_(pks)))
    return len(pks) == CHUNK


async def _drop_texts(db: AsyncConnection, owner_pk: int) -> None:
    """Of memories that a job wrote while the others went; the account takes them with it."""
    while pks := await queries.some_memories(db, owner_pk, limit=CHUNK):
        await db.execute(delete(MemoryText).where(MemoryText.memory_pk.in_(pks)))
        await db.execute(delete(Memory).where(Memory.owner_pk == owner_pk, Memory.pk.in_(pks)))


async def _left(db: AsyncConnection, owner_pk: int) -> _Left:
    return _Left(
        files=await queries.files_of(db, owner_pk),
        exports=await queries.exports_of(db, owner_pk),
        uploads=await queries.uploads_of(db, owner_pk),
    )


def _drop_folders(library: Library, left: _Left) -> None:
    for upload in left.uploads:
        shutil.rmtree(library.incoming / "imports" / str(upload), ignore_errors=True)
    for export in left.exports:
        for path in (library.root / "exports").glob(f"{export}*"):
            path.unlink(missing_ok=True)
