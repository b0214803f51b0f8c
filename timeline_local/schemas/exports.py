"""Wire shapes of exports."""

from __future__ import annotations

from typing import Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field, model_validator

from timeline_local.schemas.jobs import JobProgress, JobState
from timeline_local.schemas.memories import ID
from timeline_local.schemas.problems import Given, QueryText, Wire

Format = Literal["ndjson", "csv", "zip", "markdown"]


class NewExport(Given):
    """What to write out: everything outside the trash, or what a query finds, or a whole account."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"format": "zip"},
                {"format": "markdown", "query": "kind:note 2019"},
                {"format": "zip", "account": True},
            ]
        }
    )

    format: Format = Field(
        description=(
            "ndjson: every field, one memory a line. csv: a table for spreadsheets. zip: the lines, the originals and "
            "a manifest. markdown: a zip with a note for each memory and the files it shows."
        )
    )
    query: QueryText | None = None
    account: bool = Field(
        False, description="With the trash, people, locations, collections, tags and settings. Only as zip."
    )
    originals: bool = Field(True, description="Whether zip and markdown hold the files.")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.account and (self.format != "zip" or self.query):
            raise ValueError("a whole account is a zip and takes no query")
        return self


class Export(Wire):
    """One export. file is null until it is done; for a browser it is signed, for a script it takes its key."""

    id: UUID = Field(examples=[ID])
    format: Format
    query: str | None = Field(description="In its canonical spelling, with absolute dates.")
    account: bool
    originals: bool
    state: JobState
    progress: JobProgress | None = Field(description="Of its job, while that is known.")
    job_id: UUID | None = Field(description="For `/jobs`: pause, cancel, retry.")
    memories: int | None = Field(description="Written, once it is done.", examples=[12_044])
    missing: int = Field(description="Originals that could not be read; the manifest names them.")
    error: str | None = Field(description="Why it failed, or is tried again.")
    file: str | None = Field(examples=[f"/api/v1/exports/{ID}/file"])
    file_name: str | None = Field(examples=["timeline-2026-11-23.zip"])
    size_bytes: int | None
    sha256: str | None = Field(description="Of the file, in hexadecimal digits.")
    created_at: AwareDatetime
    finished_at: AwareDatetime | None
    expires_at: AwareDatetime | None = Field(description="When the file is deleted.")


class Exports(Wire):
    items: list[Export]
    next_cursor: str | None = Field(description="Null on the last page.")
