"""From nothing to a timeline: the first run, an import with everything that can be done to it, and leaving it again."""

from __future__ import annotations

import re
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewContext, Watch, go, sign_in
from tests.e2e.pictures import JOURNEYS, write_life, write_small
from tests.e2e.served import API, Server, settled
from timeline_local.desktop.launcher import _parsed, target_of


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of this test alone: each of these journeys starts from nothing."""
    running = Server(tmp_path)
    yield running
    running.close()


@pytest.fixture
def empty(server: Server, new_context: NewContext) -> Page:
    """A signed-in page of an empty library whose first run is over."""
    with server.client() as client:
        client.patch(f"{API}/settings", {"setup_done": True, "home_zone": "Europe/Amsterdam"})
    return sign_in(new_context(), server)


def import_id(page: Page) -> str:
    """The import whose page is open."""
    return page.url.partition("/imports/")[2].partition("?")[0]


def choose(page: Page, folder: Path) -> None:
    """On the way in: type the folder's path and ask for the plan."""
    expect(page.locator(".picker-crumbs")).to_be_visible()
    page.get_by_label("Folder path").fill(str(folder))
    page.get_by_role("button", name="Go", exact=True).click()
    expect(page.locator(".choice-bar-text b")).to_have_text(folder.name)
    page.get_by_role("button", name="Preview this folder").click()


def memories(server: Server) -> int:
    with server.client() as client:
        return int(client.get(f"{API}/bootstrap")["memories"])


def test_the_first_run_leads_from_a_name_to_a_full_timeline(
    server: Server, new_context: NewContext, tmp_path: Path
) -> None:
    folder = tmp_path / "Pictures"
    write_life(folder, (JOURNEYS[3],))
    page = sign_in(new_context(), server)
    expect(page).to_have_url(re.compile("/setup$"))
    assert "ticket" not in page.url
    expect(page.get_by_role("heading", name="This is yours")).to_be_visible()
    page.get_by_label("Your name").fill("Ada")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="It lives on this computer")).to_be_visible()
    expect(page.get_by_text(str(server.data))).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Pictures").click()
    page.get_by_role("button", name="2026").click()
    page.get_by_role("button", name="Easter").click()
    expect(page.locator(".choice-bar-text")).to_contain_text("7 photos and videos")
    page.get_by_role("button", name="Preview this folder").click()
    expect(page.get_by_role("heading", name="Preview", level=1)).to_be_visible()
    assert memories(server) == 0
    page.get_by_role("button", name="Import 7 memories").click()
    expect(page.get_by_role("heading", name="Import finished")).to_be_visible()
    page.get_by_role("link", name="Show on the timeline").click()
    expect(page.locator("#feed .tile")).to_have_count(7)
    expect(page.locator("#feed img").first).to_be_visible()
    page.reload()
    expect(page.locator("#feed .tile")).to_have_count(7)
    assert len(list(folder.rglob("*.jpg"))) == 7


def test_the_first_run_lets_the_library_live_elsewhere_and_leaves_only_a_sign(
    server: Server, new_context: NewContext, watch: Watch, tmp_path: Path
) -> None:
    watch.expects_an_end()
    elsewhere = tmp_path / "Documents" / "library"
    elsewhere.parent.mkdir()
    page = sign_in(new_context(), server)
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Choose another folder or disk").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Documents").click()
    expect(dialog.get_by_label("Folder", exact=True)).to_have_value(str(elsewhere))
    expect(dialog.get_by_text("are free on this disk")).to_be_visible()
    dialog.get_by_role("button", name="Keep it here").click()
    expect(page.locator(".library-card .path")).to_have_text(str(elsewhere))
    assert (elsewhere / "timeline.db").exists()
    until = time.monotonic() + 60
    while [path.name for path in server.data.iterdir()] != ["library.json"]:
        assert time.monotonic() < until
        time.sleep(0.1)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("button", name="Start with an empty timeline")).to_be_visible()


