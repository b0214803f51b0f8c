"""What an `If-Match` header expects, as the version that services compare with the row they hold."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from timeline_local.api.pages import etag, if_match
from timeline_local.core.security import Caller
from timeline_local.queries.versions import Noun, version_of

NEVER = -1


async def expected_version(db: AsyncConnection, me: Caller, noun: Noun, id_: UUID, header: str | None) -> int | None:
    """The version that the header allows, as the present one; one that never was if it allows another; None for any.

    The row is not held yet: files and counters are held before any row (services.trash, services.collections), and a
    row held first made an edit and a deletion wait for each other.
    """
    if header is None or header.strip() == "*":
        return None
    version = await version_of(db, me.user_pk, noun, id_)
    return version if version is not None and if_match(header, etag(version)) else NEVER
