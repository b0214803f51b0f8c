"""An X tray: the icon docks, a click on it opens the browser, ending it ends everything."""

from __future__ import annotations

import subprocess

from tests.desktop.conftest import Launch, eventually, program


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


def test_the_icon_docks_a_click_opens_the_browser_and_the_end_is_clean(tray_host: str, launch: Launch) -> None:
    app = launch(DISPLAY=tray_host)
    eventually(lambda: len(app.opened()) == 1, "the first page was not opened")
    eventually(lambda: min(place(tray_host)) > 0, "the icon did not dock")
    assert "/#ticket=" in app.opened()[0]

    def opened_by_click() -> bool:
        click(tray_host)
        return len(app.opened()) > 1

    eventually(opened_by_click, "the click did nothing")
    assert len(set(app.opened())) == len(app.opened())
    assert app.end() == 0
    assert not (app.data / "run" / "runtime.json").exists()
    assert icon_window(tray_host) == ""


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
