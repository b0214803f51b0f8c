"""The pages about exports: found by the name of a program, one click from where an import begins."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import go

pytestmark = pytest.mark.usefixtures("library")


def test_a_program_is_found_by_its_name_and_its_page_says_how_to_get_the_export(page: Page) -> None:
    go(page, "/imports/new")
    page.get_by_role("link", name="See all of them").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What can be brought in")
    rows = page.get_by_role("main").get_by_role("listitem")
    expect(rows.filter(has_text="Simplenote")).to_be_visible()
    page.get_by_role("searchbox", name="Find a program").fill("classic day")
    expect(rows).to_have_count(1)
    rows.get_by_role("link", name="Day One").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Day One")
    expect(page.get_by_text("In Day One, choose File")).to_be_visible()
    expect(page.get_by_role("table")).to_be_visible()


def test_a_program_that_nobody_knows_leads_to_a_file_of_ones_own(page: Page) -> None:
    go(page, "/guides")
    page.get_by_role("searchbox", name="Find a program").fill("xyzzy")
    page.get_by_role("link", name="How to write one").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("mapping")


def test_a_folder_that_nobody_can_read_leads_to_what_can_be_brought_in(page: Page, tmp_path: Path) -> None:
    (tmp_path / "odd.xyz").write_bytes(b"\x00\x01\x02")
    go(page, f"/imports/new?path={tmp_path}")
    page.get_by_role("button", name="Preview this folder").click()
    expect(page.get_by_text("Choose the folder that holds your pictures")).to_be_visible()
    page.get_by_role("link", name="See all of them").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What can be brought in")
