"""`timeline-local export`: asks for an export, watches it, and brings the file; always through the API.

With no server running, this process is one for as long as the export takes.
"""

from __future__ import annotations

import hashlib
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from timeline_local.cli.access import ask_server
from timeline_local.cli.importing import LOOK_S, bar
from timeline_local.cli.output import as_json, complain, say, size
from timeline_local.core.local_client import API, LocalClient
from timeline_local.exceptions import InvalidInput, TimelineError

JSON = dict[str, Any]
FORMATS = ("ndjson", "csv", "zip", "markdown")
BY_SUFFIX = {".ndjson": "ndjson", ".jsonl": "ndjson", ".csv": "csv", ".zip": "zip"}
AT_WORK = ("waiting", "running", "paused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """format: None takes it from the name of the file. query: None exports everything outside the trash."""

    file: Path
    format: str | None
    query: str | None
    account: bool
    originals: bool
    as_json: bool


def export_to(asked: Asked, given: dict[str, Any]) -> int:
    """Write the export to its file; 0 when it is there whole, else 1. Raises InvalidInput before anything is asked."""
    wanted = _wanted(asked)
    return ask_server(given, lambda client: _through(client, asked, wanted))


def _wanted(asked: Asked) -> JSON:
    """The request, checked as far as the file and the format go."""
    format_ = asked.format or BY_SUFFIX.get(asked.file.suffix.lower())
    if asked.account and asked.format is None:
        format_ = "zip"
    if format_ not in FORMATS:
        raise InvalidInput(f"Say --format: one of {', '.join(FORMATS)}. Nothing was written.")
    if asked.file.exists():
        raise InvalidInput(f"There is a file {asked.file} already. Nothing was written; choose another name.")
    if not asked.file.absolute().parent.is_dir():
        raise InvalidInput(f"There is no folder {asked.file.absolute().parent}. Nothing was written.")
    wanted: JSON = {"format": format_, "account": asked.account, "originals": asked.originals}
    return wanted | ({"query": asked.query} if asked.query else {})


def _through(client: LocalClient, asked: Asked, wanted: JSON) -> int:
    made: JSON = client.post(f"{API}/exports", wanted)
    done = _follow(client, made["id"], quiet=asked.as_json)
    if done["state"] != "done":
        complain(str(done.get("error") or f"The export is {done['state']}."))
        return 1
    _fetch(client, done, asked.file)
    client.delete(f"{API}/exports/{made['id']}")
    if asked.as_json:
        as_json({name: done[name] for name in ("format", "memories", "missing", "size_bytes", "sha256")})
    else:
        say(f"{done['memories']} memories in {asked.file}, {size(done['size_bytes'])}.")
        if done["missing"]:
            complain(f"{done['missing']} originals could not be read; the manifest in the file names them.")
    return 0


def _follow(client: LocalClient, export_id: str, *, quiet: bool) -> JSON:
    with bar("Exporting", is_shown=not quiet and sys.stderr.isatty()) as drawn:
        while True:
            found: JSON = client.get(f"{API}/exports/{export_id}")
            if found["state"] not in AT_WORK:
                return found
            drawn.show(found.get("progress") or {})
            time.sleep(LOOK_S)


def _fetch(client: LocalClient, done: JSON, target: Path) -> None:
    """Bring the file beside its place, compare it, and only then give it its name."""
    part = target.with_name(f".{target.name}.part")
    digest = hashlib.sha256()
    try:
        with part.open("xb") as file:
            for chunk in client.download(f"{API}/exports/{done['id']}/file"):
                digest.update(chunk)
                file.write(chunk)
        if digest.hexdigest() != done["sha256"]:
            raise TimelineError("The file did not come whole. Nothing was kept; try again.")
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
