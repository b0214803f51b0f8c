"""Whether the library's folder is still the one that was opened, or its disk has gone, is full or read-only.

A disk that is pulled out leaves the empty folder it was mounted on. Open files live on for a while, so nothing else
tells us; and what is written by name would land in that empty folder.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from uuid import UUID

from timeline_local.core.disks import why_unwritten
from timeline_local.core.library import Library
from timeline_local.exceptions import LibraryAway, Unavailable

MARKER = "library.json"


class Presence:
    """Of an open library. Cost of a look: two questions to the file system, some microseconds on a local disk."""

    def __init__(self, library: Library) -> None:
        self._root = library.root
        self._identity = _identity(library.root)

    def is_here(self) -> bool:
        """Whether the same folder is there, with its marker."""
        try:
            return _identity(self._root) == self._identity and (self._root / MARKER).is_file()
        except OSError:
            return False

    def trouble(self) -> Unavailable | None:
        """Why nothing can be written, found out by writing a little; None if it can. For after a write has failed."""
        probe = self._root / f".probe-{os.getpid()}"
        try:
            self.check()
            probe.write_bytes(b"probe")
        except LibraryAway as error:
            return error
        except OSError as error:
            return why_unwritten(error)
        finally:
            with suppress(OSError):
                probe.unlink(missing_ok=True)
        return None

    def check(self) -> None:
        """Raise LibraryAway if it is not."""
        if not self.is_here():
            raise LibraryAway("The disk with your library is not there. Nothing was changed. Connect it again.")


def _identity(root: Path) -> tuple[int, int]:
    status = root.stat()
    return status.st_dev, status.st_ino


def is_back(root: Path, library_id: UUID) -> bool:
    """Whether a folder holds the library of this id."""
    try:
        return UUID(json.loads((root / MARKER).read_bytes())["id"]) == library_id
    except (OSError, ValueError, KeyError, TypeError):
        return False
