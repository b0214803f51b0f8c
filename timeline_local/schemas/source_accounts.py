"""Accounts of sources on the wire. A token only ever comes in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from timeline_local.schemas.identity import Given, Wire
from timeline_local.schemas.problems import Storable

Source = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=50)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), Storable]
Token = Annotated[str, StringConstraints(min_length=1, max_length=8000), Storable]


class NewSourceAccount(Given):
    """source: the name of a source, as imports tell it. label: which of your accounts there it is."""

    source: Source = Field(examples=["mastodon"])
    label: Label = Field(examples=["@ana@example.org"])
    token: Token = Field(description="What lets the source in there. It is sealed and never shown.", examples=["mT3…"])


class SourceAccount(Wire):
    id: UUID = Field(examples=["01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f"])
    source: str = Field(examples=["mastodon"])
    label: str = Field(examples=["@ana@example.org"])
    created_at: datetime
    last_used_at: datetime | None = Field(None, description="When a source last used the token.")


class SourceAccounts(Wire):
    items: list[SourceAccount]
