"""What importing a room loads: measured in a fresh interpreter, by what stands in sys.modules afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache

import pytest

from tests.house.code import PACKAGE

SERVER = {"fastapi", "starlette", "sqlalchemy", "uvicorn", "alembic", "pydantic"}
DECODERS = {"PIL", "av", "rawpy", "pi_heif", "tzfpy"}


def _loaded_by(*names: str) -> set[str]:
    """The top-level packages that importing these modules loads."""
    return {name.partition(".")[0] for name in _modules_loaded_by(*names)}


@cache
def _modules_loaded_by(*names: str) -> frozenset[str]:
    code = f"import sys, json; {'; '.join(f'import {name}' for name in names)}; print(json.dumps(sorted(sys.modules)))"
    # Without what would measure it: that loads modules of its own.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    return frozenset(json.loads(done.stdout.splitlines()[-1]))


def _modules_of(room: str) -> list[str]:
    files = sorted((PACKAGE / room).rglob("*.py"))
    names = (".".join(("timeline_local", *file.relative_to(PACKAGE).with_suffix("").parts)) for file in files)
    return [name.removesuffix(".__init__") for name in names]


def test_the_tray_does_not_load_the_server() -> None:
    assert _loaded_by(*_modules_of("desktop")) & {"fastapi", "starlette", "sqlalchemy", "uvicorn", "alembic"} == set()


def test_the_domain_loads_nothing_but_the_standard_library() -> None:
    foreign = _loaded_by(*_modules_of("domain")) - sys.stdlib_module_names - {"timeline_local"}
    assert {name for name in foreign if not name.startswith("_")} == set()


@pytest.mark.parametrize("module", ["timeline_local", "timeline_local.exceptions"])
def test_the_smallest_modules_load_no_library(module: str) -> None:
    assert _loaded_by(module) & (SERVER | DECODERS) == set()


def test_the_server_loads_no_decoder() -> None:
    assert _loaded_by("timeline_local.main") & DECODERS == set()


def test_the_server_loads_neither_migration_tool_nor_postgresql_until_it_is_needed() -> None:
    assert {"alembic", "asyncpg"} & _loaded_by("timeline_local.main") == set()


def test_the_server_does_not_load_every_source_until_something_is_imported() -> None:
    assert "timeline_local.importers.registry" not in _modules_loaded_by("timeline_local.main")
