"""An X tray: the icon docks, a click on it opens the browser, ending it ends everything."""

from __future__ import annotations

import subprocess
import threading
import time

import pytest

from tests.desktop.conftest import Launch, eventually, program
from timeline_local.desktop.facts import Facts
from timeline_local.desktop.icon_tray import x_tray
from timeline_local.desktop.menu import menu_of


def icon_window(display: str) -> str:
    """The id of our docked window; empty while there is none."""
    found = subprocess.run(
        [program("xdotool"), "search", "--classname", "timeline-localSystemTrayIcon"],
        env={"DISPLAY": display},
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip()


def place(display: str) -> tuple[int, int]:
    """The middle of our icon on the screen; before a panel has taken it in, that is outside of it."""
    asked = [program("xdotool"), "getwindowgeometry", "--shell", icon_window(display)]
    told = subprocess.run(asked, env={"DISPLAY": display}, capture_output=True, text=True, check=False).stdout
    at = {name: int(value) for name, value in (line.split("=", 1) for line in told.split())}
    return (at["X"] + at["WIDTH"] // 2, at["Y"] + at["HEIGHT"] // 2) if at else (-1, -1)


def click(display: str) -> None:
    x, y = map(str, place(display))
    subprocess.run([program("xdotool"), "mousemove", x, y, "click", "1"], env={"DISPLAY": display}, check=True)


def settled(display: str) -> bool:
    """Whether the icon stands still: a panel takes it in, grows for it, and moves."""
    before = place(display)
    time.sleep(0.5)
    return min(before) > 0 and place(display) == before


def test_the_icon_docks_a_click_opens_the_browser_and_the_end_is_clean(tray_host: str, launch: Launch) -> None:
    app = launch(DISPLAY=tray_host)
    eventually(lambda: settled(tray_host), "the icon did not dock")
    eventually(lambda: len(app.opened()) == 1, "the first page was not opened")
    assert "/#ticket=" in app.opened()[0]
    click(tray_host)
    eventually(lambda: len(app.opened()) > 1, "the click did nothing")
    assert len(set(app.opened())) == len(app.opened()) == 2
    assert app.end() == 0
    assert not (app.data / "run" / "runtime.json").exists()
    assert icon_window(tray_host) == ""


def test_a_click_while_the_server_starts_opens_the_browser_once_it_is_there(tray_host: str, launch: Launch) -> None:
    app = launch("--hidden", DISPLAY=tray_host)
    eventually(lambda: settled(tray_host), "the icon did not dock")
    assert app.opened() == []
    click(tray_host)
    eventually(lambda: len(app.opened()) == 1, "the click did nothing")
    assert app.end() == 0


@pytest.mark.parametrize("after_s", [0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2] * 5)
def test_it_ends_whenever_it_is_told_also_while_it_is_drawn(
    tray_host: str, monkeypatch: pytest.MonkeyPatch, after_s: float
) -> None:
    monkeypatch.setenv("DISPLAY", tray_host)
    tray = x_tray(lambda _: None)
    running = threading.Thread(target=tray.run, daemon=True)
    running.start()
    for number in range(5):
        facts = Facts(is_running=True, memories=number, work="Importing" if number % 2 else "")
        threading.Thread(target=tray.show, args=(facts.state, menu_of(facts), facts.line), daemon=True).start()
    time.sleep(after_s)
    tray.stop()
    running.join(10)
    assert not running.is_alive()
    eventually(lambda: icon_window(tray_host) == "", "the icon stays")


def test_a_display_without_a_tray_host_is_no_error(display: str, launch: Launch) -> None:
    app = launch(DISPLAY=display)
    eventually(lambda: len(app.opened()) == 1, "the first page was not opened")
    assert icon_window(display) == ""
    assert app.end() == 0


def test_without_a_display_the_address_is_printed(launch: Launch) -> None:
    app = launch()
    assert app.process.stdout
    told = [app.process.stdout.readline() for _ in range(2)]
    assert "/#ticket=" in told[1]
    assert app.opened() == []
    assert app.end() == 0
