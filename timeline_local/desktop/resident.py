"""The tray app while it lives: it keeps the server running and the icon true, and does what the menu says.

The main thread belongs to the tray, because macOS demands it. The server is watched by a thread of its own, the facts
are read by another, and what is chosen is done by a third, so that a slow answer freezes nothing.
"""

from __future__ import annotations

import logging
import queue
import signal
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import FrameType

from timeline_local.core.autostart import login_of
from timeline_local.core.deadline import LATE
from timeline_local.core.instance import tray_place
from timeline_local.core.libraries import SWITCHED, take_word
from timeline_local.core.local_client import LocalClient, NoServer, ServerProblem, find_server
from timeline_local.desktop.crashes import keep_report
from timeline_local.desktop.facts import Facts, read_facts
from timeline_local.desktop.finding import find_tray
from timeline_local.desktop.menu import Item, menu_of
from timeline_local.desktop.notices import LIVES_HERE, STILL_WORKING, take_introduction
from timeline_local.desktop.opening import Opener, say
from timeline_local.desktop.supervisor import IN_USE, READY_S, Budget, Server, ServerProcess
from timeline_local.desktop.tray import TITLE, NoTray, Tray

WATCH_S = 0.5
LOOK_S = 2.0
IDLE_LOOK_S = 5.0
ANSWER_S = 5.0
ASKED_S = 60.0
QUIT_PAGE = "/settings/computer?quit=1"
GAVE_UP = "the server stopped three times within ten minutes"
SILENT = "the server does not answer"
AWAY = "the disk with your library is not there"

log = logging.getLogger(__name__)


