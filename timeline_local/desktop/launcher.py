"""`timeline-local` as a desktop starts it: find the library's server or start it, and show it signed in.

This room talks HTTP to the server and never loads it. A second launch hands what it was asked for to the first one's
server, opens the browser there and ends.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

from timeline_local.config import load_settings, unusable_settings, usual_data_dir
from timeline_local.core.instance import ask_to_start_again, tray_place
from timeline_local.core.local_client import LocalClient, NoServer, ServerProblem, find_server
from timeline_local.desktop.opening import Opener, has_reader, say
from timeline_local.desktop.pages import told_page
from timeline_local.desktop.resident import Resident
from timeline_local.desktop.supervisor import Server

ANOTHER_STARTS_S = 120.0  # a first start may have a migration to do
LOOK_S = 0.2
LONGEST_TARGET = 5000  # what the server takes
FLAGS = ("--new", "--hidden", "--quit")


def is_launch(arguments: Sequence[str]) -> bool:
    """Whether these arguments are for the desktop: none, its flags, or files and folders to import."""
    given = list(arguments)
    if "--data" in given[:-1]:
        at = given.index("--data")
        del given[at : at + 2]
    return all(each in FLAGS or _is_path(each) for each in given)


def _is_path(argument: str) -> bool:
    """A path, however it is written; the name of a command is none, even where a file is called so."""
    return argument.startswith(("file:", "/", "./", "../", "~")) or Path(argument).is_absolute()


def target_of(asked: argparse.Namespace) -> str | None:
    """The page to open; None for none."""
    if asked.paths:
        return _import_of([local_path(each) for each in asked.paths])
    if asked.new:
        return "/new"
    return None if asked.hidden else "/"


def _import_of(paths: Sequence[Path]) -> str:
    """The page of an import of this folder, or of these files: of several, those beside the first, as the parts of one

    export are. Names of files are told apart by the one letter that no name can hold.
    """
    first = paths[0]
    if not first.is_file():
        return f"/imports/new?path={quote(str(first), safe='')}"
    names = dict.fromkeys(each.name for each in paths if each.parent == first.parent and each.is_file())
    files, page = "", f"/imports/new?path={quote(str(first.parent), safe='')}"
    for name in names:
        more = f"{files}/{name}" if files else name
        if len(page) + len("&files=") + len(quote(more, safe="")) > LONGEST_TARGET:
            break
        files = more
    return f"{page}&files={quote(files, safe='')}" if files else page


def local_path(argument: str) -> Path:
    """The absolute path in an argument, which may be a `file:` address: file managers hand over both."""
    if argument.startswith("file:"):
        from urllib.request import url2pathname  # noqa: PLC0415 - 30 ms that a usual launch need not pay

        address = argument.removeprefix("file:")
        host, slash, rest = address.removeprefix("//").partition("/") if address.startswith("//") else ("", "", address)
        return Path(url2pathname(f"{slash}{rest}" if host in ("", "localhost") else argument))
    return Path(argument).expanduser().absolute()


def launch(arguments: Sequence[str] = ()) -> int:
    """Run until the server ends; the exit status. A second launch returns at once."""
    asked = _parsed(arguments)
    try:
        data_dir = load_settings(data_dir=asked.data).data_dir
    except ValueError as error:  # pydantic's ValidationError
        return _unusable(unusable_settings(error), shows=not asked.quit)
    found = find_server(data_dir)
    if asked.quit:
        return _quit(data_dir)
    target = target_of(asked)
    if found is None:
        with ExitStack() as place:
            if place.enter_context(tray_place(data_dir)):
                return Resident(data_dir, target, place).run()
        ask_to_start_again(data_dir)
        found = _started_by_another(data_dir)
    if found is None:
        say("Timeline Local is being started by another program, which takes long. Try again in a minute.")
        return 1
    if target is not None:
        opener = Opener(data_dir)
        opener.show(found, target)
        opener.wait()
        opener.forget()
    return 0


def _unusable(told: str, *, shows: bool) -> int:
    """Say that the settings cannot be used, also to who has no terminal; the exit status."""
    say(told)
    opener = Opener(usual_data_dir())
    if shows and not has_reader() and opener.tell(told_page("Timeline Local did not start", told)):
        opener.wait()
        opener.forget()
    return 2


def _started_by_another(data_dir: Path) -> Server | None:
    """The server that another launch is starting just now."""
    give_up = time.monotonic() + ANOTHER_STARTS_S
    while time.monotonic() < give_up:
        found = find_server(data_dir)
        if found is not None:
            return found
        time.sleep(LOOK_S)
    return None


def _parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="timeline-local", add_help=False)
    for flag in FLAGS:
        parser.add_argument(flag, action="store_true")
    parser.add_argument("--data")
    parser.add_argument("paths", nargs="*")
    return parser.parse_args(arguments)


def _quit(data_dir: Path) -> int:
    """Stop the running server, if there is one; its tray goes with it."""
    found = find_server(data_dir)
    if found is None:
        return 0
    try:
        LocalClient(*found).tray("quit")
    except (NoServer, ServerProblem) as error:
        say(f"The server could not be stopped: {error}.")
        return 1
    return 0
