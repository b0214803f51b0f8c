"""The owner, sessions and API keys: made, proved, used, revoked.

A process keeps what it has proved in a bounded memory, so that a request does not pay a statement to be let in. With
SQLite this process is the only one, and every revocation passes here, so that memory is always right. With PostgreSQL
other processes may revoke, so nothing is remembered there.
"""

from __future__ import annotations

import hmac
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.core.database import Database
from timeline_local.core.security import (
    ROLE_SCOPES,
    SCOPES,
    Caller,
    MediaSigner,
    api_key_prefix,
    digest,
    new_api_key,
    new_session_id,
    same,
    session_reference,
)
from timeline_local.core.tokens import AccessTokens, looks_like_one
from timeline_local.domain.ids import new_id
from timeline_local.exceptions import ApiKeyNotFound, InvalidInput
from timeline_local.models import ApiKey, ChangeCounter, Session, User
from timeline_local.queries import identity
from timeline_local.services.sessions import add_session, end_sessions

REMEMBERED = 1000
SEEN_EVERY = timedelta(minutes=5)
DEFAULT_SCOPES = tuple(sorted(SCOPES - {"admin"}))


@dataclass(frozen=True, slots=True)
class Credential:
    """A proved credential: whom it lets in, what its second half must hash to, when it ends."""

    pk: int
    caller: Caller
    proof: bytes
    expires_at: datetime | None
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class NewSession:
    """What the browser gets once: the cookie and the header secret."""

    cookie: str
    secret: str
    caller: Caller


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A fresh key with the text that is shown this once."""

    id: UUID
    key: str
    prefix: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    requests_per_s: int | None = None


async def ensure_owner(db: AsyncConnection, *, now: datetime) -> tuple[int, UUID]:
    """(pk, id) of the library's owner, made at the first start."""
    found = await identity.first_owner(db)
    if found is not None:
        return found.pk, found.id
    id_ = new_id()
    values = {"id": id_, "created_at": now, "updated_at": now, "name": "", "role": "owner", "is_active": True}
    pk = (await db.execute(insert(User).values(**values).returning(User.pk))).scalar_one()
    await db.execute(insert(ChangeCounter).values(owner_pk=pk, revision=1))
    return pk, id_


async def create_api_key(
    db: AsyncConnection,
    owner_pk: int,
    *,
    name: str,
    scopes: Sequence[str] | None,
    expires_at: datetime | None,
    now: datetime,
    requests_per_s: int | None = None,
) -> NewApiKey:
    """Make a key; only its hash is stored. scopes None means all but admin. Raises InvalidInput on unknown scopes."""
    unknown = sorted(set(scopes or ()) - SCOPES)
    if unknown:
        raise InvalidInput(f"There is no scope {unknown[0]!r}. Scopes are: {', '.join(sorted(SCOPES))}.")
    if expires_at is not None and expires_at <= now:
        raise InvalidInput("expires_at lies in the past; the key would never work.")
    key, prefix, key_hash = new_api_key()
    granted = tuple(sorted(DEFAULT_SCOPES if scopes is None else scopes))
    made = NewApiKey(new_id(), key, prefix, name, granted, now, expires_at, requests_per_s)
    await db.execute(
        insert(ApiKey).values(
            id=made.id,
            owner_pk=owner_pk,
            created_at=now,
            updated_at=now,
            name=name,
            prefix=prefix,
            key_hash=key_hash,
            scopes=list(made.scopes),
            expires_at=expires_at,
            requests_per_s=requests_per_s,
        )
    )
    return made


async def revoke_api_key(db: AsyncConnection, owner_pk: int, key_id: UUID, *, now: datetime) -> None:
    """End a key. Raises ApiKeyNotFound. The caller then tells `Authentication.forget`."""
    statement = (
        update(ApiKey)
        .where(ApiKey.owner_pk == owner_pk, ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=now, updated_at=now, version=ApiKey.version + 1)
    )
    if (await db.execute(statement)).rowcount == 0:
        raise ApiKeyNotFound("You have no API key of that id; nothing was changed.")


