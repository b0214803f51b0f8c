"""`timeline-local jobs`: what runs in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from timeline_local.cli.access import ask
from timeline_local.cli.output import as_json, as_table
from timeline_local.core.local_client import API, LocalClient
from timeline_local.exceptions import InvalidInput

if TYPE_CHECKING:
    from timeline_local.runtime import Runtime

JSON = dict[str, Any]
STATES = ("waiting", "running", "paused", "done", "failed", "cancelled")


def show_jobs(given: JSON, *, state: str | None, as_json_: bool) -> None:
    """Print the newest fifty jobs."""
    if state is not None and state not in STATES:
        raise InvalidInput(f"A job is never {state!r}: say {', '.join(STATES[:-1])} or {STATES[-1]}.")

    def server(client: LocalClient) -> list[JSON]:
        items: list[JSON] = client.get(f"{API}/jobs", state=state)["items"]
        return items

    async def alone(runtime: Runtime) -> list[JSON]:
        from timeline_local.queries.jobs import page  # noqa: PLC0415 - only without a server

        async with runtime.database.read() as db:
            return [row.to_wire() for row in await page(db, runtime.owner_pk, state=state)]

    jobs = ask(given, server=server, alone=alone)
    if as_json_:
        as_json({"items": jobs})
        return
    as_table(("JOB", "KIND", "STATE", "DONE", "SINCE"), [_row(job) for job in jobs])


def _row(job: JSON) -> tuple[str, ...]:
    progress = job["progress"]
    done = str(progress["done"]) if progress["total"] is None else f"{progress['done']}/{progress['total']}"
    return job["id"], job["kind"], job["state"], done, str(job["created_at"])[:16].replace("T", " ")
