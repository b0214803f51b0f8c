"""Signing in: here by a mutual proof and a one-time ticket, from anywhere by a password; tokens carry a program on."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from timeline_local.api.dependencies import Parts, ReadDb, public
from timeline_local.api.errors import responses
from timeline_local.api.opening import answer_with, open_by_password, open_by_ticket, signed_in, tokens_of
from timeline_local.api.strict import StrictRoute
from timeline_local.core.security import digest
from timeline_local.exceptions import (
    InvalidInput,
    InvalidRefreshToken,
    InvalidTicket,
    MalformedRequest,
    NotAllowed,
    NotFound,
    PasswordNeeded,
    PasswordTooWeak,
    RateLimited,
    SecondFactorNeeded,
    SignInFailed,
    WrongPassword,
)
from timeline_local.queries import credentials
from timeline_local.runtime import Runtime
from timeline_local.schemas import credentials as wire
from timeline_local.schemas.identity import (
    ChallengeAnswer,
    SignedIn,
    Ticket,
    TicketRedemption,
    TicketRequest,
)
from timeline_local.services.audit import Actor, record
from timeline_local.services.passwords import hash_for
from timeline_local.services.recovery import account_for_recovery, recover
from timeline_local.services.sessions import ProgramSession, refresh

REFUSED = "Sign in again. A token that was used before ends its session."

router = APIRouter(prefix="/auth", tags=["auth"], route_class=StrictRoute)


@router.get(
    "/challenge",
    summary="Prove that this server is the library's own",
    dependencies=[public()],
    responses=responses(MalformedRequest),
)
async def challenge(nonce: Annotated[str, Query(max_length=200)], parts: Parts) -> ChallengeAnswer:
    """Answer a program on this computer that holds the instance secret, before it sends anything."""
    try:
        answer, proof = parts.challenges.issue(nonce)
    except ValueError as error:
        raise MalformedRequest(f"The nonce cannot be used: {error}.") from error
    return ChallengeAnswer(nonce=answer, proof=proof, instance_id=parts.claim.secrets.instance_id)


@router.post(
    "/tickets",
    summary="Get a launch ticket",
    dependencies=[public()],
    responses=responses(NotAllowed),
)
async def issue_ticket(asked: TicketRequest, request: Request, parts: Parts) -> Ticket:
    """Give a ticket to a program that proves it holds the instance secret. Single use, one minute."""
    if not parts.challenges.verify(asked.nonce, asked.proof):
        raise NotAllowed("The proof does not fit the challenge; no ticket was made. Ask for a new challenge.")
    ticket = parts.tickets.issue(parts.owner_pk)
    port = request.scope["server"][1]
    return Ticket(ticket=ticket, url=f"http://{parts.claim.secrets.label}.localhost:{port}/#ticket={ticket}")


@router.post(
    "/redeem",
    summary="Turn a launch ticket into a session",
    dependencies=[public()],
    responses=responses(InvalidTicket, PasswordNeeded, WrongPassword, RateLimited),
)
async def redeem(asked: TicketRedemption, request: Request, response: Response, parts: Parts) -> SignedIn:
    """Sign the browser in: a cookie and a header secret, both needed from now on.

    With the app lock on, the password is needed too; a ticket without it, or with a wrong one, stays good.
    """
    await _unlock(asked, parts)
    owner_pk = parts.tickets.redeem(asked.ticket)
    if owner_pk is None:
        raise InvalidTicket("Open Timeline Local again from its icon, or run `timeline-local open`.")
    async with parts.database.write() as db:
        opened = await open_by_ticket(db, parts, owner_pk, request)
    return signed_in(opened, response, parts)


@router.post(
    "/login",
    summary="Sign in with a password",
    dependencies=[public()],
    responses=responses(InvalidInput, SignInFailed, SecondFactorNeeded, RateLimited),
)
async def login(asked: wire.Login, request: Request, response: Response, parts: Parts) -> SignedIn | wire.Tokens:
    """A session for a browser, or tokens for a program.

    Ten wrong attempts at one account in fifteen minutes, or thirty at all accounts in one, and nobody is let in by
    password for a while; `Retry-After` says how long. Launch tickets are not affected.
    """
    proved = await parts.sign_in.prove(asked.email, asked.password, asked.code)
    async with parts.database.write() as db:
        is_in = await parts.sign_in.complete(db, proved)
        opened = await open_by_password(db, parts, proved.account.pk, request, client=asked.client) if is_in else None
    if opened is None:
        await parts.sign_in.refuse(proved)
    return answer_with(opened, response, parts)


@router.post(
    "/refresh",
    summary="Get the next pair of tokens",
    dependencies=[public()],
    responses=responses(InvalidInput, InvalidRefreshToken),
)
async def refresh_tokens(asked: wire.Refresh, parts: Parts) -> wire.Tokens:
    """Each refresh token works once. A second use ends the session, since one of the two users stole it.

    Of several requests at once one wins; the others are refused and end nothing.
    """
    asked_at = parts.now()
    async with parts.database.read() as db:  # a stranger's guesses do not get as far as the one writer
        is_ours = await credentials.refresh_token(db, digest(asked.refresh_token)) is not None
    if not is_ours:
        raise InvalidRefreshToken(REFUSED)
    async with parts.database.write() as db:
        found = await refresh(db, asked.refresh_token, asked_at=asked_at, lifetimes=parts.lifetimes, now=parts.now())
        if not isinstance(found, ProgramSession) and found.ended is not None:
            _, user_id, session_id = found.ended
            actor, facts = Actor("token", user_id, session_id), {"reason": "refresh token used twice"}
            await record(
                db,
                actor,
                "session.revoked",
                now=parts.now(),
                object_kind="session",
                object_id=session_id,
                details=facts,
            )
    if isinstance(found, ProgramSession):
        return tokens_of(found, parts)
    if found.ended is not None:
        parts.authentication.forget(found.ended[2])
        parts.changes.end_credential(found.ended[0], found.ended[2])
    raise InvalidRefreshToken(REFUSED)


@router.get("/methods", summary="How one can sign in here", dependencies=[public()], responses=responses())
async def methods(parts: Parts, db: ReadDb) -> wire.Methods:
    """For the sign-in page: what to offer. Tells nothing about any account."""
    has_password = await credentials.has_any_password(db)
    settings = parts.settings
    registration: Literal["closed", "first", "open"] = "open" if settings.auth.open_registration else "closed"
    owner = await credentials.account(db, parts.owner_pk)
    if owner.password_hash is None and (settings.server.allow_lan or settings.server.public_url):
        registration = "first"
    return wire.Methods(password=has_password, registration=registration, email=settings.email.host is not None)


@router.post(
    "/recovery",
    summary="Help someone who forgot",
    status_code=204,
    dependencies=[public()],
    responses=responses(InvalidInput, NotAllowed, NotFound, PasswordTooWeak),
)
async def recovery(asked: wire.Recovery, parts: Parts) -> Response:
    """Set a password or switch off a second factor, for a program that proves it holds the instance secret.

    That secret is readable by the system account that owns the library only: `timeline-local account`. Ends every
    session of the account.
    """
    if not parts.challenges.verify(asked.nonce, asked.proof):
        raise NotAllowed("The proof does not fit the challenge; nothing was changed. Ask for a new challenge.")
    async with parts.database.read() as db:
        account = await account_for_recovery(db, parts.owner_pk, asked.email)
    hashed = None
    if asked.action == "set-password":
        hashed = await hash_for(parts.passwords, account, asked.password or "", email=asked.email)
    async with parts.database.write() as db:
        await recover(db, account, password_hash=hashed, email=asked.email, now=parts.now())
    parts.authentication.forget_user(account.pk)
    parts.changes.end(account.pk)
    return Response(status_code=204)


async def _unlock(asked: TicketRedemption, parts: Runtime) -> None:
    """Nothing, unless this ticket's user has the app lock on. Raises PasswordNeeded, WrongPassword, RateLimited."""
    owner_pk = parts.tickets.holder(asked.ticket)
    if owner_pk is None:
        return
    async with parts.database.read() as db:
        is_locked = await credentials.app_lock(db, owner_pk)
    if not is_locked:
        return
    if asked.password is None:
        raise PasswordNeeded("Send your password with the ticket, which is still good.")
    await parts.sign_in.confirm_password(owner_pk, asked.password)
