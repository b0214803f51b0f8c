"""Wire shapes of accounts, registration and invitations."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from timeline_local.schemas.identity import Given, Name, Wire

LONGEST_PASSWORD = 1000

Address = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=4 * LONGEST_PASSWORD)]
Token = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
GivenRole = Literal["admin", "member", "viewer"]

_ID = "01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f"
_PASSWORD = "seven green tortoises"  # noqa: S105 - an example


class Registration(Given):
    """A new account. invitation: the token of an invitation, or a new server's setup token printed at its start."""

    email: Address = Field(examples=["ana@example.org"])
    password: Password = Field(examples=[_PASSWORD])
    name: Name = Field(examples=["Ana"])
    invitation: Token | None = Field(None, examples=["mEp4…"])


class Registered(Wire):
    """ready: sign in now. confirm: a mail was sent to the address; it says how to go on."""

    state: Literal["ready", "confirm"] = Field(examples=["ready"])


class Forgotten(Given):
    email: Address = Field(examples=["ana@example.org"])


class Reset(Given):
    """token: from the link in the mail."""

    token: Token = Field(examples=["mEp4…"])
    new_password: Password = Field(examples=[_PASSWORD])


class Confirmation(Given):
    """token: from the link in the mail."""

    token: Token = Field(examples=["mEp4…"])


class Account(Wire):
    """Your own account. pending_email: an address that becomes yours once you confirm it."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "id": _ID,
                "name": "Ana",
                "email": "ana@example.org",
                "email_verified_at": "2026-11-22T09:00:00Z",
                "pending_email": None,
                "role": "member",
                "has_password": True,
                "has_second_factor": False,
                "last_login_at": "2026-11-22T09:00:00Z",
                "created_at": "2026-11-01T09:00:00Z",
                "version": 3,
            }
        },
    )

    id: UUID
    name: str
    email: str | None
    email_verified_at: datetime | None
    pending_email: str | None
    role: Literal["owner", "admin", "member", "viewer"]
    has_password: bool
    has_second_factor: bool
    last_login_at: datetime | None
    created_at: datetime
    version: int


class AccountPatch(Given):
    """A merge patch. current_password: needed with another address, where the account has a password."""

    name: Name | None = Field(None, examples=["Ana"])
    email: Address | None = Field(None, examples=["ana@example.net"])
    current_password: Password | None = Field(None, examples=[_PASSWORD])


class AccountDeletion(Given):
    """password: needed where the account has one."""

    confirm: Literal["DELETE"] = Field(examples=["DELETE"])
    password: Password | None = Field(None, examples=[_PASSWORD])


class User(Wire):
    """Somebody's account as administrators see it; nothing of what is in it."""

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "example": {
                "id": _ID,
                "name": "Ben",
                "email": "ben@example.org",
                "email_verified_at": None,
                "role": "member",
                "is_active": True,
                "has_password": True,
                "has_second_factor": False,
                "last_login_at": None,
                "created_at": "2026-11-22T09:00:00Z",
                "version": 1,
            }
        },
    )

    id: UUID
    name: str
    email: str | None
    email_verified_at: datetime | None
    role: Literal["owner", "admin", "member", "viewer"]
    is_active: bool
    has_password: bool
    has_second_factor: bool
    last_login_at: datetime | None
    created_at: datetime
    version: int


class Users(Wire):
    """In the order in which they joined."""

    items: list[User]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null at the end.")


class NewUser(Given):
    email: Address = Field(examples=["ben@example.org"])
    name: Name = Field(examples=["Ben"])
    password: Password = Field(examples=[_PASSWORD])
    role: GivenRole = "member"


class UserPatch(Given):
    """A merge patch. is_active false ends everything the user is signed in with, at once."""

    name: Name | None = Field(None, examples=["Ben"])
    role: GivenRole | None = Field(None, examples=["viewer"])
    is_active: bool | None = Field(None, examples=[False])


class InvitationRequest(Given):
    """email: who is written to; without one, hand the link over yourself."""

    email: Address | None = Field(None, examples=["cleo@example.org"])
    role: GivenRole = "member"


_INVITATION: JsonDict = {
    "id": _ID,
    "email": "cleo@example.org",
    "role": "member",
    "created_at": "2026-11-22T09:00:00Z",
    "expires_at": "2026-11-29T09:00:00Z",
    "accepted_at": None,
    "revoked_at": None,
}


class Invitation(Wire):
    """An invitation is open until it is accepted, revoked, or over. email null: for whoever has its link."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": _INVITATION})

    id: UUID
    email: str | None
    role: GivenRole
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    revoked_at: datetime | None


class NewInvitation(Invitation):
    """token and url are in this answer only: their hash is what is kept."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": _INVITATION | {"token": "mEp4…", "url": "https://timeline.example.org/register#invitation=mEp4…"}
        },
    )

    token: str = Field(examples=["mEp4…"])
    url: str = Field(examples=["https://timeline.example.org/register#invitation=mEp4…"])


class Invitations(Wire):
    """Newest first."""

    items: list[Invitation]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null at the end.")
