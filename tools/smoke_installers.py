"""Installs both Linux installers where nothing else is, uses what they installed, and removes it: `just installers`.

The archive goes into the home of a person whose name has a space, the Debian package into a scratch root that dpkg
fills. Asked: is the package as Debian wants it, does the program do its whole work from there, do menu entry and icon
lead to it, and does removing leave nothing but the library.
"""

from __future__ import annotations

import configparser
import hashlib
import shlex
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from tools.packaging import about
from tools.packaging.installers import DIST
from tools.smoke import OK, Program, expect, output
from tools.smoke_frozen import try_program

PROGRAMS = "/usr/bin:/bin"
SHARED = "usr/share"
MODES = ("rwxr-xr-x", "rw-r--r--", "rwxrwxrwx")  # the last is every link's


def main() -> None:
    """Run every step; the first that fails ends it with its reason."""
    _check_sums()
    with tempfile.TemporaryDirectory(prefix="timeline-smoke-") as temporary:
        _try_archive(Path(temporary, "archive"))
        package = next(iter(DIST.glob("*.deb")), None)
        if package is not None:
            _try_package(package, Path(temporary, "package"))
    print("the installers install, what they installed works, and removing leaves the library")


def _check_sums() -> None:
    for line in (DIST / "SHA256SUMS").read_text().splitlines():
        wanted, _, name = line.partition("  ")
        expect(f"the sum of {name}", hashlib.sha256((DIST / name).read_bytes()).hexdigest(), wanted)


def _try_archive(folder: Path) -> None:
    home = folder / "Some One"
    home.mkdir(parents=True)
    # Not the source distribution, which `uv build` leaves in the same folder.
    with tarfile.open(next(DIST.glob(f"{about.COMMAND}-*-linux-*.tar.gz"))) as archive:
        archive.extractall(folder, filter="data")
    unpacked = next(folder.glob(f"{about.COMMAND}-*"))
    environment = {"HOME": str(home), "PATH": PROGRAMS}
    print(output(str(unpacked / "install.sh"), environment=environment))
    print(output(str(unpacked / "install.sh"), environment=environment).splitlines()[0], "(again, over the first)")
    local = home / ".local"
    installed = Program((str(local / "bin" / about.COMMAND),), environment)
    _check_menu(local / "share", shlex.quote(str(local / "lib" / about.COMMAND / about.COMMAND)).replace("'", '"'))
    library = home / "Timeline"
    with installed.serving(library) as server:
        expect("readiness", server.get("/api/v1/health/ready")[0], OK)
        refused = subprocess.run([unpacked / "install.sh"], check=False, capture_output=True, env=environment)
        expect("installing over a running program", refused.returncode, 1)
    output(str(local / "lib" / about.COMMAND / "uninstall.sh"), environment=environment)
    expect("left by the archive", [path for path in local.rglob("*") if not path.is_dir()], [])
    expect("the library", (library / "timeline.db").exists(), wanted=True)


def _check_menu(shared: Path, program: str) -> None:
    entry = configparser.ConfigParser(interpolation=None)
    file = shared / "applications" / f"{about.COMMAND}.desktop"
    entry.read(file)
    expect("the menu entry", entry["Desktop Entry"]["exec"], f"{program} %U")
    expect("its action", entry["Desktop Action quit"]["exec"], f"{program} --quit")
    for icon in ("48x48/apps/timeline-local.png", "scalable/apps/timeline-local.svg"):
        expect(f"the icon {icon}", (shared / "icons" / "hicolor" / icon).exists(), wanted=True)
    if validator := shutil.which("desktop-file-validate"):
        output(validator, str(file))


def _try_package(package: Path, folder: Path) -> None:
    _check_package(package)
    root = folder / "root"
    (root / "var/lib/dpkg/info").mkdir(parents=True)
    for empty in ("status", "available"):
        (root / "var/lib/dpkg" / empty).touch()
    dpkg = ("dpkg", f"--root={root}", "--force-not-root", "--force-depends", "--force-bad-path", "--log=/dev/null")
    output(*dpkg, "--install", str(package))
    _check_menu(root / SHARED, about.COMMAND)
    place = folder / "used"
    place.mkdir()
    try_program(root / "usr/bin" / about.COMMAND, place)
    output(*dpkg, "--purge", about.COMMAND)
    left = [path for path in (root / "usr").rglob("*") if not path.is_dir()] if (root / "usr").exists() else []
    expect("left by the package", left, [])
    expect("the library", (place / "library" / "timeline.db").exists(), wanted=True)


def _check_package(package: Path) -> None:
    """What a reviewer of Debian packages would look at first."""
    fields = output("dpkg-deb", "--field", str(package))
    for name in ("Package", "Version", "Architecture", "Maintainer", "Depends", "Installed-Size", "Description"):
        expect(f"the field {name}", f"\n{name}: " in f"\n{fields}", wanted=True)
    listed = [line.split(maxsplit=5) for line in output("dpkg-deb", "--contents", str(package)).splitlines()]
    wrong = [words for words in listed if words[1] != "root/root" or words[0][1:] not in MODES]
    expect("files with another owner or mode", wrong, [])
    names = [words[5].removeprefix("./") for words in listed]
    expect("files outside usr", [name for name in names if name and not name.startswith("usr/")], [])
    for needed in (
        "bin/timeline-local",
        "share/doc/timeline-local/copyright",
        "share/doc/timeline-local/THIRD_PARTY.txt.gz",
    ):
        expect(f"{needed} is inside", any(name.startswith(f"usr/{needed}") for name in names), wanted=True)


if __name__ == "__main__":
    main()
