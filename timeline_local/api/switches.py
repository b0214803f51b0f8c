"""What the tray and the page "This computer" both switch: background work on and off, and the server itself."""

from __future__ import annotations

import asyncio
import sys

from timeline_local import __version__
from timeline_local.core.autostart import login_of
from timeline_local.core.desktop_entry import menu_entry
from timeline_local.exceptions import WrongState
from timeline_local.runtime import Runtime
from timeline_local.schemas.system import NewVersion, SystemState
from timeline_local.services.audit import Actor, record


def state_of_system(parts: Runtime) -> SystemState:
    """What one reads before switching. Blocks for some looks at the disk: call it from a worker thread."""
    is_offered = is_personal(parts)
    newer = parts.updates.newer if parts.updates else None
    return SystemState(
        version=__version__,
        paused=parts.pause.is_on,
        started_at=parts.started_at,
        port=parts.port,
        moved_port=parts.port_wished,
        starts_at_login=login_of(parts.library.root).is_on if is_offered else None,
        in_menu=menu_entry().is_on if is_offered and _has_menu() else None,
        update=NewVersion(version=newer.version, page=newer.page) if newer else None,
    )


def is_personal(parts: Runtime) -> bool:
    """Whether the server runs for the person at this computer, whose desktop it may change."""
    server = parts.settings.server
    return not (server.allow_lan or server.public_url)


def _has_menu() -> bool:
    return sys.platform.startswith("linux")


def switch_desktop(parts: Runtime, *, starts_at_login: bool | None, in_menu: bool | None) -> None:
    """Start at login or no more; have an entry in the desktop's menu or none. None changes nothing.

    Raises WrongState where that is not offered, and where the desktop's folder cannot be written.
    """
    if starts_at_login is None and in_menu is None:
        return
    if not is_personal(parts) or (in_menu is not None and not _has_menu()):
        raise WrongState("That is not offered on this computer. Nothing was changed.")
    try:
        if starts_at_login is not None:
            login_of(parts.library.root).switch(on=starts_at_login)
        if in_menu is not None:
            menu_entry().switch(on=in_menu)
    except OSError as error:
        raise WrongState(
            f"The desktop's own folder cannot be written ({error.strerror}). Nothing was changed."
        ) from error


async def pause_work(parts: Runtime, actor: Actor, *, on: bool) -> None:
    """Pause background work or let it go on, and tell whoever listens. Doing it twice changes nothing."""
    if parts.pause.is_on == on:
        return
    await asyncio.to_thread(parts.pause.set, on=on)
    async with parts.database.write() as db:
        await record(db, actor, "work.paused" if on else "work.resumed", now=parts.now())
    parts.wake_jobs.set()
    parts.changes.publish(parts.owner_pk, "system", {"paused": on})


async def quit_by(parts: Runtime, actor: Actor) -> None:
    """Note who asked, then end the server; the answer to the request is still sent."""
    async with parts.database.write() as db:
        await record(db, actor, "server.stopped", now=parts.now())
    parts.quit.set()
