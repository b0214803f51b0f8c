"""`timeline-local` without arguments, as somebody starts it from a terminal without a display."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def launch(data: Path) -> subprocess.Popen[str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.Popen(
        [sys.executable, "-m", "timeline_local"],
        stdout=subprocess.PIPE,
        text=True,
        cwd=data.parent,
        env=kept | {"TIMELINE_DATA_DIR": str(data), "PYTHONPATH": str(ROOT)},
    )


def test_the_first_launch_starts_the_server_the_second_finds_it_and_ending_ends_both(data: Path) -> None:
    first = launch(data)
    try:
        assert first.stdout
        told = [first.stdout.readline() for _ in range(2)]
        assert told[0].startswith("Timeline Local is running at http://127.0.0.1:")
        assert ".localhost:" in told[1]
        assert "/#ticket=" in told[1]
        second = launch(data)
        assert "/#ticket=" in second.communicate(timeout=60)[0]
        assert second.returncode == 0
        first.send_signal(signal.SIGTERM)
        assert first.wait(60) == 0
        assert not (data / "run" / "runtime.json").exists()
    finally:
        first.kill()
        first.communicate()
