"""Making an account, confirming an address, getting back in after a forgotten password."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Response

from timeline_local.api.dependencies import Me, Parts, public, requires
from timeline_local.api.errors import responses
from timeline_local.api.strict import StrictRoute
from timeline_local.core.passwords import check_rules
from timeline_local.core.security import digest
from timeline_local.exceptions import (
    AddressTaken,
    InvalidInput,
    InvalidToken,
    PasswordTooWeak,
    RateLimited,
    RegistrationClosed,
    ScopeMissing,
)
from timeline_local.queries import users as queries
from timeline_local.runtime import Runtime
from timeline_local.schemas import users as wire
from timeline_local.services import mail, mailed_tokens, registration, users
from timeline_local.services.attempts import admit

router = APIRouter(prefix="/auth", tags=["auth"], route_class=StrictRoute)


@router.post(
    "/register",
    summary="Make an account",
    status_code=201,
    dependencies=[public()],
    responses=responses(InvalidInput, InvalidToken, PasswordTooWeak, AddressTaken, RegistrationClosed, RateLimited)
    | {202: {"model": wire.Registered, "description": "A mail says how to go on"}},
)
async def register(asked: wire.Registration, response: Response, parts: Parts) -> wire.Registered:
    """With an invitation, or the setup token of a new server, the account is ready at once.

    On an open server the answer is 202 and the same for every address: the mail tells its reader the rest.
    """
    email = users.usable_address(asked.email)
    check_rules(asked.password, email=email, name=asked.name)
    if asked.invitation is None and not parts.settings.auth.open_registration:
        raise RegistrationClosed("This server takes new accounts by invitation only. No account was made.")
    await _count(parts, f"register:{email}")
    password_hash = await parts.passwords.hash(asked.password)
    if asked.invitation is not None:
        await _join(parts, asked, asked.invitation, email=email, password_hash=password_hash)
        return wire.Registered(state="ready")
    facts = {"email": email, "name": asked.name, "password_hash": password_hash}
    await _send_on_errand(parts, registration.REGISTER, facts)
    response.status_code = 202
    return wire.Registered(state="confirm")


@router.post(
    "/password/forgot",
    summary="Ask for a new password",
    status_code=202,
    dependencies=[public()],
    responses=responses(InvalidInput, RateLimited),
)
async def forgot_password(asked: wire.Forgotten, parts: Parts) -> Response:
    """The answer is the same whether anybody here has that address. Who does, and has confirmed it, is sent a link."""
    email = users.usable_address(asked.email)
    await _count(parts, f"forgot:{email}")
    await _send_on_errand(parts, registration.FORGOT, {"email": email})
    return Response(status_code=202)


@router.post(
    "/password/reset",
    summary="Set a new password with a mailed token",
    status_code=204,
    dependencies=[public()],
    responses=responses(InvalidInput, InvalidToken, PasswordTooWeak),
)
async def reset_password(asked: wire.Reset, parts: Parts) -> Response:
    """The token works once. Everything that was signed in is signed out; a second factor stays in force.

    A password that cannot be used leaves the token good.
    """
    now = parts.now()
    async with parts.database.read() as db:
        account = await queries.holder_of(db, digest(asked.token), "reset_password", now=now)
    if account is None:
        raise InvalidToken(mailed_tokens.UNUSABLE)
    check_rules(asked.new_password, email=account.email, name=account.name)
    password_hash = await parts.passwords.hash(asked.new_password)
    async with parts.database.write() as db:
        found = await registration.reset_password(db, parts.cipher, asked.token, password_hash, now=parts.now())
        await parts.authentication.end_all(db, found.pk, now=parts.now())
    parts.authentication.forget_user(found.pk)
    parts.changes.end(found.pk)
    parts.wake_jobs.set()
    return Response(status_code=204)


@router.post(
    "/email/verification",
    summary="Mail once more to the address you have to confirm",
    status_code=202,
    dependencies=[requires("settings:write")],
    responses=responses(ScopeMissing),
)
async def ask_for_verification(me: Me, parts: Parts) -> Response:
    """Harmless if there is none. A few mails an hour are sent; each makes the link of the one before unusable."""
    lifetime = timedelta(hours=parts.settings.auth.verification_hours)
    async with parts.database.write() as db:
        account = await queries.account_held(db, me.user_pk)
        if account is not None:
            await users.ask_again(db, parts.cipher, account, lifetime=lifetime, now=parts.now())
    parts.wake_jobs.set()
    return Response(status_code=202)


@router.post(
    "/email/verify",
    summary="Confirm an address with a mailed token",
    status_code=204,
    dependencies=[public()],
    responses=responses(InvalidInput, InvalidToken, AddressTaken),
)
async def verify_address(asked: wire.Confirmation, parts: Parts) -> Response:
    """The token works once. The address is the account's from then on, and the one to sign in with."""
    async with parts.database.write() as db:
        await users.confirm_address(db, parts.cipher, asked.token, now=parts.now())
    parts.wake_jobs.set()
    return Response(status_code=204)


async def _join(parts: Runtime, asked: wire.Registration, token: str, *, email: str, password_hash: str) -> None:
    """Redeem the setup token of a new server, or an invitation."""
    async with parts.database.read() as db:
        owner = await queries.account(db, parts.owner_pk)
    is_new = owner is not None and owner.password_hash is None
    given = {"email": email, "name": asked.name, "password_hash": password_hash}
    claims = is_new and parts.tickets.redeem(token) == parts.owner_pk
    settings, now = parts.settings.auth, parts.now()
    async with parts.database.write() as db:
        if claims:
            await registration.claim_owner(db, parts.cipher, parts.owner_pk, **given, settings=settings, now=now)
        else:
            await registration.accept_invitation(db, parts.cipher, token, **given, settings=settings, now=now)
    parts.wake_jobs.set()


async def _send_on_errand(parts: Runtime, errand: str, facts: dict[str, str]) -> None:
    async with parts.database.write() as db:
        await mail.post_errand(db, parts.cipher, parts.owner_pk, errand, facts, now=parts.now())
    parts.wake_jobs.set()


async def _count(parts: Runtime, what: str) -> None:
    """Count one more of these about an address, known or not, as attempts to sign in are. Raises RateLimited."""
    async with parts.database.write() as db:
        await admit(db, digest(what), now=parts.now())
