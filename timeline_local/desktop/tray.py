"""What a tray is, and the one of a computer that has none."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Protocol

from timeline_local.desktop.facts import State
from timeline_local.desktop.menu import Item, Menu

TITLE = "Timeline Local"
LOOK_AGAIN_S = 10.0  # at login we may be there before the panel is
PIECE_S = 0.5  # on Windows nothing else lets Ctrl+C through

Choose = Callable[[Item], None]


class Tray(Protocol):
    """Drawn by `show`, which any thread may call; `run` keeps the main thread until `stop`, which any thread may call.

    What is chosen is handed on by the tray's own thread, so it must be dealt with quickly.
    """

    name: str
    has_menu: bool

    def run(self) -> None: ...

    def show(self, state: State, menu: Menu, tip: str) -> None: ...

    def tell(self, text: str) -> None:
        """Show a notification, where the desktop has them; any thread may call it."""
        ...

    def stop(self) -> None: ...


class NoTray:
    """No tray on this computer, for now: nothing is drawn, and `run` ends after a while so that one looks again."""

    name = "none"
    has_menu = False

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def run(self) -> None:
        give_up = time.monotonic() + LOOK_AGAIN_S
        while not self._stopped.wait(PIECE_S) and time.monotonic() < give_up:
            pass

    def show(self, state: State, menu: Menu, tip: str) -> None:
        """Nothing to draw on."""

    def tell(self, text: str) -> None:
        """Nobody to tell."""

    def stop(self) -> None:
        self._stopped.set()
