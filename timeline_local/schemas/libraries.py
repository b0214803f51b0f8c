"""The libraries of this computer's account, and one on its way to another folder."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from timeline_local.schemas.exact import Exact

Folder = Annotated[str, StringConstraints(min_length=1, max_length=4096, pattern=r"^[^\x00]+$")]


class Wire(BaseModel):
    """What goes out."""

    model_config = ConfigDict(frozen=True)


class FolderGiven(Exact):
    """path: a whole path on the computer of the server."""

    model_config = ConfigDict(frozen=True)

    path: Folder = Field(examples=["/home/ana/Family"])


class MoveGiven(FolderGiven):
    keeps_old: bool = Field(False, description="leave the old files where they are", examples=[False])


class LibraryOfList(Wire):
    """id is null until the library was opened for the first time. is_there: its folder holds it just now."""

    id: UUID | None = Field(examples=["0199a5c2-f3b7-7e5d-a1a0-c4a19a5c2f3b"])
    name: str = Field(examples=["Family"])
    path: str = Field(examples=["/home/ana/Family"])
    is_open: bool
    is_chosen: bool = Field(description="opened when nobody says which")
    is_there: bool


class MoveState(Wire):
    """failed: the last move ended with `detail`, and the library is where it was."""

    state: Literal["copying", "finishing", "failed"]
    path: str | None = Field(examples=["/media/ana/Disk/Timeline"])
    done_bytes: int = Field(examples=[620000000])
    total_bytes: int = Field(examples=[1000000000])
    detail: str = Field(examples=[""])


class MovePlan(Wire):
    """What a move would do; nothing is in its way."""

    path: str = Field(examples=["/media/ana/Disk/Timeline"])
    total_bytes: int = Field(examples=[1000000000])
    free_bytes: int = Field(examples=[2000000000])


class LibraryList(Wire):
    """The usual one first. can_change: whether another one can be opened, and this one moved, by this server."""

    items: list[LibraryOfList]
    can_change: bool
    move: MoveState | None
