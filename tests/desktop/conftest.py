"""A desktop of the tests' own: an X server without a screen, a tray host, a session bus, a browser that only notes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WAIT_S = 60.0


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the tests of this folder, for which alone this is called."""
    item.add_marker(pytest.mark.desktop)
    item.add_marker(pytest.mark.timeout(300))


def program(name: str) -> str:
    """Where a program of the system is; without it the test is skipped."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} here (apt-get install xvfb trayer xdotool dbus)")
    return found


def eventually(true: Callable[[], bool], what: str, *, within_s: float = WAIT_S) -> None:
    """Wait for something to become true."""
    give_up = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < give_up, what
        time.sleep(0.05)


def ended(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
    process.communicate()


@pytest.fixture
def display() -> Iterator[str]:
    """The DISPLAY of an X server that draws into memory."""
    reads, writes = os.pipe()
    command = [program("Xvfb"), "-displayfd", str(writes), "-screen", "0", "640x200x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL, pass_fds=(writes,), text=True)
    os.close(writes)
    with os.fdopen(reads) as told:
        number = told.readline().strip()
    assert number, "the X server did not start"
    yield f":{number}"
    ended(server)


@pytest.fixture
def tray_host(display: str) -> Iterator[str]:
    """The display, with a panel on it that shows the icons of an X tray."""
    command = [program("trayer"), "--edge", "bottom", "--widthtype", "request", "--height", "32"]
    host = subprocess.Popen(command, env=os.environ | {"DISPLAY": display}, stderr=subprocess.DEVNULL, text=True)
    from Xlib.display import Display  # only where there is X

    seen = Display(display)
    selection = seen.intern_atom("_NET_SYSTEM_TRAY_S0")
    eventually(lambda: bool(seen.get_selection_owner(selection)), "the tray host did not start")
    seen.close()
    yield display
    ended(host)


@pytest.fixture
def session_bus() -> Iterator[str]:
    """The address of a session bus of our own."""
    command = [program("dbus-daemon"), "--session", "--nofork", "--nopidfile", "--print-address"]
    bus = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert bus.stdout
    yield bus.stdout.readline().strip()
    ended(bus)


class Launched:
    """A `timeline-local` as the desktop starts it, with a browser that notes what it was given."""

    def __init__(self, home: Path, environment: Mapping[str, str], *arguments: str) -> None:
        self.data = home / "library"
        self.noted = home / "opened"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "timeline_local", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=home,
            env=dict(environment),
            start_new_session=True,
        )

    def opened(self) -> list[str]:
        """The addresses that the browser was led to."""
        return self.noted.read_text().splitlines() if self.noted.exists() else []

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def close(self) -> None:
        """End it and its server, which would else keep the pipes open."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


Launch = Callable[..., Launched]

BROWSER = """#!/bin/sh
while grep -q 'http-equiv="refresh"' "$1"; do cp "$1" "{noted}-waiting.html"; sleep 0.1; done
address="$(sed -n 's/.*location.replace("\\([^"]*\\)").*/\\1/p' "$1")"
if [ -n "$address" ]; then printf '%s\\n' "$address" >> "{noted}"; else cp "$1" "{noted}.html"; fi
"""


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Launch with these variables; everything is stopped at the end."""
    running: list[Launched] = []
    programs = tmp_path / "bin"
    programs.mkdir()
    browser = programs / "xdg-open"
    browser.write_text(BROWSER.format(noted=tmp_path / "opened"))
    browser.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TIMELINE_", "XDG_", "DBUS_"))}
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        kept.pop(name, None)
    plain = kept | {
        "HOME": str(tmp_path),
        "PATH": f"{programs}:{kept['PATH']}",
        "PYTHONPATH": str(ROOT),
        "TIMELINE_DATA_DIR": str(tmp_path / "library"),
    }

    def go(*arguments: str, **variables: str) -> Launched:
        made = Launched(tmp_path, plain | variables, *arguments)
        running.append(made)
        return made

    yield go
    for each in running:
        each.close()
