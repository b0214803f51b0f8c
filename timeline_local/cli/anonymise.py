"""`timeline-local anonymise`: a copy of the library that can be given to developers."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from timeline_local.cli.access import ask
from timeline_local.cli.output import as_json, say
from timeline_local.core.local_client import LocalClient
from timeline_local.exceptions import LibraryInUse

if TYPE_CHECKING:
    from timeline_local.runtime import Runtime

JSON = dict[str, Any]


def anonymise(given: JSON, target: Path, *, seed: str | None, as_json_: bool) -> None:
    """Write the copy and say what is in it. Raises LibraryInUse while a server runs, FolderNotEmpty."""
    whole = target.absolute()
    raw = hashlib.sha256(seed.encode()).digest() if seed else secrets.token_bytes(32)

    def server(client: LocalClient) -> JSON:
        where = f"port {client.info.port}"
        raise LibraryInUse(f"A server of this library runs on {where}. Stop it, or ask it for a copy as administrator.")

    async def alone(runtime: Runtime) -> JSON:
        from timeline_local.jobs.anonymise import make_copy  # noqa: PLC0415 - only without a server
        from timeline_local.services.audit import COMMAND  # noqa: PLC0415 - as above

        return await make_copy(runtime, whole, seed=raw, actor=COMMAND, told=lambda _: None)

    made = ask(given, server=server, alone=alone)
    if as_json_:
        as_json(made)
    else:
        say(f"{made['rows'].get('memory', 0)} memories and {made['files']} files were written to {target}, disguised.")