def test_what_was_written_during_setup_is_on_the_timeline_at_once(server: Server, new_context: NewContext) -> None:
    page = sign_in(new_context(), server)
    expect(page.get_by_role("heading", name="This is yours")).to_be_visible()
    with server.client() as client:
        client.patch(f"{API}/settings", {"setup_done": True, "home_zone": "Europe/Amsterdam"})
        client.post(f"{API}/memories", {"kind": "note", "body": "Written meanwhile."})
    page.evaluate("document.body.appendChild(Object.assign(document.createElement('a'), {href: '/timeline'})).click()")
    expect(page.locator("#feed .tile")).to_have_count(1)


def test_an_import_shows_its_progress_and_survives_a_closed_tab(empty: Page, server: Server, tmp_path: Path) -> None:
    write_small(tmp_path / "many", 600)
    go(empty, "/imports/new")
    choose(empty, tmp_path / "many")
    empty.get_by_role("button", name="Import 600 memories").click()
    expect(empty.get_by_role("heading", name=re.compile("Importing|Import finished"))).to_be_visible()
    context, address = empty.context, empty.url
    empty.close()
    page = context.new_page()
    page.goto(address)
    expect(page.get_by_role("heading", name="Import finished")).to_be_visible(timeout=90_000)
    assert memories(server) == 600
    go(page, "/jobs")
    expect(page.get_by_text("600 of 600").first).to_be_visible()


def test_an_import_can_be_paused_and_goes_on(empty: Page, server: Server, tmp_path: Path) -> None:
    write_small(tmp_path / "many", 1200)
    go(empty, "/imports/new")
    choose(empty, tmp_path / "many")
    empty.get_by_role("button", name="Import 1,200 memories").or_(
        empty.get_by_role("button", name="Import 1200 memories")
    ).click(timeout=60_000)
    empty.get_by_role("button", name="Pause").click()
    expect(empty.get_by_role("button", name="Resume")).to_be_visible()
    assert memories(server) < 1200
    empty.get_by_role("button", name="Resume").click()
    expect(empty.get_by_role("heading", name="Import finished")).to_be_visible(timeout=90_000)
    assert memories(server) == 1200


def test_an_import_can_be_undone_and_leaves_the_library_as_it_was(empty: Page, server: Server, pictures: Path) -> None:
    go(empty, "/imports/new")
    choose(empty, pictures)
    empty.get_by_role("button", name=re.compile("^Import \\d+ memories")).click()
    expect(empty.get_by_role("heading", name="Import finished")).to_be_visible(timeout=60_000)
    empty.get_by_role("button", name="Undo this import").click()
    empty.get_by_role("dialog").get_by_role("button", name="Undo this import").click()
    expect(empty.get_by_role("heading", name="Import undone")).to_be_visible(timeout=60_000)
    assert memories(server) == 0
    go(empty, "/timeline")
    expect(empty.get_by_role("heading", name="Your timeline starts here")).to_be_visible()


def test_the_same_folder_again_has_nothing_new(empty: Page, server: Server, pictures: Path) -> None:
    found = server.import_folder(pictures)["counts"]["new"]
    go(empty, "/imports/new")
    choose(empty, pictures)
    expect(empty.get_by_text("Everything here is already on your timeline.")).to_be_visible()
    assert memories(server) == found


def test_originals_can_be_left_in_place(empty: Page, server: Server, pictures: Path) -> None:
    go(empty, "/imports/new")
    choose(empty, pictures)
    empty.get_by_text("Leave in place").click()
    empty.get_by_role("button", name=re.compile("^Import \\d+ memories")).click()
    expect(empty.get_by_role("heading", name="Import finished")).to_be_visible(timeout=60_000)
    copies = [path for path in (server.data / "media").rglob("*") if path.is_file()]
    assert copies == []
    go(empty, "/timeline")
    expect(empty.locator("#feed img").first).to_be_visible()


