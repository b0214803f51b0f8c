"""Files that leave as downloads: with Range, never shown as pages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fastapi import Request
from starlette.responses import FileResponse

MOST_RANGES = 4
SANDBOX = "default-src 'none'; sandbox"


def attachment(
    request: Request, path: Path, *, media_type: str, file_name: str, headers: Mapping[str, str]
) -> FileResponse:
    """The file, or the range of it that was asked for, under this name."""
    if request.headers.get("range", "").count(",") >= MOST_RANGES:
        # Answering many small ranges costs more than the whole file; a client must be ready for the whole.
        request.scope["headers"] = [pair for pair in request.scope["headers"] if pair[0] != b"range"]
    return FileResponse(
        path,
        media_type=media_type,
        filename=file_name,
        content_disposition_type="attachment",
        headers={"Content-Security-Policy": SANDBOX, **headers},
    )
