"""Your password, your second factor and the app lock."""

from __future__ import annotations

from fastapi import APIRouter, Response

from timeline_local.api.dependencies import Me, Parts, refuse_keys, requires
from timeline_local.api.errors import responses
from timeline_local.api.strict import StrictRoute
from timeline_local.core.security import Caller
from timeline_local.core.totp import provisioning_uri, secret_text
from timeline_local.exceptions import (
    InvalidInput,
    NotAllowed,
    PasswordTooWeak,
    RateLimited,
    ScopeMissing,
    WrongCode,
    WrongPassword,
    WrongState,
)
from timeline_local.queries import credentials
from timeline_local.runtime import Runtime
from timeline_local.schemas import credentials as wire
from timeline_local.services import mail, second_factor
from timeline_local.services.audit import actor_of, record
from timeline_local.services.passwords import hash_for, set_app_lock, store_password

router = APIRouter(prefix="/auth", tags=["auth"], route_class=StrictRoute)
PRODUCT = "Timeline Local"


@router.post(
    "/password",
    summary="Change your password",
    status_code=204,
    dependencies=[requires("settings:write")],
    responses=responses(
        InvalidInput, PasswordTooWeak, NotAllowed, WrongPassword, WrongState, RateLimited, ScopeMissing
    ),
)
async def change_password(asked: wire.PasswordChange, me: Me, parts: Parts) -> Response:
    """Needs the current one, if there is one. Every other session ends at once, with its tokens."""
    refuse_keys(me)
    async with parts.database.read() as db:
        account = await credentials.account(db, me.user_pk)
    if account.password_hash is not None:
        await _confirm_password(parts, me, asked.current_password)
    hashed = await hash_for(parts.passwords, account, asked.new_password)
    now = parts.now()
    async with parts.database.write() as db:
        if (await credentials.account(db, me.user_pk)).password_hash != account.password_hash:
            raise WrongState("The password was changed elsewhere in this moment. Nothing was changed here.")
        await store_password(db, me.user_pk, hashed, now=now)
        ended = await parts.authentication.end_all(db, me.user_pk, now=now, but=me.credential_id)
        facts = {"sessions_ended": ended}
        await record(
            db, actor_of(me), "password.changed", now=now, object_kind="user", object_id=me.user_id, details=facts
        )
        await mail.notice(db, parts.cipher, me.user_pk, "password_changed", now=now)
    parts.wake_jobs.set()
    parts.authentication.forget_user(me.user_pk)
    parts.changes.end(me.user_pk)
    return Response(status_code=204)


@router.post(
    "/totp",
    summary="Begin to set up a second factor",
    dependencies=[requires("settings:write")],
    responses=responses(NotAllowed, WrongState, ScopeMissing),
)
async def begin_totp(me: Me, parts: Parts) -> wire.TotpSecret:
    """A secret for your authenticator. It is in force once you have confirmed it with a code."""
    refuse_keys(me)
    async with parts.database.write() as db:
        secret = await second_factor.prepare(db, me.user_pk, parts.cipher, now=parts.now())
        account = await credentials.account(db, me.user_pk)
    uri = provisioning_uri(secret, account=account.email or account.name or str(account.id), issuer=PRODUCT)
    return wire.TotpSecret(secret=secret_text(secret), uri=uri)


@router.post(
    "/totp/confirm",
    summary="Switch the second factor on",
    dependencies=[requires("settings:write")],
    responses=responses(InvalidInput, NotAllowed, WrongCode, WrongState, RateLimited, ScopeMissing),
)
async def confirm_totp(asked: wire.CodeGiven, me: Me, parts: Parts) -> wire.RecoveryCodes:
    """From now on, signing in with your password needs a code. Keep the recovery codes: they are shown this once."""
    refuse_keys(me)
    parts.sign_in.count_confirmation(me.user_pk)
    now = parts.now()
    async with parts.database.write() as db:
        codes = await second_factor.confirm(db, me.user_pk, parts.cipher, asked.code, now=now)
        await record(db, actor_of(me), "totp.enabled", now=now, object_kind="user", object_id=me.user_id)
        await mail.notice(db, parts.cipher, me.user_pk, "second_factor_on", now=now)
    parts.wake_jobs.set()
    parts.sign_in.confirmation_was_right(me.user_pk)
    return wire.RecoveryCodes(recovery_codes=codes)


