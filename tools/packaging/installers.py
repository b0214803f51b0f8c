"""Makes the Linux installers of a built application: `just installers`.

    dist/timeline-local-<version>-linux-<machine>.tar.gz    to be unpacked; its install.sh needs no root
    dist/timeline-local_<version>_<architecture>.deb        for Debian, Ubuntu and their kin
    dist/timeline-local-<version>.cdx.json                  the bill of materials
    dist/SHA256SUMS                                         of all of these

The same build gives the same bytes: names are sorted, owners and modes are fixed, times are the commit's.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from timeline_local.core.desktop_entry import desktop_entry
from tools.packaging import about, icons
from tools.packaging.build import APPLICATION, BUILD
from tools.packaging.contents import PACKAGE, ROOT, released_at

DIST = ROOT / "dist"
PARTS = ROOT / "tools" / "packaging" / "linux"
DEBIAN_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}
GLIBC = re.compile(rb"GLIBC_2\.(\d+)\b")
# gzip and zstd, because xz made both smaller (64 MB instead of 82 and 74) in ten times the time (2026-11).
GZIP_LEVEL = 6
ZSTD_LEVEL = 12


def main() -> None:
    """Make all of them; their sizes go to stdout."""
    if not (APPLICATION / "timeline-local").exists():
        sys.exit("there is no application yet; `just build` makes one")
    DIST.mkdir(exist_ok=True)
    for old in (*DIST.glob("timeline-local[-_]*"), DIST / "SHA256SUMS"):
        old.unlink(missing_ok=True)
    made = [_tarball(), *_debian_package(), _bill()]
    sums = "".join(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}\n" for file in sorted(made))
    (DIST / "SHA256SUMS").write_text(sums, encoding="ascii")
    for file in made:
        print(f"{file.relative_to(ROOT)}: {file.stat().st_size / 1_000_000:.1f} MB")


def _bill() -> Path:
    return Path(shutil.copyfile(APPLICATION / "sbom.cdx.json", DIST / f"{about.COMMAND}-{about.VERSION}.cdx.json"))


def _tarball() -> Path:
    name = f"{about.COMMAND}-{about.VERSION}-linux-{platform.machine()}"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, name)
        shutil.copytree(APPLICATION, folder / "program", symlinks=True)
        for part in ("install.sh", "uninstall.sh", "README.txt"):
            shutil.copy(PARTS / part, folder / part)
        (folder / f"{about.COMMAND}.desktop").write_bytes(desktop_entry([about.COMMAND]))
        _place_icons(folder / "icons")
        _normalise(folder)
        file = DIST / f"{name}.tar.gz"
        with file.open("wb") as raw, gzip.GzipFile("", "wb", GZIP_LEVEL, raw, mtime=released_at()) as packed:
            _write_tar(packed, folder)
    return file


def _write_tar(packed: gzip.GzipFile, folder: Path) -> None:
    def owned_by_nobody(entry: tarfile.TarInfo) -> tarfile.TarInfo:
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = ""
        entry.mtime = released_at()
        return entry

    with tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in (folder, *sorted(folder.rglob("*"))):
            archive.add(path, path.relative_to(folder.parent), recursive=False, filter=owned_by_nobody)


def _debian_package() -> Iterator[Path]:
    """The package, where there is dpkg-deb to make it with."""
    if shutil.which("dpkg-deb") is None:
        print("no Debian package: there is no dpkg-deb here")
        return
    architecture = DEBIAN_MACHINES[platform.machine()]
    file = DIST / f"{about.COMMAND}_{about.VERSION}_{architecture}.deb"
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "package")
        _lay_out(folder)
        _normalise(folder)
        _control(folder, architecture)
        compression = ("-Zzstd", f"-z{ZSTD_LEVEL}", "--threads-max=1")
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", *compression, "--build", str(folder), str(file)],
            check=True,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"SOURCE_DATE_EPOCH": str(released_at())},
        )
    yield file


def _lay_out(folder: Path) -> None:
    """Where Debian wants programs, links, menu entries, icons and licences."""
    shutil.copytree(APPLICATION, folder / "usr/lib/timeline-local", symlinks=True)
    for made in ("bin", "share/applications", "share/doc/timeline-local"):
        (folder / "usr" / made).mkdir(parents=True)
    (folder / "usr/bin/timeline-local").symlink_to("../lib/timeline-local/timeline-local")
    entry = folder / "usr/share/applications/timeline-local.desktop"
    entry.write_bytes(desktop_entry([about.COMMAND]))
    _place_icons(folder / "usr/share/icons/hicolor")
    documents = folder / "usr/share/doc/timeline-local"
    (folder / "usr/lib/timeline-local/LICENSE").rename(documents / "copyright")
    third_party = folder / "usr/lib/timeline-local/THIRD_PARTY.txt"
    with (documents / "THIRD_PARTY.txt.gz").open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
        packed.write(third_party.read_bytes())
    third_party.unlink()
    with (documents / "copyright").open("a", encoding="utf-8") as text:
        text.write("\nThe licences of everything that this package brings along are in THIRD_PARTY.txt.gz.\n")


def _place_icons(folder: Path) -> None:
    for size in icons.SIZES:
        placed = folder / f"{size}x{size}" / "apps" / f"{about.COMMAND}.png"
        placed.parent.mkdir(parents=True)
        shutil.copyfile(BUILD / "icons" / f"timeline-local-{size}.png", placed)
    scalable = folder / "scalable" / "apps" / f"{about.COMMAND}.svg"
    scalable.parent.mkdir(parents=True)
    shutil.copyfile(PACKAGE / "web" / "assets" / "favicon.svg", scalable)


def _normalise(folder: Path) -> None:
    """Modes and times that do not depend on who builds, and when."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if runs else 0o644)
        os.utime(path, (released_at(), released_at()), follow_symlinks=False)


def _control(folder: Path, architecture: str) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    kib = sum(-(-file.stat().st_size // 1024) for file in files)
    control = folder / "DEBIAN" / "control"
    control.parent.mkdir(mode=0o755)
    control.write_text(
        f"Package: {about.COMMAND}\n"
        f"Version: {about.VERSION}\n"
        "Section: misc\n"
        "Priority: optional\n"
        f"Architecture: {architecture}\n"
        f"Installed-Size: {kib}\n"
        f"Depends: libc6 (>= 2.{newest_glibc(APPLICATION)})\n"
        "Recommends: xdg-utils\n"
        "Maintainer: The Timeline Local developers <developers@timeline-local.invalid>\n"
        f"Description: {about.SUMMARY}\n"
        " Imports folders of photographs and exports of other services, shows them on\n"
        " one timeline in the browser, and keeps everything on this computer.\n",
        encoding="utf-8",
    )
    sums = (
        f"{hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest()}  {file.relative_to(folder)}\n"
        for file in files
    )
    (control.parent / "md5sums").write_text("".join(sums), encoding="utf-8")
    _normalise(control.parent)


def newest_glibc(folder: Path) -> int:
    """The second number of the newest version of the C library that any program or library in the folder asks for."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    contents = (path.read_bytes() for path in files)
    return max(int(found) for content in contents if content[:4] == b"\x7fELF" for found in GLIBC.findall(content))


if __name__ == "__main__":
    main()
