"""Tokens, proofs and signatures. Standard library only, so the command line and the tray may use it too.

Nothing here knows users or tables: services/identity.py stores what these functions make. Every secret is compared in
constant time or found by its hash, and only hashes leave this process.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

API_KEY_SHAPE = re.compile(r"tl_([A-Za-z0-9]{8})_([A-Za-z0-9_-]{43})")
NONCE_SHAPE = re.compile(r"[0-9a-f]{32,128}")
HOUR_S = 3600
CHALLENGE_S = 60
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

SCOPES = frozenset(
    {
        "memories:read",
        "memories:write",
        "media:read",
        "media:write",
        "imports:read",
        "imports:write",
        "jobs:read",
        "jobs:write",
        "timeline:read",
        "people:read",
        "people:write",
        "locations:read",
        "locations:write",
        "collections:read",
        "collections:write",
        "exports:read",
        "exports:write",
        "tags:read",
        "settings:read",
        "settings:write",
        "events:read",
        "ingest:write",
        "keys:write",
        "system:write",
        "admin",
    }
)

_VIEWER = frozenset(scope for scope in SCOPES if scope.endswith(":read")) | {"settings:write"}
# What a role may do at most, in its own timeline: nobody, whatever the role, reads another user's. A viewer keeps
# settings:write for their own preferences and credentials.
ROLE_SCOPES: Mapping[str, frozenset[str]] = {
    "owner": SCOPES,
    "admin": SCOPES,
    "member": SCOPES - {"admin", "system:write"},
    "viewer": _VIEWER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks. session_key signs this caller's media URLs; None means the caller sends its key with each request.

    accepts  the languages they read, as Accept-Language puts it.
    """

    user_pk: int
    user_id: UUID
    role: str
    scopes: frozenset[str]
    kind: Literal["session", "token", "api_key", "media"]
    credential_id: UUID | None = None
    session_key: bytes | None = None
    requests_per_s: int | None = None  # an API key's own limit, where it is below the install's
    accepts: str = ""


class Authenticator(Protocol):
    """Turns credentials into a caller; None means they are not valid. Raises only when the store does not answer."""

    async def bearer(self, token: str) -> Caller | None: ...

    async def session(self, cookie: str, secret: str) -> Caller | None: ...

    def media(self, path: str, query: Mapping[str, str]) -> Caller | None: ...


def digest(token: str) -> bytes:
    """The 32 bytes under which a random token is stored. Tokens have 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def same(left: bytes, right: bytes) -> bool:
    """Whether both are equal, in time that does not depend on where they differ."""
    return hmac.compare_digest(left, right)


def new_session_id() -> str:
    """A fresh opaque session id or session secret: 256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def new_api_key() -> tuple[str, str, bytes]:
    """(key, prefix, hash) of a fresh API key `tl_<8 prefix>_<43 secret>`; the key itself is shown once, never kept."""
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(8))
    key = f"tl_{prefix}_{secrets.token_urlsafe(32)}"
    return key, prefix, digest(key)


