"""Moving a library: what is refused before anything is copied, what is checked, and that one whole library is left."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from timeline_local.config import chosen_data_dir, followed, load_settings
from timeline_local.core import disks, libraries, library_move
from timeline_local.core.database import sqlite_module
from timeline_local.core.instance import claim_library
from timeline_local.core.library import UNFINISHED, Library, open_library
from timeline_local.core.library_move import (
    MOVED_FROM,
    Cancelled,
    begin,
    copy_kept,
    give_up_old,
    move_library,
    plan_move,
)
from timeline_local.exceptions import (
    LibraryDiskUnfit,
    LibraryMissing,
    LibraryNotWritable,
    LibraryUnfinished,
    MoveRefused,
)

SQLITE = sqlite_module()  # one library in a process: two would undo each other's locks
ORIGINALS = (b"a photo", b"a film" * 1000, b"")


@pytest.fixture(autouse=True)
def _own_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def fill(library: Library) -> None:
    """The least that a library holds: rows, the originals they name, and something of every folder."""
    with closing(SQLITE.connect(library.database)) as db:
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("CREATE TABLE note (text TEXT)")
        db.execute("CREATE TABLE media_file (sha256 BLOB, size_bytes INTEGER, storage TEXT)")
        db.executemany("INSERT INTO note VALUES (?)", [(f"note {number}",) for number in range(200)])
        for content in ORIGINALS:
            sha256 = hashlib.sha256(content).digest()
            path = library.media / sha256.hex()[:2] / sha256.hex()
            path.parent.mkdir(mode=0o700, exist_ok=True)
            path.write_bytes(content)
            os.utime(path, (1, 1))
            db.execute("INSERT INTO media_file VALUES (?, ?, 'managed')", (sha256, len(content)))
        db.commit()
    for name in ("previews/00/p.webp", "backups/b.db", "exports/e.zip", "logs/timeline.log", "cache/c"):
        path = library.root / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        path.write_text(name)
    for name in ("run/port", "run/runtime.json", "incoming/x.part", "timeline.env", ".probe-1"):
        (library.root / name).write_text(name)
    (library.incoming / "imports" / "one").mkdir(parents=True)
    (library.incoming / "imports" / "one" / "sent.jpg").write_bytes(b"sent")


@pytest.fixture
def made(tmp_path: Path) -> Library:
    library = open_library(tmp_path / "old", uses_sqlite=True)
    fill(library)
    with claim_library(library.root):  # which makes its secrets
        return library


def contents(root: Path) -> dict[str, bytes]:
    """Every file but those that are made anew at each place."""
    left = ("cache/", "run/r", "run/l", "incoming/x", ".probe", "library.json", "timeline.db-", MOVED_FROM)
    files = (path for path in root.rglob("*") if path.is_file())
    named = {path.relative_to(root).as_posix(): path.read_bytes() for path in files}
    return {name: content for name, content in named.items() if not name.startswith(left)}


def moved(library: Library, target: Path, *, keeps_old: bool = False) -> Path:
    with claim_library(library.root):
        plan = plan_move(library.root, target)
        move_library(plan, keeps_old=keeps_old)
    return plan.target


def test_everything_is_at_the_new_place_with_its_time_and_the_old_place_leads_there(
    made: Library, tmp_path: Path
) -> None:
    target = moved(made, tmp_path / "new" / "place", keeps_old=True)
    before = contents(made.root)
    assert contents(target) == before
    assert "incoming/imports/one/sent.jpg" in before
    photo = hashlib.sha256(ORIGINALS[0]).hexdigest()
    assert (target / "media" / photo[:2] / photo).stat().st_mtime == 1
    assert open_library(target, uses_sqlite=True).id == made.id
    assert load_settings(data_dir=made.root).data_dir == target
    assert {path.stat().st_mode & 0o077 for path in target.rglob("*") if path.is_dir()} == {0}


def test_the_old_files_go_once_the_new_ones_were_opened_and_a_sign_stays(made: Library, tmp_path: Path) -> None:
    target = moved(made, tmp_path / "new")
    assert made.database.exists()
    assert give_up_old(target)
    assert not give_up_old(target)
    assert [path.name for path in made.root.iterdir()] == ["library.json"]
    assert not (target / MOVED_FROM).exists()


def test_what_the_old_place_became_meanwhile_is_not_deleted(made: Library, tmp_path: Path) -> None:
    target = moved(made, tmp_path / "new")
    (made.root / "library.json").write_text(json.dumps({"format": 1, "id": str(made.id), "written_by": "0"}))
    assert not give_up_old(target)
    assert made.database.exists()


def test_where_the_new_disk_is_away_no_empty_library_is_made_and_the_old_one_not_opened(
    made: Library, tmp_path: Path
) -> None:
    target = moved(made, tmp_path / "new", keeps_old=True)
    target.rename(tmp_path / "unplugged")
    assert load_settings(data_dir=made.root).data_dir == made.root
    with pytest.raises(LibraryMissing, match="was moved from"):
        open_library(made.root, uses_sqlite=True)


def test_a_library_moves_back_and_forth(made: Library, tmp_path: Path) -> None:
    target = moved(made, tmp_path / "new")
    give_up_old(target)
    back = moved(open_library(target, uses_sqlite=True), made.root)
    give_up_old(back)
    assert back == made.root
    assert followed(target) == made.root
    assert followed(made.root) == made.root
    assert [path.name for path in target.iterdir()] == ["library.json"]


def test_the_chosen_library_stays_the_chosen_one(made: Library, tmp_path: Path) -> None:
    libraries.choose(made.root)
    assert moved(made, tmp_path / "new") == chosen_data_dir()


def test_on_one_disk_originals_are_linked_and_the_database_is_not(made: Library, tmp_path: Path) -> None:
    target = moved(made, tmp_path / "new", keeps_old=True)
    name = hashlib.sha256(ORIGINALS[0]).hexdigest()
    photo = Path("media", name[:2], name)
    assert (target / photo).samefile(made.root / photo)
    assert not (target / "timeline.db").samefile(made.database)


def test_without_links_it_is_copied(made: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "hardlink_to", refused)
    target = moved(made, tmp_path / "new", keeps_old=True)
    assert contents(target) == contents(made.root)


def test_a_server_can_go_on_while_originals_are_copied(made: Library, tmp_path: Path) -> None:
    plan = plan_move(made.root, tmp_path / "new")
    begin(plan)
    copy_kept(plan)
    gone = hashlib.sha256(ORIGINALS[0]).hexdigest()
    (made.media / gone[:2] / gone).unlink()
    (made.previews / "00" / "late.webp").write_text("late")
    with closing(SQLITE.connect(made.database)) as db:
        db.execute("DELETE FROM media_file WHERE size_bytes = ?", (len(ORIGINALS[0]),))
        db.commit()
    with claim_library(made.root):
        move_library(plan, keeps_old=True)
    assert contents(plan.target) == contents(made.root)


def _inside(made: Library, tmp_path: Path) -> Path:
    del tmp_path
    return made.root / "media" / "new"


def _same(made: Library, tmp_path: Path) -> Path:
    del tmp_path
    return made.root


def _above(made: Library, tmp_path: Path) -> Path:
    del made
    return tmp_path


def _full_folder(made: Library, tmp_path: Path) -> Path:
    del made
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "letter.txt").touch()
    return tmp_path / "taken"


def _file(made: Library, tmp_path: Path) -> Path:
    del made
    (tmp_path / "file").touch()
    return tmp_path / "file"


def _link_inside(made: Library, tmp_path: Path) -> Path:
    (made.root / "elsewhere").symlink_to(tmp_path)
    return tmp_path / "new"


def _no_database(made: Library, tmp_path: Path) -> Path:
    made.database.unlink()
    return tmp_path / "new"


def _anothers_copy(made: Library, tmp_path: Path) -> Path:
    del made
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / UNFINISHED).write_text(
        json.dumps({"id": str(open_library(tmp_path / "x", uses_sqlite=True).id)})
    )
    return tmp_path / "new"


REFUSED: dict[Callable[[Library, Path], Path], str] = {
    _inside: "inside the library",
    _same: "already",
    _above: "not empty",
    _full_folder: "not empty",
    _file: "is a file",
    _link_inside: "a link or no plain file",
    _no_database: "has no database",
    _anothers_copy: "not empty",
}


@pytest.mark.parametrize("where", REFUSED)
def test_what_cannot_work_is_told_before_anything_is_copied(
    made: Library, tmp_path: Path, where: Callable[[Library, Path], Path]
) -> None:
    target = where(made, tmp_path)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(MoveRefused, match=REFUSED[where]) as told:
        plan_move(made.root, target)
    assert "Nothing was changed." in told.value.detail
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("type_", "options", "said"),
    [("nfs", "rw", "network disk"), ("exfat", "rw", "keeps no file private"), ("ext4", "ro", "read-only")],
)
def test_a_disk_that_is_no_good_is_told_before_anything_is_copied(
    made: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, type_: str, options: str, said: str
) -> None:
    monkeypatch.setattr(disks, "MOUNTS", tmp_path / "mounts")
    (tmp_path / "mounts").write_text(f"/ / ext4 rw 0 0\nx {tmp_path}/disk {type_} {options} 0 0\n")
    (tmp_path / "disk").mkdir()
    with pytest.raises((LibraryDiskUnfit, LibraryNotWritable), match=said):
        plan_move(made.root, tmp_path / "disk" / "new")
    assert list((tmp_path / "disk").iterdir()) == []


def test_a_disk_that_is_too_small_is_told_before_anything_is_copied(
    made: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "timeline_local.core.disks.shutil.disk_usage", lambda _: SimpleNamespace(free=library_move.RESERVE)
    )
    with pytest.raises(MoveRefused, match="not enough space"):
        plan_move(made.root, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_byte_that_was_not_written_as_it_was_read_ends_the_move(
    made: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = library_move._copy

    def failing(move: library_move.Move, source: Path, target: Path) -> bytes:
        hashed = copy(move, source, target)
        if target.name == "timeline.db":
            content = bytearray(target.read_bytes())
            content[-1] ^= 1
            target.write_bytes(content)
        return hashed

    monkeypatch.setattr(library_move, "_copy", failing)
    before = contents(made.root)
    with pytest.raises(MoveRefused, match="not read back as it was written"):
        moved(made, tmp_path / "new")
    assert not (tmp_path / "new").exists()
    assert contents(made.root) == before
    assert open_library(made.root, uses_sqlite=True).id == made.id


def test_a_damaged_original_moves_as_it_is_and_is_named(made: Library, tmp_path: Path) -> None:
    name = hashlib.sha256(ORIGINALS[0]).hexdigest()
    (made.media / name[:2] / name).write_bytes(b"a phot0")
    with claim_library(made.root):
        plan = plan_move(made.root, tmp_path / "new")
        move_library(plan, keeps_old=True)
    assert plan.damaged == [name]
    assert contents(plan.target) == contents(made.root)


def test_a_damaged_database_is_not_handed_over(made: Library, tmp_path: Path) -> None:
    with closing(SQLITE.connect(made.database)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(made.database.read_bytes())
    content[4096 * 2 : 4096 * 2 + 64] = bytes(64)
    made.database.write_bytes(content)
    with pytest.raises(MoveRefused, match="The copy of the library is not whole"):
        moved(made, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_an_open_database_is_not_moved(made: Library, tmp_path: Path) -> None:
    with closing(SQLITE.connect(made.database)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM note").fetchall()
        with closing(SQLITE.connect(made.database)) as writer:
            writer.execute("INSERT INTO note VALUES ('late')")
            writer.commit()
        with pytest.raises(MoveRefused, match="Another program has the library's database open"):
            moved(made, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_calling_it_off_removes_the_copy(made: Library, tmp_path: Path) -> None:
    before = contents(made.root)
    with claim_library(made.root):
        plan = plan_move(made.root, tmp_path / "new")
        plan.is_cancelled = lambda: plan.done > len(ORIGINALS[0])
        with pytest.raises(Cancelled):
            move_library(plan, keeps_old=False)
    assert not (tmp_path / "new").exists()
    assert contents(made.root) == before


# Forks a child for each line it reads; the child is killed at the n-th call that changes something on the disk.
KILLER = """
import os, signal, sys, traceback
from pathlib import Path

