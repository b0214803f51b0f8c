"""Jobs on the wire."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class JobState(StrEnum):
    """waiting and running go on by themselves; paused waits for its owner; the others have ended."""

    WAITING = "waiting"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobProgress(BaseModel):
    """How far a job is."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "done": 400,
                "total": 1000,
                "bytes_done": 812_000_000,
                "bytes_total": 2_040_000_000,
                "current": "2019/06/IMG_0412.jpg",
                "per_second": 21.5,
                "eta_s": 28,
            }
        }
    )

    done: int = Field(0, description="Items finished.")
    total: int | None = Field(None, description="Items in all; null while nobody knows.")
    bytes_done: int = Field(0, description="Bytes read of the items finished.")
    bytes_total: int | None = Field(None, description="Bytes of all items; null while nobody knows.")
    current: str | None = Field(None, description="What it works on now.")
    per_second: float | None = Field(None, description="Items a second over the last 30 s; null until that is known.")
    eta_s: int | None = Field(None, description="Seconds to go at that speed; null until that is known.")


class JobOut(BaseModel):
    """A piece of work in the background."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "019a5c2f-3b7e-7d21-a0c4-5b8e9f10a2b3",
                "kind": "import",
                "state": "running",
                "progress": {"done": 400, "total": 1000, "per_second": 21.5, "eta_s": 28},
                "import_id": "019a5c2f-3b7e-7d21-a0c4-5b8e9f10a2b4",
                "attempts": 1,
                "error": None,
                "created_at": "2026-11-22T09:00:00Z",
                "started_at": "2026-11-22T09:00:01Z",
                "finished_at": None,
            }
        }
    )

    id: UUID
    kind: str = Field(
        description="scan | import | undo | export | previews | email | retell | derive_visits | name_places | "
        "watch | purge_trash | forget_words | maintenance | anonymise"
    )
    state: JobState
    progress: JobProgress
    import_id: UUID | None = Field(description="The import it works for.")
    attempts: int = Field(description="Starts since it last finished a batch; given up after ten.")
    error: dict[str, Any] | None = Field(description="The problem document of the last failure.")
    result: dict[str, Any] | None = Field(None, description="What a maintenance job found so far.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class JobPage(BaseModel):
    """Jobs, newest first."""

    items: list[JobOut]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null at the end.")