def test_the_zips_of_an_export_are_chosen_by_themselves(
    empty: Page, server: Server, pictures: Path, tmp_path: Path
) -> None:
    files = sorted(pictures.rglob("*.jpg"))[:4]
    for number, part in enumerate((files[:2], files[2:]), 1):
        with zipfile.ZipFile(tmp_path / f"takeout-1Z-00{number}.zip", "w") as archive:
            for file in part:
                archive.write(file, f"Takeout/{file.name}")
    (tmp_path / "2019-06-14.md").write_text("not chosen")
    go(empty, "/imports/new")
    expect(empty.locator(".picker-crumbs")).to_be_visible()
    empty.get_by_label("Folder path").fill(str(tmp_path))
    empty.get_by_role("button", name="Go", exact=True).click()
    for number in (1, 2):
        empty.get_by_role("button", name=f"takeout-1Z-00{number}.zip").click()
    empty.get_by_role("button", name="Preview 2 files").click()
    expect(empty.get_by_text("lie in archives and are copied in any case.")).to_be_visible()
    expect(empty.get_by_text("Leave in place")).to_have_count(0)
    with empty.expect_download() as report:
        empty.get_by_role("button", name="Report as a table").click()
    assert report.value.suggested_filename.endswith(".csv")
    empty.get_by_role("button", name="Import 4 memories").click()
    expect(empty.get_by_role("heading", name="Import finished")).to_be_visible(timeout=60_000)
    assert memories(server) == 4


def test_dropped_files_become_memories(empty: Page, server: Server, pictures: Path) -> None:
    files = sorted(pictures.rglob("*.jpg"))[:3]
    go(empty, "/imports/new")
    empty.locator(".side input[type=file]").set_input_files(files)
    empty.get_by_role("button", name="Import 3 memories").click()
    expect(empty.get_by_role("heading", name="Import finished")).to_be_visible()
    assert memories(server) == 3


def test_an_empty_timeline_offers_the_first_memory(empty: Page) -> None:
    go(empty, "/timeline")
    empty.get_by_role("link", name="Write your first memory").click()
    empty.get_by_label("What happened").fill("The first thing I want to keep.")
    empty.get_by_role("button", name="Save").click()
    expect(empty).to_have_url(re.compile("/m/"))
    expect(empty.locator(".paper")).to_contain_text("The first thing I want to keep.")


def test_real_pictures_of_many_cameras_all_come_in(empty: Page, server: Server) -> None:
    media = Path(__file__).resolve().parents[3] / "shared" / "corpora" / "media"
    if not media.exists():
        pytest.skip("the shared corpora are not beside this checkout")
    go(empty, "/imports/new")
    choose(empty, media)
    empty.get_by_role("button", name=re.compile("^Import \\d+ memories")).click(timeout=60_000)
    expect(empty.get_by_role("heading", name="Import finished")).to_be_visible(timeout=90_000)
    with server.client() as client:
        done = settled(client, import_id(empty))
    assert done["counts"]["failed"] == 0
    assert done["counts"]["new"] > 20
    go(empty, "/timeline")
    expect(empty.locator("#feed img").first).to_be_visible(timeout=60_000)


def test_an_export_opened_with_the_program_is_shown_itself(empty: Page, server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "Downloads"
    folder.mkdir()
    for name in ("Takeout-001.zip", "Takeout-002.zip", "other.zip"):
        with zipfile.ZipFile(folder / name, "w") as archive:
            archive.writestr(f"notes/{name}.md", f"# {name}")
    opened = target_of(_parsed([str(folder / "Takeout-001.zip"), str(folder / "Takeout-002.zip")]))
    assert opened
    go(empty, opened)
    expect(empty.locator(".choice-bar-text b")).to_have_text("Takeout-001.zip, Takeout-002.zip")
    expect(empty.get_by_role("button", name="other.zip")).to_have_attribute("aria-pressed", "false")
    empty.get_by_role("button", name=re.compile("Preview")).click()
    expect(empty).to_have_url(re.compile("/imports/[0-9a-f-]{36}"))
    with server.client() as client:
        plan = settled(client, import_id(empty))["plan"]
    assert plan["total"] == 2
