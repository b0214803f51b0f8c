"""The head of the audit log, kept beside the database: without it, cutting off the newest entries would not show.

`audit-head.json` (0600) names the newest entry this server has written and is sealed with a key from secrets.json, so
whoever can change the database alone cannot write it anew. It does not stop the library's own system account.
"""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
from pathlib import Path

from timeline_local.core.private_files import write_private
from timeline_local.core.security import same
from timeline_local.services.audit import Head

logger = logging.getLogger(__name__)
FILE = "audit-head.json"


class HeadBroken(ValueError):
    """The file is there, but it is not what this install wrote."""


class HeadFile:
    """Keeps the newest head; never goes back to an older one."""

    def __init__(self, path: Path, key: bytes) -> None:
        """key: Secrets.audit."""
        self._path = path
        self._key = key
        self._newest = Head(-1, b"")
        self._lock = asyncio.Lock()

    def read(self) -> Head | None:
        """The kept head; None without a file. Raises HeadBroken."""
        try:
            held = json.loads(self._path.read_bytes())
            head = Head(int(held["seq"]), bytes.fromhex(held["hash"]))
            seal = str(held["seal"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise HeadBroken from error
        if not same(self.seal("head", head).encode(), seal.encode("utf-8", "surrogatepass")):
            raise HeadBroken
        return head

    def seal(self, purpose: str, head: Head) -> str:
        """Hex that only this install's key makes of a head."""
        return hmac.digest(self._key, f"{purpose}:{head.seq}:{head.hash.hex()}".encode(), "sha256").hex()

    async def keep(self, head: Head) -> None:
        """Write the head, unless a newer one is kept. A failure is logged: the act itself is already done."""
        async with self._lock:
            if head.seq <= self._newest.seq:
                return
            self._newest = head
            content = {"seq": head.seq, "hash": head.hash.hex(), "seal": self.seal("head", head)}
            try:
                await asyncio.to_thread(write_private, self._path, json.dumps(content).encode())
            except OSError:
                logger.warning("the head of the audit log could not be written beside the database")
