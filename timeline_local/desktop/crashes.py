"""Reports of crashes: kept beside the logs, for the owner alone, and sent nowhere."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from timeline_local.core.diagnostics import as_text, diagnostics
from timeline_local.core.logging import mask
from timeline_local.core.private_files import make_private_dir, write_private

MOST = 10
LONGEST = 100_000


def keep_report(data_dir: Path, status: int, last_words: str) -> None:
    """Keep why a server ended, in `logs/crash-<time>.txt`; only the newest ten stay. What cannot be written is lost."""
    at = datetime.now(UTC)
    head = f"at: {at.isoformat(timespec='seconds')}\nexit status: {status}\n"
    text = f"{head}{as_text(diagnostics(data_dir))}\n{mask(last_words[-LONGEST:])}"
    folder = data_dir / "logs"
    with suppress(OSError):
        make_private_dir(folder)
        write_private(folder / f"crash-{at:%Y%m%dT%H%M%S%f}.txt", text.encode())
        for old in sorted(folder.glob("crash-*.txt"))[:-MOST]:
            old.unlink(missing_ok=True)
