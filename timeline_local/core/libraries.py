"""The libraries of this account: which there are, and which one is opened when nobody says which.

The list is one small file in the account's configuration folder, replaced as a whole. It is a convenience: every
library is whole without it, and one that is named by --data or TIMELINE_DATA_DIR need not stand in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from timeline_local.config import libraries_file, usual_data_dir
from timeline_local.core.disks import disk_of
from timeline_local.core.library import MARKER
from timeline_local.core.private_files import make_private_dir, write_private
from timeline_local.exceptions import LibraryMissing, LibraryNotUsable, StartRefused

FORMAT = 1
SWITCHED = 10  # the exit status of a server that leaves word which library is to be served next
ONWARD = Path("run", "onward.json")
LOCK_S = 10.0
MOST_DISKS = 50


@dataclass(frozen=True, slots=True)
class Known:
    """A library of the list. id: None until it was opened for the first time."""

    path: Path
    id: UUID | None = None

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def is_there(self) -> bool:
        """Whether its folder holds this very library now. Cost: one small file is read."""
        found = marked_id(self.path)
        return found is not None and self.id in (None, found)


@dataclass(frozen=True, slots=True)
class OnDisk:
    """Where the disk was mounted that a library was opened on, be it in the list or not."""

    path: Path
    point: str


@dataclass(frozen=True, slots=True)
class Libraries:
    """The list in the order in which they were added. current: None while the usual folder is the one.

    disks: of libraries on disks of their own, the one that was opened last at the end.
    """

    current: Path | None = None
    known: tuple[Known, ...] = ()
    disks: tuple[OnDisk, ...] = ()

    @property
    def chosen(self) -> Path:
        return self.current or usual_data_dir()

    def at(self, path: Path) -> Known | None:
        """The library of this folder."""
        return next((each for each in self.known if each.path == path), None)

    def point_of(self, path: Path) -> str | None:
        """Where the disk of this library was mounted when it was opened; None if it is on the system's own."""
        return next((each.point for each in self.disks if each.path == path), None)

    def named(self, name: str) -> Known | None:
        """The one library whose folder has this name; None if none has, or several."""
        found = [each for each in self.known if each.name == name]
        return found[0] if len(found) == 1 else None

    def every(self) -> tuple[Known, ...]:
        """All of them, the usual one first if it is there or chosen, even if it was never added."""
        usual = usual_data_dir()
        if self.at(usual) is None and (self.chosen == usual or marked_id(usual) is not None):
            return (Known(usual, marked_id(usual)), *self.known)
        return self.known

    def having(self, path: Path, id_: UUID | None) -> Libraries:
        """The list with this library in it, its id noted if it is known."""
        found = self.at(path)
        if found is None:
            return replace(self, known=(*self.known, Known(path, id_)))
        if id_ is None or found.id is not None:
            return self
        return replace(self, known=tuple(Known(path, id_) if each == found else each for each in self.known))


