"""Opening another library and moving this one, as far as this server may: what the routes have in common."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from timeline_local.api.switches import is_personal
from timeline_local.core import libraries
from timeline_local.core.disks import check_disk, nearest
from timeline_local.core.instance import claim_library
from timeline_local.core.libraries import folder_for_new, read_libraries
from timeline_local.core.library import open_library
from timeline_local.core.library_move import Move, plan_move
from timeline_local.core.relocation import Onward, Relocation, forget_failure, kept_failure
from timeline_local.core.security import Caller
from timeline_local.exceptions import LibraryNotUsable, NotAllowed, StartRefused, WrongState
from timeline_local.runtime import Runtime
from timeline_local.schemas import libraries as wire


def can_change(parts: Runtime) -> bool:
    """Whether this server serves the person at this computer and may go over to another folder."""
    return parts.onwards is not None and is_personal(parts) and parts.settings.database.url is None


def check_may_change(parts: Runtime, me: Caller) -> None:
    """Raises NotAllowed for all but the owner, and WrongState where it is not offered."""
    if me.role != "owner":
        raise NotAllowed("Only the owner of the library can open another one or move it. Nothing was changed.")
    if not can_change(parts):
        raise WrongState(
            "That is not offered by a server that others can reach, that uses PostgreSQL or that was started for one "
            "command. Nothing was changed. Use `timeline-local library` while no server runs."
        )


def whole(path: str) -> Path:
    """The folder that was named. Raises LibraryNotUsable for anything but a whole path."""
    named = Path(path).expanduser()
    if not named.is_absolute():
        raise LibraryNotUsable("Name a whole path, from the root on. Nothing was changed.")
    return named.resolve()


def listed(parts: Runtime) -> wire.LibraryList:
    """The list. Blocks: it looks into each folder."""
    found = read_libraries()
    here = parts.library.root
    rows = found.every()
    if all(each.path != here for each in rows):
        rows = (libraries.Known(here, parts.library.id), *rows)
    return wire.LibraryList(
        items=[
            wire.LibraryOfList(
                id=each.id,
                name=each.name,
                path=str(each.path),
                is_open=each.path == here,
                is_chosen=each.path == found.chosen,
                is_there=each.is_there,
            )
            for each in rows
        ],
        can_change=can_change(parts),
        move=move_state(parts),
    )


def move_state(parts: Runtime) -> wire.MoveState | None:
    """How the move goes; None without one. Blocks for a look at a file."""
    going = parts.relocation
    if going is None:
        failure = kept_failure(parts.library.root)
        return failed_state(failure) if failure else None
    return state_of(going)


def state_of(going: Relocation) -> wire.MoveState:
    """How a move goes, without looking at the disk."""
    return wire.MoveState(
        state=going.state,
        path=str(going.move.target),
        done_bytes=going.progress.done,
        total_bytes=going.progress.total,
        detail=going.detail,
    )


def failed_state(detail: str) -> wire.MoveState:
    """A move whose last part failed."""
    return wire.MoveState(state="failed", path=None, done_bytes=0, total_bytes=0, detail=detail)


def add(path: Path) -> None:
    """Put a folder into the list. Blocks. Raises LibraryNotUsable with the reason."""
    with _told():
        check_disk(path, is_new=folder_for_new(path), uses_sqlite=True)
        libraries.add(path)


def try_out(path: Path) -> None:
    """Whether a library can be opened there, or made. Blocks. Raises LibraryNotUsable with the reason."""
    with _told():
        is_new = folder_for_new(path)
        check_disk(path, is_new=is_new, uses_sqlite=True)
        libraries.check_is_there(path)
        if not is_new:
            with claim_library(path):
                open_library(path, uses_sqlite=True)


@contextmanager
def _told() -> Iterator[None]:
    """What is wrong with a folder, as an answer to who named it: this server itself is well."""
    try:
        yield
    except StartRefused as error:
        raise LibraryNotUsable(error.detail) from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise LibraryNotUsable(f"That folder cannot be used ({reason}). Nothing was changed.") from error


def open_other(parts: Runtime, path: Path) -> None:
    """End this server for another library. Raises WrongState during a move."""
    _check_no_move(parts)
    _end_for(parts, Onward(path))


def start_move(parts: Runtime, move: Move, *, keeps_old: bool) -> Relocation:
    """Begin a move that was planned. Call it in the loop. Raises WrongState during another one."""
    _check_no_move(parts)

    def changed(going: Relocation) -> None:
        parts.changes.publish(parts.owner_pk, "move", state_of(going).model_dump(mode="json"))

    made = Relocation(move, keeps_old=keeps_old, changed=changed, copied=lambda onward: _end_for(parts, onward))
    parts.relocation = made
    made.start()
    return made


def plan(parts: Runtime, target: Path) -> Move:
    """A move there, looked at. Blocks. Raises MoveRefused, and LibraryNotUsable for an unfit disk."""
    with _told():
        found = plan_move(parts.library.root, target)
        forget_failure(parts.library.root)
        return found


def plan_to_wire(found: Move) -> wire.MovePlan:
    """How much it is, and how much room there is. Blocks."""
    free = shutil.disk_usage(nearest(found.target)).free
    return wire.MovePlan(path=str(found.target), total_bytes=found.total, free_bytes=free)


async def end_move(parts: Runtime) -> None:
    """Call a move off, or forget that one failed. Raises WrongState when it can no longer be called off."""
    going, parts.relocation = parts.relocation, None
    forget_failure(parts.library.root)
    if going is None or going.state == "failed":
        return
    if going.state == "finishing":
        parts.relocation = going
        raise WrongState("The library is being handed over just now. It cannot be called off any more.")
    await going.cancel()
    parts.changes.publish(parts.owner_pk, "move", {"state": "cancelled"})


def _check_no_move(parts: Runtime) -> None:
    if parts.relocation is not None and parts.relocation.state != "failed":
        raise WrongState("The library is being moved just now. Wait until that is done, or call it off.")


def _end_for(parts: Runtime, onward: Onward) -> None:
    assert parts.onwards is not None  # noqa: S101 - asked by `can_change`
    parts.onwards.append(onward)
    parts.quit.set()
