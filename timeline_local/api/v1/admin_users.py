"""Other people's accounts and invitations, for administrators; never what is on their timelines."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from timeline_local.api.dependencies import Me, Parts, ReadDb, requires
from timeline_local.api.errors import responses
from timeline_local.api.leaving import leaving
from timeline_local.api.pages import IfMatch, decode_cursor, encode_cursor, etag, if_match
from timeline_local.api.repeats import RepeatKey, made_before, made_unseen, remember
from timeline_local.api.strict import StrictRoute
from timeline_local.core.passwords import check_rules
from timeline_local.exceptions import (
    AddressTaken,
    IdempotencyConflict,
    InvalidCursor,
    InvalidInput,
    InvitationNotFound,
    MadeAlready,
    PasswordTooWeak,
    ProtectedUser,
    ScopeMissing,
    UserNotFound,
    VersionConflict,
)
from timeline_local.queries import users as queries
from timeline_local.queries.users import AnyRow
from timeline_local.schemas import users as wire
from timeline_local.services import invitations, mail, mailed_tokens, users
from timeline_local.services.audit import actor_of
from timeline_local.services.leaving import delete_account
from timeline_local.services.mail import server_address

router = APIRouter(prefix="/admin", tags=["admin"], route_class=StrictRoute)

JSON = "application/json"
Cursor = Annotated[str | None, Query(max_length=64, description="`next_cursor` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=500)]


@router.get(
    "/users",
    summary="Everybody with an account",
    dependencies=[requires("admin")],
    responses=responses(InvalidCursor, ScopeMissing),
)
async def list_users(db: ReadDb, cursor: Cursor = None, limit: Limit = 50) -> wire.Users:
    """In the order in which they joined."""
    rows = await queries.accounts(db, after=_after(cursor), limit=limit + 1)
    return wire.Users(items=[_user(row) for row in rows[:limit]], next_cursor=_more(rows, limit))


@router.post(
    "/users",
    summary="Make an account for somebody",
    status_code=201,
    dependencies=[requires("admin")],
    responses={
        201: {"model": wire.User},
        **responses(AddressTaken, IdempotencyConflict, InvalidInput, PasswordTooWeak, ScopeMissing),
    },
)
async def create_user(asked: wire.NewUser, me: Me, parts: Parts, key: RepeatKey = None) -> Response:
    """With a first password that you hand over. A mail asks them to confirm the address; an invitation is simpler."""
    email = users.usable_address(asked.email)
    check_rules(asked.password, email=email, name=asked.name)
    given = users.NewUser(
        email=email, name=asked.name, password_hash=await parts.passwords.hash(asked.password), role=asked.role
    )
    now, lifetime = parts.now(), timedelta(hours=parts.settings.auth.verification_hours)
    async with parts.database.write() as db:
        user_id = await made_before(db, parts, me, key, asked, what="admin/users")
        if user_id is None:
            pk, user_id = await users.create(db, given, actor=actor_of(me), now=now)
            made = await mailed_tokens.make(db, pk, "verify_email", email=email, lifetime=lifetime, now=now)
            if made is not None:
                await mail.verification(db, parts.cipher, pk, to=email, token=made[0], until=made[1], now=now)
            await remember(db, me, key, user_id)
        row = await queries.account_by_id(db, user_id)
    parts.wake_jobs.set()
    return _answer(row, status=201, headers={"Location": f"/api/v1/admin/users/{user_id}"})


@router.get(
    "/users/{user_id}",
    summary="One account",
    dependencies=[requires("admin")],
    responses={200: {"model": wire.User}, **responses(ScopeMissing, UserNotFound)},
)
async def read_user(user_id: UUID, db: ReadDb) -> Response:
    """Who they are and what they may do."""
    return _answer(await queries.account_seen(db, user_id))


@router.patch(
    "/users/{user_id}",
    summary="Change somebody's account",
    dependencies=[requires("admin")],
    responses={
        200: {"model": wire.User},
        **responses(InvalidInput, ProtectedUser, ScopeMissing, UserNotFound, VersionConflict),
    },
)
async def edit_user(user_id: UUID, patch: wire.UserPatch, me: Me, parts: Parts, expected: IfMatch = None) -> Response:
    """A merge patch. Another role counts at once; `is_active` false also ends everything they are signed in with."""
    now = parts.now()
    async with parts.database.write() as db:
        account = await users.may_change(db, me.user_pk, user_id)
        if expected is not None and not if_match(expected, etag(account.version)):
            raise VersionConflict(
                "That account was changed elsewhere. Nothing was changed; read it again.",
                headers={"ETag": etag(account.version)},
            )
        await users.change(db, account, patch.model_dump(exclude_none=True), actor=actor_of(me), now=now)
        if patch.is_active is False:
            await parts.authentication.end_all(db, account.pk, now=now)
        row = await queries.account_by_id(db, user_id)
    parts.authentication.forget_user(account.pk)
    if patch.is_active is False:
        parts.changes.end(account.pk)
    return _answer(row)


@router.delete(
    "/users/{user_id}",
    summary="Delete somebody's account and everything in it",
    status_code=204,
    dependencies=[requires("admin")],
    responses=responses(ProtectedUser, ScopeMissing, UserNotFound),
)
async def delete_user(user_id: UUID, me: Me, parts: Parts) -> Response:
    """For good. To keep what they have, switch the account off instead."""
    async with parts.database.write() as db:
        account = await users.may_change(db, me.user_pk, user_id)
    await delete_account(leaving(parts), account.pk, actor=actor_of(me), now=parts.now())
    parts.wake_jobs.set()
    return Response(status_code=204)


@router.get(
    "/invitations",
    summary="Invitations, newest first",
    dependencies=[requires("admin")],
    responses=responses(InvalidCursor, ScopeMissing),
)
async def list_invitations(db: ReadDb, cursor: Cursor = None, limit: Limit = 50) -> wire.Invitations:
    """Open ones, and those that were accepted, revoked, or ran out."""
    rows = await queries.invitations(db, after=_after(cursor), limit=limit + 1)
    items = [wire.Invitation(**_invitation(row)) for row in rows[:limit]]
    return wire.Invitations(items=items, next_cursor=_more(rows, limit))


@router.post(
    "/invitations",
    summary="Invite somebody",
    status_code=201,
    dependencies=[requires("admin")],
    responses=responses(AddressTaken, IdempotencyConflict, InvalidInput, MadeAlready, ScopeMissing),
)
async def create_invitation(
    asked: wire.InvitationRequest, me: Me, parts: Parts, key: RepeatKey = None
) -> wire.NewInvitation:
    """One person can make an account with it, once. A new one for the same address makes the earlier unusable.

    Token and link are in this answer only, so the same request again is refused with the id of what it made.
    """
    email = invitations.ANYBODY if asked.email is None else users.usable_address(asked.email)
    lifetime = timedelta(days=parts.settings.auth.invitation_days)
    async with parts.database.write() as db:
        await made_unseen(db, parts, me, key, asked, what="admin/invitations")
        made = await invitations.create(
            db,
            parts.cipher,
            me.user_pk,
            email=email,
            role=asked.role,
            lifetime=lifetime,
            actor=actor_of(me),
            now=parts.now(),
        )
        await remember(db, me, key, made.row.id)
    parts.wake_jobs.set()
    url = f"{server_address(parts.settings.server)}/register#invitation={made.token}"
    return wire.NewInvitation(**_invitation(made.row), token=made.token, url=url)


@router.delete(
    "/invitations/{invitation_id}",
    summary="Revoke an invitation",
    status_code=204,
    dependencies=[requires("admin")],
    responses=responses(InvitationNotFound, ScopeMissing),
)
async def revoke_invitation(invitation_id: UUID, me: Me, parts: Parts) -> Response:
    """Its link no longer works. An account that was made with it stays."""
    async with parts.database.write() as db:
        await invitations.revoke(db, invitation_id, actor=actor_of(me), now=parts.now())
    return Response(status_code=204)


def _after(cursor: str | None) -> UUID | None:
    return UUID(bytes=decode_cursor(cursor)[2]) if cursor else None


def _more(rows: queries.Rows, limit: int) -> str | None:
    return encode_cursor((0, 0, rows[limit - 1].id.bytes)) if len(rows) > limit else None


def _user(row: AnyRow) -> wire.User:
    return wire.User(
        id=row.id,
        name=row.name,
        email=row.email,
        email_verified_at=row.email_verified_at,
        role=row.role,
        is_active=row.is_active,
        has_password=row.password_hash is not None,
        has_second_factor=row.totp_confirmed_at is not None,
        last_login_at=row.last_login_at,
        created_at=row.created_at,
        version=row.version,
    )


def _invitation(row: AnyRow) -> dict[str, object]:
    names = ("id", "role", "created_at", "expires_at", "accepted_at", "revoked_at")
    return {"email": row.email or None, **{name: getattr(row, name) for name in names}}


def _answer(row: AnyRow | None, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    if row is None:
        raise UserNotFound("Nobody here has that id.")
    shown = _user(row)
    tagged = {"ETag": etag(shown.version), "Cache-Control": "private, no-cache"} | (headers or {})
    return Response(shown.model_dump_json(), status_code=status, media_type=JSON, headers=tagged)
