"""Your own account."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Response

from timeline_local.api.cookies import drop_session_cookie
from timeline_local.api.dependencies import Me, Parts, ReadDb, refuse_keys, requires
from timeline_local.api.errors import responses
from timeline_local.api.leaving import leaving
from timeline_local.api.pages import IfMatch, IfNoneMatch, etag, if_match, if_none_match
from timeline_local.api.strict import StrictRoute
from timeline_local.core.security import Caller
from timeline_local.exceptions import (
    AddressTaken,
    InvalidInput,
    NotAllowed,
    NotSignedIn,
    OwnerStays,
    RateLimited,
    ScopeMissing,
    VersionConflict,
    WrongPassword,
)
from timeline_local.queries import users as queries
from timeline_local.queries.users import AnyRow
from timeline_local.runtime import Runtime
from timeline_local.schemas import users as wire
from timeline_local.services import users
from timeline_local.services.audit import actor_of
from timeline_local.services.leaving import delete_account

router = APIRouter(prefix="/users", tags=["users"], route_class=StrictRoute)

FRESH = timedelta(minutes=15)
PRIVATE = "private, no-cache"


@router.get(
    "/me",
    summary="Your account",
    dependencies=[requires("settings:read")],
    responses={200: {"model": wire.Account}, 304: {"description": "Unchanged"}, **responses(ScopeMissing)},
)
async def read_me(me: Me, db: ReadDb, parts: Parts, known: IfNoneMatch = None) -> Response:
    """Name, address, role; preferences are under `/settings`."""
    shown = await _shown(db, parts, me)
    tag = etag(shown.version)
    headers = {"ETag": tag, "Cache-Control": PRIVATE}
    if if_none_match(known, tag):
        return Response(status_code=304, headers=headers)
    return Response(shown.model_dump_json(), media_type="application/json", headers=headers)


@router.patch(
    "/me",
    summary="Change your account",
    dependencies=[requires("settings:write")],
    responses={
        200: {"model": wire.Account},
        **responses(AddressTaken, InvalidInput, NotAllowed, RateLimited, ScopeMissing, VersionConflict, WrongPassword),
    },
)
async def edit_me(patch: wire.AccountPatch, me: Me, parts: Parts, expected: IfMatch = None) -> Response:
    """A merge patch. Another address becomes yours once you open the link that is mailed to it."""
    email = None if patch.email is None else users.usable_address(patch.email)
    async with parts.database.read() as db:
        before = await _account(db, me)
    if email is not None and email != before.email:
        refuse_keys(me)
        await _confirm(parts, before, patch.current_password)
    lifetime, now = timedelta(hours=parts.settings.auth.verification_hours), parts.now()
    async with parts.database.write() as db:
        account = await queries.account_held(db, me.user_pk)
        if account is None:
            raise NotSignedIn("That account is gone.")
        if expected is not None and not if_match(expected, etag(account.version)):
            raise VersionConflict(
                "Your account was changed elsewhere. Nothing was changed; read it again.",
                headers={"ETag": etag(account.version)},
            )
        if patch.name is not None and patch.name != account.name:
            await users.rename(db, me.user_pk, patch.name, now=now)
        if email is not None:
            await users.change_address(db, parts.cipher, account, email, lifetime=lifetime, now=now)
        shown = await _shown(db, parts, me)
    parts.wake_jobs.set()
    return Response(shown.model_dump_json(), media_type="application/json", headers={"ETag": etag(shown.version)})


@router.delete(
    "/me",
    summary="Delete your account and everything in it",
    status_code=204,
    dependencies=[requires("settings:write")],
    responses=responses(InvalidInput, NotAllowed, OwnerStays, RateLimited, ScopeMissing, WrongPassword),
)
async def delete_me(asked: wire.AccountDeletion, me: Me, parts: Parts) -> Response:
    """For good: there is no trash for accounts. Export first what you want to keep.

    Needs your password; an account without one needs a sign-in of the last fifteen minutes. The owner's account can be
    deleted when nobody else has one; the install then begins anew.
    """
    refuse_keys(me)
    now = parts.now()
    async with parts.database.read() as db:
        account = await _account(db, me)
        began = None if me.credential_id is None else await queries.session_began(db, me.user_pk, me.credential_id)
    await _confirm(parts, account, asked.password)
    if account.password_hash is None and (began is None or now - began > FRESH):
        raise NotAllowed("Open the timeline anew from its icon, and delete the account within fifteen minutes.")
    parts.owner_pk = await delete_account(leaving(parts), me.user_pk, actor=actor_of(me), now=now)
    parts.wake_jobs.set()
    response = Response(status_code=204)
    drop_session_cookie(response, parts)
    return response


async def _confirm(parts: Runtime, account: AnyRow, password: str | None) -> None:
    """Raises WrongPassword, RateLimited; an account without a password has none to give."""
    if account.password_hash is None:
        return
    if password is None:
        raise WrongPassword("Your password is needed for this. Nothing was changed.")
    await parts.sign_in.confirm_password(account.pk, password)


async def _account(db: ReadDb, me: Caller) -> AnyRow:
    account = await queries.account(db, me.user_pk)
    if account is None:
        raise NotSignedIn("That account is gone.")
    return account


async def _shown(db: ReadDb, parts: Runtime, me: Caller) -> wire.Account:
    account = await _account(db, me)
    pending = await queries.pending_address(db, me.user_pk, now=parts.now())
    return wire.Account(
        id=account.id,
        name=account.name,
        email=account.email,
        email_verified_at=account.email_verified_at,
        pending_email=pending if pending != account.email else None,
        role=account.role,
        has_password=account.password_hash is not None,
        has_second_factor=account.totp_confirmed_at is not None,
        last_login_at=account.last_login_at,
        created_at=account.created_at,
        version=account.version,
    )
