"""Mail as files, for an install without a mail server: each message is an .eml in `outbox/`, readable by its owner."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from timeline_local.core.email import Message, as_mime
from timeline_local.core.private_files import make_private_dir, write_private
from timeline_local.exceptions import MailUnavailable


class FileMailer:
    """The Mailer port on a folder. Any mail program opens its files; their names sort by time."""

    def __init__(self, folder: Path, *, sender: str, now: Callable[[], datetime]) -> None:
        """The folder is made with the first message."""
        self._folder = folder
        self._sender = sender
        self._now = now

    async def send(self, message: Message) -> None:
        at = self._now()
        content = as_mime(message, sender=self._sender, at=at).as_bytes()
        name = f"{at:%Y%m%dT%H%M%S.%f}-{secrets.token_hex(4)}.eml"
        try:
            await asyncio.to_thread(self._write, name, content)
        except OSError as error:
            raise MailUnavailable("The mail could not be written into the outbox folder. It is tried again.") from error

    def _write(self, name: str, content: bytes) -> None:
        make_private_dir(self._folder)
        write_private(self._folder / name, content)
