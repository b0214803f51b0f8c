"""Making an account, and getting back into one: by invitation, on an open install, as the owner of a new one.

Nobody learns here whether an address is known. What an open registration or a forgotten password leads to is decided by
the mail job, later and unseen; the answer was the same, and so was its cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.config import AuthSettings
from timeline_local.core.encryption import FieldCipher
from timeline_local.core.security import digest
from timeline_local.exceptions import AddressTaken, FieldError, InvalidInput, InvalidToken
from timeline_local.models import Invitation, User
from timeline_local.queries import users as queries
from timeline_local.queries.users import AnyRow
from timeline_local.services import mail, mailed_tokens, users
from timeline_local.services.audit import ANONYMOUS, Actor, record
from timeline_local.services.mail import Mail
from timeline_local.services.passwords import store_password

REGISTER = "register"
FORGOT = "forgot"
ROLE = "member"  # of whoever joins an open install


async def claim_owner(
    db: AsyncConnection,
    cipher: FieldCipher,
    owner_pk: int,
    *,
    email: str,
    name: str,
    password_hash: str,
    settings: AuthSettings,
    now: datetime,
) -> None:
    """Give the owner of a new install address, name and password. Raises InvalidToken if that was done meanwhile."""
    statement = (
        update(User)
        .where(User.pk == owner_pk, User.role == "owner", User.password_hash.is_(None))
        .values(name=name, updated_at=now, version=User.version + 1)
        .returning(User.id)
    )
    owner_id = (await db.execute(statement)).scalar()
    if owner_id is None:
        raise InvalidToken("The owner has a password already. Nothing was changed; sign in with it.")
    await users.store_address(db, owner_pk, {"email": email, "email_verified_at": None})
    await store_password(db, owner_pk, password_hash, now=now)
    lifetime = timedelta(hours=settings.verification_hours)
    made = await mailed_tokens.make(db, owner_pk, "verify_email", email=email, lifetime=lifetime, now=now)
    if made is not None:
        await mail.verification(db, cipher, owner_pk, to=email, token=made[0], until=made[1], now=now)
    await record(db, Actor("ticket", owner_id), "password.changed", now=now, object_kind="user", object_id=owner_id)


async def accept_invitation(
    db: AsyncConnection,
    cipher: FieldCipher,
    token: str,
    *,
    email: str,
    name: str,
    password_hash: str,
    settings: AuthSettings,
    now: datetime,
) -> None:
    """Make the account that an invitation allows, once. Raises InvalidToken, InvalidInput, AddressTaken.

    An address named in the invitation has been proved by having its token; any other is asked to confirm.
    """
    statement = (
        update(Invitation)
        .where(
            Invitation.token_hash == digest(token),
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > now,
        )
        .values(accepted_at=now, updated_at=now, version=Invitation.version + 1)
        .returning(Invitation.id, Invitation.email, Invitation.role)
    )
    found = (await db.execute(statement)).first()
    if found is None:
        raise InvalidToken(mailed_tokens.UNUSABLE)
    if found.email and found.email != email:
        raise InvalidInput(
            "The invitation is for another address. It stays good; use the address it was sent to.",
            errors=(FieldError("#/email", "must be the address that was invited"),),
        )
    given = users.NewUser(
        email=email, name=name, password_hash=password_hash, role=found.role, verified=bool(found.email)
    )
    pk, user_id = await users.create(db, given, actor=ANONYMOUS, now=now)
    if not found.email:
        lifetime = timedelta(hours=settings.verification_hours)
        made = await mailed_tokens.make(db, pk, "verify_email", email=email, lifetime=lifetime, now=now)
        if made is not None:
            await mail.verification(db, cipher, pk, to=email, token=made[0], until=made[1], now=now)
    actor = Actor("anonymous", user_id)
    await record(db, actor, "invitation.accepted", now=now, object_kind="invitation", object_id=found.id)


async def reset_password(
    db: AsyncConnection, cipher: FieldCipher, token: str, password_hash: str, *, now: datetime
) -> AnyRow:
    """Put a new password into force by a mailed token; the account. Raises InvalidToken.

    The caller ends every session in this transaction. A second factor stays in force.
    """
    used = await mailed_tokens.use(db, token, "reset_password", now=now)
    account = await queries.account_held(db, used.owner_pk)
    if account is None or not account.is_active or account.email != used.email:
        raise InvalidToken(mailed_tokens.UNUSABLE)
    await store_password(db, account.pk, password_hash, now=now)
    await mailed_tokens.forget_all(db, account.pk)
    await mail.notice(db, cipher, account.pk, "password_changed", now=now)
    actor = Actor("anonymous", account.id)
    await record(db, actor, "password.reset", now=now, object_kind="user", object_id=account.id)
    return account


# --- what the mail job decides, unseen ---------------------------------------------


async def run_errand(
    db: AsyncConnection, document: Mapping[str, str], *, settings: AuthSettings, now: datetime
) -> Mail | None:
    """Do what was asked of an address, and the mail that tells it; None where nobody is to be written to."""
    if document["errand"] == REGISTER:
        return await _register(db, document, settings=settings, now=now)
    return await _forgot(db, document["email"], settings=settings, now=now)


async def _register(
    db: AsyncConnection, document: Mapping[str, str], *, settings: AuthSettings, now: datetime
) -> Mail | None:
    email = document["email"]
    known = await queries.account_by_address(db, email)
    if known is not None and await _is_unconfirmed(db, known):
        await db.execute(delete(User).where(User.pk == known.pk))  # nobody ever signed in to it
        known = None
    if known is not None:
        return Mail("address_known", email)
    given = users.NewUser(
        email=email, name=document["name"], password_hash=document["password_hash"], role=ROLE, is_active=False
    )
    try:
        pk, _ = await users.create(db, given, actor=ANONYMOUS, now=now)
    except AddressTaken:  # by somebody quicker, this very moment
        return Mail("address_known", email)
    return await _verification(db, pk, email, settings=settings, now=now)


async def _forgot(db: AsyncConnection, email: str, *, settings: AuthSettings, now: datetime) -> Mail | None:
    """A link to a new password goes only to an address that was confirmed: another may be a stranger's, by mistake."""
    account = await queries.account_by_address(db, email)
    if account is None:
        return None
    if await _is_unconfirmed(db, account):
        return await _verification(db, account.pk, email, settings=settings, now=now)
    if not account.is_active or account.email_verified_at is None:
        return None
    lifetime = timedelta(minutes=settings.reset_minutes)
    made = await mailed_tokens.make(db, account.pk, "reset_password", email=email, lifetime=lifetime, now=now)
    return None if made is None else Mail("password_reset", email, made[0], mail.lasting(made[1]))


async def _verification(
    db: AsyncConnection, owner_pk: int, email: str, *, settings: AuthSettings, now: datetime
) -> Mail | None:
    lifetime = timedelta(hours=settings.verification_hours)
    made = await mailed_tokens.make(db, owner_pk, "verify_email", email=email, lifetime=lifetime, now=now)
    return None if made is None else Mail("verification", email, made[0], mail.lasting(made[1]))


async def _is_unconfirmed(db: AsyncConnection, account: AnyRow) -> bool:
    """Whether somebody signed up for it and never answered the mail; an administrator's lock is something else."""
    fresh = account.role != "owner" and not account.is_active and account.email_verified_at is None
    return fresh and await queries.awaits_confirmation(db, account.pk)


async def forget_unconfirmed(db: AsyncConnection, *, now: datetime) -> int:
    """Delete the accounts nobody confirmed in time; how many. Their addresses are free again."""
    pks = await queries.unconfirmed(db, before=now)
    if pks:
        await db.execute(delete(User).where(User.pk.in_(pks)))
    return len(pks)
