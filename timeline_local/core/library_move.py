"""Moving a library to another folder or disk: copied, checked, handed over, and only then given up.

    copy_kept   originals, previews, backups and exports, which never change once they are written: while it is served
    move        the rest, with the library held; every file read back at the new place; the database checked
    hand over   one replacement of library.json in the old folder, which names the new one from then on

Killed before that replacement, the old library is whole and starts, and the new folder says that it is unfinished;
killed after it, the old folder leads to the new one, which is whole. A move to the same folder goes on with what is
there. On one file system originals are linked, not copied, so it needs hardly any room; the database never is. Nothing
of the old folder is deleted before the new one has been opened, and then everything but library.json.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from uuid import UUID

from timeline_local.core.database import sqlite_module
from timeline_local.core.disks import check_disk, has_room, is_same_disk, not_writable
from timeline_local.core.libraries import marked_id, note_moved
from timeline_local.core.library import MARKER, MOVED_FORMAT, UNFINISHED
from timeline_local.core.private_files import FILE_MODE, make_private_dir, sync_dir, write_private
from timeline_local.exceptions import LibraryDiskUnfit, MoveRefused

CHUNK = 1024 * 1024
DATABASE = "timeline.db"
MOVED_FROM = "moved-from.json"
# Written once under a name of their own and never changed, so they can be copied while the library is in use.
KEPT = ("media", "previews", "backups", "exports")
# Made anew at the next start, or true of the old place alone.
LEFT = ("cache", "run", f"{DATABASE}-wal", f"{DATABASE}-shm", MARKER, UNFINISHED, MOVED_FROM)
OF_RUN = ("port", "paused")  # the address that bookmarks hang on; the owner's wish
STAGED = Path("incoming", "imports")  # what browsers sent for imports that wait
BUSY_S = 1.0
RESERVE = 64 * 1024 * 1024
_TEMPORARY = re.compile(r"\.(probe-\d+|.+\.[0-9a-f]{12})")
_SHA256 = re.compile(r"[0-9a-f]{64}")

Stage = Literal["copying", "checking", "finishing"]


@dataclass(frozen=True, slots=True)
class Progress:
    """Bytes of the files that are done, and of all."""

    stage: Stage
    done: int
    total: int


Told = Callable[[Progress], None]


class Cancelled(Exception):
    """Somebody called it off, or the program ends."""


@dataclass(slots=True)
class Move:
    """One move from its plan to its end. source and target are whole paths without links."""

    source: Path
    target: Path
    id: UUID
    total: int
    told: Told = lambda _: None
    is_cancelled: Callable[[], bool] = lambda: False
    damaged: list[str] = field(default_factory=list)  # originals that are not what their name says, at both places
    checked: dict[Path, tuple[int, int]] = field(default_factory=dict)  # size and time of the file that was checked
    done: int = 0


def plan_move(source: Path, target: Path) -> Move:
    """What is to be moved, after everything was looked at that can be told before. Copies nothing.

    The library is one with SQLite. Raises MoveRefused, LibraryDiskUnfit, LibraryNotWritable; then neither folder was
    changed.
    """
    try:
        return _planned(source, target)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise MoveRefused(f"{error.filename or target} cannot be read ({reason}). Nothing was changed.") from error


def _planned(source: Path, target: Path) -> Move:
    source, target = source.expanduser().resolve(), target.expanduser().absolute().resolve()
    id_ = marked_id(source)
    if id_ is None:
        raise MoveRefused(f"There is no library in {source}. Nothing was changed.")
    _check_target(source, target, id_)
    check_disk(target, is_new=True, uses_sqlite=True)
    sizes = {path: (source / path).stat().st_size for path in _files(source)}
    if Path(DATABASE) not in sizes:
        raise MoveRefused(
            f"The library in {source} has no database. Nothing was changed. `timeline-local doctor` looks."
        )
    _check_room(source, target, sizes)
    _check_writing(target)
    return Move(source, target, id_, sum(sizes.values()))


def _check_target(source: Path, target: Path, id_: UUID) -> None:
    if target == source:
        raise MoveRefused(f"The library is in {source} already. Nothing was changed.")
    if target.is_relative_to(source):
        raise MoveRefused(f"{target} lies inside the library itself. Nothing was changed. Choose a folder outside.")
    if target.exists() and not target.is_dir():
        raise MoveRefused(f"{target} is a file. Nothing was changed. Name a folder.")
    if target.is_dir() and not _is_free(target, id_):
        raise MoveRefused(f"{target} is not empty. Nothing was changed. Choose an empty folder or a new one.")


def _is_free(target: Path, id_: UUID) -> bool:
    """Whether it is empty, was left by a library that moved away, or holds an unfinished copy of this one."""
    names = {path.name for path in target.iterdir() if not _TEMPORARY.fullmatch(path.name)}
    if UNFINISHED in names:
        with suppress(OSError, ValueError, KeyError, TypeError):
            return UUID(json.loads((target / UNFINISHED).read_bytes())["id"]) == id_
        return False
    return not names or (names == {MARKER} and marked_id(target) is None)


def _files(source: Path) -> Iterator[Path]:
    """Every file that belongs to the library, relative to it. Raises MoveRefused where there are links and the like."""
    folders = [Path()]
    while folders:
        folder = folders.pop()
        for entry in sorted(os.scandir(source / folder), key=lambda each: each.name):
            path = folder / entry.name
            if entry.is_symlink() or not (entry.is_dir() or entry.is_file()):
                raise MoveRefused(
                    f"{path} in the library is a link or no plain file, and would not move along. Nothing was changed. "
                    "Put the files themselves in its place first."
                )
            if entry.is_dir():
                if _belongs(path) or path.parts[0] in ("run", "incoming"):
                    folders.append(path)
            elif _belongs(path):
                yield path


def _belongs(path: Path) -> bool:
    top = path.parts[0]
    if top == "run":
        return len(path.parts) == 2 and path.name in OF_RUN  # noqa: PLR2004 - a file of the folder itself
    if top == "incoming":
        return path.is_relative_to(STAGED)
    return top not in LEFT and not _TEMPORARY.fullmatch(path.name)


def _check_room(source: Path, target: Path, sizes: dict[Path, int]) -> None:
    """Links need no room; a disk that cannot link is full later, and then it is told then."""
    links = is_same_disk(source, target)
    there = {path for path in sizes if (target / path).exists() and (target / path).stat().st_size == sizes[path]}
    needed = RESERVE + sum(
        size for path, size in sizes.items() if path not in there and not (links and path.parts[0] in KEPT)
    )
    fits, free = has_room(target, needed)
    if not fits:
        raise MoveRefused(
            f"There is not enough space at {target}: {needed:,} bytes are needed, {free:,} are free. Nothing was "
            "changed. Choose a larger disk, or free some space there."
        )


def _check_writing(target: Path) -> None:
    """Try what a library does, in the folder itself: make it, lock, share memory. What was made for that is removed."""
    missing = [folder for folder in (target, *target.parents) if not folder.exists()]
    probe = target / f".probe-{os.getpid()}"
    try:
        make_private_dir(target)
        if stat.S_IMODE(target.stat().st_mode) & 0o077 and os.name == "posix":
            raise LibraryDiskUnfit(
                f"The disk of {target} keeps no file private. Nothing was changed. Choose a folder on another disk."
            )
        write_private(probe, b"probe")
        _check_database(target)
    except OSError as error:
        raise not_writable(target, error) from error
    finally:
        with suppress(OSError):
            probe.unlink(missing_ok=True)
            for folder in missing:
                folder.rmdir()


def _check_database(target: Path) -> None:
    """Whether SQLite's log works there: what one connection writes, another one reads. Raises LibraryNotWritable."""
    module, path = sqlite_module(), target / f".probe-{os.getpid()}.db"
    try:
        with (
            closing(module.connect(path, isolation_level=None)) as writer,
            closing(module.connect(path)) as reader,
        ):
            mode = writer.execute("PRAGMA journal_mode=WAL").fetchone()[0]
            writer.execute("CREATE TABLE probe (n INTEGER)")
            writer.execute("INSERT INTO probe VALUES (1)")
            works = mode == "wal" and reader.execute("SELECT n FROM probe").fetchone() == (1,)
    except module.Error:
        works = False
    finally:
        for name in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + name).unlink(missing_ok=True)
    if not works:
        raise LibraryDiskUnfit(
            f"The disk of {target} cannot hold a database: it locks no files or shares no memory. Nothing was changed. "
            "Choose a folder on a disk of this computer."
        )


