"""pystray told to end before it runs, as it happens where the server is refused at once."""

from __future__ import annotations

from typing import Any

from timeline_local.desktop.icon_tray import IconTray


class Icon:
    """As pystray's: an end that comes before it runs is not heard."""

    HAS_MENU = True

    def __init__(self, *_: object, **__: object) -> None:
        self.visible = False
        self.is_running = False

    def run(self, begin: Any) -> None:  # noqa: ANN401 - as the library has it
        self.is_running = True
        begin(self)

    def stop(self) -> None:
        self.is_running = False


class Library:
    """What is used of the module."""

    Icon = Icon

    @staticmethod
    def Menu(*items: object) -> object:  # noqa: N802 - as the library has it
        return items


def test_an_end_that_comes_early_is_not_forgotten() -> None:
    tray = IconTray(Library, lambda _: None, "test")
    tray.stop()
    tray.run()
    assert tray._icon.visible
    assert not tray._icon.is_running
