"""`timeline-local maintenance`: the same tasks as the administrator's, by the running server or in this process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from timeline_local.cli.access import ask
from timeline_local.cli.output import as_json, complain, say
from timeline_local.core.local_client import API, LocalClient
from timeline_local.exceptions import TaskNotFound, WrongState
from timeline_local.services.maintenance import TASKS

if TYPE_CHECKING:
    from timeline_local.runtime import Runtime

JSON = dict[str, Any]
ENDED = ("done", "failed", "cancelled")
LOOK_S = 0.5


def maintain(given: JSON, task: str, *, as_json_: bool) -> int:
    """Run a task to its end and tell what it found; 1 if something is wrong. Raises TaskNotFound, WrongState."""
    if task not in TASKS:
        raise TaskNotFound(f"There is no task {task!r}. There are: {', '.join(TASKS)}.")

    def server(client: LocalClient) -> JSON:
        job = client.post(f"{API}/admin/maintenance/{task}")
        while job["state"] not in ENDED:
            time.sleep(LOOK_S)
            job = client.get(f"{API}/jobs/{job['id']}")
        if job["state"] != "done":
            raise WrongState(f"The task has {job['state']}. Look at the log.")
        found: JSON = job["result"]
        return found

    async def alone(runtime: Runtime) -> JSON:
        from timeline_local.jobs.maintenance import new_state, step  # noqa: PLC0415 - only without a server

        state = new_state(task)
        while not await step(runtime, state):
            pass
        found: JSON = state["result"]
        return found

    found = ask(given, server=server, alone=alone)
    if as_json_:
        as_json(found)
    else:
        _tell(found)
    return 1 if found["problems"] else 0


def _tell(found: JSON) -> None:
    counts = [f"{name.replace('_', ' ')}: {value}" for name, value in found.items() if isinstance(value, int)]
    say(f"{found['task']} is done. {', '.join(counts)}".rstrip())
    for problem in found["problems"]:
        complain(f"{problem['what'].replace('_', ' ')} {problem['which']}".strip() + ".")
