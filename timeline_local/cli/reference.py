"""docs/cli.md, made from the commands' own help; a test keeps the two equal.

python -m timeline_local.cli.reference > docs/cli.md
"""

from __future__ import annotations

import sys
from typing import Any

import typer

from timeline_local.cli.app import app

WIDTH = 100
HEAD = """# The command line

Every command answers with exit status 0 for success, 1 for a problem (one sentence on stderr), 2 for wrong usage and
3 where the library is already open in another process.
`--data DIR` names the library folder; without it, `TIMELINE_DATA_DIR` or the system's folder for application data.
Without a command, `timeline-local` starts the server if need be and opens the timeline in the browser.

This page is made from the commands' own help: `python -m timeline_local.cli.reference > docs/cli.md`.
"""


def reference() -> str:
    """The whole page."""
    parts = [HEAD]
    for context in _walk(typer.main.get_command(app), "timeline-local", None):
        path = str(context.command_path)
        level = "#" * min(len(path.split()) + 1, 3)
        help_text = "\n".join(line.rstrip() for line in context.get_help().splitlines())
        parts.append(f"{level} {path}\n\n```\n{help_text}\n```\n")
    return "\n".join(parts)


def _walk(command: Any, name: str, parent: Any) -> list[Any]:  # noqa: ANN401 - typer's commands and contexts
    context = command.context_class(command, info_name=name, parent=parent, terminal_width=WIDTH)
    found = [context]
    for inner, each in getattr(command, "commands", {}).items():
        found += _walk(each, inner, context)
    return found


if __name__ == "__main__":
    sys.stdout.write(reference())
