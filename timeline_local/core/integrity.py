"""Is the database what was left when it was last closed? If not, it is checked before anything is built on it.

A clean close notes size and time of timeline.db. A start that finds the same pays two system calls; one that finds
anything else (a crash, a power cut, a file put there by hand) pays SQLite's quick check, about a second for a gigabyte.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from timeline_local.core.database import sqlite_module
from timeline_local.core.library import Library, restore_hint
from timeline_local.core.private_files import write_private
from timeline_local.exceptions import LibraryDamaged

NOTE = "closed.json"


def note_clean_close(library: Library) -> None:
    """Remember how the database looks now. Call it when no connection is open any more.

    Nothing is noted, and the next start checks, where its log could not be folded back, or the disk cannot be written.
    """
    if not library.database.with_name(f"{library.database.name}-wal").exists():
        with suppress(OSError):
            write_private(library.run / NOTE, json.dumps(_looks(library)).encode())


def check_unless_clean(library: Library) -> None:
    """Check the database unless it is as a clean close left it. Raises LibraryDamaged; nothing was changed then."""
    note = library.run / NOTE
    was_clean = _noted(library) == _looks(library) if library.database.exists() else True
    note.unlink(missing_ok=True)
    if not was_clean:
        _quick_check(library)


def _looks(library: Library) -> list[int]:
    status = library.database.stat()
    return [status.st_size, status.st_mtime_ns]


def _noted(library: Library) -> Any:  # noqa: ANN401 - whatever JSON the note holds
    try:
        return json.loads((library.run / NOTE).read_bytes())
    except (OSError, ValueError):
        return None


def _quick_check(library: Library) -> None:
    module = sqlite_module()
    try:
        connection = module.connect(f"{library.database.as_uri()}?mode=rw", uri=True)
        try:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        finally:
            connection.close()
    except module.DatabaseError as error:
        verdict = str(error)
    if verdict != "ok":
        raise LibraryDamaged(
            f"timeline.db is damaged. Nothing was changed. {restore_hint(library)} Your media files are untouched."
        )
