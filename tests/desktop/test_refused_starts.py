"""Starts that are refused, and slow ones, by somebody who clicked an icon and has no terminal."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.desktop.conftest import ROOT, Launch, Launched, eventually
from tests.desktop.panel import Panel, Visitor
from timeline_local.core.local_client import find_server

NOWHERE = ":4711"  # a display that a browser of the tests needs not be on


def shown(app: Launched, which: str = "") -> str:
    """The page of our own in the browser; empty before there is one."""
    page = app.noted.with_name(f"opened{which}.html")
    return page.read_text() if page.exists() else ""


def newer(library: Path) -> None:
    with sqlite3.connect(library / "timeline.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '0999'")
    database.close()


def overwritten(library: Path) -> None:
    with (library / "timeline.db").open("r+b") as file:
        file.write(b"no database")


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "open to others": (lambda library: library.chmod(0o777), "chmod 700"),
    "newer": (newer, "Install the version that wrote it"),
    "damaged": (overwritten, "not a database any more"),
    "missing": (lambda library: (library / "timeline.db").unlink(), "No new, empty one was made"),
    "unmarked": (lambda library: (library / "library.json").write_text("{"), "library.json cannot be read"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that was once opened."""
    home = tmp_path_factory.mktemp("made")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TIMELINE_", "XDG_"))}
    command = [sys.executable, "-m", "timeline_local", "serve", "--no-browser", "--port", "0"]
    server = subprocess.Popen(
        [*command, "--data", str(home / "library")],
        env=kept | {"HOME": str(home), "PYTHONPATH": str(ROOT)},
        cwd=home,
        stdout=subprocess.DEVNULL,
    )
    eventually(lambda: find_server(home / "library") is not None, "no library was made")
    server.terminate()
    server.wait(60)
    return home / "library"


@pytest.fixture
def library(made: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "library"
    shutil.copytree(made, copy)
    copy.chmod(0o700)
    return copy


@pytest.mark.parametrize("case", list(REFUSED))
def test_a_refused_start_shows_a_page_with_the_reason_and_what_to_do(
    library: Path, launch: Launch, tmp_path: Path, case: str
) -> None:
    spoil, told = REFUSED[case]
    spoil(library)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    app = launch(DISPLAY=NOWHERE, TMPDIR=str(temporary))
    eventually(lambda: bool(shown(app)), "no page was shown")
    assert told in shown(app)
    assert f"<code>{library}</code>" in shown(app)
    (page,) = temporary.rglob("open-*.html")
    assert (page.stat().st_mode & 0o777, page.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert app.opened() == []
    assert app.end() == 1
    assert list(temporary.iterdir()) == []
    assert app.process.stderr
    assert told in app.process.stderr.read()


def test_without_a_display_only_the_terminal_is_told(library: Path, launch: Launch) -> None:
    library.chmod(0o777)
    app = launch()
    assert app.process.wait(60) == 1
    assert app.process.stderr
    assert "chmod 700" in app.process.stderr.read()
    assert shown(app) == ""


def test_a_library_that_another_program_holds_is_told(library: Path, launch: Launch) -> None:
    claim = "import sys; from pathlib import Path; from timeline_local.core.instance import claim_library as claim;"
    holder = subprocess.Popen(
        [sys.executable, "-c", f"{claim} held = claim(Path(sys.argv[1])); print(flush=True); input()", str(library)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout
    holder.stdout.readline()
    app = launch(DISPLAY=NOWHERE)
    eventually(lambda: "is starting" in shown(app, "-waiting"), "who waits is told nothing")
    eventually(lambda: "already open in another process" in shown(app), "no reason was shown", within_s=90)
    holder.communicate("\n")
    app.end()


def test_settings_that_cannot_be_used_are_told_without_their_values(launch: Launch) -> None:
    app = launch(DISPLAY=NOWHERE, TIMELINE_SERVER__PORT="hush")
    eventually(lambda: "server.port" in shown(app), "no page was shown")
    assert "hush" not in shown(app)
    app.process.send_signal(signal.SIGINT)
    assert app.process.wait(60) == 2


def test_a_launch_after_the_cause_was_mended_starts_it(library: Path, launch: Launch) -> None:
    kept = (library / "timeline.db").read_bytes()
    overwritten(library)
    refused = launch(DISPLAY=NOWHERE)
    eventually(lambda: "not a database" in shown(refused), "no page was shown")
    (library / "timeline.db").write_bytes(kept)
    second = launch("--new", DISPLAY=NOWHERE)
    eventually(lambda: len(second.opened()) == 1, "the page was not opened")
    assert "/new#ticket=" in second.opened()[0]
    assert refused.end() == 0


@pytest.fixture
def panel(session_bus: str) -> Iterator[Panel]:
    made = Panel(session_bus)
    yield made
    made.close()


def test_the_icon_says_that_it_did_not_start_and_tries_again(
    library: Path, launch: Launch, panel: Panel, session_bus: str
) -> None:
    library.chmod(0o777)
    app = launch("--hidden", DISPLAY=NOWHERE, DBUS_SESSION_BUS_ADDRESS=session_bus)
    eventually(lambda: bool(panel.items), "there is no icon")
    visitor = Visitor(session_bus, panel.items[0])
    eventually(lambda: visitor.properties()["Status"] == "NeedsAttention", "the icon tells no trouble")
    assert "Needs attention: it did not start" in visitor.menu()
    assert shown(app) == ""  # at login no window is opened
    visitor.activate()
    eventually(lambda: "chmod 700" in shown(app), "the icon does not show why")
    library.chmod(0o700)
    visitor.click("Try to start again")
    eventually(lambda: len(app.opened()) == 1, "it was not started again")
    eventually(lambda: "Open Timeline Local" in visitor.menu(), "the menu stays as it was")
    visitor.close()
    assert app.end() == 0


SLOWLY = """
import sys, time

if "serve" in sys.orig_argv:
    time.sleep(5)
"""


def test_who_waits_for_a_slow_start_sees_that_it_comes_and_is_led_on(launch: Launch, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.mkdir()
    (slow / "sitecustomize.py").write_text(SLOWLY)
    app = launch("--new", DISPLAY=NOWHERE, PYTHONPATH=f"{slow}:{ROOT}")
    eventually(lambda: "is starting" in shown(app, "-waiting"), "who waits is told nothing")
    eventually(lambda: len(app.opened()) == 1, "the page was not opened")
    assert "/new#ticket=" in app.opened()[0]
    assert app.end() == 0
