"""The helpers of reading.py and packing.py for every test here."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="session")
def reading() -> ModuleType:
    """reading.py, loaded by its path: test folders are no packages."""
    return _loaded("reading")


@pytest.fixture(scope="session")
def packing() -> ModuleType:
    """packing.py, loaded in the same way."""
    return _loaded("packing")


def _loaded(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look up their annotations
    spec.loader.exec_module(module)
    return module
