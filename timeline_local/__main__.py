"""The console script and `python -m timeline_local`: without arguments the desktop, else the command line."""

from __future__ import annotations

import sys
from string import ascii_letters

from timeline_local.core.process import prepare

# How the arguments of a desktop begin: flags of its own, paths, `file:` addresses, drives. No command begins so.
DESKTOP = ("--new", "--hidden", "--quit", "--data", "file:", "/", ".", "~", *(f"{letter}:" for letter in ascii_letters))


def main() -> None:
    """Start what the arguments ask for; each loads only its own room."""
    prepare()
    arguments = sys.argv[1:]
    if arguments[:1] == ["--decode-worker"]:
        from timeline_local.media.worker import main as decode  # noqa: PLC0415

        sys.exit(decode())
    if arguments[:1] == ["--file-hand"]:
        from timeline_local.media.file_hand import main as handle  # noqa: PLC0415

        sys.exit(handle())
    if not arguments or arguments[0].startswith(DESKTOP):
        from timeline_local.desktop.launcher import is_launch, launch  # noqa: PLC0415

        if is_launch(arguments):
            sys.exit(launch(arguments))
    from timeline_local.cli.app import run  # noqa: PLC0415

    sys.exit(run(arguments))


if __name__ == "__main__":
    main()
