"""What the commands print, and the one place where an error becomes a sentence and an exit status."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from timeline_local.exceptions import LibraryInUse, TimelineError

USAGE = 2
IN_USE = 3
INTERRUPTED = 130


def say(line: str = "") -> None:
    """One line on stdout."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def complain(line: str) -> None:
    """One line on stderr."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def as_json(value: Any) -> None:  # noqa: ANN401 - any JSON value
    """One JSON document on stdout."""
    say(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def as_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Columns as wide as their content, for people."""
    table = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in table) for column in range(len(head))]
    for row in table:
        say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def size(number: float) -> str:
    """Bytes for people: 1.5 GB."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000:  # noqa: PLR2004 - decimal, as file managers and disks count
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.1f} {unit}"
        number /= 1000
    return f"{number:.1f} TB"


def exit_status(command: Callable[[], int]) -> int:
    """Run a command; its status, with every expected error as one sentence on stderr."""
    from timeline_local.core.local_client import NoServer, ServerProblem  # noqa: PLC0415 - --help needs none of it

    try:
        return command()
    except (TimelineError, ServerProblem, NoServer) as error:
        complain(f"{str(error).rstrip('.')}.")
        if isinstance(error, LibraryInUse):
            return IN_USE
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `timeline-local … | head`
        sys.stderr.close()
    except ValueError as error:
        if type(error).__name__ != "ValidationError":
            raise
        from timeline_local.config import unusable_settings  # noqa: PLC0415 - --help needs none of it

        complain(unusable_settings(error))
        return USAGE
    return 1
