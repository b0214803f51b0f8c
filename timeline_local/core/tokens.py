"""Access tokens: JWTs signed with HS256 and one key of this install, good for minutes, bound to a session.

A token says no more than which session it belongs to; whether that session still stands is asked each time, so
revoking it ends its tokens at once. Only what `issue` makes is read: one algorithm, one exact header, every claim
there. The package is loaded at the first token.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

LONGEST = 4096
TYPE = "at+jwt"
ALGORITHM = "HS256"
AUDIENCE = "timeline-local/api"
_HEADER = {"alg": ALGORITHM, "typ": TYPE}
_CLAIMS = ["iss", "aud", "sub", "sid", "iat", "exp", "jti"]


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token of ours says: whose session it is, and when the token ends."""

    user_id: UUID
    session_id: UUID
    expires_at: datetime


class AccessTokens:
    """Makes and reads this install's access tokens."""

    def __init__(self, secret: bytes, instance_id: str, *, minutes: int) -> None:
        """secret: the install's; the signing key is derived from it, so that it signs nothing else."""
        self._key = hmac.digest(secret, b"access-tokens", "sha256")
        self._issuer = f"timeline-local/{instance_id}"
        self.lifetime = timedelta(minutes=minutes)

    def issue(self, user_id: UUID, session_id: UUID, now: datetime) -> str:
        """A fresh token of this session, some 430 characters."""
        import jwt  # noqa: PLC0415 - loaded at the first token

        issued = int(now.timestamp())
        claims = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "sid": str(session_id),
            "iat": issued,
            "exp": issued + int(self.lifetime.total_seconds()),
            "jti": secrets.token_urlsafe(16),
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers=_HEADER)

    def read(self, token: str, now: datetime) -> Claims | None:
        """What the token says, if every part of it is right and `now` lies in its time; None otherwise.

        No leeway: issuer and reader share one clock. A token from the future is refused as well, so a clock that was
        wrong for a while leaves no token behind that lives longer than any other.
        """
        if len(token) > LONGEST or not token.isascii() or token.count(".") != 2 or _header_of(token) != _HEADER:  # noqa: PLR2004
            return None
        import jwt  # noqa: PLC0415 - see `issue`

        try:
            # Times are compared below, with the caller's clock.
            told: dict[str, Any] = jwt.decode(
                token,
                self._key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=self._issuer,
                options={"require": _CLAIMS, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
            return self._checked(told, now.timestamp())
        except (jwt.PyJWTError, ValueError, TypeError, KeyError):
            return None

    def _checked(self, told: dict[str, Any], now: float) -> Claims | None:
        issued, ends, not_before = told["iat"], told["exp"], told.get("nbf", told["iat"])
        if not all(type(instant) is int for instant in (issued, ends, not_before)):
            return None
        is_ours = set(told) - {"nbf"} == set(_CLAIMS) and isinstance(told["aud"], str) and bool(told["jti"])
        in_time = issued <= now < ends and not_before <= now and ends - issued <= self.lifetime.total_seconds()
        if not (is_ours and in_time):
            return None
        expires_at = datetime.fromtimestamp(ends, tz=UTC)
        return Claims(UUID(str(told["sub"])), UUID(str(told["sid"])), expires_at)


def looks_like_one(token: str) -> bool:
    """Whether it is worth reading: three parts, no longer than any of ours may be."""
    return token.startswith("eyJ") and token.count(".") == 2 and len(token) <= LONGEST  # noqa: PLR2004


def _header_of(token: str) -> Any:  # noqa: ANN401 - whatever JSON it holds
    head = token.partition(".")[0]
    try:
        return json.loads(base64.b64decode(head + "=" * (-len(head) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None
