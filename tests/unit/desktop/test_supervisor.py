from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from timeline_local.core import browser
from timeline_local.core.deadline import LATE
from timeline_local.core.install_secrets import new_secrets
from timeline_local.core.instance import RuntimeInfo, tray_place
from timeline_local.desktop import opening, resident, supervisor
from timeline_local.desktop.facts import Facts, State
from timeline_local.desktop.menu import AGAIN, Item, Menu
from timeline_local.desktop.notices import LIVES_HERE, STILL_WORKING
from timeline_local.desktop.opening import Opener
from timeline_local.desktop.resident import GAVE_UP, NOT_STARTED, QUIT_PAGE, Resident
from timeline_local.desktop.supervisor import Budget, ServerProcess, server_command
from timeline_local.desktop.tray import NoTray


def test_three_restarts_are_allowed_within_ten_minutes() -> None:
    now = [0.0]
    budget = Budget(monotonic=lambda: now[0])
    assert [budget.take() for _ in range(4)] == [True, True, True, False]
    now[0] = 600.0
    assert budget.take()


def test_the_server_is_run_by_the_same_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    command = ["serve", "--no-browser", "--for-tray", "--data", str(tmp_path)]
    assert server_command(tmp_path) == [sys.executable, "-m", "timeline_local", *command]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert server_command(tmp_path) == [sys.executable, *command]