def marked_id(folder: Path) -> UUID | None:
    """The id of the library in this folder; None if there is none, or one that was moved away."""
    try:
        content = json.loads((folder / MARKER).read_bytes())
        return None if content.get("moved_to") else UUID(content["id"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def read_libraries() -> Libraries:
    """The list; an empty one if there is no file. Raises StartRefused if it cannot be read."""
    try:
        return _parsed(json.loads(libraries_file().read_bytes()))
    except FileNotFoundError:
        return Libraries()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StartRefused(
            f"The list of your libraries, {libraries_file()}, cannot be read. Nothing was changed, and every library "
            "is as it was. Say which one you want with --data, or delete that file: then the usual folder is opened."
        ) from error


def _parsed(content: Any) -> Libraries:  # noqa: ANN401 - JSON
    known = tuple(
        Known(Path(each["path"]), UUID(each["id"]) if each["id"] is not None else None) for each in content["libraries"]
    )
    disks = tuple(OnDisk(Path(each["path"]), str(each["point"])) for each in content.get("disks", ()))
    return Libraries(Path(content["current"]) if content["current"] is not None else None, known, disks)


def add(path: Path) -> Known:
    """Put a library, or a folder in which one is to be made, into the list. Doing it twice changes nothing."""
    with _changing() as held:
        held.found = held.found.having(path, marked_id(path))
    return held.found.at(path) or Known(path)


def choose(path: Path) -> None:
    """From now on this one is opened when nobody says which."""
    with _changing() as held:
        held.found = replace(held.found.having(path, marked_id(path)), current=path)


def forget(path: Path) -> bool:
    """Take a library out of the list, its disk too, and out of being the chosen one; whether it was known."""
    found = read_libraries()
    if found.at(path) is None and found.point_of(path) is None:
        return False
    with _changing() as held:
        found = held.found
        known = tuple(each for each in found.known if each.path != path)
        disks = tuple(each for each in found.disks if each.path != path)
        held.found = Libraries(None if found.current == path else found.current, known, disks)
    return True


def note_opened(path: Path, id_: UUID) -> None:
    """Remember the id of a library of the list that was made just now, and the disk of one that is on its own.

    Others are left out of the list.
    """
    found, point = read_libraries(), _point_of(path)
    known = found.at(path)
    if (known is not None and known.id is None) or point != found.point_of(path):
        with _changing() as held:
            listed = held.found if known is None else held.found.having(path, id_)
            others = tuple(each for each in listed.disks if each.path != path)
            here = () if point is None else (OnDisk(path, point),)
            held.found = replace(listed, disks=(*others, *here)[-MOST_DISKS:])


def _point_of(path: Path) -> str | None:
    """Where this folder's disk is mounted; None for the system's own disk, which is always there."""
    disk = disk_of(path)
    return None if disk is None or disk.point == Path(disk.point).anchor else disk.point


def note_moved(source: Path, target: Path, id_: UUID) -> None:
    """A library has moved: its new folder takes the old one's place. The usual one is in the list from then on."""
    with _changing() as held:
        was_chosen, found = held.found.chosen == source, held.found
        if found.at(source) is None:
            if not was_chosen:
                return
            found = found.having(source, id_)
        others = (each for each in found.known if each.path != target)
        known = tuple(Known(target, id_) if each.path == source else each for each in others)
        held.found = replace(found, current=target if was_chosen else found.current, known=known)


def check_is_there(path: Path) -> None:
    """Raise LibraryMissing if the list knows a library of this folder that is not in it, or one was opened there whose

    disk is not mounted now; StartRefused for a list that cannot be read, where the folder is the one of who chose none.
    A disk that is not connected leaves an empty folder, and an empty library must not be made there.
    """
    try:
        found = read_libraries()
    except StartRefused:
        if path == usual_data_dir():
            raise
        return
    known = found.at(path)
    if (path / MARKER).exists():
        return
    if known is not None and known.id is not None:
        raise LibraryMissing(
            f"Your library is not in {path} now. Nothing was changed, and no new, empty one was made in its place. "
            "Connect its disk and start again, or open another one: `timeline-local library list`."
        )
    point = found.point_of(path)
    if point is not None and point != _point_of(path):
        raise LibraryMissing(
            f"The disk with your library in {path}, at {point}, is not connected. Nothing was changed, and no new, "
            "empty library was made in its place. Connect it and start again; or, for a new library there, "
            f"`timeline-local library forget '{path}'`."
        )


def folder_for_new(path: Path) -> bool:
    """Whether a new library would be made in this folder; False if one is there. Raises LibraryNotUsable."""
    if marked_id(path) is not None:
        return False
    if path.exists() and not path.is_dir():
        raise LibraryNotUsable(f"{path} is a file. Nothing was changed. Name a folder.")
    if path.is_dir() and any(path.iterdir()):
        raise LibraryNotUsable(
            f"{path} holds no library, but other files. Nothing was changed. Name the folder of a library, or an empty "
            "or new folder for a new one."
        )
    return True


@dataclass(frozen=True, slots=True)
class Word:
    """What a server that ends leaves for whoever starts the next. shows: whether a page of it is to be opened."""

    path: Path
    shows: bool


def leave_word(data_dir: Path, word: Word) -> None:
    """Say in a library's `run/` folder which library is to be served next. Raises OSError."""
    write_private(data_dir / ONWARD, json.dumps({"path": str(word.path), "shows": word.shows}).encode())


def take_word(data_dir: Path) -> Word:
    """What was left there, once; without a word it is the same library again."""
    try:
        held = json.loads((data_dir / ONWARD).read_bytes())
        word = Word(Path(held["path"]), bool(held["shows"]))
        (data_dir / ONWARD).unlink()
    except (OSError, ValueError, KeyError, TypeError):
        return Word(data_dir, shows=False)
    return word


@dataclass(slots=True)
class _Held:
    found: Libraries


@contextmanager
def _changing() -> Iterator[_Held]:
    """The list, held against other programs; what `found` is at the end of the block is written, if it is new."""
    from filelock import FileLock  # noqa: PLC0415 - 60 ms that reading need not pay

    file = libraries_file()
    if not file.parent.exists():  # one that is there is the account's own and left as it is
        make_private_dir(file.parent)
    with FileLock(file.with_suffix(".lock"), timeout=LOCK_S, mode=0o600, thread_local=False):
        before = read_libraries()
        held = _Held(before)
        yield held
        if held.found != before:
            write_private(file, json.dumps(_wire(held.found), indent=2).encode() + b"\n")


def _wire(found: Libraries) -> dict[str, Any]:
    known = [{"path": str(each.path), "id": str(each.id) if each.id else None} for each in found.known]
    disks = [{"path": str(each.path), "point": each.point} for each in found.disks]
    current = str(found.current) if found.current else None
    return {"format": FORMAT, "current": current, "libraries": known, "disks": disks}
