"""Opening a session for whoever has proved who they are: cookie and secret for a browser, tokens for a program."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.api.cookies import set_session_cookie
from timeline_local.queries import credentials, identity
from timeline_local.runtime import Runtime
from timeline_local.schemas.credentials import Tokens
from timeline_local.schemas.identity import Me, SignedIn
from timeline_local.services import mail
from timeline_local.services.sessions import LONGEST_DEVICE, ProgramSession, open_program_session
from timeline_local.services.sign_in import note_login


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """A browser's fresh session, to be sent once it is committed."""

    cookie: str
    secret: str
    me: Me


async def open_by_ticket(db: AsyncConnection, parts: Runtime, user_pk: int, request: Request) -> BrowserSession:
    """A browser's session, for a launch ticket."""
    return await _open_browser(db, parts, user_pk, request, kind="ticket")


async def open_by_password(
    db: AsyncConnection, parts: Runtime, user_pk: int, request: Request, *, client: str
) -> BrowserSession | ProgramSession:
    """A session for a browser or a program; the user is told of a device that was never seen before."""
    if not await credentials.has_seen_device(db, user_pk, _device(request)):
        await mail.notice(db, parts.cipher, user_pk, "new_device", now=parts.now(), device=_device(request))
        parts.wake_jobs.set()
    if client == "browser":
        return await _open_browser(db, parts, user_pk, request, kind="session")
    now, user = parts.now(), await identity.user(db, user_pk)
    session = await open_program_session(
        db, user_pk, user.id, device=_device(request), lifetimes=parts.lifetimes, now=now
    )
    await note_login(db, user.id, session.session_id, kind="token", now=now)
    return session


def answer_with(opened: BrowserSession | ProgramSession, response: Response, parts: Runtime) -> SignedIn | Tokens:
    """What the browser or the program is sent."""
    return tokens_of(opened, parts) if isinstance(opened, ProgramSession) else signed_in(opened, response, parts)


def signed_in(opened: BrowserSession, response: Response, parts: Runtime) -> SignedIn:
    """The cookie, as a header, and the secret."""
    set_session_cookie(response, parts, opened.cookie)
    return SignedIn(session_secret=opened.secret, user=opened.me)


def tokens_of(session: ProgramSession, parts: Runtime) -> Tokens:
    """A pair of tokens: one for minutes, one for the next pair."""
    access = parts.tokens.issue(session.user_id, session.session_id, parts.now())
    seconds = int(parts.tokens.lifetime.total_seconds())
    return Tokens(access_token=access, expires_in=seconds, refresh_token=session.refresh_token)


async def _open_browser(
    db: AsyncConnection, parts: Runtime, user_pk: int, request: Request, *, kind: str
) -> BrowserSession:
    now, days = parts.now(), parts.settings.auth.session_days
    session = await parts.authentication.open_session(db, user_pk, device=_device(request), days=days, now=now)
    user = await identity.user(db, user_pk)
    await note_login(db, user.id, session.caller.credential_id, kind=kind, now=now)
    return BrowserSession(session.cookie, session.secret, Me(id=user.id, name=user.name, role=user.role))


def _device(request: Request) -> str:
    return request.headers.get("user-agent", "")[:LONGEST_DEVICE]