def fake(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr(supervisor, "server_command", lambda _: [sys.executable, "-c", program])


def test_a_server_that_ends_at_once_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake(monkeypatch, "raise SystemExit(1)")
    server = ServerProcess(tmp_path)
    assert server.ready(within_s=60) is None
    assert server.wait(60) == 1


def test_a_server_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    deaf = tmp_path / "deaf"
    ignore = "import signal, time, pathlib; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    fake(monkeypatch, f"{ignore}; pathlib.Path({str(deaf)!r}).touch(); time.sleep(60)")
    monkeypatch.setattr(supervisor, "END_S", 0.3)
    server = ServerProcess(tmp_path)
    while not deaf.exists():
        assert server.wait(0.05) is None
    assert server.end(ask=True) == -9


class Screen(NoTray):
    """A tray that keeps what it was given to draw."""

    name = "test"

    def __init__(self, drawn: list[str], gave_up: Callable[[], None]) -> None:
        super().__init__()
        self._drawn = drawn
        self._gave_up = gave_up

    def show(self, state: State, menu: Menu, tip: str) -> None:
        del menu
        self._drawn.append(f"{state}: {tip}")
        if GAVE_UP in tip:
            self._gave_up()


def kept_running(monkeypatch: pytest.MonkeyPatch, data_dir: Path, drawn: list[str]) -> int:
    """Run the tray app to its end, with a server that never proves itself and is taken as shown."""
    monkeypatch.setattr(ServerProcess, "ready", lambda _, **__: (RuntimeInfo(**NOWHERE), new_secrets()))
    app = Resident(data_dir, None, ExitStack(), trays=lambda _: Screen(drawn, app._close))
    return run(app)


def run(app: Resident) -> int:
    """Its exit status; signals are the test's again afterwards."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        return app.run()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


NOWHERE: Any = {"host": "127.0.0.1", "port": 9, "pid": 1, "instance_id": "x", "label": "tl-x", "version": "0"}


def test_a_crashing_server_is_started_again_three_times(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    starts, drawn = tmp_path / "starts", list[str]()
    fake(monkeypatch, f"open({str(starts)!r}, 'a').write('x'); raise SystemExit(5)")
    assert kept_running(monkeypatch, tmp_path, drawn) == 1
    assert starts.read_text() == "xxxx"
    assert "three times within ten minutes" in capsys.readouterr().out
    assert drawn[-1] == f"attention: Timeline Local: Needs attention: {GAVE_UP}"


def test_a_server_that_was_asked_to_quit_is_not_started_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    fake(monkeypatch, f"open({str(starts)!r}, 'a').write('x')")
    assert kept_running(monkeypatch, tmp_path, []) == 0
    assert starts.read_text() == "x"


def test_a_server_that_had_to_cut_itself_off_is_reported_and_not_started_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    starts = tmp_path / "starts"
    fake(monkeypatch, f"open({str(starts)!r}, 'a').write('x'); raise SystemExit({LATE})")
    assert kept_running(monkeypatch, tmp_path, []) == 0
    assert starts.read_text() == "x"
    (report,) = (tmp_path / "logs").glob("crash-*.txt")
    assert f"exit status: {LATE}" in report.read_text()


class Chooser(NoTray):
    """A tray whose owner clicks on it when it asks for attention, and lets it be the second time."""

    name = "test"

    def __init__(self, choose: Callable[[Item], None], close: Callable[[], None]) -> None:
        super().__init__()
        self._choose = choose
        self._close = close
        self._clicks = 0

    def show(self, state: State, menu: Menu, tip: str) -> None:
        if state == "attention":
            assert menu[0] == AGAIN
            assert NOT_STARTED in tip
            if self._clicks:
                self._close()
            else:
                self._choose(AGAIN)
            self._clicks += 1


@pytest.mark.parametrize(("has_reader", "shown"), [(False, 2), (True, 0)])
def test_a_refused_start_is_shown_to_who_has_no_terminal_and_tried_again_by_the_icon(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, has_reader: bool, shown: int
) -> None:
    pages, starts = list[str](), tmp_path / "starts"
    fake(monkeypatch, f"import sys; open({str(starts)!r}, 'a').write('x'); sys.exit('Nothing was changed.')")
    monkeypatch.setattr(resident, "has_reader", lambda: has_reader)

    def open_page(page: str) -> Path:
        pages.append(page)
        return tmp_path / "page"

    monkeypatch.setattr(opening, "open_page", open_page)
    app = Resident(tmp_path, "/", ExitStack(), trays=lambda choose: Chooser(choose, app._close))
    assert run(app) == 1
    assert starts.read_text() == "xx"
    assert ["<p>Nothing was changed.</p>" in page for page in pages] == [True] * shown


SWITCHING = """
import sys
from pathlib import Path
from timeline_local.core.libraries import SWITCHED, Word, leave_word

here, other = Path(sys.argv[1]), Path(sys.argv[2])
open({starts!r}, "a").write(here.name + " ")
if here != other:
    (here / "run").mkdir(exist_ok=True)
    leave_word(here, Word(other, shows=True))
    raise SystemExit(SWITCHED)
"""


def test_a_server_that_leaves_word_of_another_library_is_followed_by_one_for_that(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    starts, first, other = tmp_path / "starts", tmp_path / "first", tmp_path / "other"
    program = SWITCHING.format(starts=str(starts))
    monkeypatch.setattr(supervisor, "server_command", lambda at: [sys.executable, "-c", program, str(at), str(other)])
    shown: list[str] = []
    monkeypatch.setattr("timeline_local.desktop.opening.Opener.show", lambda _, __, target: shown.append(target))
    for folder in (first, other):
        folder.mkdir(mode=0o700)
    assert kept_running(monkeypatch, first, []) == 0
    assert starts.read_text() == "first other "
    assert shown == ["/"]
    with tray_place(first) as is_free:
        assert is_free


def test_a_library_that_another_tray_app_has_is_left_to_that(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    starts, first, other = tmp_path / "starts", tmp_path / "first", tmp_path / "other"
    program = SWITCHING.format(starts=str(starts))
    monkeypatch.setattr(supervisor, "server_command", lambda at: [sys.executable, "-c", program, str(at), str(other)])
    for folder in (first, other):
        folder.mkdir(mode=0o700)
    with tray_place(other):
        assert kept_running(monkeypatch, first, []) == 0
    assert starts.read_text() == "first "


class Listener(Screen):
    """A tray that keeps what it was given to say."""

    def __init__(self) -> None:
        super().__init__([], lambda: None)
        self.told: list[str] = []

    def tell(self, text: str) -> None:
        self.told.append(text)


@pytest.fixture
def at_work(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[tuple[Resident, Listener, ServerProcess]]:
    """A tray app whose server imports something."""
    fake(monkeypatch, "import time; time.sleep(600)")
    resident, tray = Resident(tmp_path, None, ExitStack()), Listener()
    resident._tray, resident._facts = tray, Facts(is_running=True, work="Importing 62 % – 4 min")
    yield resident, tray, resident._server
    resident._server.end(ask=True)


def test_quitting_in_the_middle_of_work_asks_first_and_does_it_when_chosen_again(
    monkeypatch: pytest.MonkeyPatch, at_work: tuple[Resident, Listener, ServerProcess]
) -> None:
    resident, tray, server = at_work
    shown: list[str] = []

    def show(_: Opener, page: str) -> bool:
        shown.append(page)
        return True

    monkeypatch.setattr(Opener, "show_running", show)
    resident._quit()
    assert (shown, server.wait(0)) == ([QUIT_PAGE], None)
    assert tray.told == [STILL_WORKING.format(work="Importing 62 % – 4 min")]
    resident._quit()
    assert server.wait(60) == -signal.SIGTERM


def test_where_nobody_can_be_asked_it_quits(
    monkeypatch: pytest.MonkeyPatch, at_work: tuple[Resident, Listener, ServerProcess]
) -> None:
    resident, tray, server = at_work
    monkeypatch.setattr("timeline_local.desktop.opening.Opener.show_running", lambda *_: False)
    resident._quit()
    assert server.wait(60) == -signal.SIGTERM
    assert tray.told == []


def test_an_account_is_told_once_where_the_program_lives(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, at_work: tuple[Resident, Listener, ServerProcess]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    resident, tray, _ = at_work
    resident._tray = NoTray()
    resident._introduce()
    assert not (tmp_path / "config").exists()  # whoever has no tray is told when there is one
    resident._tray = tray
    for _ in range(2):
        resident._introduce()
    assert tray.told == [LIVES_HERE]


def test_what_a_server_said_last_is_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    fake(monkeypatch, "import sys; sys.stderr.write('first\\nlast\\n'); raise SystemExit(1)")
    server = ServerProcess(tmp_path)
    assert server.wait(60) == 1
    assert server.last_words() == "first\nlast\n"


def test_the_ticket_reaches_the_browser_in_a_private_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opener = tmp_path / "xdg-open"
    opener.write_text(f'#!/bin/sh\nprintf "%s" "$1" > {tmp_path}/argument\n')
    opener.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setenv("DISPLAY", ":99")
    launch = browser.open_signed_in("http://tl-x.localhost:1/#ticket=SECRET")
    assert launch
    assert "SECRET" in launch.read_text()
    assert launch.stat().st_mode & 0o777 == 0o600
    argument = _eventually(tmp_path / "argument")
    assert argument == str(launch)


def _eventually(path: Path) -> str:
    subprocess.run(["sh", "-c", f"until [ -s {path} ]; do sleep 0.05; done"], timeout=10, check=True)
    return path.read_text()


def test_without_a_display_nothing_is_left_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert browser.open_signed_in("http://tl-x.localhost:1/#ticket=SECRET") is None
    assert list(tmp_path.iterdir()) == []
