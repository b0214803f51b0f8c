"""Watched folders on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from timeline_local.schemas.identity import Given, Wire
from timeline_local.schemas.imports import Counts, ImportOptions, ImportState
from timeline_local.schemas.problems import Text

Minutes = Annotated[int, Field(ge=1, le=10_080, description="How often to look: from every minute to once a week.")]


class NewWatchedFolder(Given):
    """A folder, an archive or a file of this computer, and how its imports are carried out."""

    model_config = ConfigDict(
        frozen=True, json_schema_extra={"examples": [{"path": "/home/ana/Pictures", "every_min": 60}]}
    )

    path: Annotated[Text, Field(min_length=1, max_length=4096)]
    every_min: Minutes = 60
    options: ImportOptions = Field(default_factory=lambda: ImportOptions.model_validate({}))


class WatchedFolderPatch(Given):
    """What to change."""

    every_min: Minutes | None = None
    is_paused: bool | None = None


class LookImport(Wire):
    """An import that a look began. It can be undone like any other, which pauses the watch."""

    id: UUID
    state: ImportState
    counts: Counts
    finished_at: datetime | None


class WatchedFolder(Wire):
    """last_import is the last look that found something; a look that finds nothing leaves none."""

    id: UUID
    path: str = Field(examples=["/home/ana/Pictures"])
    every_min: int = Field(examples=[60])
    options: dict[str, Any]
    is_paused: bool
    is_looking: bool
    last_at: datetime | None = Field(description="When it was last looked at.")
    next_at: datetime | None = Field(description="When it will be looked at again; null while it is paused.")
    problem: dict[str, Any] | None = Field(description="Why the last look came to nothing: a problem document.")
    last_import: LookImport | None
    created_at: datetime


class WatchedFolders(Wire):
    items: list[WatchedFolder]