from timeline_local.core.instance import claim_library
from timeline_local.core.library_move import give_up_old, move_library, plan_move

CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.truncate", "os.utime", "shutil.rmtree")

def work(source, target, at):
    seen = 0

    def note(event, arguments):
        nonlocal seen
        if event in CHANGES or (event == "open" and isinstance(arguments[2], int) and arguments[2] & 3):
            seen += 1
            if seen == at:
                os.kill(os.getpid(), signal.SIGKILL)

    with claim_library(Path(source)) as claim:
        plan = plan_move(claim.data_dir, Path(target))
        sys.addaudithook(note)
        move_library(plan, keeps_old=False)
    give_up_old(plan.target)

for line in sys.stdin:
    source, target, at = line.split()
    child = os.fork()
    if child == 0:
        try:
            work(source, target, int(at))
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
Killed = Callable[[Path, Path, int], bool]


@pytest.fixture(scope="module")
def killed_at() -> Iterator[Killed]:
    """Move, killed at the n-th change of the disk (0: never); whether it was."""
    killer = subprocess.Popen(
        [sys.executable, "-c", KILLER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    reading, writing = killer.stdout, killer.stdin
    assert reading
    assert writing

    def go(source: Path, target: Path, number: int) -> bool:
        writing.write(f"{source} {target} {number}\n")
        status = int(reading.readline())
        assert status in (0, -signal.SIGKILL)
        return status != 0

    yield go
    killer.communicate()


def is_whole(root: Path) -> bool:
    """Whether a library opens there, with every note and every original."""
    library = open_library(root, uses_sqlite=True)
    with closing(SQLITE.connect(library.database)) as db:
        notes = db.execute("SELECT count(*) FROM note").fetchone()[0]
        verdict = db.execute("PRAGMA integrity_check").fetchone()[0]
        names = [row[0].hex() for row in db.execute("SELECT sha256 FROM media_file")]
    hashes = [hashlib.sha256((library.media / name[:2] / name).read_bytes()).hexdigest() for name in names]
    return (notes, verdict, hashes) == (200, "ok", names) and len(names) == len(ORIGINALS)


def check_after_kill(old: Path, new: Path) -> None:
    """One whole library starts, by the way of the old folder; the other folder is none beside it."""
    where = followed(old)
    assert where in (old, new)
    other = new if where == old else old
    if other == new and (new / "library.json").exists():
        with pytest.raises(LibraryUnfinished):
            open_library(new, uses_sqlite=True)
    if other == old:
        assert json.loads((old / "library.json").read_bytes())["moved_to"] == str(new)
    assert is_whole(where)


@pytest.mark.slow
def test_killed_at_any_moment_one_whole_library_is_left_and_moving_again_finishes(
    killed_at: Killed, tmp_path: Path
) -> None:
    for number in count(1):
        old, new = tmp_path / str(number) / "old", tmp_path / str(number) / "new"
        fill(open_library(old, uses_sqlite=True))
        was_killed = killed_at(old, new, number)
        check_after_kill(old, new)
        if followed(old) == old:
            assert not killed_at(old, new, 0)
        give_up_old(new)
        assert is_whole(new)
        assert [path.name for path in old.iterdir()] == ["library.json"]
        if not was_killed:
            break
    assert number > 50  # it was killed at so many moments


@pytest.mark.parametrize("number", [5, 30])
def test_a_killed_move_leaves_the_old_library_whole(
    made: Library, killed_at: Killed, tmp_path: Path, number: int
) -> None:
    assert killed_at(made.root, tmp_path / "new", number)
    check_after_kill(made.root, tmp_path / "new")
