"""The web UI in memory: its files under `/ui/<build>/…`, immutable, and the shell for the addresses of its screens.

Everything here is the same for everyone and holds no data. Compressed forms are made once: gzip at the start, brotli in
a thread right after it; until a form is there, a lesser one is served.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import brotli  # type: ignore[import-untyped]
import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from timeline_local.api.middleware.head import best_encoding, head_of
from timeline_local.api.middleware.security_headers import html_csp
from timeline_local.api.pages import if_none_match

MIME_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
PACKED = frozenset({".ico", ".jpg", ".png", ".webp", ".woff2"})
SHELL_FILE = "index.html"
NOT_SCREENS = ("/api/", "/ui/", "/docs/", "/problems/")
FOREVER = b"private, max-age=31536000, immutable"
BROTLI_QUALITY = 9
_SMALLEST = 200
LOCK_FILE = "vendor.lock.json"  # tools/vendor.py writes which name each vendored module is imported by


@dataclass(slots=True)
class Page:
    """One file in memory, an ASGI application of its own: GET, HEAD, If-None-Match, the best encoding there is."""

    body: bytes
    media_type: str
    cache: bytes
    packed: bool = False
    csp: str = ""
    forms: dict[str, bytes] = field(default_factory=dict)
    tag: str = ""

    def __post_init__(self) -> None:
        self.tag = f'"{hashlib.sha256(self.body).hexdigest()[:20]}"'
        self.forms["identity"] = self.body
        if not self.packed and len(self.body) >= _SMALLEST:
            self.forms["gzip"] = gzip.compress(self.body, 6, mtime=0)

    def squeeze(self) -> None:
        """Add the brotli form, unless the file is compressed already."""
        if "gzip" in self.forms:
            self.forms["br"] = brotli.compress(self.body, quality=BROTLI_QUALITY)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        values = head_of(scope).values
        headers = [
            (b"content-type", self.media_type.encode()),
            (b"cache-control", self.cache),
            (b"etag", self.tag.encode()),
            (b"vary", b"accept-encoding"),
        ]
        if self.csp:
            headers.append((b"content-security-policy", self.csp.encode()))
        known = values.get(b"if-none-match")
        if known is not None and if_none_match(known.decode("latin-1"), self.tag):
            await send({"type": "http.response.start", "status": 304, "headers": headers})
            await send({"type": "http.response.body", "body": b""})
            return
        encoding, body = self._best(best_encoding(values.get(b"accept-encoding", b"")))
        if encoding != "identity":
            headers.append((b"content-encoding", encoding.encode()))
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    def _best(self, wanted: str) -> tuple[str, bytes]:
        # Whoever takes brotli takes gzip: every browser does, and a script that does not names no brotli either.
        for encoding in (wanted, "gzip") if wanted == "br" else (wanted,):
            if encoding in self.forms:
                return encoding, self.forms[encoding]
        return "identity", self.body


class StaticSite:
    """All files of the UI, by path. Build it with `load_site`."""

    def __init__(self, build: str, pages: Mapping[str, Page], shell: Page) -> None:
        self.build = build
        self.shell = shell
        self._pages = pages
        self._squeezing: threading.Thread | None = None

    def find(self, method: str, path: str) -> ASGIApp | None:
        """Who answers this; None leaves it to the API. Assets of another build are a 404 of the API's."""
        if method not in ("GET", "HEAD"):
            return None
        return self.shell if self.is_shell(path) else self._pages.get(path)

    def is_shell(self, path: str) -> bool:
        """Whether the path is a screen's, known or not: the UI itself says "There is nothing here". Files are none."""
        is_other = path.startswith(NOT_SCREENS) or path in ("/api", "/ui", "/docs", "/problems", "/metrics")
        return not is_other and "." not in path.rpartition("/")[2]

    def squeeze(self) -> threading.Thread:
        """Make the brotli forms in a thread of their own; returns it. Called once, when the server listens."""
        if self._squeezing is None:
            self._squeezing = threading.Thread(target=self._squeeze, name="static-brotli", daemon=True)
            self._squeezing.start()
        return self._squeezing

    def _squeeze(self) -> None:
        for page in (self.shell, *self._pages.values()):
            page.squeeze()


def load_site(folder: Path, *, language: str = "en") -> StaticSite:
    """Read the UI's folder into memory. The build is a hash of all names and contents.

    Cost: reading and gzip, about 60 ms for 80 files. Raises FileNotFoundError if there is no shell.
    """
    files = _read(folder)
    shell = files.pop(SHELL_FILE, None)
    if shell is None:
        raise FileNotFoundError(folder / SHELL_FILE)
    build = _build(files, shell)
    prefix = f"/ui/{build}/"
    pages = {prefix + name: _page(name, body) for name, body in files.items()}
    return StaticSite(build, pages, _shell(shell.decode(), prefix, build, files, language))


def _read(folder: Path) -> dict[str, bytes]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in MIME_TYPES)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _build(files: Mapping[str, bytes], shell: bytes) -> str:
    whole = hashlib.sha256(shell)
    for name, body in files.items():
        whole.update(b"%d:%s:%d:" % (len(name), name.encode(), len(body)))
        whole.update(body)
    return whole.hexdigest()[:12]


def _page(name: str, body: bytes) -> Page:
    suffix = Path(name).suffix
    return Page(body, MIME_TYPES[suffix], FOREVER, packed=suffix in PACKED)


def _shell(template: str, prefix: str, build: str, files: Mapping[str, bytes], language: str) -> Page:
    """The shell with its placeholders filled in, and the policy that allows exactly its import map."""
    text = import_map(prefix, files)
    filled = template
    for name, value in {"build": build, "importmap": text, "theme": "system", "lang": language}.items():
        filled = filled.replace("{" + name + "}", value)
    hashed = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Page(filled.encode(), MIME_TYPES[".html"], b"no-cache", csp=html_csp(f"sha256-{hashed}"))


def import_map(prefix: str, files: Mapping[str, bytes]) -> str:
    """The import map of the vendored modules, from the lock file's `imports`, with the addresses of this build."""
    lock = files.get(LOCK_FILE)
    imports: dict[str, str] = orjson.loads(lock).get("imports", {}) if lock else {}
    text = orjson.dumps({"imports": {name: prefix + path for name, path in imports.items()}}).decode()
    # Written as an escape, `<` cannot end the script element.
    return text.replace("<", "\\u003c")
