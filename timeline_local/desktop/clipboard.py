"""Putting text where it can be pasted, with the programs a desktop has for it; else into a file that is shown."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from timeline_local.core.private_files import make_private_dir, write_private

LINUX = (["wl-copy"], ["xclip", "-selection", "clipboard"], ["xsel", "--clipboard", "--input"])
COMMANDS = {"win32": (["clip"],), "darwin": (["pbcopy"],)}
COPY_S = 5.0


def copy(text: str) -> bool:
    """Whether the text is on the clipboard now."""
    for command in COMMANDS.get(sys.platform, LINUX):
        program = shutil.which(command[0])
        if program is None:
            continue
        try:
            # xclip stays behind to hand the text out, so nothing of it may be waited for but its first part.
            done = subprocess.run(  # noqa: S603 - the system's own program; the text goes through a pipe
                [program, *command[1:]],
                input=text.encode(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=COPY_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return True
    return False


def keep(text: str, folder: Path) -> Path:
    """The text in a private file `diagnostics.txt` of this folder."""
    make_private_dir(folder)
    path = folder / "diagnostics.txt"
    write_private(path, text.encode())
    return path
