"""Accounts: made, changed by their users and by administrators, deleted with everything in them.

The first user is the owner: no administrator can change that account, and nobody can become a second one.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.email import is_address
from timeline_local.core.encryption import FieldCipher
from timeline_local.domain.addresses import normalise_address
from timeline_local.domain.ids import new_id
from timeline_local.exceptions import AddressTaken, FieldError, InvalidInput, ProtectedUser, UserNotFound
from timeline_local.models import ChangeCounter, User
from timeline_local.queries import users as queries
from timeline_local.queries.dialect import upsert
from timeline_local.queries.jobs import ROUTINE
from timeline_local.queries.users import AnyRow
from timeline_local.services import jobs, mail, mailed_tokens
from timeline_local.services.audit import Actor, record

FIRST_PURGE = timedelta(days=1)
# A pk is never given twice: what a process remembers under the pk of a deleted account must fit no later one.
_FIRST_PK = 2**20
TAKEN = "That address belongs to an account, or to somebody else's. Nothing was changed."


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """What an account begins with. verified: the address is known to be read by its user."""

    email: str
    name: str
    password_hash: str
    role: str
    is_active: bool = True
    verified: bool = False


def usable_address(text: str, pointer: str = "#/email") -> str:
    """The address as it is stored and compared. Raises InvalidInput where mail cannot be sent to it."""
    address = normalise_address("email", text)
    if not is_address(address):
        raise InvalidInput(
            "That is not an address that mail can be sent to. Nothing was changed.",
            errors=(FieldError(pointer, "must be a mail address, such as anna@example.org"),),
        )
    return address


async def create(db: AsyncConnection, given: NewUser, *, actor: Actor, now: datetime) -> tuple[int, UUID]:
    """(pk, id) of a new account with an empty timeline of its own. Raises AddressTaken."""
    id_ = new_id()
    statement = (
        upsert(db.dialect.name, User)
        .values(
            pk=_FIRST_PK + secrets.randbelow(2**52),
            id=id_,
            created_at=now,
            updated_at=now,
            name=given.name,
            email=given.email,
            password_hash=given.password_hash,
            password_changed_at=now,
            role=given.role,
            is_active=given.is_active,
            email_verified_at=now if given.verified else None,
        )
        .on_conflict_do_nothing(index_elements=["email"])
        .returning(User.pk)
    )
    pk = (await db.execute(statement)).scalar()
    if pk is None:
        raise AddressTaken(TAKEN)
    await db.execute(insert(ChangeCounter).values(owner_pk=pk, revision=1))
    # The runner lines this up at its start for those who are there then.
    await jobs.enqueue(db, pk, kind=ROUTINE, now=now, run_after=now + FIRST_PURGE)
    await record(db, actor, "user.created", now=now, object_kind="user", object_id=id_, details={"role": given.role})
    return pk, id_


# --- one's own account -----------------------------------------------------------


async def rename(db: AsyncConnection, owner_pk: int, name: str, *, now: datetime) -> None:
    """Give a user another name."""
    values = {"name": name, "updated_at": now, "version": User.version + 1}
    await db.execute(update(User).where(User.pk == owner_pk).values(**values))


async def change_address(
    db: AsyncConnection, cipher: FieldCipher, account: AnyRow, email: str, *, lifetime: timedelta, now: datetime
) -> None:
    """Give a user another address once it is confirmed; the owner's first one counts at once, being the only one.

    email  as `usable_address` made it. Whether somebody else has it the answer does not tell: the mail does.
    Raises AddressTaken for the owner only, who may know who is here.
    """
    if email == account.email:
        return
    touched = {"updated_at": now, "version": User.version + 1}
    at_once = account.role == "owner" and account.email_verified_at is None
    other = await queries.account_by_address(db, email)
    if at_once:
        if other is not None:
            raise AddressTaken(TAKEN)
        await store_address(db, account.pk, {"email": email, **touched})
    else:
        await db.execute(update(User).where(User.pk == account.pk).values(**touched))
    made = await mailed_tokens.make(db, account.pk, "verify_email", email=email, lifetime=lifetime, now=now)
    if made is None:
        return
    if other is not None:  # its mail goes to the one who has the address; the token made above reaches nobody
        await mail.post(db, cipher, account.pk, mail.Mail("address_known", email), now=now)
        return
    word = mail.verification if at_once else mail.address_change
    await word(db, cipher, account.pk, to=email, token=made[0], until=made[1], now=now)


async def ask_again(
    db: AsyncConnection, cipher: FieldCipher, account: AnyRow, *, lifetime: timedelta, now: datetime
) -> None:
    """Mail once more to the address that waits to be confirmed; nothing happens where none does."""
    pending = await queries.pending_address(db, account.pk, now=now)
    email = pending or (account.email if account.email_verified_at is None else None)
    if email is None:
        return
    other = await queries.account_by_address(db, email)
    made = await mailed_tokens.make(db, account.pk, "verify_email", email=email, lifetime=lifetime, now=now)
    if made is None:
        return
    if other is not None and other.pk != account.pk:
        await mail.post(db, cipher, account.pk, mail.Mail("address_known", email), now=now)
        return
    word = mail.verification if email == account.email else mail.address_change
    await word(db, cipher, account.pk, to=email, token=made[0], until=made[1], now=now)


async def confirm_address(db: AsyncConnection, cipher: FieldCipher, token: str, *, now: datetime) -> int:
    """Use a mailed token: its address is the user's from now on; their pk.

    An account that waited for this becomes active. Tokens sent to an earlier address end.
    Raises InvalidToken, AddressTaken.
    """
    used = await mailed_tokens.use(db, token, "verify_email", now=now)
    account = await queries.account_held(db, used.owner_pk)
    assert account is not None  # noqa: S101 - the token's row goes with the account's
    was_waiting = not account.is_active and account.email_verified_at is None
    values: dict[str, Any] = {
        "email": used.email,
        "email_verified_at": now,
        "is_active": account.is_active or was_waiting,
        "updated_at": now,
        "version": User.version + 1,
    }
    await store_address(db, account.pk, values)
    if account.email != used.email:
        await mailed_tokens.forget_all(db, account.pk)
        if account.email is not None and account.email_verified_at is not None:
            await mail.notice_to(db, cipher, account.pk, account.email, "address_changed", now=now)
    actor = Actor("anonymous", account.id)
    await record(db, actor, "user.address_verified", now=now, object_kind="user", object_id=account.id)
    return used.owner_pk


async def store_address(db: AsyncConnection, owner_pk: int, values: dict[str, Any]) -> None:
    """Write an address. Raises AddressTaken, also when another transaction was quicker."""
    try:
        await db.execute(update(User).where(User.pk == owner_pk).values(**values))
    except IntegrityError as error:
        raise AddressTaken(TAKEN) from error


# --- other people's accounts, for administrators ------------------------------------


async def may_change(db: AsyncConnection, admin_pk: int, user_id: UUID) -> AnyRow:
    """The account, held, if an administrator may change it. Raises UserNotFound, ProtectedUser."""
    account = await queries.account_by_id(db, user_id)
    if account is None:
        raise UserNotFound(f"Nobody here has the id {user_id}. Nothing was changed.")
    if account.role == "owner":
        raise ProtectedUser("That is the owner's account; only the owner can change it. Nothing was changed.")
    if account.pk == admin_pk:
        raise ProtectedUser("That is your own account: change it under /users/me. Nothing was changed.")
    return account


async def change(
    db: AsyncConnection, account: AnyRow, wanted: Mapping[str, Any], *, actor: Actor, now: datetime
) -> None:
    """Change name, role or is_active of somebody's account.

    account  from `may_change`. The caller ends the sessions of one that is switched off in this transaction, and tells
    `Authentication` about either after it.
    """
    values = {name: value for name, value in wanted.items() if value != getattr(account, name)}
    if not values:
        return
    changed = update(User).where(User.pk == account.pk)
    await db.execute(changed.values(**values, updated_at=now, version=User.version + 1))
    if values.get("is_active") is False:
        await mailed_tokens.forget_all(db, account.pk)
    if "role" in values:
        facts = {"from": account.role, "to": values["role"]}
        await record(db, actor, "user.role_changed", now=now, object_kind="user", object_id=account.id, details=facts)
    if "is_active" in values:
        action = "user.enabled" if values["is_active"] else "user.disabled"
        await record(db, actor, action, now=now, object_kind="user", object_id=account.id)
