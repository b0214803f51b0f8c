"""Locked notes on the wire."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from timeline_local.schemas.identity import Given, Wire

Passphrase = Annotated[str, Field(min_length=8, max_length=1000, examples=["four words nobody puts together"])]


class LockedNotes(Wire):
    """Whether notes can be locked, and whether this session can read them."""

    has_passphrase: bool = Field(examples=[True])
    unlocked: bool = Field(description="For this session, until it is idle for long enough.", examples=[False])
    idle_s: int = Field(description="Idle seconds after which the notes lock themselves.", examples=[300])
    notes: int = Field(description="How many memories are locked.", examples=[3])


class NewPassphrase(Given):
    """There is no way back from a forgotten passphrase: the locked texts are then lost."""

    passphrase: Passphrase
    current_passphrase: str | None = Field(
        None, max_length=1000, description="The one in force; needed to change it.", examples=[None]
    )


class GivenPassphrase(Given):
    passphrase: str = Field(min_length=1, max_length=1000, examples=["four words nobody puts together"])
