"""`timeline-local version`."""

from __future__ import annotations

import platform

from timeline_local import __version__
from timeline_local.cli.output import as_json, say


def show_version(*, as_json_: bool) -> None:
    """Print the version; as JSON, also of what it runs on."""
    if as_json_:
        as_json({"version": __version__, "python": platform.python_version(), "system": platform.system()})
    else:
        say(f"Timeline Local {__version__}")
