"""What somebody who helps needs to know, and nothing that is private: versions, sizes, counts and kinds of errors.

No path, name, address, text or message: of a log line only where it came from and the class of its error. Standard
library only, so the tray can tell it while the server does not run.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from timeline_local import __version__
from timeline_local.core.instance import own_port, read_runtime

TAIL = 1024 * 1024
MOST_KINDS = 20
LEVELS = ("WARNING", "ERROR", "CRITICAL")
CLASS = re.compile(r"[A-Za-z_][\w.]{0,80}")
LOGGER = re.compile(r"[a-z_][\w.]{0,80}")
DESKTOPS = re.compile(r"[\w:.-]{1,60}")

Facts = dict[str, str | int]


def diagnostics(data_dir: Path) -> Facts:
    """Name and value of each fact, in the order to show them. Blocks: it looks at the disk."""
    found: Facts = {
        "version": __version__,
        "build": "self-contained" if getattr(sys, "frozen", False) else "python",
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
    }
    for name, variable in (("desktop", "XDG_CURRENT_DESKTOP"), ("session", "XDG_SESSION_TYPE")):
        value = os.environ.get(variable, "")
        found[name] = value if DESKTOPS.fullmatch(value) else "unknown"
    for name, file in (("database_bytes", "timeline.db"), ("wal_bytes", "timeline.db-wal")):
        found[name] = _size(data_dir / file)
    with suppress(OSError):
        found["disk_free_bytes"] = shutil.disk_usage(data_dir).free
    found["log_bytes"] = sum(_size(path) for path in _files(data_dir / "logs"))
    found["crash_reports"] = sum(path.name.startswith("crash-") for path in _files(data_dir / "logs"))
    info = read_runtime(data_dir)
    found["port"] = info.port if info else "none"
    found["port_wanted"] = own_port(data_dir) or "any"
    found["library_there"] = "yes" if (data_dir / "library.json").is_file() else "no"
    return found | _troubles(data_dir / "logs" / "timeline.log")


def as_text(found: Facts) -> str:
    """One line for each fact."""
    return "".join(f"{name}: {value}\n" for name, value in found.items())


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _troubles(log: Path) -> Facts:
    """How often which part of the program complained, and of what class of error, in the newest part of the log."""
    counts = Counter(kind for line in _last_lines(log) if (kind := _kind(line)))
    return {f"log {kind}": number for kind, number in counts.most_common(MOST_KINDS)}


def _last_lines(log: Path) -> Iterator[bytes]:
    try:
        with log.open("rb") as file:
            file.seek(max(0, _size(log) - TAIL))
            yield from file
    except OSError:
        return


def _kind(line: bytes) -> str:
    """`ERROR timeline_local.jobs.runner OSError`, or nothing for a line that tells no trouble."""
    try:
        entry = json.loads(line)
        level, logger, error = entry["level"], str(entry["logger"]), str(entry.get("error", ""))
    except (ValueError, KeyError, TypeError):
        return ""
    if level not in LEVELS or not LOGGER.fullmatch(logger):
        return ""
    last = error.rstrip().rpartition("\n")[2].partition(":")[0]
    return f"{level} {logger} {last}" if CLASS.fullmatch(last) else f"{level} {logger}"
