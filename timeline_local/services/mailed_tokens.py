"""The single-use tokens that leave by mail: 256 random bits, kept as hashes, good for a while, and once.

Using one is a single statement that only an unused row satisfies, so of many at once exactly one wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.security import digest, new_session_id
from timeline_local.exceptions import InvalidToken
from timeline_local.models import MailedToken
from timeline_local.queries import users as queries

Purpose = Literal["verify_email", "reset_password"]
MOST_AN_HOUR = 5  # mails of one purpose about one account: nobody's inbox is flooded through us
UNUSABLE = "That link is used up, too old, or was replaced by a newer one. Nothing was changed; ask for a new mail."


@dataclass(frozen=True, slots=True)
class Used:
    """Whose token it was, and the address it was sent to."""

    owner_pk: int
    email: str


async def make(
    db: AsyncConnection, owner_pk: int, purpose: Purpose, *, email: str, lifetime: timedelta, now: datetime
) -> tuple[str, datetime] | None:
    """(the token, when it ends), or None when this account was mailed too often in the last hour.

    Earlier tokens of the same purpose end, except when the new one is refused.
    """
    if await queries.tokens_since(db, owner_pk, purpose, since=now - timedelta(hours=1)) >= MOST_AN_HOUR:
        return None
    ended = update(MailedToken).where(
        MailedToken.owner_pk == owner_pk, MailedToken.purpose == purpose, MailedToken.used_at.is_(None)
    )
    await db.execute(ended.values(used_at=now))
    token, until = new_session_id(), now + lifetime
    await db.execute(
        insert(MailedToken).values(
            owner_pk=owner_pk,
            purpose=purpose,
            email=email,
            token_hash=digest(token),
            created_at=now,
            expires_at=until,
        )
    )
    return token, until


async def use(db: AsyncConnection, token: str, purpose: Purpose, *, now: datetime) -> Used:
    """Use a token up. Raises InvalidToken."""
    statement = (
        update(MailedToken)
        .where(
            MailedToken.token_hash == digest(token),
            MailedToken.purpose == purpose,
            MailedToken.used_at.is_(None),
            MailedToken.expires_at > now,
        )
        .values(used_at=now)
        .returning(MailedToken.owner_pk, MailedToken.email)
    )
    found = (await db.execute(statement)).first()
    if found is None:
        raise InvalidToken(UNUSABLE)
    return Used(found.owner_pk, found.email)


async def forget_all(db: AsyncConnection, owner_pk: int) -> None:
    """End every token of this user, whatever it is for."""
    await db.execute(delete(MailedToken).where(MailedToken.owner_pk == owner_pk))