# --- copying ----------------------------------------------------------------------


def begin(move: Move) -> None:
    """Mark the new folder as an unfinished copy; from here on there is something to remove or to go on with."""
    make_private_dir(move.target)
    for left in move.target.glob(f".{UNFINISHED}.*"):  # by one that was killed just then
        left.unlink()
    note = {"id": str(move.id), "from": str(move.source)}
    write_private(move.target / UNFINISHED, json.dumps(note).encode())


def copy_kept(move: Move) -> None:
    """Copy and check what never changes, beside a server that goes on. Raises OSError, MoveRefused, Cancelled."""
    _copy_all(move, [path for path in _files(move.source) if path.parts[0] in KEPT])


def move_rest(move: Move) -> None:
    """Copy what is left and check the whole. The caller holds the library, and no connection to it is open.

    Raises OSError, MoveRefused, Cancelled; the old library is whole then.
    """
    files = list(_files(move.source))
    move.total = sum((move.source / path).stat().st_size for path in files)
    move.done = 0
    _copy_all(move, files)
    _remove_others(move, set(files))
    move.told(Progress("checking", move.done, move.total))
    _check_copy(move)
    move.told(Progress("finishing", move.total, move.total))


def close_database(source: Path) -> None:
    """Bring what stands in the database's log into its file. Raises MoveRefused if somebody else has it open."""
    module = sqlite_module()
    address = f"{(source / DATABASE).as_uri()}?mode=rw"
    with closing(module.connect(address, uri=True, isolation_level=None, timeout=BUSY_S)) as opened:
        busy = opened.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    log = source / f"{DATABASE}-wal"
    if busy or (log.exists() and log.stat().st_size):
        raise MoveRefused("Another program has the library's database open. Nothing was changed. Close it, then move.")


