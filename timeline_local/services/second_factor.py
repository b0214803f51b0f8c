"""The second factor: an authenticator's codes, and the recovery codes that stand in for it.

The secret is stored sealed, for its user alone; no code is accepted twice. Recovery codes carry 74 random bits each, so
a plain hash keeps them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core import totp
from timeline_local.core.encryption import FieldCipher, SealBroken
from timeline_local.core.security import digest
from timeline_local.exceptions import WrongCode, WrongState
from timeline_local.models import RecoveryCode, User
from timeline_local.queries import credentials
from timeline_local.services.audit import Actor, record

RECOVERY_CODES = 10


async def prepare(db: AsyncConnection, owner_pk: int, cipher: FieldCipher, *, now: datetime) -> bytes:
    """A fresh secret, not in force before `confirm`. Raises WrongState if there is a second factor already."""
    account = await credentials.account(db, owner_pk)
    if account.totp_confirmed_at is not None:
        raise WrongState("You have a second factor already. Switch it off before you set up another one.")
    secret = totp.new_secret()
    sealed = cipher.encrypt(secret, seal_context(account.id))
    await _change(db, owner_pk, now, totp_secret=sealed, totp_step=None)
    return secret


async def confirm(db: AsyncConnection, owner_pk: int, cipher: FieldCipher, code: str, *, now: datetime) -> list[str]:
    """Put the secret into force; the recovery codes, shown this once. Raises WrongState, WrongCode."""
    account = await credentials.account(db, owner_pk)
    if account.totp_secret is None or account.totp_confirmed_at is not None:
        raise WrongState("There is no second factor that waits to be confirmed. Begin again.")
    if not await accept_code(db, account, cipher, code, now=now):
        raise WrongCode("That is not the code your authenticator shows. The second factor is not on yet.")
    await _change(db, owner_pk, now, totp_confirmed_at=now)
    return await new_recovery_codes(db, owner_pk)


async def disable(db: AsyncConnection, owner_pk: int, *, now: datetime) -> bool:
    """Take the second factor and its recovery codes away; False if there was none in force."""
    account = await credentials.account(db, owner_pk)
    await db.execute(delete(RecoveryCode).where(RecoveryCode.owner_pk == owner_pk))
    await _change(db, owner_pk, now, totp_secret=None, totp_confirmed_at=None, totp_step=None)
    return account.totp_confirmed_at is not None


async def new_recovery_codes(db: AsyncConnection, owner_pk: int) -> list[str]:
    """Ten fresh codes in place of all older ones."""
    codes = [totp.new_recovery_code() for _ in range(RECOVERY_CODES)]
    await db.execute(delete(RecoveryCode).where(RecoveryCode.owner_pk == owner_pk))
    rows = [{"owner_pk": owner_pk, "code_hash": _code_hash(code)} for code in codes]
    await db.execute(insert(RecoveryCode), rows)
    return codes


async def accept_code(db: AsyncConnection, account: Any, cipher: FieldCipher, code: str, *, now: datetime) -> bool:  # noqa: ANN401 - a row of queries.credentials
    """Whether the code is the authenticator's, now and for the first time. It is used up then."""
    try:
        secret = cipher.decrypt(account.totp_secret, seal_context(account.id))
    except SealBroken:  # the key file was replaced: no code can be right any more, recovery codes still are
        return False
    step = totp.matching_step(secret, code, now.timestamp(), after=account.totp_step)
    if step is None:
        return False
    # Of two requests with the same code one finds the step already taken.
    claimed = (
        update(User)
        .where(User.pk == account.pk, or_(User.totp_step.is_(None), User.totp_step < step))
        .values(totp_step=step)
    )
    return (await db.execute(claimed)).rowcount == 1


async def accept_any_code(
    db: AsyncConnection, owner_pk: int, cipher: FieldCipher, code: str, *, actor: Actor, now: datetime
) -> bool:
    """Whether it is the authenticator's code or a recovery code; it is used up then. Raises WrongState without one.

    actor  who gives it: the use of a recovery code, mostly for want of the authenticator, is in the audit log.
    """
    account = await credentials.account(db, owner_pk)
    if account.totp_confirmed_at is None or account.totp_secret is None:
        raise WrongState("You have no second factor. Nothing was changed.")
    if await accept_code(db, account, cipher, code, now=now):
        return True
    if not await accept_recovery_code(db, owner_pk, code, now=now):
        return False
    left = {"left": await credentials.recovery_codes_left(db, owner_pk)}
    await record(db, actor, "recovery_code.used", now=now, object_kind="user", object_id=account.id, details=left)
    return True


async def accept_recovery_code(db: AsyncConnection, owner_pk: int, code: str, *, now: datetime) -> bool:
    """Whether the code is one of the user's recovery codes, unused. It is used up then."""
    statement = (
        update(RecoveryCode)
        .where(
            RecoveryCode.owner_pk == owner_pk,
            RecoveryCode.code_hash == _code_hash(code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
    )
    return (await db.execute(statement)).rowcount == 1


def _code_hash(code: str) -> bytes:
    return digest(totp.plain_recovery_code(code))


def seal_context(user_id: UUID) -> bytes:
    """Where a sealed secret belongs: to this user alone."""
    return b"user.totp:" + user_id.bytes


async def _change(db: AsyncConnection, owner_pk: int, now: datetime, **values: object) -> None:
    statement = update(User).where(User.pk == owner_pk)
    await db.execute(statement.values(**values, updated_at=now, version=User.version + 1))
