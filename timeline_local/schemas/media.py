"""Wire shapes of media files."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from timeline_local.schemas.memories import Memory


class Wire(BaseModel):
    """What goes out."""

    model_config = ConfigDict(frozen=True)


class MediaDetails(Wire):
    """One media file. width and height are those of the upright picture. Addresses are signed for a browser."""

    id: UUID = Field(examples=["01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f"])
    sha256: str = Field(examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"])
    mime: str = Field(examples=["image/jpeg"])
    size_bytes: int = Field(examples=[880703])
    file_name: str = Field(examples=["IMG_2682.HEIC"])
    storage: Literal["managed", "referenced"]
    width: int | None = Field(examples=[4032])
    height: int | None = Field(examples=[3024])
    orientation: int | None = Field(examples=[1])
    duration_ms: int | None = None
    camera_make: str | None = Field(None, examples=["Apple"])
    camera_model: str | None = Field(None, examples=["iPhone 7"])
    lens: str | None = None
    exposure: dict[str, Any] = Field(default_factory=dict)
    preview_state: Literal["pending", "ready", "none"]
    preview_reason: str | None = Field(None, description="Why there is no preview: a stable word.")
    placeholder: str | None = Field(None, description="ThumbHash, base64.")
    original: str
    grid: str | None
    screen: str | None
    trashed_at: datetime | None = Field(None, description="Since when it waits in the trash.")


class OneMediaFile(MediaDetails):
    """One media file, with what shows it."""

    memories: list[UUID] = Field(description="Those that show it, the newest first, at most 100; the trash included.")


class MediaFiles(Wire):
    """A page of media files; a null cursor is the end."""

    items: list[MediaDetails]
    next_cursor: str | None


class Uploaded(Wire):
    """duplicate: these bytes were here already, and nothing was added."""

    media: MediaDetails
    memory: Memory | None
    duplicate: bool
