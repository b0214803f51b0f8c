"""What the tray and the page "This computer" are told, and what they may ask for."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from timeline_local.schemas.exact import Exact


class Wire(BaseModel):
    """What goes out."""

    model_config = ConfigDict(frozen=True)


class Given(Exact):
    """What comes in."""

    model_config = ConfigDict(frozen=True)


class Proof(Given):
    """That the caller may read the library's secrets: nonce is the server's, from `GET /auth/challenge`."""

    nonce: str = Field(max_length=200, examples=["9f6c2d"])
    proof: str = Field(max_length=200, examples=["5a1be0"])


class TrayRequest(Proof):
    """action absent: only look. target: where `open` leads, a path of the user interface."""

    action: Literal["look", "pause", "resume", "quit", "open"] = "look"
    target: Annotated[str, StringConstraints(max_length=5000, pattern=r"^/([^/\\#\s][^#\s]*)?$")] | None = Field(
        None, examples=["/imports/new?path=%2Fhome%2Fana%2FTakeout"]
    )


class RunningJob(Wire):
    """total and eta_s are null while nobody knows."""

    kind: str = Field(examples=["import"])
    done: int = Field(examples=[620])
    total: int | None = Field(examples=[1000])
    eta_s: float | None = Field(examples=[240.0])


class RecentImport(Wire):
    id: UUID = Field(examples=["0199a5c2-f3b7-7e5d-a1a0-c4a19a5c2f3b"])
    label: str = Field(examples=["Takeout 2019"])
    state: str = Field(examples=["done"])


class TrayStatus(Wire):
    """recent is empty while the app lock is on. failed: the kind of the newest job that failed within a day.

    disk: whether the library can be written, as in `GET /health/ready`.

    url: only in the answer to `open`; it holds a ticket that is good for a minute.
    """

    version: str = Field(examples=["0.1.0"])
    memories: int = Field(examples=[128431])
    paused: bool
    running: RunningJob | None
    waiting: int = Field(examples=[0])
    failed: str | None = Field(examples=[None])
    disk: str = Field(examples=["ok"])
    recent: list[RecentImport]
    port: int | None = Field(examples=[8765])
    moved_port: int | None = Field(examples=[None], description="the port wished for, where another had to be taken")
    update: str | None = Field(examples=["1.4.0"], description="a newer version, where that is asked for")
    url: str | None = Field(examples=[None])


class SystemPatch(Given):
    """What is absent stays. in_menu: an entry in the menu of a Linux desktop."""

    paused: bool | None = Field(None, examples=[True])
    starts_at_login: bool | None = Field(None, examples=[True])
    in_menu: bool | None = Field(None, examples=[True])


class NewVersion(Wire):
    """page: an address that tells of it; empty if there is none."""

    version: str = Field(examples=["1.4.0"])
    page: str = Field(examples=["https://timeline.example.org/1.4"])


class SystemState(Wire):
    """paused: background work waits until it is told to go on. port: where this server listens; moved_port: the one it

    wanted, where another program has that. starts_at_login and in_menu are null where that is not

    offered: on a server that others can reach, and in_menu on Windows and macOS. update: a newer version, where the
    settings let us ask for one.
    """

    version: str = Field(examples=["0.1.0"])
    paused: bool
    started_at: datetime = Field(examples=["2026-11-28T09:00:00Z"])
    port: int | None = Field(examples=[8765])
    moved_port: int | None = Field(examples=[None])
    starts_at_login: bool | None = Field(examples=[False])
    in_menu: bool | None = Field(examples=[False])
    update: NewVersion | None


class Diagnostics(Wire):
    text: str = Field(examples=["version: 0.1.0\nsystem: Linux 6.1.0 x86_64\n"])
