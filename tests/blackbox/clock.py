"""A server whose wall clock can be set, as the owner of a computer or a wrong time server sets it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

# Adds the seconds in a file to the wall clock of the process that it is loaded into; the monotonic one is never set.
_CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t clock, struct timespec *at) {
  int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
  int status = real(clock, at);
  int file = clock == CLOCK_REALTIME ? open(getenv("CLOCK_FILE"), O_RDONLY) : -1;
  if (file >= 0) {
    char text[32] = {0};
    if (read(file, text, 31) > 0) at->tv_sec += atol(text);
    close(file);
  }
  return status;
}
"""


class Clock:
    """What is added to the wall clock of the servers that are started with its settings."""

    def __init__(self, folder: Path) -> None:
        """Skips the test where it cannot be done."""
        compiler, shim, self._file = shutil.which("cc"), folder / "clock.so", folder / "clock"
        if compiler is None or not sys.platform.startswith("linux"):
            pytest.skip("only with a C compiler, on Linux, can the clock of one process be set")
        subprocess.run([compiler, "-shared", "-fPIC", "-x", "c", "-o", shim, "-"], input=_CLOCK, text=True, check=True)
        self.settings: Mapping[str, str] = {"LD_PRELOAD": str(shim), "CLOCK_FILE": str(self._file)}
        self.move(0)

    def move(self, seconds: float) -> None:
        """Set it to so many seconds after the true time."""
        self._file.write_text(f"{seconds:.0f}")
