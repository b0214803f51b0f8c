"""Installs the built wheel into a fresh environment and uses it as a person would: `just package`.

What it asks: are the migrations and the screens inside, does the server start from an empty folder, does it answer its
health, its screens, its reference and a key's first request, and does it stop when told.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import zipfile
from pathlib import Path

from tools.smoke import NOT_SIGNED_IN, OK, Program, Server, expect, output, own_environment

NEEDED = (
    "timeline_local/migrations/env.py",
    "timeline_local/web/index.html",
    "timeline_local/api/problems.md",
    "timeline_local/guides/day_one.md",
)
PAGES = {"/": "text/html", "/timeline": "text/html", "/docs": "text/html", "/problems/disk-full": "text/html"}


def main() -> None:
    """Run every step; the first that fails ends it with its reason."""
    wheel = _newest_wheel(Path(sys.argv[1] if len(sys.argv) > 1 else "dist"))
    _check_contents(wheel)
    with tempfile.TemporaryDirectory(prefix="timeline-smoke-") as temporary:
        folder = Path(temporary)
        program = Program((str(_install(wheel, folder)),), own_environment())
        key = program.output("api-key", "create", "--data", folder / "library", "--name", "smoke")
        with program.serving(folder / "library") as server:
            print(f"first answer after {server.first_answer_s:.1f} s")
            ask_everything(server, key)
    print(f"{wheel.name}: installs, starts, answers and stops")


def _newest_wheel(dist: Path) -> Path:
    wheels = sorted(dist.glob("timeline_local-*.whl"), key=lambda path: path.stat().st_mtime)
    if not wheels:
        sys.exit(f"no wheel in {dist}; run `uv build` first")
    return wheels[-1].resolve()


def _check_contents(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    missing = [name for name in NEEDED if name not in names]
    if not any(name.startswith("timeline_local/migrations/versions/0001") for name in names):
        missing.append("the first migration")
    if missing:
        sys.exit(f"{wheel.name} lacks {', '.join(missing)}")


def _install(wheel: Path, folder: Path) -> Path:
    """The installed command, with the very versions of uv.lock."""
    environment = folder / "environment"
    locked = folder / "locked.txt"
    locked.write_text(output("uv", "export", "--quiet", "--locked", "--no-dev", "--no-hashes", "--no-emit-project"))
    output("uv", "venv", "--quiet", "--python", sys.executable, str(environment))
    scripts = environment / ("Scripts" if os.name == "nt" else "bin")
    output(
        *("uv", "pip", "install", "--quiet", "--python", str(scripts / "python")),
        *("--constraint", str(locked), str(wheel)),
    )
    return scripts / "timeline-local"


def ask_everything(server: Server, key: str) -> None:
    """The pages, and what an empty library answers with and without the key."""
    for path, wanted in PAGES.items():
        status, content_type, body = server.get(path)
        expect(path, (status, content_type), (OK, wanted))
        expect(f"{path} is not empty", bool(body), wanted=True)
    expect("without a key", server.get("/api/v1/memories")[0], NOT_SIGNED_IN)
    status, _, body = server.get("/api/v1/memories", key)
    expect("with a key", status, OK)
    expect("an empty library", json.loads(body), {"items": [], "next_cursor": None})
    expect("a page about an export", server.get("/api/v1/guides/day_one", key)[0], OK)
    expect("readiness", server.get("/api/v1/health/ready")[0], OK)


if __name__ == "__main__":
    main()
