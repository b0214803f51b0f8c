"""Wire shapes of relations."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from timeline_local.domain.kinds import Kind as MemoryKind
from timeline_local.schemas.problems import Given, Wire

ID = "01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f"

Kind = Literal["reply", "edit", "quote", "part_of", "related"]


class Related(Wire):
    """The memory at the other end."""

    id: UUID = Field(examples=[ID])
    kind: MemoryKind
    title: str = Field(examples=["First day of school"])
    local_on: date | None = Field(description="Null when it is undated.")


class Relation(Wire):
    """direction: out means that this memory is a reply to, an edit of, a quote from or a part of the other."""

    id: UUID
    kind: Kind
    direction: Literal["out", "in"]
    memory: Related
    created_at: datetime


class Relations(Wire):
    items: list[Relation]
    next_cursor: str | None = Field(description="Null on the last page.")


class NewRelation(Given):
    """What this memory is to another."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"to": ID, "kind": "part_of"}]})

    to: UUID
    kind: Kind
