"""What the tray knows, read from the server. Plain data: the menu and the icon are made of nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from timeline_local.core.local_client import LocalClient

State = Literal["starting", "attention", "paused", "working", "normal"]
MINUTE_S = 60
JOBS = {
    "scan": "Looking at what to import",
    "import": "Importing",
    "undo": "Undoing an import",
    "export": "Exporting",
    "previews": "Making previews",
    "email": "Sending mail",
    "backup": "Backing up",
    "maintenance": "Maintenance",
}


@dataclass(frozen=True, slots=True)
class Recent:
    """An import that the menu leads to. id: its public id."""

    id: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """How things stand. trouble: what needs the owner, as the menu says it.

    update  a newer version, if one is known of. starts_at_login None: not offered here.
    is_stopped  the server did not start, or runs no more, and nobody tries to start it.
    """

    is_running: bool = False
    is_stopped: bool = False
    memories: int = 0
    work: str = ""
    trouble: str = ""
    note: str = ""
    update: str = ""
    is_paused: bool = False
    recent: tuple[Recent, ...] = ()
    starts_at_login: bool | None = None

    @property
    def state(self) -> State:
        """Which icon it is; the first that applies."""
        if self.trouble:
            return "attention"
        if not self.is_running:
            return "starting"
        if self.is_paused:
            return "paused"
        return "working" if self.work else "normal"

    @property
    def line(self) -> str:
        """The one line of the menu that says how it goes."""
        if self.trouble:
            return f"Needs attention: {self.trouble}"
        if not self.is_running:
            return "Starting…"
        if self.is_paused:
            return "Background work is paused"
        return self.work or f"Running — {memories(self.memories)}"


def memories(number: int) -> str:
    """`1 memory`, `128 431 memories`."""
    return "1 memory" if number == 1 else f"{number:,} memories".replace(",", "\u202f")


def read_facts(client: LocalClient, *, starts_at_login: bool | None = None) -> Facts:
    """Ask the server. Raises NoServer and ServerProblem."""
    return facts_of(client.tray("look"), starts_at_login=starts_at_login)


def facts_of(status: Mapping[str, Any], *, starts_at_login: bool | None = None) -> Facts:
    """The facts in an answer of `POST /system/tray`."""
    moved = status["moved_port"]
    return Facts(
        is_running=True,
        memories=status["memories"],
        work=work(status["running"]) if status["running"] else "",
        trouble=_trouble(status["disk"], status["failed"]),
        note=f"Port {moved} is taken by another program, so it is {status['port']}" if moved else "",
        update=status["update"] or "",
        is_paused=status["paused"],
        recent=tuple(Recent(each["id"], each["label"]) for each in status["recent"]),
        starts_at_login=starts_at_login,
    )


def _trouble(disk: str, failed: str | None) -> str:
    """A disk that cannot be written comes before a job that failed, most likely for that."""
    if disk != "ok":
        return f"the disk is {disk}" if disk in ("full", "read-only") else f"the disk {disk}"
    return f"{JOBS.get(failed, failed).lower()} failed" if failed else ""


def work(job: Mapping[str, Any]) -> str:
    """`Importing 62 % – 4 min`, as far as it is known."""
    words = JOBS.get(job["kind"], "Working")
    if not job["total"]:
        return f"{words}…"
    left = job["eta_s"]
    share = f"{words} {100 * job['done'] // job['total']} %"
    if not left:
        return share
    return f"{share} – {round(left)} s" if left < MINUTE_S else f"{share} – {round(left / MINUTE_S)} min"
