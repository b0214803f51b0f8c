"""Wire shapes of the timeline for a screen."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from timeline_local.domain.kinds import Kind


class Wire(BaseModel):
    """What goes out."""

    model_config = ConfigDict(frozen=True)


class Conversation(Wire):
    """A conversation's day that is folded into one tile; the other columns tell of its last message."""

    id: UUID = Field(description="Its collection.")
    name: str = Field(examples=["Choir"])
    count: int = Field(description="Messages of that day.", examples=[42])
    first: str = Field(description="The first words of the day.", examples=["Good morning!"])
    people: list[str] = Field(description="Up to four of those who wrote.", examples=[["Anna", "Bo"]])


class Items(Wire):
    """A struct of arrays: entry k of each describes position `from` + k of the skeleton of revision `rev`.

    utc_offset_min: positive is east; null when unknown. kind: the code of the skeleton, without the favourite bit.
    """

    rev: int = Field(examples=[412])
    from_: int = Field(alias="from", examples=[0])
    to: int = Field(examples=[1])
    id: list[UUID]
    kind: list[int] = Field(examples=[[0]])
    local_at: list[str | None] = Field(description="Wall clock there, no zone; null when undated.")
    utc_offset_min: list[int | None] = Field(examples=[[60]])
    zone: list[str | None] = Field(examples=[["Europe/Lisbon"]])
    precision: list[str] = Field(examples=[["instant"]])
    title: list[str]
    text: list[str] = Field(
        description="Of the text without Markdown the first 280 characters, or 240 around what was searched for."
    )
    marks: list[list[int] | None] = Field(
        description="Where what was searched for begins and ends in `text`: pairs of characters from 0.",
        examples=[[[4, 7]]],
    )
    grid: list[str | None] = Field(description="Address of the grid preview; null when there is none.")
    placeholder: list[str | None] = Field(description="ThumbHash, base64.")
    duration_ms: list[int | None]
    location: list[str | None]
    favourite: list[bool]
    live: list[bool] = Field(description="Whether a short film belongs to the photo.")
    conversation: list[Conversation | None] = Field(description="Set where `fold` put messages together.")


class Bucket(Wire):
    start: date = Field(description="First day of the bucket.", examples=["2019-06-01"])
    count: int = Field(examples=[128])


class Buckets(Wire):
    """Newest first; empty buckets are absent. undated: memories on the No date shelf."""

    rev: int = Field(examples=[412])
    items: list[Bucket]
    undated: int = Field(examples=[3])


class Day(Wire):
    day: date = Field(examples=["2019-06-14"])
    count: int = Field(examples=[29])
    kinds: dict[Kind, int] = Field(examples=[{"photo": 27, "note": 2}])


class Days(Wire):
    items: list[Day]
