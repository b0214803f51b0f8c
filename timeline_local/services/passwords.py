"""Setting a password, by whoever may: its user, or the system account that the library belongs to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.passwords import Passwords, check_rules
from timeline_local.exceptions import WrongState
from timeline_local.models import MailedToken, Setting, User
from timeline_local.queries import credentials


async def hash_for(passwords: Passwords, account: Any, password: str, *, email: str | None = None) -> str:  # noqa: ANN401 - a row of queries.credentials
    """The hash of a new password of this account. email: an address it is about to get. Raises PasswordTooWeak."""
    check_rules(password, email=account.email or email, name=account.name)
    return await passwords.hash(password)


async def store_password(db: AsyncConnection, owner_pk: int, password_hash: str, *, now: datetime) -> None:
    """Put a new password into force; links mailed for setting one are void. The caller ends the user's sessions."""
    mailed = (MailedToken.owner_pk == owner_pk, MailedToken.purpose == "reset_password")
    await db.execute(delete(MailedToken).where(*mailed))
    values = {"password_hash": password_hash, "password_changed_at": now, "updated_at": now}
    await db.execute(update(User).where(User.pk == owner_pk).values(**values, version=User.version + 1))


async def set_app_lock(db: AsyncConnection, owner_pk: int, *, is_on: bool) -> None:
    """Ask for the password beside launch tickets, or no longer. Raises WrongState without a password."""
    account = await credentials.account(db, owner_pk)
    if is_on and account.password_hash is None:
        raise WrongState("Set a password first; without one the lock would have no key. Nothing was changed.")
    ours = (Setting.owner_pk == owner_pk, Setting.name == credentials.APP_LOCK)
    await db.execute(delete(Setting).where(*ours))
    if is_on:
        await db.execute(insert(Setting).values(owner_pk=owner_pk, name=credentials.APP_LOCK, value=True))
