"""Every setting is described, and docs/settings.md is what the settings say."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from tests.house.code import ROOT
from timeline_local.config import Settings, effective_settings


def test_every_setting_says_what_it_is_for(tmp_path: Path) -> None:
    rows = effective_settings(Settings(_env_file=None, data_dir=tmp_path))
    assert [row.name for row in rows if not row.description.endswith(".")] == []


def test_the_page_of_settings_is_what_the_settings_say() -> None:
    written = runpy.run_path(str(ROOT / "tools" / "settings_page.py"))["page"]()
    assert (ROOT / "docs" / "settings.md").read_text(encoding="utf-8") == written, "run `just docs`"


@pytest.mark.parametrize("name", ["TIMELINE_SERVER__PORT", "TIMELINE_DATABASE__URL", "TIMELINE_DATA_DIR"])
def test_the_page_names_settings_as_the_environment_does(name: str) -> None:
    assert f"| `{name}` |" in (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
