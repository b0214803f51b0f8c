"""The browser's core modules are tested by node, which Playwright brings along: nobody has to install it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import playwright
import pytest

HERE = Path(__file__).parent
NODE = Path(playwright.__file__).parent / "driver" / ("node.exe" if sys.platform == "win32" else "node")


@pytest.mark.parametrize("suite", sorted(path.name for path in HERE.glob("*.test.mjs")))
def test_the_core_of_the_web_ui_does_what_its_sentences_say(suite: str) -> None:
    done = subprocess.run(
        [str(NODE), "--import", "./setup.mjs", "--test", "--test-reporter=tap", suite],
        cwd=HERE,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
