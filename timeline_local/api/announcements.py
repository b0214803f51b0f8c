"""Telling open pages that the timeline changed; after the commit, never before it."""

from __future__ import annotations

from collections.abc import Iterable

from timeline_local.runtime import Runtime


def announce_timeline(parts: Runtime, owner_pk: int, revision: int, days: Iterable[int] = ()) -> None:
    """Publish the new revision. days: day numbers that changed; empty means any may have."""
    changed = sorted(set(days))
    parts.skeletons.note(owner_pk, revision, changed)
    parts.changes.publish(owner_pk, "timeline", {"rev": revision, "days": changed})
