"""`timeline-local open`: a fresh ticket for the browser."""

from __future__ import annotations

import time
from typing import Any

from timeline_local.cli.output import complain, say
from timeline_local.config import load_settings
from timeline_local.core.browser import open_signed_in
from timeline_local.core.local_client import LocalClient, find_server, remove_launch_file

READ_S = 10  # a browser that has to start reads the launch file within this


def open_browser(given: dict[str, Any]) -> int:
    """Open the running timeline; 1 if it does not run."""
    settings = load_settings(**given)
    found = find_server(settings.data_dir)
    if found is None:
        complain(f"No server of the library in {settings.data_dir} is running. Start one with `timeline-local serve`.")
        return 1
    ticket = LocalClient(*found).ticket()
    launch = open_signed_in(ticket.url)
    if launch is None:
        say(ticket.url)
        return 0
    try:
        time.sleep(READ_S)
    finally:
        remove_launch_file(launch)
    return 0
