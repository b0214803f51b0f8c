"""The tables. Both databases have the same; what only one can do is in queries/dialect.py and in the migration."""

from timeline_local.models.audit import AuditEvent
from timeline_local.models.base import Base
from timeline_local.models.collections import Collection, CollectionAbsence, CollectionMember, Relation
from timeline_local.models.exports import Export
from timeline_local.models.imports import Import, ImportItem
from timeline_local.models.jobs import Job
from timeline_local.models.media import MediaFile, MemoryMedia
from timeline_local.models.memories import (
    BucketCount,
    ChangeCounter,
    Identity,
    Location,
    Memory,
    MemoryPerson,
    MemoryTag,
    MemoryText,
    Person,
    Provenance,
    Tag,
    Tombstone,
    Undo,
)
from timeline_local.models.positions import (
    Device,
    MemoryPath,
    Position,
    PositionErasure,
    PositionSpan,
    RelationRef,
    SourceLink,
)
from timeline_local.models.users import (
    ApiKey,
    IdempotencyKey,
    Invitation,
    LoginAttempt,
    MailedToken,
    NoteLock,
    RecoveryCode,
    RefreshToken,
    Session,
    Setting,
    SourceAccount,
    User,
)

__all__ = [
    "ApiKey",
    "AuditEvent",
    "Base",
    "BucketCount",
    "ChangeCounter",
    "Collection",
    "CollectionAbsence",
    "CollectionMember",
    "Device",
    "Export",
    "IdempotencyKey",
    "Identity",
    "Import",
    "ImportItem",
    "Invitation",
    "Job",
    "Location",
    "LoginAttempt",
    "MailedToken",
    "MediaFile",
    "Memory",
    "MemoryMedia",
    "MemoryPath",
    "MemoryPerson",
    "MemoryTag",
    "MemoryText",
    "NoteLock",
    "Person",
    "Position",
    "PositionErasure",
    "PositionSpan",
    "Provenance",
    "RecoveryCode",
    "RefreshToken",
    "Relation",
    "RelationRef",
    "Session",
    "Setting",
    "SourceAccount",
    "SourceLink",
    "Tag",
    "Tombstone",
    "Undo",
    "User",
]
