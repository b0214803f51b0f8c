"""A library of its own for each test, and the counting job that tests run in it."""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.config import load_settings
from timeline_local.runtime import Runtime, open_runtime

COUNTING = Path(__file__).with_name("counting.py")


@pytest.fixture(scope="session")
def counting() -> ModuleType:
    """The module beside this file: also run as a process, so not a test module."""
    spec = importlib.util.spec_from_file_location("counting", COUNTING)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Runtime]:
    runtime = await open_runtime(load_settings(data_dir=tmp_path / "library", environment="test"))
    yield runtime
    await runtime.close()
