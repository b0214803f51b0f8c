"""Processes of our own program that help the server: how they are started, and how one talks with them.

They read one request at a time from stdin and answer on stdout (`core.messages`), and end when stdin does: with the
server, however that ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from subprocess import DEVNULL, PIPE
from typing import IO, Any, BinaryIO, Final, Self

from timeline_local.core.messages import LENGTH_BYTES, MAX_MESSAGE_BYTES, pack

# What Windows needs to start Python at all; other systems get by without any inherited variable.
_KEPT_VARIABLES: Final = ("SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "LD_LIBRARY_PATH")


class Helper:
    """One helping process and its pipes. Methods block; one thread at a time may ask.

    Not asyncio's subprocess: uvloop forks and runs Python in the child before the program starts, which lets go of what
    other threads held. A SQLite statement was among it whose lock another thread had: the child stood still, and with
    it the whole server, which waits for the start (2026-11). `Popen` runs no Python between fork and start.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @classmethod
    def start(cls, command: Sequence[str]) -> Self:
        """Takes about a millisecond; raises OSError."""
        return cls(
            subprocess.Popen(  # noqa: S603 - our own program
                command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment(), start_new_session=True
            )
        )

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Send one request and read its answer. Raises OSError or ValueError when the process ends."""
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise AssertionError("the process is started with pipes")
        stdin.write(pack(request))
        stdin.flush()
        size = int.from_bytes(_exactly(stdout, LENGTH_BYTES), "big")
        if size > MAX_MESSAGE_BYTES:
            raise ValueError("an answer longer than any real one")
        reply: dict[str, Any] = json.loads(_exactly(stdout, size))
        return reply

    def kill(self) -> None:
        """End the process at once; whoever asks it something gets an OSError. From any thread."""
        self._process.kill()

    def reap(self) -> None:
        """Wait for the end of a killed process, and close its pipes."""
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):  # what was not read any more
                    pipe.close()


def serve(answer: Callable[[dict[str, Any]], Mapping[str, Any]], requests: BinaryIO, replies: BinaryIO) -> int:
    """The inside of such a process: answer requests until they end; returns the exit status."""
    while len(head := requests.read(LENGTH_BYTES)) == LENGTH_BYTES:
        size = int.from_bytes(head, "big")
        if size > MAX_MESSAGE_BYTES:
            return 1
        replies.write(pack(answer(json.loads(requests.read(size)))))
        replies.flush()
    return 0


def command_of(module: str, flag: str) -> list[str]:
    """How to start a helper from this process: as a module, in a frozen build by a flag (`__main__` knows them)."""
    if getattr(sys, "frozen", False):
        return [sys.executable, flag]
    # -P keeps the working directory, which may hold foreign files, out of the import path.
    return [sys.executable, "-P", "-s", "-m", module]


def environment() -> dict[str, str]:
    """The whole environment of a helper: no secret of the server is in it."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    root = str(Path(__file__).resolve().parents[2])
    # One thread: the pool is the parallelism, and each thread of OpenBLAS would reserve 32 MB.
    return {**kept, "PYTHONPATH": root, "PYTHONUTF8": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def _exactly(stream: IO[bytes], size: int) -> bytes:
    """So many bytes; raises BrokenPipeError when the process has ended."""
    found = stream.read(size)
    if len(found) < size:
        raise BrokenPipeError("the process ended before its answer did")
    return found
