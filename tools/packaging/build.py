"""Builds the self-contained application for the system that this runs on: `just build`.

    build/timeline-local/     the application: program, _internal/, LICENSE, THIRD_PARTY.txt, sbom.cdx.json

PyInstaller collects it as build.spec says; then what is not needed goes, and what must hold is checked.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from timeline_local.core.database import OLDEST_SHIPPED_SQLITE, sqlite_module
from tools.packaging import icons
from tools.packaging.bundle import module_names, parts
from tools.packaging.contents import LEFT_OUT, PROJECT, ROOT, released_at, runtime_packages, unwanted_modules
from tools.packaging.encoders import replace_encoders
from tools.packaging.licences import third_party
from tools.packaging.sbom import bill
from tools.packaging.symbols import strip_all

BUILD = ROOT / "build"
APPLICATION = BUILD / "timeline-local"
MIB = 1024 * 1024


def main() -> None:
    """Build it; the sizes of each step go to stdout."""
    began = time.monotonic()
    _check_sqlite()
    icons.draw_all(BUILD / "icons")
    _run_pyinstaller()
    collected = _size(APPLICATION)
    without_encoders = replace_encoders(APPLICATION / "_internal")
    stripped = strip_all(APPLICATION) if sys.platform == "linux" else 0
    _describe()
    _check()
    saved = f"encoders {without_encoders / MIB:.0f} and symbols {stripped / MIB:.0f} less"
    seconds = time.monotonic() - began
    print(f"{APPLICATION}: {_size(APPLICATION) / MIB:.0f} MiB of {collected / MIB:.0f} ({saved}) in {seconds:.0f} s")


def _check_sqlite() -> None:
    module = sqlite_module()
    if module.__name__ != "sqlcipher3.dbapi2" or module.sqlite_version_info < OLDEST_SHIPPED_SQLITE:
        sys.exit(f"the SQLite to ship is {module.__name__} {module.sqlite_version}: too old, or not the wheel's")


def _run_pyinstaller() -> None:
    shutil.rmtree(APPLICATION, ignore_errors=True)
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN"]
    paths = ["--distpath", str(BUILD), "--workpath", str(BUILD / "work")]
    # The seed decides the order of what Python writes out, the epoch the times in it: the same build, the same bytes.
    fixed = {"PYTHONHASHSEED": "1", "SOURCE_DATE_EPOCH": str(released_at())}
    subprocess.run([*command, *paths, str(ROOT / "build.spec")], check=True, cwd=ROOT, env=os.environ | fixed)


def _describe() -> None:
    bundled = parts(APPLICATION)
    shutil.copyfile(ROOT / "LICENSE", APPLICATION / "LICENSE")
    (APPLICATION / "THIRD_PARTY.txt").write_text(third_party(bundled), encoding="utf-8")
    (APPLICATION / "sbom.cdx.json").write_text(bill(bundled), encoding="utf-8")


def _check() -> None:
    """Everything that is needed, nothing of the development environment, and one SQLite."""
    missing = set(runtime_packages()) - {part.name for part in parts(APPLICATION)} - {PROJECT} - LEFT_OUT
    if missing:
        sys.exit(f"packages that the program needs were not bundled: {', '.join(sorted(missing))}")
    foreign = {name.partition(".")[0] for name in module_names(APPLICATION)} & set(unwanted_modules())
    if foreign:
        sys.exit(f"modules that only development needs were bundled: {', '.join(sorted(foreign))}")
    others = [file.name for file in APPLICATION.rglob("*sqlite3*") if "sqlcipher3" not in file.parts]
    if others:
        sys.exit(f"a second SQLite was bundled: {', '.join(others)}")


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink())


if __name__ == "__main__":
    main()
