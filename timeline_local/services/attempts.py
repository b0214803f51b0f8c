"""How often passwords and codes may be tried.

Signing in is counted in the database, by the address that was given, known or not: a restart clears nothing, and no
header changes the count. Each attempt is written down before it is checked, so that those at once and those cut short
count as well, and taken back when it was right. Confirmations of someone who is signed in already, or who brings a
launch ticket, are counted apart and in memory: nobody outside can use up the owner's.
"""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.security import digest
from timeline_local.exceptions import RateLimited
from timeline_local.models import LoginAttempt
from timeline_local.queries import credentials

PER_ACCOUNT = 10
ACCOUNT_WINDOW = timedelta(minutes=15)
OVERALL = 30
OVERALL_WINDOW = timedelta(minutes=1)
MOST_USERS = 10_000


def account_hash(email: str) -> bytes:
    """Under which attempts at an address are counted; the address itself, which may be a stranger's, is not kept."""
    return digest(f"login:{email}")


async def check_limits(db: AsyncConnection, account: bytes, *, now: datetime) -> None:
    """Raise RateLimited when this account was tried ten times in fifteen minutes, or all of them thirty in one."""
    limits = ((account, PER_ACCOUNT, ACCOUNT_WINDOW), (None, OVERALL, OVERALL_WINDOW))
    for whose, most, window in limits:
        # A clock set back leaves attempts in the future: those of a moment count, those of another year do not.
        count, oldest = await credentials.attempts(db, whose, since=now - window, until=now + window)
        if count >= most and oldest is not None:
            raise _too_often((oldest + window - now).total_seconds())


async def admit(db: AsyncConnection, account: bytes, *, now: datetime) -> int:
    """Count an attempt that is about to be checked; its pk, for `take_back`. Raises RateLimited."""
    await credentials.hold_attempts(db)
    is_over = or_(LoginAttempt.at <= now - ACCOUNT_WINDOW, LoginAttempt.at > now + ACCOUNT_WINDOW)
    await db.execute(delete(LoginAttempt).where(is_over))
    await check_limits(db, account, now=now)
    statement = insert(LoginAttempt).values(account_hash=account, at=now).returning(LoginAttempt.pk)
    return (await db.execute(statement)).scalar_one()


async def take_back(db: AsyncConnection, attempt: int) -> None:
    """The attempt was right: it does not count."""
    await db.execute(delete(LoginAttempt).where(LoginAttempt.pk == attempt))


class Confirmations:
    """How often someone who is known already may give a wrong password or code: ten times in fifteen minutes."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._tried: OrderedDict[int, deque[float]] = OrderedDict()

    def admit(self, user_pk: int) -> None:
        """Count an attempt that is about to be checked. Raises RateLimited."""
        now, window = self._monotonic(), ACCOUNT_WINDOW.total_seconds()
        tried = self._tried.setdefault(user_pk, deque())
        self._tried.move_to_end(user_pk)
        while len(self._tried) > MOST_USERS:
            self._tried.popitem(last=False)
        while tried and tried[0] <= now - window:
            tried.popleft()
        if len(tried) >= PER_ACCOUNT:
            raise _too_often(tried[0] + window - now)
        tried.append(now)

    def take_back(self, user_pk: int) -> None:
        """The last attempt was right: it does not count."""
        tried = self._tried.get(user_pk)
        if tried:
            tried.pop()


def _too_often(seconds: float) -> RateLimited:
    wait = max(1, int(seconds) + 1)
    minutes = f"{-(-wait // 60)} min" if wait > 60 else f"{wait} s"  # noqa: PLR2004 - seconds of a minute
    return RateLimited(
        f"Too many attempts. Nothing was checked and nothing was changed; try again in {minutes}.",
        headers={"Retry-After": str(wait)},
    )
