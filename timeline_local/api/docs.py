"""`/docs`: the API reference, offline and under the same policy as every other page. Served from memory."""

from __future__ import annotations

from pathlib import Path

from timeline_local.api.static import MIME_TYPES, Page

OPENAPI_PATH = "/docs/openapi.json"
_FOLDER = Path(__file__).with_name("reference")
_PATHS = {
    "/docs": "index.html",
    "/docs/": "index.html",
    "/docs/reference.css": "reference.css",
    "/docs/reference.js": "reference.js",
}


def docs_pages() -> dict[str, Page]:
    """The pages of the reference by path; the description they render is a route of the application."""
    return {path: _page(_FOLDER / name) for path, name in _PATHS.items()}


def _page(file: Path) -> Page:
    return Page(file.read_bytes(), MIME_TYPES[file.suffix], b"no-cache")
