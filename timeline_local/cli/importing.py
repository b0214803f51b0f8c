"""`timeline-local import`: plan, question, import, result; always through the API.

With no server running, this process is one for as long as the import takes: the browser can watch it meanwhile.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from timeline_local.cli.access import ask_server
from timeline_local.cli.output import as_json, complain, say, size
from timeline_local.core.local_client import API, LocalClient

JSON = dict[str, Any]
LOOK_S = 0.2
NAMED = 10  # files that are named with the reason why they are not taken
AT_WORK = ("receiving", "scanning", "running", "undoing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """mode: copy | reference. is_sure: do not ask before importing."""

    paths: tuple[Path, ...]
    mode: str
    is_sure: bool
    as_json: bool


def import_folder(asked: Asked, given: dict[str, Any]) -> int:
    """Import the folder; 0 when it was imported, whatever single files had, else 1."""
    return ask_server(given, lambda client: _through(client, asked))


def _through(client: LocalClient, asked: Asked) -> int:
    paths = [str(path.expanduser().absolute()) for path in asked.paths]
    wanted = {"paths": paths, "options": {"mode": asked.mode}}
    made: JSON = client.post(f"{API}/imports", wanted)
    planned = _follow(client, made["id"], "Reading", quiet=asked.as_json)
    if planned["state"] != "planned":
        return _end(planned, asked)
    if not asked.as_json:
        _show_plan(planned["plan"])
        _show_left_out(client, planned)
    if not _agreed(asked):
        client.post(f"{API}/imports/{made['id']}/cancel")
        complain("Nothing was imported.")
        return 1
    client.post(f"{API}/imports/{made['id']}/start")
    return _end(_follow(client, made["id"], "Importing", quiet=asked.as_json), asked)


def _agreed(asked: Asked) -> bool:
    """Only a person at a terminal is asked."""
    if asked.is_sure or asked.as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return True
    return input("Import this? [y/N] ").strip().lower() in ("y", "yes")


def _follow(client: LocalClient, import_id: str, title: str, *, quiet: bool) -> JSON:
    """The import once nothing works on it any more; until then a progress bar, on a terminal."""
    with bar(title, is_shown=not quiet and sys.stderr.isatty()) as drawn:
        while True:
            found: JSON = client.get(f"{API}/imports/{import_id}")
            if found["state"] not in AT_WORK:
                return found
            drawn.show(found.get("progress") or {})
            time.sleep(LOOK_S)


class Bar(Protocol):
    """Shows `done` of `total`."""

    def show(self, progress: JSON) -> None: ...


class _NoBar:
    def show(self, progress: JSON) -> None:
        """Nobody watches."""


@contextmanager
def bar(title: str, *, is_shown: bool) -> Iterator[Bar]:
    """A progress bar on stderr while the block runs, or nothing."""
    if not is_shown:
        yield _NoBar()
        return
    from rich.console import Console  # noqa: PLC0415 - only on a terminal
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn  # noqa: PLC0415

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as drawn:
        task = drawn.add_task(title, total=None)

        class Drawn:
            def show(self, progress: JSON) -> None:
                drawn.update(task, completed=progress.get("done") or 0, total=progress.get("total"))

        yield Drawn()


def _show_plan(plan: JSON) -> None:
    new_bytes, free = size(plan["bytes_new"]), size(plan["free_bytes"])
    say(f"{plan['total']} found: {_counts(plan)}; {new_bytes} to copy, {free} free.")
    for kind, counts in plan.get("by_kind", {}).items():
        say(f"  {kind}: {_counts(counts)}")
    for each in plan.get("attention", ()):
        say(f"  {each['title']}")
    if plan.get("bytes_packed"):
        say(f"  {size(plan['bytes_packed'])} lie in archives and are copied in any case.")
    if not plan.get("fits", True):
        say("  There is not enough free space for all of it.")


def _show_left_out(client: LocalClient, planned: JSON) -> None:
    """The first files that are not taken, each with its reason: what cannot be read before what is left on purpose."""
    items, left = f"{API}/imports/{planned['id']}/items", NAMED
    for verdict in ("failed", "skipped"):
        found: JSON = client.get(items, verdict=verdict, limit=left) if left else {}
        for item in found.get("items", ()):
            say(f"  {item['path']}: {(item.get('reason') or {}).get('detail') or verdict}")
            left -= 1
    more = planned["plan"]["failed"] + planned["plan"]["skipped"] - (NAMED - left)
    if more > 0:
        say(f"  and {more} more, which the page of the import lists.")


def _counts(counts: JSON) -> str:
    words = {"new": "new", "changed": "changed", "same": "already here", "skipped": "left out", "failed": "unusable"}
    told = [f"{counts[name]} {word}" for name, word in words.items() if counts.get(name)]
    return ", ".join(told) or "nothing new"


def _end(ended: JSON, asked: Asked) -> int:
    if asked.as_json:
        as_json(ended)
    elif ended["state"] == "done":
        say(f"Imported: {_counts(ended['counts'])}.")
    else:
        reason = (ended.get("error") or {}).get("detail") or f"The import is {ended['state']}."
        complain(str(reason))
    return 0 if ended["state"] == "done" else 1
