"""Giving the install new keys: what the old field key sealed is sealed anew, and everybody signs in again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.encryption import FieldCipher, SealBroken
from timeline_local.models import Job, Session, User
from timeline_local.services import mail, source_accounts
from timeline_local.services.audit import COMMAND, record
from timeline_local.services.second_factor import seal_context


@dataclass(frozen=True, slots=True)
class Rotated:
    """How many values were sealed anew, how many could not be opened any more, and how many sessions ended."""

    resealed: int
    broken: int
    sessions: int


async def rotate(db: AsyncConnection, cipher: FieldCipher, *, now: datetime) -> Rotated:
    """Seal every sealed field with the cipher's newest key and end all sessions; one transaction.

    A second factor or a token that no key opens any more is left as it is, for its owner to set up again.
    """
    resealed, broken = await _reseal_second_factors(db, cipher, now=now)
    tokens, lost = await source_accounts.reseal(db, cipher, now=now)
    resealed, broken = resealed + tokens + await _reseal_mails(db, cipher), broken + lost
    ended = update(Session).where(Session.revoked_at.is_(None), Session.expires_at > now)
    sessions = (await db.execute(ended.values(revoked_at=now, updated_at=now, version=Session.version + 1))).rowcount
    details = {"resealed": resealed, "broken": broken, "sessions": sessions}
    await record(db, COMMAND, "secrets.rotated", now=now, details=details)
    return Rotated(resealed, broken, sessions)


async def _reseal_second_factors(db: AsyncConnection, cipher: FieldCipher, *, now: datetime) -> tuple[int, int]:
    found = await db.execute(select(User.pk, User.id, User.totp_secret).where(User.totp_secret.is_not(None)))
    resealed = broken = 0
    for row in found.all():
        context = seal_context(row.id)
        try:
            fresh = cipher.encrypt(cipher.decrypt(row.totp_secret, context), context)
        except SealBroken:
            broken += 1
            continue
        await db.execute(update(User).where(User.pk == row.pk).values(totp_secret=fresh, updated_at=now))
        resealed += 1
    return resealed, broken


async def _reseal_mails(db: AsyncConnection, cipher: FieldCipher) -> int:
    """Mails that wait to be sent; one that no key opens fails by itself when its turn comes."""
    resealed = 0
    for row in (await db.execute(select(Job.pk, Job.payload).where(Job.kind == mail.JOB))).all():
        try:
            document = mail.opened(cipher, row.payload)
        except SealBroken:
            continue
        if document is not None:
            await db.execute(update(Job).where(Job.pk == row.pk).values(payload=mail.sealed(cipher, document)))
            resealed += 1
    return resealed