def api_key_prefix(token: str) -> str | None:
    """The prefix of something that has the shape of an API key, else None: no lookup is spent on other text."""
    match = API_KEY_SHAPE.fullmatch(token)
    return match.group(1) if match else None


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class MediaSigner:
    """Signs media paths for `<img>` and `<video>`, which can send neither header nor (safely) cookie.

    A signature covers path, session and the aligned hour; this hour's and the last hour's are valid, so a URL stays the
    same for an hour and the browser's cache works. 128 bits.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def sign(self, path: str, session_key: bytes, now: float) -> str:
        """The signature of one path (22 characters). now: Unix seconds."""
        return self._sign(path, session_key, int(now) // HOUR_S)

    def query(self, path: str, session_key: bytes, now: float) -> str:
        """`s=<signature>&v=<session reference>`, to be put behind the path."""
        return f"s={self.sign(path, session_key, now)}&v={session_reference(session_key)}"

    def verify(self, path: str, session_key: bytes, signature: str, now: float) -> bool:
        """Whether the signature is of this hour or the last one."""
        given = signature.encode("utf-8", "surrogatepass")
        hour = int(now) // HOUR_S
        valid = [same(self._sign(path, session_key, at).encode(), given) for at in (hour, hour - 1)]
        return any(valid)

    def _sign(self, path: str, session_key: bytes, hour: int) -> str:
        message = b"\0".join((path.encode("utf-8", "surrogatepass"), session_key.hex().encode(), b"%d" % hour))
        return _encode(hmac.digest(self._key, message, "sha256")[:16])


def session_reference(session_key: bytes) -> str:
    """A public name of a session key, from which the server finds the session a media URL was signed for."""
    return _encode(hashlib.sha256(b"media-reference:" + session_key).digest()[:9])


class LaunchTickets:
    """One-time tickets that sign a browser in. In memory: a restart voids them, as it should.

    Bounded: only holders of the instance secret can ask for one, and the oldest gives way. Expiry uses the monotonic
    clock, so setting the computer's clock revives nothing.
    """

    def __init__(
        self, lifetime_s: float = 60, *, most: int = 64, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._lifetime_s = lifetime_s
        self._most = most
        self._monotonic = monotonic
        self._open: OrderedDict[bytes, tuple[float, int]] = OrderedDict()

    def issue(self, user_pk: int, *, lifetime_s: float | None = None) -> str:
        """A fresh ticket (256 bits) that signs in this user once; lifetime_s None means as long as the others."""
        ticket = new_session_id()
        lasting_s = self._lifetime_s if lifetime_s is None else lifetime_s
        self._open[digest(ticket)] = (self._monotonic() + lasting_s, user_pk)
        while len(self._open) > self._most:
            self._open.popitem(last=False)
        return ticket

    def holder(self, ticket: str) -> int | None:
        """The user's pk of a ticket that is still good; it stays so."""
        found = self._open.get(digest(ticket))
        return None if found is None or found[0] <= self._monotonic() else found[1]

    def redeem(self, ticket: str) -> int | None:
        """The user's pk, the first time and in time; None otherwise. The lookup is by hash: timing tells nothing."""
        found = self._open.pop(digest(ticket), None)
        if found is None or found[0] <= self._monotonic():
            return None
        return found[1]


def server_proof(secret: bytes, nonce: str) -> str:
    """What a server that holds the instance secret answers to the client's nonce (hex)."""
    return hmac.digest(secret, b"server:" + nonce.encode(), "sha256").hex()


def client_proof(secret: bytes, nonce: str) -> str:
    """What a client that holds the instance secret answers to the server's nonce (hex)."""
    return hmac.digest(secret, b"client:" + nonce.encode(), "sha256").hex()


class Challenges:
    """The server's half of the mutual proof that both sides hold the instance secret.

    A server nonce carries its own expiry and tag instead of a row in a table, so strangers who ask for thousands of
    challenges cannot push out the owner's. Only nonces answered correctly are remembered, to be used once.
    """

    def __init__(self, secret: bytes, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._secret = secret
        self._monotonic = monotonic
        self._key = secrets.token_bytes(32)
        self._used: OrderedDict[str, float] = OrderedDict()

    def issue(self, client_nonce: str) -> tuple[str, str]:
        """(server nonce, server proof). Raises ValueError unless the client's nonce is 16 to 64 bytes of hex."""
        if not NONCE_SHAPE.fullmatch(client_nonce):
            message = "a nonce is 32 to 128 lowercase hex digits"
            raise ValueError(message)
        body = secrets.token_bytes(16) + int(self._monotonic() + CHALLENGE_S).to_bytes(8, "big")
        return (body + self._tag(body)).hex(), server_proof(self._secret, client_nonce)

    def verify(self, nonce: str, proof: str) -> bool:
        """Whether the nonce is ours, in time, unused, and the proof fits; True at most once per nonce."""
        if len(nonce) != 80 or not NONCE_SHAPE.fullmatch(nonce):  # noqa: PLR2004 - 16 random, 8 expiry, 16 tag bytes
            return False
        raw = bytes.fromhex(nonce)
        body, tag = raw[:24], raw[24:]
        expected = client_proof(self._secret, nonce).encode()
        genuine = same(tag, self._tag(body)) & same(expected, proof.encode("utf-8", "surrogatepass"))
        now = self._monotonic()
        if not genuine or int.from_bytes(body[16:], "big") <= now or nonce in self._used:
            return False
        while self._used and next(iter(self._used.values())) <= now:
            self._used.popitem(last=False)
        self._used[nonce] = now + CHALLENGE_S
        return True

    def _tag(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:16]
