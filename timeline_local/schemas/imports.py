"""Imports and the folders they may come from, on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from timeline_local.schemas.exact import Exact
from timeline_local.schemas.jobs import JobProgress
from timeline_local.schemas.memories import LocalTime

ImportState = Literal[
    "receiving",
    "scanning",
    "planned",
    "running",
    "paused",
    "done",
    "cancelled",
    "failed",
    "undoing",
    "undone",
]
Point = Literal["undated", "file-date-only", "failed", "skipped"]
Verdict = Literal["new", "changed", "same", "skipped", "failed"]


class Wanted(Exact):
    """What comes in."""


class ImportOptions(Wanted):
    """How to import. What is left out keeps its default, or at the start what was chosen before."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"mode": "copy", "tags": ["holidays"]}]})

    mode: Literal["copy", "reference"] | None = Field(
        None, description="copy: originals are copied into the library (the default). reference: left in place."
    )
    include_hidden: bool | None = Field(None, description="Also read files whose names begin with a dot.")
    zone: str | None = Field(
        None, max_length=64, description="IANA zone assumed where nothing tells one.", examples=["Europe/Lisbon"]
    )
    tags: list[str] | None = Field(None, max_length=20, description="Given to everything that is added.")

    def chosen(self) -> dict[str, Any]:
        """The options that were sent."""
        return self.model_dump(exclude_none=True)


