"""What is said once, or when there is something to answer: notifications of the desktop, where it has them."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from timeline_local.config import libraries_file
from timeline_local.core.private_files import make_private_dir, write_private

LIVES_HERE = "Timeline Local lives in the tray. Its icon leads back to your timeline, and quits it."
NOT_RUNNING = "{title}. Its icon tries again, and shows why."
STILL_WORKING = "{work}. Answer in the browser whether to quit now, or choose Quit once more. It goes on next time."


def introduced() -> Path:
    """The file that says that this account was told where the program lives."""
    return libraries_file().with_name("introduced")


def take_introduction() -> bool:
    """Whether the account is to be told now; from then on it is not. Where that cannot be kept, nothing is said."""
    note = introduced()
    if note.exists():
        return False
    with suppress(OSError):
        if not note.parent.exists():
            make_private_dir(note.parent)
        write_private(note, b"")
        return True
    return False