@router.post(
    "/totp/disable",
    summary="Switch the second factor off",
    status_code=204,
    dependencies=[requires("settings:write")],
    responses=responses(InvalidInput, NotAllowed, WrongCode, WrongPassword, WrongState, RateLimited, ScopeMissing),
)
async def disable_totp(asked: wire.PasswordOrCode, me: Me, parts: Parts) -> Response:
    """Needs your password, or a code. The recovery codes are void too."""
    refuse_keys(me)
    if asked.code is None:
        await _confirm_password(parts, me, asked.password)
    else:
        await _confirm_code(parts, me, asked.code)
    now = parts.now()
    async with parts.database.write() as db:
        if await second_factor.disable(db, me.user_pk, now=now):
            await record(db, actor_of(me), "totp.disabled", now=now, object_kind="user", object_id=me.user_id)
            await mail.notice(db, parts.cipher, me.user_pk, "second_factor_off", now=now)
    parts.wake_jobs.set()
    return Response(status_code=204)


@router.post(
    "/recovery-codes",
    summary="Get new recovery codes",
    dependencies=[requires("settings:write")],
    responses=responses(InvalidInput, NotAllowed, WrongCode, WrongState, RateLimited, ScopeMissing),
)
async def new_recovery_codes(asked: wire.CodeGiven, me: Me, parts: Parts) -> wire.RecoveryCodes:
    """Ten new ones; the old ones are void."""
    refuse_keys(me)
    await _confirm_code(parts, me, asked.code)
    now = parts.now()
    async with parts.database.write() as db:
        codes = await second_factor.new_recovery_codes(db, me.user_pk)
        await mail.notice(db, parts.cipher, me.user_pk, "recovery_codes", now=now)
        await record(db, actor_of(me), "recovery_codes.renewed", now=now, object_kind="user", object_id=me.user_id)
    parts.wake_jobs.set()
    return wire.RecoveryCodes(recovery_codes=codes)


@router.put(
    "/app-lock",
    summary="Switch the app lock on or off",
    dependencies=[requires("settings:write")],
    responses=responses(InvalidInput, NotAllowed, WrongPassword, WrongState, RateLimited, ScopeMissing),
)
async def put_app_lock(asked: wire.AppLock, me: Me, parts: Parts) -> wire.AppLockShown:
    """With the lock on, opening the timeline from its icon asks for your password. Needs it now, if you have one."""
    refuse_keys(me)
    async with parts.database.read() as db:
        account = await credentials.account(db, me.user_pk)
    if account.password_hash is not None:
        await _confirm_password(parts, me, asked.password)
    now, facts = parts.now(), {"app_lock": asked.enabled}
    async with parts.database.write() as db:
        await set_app_lock(db, me.user_pk, is_on=asked.enabled)
        await record(
            db, actor_of(me), "settings.changed", now=now, object_kind="user", object_id=me.user_id, details=facts
        )
    return wire.AppLockShown(enabled=asked.enabled)


async def _confirm_password(parts: Runtime, me: Caller, password: str | None) -> None:
    if password is None:
        raise WrongPassword("Your password is needed for this. Nothing was changed.")
    await parts.sign_in.confirm_password(me.user_pk, password)


async def _confirm_code(parts: Runtime, me: Caller, code: str) -> None:
    """The code is used up, whatever becomes of what it confirms. Raises WrongCode, WrongState, RateLimited."""
    parts.sign_in.count_confirmation(me.user_pk)
    async with parts.database.write() as db:
        is_right = await second_factor.accept_any_code(
            db, me.user_pk, parts.cipher, code, actor=actor_of(me), now=parts.now()
        )
    if not is_right:
        raise WrongCode("That code is not valid, or was used before. Nothing was changed.")
    parts.sign_in.confirmation_was_right(me.user_pk)
