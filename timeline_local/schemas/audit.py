"""The audit log on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

_ENTRY: dict[str, JsonValue] = {
    "seq": 412,
    "at": "2026-11-22T09:00:00Z",
    "actor_kind": "session",
    "actor_id": "019a5c2f-3b7e-7d21-a0c4-5b8e9f10a2b3",
    "credential_id": "019a5c2f-3b7e-7d21-a0c4-5b8e9f10a2b4",
    "action": "api_key.created",
    "object_kind": "api_key",
    "object_id": "019a5c2f-3b7e-7d21-a0c4-5b8e9f10a2b5",
    "details": {"scopes": ["memories:read"]},
    "before_hash": None,
    "after_hash": None,
    "prev_hash": "5f0c" + "0" * 60,
    "hash": "91be" + "0" * 60,
}


class AuditEntry(BaseModel):
    """One security-relevant act. It holds no content, only ids, counts, roles and hashes."""

    model_config = ConfigDict(json_schema_extra={"example": _ENTRY})

    seq: int = Field(description="Its number; no number is skipped.")
    at: datetime
    actor_kind: str = Field(description="session | token | api_key | ticket | command | system | anonymous")
    actor_id: UUID | None = Field(description="The user, who may be gone by now.")
    credential_id: UUID | None = Field(description="The session or API key that was used.")
    action: str = Field(description="What was done, as `login` or `api_key.created`.")
    object_kind: str | None
    object_id: UUID | None
    details: dict[str, Any]
    before_hash: str | None = Field(description="SHA-256 (hex) of what the object was.")
    after_hash: str | None = Field(description="SHA-256 (hex) of what the object became.")
    prev_hash: str = Field(description="`hash` of the entry before; 64 zeros for the first.")
    hash: str = Field(description="SHA-256 (hex) over all other fields of this entry.")


class AuditPage(BaseModel):
    """Entries, newest first."""

    items: list[AuditEntry]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null at the end.")


class AuditFinding(BaseModel):
    """Something wrong with the log."""

    model_config = ConfigDict(json_schema_extra={"example": {"fault": "edited", "seq": 17}})

    fault: str = Field(
        description="edited | missing | unlinked | beginning | truncated | rewritten | head_missing | head_broken"
    )
    seq: int = Field(description="The entry at fault, or the first one after a gap.")


class AuditVerification(BaseModel):
    """Whether the log is what this install wrote."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "intact": True,
                "entries": 412,
                "first_seq": 1,
                "head_seq": 412,
                "head_hash": _ENTRY["hash"],
                "kept_seq": 412,
                "findings": [],
            }
        }
    )

    intact: bool
    entries: int = Field(description="How many entries were read.")
    first_seq: int | None = Field(description="Above 1 after older entries were pruned.")
    head_seq: int
    head_hash: str = Field(
        description="Of the newest entry. Keep it elsewhere to prove later that nothing was rewritten."
    )
    kept_seq: int | None = Field(description="The entry whose hash is kept beside the database.")
    findings: list[AuditFinding] = Field(description="At most 100.")
