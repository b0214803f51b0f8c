from __future__ import annotations

import base64
import binascii
from dataclasses import replace
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from timeline_local.api.middleware.head import Head, head_of, refuse, state_of
from timeline_local.core.security import Authenticator, Caller, api_key_prefix
from timeline_local.exceptions import NotSignedIn

# Everything that answers without a caller. What is not named here is closed: a forgotten route is a locked one.
PUBLIC = frozenset(
    {
        ("GET", "/api/v1/health"),
        ("HEAD", "/api/v1/health"),
        ("GET", "/api/v1/health/ready"),
        ("HEAD", "/api/v1/health/ready"),
        ("GET", "/api/v1/auth/challenge"),
        ("POST", "/api/v1/auth/tickets"),
        ("POST", "/api/v1/auth/redeem"),
        ("GET", "/api/v1/auth/methods"),
        ("POST", "/api/v1/auth/login"),
        ("POST", "/api/v1/auth/refresh"),
        ("POST", "/api/v1/auth/recovery"),
        ("POST", "/api/v1/auth/register"),
        ("POST", "/api/v1/auth/password/forgot"),
        ("POST", "/api/v1/auth/password/reset"),
        ("POST", "/api/v1/auth/email/verify"),
        ("POST", "/api/v1/system/tray"),
        ("GET", "/docs"),
        ("HEAD", "/docs"),
    }
)
# Pages without data; only reads.
PUBLIC_PREFIXES = ("/docs/", "/problems/")
MEDIA_PREFIX = "/api/v1/media/"
SIGNED_PREFIXES = (MEDIA_PREFIX, "/api/v1/exports/")  # what a browser fetches without a header of ours
# Apps on telephones, which can send a key in no other way: as the password of Basic authentication, in the query.
BASIC_PATH = "/api/v1/owntracks"
TOKEN_PATH = "/api/v1/overland"  # noqa: S105 - an address
LONGEST_TOKEN = 512
LONGEST_BEARER = 4096  # an access token is longer than a key
_READS = ("GET", "HEAD")


class Authentication:
    """Finds out who asks, before a byte of the body is read, and refuses nobody's requests at once.

    A bearer key stands alone and makes cookies meaningless. A browser needs both its cookie and the secret it holds in
    its own storage: a cookie alone is worth nothing, since every port of this computer can send it. A signed URL opens
    the one file it was signed for. Two apps bring their key in ways of their own, for their one route each. The caller
    is left in `state["caller"]`; routes check its scopes.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        authenticator: Authenticator,
        cookie_name: str,
        admitting: frozenset[str] = frozenset(),
    ) -> None:
        """admitting: paths whose own handler decides who may read them."""
        self.app = app
        self._admitting = admitting
        self._authenticator = authenticator
        self._cookie = cookie_name.encode() + b"="

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._is_open(scope["method"], scope["path"]):
            await self.app(scope, receive, send)
            return
        caller = await self._caller(scope, head_of(scope))
        if caller is None:
            signed_out = NotSignedIn("Open the timeline from its tray icon or `timeline-local`, or send an API key.")
            await refuse(scope, receive, send, signed_out)
            return
        accepts = head_of(scope).text(b"accept-language")[:LONGEST_TOKEN]
        state_of(scope)["caller"] = replace(caller, accepts=accepts) if accepts else caller
        await self.app(scope, receive, send)

    def _is_open(self, method: str, path: str) -> bool:
        return _is_public(method, path) or (method in _READS and path in self._admitting)

    async def _caller(self, scope: Scope, head: Head) -> Caller | None:
        authorization = head.values.get(b"authorization")
        if authorization is not None:
            token = _bearer(authorization) or (_basic(authorization) if scope["path"] == BASIC_PATH else "")
            return await self._authenticator.bearer(token) if token and b"authorization" not in head.repeated else None
        secret = head.values.get(b"x-tl-session")
        if secret is not None:
            cookie = self._session_cookie(head)
            if not cookie or len(secret) > LONGEST_TOKEN or b"x-tl-session" in head.repeated:
                return None
            return await self._authenticator.session(cookie, secret.decode("latin-1"))
        if scope["path"] == TOKEN_PATH:
            token = _query_token(scope.get("query_string", b""))
            return await self._authenticator.bearer(token) if token else None
        return self._signed(scope)

    def _session_cookie(self, head: Head) -> str:
        """Our cookie's value; empty if it is missing or, planted by another port, there twice."""
        cookies = b"" if b"cookie" in head.repeated else head.values.get(b"cookie", b"")
        parts = (part.strip() for part in cookies.split(b";"))
        found = [part[len(self._cookie) :] for part in parts if part.startswith(self._cookie)]
        return found[0].decode("latin-1") if len(found) == 1 and len(found[0]) <= LONGEST_TOKEN else ""

    def _signed(self, scope: Scope) -> Caller | None:
        path, query = scope["path"], scope.get("query_string", b"")
        if scope["method"] not in _READS or not path.startswith(SIGNED_PREFIXES) or not 0 < len(query) <= LONGEST_TOKEN:
            return None
        pairs = parse_qsl(query.decode("latin-1"))
        fields = dict(pairs)
        return self._authenticator.media(path, fields) if "s" in fields and len(fields) == len(pairs) else None


def _bearer(authorization: bytes) -> str:
    scheme, _, token = authorization.partition(b" ")
    token = token.strip()
    return token.decode("latin-1") if scheme.lower() == b"bearer" and len(token) <= LONGEST_BEARER else ""


def _basic(authorization: bytes) -> str:
    """The password, if it has the shape of a key; whatever user name comes with it."""
    scheme, _, encoded = authorization.partition(b" ")
    if scheme.lower() != b"basic" or len(encoded) > LONGEST_TOKEN:
        return ""
    try:
        _, _, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return password if api_key_prefix(password) else ""


def _query_token(query: bytes) -> str:
    """The one `token` of a query, if it has the shape of a key."""
    if len(query) > LONGEST_TOKEN:
        return ""
    tokens = [value for name, value in parse_qsl(query.decode("latin-1")) if name == "token"]
    return tokens[0] if len(tokens) == 1 and api_key_prefix(tokens[0]) else ""


def _is_public(method: str, path: str) -> bool:
    return (method, path) in PUBLIC or (method in _READS and path.startswith(PUBLIC_PREFIXES))
