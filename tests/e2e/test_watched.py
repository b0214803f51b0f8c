"""Watched folders in the browser: added, looked at, paused, removed."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.desk import note
from tests.e2e.conftest import go
from tests.e2e.looking import barriers
from tests.e2e.served import Server


@pytest.mark.usefixtures("library")
def test_a_folder_is_watched_and_what_it_brings_is_told(page: Page, tmp_path: Path) -> None:
    folder = tmp_path / "watched notes"
    note(folder / "2026-03-01.md", "Seen by itself")
    go(page, "/imports")
    section = page.get_by_role("region", name="Watched folders")
    section.get_by_role("button", name="Watch a folder").click()
    dialog = page.get_by_role("dialog", name="Watch a folder")
    dialog.get_by_role("textbox").fill(str(folder))
    page.keyboard.press("Enter")
    expect(dialog.get_by_text("watched notes").first).to_be_visible()
    assert barriers(page) == []
    dialog.get_by_role("combobox", name="How often").select_option("15")
    dialog.get_by_role("button", name="Watch this folder").click()
    row = section.get_by_role("listitem").filter(has_text="watched notes")
    expect(row.get_by_role("link", name="1 new memory")).to_be_visible()
    expect(row).to_contain_text("every quarter of an hour")
    row.get_by_role("button", name="Pause").click()
    expect(row.get_by_text("Paused")).to_be_visible()
    assert barriers(page) == []
    row.get_by_role("button", name="Watch no more").click()
    expect(row).to_have_count(0)


def test_the_section_fits_a_phone(library: Server, page: Page, tmp_path: Path) -> None:
    folder = tmp_path / "a folder with a name that is rather long"
    folder.mkdir()
    with library.client() as client:
        made = client.post("/api/v1/watched-folders", {"path": str(folder)})
    page.set_viewport_size({"width": 360, "height": 740})
    go(page, "/imports")
    expect(page.get_by_role("region", name="Watched folders").get_by_role("listitem")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with library.client() as client:
        client.delete(f"/api/v1/watched-folders/{made['id']}")
