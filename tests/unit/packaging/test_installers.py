"""The Linux installers of a stand-in for the application: the same bytes each time, owned by root, and removable."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from timeline_local import __version__
from tools.packaging import icons, installers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="installers of Linux")


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All icons; drawing them takes longer than everything else here."""
    icons.draw_all(folder := tmp_path_factory.mktemp("icons"))
    return folder


@pytest.fixture
def application(drawn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder laid out as the build makes it, whose program is a script."""
    folder = tmp_path / "build" / "timeline-local"
    (folder / "_internal").mkdir(parents=True)
    program = folder / "timeline-local"
    program.write_text(f"#!/bin/sh\necho Timeline Local {__version__}\n")
    program.chmod(0o700)
    shutil.copyfile("/bin/sh", folder / "_internal" / "libc-user.so")
    (folder / "_internal" / "link.so").symlink_to("libc-user.so")
    for name in ("LICENSE", "THIRD_PARTY.txt", "sbom.cdx.json"):
        (folder / name).write_text("words\n")
    shutil.copytree(drawn, tmp_path / "build" / "icons")
    monkeypatch.setattr(installers, "APPLICATION", folder)
    monkeypatch.setattr(installers, "BUILD", tmp_path / "build")
    monkeypatch.setattr(installers, "ROOT", tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    return folder


def make(dist: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Every file made, by name."""
    monkeypatch.setattr(installers, "DIST", dist)
    installers.main()
    return {file.name: file.read_bytes() for file in dist.iterdir()}


def test_the_same_application_gives_the_same_bytes(
    application: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = make(tmp_path / "first", monkeypatch)
    os.utime(application / "timeline-local")
    second = make(tmp_path / "second", monkeypatch)
    assert [name for name in first if first[name] != second[name]] == []
    assert f"timeline-local-{__version__}.cdx.json" in first
    assert len(first["SHA256SUMS"].splitlines()) == len(first) - 1


def test_the_archive_belongs_to_nobody_and_everyone_may_read_it(
    application: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "dist", monkeypatch)
    with tarfile.open(next((tmp_path / "dist").glob("*.tar.gz"))) as archive:
        members = archive.getmembers()
    assert {(member.uid, member.uname, member.mtime) for member in members} == {(0, "", 1_700_000_000)}
    assert {member.mode for member in members if member.isreg()} == {0o644, 0o755}
    assert [member.name for member in members] == sorted(
        (member.name for member in members), key=lambda n: n.split("/")
    )


@pytest.mark.parametrize("home", ["anna", "Some One", "Zoë"])
def test_who_installs_the_archive_can_remove_it_again(
    application: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    make(tmp_path / "dist", monkeypatch)
    with tarfile.open(next((tmp_path / "dist").glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="data")
    (tmp_path / home).mkdir()
    environment = {"HOME": str(tmp_path / home), "PATH": "/usr/bin:/bin"}
    unpacked = next(tmp_path.glob("timeline-local-*"))
    local = tmp_path / home / ".local"
    subprocess.run([unpacked / "install.sh"], check=True, env=environment, capture_output=True)
    entry = (local / "share" / "applications" / "timeline-local.desktop").read_text()
    assert f'Exec="{local}/lib/timeline-local/timeline-local" %U\n' in entry
    assert f'Exec="{local}/lib/timeline-local/timeline-local" --quit\n' in entry
    said = subprocess.run([local / "bin" / "timeline-local"], check=True, capture_output=True, text=True)
    assert said.stdout == f"Timeline Local {__version__}\n"
    subprocess.run([local / "lib/timeline-local/uninstall.sh"], check=True, env=environment, capture_output=True)
    assert [path for path in local.rglob("*") if not path.is_dir()] == []


def test_a_build_that_does_not_run_here_replaces_nothing(
    application: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (application / "timeline-local").write_text("#!/bin/sh\nexit 1\n")
    make(tmp_path / "dist", monkeypatch)
    with tarfile.open(next((tmp_path / "dist").glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="data")
    installed = tmp_path / "prefix" / "lib" / "timeline-local"
    installed.mkdir(parents=True)
    (installed / "old").touch()
    done = subprocess.run(
        [next(tmp_path.glob("timeline-local-*")) / "install.sh"],
        check=False,
        capture_output=True,
        env={"PREFIX": str(tmp_path / "prefix"), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 1
    assert [path.name for path in installed.parent.rglob("*")] == ["timeline-local", "old"]


def test_a_folder_that_no_menu_entry_can_name_is_refused(
    application: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "dist", monkeypatch)
    with tarfile.open(next((tmp_path / "dist").glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path, filter="data")
    prefix = tmp_path / "100% $mine"
    done = subprocess.run(
        [next(tmp_path.glob("timeline-local-*")) / "install.sh"],
        check=False,
        capture_output=True,
        text=True,
        env={"PREFIX": str(prefix), "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )
    assert (done.returncode, prefix.exists()) == (1, False)
    assert "must not contain" in done.stderr


def test_the_c_library_that_is_needed_is_the_newest_that_anything_asks_for(application: Path) -> None:
    assert installers.newest_glibc(application) >= 2
    (application / "_internal" / "other.so").write_bytes(b"\x7fELF GLIBC_2.99\x00")
    (application / "_internal" / "words.txt").write_bytes(b"GLIBC_2.100\x00")
    assert installers.newest_glibc(application) == 99