def _copy_all(move: Move, files: list[Path]) -> None:
    links = is_same_disk(move.source, move.target)
    for path in files:
        before = move.done
        try:
            status = (move.source / path).stat()
            look = (status.st_size, status.st_mtime_ns)
            if move.checked.get(path) != look:
                _take(move, path, links=links and path.parts[0] in KEPT)
                move.checked[path] = look
        except FileNotFoundError:
            if (move.source / path).exists():
                raise
            continue  # deleted meanwhile, by whoever uses the library
        move.done = before + status.st_size
        _tell(move, 0)
    for folder in sorted({(move.target / path).parent for path in files}):
        if folder.exists():
            sync_dir(folder)


def _tell(move: Move, more: int) -> None:
    """Say how far it is, so many bytes of the present file included. Raises Cancelled."""
    if move.is_cancelled():
        raise Cancelled
    move.told(Progress("copying", min(move.total, move.done + more), move.total))


def _take(move: Move, path: Path, *, links: bool) -> None:
    """One file at the new place, read back there."""
    source, target = move.source / path, move.target / path
    make_private_dir(target.parent)
    original = bytes.fromhex(path.name) if path.parts[0] == "media" and _SHA256.fullmatch(path.name) else None
    if original is not None and _is_there(source, target) and _hash(move, target) == original:
        return
    target.unlink(missing_ok=True)
    written = None if links and _link(source, target) else _copy(move, source, target)
    found = _hash(move, target)
    if written is not None and found != written:
        target.unlink(missing_ok=True)
        raise MoveRefused(
            f"{path} was not read back as it was written; the disk of {move.target} may be failing. "
            "The library is where it was, untouched. Check that disk, or choose another one."
        )
    if original is not None and found != original:
        move.damaged.append(path.name)


def _is_there(source: Path, target: Path) -> bool:
    try:
        return target.stat().st_size == source.stat().st_size
    except FileNotFoundError:
        return False


def _link(source: Path, target: Path) -> bool:
    try:
        target.hardlink_to(source)
    except OSError:  # the file system has none, or no more of them for this file
        return False
    return True


