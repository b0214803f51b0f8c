"""Wire shapes of collections."""

from __future__ import annotations

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field, StringConstraints, model_validator

from timeline_local.domain.drafts import CollectionKind
from timeline_local.schemas.memories import ID
from timeline_local.schemas.problems import Given, QueryText, Text, Wire

Name = Annotated[Text, StringConstraints(min_length=1, max_length=200)]
Description = Annotated[Text, StringConstraints(max_length=10_000)]
Asked = Annotated[QueryText, StringConstraints(min_length=1)]
Ids = Annotated[list[UUID], Field(min_length=1, max_length=10_000)]


class Picture(Wire):
    """What stands for a collection: its cover, else the first member with a picture."""

    media_id: UUID
    grid: str | None = Field(examples=[f"/api/v1/media/{ID}/preview/grid?r=1"])
    placeholder: str | None = Field(description="A thumbhash of at most 25 bytes, as base64.")


class Collection(Wire):
    """Memories that belong together: put in by hand and kept in order, or whatever its query finds."""

    id: UUID = Field(examples=[ID])
    name: str = Field(examples=["Trip to Rome"])
    kind: CollectionKind = Field(examples=["trip"])
    description: str
    query: str | None = Field(description="Null where members are put in by hand.", examples=["in:rome 2019"])
    cover: UUID | None = Field(description="The media file chosen as cover.")
    picture: Picture | None
    members: int | None = Field(
        description="Those outside the trash. Of a query: only told of one collection, and null above 10,000.",
        examples=[128],
    )
    created_at: AwareDatetime
    updated_at: AwareDatetime
    version: int


class Collections(Wire):
    items: list[Collection]
    next_cursor: str | None = Field(description="Null on the last page.")


class NewCollection(Given):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"name": "Trip to Rome", "description": "Five days in June."},
                {"name": "Best of the sea", "query": "sea rating:>=4"},
            ]
        }
    )

    name: Name
    kind: CollectionKind = CollectionKind.ALBUM
    description: Description = ""
    query: Asked | None = Field(None, description="With one, members are what it finds; for good.")
    cover: UUID | None = Field(None, description="One of your media files.")


class CollectionPatch(Given):
    """A merge patch: fields left out stay, null empties."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Rome, June 2019", "cover": None}]})

    name: Name | None = None
    kind: CollectionKind | None = None
    description: Description | None = None
    query: Asked | None = None
    cover: UUID | None = None


class Addition(Given):
    """Memories by id, in this order, or all that a query finds, the oldest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"memories": [ID]}, {"query": "in:rome 2019-06", "position": "start"}]}
    )

    memories: Ids | None = None
    query: QueryText | None = None
    position: Literal["start", "end"] = "end"

    @model_validator(mode="after")
    def _names_some(self) -> Self:
        if (self.memories is None) == (self.query is None):
            raise ValueError("give either memories or query")
        return self


class Removal(Given):
    model_config = ConfigDict(json_schema_extra={"examples": [{"memories": [ID]}]})

    memories: Ids


class Move(Given):
    """Members to put right before or right after another one, in this order."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"memories": [ID], "after": "01932f6e-7b1c-7d30-a111-3a2b4c5d6e80"}]}
    )

    memories: Ids
    before: UUID | None = None
    after: UUID | None = None

    @model_validator(mode="after")
    def _names_one_place(self) -> Self:
        if (self.before is None) == (self.after is None):
            raise ValueError("give either before or after")
        return self


class Filled(Wire):
    """changed: members that came, went or moved; the others were so already, or are no memories of yours."""

    changed: int = Field(examples=[12])
    version: int = Field(description="Of the collection, for If-Match.")
