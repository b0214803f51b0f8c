# One word for each thing that is done to this project; `just` alone lists them.
# `just` itself comes with the development packages: `uv run just WORD`.

set shell := ["bash", "-euo", "pipefail", "-c"]

_list:
    @just --list --unsorted

# Install everything, as locked, and the commit hooks.
setup:
    uv sync --locked
    if [ -d .git ]; then uv run pre-commit install; fi

# Repair what can be repaired: lint and format.
fix:
    uv run ruff check --fix
    uv run ruff format

# All rules that need no test run: style, types, rooms, security, lock, house rules.
check:
    uv run ruff check
    uv run ruff format --check
    uv run mypy
    uv run lint-imports --config importlinter.ini
    uv run bandit --quiet --recursive timeline_local --configfile pyproject.toml
    uv lock --check
    uv run pytest tests/house

# The README's test command: everything but the browser and the slow tests.
test *args:
    uv run pytest {{ args }}

# Every test there is, with coverage; fails under 90 % by branch.
test-all:
    uv run pytest -m "not e2e" --cov --cov-report=term
    just test-e2e

# What happens when things go wrong: killed processes, hostile and broken files, refused starts.
test-faults *args:
    uv run pytest -m "not e2e" -k "kill or crash or malformed or bomb or damaged or hostile or broken or refus" {{ args }}

# More than 20,000 requests made from the API's description, on each database; every check of schemathesis.
test-fuzz *args:
    uv run pytest -m "not e2e" tests/fuzz tests/api/test_hostile_input.py {{ args }}

# A real browser against a real server; needs Chromium.
test-e2e *args:
    uv run pytest -p no:randomly -m e2e tests/e2e {{ args }}

# A real tray: an X server without a screen, a panel, a session bus; needs xvfb, trayer, xdotool and dbus.
test-desktop *args:
    uv run pytest -p no:randomly -m desktop tests/desktop {{ args }}

# Write the generated pages: docs/settings.md and docs/cli.md.
docs:
    uv run python tools/settings_page.py
    uv run python -m timeline_local.cli.reference > docs/cli.md

# Ratios against a bare server on the same machine in the same run.
bench *args:
    uv run python -m bench {{ args }}

# A Google Takeout imported, killed twenty times, undone, and set against copying alone (`--items 100000 --kb 16`).
bench-import *args:
    uv run python -m bench.importing {{ args }}

# Many clients of one server for minutes: no failure of ours, nothing locked, no edit lost (`--minutes 5 --clients 64`).
bench-mixed *args:
    uv run python -m bench.mixed {{ args }}

# A server told to end at random moments of its work, also after it stood still (`--rounds 200`): in time, nothing lost.
bench-ending *args:
    uv run python -m bench.ending {{ args }}

# What time tells a stranger, what guesses and slow clients cost others, and what a broken Redis does (`--seconds 60`).
bench-trust *args:
    uv run python -m bench.trust {{ args }}

# Build the wheel, install it into a fresh environment and run it.
package:
    rm -rf dist/timeline_local-*
    uv build --quiet
    uv run python -m tools.smoke_package dist

# The self-contained application of this system, without Python: build/timeline-local/.
build:
    uv run python -m tools.packaging.build

# The archive and the Debian package of what `build` made, in dist/; then both are installed, used and removed.
installers:
    uv run python -m tools.packaging.installers
    uv run python -m tools.smoke_installers

# Use what `build` made as a person would, where there is no Python.
smoke:
    uv run python -m tools.smoke_frozen