def _copy(move: Move, source: Path, target: Path) -> bytes:
    """Copy the bytes, durably, with the file's time; their hash as they were read."""
    digest = hashlib.sha256()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
    with source.open("rb") as reading, os.fdopen(os.open(target, flags, FILE_MODE), "wb") as writing:
        while chunk := reading.read(CHUNK):
            digest.update(chunk)
            writing.write(chunk)
            _tell(move, reading.tell() // 2)  # the other half is reading it back
        writing.flush()
        os.fsync(writing.fileno())
        _forget_cached(writing.fileno())
        status = os.fstat(reading.fileno())
    os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
    return digest.digest()


def _forget_cached(descriptor: int) -> None:
    """Let what is read back come from the disk, not from memory, where the system can be asked for that."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)


def _hash(move: Move, path: Path) -> bytes:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        half = os.fstat(file.fileno()).st_size // 2
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            _tell(move, half + file.tell() // 2)
    return digest.digest()


def _remove_others(move: Move, files: set[Path]) -> None:
    """What the library no longer has was deleted while it was copied."""
    for path in list(_files(move.target)):
        if path not in files:
            (move.target / path).unlink()


def _check_copy(move: Move) -> None:
    """The database at the new place: whole, its references kept, each original it names there. Raises MoveRefused."""
    module, path = sqlite_module(), move.target / DATABASE
    try:
        # `immutable` because nobody else has it: so no log is made beside it.
        with closing(module.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
            verdict = opened.execute("PRAGMA integrity_check(1)").fetchone()[0]
            broken = opened.execute("PRAGMA foreign_key_check").fetchone()
            named = opened.execute("SELECT sha256, size_bytes FROM media_file WHERE storage = 'managed'")
            missing = [sha256.hex() for sha256, size in named if not _holds(move.target, sha256, size)]
    except module.DatabaseError as error:
        verdict, broken, missing = str(error), None, []
    absent = [name for name in missing if (move.source / "media" / name[:2] / name).exists()]
    if verdict != "ok" or broken is not None or absent:
        raise MoveRefused(
            "The copy of the library is not whole, so it was not used; the library is where it was, untouched. "
            f"`timeline-local doctor` examines it ({verdict if verdict != 'ok' else 'rows or originals are missing'})."
        )


def _holds(root: Path, sha256: bytes, size: int) -> bool:
    name = sha256.hex()
    try:
        return (root / "media" / name[:2] / name).stat().st_size == size
    except FileNotFoundError:
        return False


# --- handing over ------------------------------------------------------------------


def hand_over(move: Move, *, keeps_old: bool) -> None:
    """Make the new folder the library and the old one a sign that leads to it. The caller holds the library still."""
    shutil.rmtree(move.source / "cache", ignore_errors=True)  # room for the sign, on a disk that is left for being full
    marker = (move.source / MARKER).read_bytes()
    make_private_dir(move.target / "run")
    if not keeps_old:
        write_private(move.target / MOVED_FROM, json.dumps({"path": str(move.source)}).encode())
    write_private(move.target / MARKER, marker)
    sign = {name: value for name, value in json.loads(marker).items() if name != "format"}
    sign = {"format": MOVED_FORMAT, **sign, "moved_to": str(move.target)}
    write_private(move.source / MARKER, json.dumps(sign, indent=2).encode() + b"\n")  # this is the moment
    (move.target / UNFINISHED).unlink()
    sync_dir(move.target)
    note_moved(move.source, move.target, move.id)


def call_off(move: Move) -> None:
    """Remove an unfinished copy. The old library is as it was."""
    if not (move.target / UNFINISHED).exists() or marked_id(move.target) is not None:
        return
    for path in move.target.iterdir():
        if path.name not in (UNFINISHED, MARKER):
            _remove(path)
    with suppress(OSError):
        (move.target / UNFINISHED).unlink()
        move.target.rmdir()


def give_up_old(root: Path) -> bool:
    """Delete what a library that was moved here left behind, all but the sign; whether there was something to delete.

    For after it was opened here. It can be killed and done again; a folder that is not there now is left for later.
    """
    note = root / MOVED_FROM
    try:
        old = Path(json.loads(note.read_bytes())["path"])
        sign = json.loads((old / MARKER).read_bytes())
        is_ours = sign["moved_to"] == str(root) and UUID(sign["id"]) == marked_id(root) and old != root
    except (OSError, ValueError, KeyError, TypeError):
        return False
    if is_ours:
        for path in old.iterdir():
            if path.name != MARKER:
                _remove(path)
    note.unlink()
    return is_ours


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def move_library(move: Move, *, keeps_old: bool) -> None:
    """The whole move of a library that the caller holds and nobody has open; what is left of `copy_kept` is done too.

    After an error or a cancellation the copy is removed and the old library is as it was. Raises MoveRefused and
    Cancelled.
    """
    try:
        close_database(move.source)
        begin(move)
        move_rest(move)
        hand_over(move, keeps_old=keeps_old)
    except OSError as error:
        call_off(move)
        raise failed(move, error) from error
    except BaseException:
        call_off(move)
        raise


def failed(move: Move, error: OSError) -> MoveRefused:
    """What to say when reading or writing failed in the middle."""
    reason = error.strerror or type(error).__name__
    return MoveRefused(
        f"The library could not be copied to {move.target} ({reason}). It is where it was, untouched. "
        "Check the disk and its free space, then move again."
    )
