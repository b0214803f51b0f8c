"""The desktop room speaks HTTP; it must start without loading the server."""

import subprocess
import sys

import pytest

HEAVY = ("fastapi", "starlette", "sqlalchemy", "uvicorn", "timeline_local.api", "timeline_local.runtime")
OURS = ("timeline_local.services", "timeline_local.models", "timeline_local.cli")


@pytest.mark.parametrize("module", ["timeline_local.desktop.launcher", "timeline_local.desktop.resident"])
def test_the_launcher_loads_nothing_of_the_server(module: str) -> None:
    program = f"import sys, {module}; print(sorted(set(sys.modules) & set({HEAVY + OURS!r})))"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_the_help_of_the_command_line_loads_nothing_of_the_server() -> None:
    program = (
        "import sys; from timeline_local.cli.app import run; run(['--help']);"
        f"print(sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "Commands:" in found.stdout
    assert found.stderr.strip() == "[]"
