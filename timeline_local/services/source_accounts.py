"""Accounts elsewhere that sources read from: added, used, removed. A token is sealed as it comes and never shown again.

The seal is bound to the account's id: a token that is moved to another row does not open. Nothing but `token_of` opens
one, for the source that calls the other side with it.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.encryption import FieldCipher, SealBroken
from timeline_local.core.security import Caller
from timeline_local.domain.ids import new_id
from timeline_local.exceptions import SourceAccountNotFound, SourceAccountTaken, SourceTokenBroken, TooMuch
from timeline_local.models import SourceAccount
from timeline_local.queries import source_accounts as queries
from timeline_local.queries.dialect import upsert
from timeline_local.services.audit import actor_of, record

MOST = 100


async def add(
    db: AsyncConnection, me: Caller, cipher: FieldCipher, *, source: str, label: str, token: str, now: datetime
) -> UUID:
    """Keep an account; its id. Raises SourceAccountTaken, and TooMuch above MOST accounts."""
    if await queries.count(db, me.user_pk) >= MOST:
        raise TooMuch(f"At most {MOST} accounts are kept. Nothing was added; remove one first.")
    id_ = new_id()
    row = {
        "id": id_,
        "owner_pk": me.user_pk,
        "created_at": now,
        "updated_at": now,
        "version": 1,
        "source": source,
        "label": label,
        "sealed_token": cipher.encrypt(token.encode(), _context(id_)),
    }
    added = await db.execute(upsert(db.dialect.name, SourceAccount).values(row).on_conflict_do_nothing())
    if added.rowcount == 0:
        raise SourceAccountTaken("You keep an account of that source under that label already. Nothing was changed.")
    await _record(db, me, "source_account.added", id_, source, now)
    return id_


async def get(db: AsyncConnection, owner_pk: int, account_id: UUID) -> queries.AnyRow:
    """One account without its token. Raises SourceAccountNotFound."""
    row = await queries.one(db, owner_pk, account_id)
    if row is None:
        raise _missing(account_id)
    return row


async def remove(db: AsyncConnection, me: Caller, account_id: UUID, *, now: datetime) -> None:
    """Forget an account and its token. What came from it stays. Raises SourceAccountNotFound."""
    mine = delete(SourceAccount).where(SourceAccount.owner_pk == me.user_pk, SourceAccount.id == account_id)
    source = (await db.execute(mine.returning(SourceAccount.source))).scalar_one_or_none()
    if source is None:
        raise _missing(account_id)
    await _record(db, me, "source_account.removed", account_id, source, now)


async def token_of(db: AsyncConnection, owner_pk: int, account_id: UUID, cipher: FieldCipher, *, now: datetime) -> str:
    """The token in the clear, for the call that needs it now; noted as a use. Keep it nowhere.

    Raises SourceAccountNotFound, and SourceTokenBroken where no key of ours opens it.
    """
    row = await queries.sealed(db, owner_pk, account_id)
    if row is None:
        raise _missing(account_id)
    try:
        token = cipher.decrypt(row.sealed_token, _context(account_id)).decode()
    except SealBroken:
        raise SourceTokenBroken(
            "The token of that account cannot be opened any more. Remove the account and add it again."
        ) from None
    await db.execute(
        update(SourceAccount)
        .where(SourceAccount.owner_pk == owner_pk, SourceAccount.pk == row.pk)
        .values(last_used_at=now)
    )
    return token


async def reseal(db: AsyncConnection, cipher: FieldCipher, *, now: datetime) -> tuple[int, int]:
    """Seal everybody's tokens with the newest key: (how many were, how many no key opens). Those stay as they are."""
    found = await db.execute(select(SourceAccount.pk, SourceAccount.id, SourceAccount.sealed_token))
    resealed = broken = 0
    for row in found.all():
        try:
            fresh = cipher.encrypt(cipher.decrypt(row.sealed_token, _context(row.id)), _context(row.id))
        except SealBroken:
            broken += 1
            continue
        this = update(SourceAccount).where(SourceAccount.pk == row.pk)
        await db.execute(this.values(sealed_token=fresh, updated_at=now))
        resealed += 1
    return resealed, broken


async def _record(db: AsyncConnection, me: Caller, action: str, account_id: UUID, source: str, now: datetime) -> None:
    details = {"source": source}
    await record(db, actor_of(me), action, now=now, object_kind="source_account", object_id=account_id, details=details)


def _context(account_id: UUID) -> bytes:
    return b"source_account.token:" + account_id.bytes


def _missing(account_id: UUID) -> SourceAccountNotFound:
    return SourceAccountNotFound(f"There is no source account {account_id} of yours.")