class Resident:
    """One per library. target: the page to open first; None opens none, as at login.

    place  holds that this is the library's one tray app; it is exchanged when the server goes over to another library.
    """

    def __init__(
        self, data_dir: Path, target: str | None, place: ExitStack, *, trays: Callable[..., Tray] = find_tray
    ) -> None:
        self._data_dir = data_dir
        self._target = target
        self._place = place
        self._trays = trays
        self._opener = Opener(data_dir)
        self._budget = Budget()
        self._server = ServerProcess(data_dir)
        self._facts = Facts(starts_at_login=login_of(data_dir).is_on)
        self._tray: Tray = NoTray()
        self._chosen: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._over = threading.Event()
        self._is_asked_to_end = False
        self._look_now = threading.Event()
        self._status = 0
        self._asked_at = float("-inf")

    def run(self) -> int:
        """Until the server is quit, cannot be kept running, or a signal comes; the exit status."""
        signal.signal(signal.SIGTERM, self._on_signal)
        signal.signal(signal.SIGINT, self._on_signal)
        watching = threading.Thread(target=self._watch, name="server")
        watching.start()
        for work in (self._look, self._act):
            threading.Thread(target=work, name=work.__name__, daemon=True).start()
        try:
            self._show_trays()
        finally:
            self._end()
            watching.join()
            self._opener.forget()
        return self._status

    # --- the tray: the main thread --------------------------------------------------

    def _show_trays(self) -> None:
        while not self._over.is_set():
            self._tray = self._trays(self._chosen.put)
            log.info("tray: %s", self._tray.name)
            self._draw()
            if not self._over.is_set():  # it may have been set while a tray was looked for
                self._tray.run()

    def _draw(self) -> None:
        facts = self._facts
        self._tray.show(facts.state, menu_of(facts), f"{TITLE}: {facts.line}")

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        """End once: a terminal and `uv run` may both send the signal.

        In a thread: the tray's own one may be anywhere in its toolkit just now.
        """
        del frame
        signal.signal(number, signal.SIG_IGN)
        self._is_asked_to_end = True
        threading.Thread(target=self._close, daemon=True).start()

    def _close(self) -> None:
        self._over.set()
        self._tray.stop()

    def _end(self) -> None:
        self._over.set()
        if self._server.wait(0) is None:
            self._server.quit()

    # --- the server: a thread -----------------------------------------------------------

    def _watch(self) -> None:
        try:
            self._status = self._keep_running()
        except Exception:  # without its server the tray app is of no use
            log.exception("watching the server failed")
            self._status = 1
        finally:
            self._close()

    def _keep_running(self) -> int:
        is_first = True
        while True:
            found = self._server.ready()
            if found is None and is_first:
                return self._first_start_failed()
            if found is not None and self._target is not None:
                self._opener.show(found, self._target)
            is_first, self._target = False, None
            self._look_now.set()
            if found is not None:
                self._introduce()
            status = self._until_it_ends()
            if self._is_the_end(status):
                return 0
            if status == SWITCHED:
                if not self._go_over():
                    return 0
                is_first = True
                continue
            keep_report(self._data_dir, status, self._server.last_words())
            if not self._budget.take():
                return self._give_up()
            say("The server stopped unexpectedly; starting it again.")
            self._start()

    def _is_the_end(self, status: int) -> bool:
        """Whether a server that ended so is not to be started again."""
        if status == LATE:  # it was told to end, and something held it: whoever mends that wants to know what
            keep_report(self._data_dir, status, self._server.last_words())
            return True
        if status == IN_USE and not self._is_asked_to_end:  # what proved itself was another launch's, which was quicker
            self._opener.wait()
            return True
        return status == 0 or self._is_asked_to_end

    def _introduce(self) -> None:
        """Say once where the program lives, to who can see it there."""
        if self._tray.name != NoTray.name and take_introduction():
            self._tray.tell(LIVES_HERE)

    def _start(self) -> None:
        self._tell(Facts(starts_at_login=self._facts.starts_at_login))
        self._server = ServerProcess(self._data_dir)

    def _go_over(self) -> bool:
        """Start the server that the one which ended left word of; False if another tray app has that library."""
        word = take_word(self._data_dir)
        if word.path != self._data_dir:
            place = ExitStack()
            if not place.enter_context(tray_place(word.path)):
                Opener(word.path).show_running()
                return False
            self._place.close()
            self._place.enter_context(place)
            self._opener.forget()
            self._data_dir, self._opener = word.path, Opener(word.path)
        self._target = "/" if word.shows else None
        self._start()
        return True

    def _until_it_ends(self) -> int:
        while (status := self._server.wait(WATCH_S)) is None:
            self._opener.forget_old()
            if self._over.is_set():
                return self._server.end(ask=False)
        return status

    def _first_start_failed(self) -> int:
        """It has said why; unless it lost the race against another launch, whose server is as good as ours."""
        status = self._server.end(ask=True)
        if self._is_asked_to_end:
            return 0
        other = self._other_server() if status == IN_USE else None
        if other is None:
            say("The server did not start. `timeline-local doctor` examines the library without changing it.")
            return status or 1
        if self._target is not None:
            self._opener.show(other, self._target)
            self._opener.wait()
        return 0

    def _other_server(self) -> Server | None:
        for _ in range(int(READY_S / WATCH_S)):
            found = find_server(self._data_dir)
            if found is not None or self._over.wait(WATCH_S):
                return found
        return None

    def _give_up(self) -> int:
        """Where there is an icon it stays and says so, until the owner quits."""
        say(f"{GAVE_UP.capitalize()}. Your data is safe; the log says why.")
        self._tell(replace(self._facts, is_running=False, trouble=GAVE_UP))
        if self._tray.name != NoTray.name:
            self._over.wait()
        return 1

    # --- the facts: a thread ----------------------------------------------------------

    def _look(self) -> None:
        while not self._over.is_set():
            self._look_now.wait(LOOK_S if self._facts.work else IDLE_LOOK_S)
            self._look_now.clear()
            if self._facts.trouble != GAVE_UP:
                self._look_once()

    def _look_once(self) -> None:
        try:
            client = LocalClient.find(self._data_dir, timeout_s=ANSWER_S)
            self._tell(read_facts(client, starts_at_login=login_of(self._data_dir).is_on))
        except (NoServer, ServerProblem):
            if self._facts.is_running:
                is_there = (self._data_dir / "library.json").exists()
                self._tell(replace(self._facts, trouble=SILENT if is_there else AWAY))

    def _tell(self, facts: Facts) -> None:
        if facts != self._facts:
            self._facts = facts
            self._draw()

    # --- what is chosen: a thread ---------------------------------------------------------

    def _act(self) -> None:
        from timeline_local.desktop.deeds import Deeds  # noqa: PLC0415 - not before something is chosen

        while True:
            item = self._chosen.get()
            try:
                Deeds(self._data_dir, self._opener, quit_=self._quit).do(item)
            except Exception:  # the menu must go on working
                log.exception("a choice of the menu failed: %s", item.action)
            self._look_now.set()

    def _quit(self) -> None:
        """Quit, or first ask: while something is worked on, a page does, unless this was chosen twice in a minute."""
        now, asked_at = time.monotonic(), self._asked_at
        self._asked_at = now
        if self._facts.work and now - asked_at > ASKED_S and self._opener.show_running(QUIT_PAGE):
            self._tray.tell(STILL_WORKING.format(work=self._facts.work))
            return
        self._is_asked_to_end = True
        if self._server.wait(0) is None:
            self._server.quit()
        else:
            self._close()
