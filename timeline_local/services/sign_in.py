"""Signing in with address and password, and with a second factor where the account has one.

Whether an address is known, switched off or without a password, the answer and its cost are the same: one counted
attempt, one check of a hash, one entry in the audit log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.database import Database
from timeline_local.core.encryption import FieldCipher
from timeline_local.core.passwords import Passwords
from timeline_local.domain.addresses import normalise_address
from timeline_local.exceptions import SecondFactorNeeded, SignInFailed, WrongPassword
from timeline_local.models import User
from timeline_local.queries import credentials
from timeline_local.services.attempts import Confirmations, account_hash, admit, check_limits, take_back
from timeline_local.services.audit import ANONYMOUS, Actor, record
from timeline_local.services.second_factor import accept_any_code

FAILED = "The address, the password or the code is wrong, or the account cannot sign in. You are not signed in."


@dataclass(frozen=True, slots=True)
class Proved:
    """An account whose password was right. rehashed: its hash made anew, where the old one was outdated."""

    account: Any
    attempt: int
    code: str | None
    rehashed: str | None


class SignIn:
    """Checks passwords: of strangers, and of those who confirm what they do."""

    def __init__(
        self, database: Database, passwords: Passwords, cipher: FieldCipher, *, now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._cipher = cipher
        self._now = now
        self._confirmations = Confirmations()

    async def prove(self, email: str, password: str, code: str | None) -> Proved:
        """The account that this password opens. The caller finishes it with `complete` in one transaction with the
        new session.

        Raises RateLimited, SignInFailed, SecondFactorNeeded. Costs one hash of 19 MiB, two at a time.
        """
        address = normalise_address("email", email)
        counted_as = account_hash(address)
        async with self._database.read() as db:  # a flood of attempts is turned away without a write
            await check_limits(db, counted_as, now=self._now())
        # Counted in a transaction of its own: however this ends, the attempt was made.
        async with self._database.write() as db:
            attempt = await admit(db, counted_as, now=self._now())
            account = await credentials.account_of(db, address)
        may_sign_in = account is not None and account.is_active
        verdict = await self._passwords.verify(password, account.password_hash if account is not None else None)
        if account is None or not may_sign_in or not verdict.matches:
            await self._note_failure(account)
            raise SignInFailed(FAILED)
        if account.totp_confirmed_at is not None and not code:
            async with self._database.write() as db:
                await take_back(db, attempt)
            raise SecondFactorNeeded("Send the code of your authenticator, or a recovery code, as `code`.")
        return Proved(account, attempt, code, await self._passwords.hash(password) if verdict.outdated else None)

    async def complete(self, db: AsyncConnection, proved: Proved) -> bool:
        """Use up the code, if the account has a second factor, and note the sign-in, beside the new session.

        False if the code is wrong, or if password or account have changed since `prove`: then the caller opens no
        session and, once outside of this transaction, tells `refuse`. The attempt stays counted.
        """
        account, now = proved.account, self._now()
        if account.totp_confirmed_at is not None and not await self._accepts(db, proved, now):
            return False
        values = {"last_login_at": now} | ({"password_hash": proved.rehashed} if proved.rehashed else {})
        still = (User.pk == account.pk, User.is_active, User.password_hash == account.password_hash)
        if (await db.execute(update(User).where(*still).values(**values))).rowcount == 0:
            return False
        await take_back(db, proved.attempt)
        return True

    async def refuse(self, proved: Proved) -> NoReturn:
        """Note in the audit log that the password was right and the code was not. Raises SignInFailed."""
        await self._note_failure(proved.account, {"step": "code"})
        raise SignInFailed(FAILED)

    async def confirm_password(self, owner_pk: int, password: str) -> None:
        """Check the password of someone who is known already. Raises RateLimited, WrongPassword."""
        async with self._database.read() as db:
            account = await credentials.account(db, owner_pk)
        self._confirmations.admit(owner_pk)
        verdict = await self._passwords.verify(password, account.password_hash)
        if not verdict.matches:
            raise WrongPassword("That is not your password. Nothing was changed.")
        self._confirmations.take_back(owner_pk)

    def count_confirmation(self, owner_pk: int) -> None:
        """Count a code that someone known is about to give. Raises RateLimited."""
        self._confirmations.admit(owner_pk)

    def confirmation_was_right(self, owner_pk: int) -> None:
        """The code counted last was right."""
        self._confirmations.take_back(owner_pk)

    async def _accepts(self, db: AsyncConnection, proved: Proved, now: datetime) -> bool:
        fresh = await credentials.account(db, proved.account.pk)
        if fresh.totp_confirmed_at is None:
            return True  # switched off since the password was checked
        return await accept_any_code(db, fresh.pk, self._cipher, proved.code or "", actor=ANONYMOUS, now=now)

    async def _note_failure(self, account: Any, details: dict[str, Any] | None = None) -> None:  # noqa: ANN401 - a row
        async with self._database.write() as db:
            user_id = None if account is None else account.id
            await record(
                db, ANONYMOUS, "login.failed", now=self._now(), object_kind="user", object_id=user_id, details=details
            )


async def note_login(db: AsyncConnection, user_id: UUID, session_id: UUID | None, *, kind: str, now: datetime) -> None:
    """Write into the audit log that a user signed in. kind: session | token | ticket."""
    actor = Actor(kind, user_id, session_id)
    await record(db, actor, "login", now=now, object_kind="session", object_id=session_id)
