"""Starting at login, as each system wants it told: an XDG autostart entry, a LaunchAgent, a value of the Run key.

Making the content is separate from writing it, so that every system's can be tested on any. What starts at login opens
no browser window.
"""

from __future__ import annotations

import os
import plistlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from timeline_local.config import chosen_data_dir

NAME = "timeline-local"
LABEL = "org.timeline-local.tray"
HIDDEN = "--hidden"
RUN_KEY = r"Software\Microsoft\Windows\CurrentVersion\Run"


class Switch(Protocol):
    """What makes the system start us at login. `switch` raises OSError; doing it twice changes nothing."""

    @property
    def is_on(self) -> bool: ...

    def switch(self, *, on: bool) -> None: ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A file for the desktop: it is switched on exactly when the file is there."""

    path: Path
    content: bytes

    @property
    def is_on(self) -> bool:
        return self.path.is_file()

    def switch(self, *, on: bool) -> None:
        if not on:
            self.path.unlink(missing_ok=True)
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".new")
        temporary.write_bytes(self.content)
        temporary.replace(self.path)


def program() -> list[str]:
    """How this very program is started again, as absolute paths."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    installed = shutil.which(NAME, path=str(Path(sys.executable).parent))
    return [installed] if installed else [sys.executable, "-m", "timeline_local"]


@dataclass(frozen=True, slots=True)
class RunValue:
    """A value of the user's Run key in the Windows registry."""

    line: str

    @property
    def is_on(self) -> bool:
        if sys.platform != "win32":
            return False
        import winreg  # noqa: PLC0415 - only on Windows

        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, RUN_KEY) as key:
            try:
                winreg.QueryValueEx(key, NAME)
            except FileNotFoundError:
                return False
            return True

    def switch(self, *, on: bool) -> None:
        if sys.platform != "win32":
            return
        import winreg  # noqa: PLC0415 - only on Windows

        with winreg.CreateKey(winreg.HKEY_CURRENT_USER, RUN_KEY) as key:
            if on:
                winreg.SetValueEx(key, NAME, 0, winreg.REG_SZ, self.line)
            elif self.is_on:
                winreg.DeleteValue(key, NAME)


def login_switch(data_dir: Path | None, *, system: str = sys.platform) -> Switch:
    """This system's switch. data_dir: the library, where it is not the chosen one and so has to be said."""
    command = [*program(), HIDDEN, *(["--data", str(data_dir)] if data_dir else [])]
    if system == "win32":
        return RunValue(windows_line(command))
    if system == "darwin":
        return Entry(Path.home() / "Library" / "LaunchAgents" / f"{LABEL}.plist", launch_agent(command))
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return Entry(config / "autostart" / f"{NAME}.desktop", autostart_entry(command))


def login_of(data_dir: Path) -> Switch:
    """As `login_switch`, for a library that is open."""
    return login_switch(None if data_dir == chosen_data_dir() else data_dir)


def autostart_entry(command: Sequence[str]) -> bytes:
    """An XDG autostart entry. Some desktops start these before the panel is there; the tray looks for it again."""
    return (
        "[Desktop Entry]\n"
        "Type=Application\n"
        "Version=1.5\n"
        "Name=Timeline Local\n"
        "Comment=Keeps your timeline running\n"
        f"Icon={NAME}\n"
        f"Exec={' '.join(quoted(each) for each in command)}\n"
        "Terminal=false\n"
        "StartupNotify=false\n"
        "X-GNOME-Autostart-enabled=true\n"
    ).encode()


def launch_agent(command: Sequence[str]) -> bytes:
    """A macOS LaunchAgent, not one that is started again whenever it ends: quitting must work."""
    agent = {
        "Label": LABEL,
        "ProgramArguments": list(command),
        "RunAtLoad": True,
        "KeepAlive": False,
        "ProcessType": "Interactive",
        "LimitLoadToSessionType": "Aqua",
    }
    return plistlib.dumps(agent)


def windows_line(command: Sequence[str]) -> str:
    """A command line as Windows takes it apart again."""
    return subprocess.list2cmdline(command)


def quoted(argument: str) -> str:
    """An argument of an Exec line, whose value is a string with escapes, in which arguments have quotes."""
    text = argument.replace("%", "%%")
    if text and not set(text) & set(" \t\n\"'\\><~|&;$*?#()`"):
        return text
    escaped = "".join(f"\\{letter}" if letter in '"`$\\' else letter for letter in text)
    return '"' + escaped.replace("\\", "\\\\") + '"'