class Authentication:
    """core.security.Authenticator over the database.

    Whoever ends a credential, or changes what its user may do, calls `forget` or `forget_user` once that is committed.
    """

    def __init__(
        self,
        database: Database,
        signer: MediaSigner,
        *,
        media_key: bytes,
        tokens: AccessTokens,
        idle: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        """media_key: the install's secret from which each session's URL-signing key is derived.

        idle: how long a session may go unused before it has ended.
        """
        self._database = database
        self._signer = signer
        self._media_key = media_key
        self._tokens = tokens
        self._idle = idle
        self._now = now
        self._remembers = database.dialect == "sqlite"
        self._known: OrderedDict[bytes, Credential] = OrderedDict()
        self._signing: OrderedDict[str, Caller] = OrderedDict()
        self._forgotten = 0  # grows with each `forget`: what was read before it must not be remembered after it

    async def load(self) -> None:
        """Learn the live sessions, so that pages left open keep their pictures over a restart."""
        async with self._database.read() as db:
            rows = await identity.live_sessions(db, self._now(), limit=REMEMBERED)
        for row in reversed(rows):
            self._may_sign(self._session_credential(row).caller)

    async def open_session(
        self, db: AsyncConnection, owner_pk: int, *, device: str, days: int, now: datetime
    ) -> NewSession:
        """Sign a browser in. Raises nothing; rows are the caller's to commit."""
        cookie, secret = new_session_id(), new_session_id()
        hashes = {"token_hash": digest(cookie), "secret_hash": digest(secret)}
        expires_at = now + timedelta(days=days)
        await add_session(db, owner_pk, kind="browser", device=device, now=now, expires_at=expires_at, **hashes)
        row = await identity.session(db, hashes["token_hash"])
        assert row is not None  # noqa: S101 - inserted two lines above
        caller = self._session_credential(row).caller
        self._may_sign(caller)
        return NewSession(cookie, secret, caller)

    async def bearer(self, token: str) -> Caller | None:
        if looks_like_one(token):
            return await self._access_token(token)
        prefix = api_key_prefix(token)
        if prefix is None:
            return None
        hashed, before = digest(token), self._forgotten
        credential = self._known.get(hashed) or await self._find_api_key(prefix)
        if credential is None or not same(credential.proof, hashed) or self._has_ended(credential):
            return None
        return await self._used(hashed, credential, before)

    async def session(self, cookie: str, secret: str) -> Caller | None:
        hashed, before = digest(cookie), self._forgotten
        credential = self._known.get(hashed) or await self._find_session(hashed)
        if credential is None or not same(credential.proof, digest(secret)) or self._has_ended(credential):
            return None
        return await self._used(hashed, credential, before)

    async def _access_token(self, token: str) -> Caller | None:
        """The token only names a session; whether that still stands decides."""
        claims = self._tokens.read(token, self._now())
        if claims is None:
            return None
        known_as, before = b"session:" + claims.session_id.bytes, self._forgotten
        credential = self._known.get(known_as) or await self._find_token_session(claims.session_id)
        if credential is None or credential.caller.user_id != claims.user_id or self._has_ended(credential):
            return None
        return await self._used(known_as, credential, before)

    def media(self, path: str, query: Mapping[str, str]) -> Caller | None:
        caller = self._signing.get(query.get("v", ""))
        if caller is None or caller.session_key is None:
            return None
        is_signed = self._signer.verify(path, caller.session_key, query.get("s", ""), self._now().timestamp())
        return caller if is_signed else None

    def forget(self, credential_id: UUID | None) -> None:
        """Let nobody in any more by what was remembered of this credential."""
        self._forget(lambda caller: caller.credential_id == credential_id)

    def forget_user(self, user_pk: int) -> None:
        """Look anew at every credential of this user: some were ended, or the user's role or state has changed."""
        self._forget(lambda caller: caller.user_pk == user_pk)

    async def end_all(self, db: AsyncConnection, user_pk: int, *, now: datetime, but: UUID | None = None) -> int:
        """End every session of a user, with its access and refresh tokens; how many there were.

        but  a session that stays. Call `forget_user` once that is committed. API keys are credentials of their own:
        they end with their user, or one by one.
        """
        return await end_sessions(db, user_pk, now=now, but=but)

    def _forget(self, is_meant: Callable[[Caller], bool]) -> None:
        self._forgotten += 1
        for known_as, credential in list(self._known.items()):
            if is_meant(credential.caller):
                del self._known[known_as]
        for reference, caller in list(self._signing.items()):
            if is_meant(caller):
                del self._signing[reference]

    def _has_ended(self, credential: Credential) -> bool:
        now = self._now()
        if credential.expires_at is not None and credential.expires_at <= now:
            return True
        is_session = credential.caller.kind != "api_key"
        return is_session and credential.used_at is not None and credential.used_at + self._idle <= now

    async def _find_api_key(self, prefix: str) -> Credential | None:
        async with self._database.read() as db:
            row = await identity.api_key(db, prefix)
        if row is None:
            return None
        scopes = frozenset(row.scopes) & ROLE_SCOPES[row.role]
        caller = replace(self._caller(row, "api_key", None), scopes=scopes, requests_per_s=row.requests_per_s)
        return Credential(row.pk, caller, row.key_hash, row.expires_at, row.last_used_at)

    async def _find_session(self, hashed: bytes) -> Credential | None:
        async with self._database.read() as db:
            row = await identity.session(db, hashed)
        return None if row is None else self._session_credential(row)

    async def _find_token_session(self, session_id: UUID) -> Credential | None:
        async with self._database.read() as db:
            row = await identity.token_session(db, session_id)
        if row is None:
            return None
        caller = self._caller(row, "token", None)
        return Credential(row.pk, caller, row.secret_hash, row.expires_at, row.last_seen_at)

    def _session_credential(self, row: identity.AnyRow) -> Credential:
        key = hmac.digest(self._media_key, b"session:" + row.token_hash, "sha256")
        caller = self._caller(row, "session", key)
        return Credential(row.pk, caller, row.secret_hash, row.expires_at, row.last_seen_at)

    def _may_sign(self, caller: Caller) -> None:
        if caller.session_key is None:
            return
        self._signing[session_reference(caller.session_key)] = caller
        while len(self._signing) > REMEMBERED:
            self._signing.popitem(last=False)

    def _caller(self, row: identity.AnyRow, kind: Literal["session", "token", "api_key"], key: bytes | None) -> Caller:
        return Caller(
            user_pk=row.owner_pk,
            user_id=row.user_id,
            role=row.role,
            scopes=ROLE_SCOPES[row.role],
            kind=kind,
            credential_id=row.id,
            session_key=key,
        )

    async def _used(self, known_as: bytes, credential: Credential, before: int) -> Caller:
        """The caller of a credential that was proved; remembered, and its use written down every five minutes.

        before: `_forgotten` when the look-up began. If it has grown, what was found may have ended since: it is good
        for this request, which began before that, and is not remembered.
        """
        now = self._now()
        if credential.used_at is None or abs(now - credential.used_at) > SEEN_EVERY:
            credential = replace(credential, used_at=now)
            statement = (
                update(ApiKey).where(ApiKey.pk == credential.pk).values(last_used_at=now)
                if credential.caller.kind == "api_key"
                else update(Session).where(Session.pk == credential.pk).values(last_seen_at=now)
            )
            async with self._database.write() as db:
                await db.execute(statement)
        if before != self._forgotten:
            return credential.caller
        self._may_sign(credential.caller)
        if self._remembers:
            self._known[known_as] = credential
            self._known.move_to_end(known_as)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return credential.caller
