"""What each system is told, tested on any of them; and the switch, on real files."""

from __future__ import annotations

import plistlib
import re
from pathlib import Path

import pytest

from timeline_local.cli.app import run
from timeline_local.core.autostart import (
    Entry,
    RunValue,
    autostart_entry,
    launch_agent,
    login_switch,
    program,
    quoted,
    windows_line,
)
from timeline_local.core.desktop_entry import desktop_entry, menu_entry

COMMAND = ["/opt/time line/timeline-local", "--hidden", "--data", "/home/ana/100% mine"]


def fields(content: bytes, group: str = "Desktop Entry") -> dict[str, str]:
    """The keys of one group of a desktop file."""
    part = content.decode().partition(f"[{group}]\n")[2].partition("\n[")[0]
    return dict(line.split("=", 1) for line in part.splitlines() if line)


def taken_apart(line: str) -> list[str]:
    """The arguments of an Exec line, as a desktop reads it: escapes of the string, then quotes, then percent signs."""
    parts = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', line.replace("\\\\", "\\"))
    return [(re.sub(r"\\(.)", r"\1", inside) or bare).replace("%%", "%") for inside, bare in parts]


def test_an_autostart_entry_starts_the_program_hidden_with_its_library() -> None:
    found = fields(autostart_entry(COMMAND))
    assert found["Type"] == "Application"
    assert found["Terminal"] == "false"
    assert taken_apart(found["Exec"]) == COMMAND


@pytest.mark.parametrize("argument", ["plain", "", "a b", 'say "hi"', "a`b$c", "back\\slash", "100 %", "ümlaut"])
def test_every_argument_survives_the_exec_line(argument: str) -> None:
    assert taken_apart(quoted(argument)) == [argument]


def test_a_launch_agent_starts_it_once() -> None:
    found = plistlib.loads(launch_agent(COMMAND))
    assert found["ProgramArguments"] == COMMAND
    assert (found["RunAtLoad"], found["KeepAlive"]) == (True, False)


def test_a_windows_line_keeps_its_spaces() -> None:
    assert windows_line(["C:\\Program Files\\t.exe", "--hidden"]) == '"C:\\Program Files\\t.exe" --hidden'


def test_each_system_has_its_own_switch(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    linux, mac = login_switch(None, system="linux"), login_switch(None, system="darwin")
    assert isinstance(linux, Entry)
    assert isinstance(mac, Entry)
    assert linux.path == tmp_path / ".config" / "autostart" / "timeline-local.desktop"
    assert mac.path == tmp_path / "Library" / "LaunchAgents" / "org.timeline-local.tray.plist"
    assert isinstance(login_switch(Path("/x"), system="win32"), RunValue)
    assert taken_apart(fields(linux.content)["Exec"]) == [*program(), "--hidden"]


def test_the_menu_entry_opens_takes_what_is_dropped_and_quits() -> None:
    content = desktop_entry(["/opt/timeline-local"])
    found = fields(content)
    assert found["Exec"] == "/opt/timeline-local %U"
    assert "inode/directory" in found["MimeType"].split(";")
    assert found["Actions"] == "open;new;quit;"
    assert fields(content, "Desktop Action new")["Exec"] == "/opt/timeline-local --new"
    assert fields(content, "Desktop Action quit")["Exec"] == "/opt/timeline-local --quit"


def test_it_is_switched_from_the_command_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    wishes = ("status", "on", "on", "status", "off", "off", "perhaps")
    told = [
        (run([command, wish]), capsys.readouterr().out.strip())
        for command in ("autostart", "menu-entry")
        for wish in wishes
    ]
    once = [(0, "off"), (0, "on"), (0, "on"), (0, "on"), (0, "off"), (0, "off"), (2, "")]
    assert told == once + once
    assert not menu_entry().is_on


def test_a_folder_that_cannot_be_written_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config").write_text("a file in the way")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert run(["autostart", "on"]) == 1
    assert "Nothing was changed" in capsys.readouterr().err
