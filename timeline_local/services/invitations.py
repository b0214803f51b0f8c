"""Invitations: a link that lets one person make an account with a role."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.encryption import FieldCipher
from timeline_local.core.security import digest, new_session_id
from timeline_local.domain.ids import new_id
from timeline_local.exceptions import AddressTaken, InvitationNotFound
from timeline_local.models import Invitation
from timeline_local.queries import users as queries
from timeline_local.queries.users import AnyRow
from timeline_local.services import mail
from timeline_local.services.audit import Actor, record

ANYBODY = ""  # the address of an invitation that is handed over by other means


@dataclass(frozen=True, slots=True)
class NewInvitation:
    """The invitation with the token of its link, which is shown this once."""

    row: AnyRow
    token: str


async def create(
    db: AsyncConnection,
    cipher: FieldCipher,
    owner_pk: int,
    *,
    email: str,
    role: str,
    lifetime: timedelta,
    actor: Actor,
    now: datetime,
) -> NewInvitation:
    """Invite an address, which is written to, or ANYBODY. An earlier open invitation of the address ends.

    Raises AddressTaken.
    """
    if email and await queries.account_by_address(db, email) is not None:
        raise AddressTaken("Somebody here has that address already. Nobody was invited.")
    if email:
        earlier = update(Invitation).where(
            Invitation.email == email, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None)
        )
        await db.execute(earlier.values(revoked_at=now, updated_at=now, version=Invitation.version + 1))
    id_, token, until = new_id(), new_session_id(), now + lifetime
    await db.execute(
        insert(Invitation).values(
            id=id_,
            owner_pk=owner_pk,
            created_at=now,
            updated_at=now,
            email=email,
            role=role,
            token_hash=digest(token),
            expires_at=until,
        )
    )
    if email:
        await mail.invitation(db, cipher, owner_pk, to=email, token=token, until=until, now=now)
    await record(
        db, actor, "invitation.created", now=now, object_kind="invitation", object_id=id_, details={"role": role}
    )
    row = await queries.invitation(db, id_)
    assert row is not None  # noqa: S101 - inserted above
    return NewInvitation(row, token)


async def revoke(db: AsyncConnection, invitation_id: UUID, *, actor: Actor, now: datetime) -> None:
    """End an open invitation. Raises InvitationNotFound."""
    statement = update(Invitation).where(
        Invitation.id == invitation_id, Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None)
    )
    ended = statement.values(revoked_at=now, updated_at=now, version=Invitation.version + 1)
    if (await db.execute(ended)).rowcount == 0:
        raise InvitationNotFound("There is no open invitation of that id. Nothing was changed.")
    await record(db, actor, "invitation.revoked", now=now, object_kind="invitation", object_id=invitation_id)
