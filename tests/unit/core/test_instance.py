"""A library folder belongs to one person and one process; its secrets and its run file are theirs alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from timeline_local.core.install_secrets import ensure_secrets, new_secrets, read_secrets
from timeline_local.core.instance import (
    ask_to_start_again,
    claim_library,
    read_runtime,
    tray_place,
    when_asked_again,
)
from timeline_local.core.libraries import add, note_opened
from timeline_local.core.private_files import make_private_dir, write_private
from timeline_local.domain.ids import new_id
from timeline_local.exceptions import LibraryDamaged, LibraryInUse, LibraryNotPrivate, LibraryNotWritable


@pytest.fixture(params=[0o000, 0o022, 0o077])
def any_umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def modes(folder: Path) -> set[tuple[bool, int]]:
    return {(path.is_dir(), path.stat().st_mode & 0o7777) for path in (folder, *folder.rglob("*"))}


def test_folders_are_0700_and_files_0600_whatever_the_umask_is(tmp_path: Path, any_umask: int) -> None:
    library = tmp_path / "deep" / "library"
    with claim_library(library) as claim:
        claim.announce(host="127.0.0.1", port=8765, version="1")
        assert modes(library) == {(True, 0o700), (False, 0o600)}


def test_a_folder_that_others_can_only_read_is_tightened(tmp_path: Path) -> None:
    library = tmp_path / "library"
    library.mkdir(mode=0o755)
    claim_library(library).release()
    assert library.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777, 0o1777])
def test_a_folder_that_others_can_write_is_refused_and_left_alone(tmp_path: Path, mode: int) -> None:
    library = tmp_path / "library"
    library.mkdir()
    library.chmod(mode)
    with pytest.raises(LibraryNotPrivate):
        claim_library(library)
    assert (list(library.iterdir()), library.stat().st_mode & 0o7777) == ([], mode)


def test_a_folder_of_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
    with pytest.raises(LibraryNotPrivate, match="another user"):
        claim_library(tmp_path)


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "library").write_text("mine")
    with pytest.raises(LibraryNotWritable):
        claim_library(tmp_path / "library" / "below")


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    with claim_library(tmp_path / "a") as first:
        pass
    with claim_library(tmp_path / "a") as second:
        pass
    assert (first.secrets, len(first.secrets.instance), len(first.secrets.media)) == (second.secrets, 32, 32)
    kept = json.loads((tmp_path / "a" / "secrets.json").read_text())
    assert set(kept) == {"instance", "media", "signing", "field", "label"}


def test_secrets_of_an_older_version_get_the_keys_they_lack_once(tmp_path: Path) -> None:
    made = new_secrets()
    (tmp_path / "secrets.json").write_text(
        json.dumps({"instance": made.instance.hex(), "media": made.media.hex(), "label": made.label})
    )
    first = ensure_secrets(tmp_path)
    assert (first.instance, first.media, first.label) == (made.instance, made.media, made.label)
    assert ensure_secrets(tmp_path) == first == read_secrets(tmp_path)


def test_each_library_has_a_label_and_an_id_of_its_own() -> None:
    made = [new_secrets() for _ in range(100)]
    assert len({one.label for one in made}) == len({one.instance_id for one in made}) == 100
    assert all(one.label.startswith("tl-") and one.cookie_name == f"__Host-tl_{one.label}" for one in made)


def test_secrets_do_not_show_in_a_traceback() -> None:
    made = new_secrets()
    assert made.instance.hex() not in repr(made)
    assert str(made.instance) not in repr(made)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"instance": 1, "media": "00", "label": "x"}'])
def test_damaged_secrets_are_never_replaced_silently(tmp_path: Path, text: str) -> None:
    (tmp_path / "secrets.json").write_text(text)
    with pytest.raises(LibraryDamaged):
        ensure_secrets(tmp_path)
    assert (tmp_path / "secrets.json").read_text() == text


def test_short_secrets_are_refused(tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text('{"instance": "00", "media": "00", "label": "x"}')
    with pytest.raises(LibraryDamaged):
        read_secrets(tmp_path)


def test_a_second_claim_says_where_the_first_answers(tmp_path: Path) -> None:
    with claim_library(tmp_path / "a") as claim:
        claim.announce(host="127.0.0.1", port=8799, version="1")
        with pytest.raises(LibraryInUse, match="port 8799"):
            claim_library(tmp_path / "a")
        assert read_runtime(tmp_path / "a") is not None


def test_a_claim_through_a_symlink_is_the_same_claim(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "a")
    with claim_library(tmp_path / "a"), pytest.raises(LibraryInUse):
        claim_library(tmp_path / "link")


def test_a_library_has_one_tray_app_beside_its_server(tmp_path: Path) -> None:
    with tray_place(tmp_path / "a") as first, claim_library(tmp_path / "a"), tray_place(tmp_path / "a") as second:
        assert (first, second) == (True, False)
    with tray_place(tmp_path / "a") as again:
        assert again


def test_a_folder_that_is_not_private_is_left_to_the_server_to_refuse(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    with tray_place(tmp_path / "open") as first, tray_place(tmp_path / "open") as second:
        assert (first, second) == (True, False)
    assert list((tmp_path / "open").iterdir()) == []


def test_a_library_whose_disk_is_away_has_one_tray_app_that_writes_nothing_there(tmp_path: Path) -> None:
    away = tmp_path / "away"
    add(away)
    note_opened(away, new_id())
    with tray_place(away) as first, tray_place(away) as second:
        assert (first, second) == (True, False)
    assert not away.exists()


def test_a_tray_app_is_asked_to_start_again_wherever_its_lock_is(tmp_path: Path) -> None:
    for folder in (tmp_path / "new", tmp_path / "open"):
        folder.mkdir(mode=0o700)
    (tmp_path / "open").chmod(0o777)
    for folder in (tmp_path / "new", tmp_path / "open"):
        with tray_place(folder):
            before = when_asked_again(folder)
            ask_to_start_again(folder)
            assert when_asked_again(folder) != before


def test_a_killed_process_leaves_no_lock_behind(tmp_path: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from timeline_local.core.instance import claim_library;"
        "claim_library(Path(sys.argv[1])).announce(host='127.0.0.1', port=1, version='1'); os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run([sys.executable, "-c", script, str(tmp_path / "a")], check=False)
    with claim_library(tmp_path / "a"):
        assert (ended.returncode, read_runtime(tmp_path / "a")) == (-9, None)


def test_the_run_file_is_there_only_while_the_server_is(tmp_path: Path) -> None:
    with claim_library(tmp_path / "a") as claim:
        before = read_runtime(tmp_path / "a")
        told = claim.announce(host="127.0.0.1", port=8765, version="1")
        during = read_runtime(tmp_path / "a")
    claim.release()
    assert (before, during, read_runtime(tmp_path / "a")) == (None, told, None)
    assert (told.pid, told.instance_id) == (os.getpid(), claim.secrets.instance_id)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"port": "x"}', "null"])
def test_an_unreadable_run_file_counts_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "runtime.json").write_text(text)
    assert read_runtime(tmp_path) is None


def test_a_failed_write_leaves_the_old_content_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_private(tmp_path / "file", b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_private(tmp_path / "file", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file", b"old")]


def test_parents_of_a_private_folder_are_private_too(tmp_path: Path) -> None:
    make_private_dir(tmp_path / "a" / "b")
    assert modes(tmp_path / "a") == {(True, 0o700)}
