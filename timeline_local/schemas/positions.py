"""Wire shapes of positions, the devices that recorded them, and the ways of memories."""

from __future__ import annotations

from uuid import UUID

from pydantic import AwareDatetime, Field

from timeline_local.schemas.memories import ID
from timeline_local.schemas.problems import Wire


class Device(Wire):
    """What recorded positions. first and last: its first and last position, null if it has none any more."""

    id: UUID = Field(examples=[ID])
    key: str = Field(description="As its source names it.", examples=["phone"])
    name: str = Field(examples=["phone"])
    source: str = Field(description="Who told of it first.", examples=["google_timeline"])
    first: AwareDatetime | None
    last: AwareDatetime | None


class Devices(Wire):
    items: list[Device]


class Position(Wire):
    """Where a device was: degrees (WGS 84), metres, metres a second; null where its source did not say."""

    device: UUID = Field(examples=[ID])
    at: AwareDatetime
    lat: float = Field(examples=[41.9028335])
    lon: float = Field(examples=[12.4964123])
    accuracy_m: float | None
    altitude_m: float | None
    speed_mps: float | None


class Positions(Wire):
    items: list[Position]
    next_cursor: str | None = Field(
        description="Null on the last page. With a box a page may be short, or empty, and still not the last."
    )


class Erased(Wire):
    count: int = Field(description="Positions that are deleted.", examples=[1440])
    undo_token: UUID | None = Field(description="For POST /undo/{token}, for a day; null if there were none.")


class Way(Wire):
    """The way of a memory in columns: the points in the order of time, all of equal length; empty if it has none."""

    count: int = Field(description="Of the positions it is made of; at most 20,000 are read.", examples=[412])
    at: list[AwareDatetime | None] = Field(description="null where the way was drawn without times.")
    lat: list[float]
    lon: list[float]
    altitude_m: list[float | None]
