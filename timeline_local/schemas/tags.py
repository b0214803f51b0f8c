"""Wire shapes of tags."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from timeline_local.schemas.problems import Given, TagName, Wire


class TagCount(Wire):
    id: UUID
    name: str = Field(examples=["travel/italy"])
    memories: int = Field(examples=[42])


class Tag(TagCount):
    version: int


class TagPatch(Given):
    """join: whether a tag that is called so already takes over the memories of this one."""

    name: TagName = Field(examples=["travel/italia"])
    join: bool = False


class Tags(Wire):
    items: list[TagCount]
