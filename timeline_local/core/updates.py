"""Whether there is a newer version: asked once a day at most, and only where the owner switched it on.

What is asked for is a small JSON document, `{"version": "1.4.0", "page": "https://…"}`. The request is a plain GET that
names neither this version nor anything of this computer. Whatever goes wrong is silence until the next day.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from timeline_local import __version__
from timeline_local.core.private_files import write_private

FILE = "update.json"
EVERY = timedelta(days=1)
ANSWER_S = 10.0  # all of it
LARGEST = 64 * 1024
LONGEST_PAGE = 500
_VERSION = re.compile(r"(0|[1-9]\d{0,5})(\.(0|[1-9]\d{0,5})){1,3}")


@dataclass(frozen=True, slots=True)
class NewVersion:
    """page: an https address that tells of it; empty if none was given."""

    version: str
    page: str = ""


def is_newer(version: str, than: str) -> bool:
    """Whether a version of numbers and dots is a later one; False for anything else."""
    if not (_VERSION.fullmatch(version) and _VERSION.fullmatch(than)):
        return False
    return _numbers(version) > _numbers(than)


def _numbers(version: str) -> list[int]:
    numbers = [int(part) for part in version.split(".")]
    return numbers + [0] * (4 - len(numbers))


def told_in(document: bytes) -> NewVersion | None:
    """The version that a document names; None for anything that is no such document."""
    try:
        held = json.loads(document)
        version, page = held["version"], held.get("page", "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        return None
    is_page = isinstance(page, str) and page.startswith("https://") and page.isprintable() and len(page) <= LONGEST_PAGE
    return NewVersion(version, page if is_page else "")


def ask(url: str, *, within_s: float = ANSWER_S) -> NewVersion | None:
    """The newest version, by this address; None if it cannot be had, for whatever reason. Blocks."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    give_up = time.monotonic() + within_s
    try:
        with closing(kind(parts.hostname or "", parts.port, timeout=within_s)) as connection:
            connection.request("GET", target)
            answer = connection.getresponse()
            if answer.status != http.client.OK:
                return None
            content = b""
            while (piece := answer.read1(LARGEST)) and len(content) <= LARGEST and time.monotonic() < give_up:
                content += piece
    except (OSError, http.client.HTTPException, ValueError):
        return None
    return told_in(content) if len(content) <= LARGEST else None


class Updates:
    """Asks while a server runs. run_dir: the library's `run/` folder, where it stands when was asked last."""

    def __init__(self, run_dir: Path, url: str, *, now: Callable[[], datetime]) -> None:
        self._file = run_dir / FILE
        self._url = url
        self._now = now
        self._held = self._read()

    @property
    def newer(self) -> NewVersion | None:
        """The newer version, if one is known of."""
        found = NewVersion(self._held["version"], self._held["page"])
        return found if is_newer(found.version, __version__) else None

    async def watch(self, news: Callable[[], None]) -> None:
        """Ask whenever a day has passed, until it is cancelled. news: called when there is a newer version."""
        while True:
            await asyncio.sleep(self.due_in().total_seconds())
            if await asyncio.to_thread(self.ask_now) and self.newer is not None:
                news()

    def due_in(self) -> timedelta:
        """How long to wait: nothing, if a day has passed or the clock was set back."""
        asked_at = datetime.fromisoformat(self._held["asked_at"])
        passed = self._now() - asked_at
        return timedelta() if passed < timedelta() or passed >= EVERY else EVERY - passed

    def ask_now(self) -> bool:
        """Ask; whether there was an answer. That it was asked is kept before, so that no crash makes it more often."""
        self._held["asked_at"] = self._now().isoformat()
        if not self._keep():
            return False
        found = ask(self._url)
        if found is not None:
            self._held |= asdict(found)
            self._keep()
        return found is not None

    def _read(self) -> dict[str, str]:
        held: dict[str, Any] = {}
        try:
            held = json.loads(self._file.read_bytes())
            datetime.fromisoformat(held["asked_at"]).astimezone(UTC)
            return {name: str(held[name]) for name in ("asked_at", "version", "page")}
        except (OSError, ValueError, KeyError, TypeError):
            return {"asked_at": datetime.min.replace(tzinfo=UTC).isoformat(), "version": "", "page": ""}

    def _keep(self) -> bool:
        try:
            write_private(self._file, json.dumps(self._held).encode())
        except OSError:
            return False
        return True
