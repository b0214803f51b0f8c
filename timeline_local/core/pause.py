"""Whether background work is held back because the owner paused it.

The wish is a file in the library's `run/` folder: it outlives a restart, and workers beside the server see it too.
"""

from __future__ import annotations

from pathlib import Path

from timeline_local.core.private_files import write_private

FILE = "paused"


class Pause:
    """Asked by the job runner before each job and each batch. run_dir: the library's `run/` folder."""

    def __init__(self, run_dir: Path) -> None:
        self._file = run_dir / FILE

    @property
    def is_on(self) -> bool:
        """Whether background work waits. Cost: one look at a file name."""
        return self._file.exists()

    def set(self, *, on: bool) -> None:
        """Pause, or go on; kept before this returns. Raises OSError if that cannot be written."""
        if on:
            write_private(self._file, b"")
        else:
            self._file.unlink(missing_ok=True)
