"""Wire shapes of changes in bulk and of their undo."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator

from timeline_local.domain.batch_actions import BatchAction
from timeline_local.schemas.memories import Latitude, Longitude
from timeline_local.schemas.problems import Given, PersonName, QueryText, TagName, Wire

MOST_SHIFT_S = 100 * 366 * 86_400


class Batch(Given):
    """One action on the memories with these ids, or on all that a query means."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"q": "tag:rome 2019", "action": "favourite", "dry_run": True},
                {"ids": ["01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f"], "action": "tag", "tags": ["family"]},
                {"q": "camera:pixel during:2019-06", "action": "shift", "shift_s": 25_200},
            ]
        }
    )

    ids: list[UUID] | None = Field(None, max_length=10_000)
    q: QueryText | None = None
    action: BatchAction
    tags: list[TagName] = Field(default_factory=list, max_length=100)
    rating: int | None = Field(None, ge=1, le=5)
    mood: int | None = Field(None, ge=1, le=5)
    shift_s: int = Field(0, ge=-MOST_SHIFT_S, le=MOST_SHIFT_S, description="Seconds later; negative: earlier.")
    lat: Latitude | None = None
    lon: Longitude | None = None
    location: UUID | None = Field(None, description="The id of one of your locations.")
    people: list[PersonName] = Field(default_factory=list, max_length=100, description="Names.")
    collection: UUID | None = None
    dry_run: bool = False

    @model_validator(mode="after")
    def _names_some(self) -> Self:
        if (self.ids is None) == (self.q is None):
            raise ValueError("give either ids or q")
        return self


class BatchResult(Wire):
    """matched: memories named that exist. changed: those that were not so already, or would not be in a dry run."""

    matched: int = Field(examples=[42])
    changed: int = Field(examples=[40])
    undo_token: UUID | None = Field(description="For POST /undo/{token}, for a day; null if nothing changed.")


class Restored(Wire):
    restored: int = Field(examples=[40])
