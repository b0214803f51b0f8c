"""Wire shapes of passwords, sessions and second factors."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from timeline_local.schemas.identity import Given, Wire

# Longer than any password we take: which are too long is said by the rule for passwords, not by the shape.
Password = Annotated[str, StringConstraints(max_length=4000)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Email = Annotated[str, StringConstraints(min_length=1, max_length=320)]


class Methods(Wire):
    """How one can sign in here. registration: `first` while the owner's account can still be claimed."""

    password: bool = Field(examples=[True])
    registration: Literal["closed", "first", "open"] = Field(examples=["closed"])
    email: bool = Field(description="Whether forgotten passwords can be reset by e-mail.", examples=[False])


class Login(Given):
    """code: of the authenticator, or a recovery code, where the account has a second factor.

    client: `browser` is answered with a cookie and a header secret, `token` with tokens.
    """

    email: Email = Field(examples=["ana@example.org"])
    password: Password = Field(examples=["correct horse battery staple"])
    code: Code | None = Field(None, examples=["123456"])
    client: Literal["browser", "token"] = Field("browser", examples=["token"])


class Tokens(Wire):
    """access_token goes into `Authorization: Bearer …`; refresh_token is used once, for the next pair."""

    access_token: str = Field(examples=["eyJ…"])
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the name of a scheme
    expires_in: int = Field(description="Seconds the access token is good for.", examples=[900])
    refresh_token: str = Field(examples=["mT3…"])


class Refresh(Given):
    refresh_token: str = Field(min_length=1, max_length=200, examples=["mT3…"])


class SessionShown(Wire):
    """A place where you are signed in. current: the session that asks."""

    id: UUID = Field(examples=["01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f"])
    kind: Literal["browser", "token"]
    device: str = Field(description="What the browser or program called itself.", examples=["Mozilla/5.0 (X11; …)"])
    created_at: datetime
    last_seen_at: datetime = Field(description="To five minutes.")
    expires_at: datetime
    current: bool


class Sessions(Wire):
    """All of them at once; next_cursor is null."""

    items: list[SessionShown]
    next_cursor: None = None


class PasswordChange(Given):
    """current_password: needed when there is one."""

    current_password: Password | None = Field(None, examples=["correct horse battery staple"])
    new_password: Password = Field(examples=["four quiet words apart"])


class TotpSecret(Wire):
    """secret: for typing into an authenticator. uri: the same for a QR code."""

    secret: str = Field(examples=["JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"])
    uri: str = Field(examples=["otpauth://totp/Timeline%20Local:ana@example.org?secret=JBSW…"])


class CodeGiven(Given):
    code: Code = Field(examples=["123456"])


class RecoveryCodes(Wire):
    """Each stands in for the authenticator once. They are in this answer only."""

    recovery_codes: list[str] = Field(examples=[["abcde-fghjk-mnpqr"]])


class PasswordOrCode(Given):
    """One of the two: the password, or a code of the authenticator or a recovery code."""

    password: Password | None = Field(None, examples=["correct horse battery staple"])
    code: Code | None = Field(None, examples=["123456"])


class AppLock(Given):
    """enabled: whether a launch ticket needs the password too."""

    enabled: bool = Field(examples=[True])
    password: Password | None = Field(None, examples=["correct horse battery staple"])


class AppLockShown(Wire):
    enabled: bool = Field(examples=[True])


class Recovery(Given):
    """What the system account that owns the library may do about a forgotten password. email absent: the owner's."""

    nonce: str = Field(max_length=200, examples=["9f6c2d"])
    proof: str = Field(max_length=200, examples=["5a1be0"])
    action: Literal["set-password", "disable-second-factor"]
    email: Email | None = Field(None, examples=["ana@example.org"])
    password: Password | None = Field(None, examples=["correct horse battery staple"])
