"""`timeline-local library`: the list of libraries, which one is opened, and moving one to another disk."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from timeline_local.cli.access import reach, signed_in
from timeline_local.cli.importing import Bar, bar
from timeline_local.cli.output import as_json, as_table, complain, say, size
from timeline_local.config import PREFIX, Settings, load_settings
from timeline_local.core import libraries
from timeline_local.core.disks import check_disk
from timeline_local.core.libraries import Known, folder_for_new, marked_id, read_libraries
from timeline_local.core.library_move import Move, give_up_old, move_library, plan_move
from timeline_local.core.local_client import API, LocalClient, NoServer, find_server
from timeline_local.core.relocation import kept_failure
from timeline_local.exceptions import LibraryNotUsable, MoveRefused

MB = 1_000_000
LOOK_S = 0.2
BACK_S = 600.0  # a large database takes its time to be copied and checked


def show(*, as_json_: bool) -> None:
    """The list, the usual library first. Looks at each library's folder, and asks its server if it has one."""
    found = read_libraries()
    rows = [
        {
            "name": each.name,
            "path": str(each.path),
            "id": str(each.id) if each.id else None,
            "is_chosen": each.path == found.chosen,
            "state": _state(each),
        }
        for each in found.every()
    ]
    if as_json_:
        as_json({"items": rows})
        return
    as_table(("", "NAME", "STATE", "FOLDER"), [_row(row) for row in rows])


def _row(row: dict[str, Any]) -> tuple[str, ...]:
    return ("*" if row["is_chosen"] else "", row["name"], row["state"], row["path"])


def _state(known: Known) -> str:
    if known.is_there:
        return "open" if find_server(known.path) is not None else "closed"
    return "not there" if known.id else "new"


def add(folder: Path) -> None:
    """Put a folder into the list. Raises LibraryNotUsable, LibraryDiskUnfit, LibraryNotWritable."""
    path = folder.expanduser().absolute().resolve()
    is_new = folder_for_new(path)
    check_disk(path, is_new=is_new, uses_sqlite=True)
    libraries.add(path)
    say(f"{path} is in the list{'; its library is made when it is opened' if is_new else ''}.")


def use(wanted: str) -> None:
    """Choose a library of the list, or add the folder first; the server that runs goes over to it. Raises as `add`."""
    named = read_libraries().named(wanted)
    if named is None and not _is_path(wanted):
        raise LibraryNotUsable(f"There is no library called {wanted!r} in the list, or several. Say its folder.")
    path = named.path if named else Path(wanted).expanduser().absolute().resolve()
    if named is None:
        check_disk(path, is_new=folder_for_new(path), uses_sqlite=True)
    running = read_libraries().chosen
    if path != running and find_server(running) is not None:
        with signed_in(running) as client:
            client.post(f"{API}/libraries/open", {"path": str(path)})
    libraries.choose(path)
    say(f"{path} is opened from now on.")
    if f"{PREFIX}DATA_DIR" in os.environ:
        complain(f"{PREFIX}DATA_DIR is set here, and is stronger than this choice.")


def _is_path(text: str) -> bool:
    return os.sep in text or text.startswith(("~", ".")) or Path(text).exists()


def forget(folder: Path) -> None:
    """Take a folder out of the list. Raises LibraryNotUsable if it is not in it."""
    path = folder.expanduser().absolute().resolve()
    if not libraries.forget(path):
        raise LibraryNotUsable(f"{path} is not in the list. Nothing was changed.")
    say(f"{path} is no longer in the list. The folder is as it was.")


def move(given: dict[str, Any], target: Path, *, keeps_old: bool, as_json_: bool) -> None:
    """Move the library, through its server if one runs. Raises LibraryInUse, MoveRefused, LibraryDiskUnfit."""
    settings = load_settings(**given)
    check_can_move(settings)
    reached = reach(settings)
    if isinstance(reached, LocalClient):
        with reached:
            _move_through(reached, settings.data_dir, target, keeps_old=keeps_old, as_json_=as_json_)
        return
    with reached as claim:
        planned = plan_move(claim.data_dir, target)
        with _bar(as_json_=as_json_) as drawn:
            planned.told = lambda progress: drawn.show(_in_mb(progress.done, progress.total))
            move_library(planned, keeps_old=keeps_old)
    asyncio.run(_open_once(load_settings(**(given | {"data_dir": planned.target}))))
    give_up_old(planned.target)
    _tell(planned, as_json_=as_json_)


def _bar(*, as_json_: bool) -> AbstractContextManager[Bar]:
    return bar("Moving, in MB", is_shown=not as_json_ and sys.stderr.isatty())


def _in_mb(done: int, total: int) -> dict[str, int]:
    return {"done": done // MB, "total": total // MB}


def _move_through(client: LocalClient, source: Path, target: Path, *, keeps_old: bool, as_json_: bool) -> None:
    """Ask the server, and follow it to the new place."""
    whole = target.expanduser().absolute().resolve()
    asked = {"path": str(whole), "keeps_old": keeps_old}
    state = client.post(f"{API}/libraries/move", asked)
    with _bar(as_json_=as_json_) as drawn:
        while state is not None and state["state"] == "copying":
            drawn.show(_in_mb(state["done_bytes"], state["total_bytes"]))
            time.sleep(LOOK_S)
            try:
                state = client.get(f"{API}/libraries")["move"]
            except NoServer:  # it has ended for the last part
                break
    if state is None or state["state"] != "failed":
        _wait_for_end(source)
    if marked_id(source) is not None:
        raise MoveRefused(kept_failure(source) or "The move was called off. The library is where it was.")
    if as_json_:
        as_json({"path": str(whole)})
    else:
        say(f"The library is in {whole} now.")


def _wait_for_end(source: Path) -> None:
    """Until the library was handed over, or stayed where it was."""
    give_up = time.monotonic() + BACK_S
    while marked_id(source) is not None and not kept_failure(source) and time.monotonic() < give_up:
        time.sleep(LOOK_S)


def check_can_move(settings: Settings) -> None:
    """Raise MoveRefused where the folder is only a part of the library."""
    if settings.database.url is not None:
        raise MoveRefused(
            "The database of this library is on a PostgreSQL server, so its folder is moved by hand: stop the server "
            "and its workers, copy the folder, and name the new one in TIMELINE_DATA_DIR. Nothing was changed."
        )


async def _open_once(settings: Settings) -> None:
    """Open the library at its new place as a server would, before anything of the old one is deleted."""
    from timeline_local.runtime import open_runtime  # noqa: PLC0415 - most of a second

    runtime = await open_runtime(settings)
    await runtime.close()


def _tell(done: Move, *, as_json_: bool) -> None:
    found = {"path": str(done.target), "files": len(done.checked), "bytes": done.total, "damaged": sorted(done.damaged)}
    if as_json_:
        as_json(found)
    else:
        say(f"The library is in {done.target} now: {len(done.checked)} files, {size(done.total)}, all checked.")
    if done.damaged:
        complain(
            f"{len(done.damaged)} originals were damaged already and are as they were: {', '.join(done.damaged[:5])}."
        )
