"""Addresses of originals and previews: signed for a browser's session, plain for a script that sends its key."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from timeline_local.core.security import Caller
from timeline_local.runtime import Runtime

UrlMaker = Callable[[UUID | str, str, int], str]


def media_urls(parts: Runtime, me: Caller) -> UrlMaker:
    """`url(media_id, variant, version)`; variant: original, grid or screen. About 4 µs an address when signed."""
    key = me.session_key

    def plain(media_id: UUID | str, variant: str, version: int) -> str:
        path = _path(media_id, variant)
        return path if variant == "original" else f"{path}?r={version}"

    if key is None:
        return plain
    now = parts.now().timestamp()

    def signed(media_id: UUID | str, variant: str, version: int) -> str:
        path = _path(media_id, variant)
        return f"{path}?{parts.signer.query(path, key, now)}&r={version}"

    return signed


def _path(media_id: UUID | str, variant: str) -> str:
    tail = "original" if variant == "original" else f"preview/{variant}"
    return f"/api/v1/media/{media_id}/{tail}"
