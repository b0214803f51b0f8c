"""The tray app while it lives: it keeps the server running and the icon true, and does what the menu says.

The main thread belongs to the tray, because macOS demands it. The server is watched by a thread of its own, the facts
are read by another, and what is chosen is done by a third, so that a slow answer freezes nothing.
"""

from __future__ import annotations

import logging
import math
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
from timeline_local.core.instance import tray_place, when_asked_again
from timeline_local.core.libraries import SWITCHED, take_word
from timeline_local.core.local_client import LocalClient, NoServer, ServerProblem, find_server
from timeline_local.desktop.crashes import keep_report
from timeline_local.desktop.facts import Facts, read_facts
from timeline_local.desktop.finding import find_tray
from timeline_local.desktop.menu import Item, menu_of
from timeline_local.desktop.notices import LIVES_HERE, NOT_RUNNING, STILL_WORKING, take_introduction
from timeline_local.desktop.opening import LAUNCH_FILE_S, Opener, has_reader, say
from timeline_local.desktop.pages import TRACE, stopped_page
from timeline_local.desktop.supervisor import IN_USE, Budget, Server, ServerProcess
from timeline_local.desktop.tray import TITLE, NoTray, Tray

WATCH_S = 0.5
SLOW_S = 3.0  # after which whoever waits for the first page is told that it comes
OTHER_S = 20.0
LOOK_S = 2.0
IDLE_LOOK_S = 5.0
ANSWER_S = 5.0
ASKED_S = 60.0
QUIT_PAGE = "/settings/computer?quit=1"
NOT_STARTED = "it did not start"
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
        self._is_hidden = target is None
        self._place = place
        self._trays = trays
        self._opener = Opener(data_dir)
        self._budget = Budget()
        self._server = ServerProcess(data_dir)
        self._facts = Facts(starts_at_login=login_of(data_dir).is_on)
        self._tray: Tray = NoTray()
        self._chosen: queue.SimpleQueue[Item] = queue.SimpleQueue()
        self._over = threading.Event()
        self._again = threading.Event()
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
            found = self._ready()
            if found is None and is_first:
                failed = self._first_start_failed()
                if failed is not None:
                    return failed
                continue
            self._welcome(found)
            is_first = False
            status = self._until_it_ends()
            if self._is_the_end(status):
                return 0
            if status == SWITCHED:
                if not self._go_over():
                    return 0
                is_first = True
                continue
            keep_report(self._data_dir, status, self._server.last_words())
            if self._budget.take():
                say("The server stopped unexpectedly; starting it again.")
                self._start()
            elif self._give_up():
                is_first = True
            else:
                return 1

    def _ready(self) -> Server | None:
        """The server once it answers, however long that takes; who waits for its page is told so meanwhile."""
        found = self._server.ready(within_s=SLOW_S)
        if found is None and self._server.wait(0) is None:
            if self._target is not None and not self._over.is_set():
                self._opener.let_wait()
            found = self._server.ready()
        return found

    def _is_the_end(self, status: int) -> bool:
        """Whether a server that ended so is not to be started again."""
        if status == LATE:  # it was told to end, and something held it: whoever mends that wants to know what
            keep_report(self._data_dir, status, self._server.last_words())
            return True
        if status == IN_USE and not self._is_asked_to_end:  # what proved itself was another launch's, which was quicker
            self._opener.wait()
            return True
        return status == 0 or self._is_asked_to_end

    def _welcome(self, found: Server | None) -> None:
        """Show the page that was asked for, of a server that answers."""
        self._show_wanted(found)
        self._look_now.set()
        if found is not None:
            self._introduce()

    def _show_wanted(self, found: Server | None) -> None:
        """Show the page that is wanted, be it since the start or since a click that came before there was a server."""
        target = self._target
        if found is not None and target is not None:
            self._target = None
            self._opener.show(found, target)

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
            if self._target is not None:
                self._show_wanted(find_server(self._data_dir))
            if self._over.is_set():
                return self._server.end(ask=False)
        return status

    def _first_start_failed(self) -> int | None:
        """It has said why; unless it lost the race against another launch, whose server is as good as ours.

        The exit status, or None if another server was started.
        """
        status = self._server.end(ask=True)
        if self._is_asked_to_end:
            return 0
        other = self._other_server() if status == IN_USE else None
        if other is None:
            say("The server did not start. `timeline-local doctor` examines the library without changing it.")
            if TRACE in self._server.last_words():
                keep_report(self._data_dir, status, self._server.last_words())
            return None if self._tries_again(NOT_STARTED, "Timeline Local did not start") else status or 1
        if self._target is not None:
            self._opener.show(other, self._target)
            self._opener.wait()
        return 0

    def _other_server(self) -> Server | None:
        for _ in range(int(OTHER_S / WATCH_S)):
            found = find_server(self._data_dir)
            if found is not None or self._over.wait(WATCH_S):
                return found
            if self._target is not None:
                self._opener.let_wait()
        return None

    def _give_up(self) -> bool:
        """Where there is an icon it stays and says so, until the owner quits or wants another try."""
        say(f"{GAVE_UP.capitalize()}. Your data is safe; the log says why.")
        self._budget = Budget()
        return self._tries_again(GAVE_UP, "Timeline Local has stopped")

    def _tries_again(self, trouble: str, title: str) -> bool:
        """Show what is wrong, and start the server again once somebody asks for it, by the icon or a second launch.

        False if nobody does: at the end, where another launch has done it, or, without an icon, after a minute.
        """
        has_tray = self._tray.name != NoTray.name
        asked = when_asked_again(self._data_dir)
        self._tell(replace(self._facts, is_running=False, is_stopped=True, trouble=trouble))
        wants_page = self._opener.has_tab or not (has_reader() or (has_tray and self._is_hidden))
        is_shown = wants_page and self._opener.tell(stopped_page(title, self._server.last_words(), self._data_dir))
        if has_tray and not is_shown:
            self._tray.tell(NOT_RUNNING.format(title=title))
        give_up = math.inf if has_tray else time.monotonic() + (LAUNCH_FILE_S if is_shown else 0)
        while time.monotonic() < give_up and not self._over.wait(WATCH_S):
            self._opener.forget_old()
            by_icon = self._again.is_set()
            if by_icon or when_asked_again(self._data_dir) != asked:
                self._again.clear()
                self._is_hidden, self._target = False, "/" if by_icon else None
                self._start()
                return True
            if find_server(self._data_dir) is not None:
                break
        return False

    # --- the facts: a thread ----------------------------------------------------------

    def _look(self) -> None:
        while not self._over.is_set():
            self._look_now.wait(LOOK_S if self._facts.work else IDLE_LOOK_S)
            self._look_now.clear()
            if not self._facts.is_stopped:
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
                deeds = Deeds(
                    self._data_dir, self._opener, quit_=self._quit, again=self._again.set, later=self._show_later
                )
                deeds.do(item)
            except Exception:  # the menu must go on working
                log.exception("a choice of the menu failed: %s", item.action)
            self._look_now.set()

    def _show_later(self, target: str) -> None:
        self._target = target

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