class ImportIn(Wanted):
    """A folder, an archive or a file on this computer, several of these, or the wish to send files (`upload`)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"path": "/home/ana/Pictures/2019", "options": {"mode": "copy"}}]},
    )

    path: str | None = Field(None, min_length=1, max_length=4096, description="A folder, an archive or a file.")
    paths: list[Annotated[str, Field(min_length=1, max_length=4096)]] | None = Field(
        None, min_length=1, max_length=1000, description="Several of these, read as one: the parts of an export."
    )
    upload: bool = False
    name: str | None = Field(None, min_length=1, max_length=200, description="What to call an upload.")
    options: ImportOptions = Field(default_factory=lambda: ImportOptions.model_validate({}))

    @model_validator(mode="after")
    def _is_one_of_both(self) -> ImportIn:
        if [self.upload, self.path is not None, self.paths is not None].count(True) != 1:
            message = "give either path, or paths, or upload with a name"
            raise ValueError(message)
        return self


class StartIn(Wanted):
    """What to change before the plan is carried out."""

    options: ImportOptions = Field(default_factory=lambda: ImportOptions.model_validate({}))


class CancelIn(Wanted):
    """What to do with what was added so far."""

    keep: bool = Field(True, description="false: undo what was added so far.")


class UndoIn(Wanted):
    """How far undoing goes."""

    force: bool = Field(False, description="Also take back what you edited since.")


class Attention(BaseModel):
    slug: str = Field(examples=["undated"])
    title: str = Field(examples=["14 have no date; they will stand on the shelf “No date”"])
    count: int = Field(examples=[14])


class Counts(BaseModel):
    new: int
    changed: int
    same: int
    skipped: int
    failed: int


class SourcePlan(Counts):
    title: str = Field(examples=["Photos and videos"])


class PlanOut(BaseModel):
    """What the import will do. by_kind: kind → verdict → count; by_basis and by_year: of what is new or changed."""

    total: int
    new: int
    changed: int
    same: int
    skipped: int
    failed: int
    bytes_new: int = Field(description="Bytes that copying takes.")
    bytes_packed: int = Field(description="How many of these lie in archives: they are copied in any mode.")
    free_bytes: int
    fits: bool
    by_kind: dict[str, dict[str, int]] = Field(examples=[{"photo": {"new": 3, "same": 1}}])
    by_source: dict[str, SourcePlan] = Field(
        examples=[
            {
                "photo_folder": {
                    "title": "Photos and videos",
                    "new": 3,
                    "changed": 0,
                    "same": 1,
                    "skipped": 0,
                    "failed": 0,
                }
            }
        ],
        description="By the source that reads it; `folder` stands for folders and archives themselves.",
    )
    by_basis: dict[str, int] = Field(examples=[{"exif_offset": 2, "file_name": 1}])
    by_year: dict[str, int] = Field(examples=[{"2019": 3}])
    attention: list[Attention]


class ImportOut(BaseModel):
    """One run of the importers over a folder. plan is null until the scan has ended."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "019a5c2f-3b7e-7d21-a0c4-5b8e9f10a2b4",
                "state": "running",
                "source": "photo_folder",
                "label": "2019",
                "path": "/home/ana/Pictures/2019",
                "paths": ["/home/ana/Pictures/2019"],
                "options": {"mode": "copy"},
                "job_id": "019a5c2f-3b7e-7d21-a0c4-5b8e9f10a2b3",
                "plan": None,
                "counts": {"new": 3, "changed": 0, "same": 1, "skipped": 0, "failed": 0},
                "progress": {"done": 1, "total": 3},
                "error": None,
                "created_at": "2026-11-22T09:00:00Z",
                "started_at": "2026-11-22T09:01:00Z",
                "finished_at": None,
                "undoable_until": "2026-12-22T09:01:00Z",
            }
        }
    )

    id: UUID
    state: ImportState
    source: str
    label: str
    path: str | None = Field(description="The folder, archive or file; null for several, and for an upload.")
    paths: list[str] = Field(description="All that is imported; empty for an upload.")
    options: dict[str, Any]
    job_id: UUID | None
    plan: PlanOut | None
    counts: Counts
    progress: JobProgress | None
    error: dict[str, Any] | None = Field(description="A problem document, if it failed.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    undoable_until: datetime | None


class ImportPage(BaseModel):
    items: list[ImportOut]
    next_cursor: str | None


class Reason(BaseModel):
    slug: str = Field(examples=["unsupported"])
    detail: str | None


class ItemOut(BaseModel):
    """One thing that was found, and what becomes of it.

    path    relative to the folder of the import; where an export has names of its own for things, that name
    source  which program or kind of file it comes from; null where nothing more of it is kept
    title   what it is called, or how its text begins; null where it has neither
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "019a5c2f-3b7e-7d21-a0c4-5b8e9f10a2b5",
                "path": "06/IMG_0412.HEIC",
                "source": "photo_folder",
                "title": None,
                "kind": "photo",
                "verdict": "new",
                "state": "planned",
                "reason": None,
                "local_at": "2019-06-14T15:04:05",
                "time_basis": "exif_offset",
                "memory_id": None,
                "size_bytes": 2_040_112,
            }
        }
    )

    id: UUID
    path: str
    source: str | None
    title: str | None
    kind: str | None
    verdict: Verdict
    state: Literal["planned", "done", "undone"]
    reason: Reason | None
    local_at: LocalTime | None
    time_basis: str | None
    memory_id: UUID | None
    size_bytes: int


class ItemPage(BaseModel):
    items: list[ItemOut]
    next_cursor: str | None


class ReceivedOut(BaseModel):
    """A file of an upload, as it is kept until the import ends."""

    path: str = Field(examples=["party/IMG_1.jpg"])
    size_bytes: int


class FolderOut(BaseModel):
    name: str = Field(examples=["Pictures"])
    path: str = Field(examples=["/home/ana/Pictures"])


class ChoiceOut(BaseModel):
    """A file that can be imported by itself."""

    name: str = Field(examples=["takeout-20260101T120000Z-001.zip"])
    path: str = Field(examples=["/home/ana/Downloads/takeout-20260101T120000Z-001.zip"])
    size_bytes: int
    is_archive: bool


class FolderListing(BaseModel):
    """One folder of this computer. files, media and notes count what lies in it directly; choices are at most 500.

    free_bytes: on its disk; null where that is not known.
    """

    path: str
    parent: str | None
    roots: list[FolderOut]
    folders: list[FolderOut]
    choices: list[ChoiceOut]
    files: int
    media: int
    notes: int
    free_bytes: int | None
