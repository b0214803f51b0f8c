"""One running server per library folder: its lock, and the run file by which others find it.

`claim_library` is the first thing a server does. `read_runtime` serves the command line and the tray, which must be
able to find the server without loading it; what it recognises it by is in `install_secrets`.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from timeline_local.core.disks import check_disk, not_writable, unfit_for_privacy
from timeline_local.core.install_secrets import Place, Secrets, ensure_secrets, read_secrets
from timeline_local.core.private_files import check_private, make_private_dir, write_private
from timeline_local.core.reserve import give_way
from timeline_local.exceptions import LibraryInUse, LibraryNotPrivate, LibraryNotWritable, StartRefused

if TYPE_CHECKING:
    from filelock import BaseFileLock

RUN_DIR = "run"
RUNTIME_FILE = "runtime.json"
LOCK_FILE = "lock"
PORT_FILE = Path(RUN_DIR, "port")
MARKER_FILE = "library.json"
TRAY_LOCK = "tray.lock"
MOST_WORKERS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeInfo:
    """What the run file tells: where the server listens. `host` is an address to connect to."""

    host: str
    port: int
    pid: int
    instance_id: str
    label: str
    version: str


def read_runtime(data_dir: Path) -> RuntimeInfo | None:
    """Where the library's server says it listens; None if there is no readable run file. It proves nothing yet."""
    try:
        held: dict[str, Any] = json.loads((data_dir / RUN_DIR / RUNTIME_FILE).read_bytes())
        return RuntimeInfo(
            host=str(held["host"]),
            port=int(held["port"]),
            pid=int(held["pid"]),
            instance_id=str(held["instance_id"]),
            label=str(held["label"]),
            version=str(held["version"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def own_port(data_dir: Path) -> int | None:
    """The port that this library's server wants, because it had it first; None if it never had one."""
    with suppress(OSError, ValueError):
        found = int((data_dir / PORT_FILE).read_bytes())
        if 0 < found < 2**16:
            return found
    return None


class LibraryClaim:
    """A library folder held by this process until `release`. is_guest: beside the server that holds it."""

    is_guest = False

    def __init__(self, data_dir: Path, secrets: Secrets, lock: BaseFileLock) -> None:
        self.data_dir = data_dir
        self.secrets = secrets
        self._lock = lock

    @property
    def is_held(self) -> bool:
        """Whether the folder is still this process's."""
        return self._lock.is_locked

    def announce(self, *, host: str, port: int, version: str) -> RuntimeInfo:
        """Write the run file. Call it once the socket is bound, never before: the port must be ours."""
        info = RuntimeInfo(
            host=host,
            port=port,
            pid=os.getpid(),
            instance_id=self.secrets.instance_id,
            label=self.secrets.label,
            version=version,
        )
        write_private(self.data_dir / RUN_DIR / RUNTIME_FILE, json.dumps(asdict(info)).encode())
        return info

    def release(self) -> None:
        """Remove the run file and free the lock; calling it twice is harmless."""
        if self._lock.is_locked:
            with suppress(OSError):  # its disk may be gone
                (self.data_dir / RUN_DIR / RUNTIME_FILE).unlink(missing_ok=True)
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


class LibraryGuest(LibraryClaim):
    """A place beside the server, with neither its lock nor its run file. name: `worker-1` and so on."""

    is_guest = True

    def __init__(self, data_dir: Path, secrets: Secrets, lock: BaseFileLock, name: str) -> None:
        super().__init__(data_dir, secrets, lock)
        self.name = name

    def release(self) -> None:
        """Free the place; calling it twice is harmless."""
        self._lock.release()


def join_library(data_dir: Path) -> LibraryGuest:
    """A place for a worker beside the server of a library. Raises StartRefused, LibraryDamaged, LibraryInUse.

    The library must be there already: its server makes the secrets and brings the schema up to date.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 - see claim_library

    data_dir = data_dir.resolve()
    held = read_secrets(data_dir)
    if held is None:
        raise StartRefused(f"There is no library in {data_dir} yet. Start its server once, then the worker.")
    check_private(data_dir)
    for number in range(1, MOST_WORKERS + 1):
        lock = FileLock(
            data_dir / RUN_DIR / f"worker-{number}.lock",
            timeout=0,
            mode=0o600,
            thread_local=False,
            fallback_to_soft=False,
        )
        try:
            lock.acquire()
        except Timeout:
            continue
        return LibraryGuest(data_dir, held, lock, f"worker-{number}")
    raise LibraryInUse(f"{MOST_WORKERS} workers are running already.")


def claim_library(data_dir: Path, *, secrets_in: Place = "file", uses_sqlite: bool = True) -> LibraryClaim:
    """Take the library for this process: folder private, lock held, secrets there.

    secrets_in  where a new library's keys are put.   uses_sqlite  whether its database lies in the folder.
    Raises LibraryNotPrivate, LibraryNotWritable, LibraryDiskUnfit, LibraryMissing, LibraryInUse, LibraryDamaged or
    KeyringAway; nothing was changed then.
    The lock is the operating system's: it dies with the process, so there are no stale locks.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 - 60 ms that the command line need not pay

    from timeline_local.core.libraries import check_is_there  # noqa: PLC0415 - loads pydantic

    data_dir = data_dir.resolve()
    check_is_there(data_dir)
    if not (data_dir / MARKER_FILE).exists():  # one that is there may be moved away
        check_disk(data_dir, is_new=True, uses_sqlite=uses_sqlite)
    try:
        _check_private(data_dir)
        give_way(data_dir)
        make_private_dir(data_dir)
        make_private_dir(data_dir / RUN_DIR)
        lock = FileLock(
            data_dir / RUN_DIR / LOCK_FILE, timeout=0, mode=0o600, thread_local=False, fallback_to_soft=False
        )
        lock.acquire()
    except Timeout:
        raise LibraryInUse(_in_use(data_dir)) from None
    except NotImplementedError as error:
        raise LibraryNotWritable(f"The disk of {data_dir} cannot lock files. Nothing was changed.") from error
    except OSError as error:
        raise not_writable(data_dir, error) from error
    try:
        (data_dir / RUN_DIR / RUNTIME_FILE).unlink(missing_ok=True)
        return LibraryClaim(data_dir, ensure_secrets(data_dir, secrets_in), lock)
    except BaseException:
        lock.release()
        raise


def _check_private(data_dir: Path) -> None:
    """As `check_private`, with the disk named where it is what lets others in."""
    if not data_dir.exists():
        return
    try:
        check_private(data_dir)
    except LibraryNotPrivate as error:
        raise unfit_for_privacy(data_dir) or error from None


@contextmanager
def tray_place(data_dir: Path) -> Iterator[bool]:
    """Whether this process is the library's one tray app, for as long as the block lasts.

    Where the library's folder cannot be used at all, the server that is started says why, and the lock lies beside the
    account's list of libraries; where not even that can be, it is the tray app in any case.
    """
    from filelock import FileLock, Timeout  # noqa: PLC0415 - see claim_library

    for path in tray_locks(data_dir):
        lock = FileLock(path, timeout=0, mode=0o600, thread_local=False, fallback_to_soft=False)
        try:
            _make_ready(path.parent)
            lock.acquire()
        except Timeout:
            yield False
            return
        except (OSError, NotImplementedError, StartRefused):
            continue
        try:
            yield True
        finally:
            lock.release()
        return
    yield True


def tray_locks(data_dir: Path) -> tuple[Path, Path]:
    """The locks of the library's tray app, of which it holds the first that can be."""
    from timeline_local.config import libraries_file  # noqa: PLC0415 - loads pydantic

    root = data_dir.resolve()
    name = hashlib.sha256(os.fsencode(root)).hexdigest()[:16]
    return root / RUN_DIR / TRAY_LOCK, libraries_file().with_name(f"tray-{name}.lock")


def ask_to_start_again(data_dir: Path) -> None:
    """Ask the library's tray app to start the server again, if that did not start; else it changes nothing."""
    for path in tray_locks(data_dir):
        with suppress(OSError):
            os.utime(path)


def when_asked_again(data_dir: Path) -> tuple[int, ...]:
    """What is different after each `ask_to_start_again`."""
    found: list[int] = []
    for path in tray_locks(data_dir):
        with suppress(OSError):
            found.append(path.stat().st_mtime_ns)
    return tuple(found)


def _make_ready(folder: Path) -> None:
    """Make a folder for a lock, unless another user could write there or the library's disk is not there."""
    from timeline_local.core.libraries import check_is_there  # noqa: PLC0415 - see claim_library

    if folder.exists():
        check_private(folder.parent)
        return
    if folder.name == RUN_DIR:
        check_is_there(folder.parent)
    if folder.parent.exists():
        check_private(folder.parent)
    make_private_dir(folder)


def _in_use(data_dir: Path) -> str:
    info = read_runtime(data_dir)
    where = f" It answers on port {info.port} (process {info.pid})." if info else ""
    return f"The library in {data_dir} is already open in another process.{where} Nothing was changed."
