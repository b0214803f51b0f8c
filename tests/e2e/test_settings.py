"""Settings and what guards the door: theme, keys, a browser that is not signed in."""

from __future__ import annotations

import http.client
import json
import re
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import NewContext, Watch, go, sign_in
from tests.e2e.served import API, Server
from timeline_local.core.local_client import launch_page, write_launch_file
from timeline_local.core.private_files import write_private
from timeline_local.desktop.pages import starting_page, stopped_page

# As when the stream of events comes back; the module is the one that the page has loaded.
ASK_ANEW = """() => {
  const [path] = [...document.scripts].map((each) => each.src).filter((each) => each.endsWith('/core/theme.js'));
  window.asked = import(path.replace('theme.js', 'session.js')).then((session) => session.refreshBootstrap());
}"""


def status_with(server: Server, key: str) -> int:
    """What the API answers to this key."""
    with closing(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)) as connection:
        connection.request("GET", f"{API}/memories", headers={"Authorization": f"Bearer {key}"})
        return connection.getresponse().status


@pytest.mark.parametrize(("theme", "background"), [("Dark", "rgb(20, 19, 18)"), ("Light", "rgb(251, 249, 245)")])
def test_a_theme_is_kept(page: Page, theme: str, background: str) -> None:
    go(page, "/settings")
    page.locator("label").filter(has=page.get_by_role("radio", name=theme)).click()
    expect(page.locator("html")).to_have_attribute("data-theme", theme.lower())
    expect(page.get_by_text("Saved").first).to_be_visible()
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", theme.lower())
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == background


def test_what_is_saved_while_the_page_asks_anew_stays(page: Page) -> None:
    """The answer was made before the settings were saved, and comes after it."""
    go(page, "/settings")
    light = page.locator("label").filter(has=page.get_by_role("radio", name="Light"))
    light.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    with page.expect_response("**/api/v1/bootstrap") as told:
        page.evaluate(ASK_ANEW)
    held: list[Route] = []
    page.route("**/api/v1/bootstrap", lambda route: held.append(route))  # noqa: PLW0108 - Playwright asks for its arguments
    with page.expect_request("**/api/v1/bootstrap"):
        page.evaluate(ASK_ANEW)
    page.locator("label").filter(has=page.get_by_role("radio", name="Dark")).click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    (route,) = held
    route.fulfill(json=told.value.json())
    page.evaluate("() => window.asked")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_places_are_named_in_the_language_that_was_chosen(page: Page, library: Server) -> None:
    with library.client() as client:
        made = client.get(f"{API}/memories", q="in:CH", limit=1)["items"][0]
    go(page, f"/m/{made['id']}")
    expect(page.locator(".info")).to_contain_text("Switzerland")
    go(page, "/settings")
    with page.expect_navigation():  # read again in the other language
        page.get_by_label("Names of places").select_option(label="Deutsch")
    go(page, f"/m/{made['id']}")
    expect(page.locator(".info")).to_contain_text("Schweiz")
    go(page, "/settings")
    with page.expect_navigation():
        page.get_by_label("Names of places").select_option(label="As the browser asks")
    go(page, f"/m/{made['id']}")
    expect(page.locator(".info")).to_contain_text("Switzerland")


def test_a_key_is_shown_once_and_dies_at_once(page: Page, library: Server) -> None:
    go(page, "/settings")
    page.get_by_role("button", name="New API key").click()
    page.get_by_label("Name", exact=True).fill("backup script")
    page.get_by_role("button", name="Create key").click()
    field = page.locator("#new-api-key")
    expect(field).to_have_value(re.compile("^tl_"))
    key = field.input_value()
    assert status_with(library, key) == 200
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_text("backup script")).to_be_visible()
    assert key not in page.content()
    page.reload()
    expect(page.get_by_text("backup script")).to_be_visible()
    assert key not in page.content()
    page.get_by_role("button", name="Revoke: backup script").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("“backup script” no longer works")).to_be_visible()
    assert status_with(library, key) == 401


def test_a_setting_is_found_by_typing(page: Page) -> None:
    go(page, "/settings")
    expect(page.locator(".settings-section")).not_to_have_count(0)
    page.get_by_role("searchbox", name="Find a setting").fill("time zone")
    expect(page.locator("#general")).to_be_visible()
    expect(page.locator("#look")).to_have_count(0)
    page.get_by_role("searchbox", name="Find a setting").fill("qq")
    expect(page.get_by_text("No setting found")).to_be_visible()


def test_a_browser_without_a_ticket_learns_nothing(new_context: NewContext, watch: Watch, library: Server) -> None:
    watch.expects("401")
    page = new_context().new_page()
    page.goto(library.address().partition("#")[0])
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    assert page.locator("img").count() == 0


def test_a_ticket_works_once(new_context: NewContext, watch: Watch, library: Server) -> None:
    watch.expects("401|403|400|410|422")
    address = library.address()
    first = new_context().new_page()
    first.goto(address)
    expect(first.locator("h1").first).to_be_attached()
    second = new_context().new_page()
    second.goto(address)
    expect(second.get_by_role("heading", name="Welcome back")).to_be_visible()


def test_a_tab_that_waits_for_the_start_goes_on_by_itself(
    new_context: NewContext, library: Server, tmp_path: Path
) -> None:
    file = write_launch_file(starting_page("09:00"), tmp_path / "launch")
    page = new_context().new_page()
    page.goto(file.as_uri())
    expect(page.get_by_role("heading", name="Timeline Local is starting")).to_be_visible()
    write_private(file, launch_page(library.address()).encode())
    expect(page.locator(".topbar, header").first).to_be_visible()
    expect(page).to_have_url(re.compile(rf"^http://[^/]+:{library.port}/"))
    assert "ticket" not in page.url


def test_a_tab_that_waits_is_told_of_a_refused_start(new_context: NewContext, tmp_path: Path) -> None:
    file = write_launch_file(starting_page("09:00"), tmp_path / "launch")
    page = new_context().new_page()
    page.goto(file.as_uri())
    refused = stopped_page(
        "Timeline Local did not start", "Run `chmod 700 '/x'` & start <again>.", tmp_path / "library"
    )
    write_private(file, refused.encode())
    expect(page.get_by_role("heading", name="Timeline Local did not start")).to_be_visible()
    expect(page.locator("main")).to_contain_text("Run chmod 700 '/x' & start <again>.")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(251, 249, 245)"


def test_the_reference_of_the_api_opens_under_its_policy(page: Page) -> None:
    page.goto("/".join(page.url.split("/", 3)[:3]) + "/docs")
    expect(page.locator("h1").first).to_be_visible()
    expect(page.get_by_text("/api/v1/memories").first).to_be_visible()


def test_signing_in_does_not_leave_the_ticket_in_the_address(new_context: NewContext, library: Server) -> None:
    page = sign_in(new_context(), library)
    assert "ticket" not in page.url
    assert (
        page.evaluate("performance.getEntriesByType('resource').filter((one) => one.name.includes('ticket=')).length")
        == 0
    )


def test_a_copy_of_ones_data_is_made_fetched_and_removed(page: Page) -> None:
    go(page, "/settings/exports")
    page.get_by_role("button", name="New export").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("radio", name="Memories, one JSON per line").check()
    dialog.get_by_label("Only what this search finds").fill("kind:note")
    dialog.get_by_role("button", name="Make the export").click()
    link = page.locator("#exports").get_by_role("link", name="Download")
    expect(link).to_be_visible(timeout=60_000)
    with page.expect_download() as fetched:
        link.click()
    lines = [json.loads(line) for line in fetched.value.path().read_text("utf-8").splitlines()]
    assert {one["kind"] for one in lines if "kind" in one} == {"note"}
    page.get_by_role("button", name=re.compile("^Remove the export")).click()
    expect(page.get_by_text("The export is removed.")).to_be_visible()
    expect(link).to_have_count(0)


def test_upkeep_runs_and_says_when_it_is_done(page: Page) -> None:
    go(page, "/admin/maintenance")
    task = page.get_by_role("listitem").filter(has_text="Verify the library")
    task.get_by_role("button").click()
    expect(task.get_by_text("Done", exact=True)).to_be_visible(timeout=60_000)
    expect(task.get_by_role("alert")).to_have_count(0)


def test_this_computer_is_switched_and_its_diagnostics_are_shown(page: Page, library: Server) -> None:
    go(page, "/settings/computer")
    section = page.locator("#computer")
    pause = section.get_by_role("switch", name="Pause background work")
    expect(pause).not_to_be_checked()
    pause.click(force=True)  # is what it was until it is saved
    expect(section.get_by_text("Background work is paused")).to_be_visible()
    with library.client() as client:
        assert client.get(f"{API}/system")["paused"] is True
        client.patch(f"{API}/system", {"paused": False})
    expect(pause).not_to_be_checked()  # the page hears of it
    section.get_by_role("button", name="Show diagnostics").click()
    expect(section.get_by_text("version: ")).to_be_visible()


def test_a_port_that_another_program_has_is_told(page: Page, library: Server) -> None:
    with library.client() as client:
        told = client.get(f"{API}/system")
    assert (told["port"], told["moved_port"]) == (library.port, None)
    page.route("**/api/v1/system", lambda route: route.fulfill(json=told | {"moved_port": 8765}))
    go(page, "/settings/computer")
    expect(page.locator("#computer")).to_contain_text(
        f"Port 8765 is taken by another program, so your timeline is at port {library.port} this time"
    )


def test_the_library_moves_to_another_folder_while_it_is_open(
    tmp_path: Path, new_context: NewContext, watch: Watch
) -> None:
    watch.expects_an_end()
    server = Server(tmp_path)
    try:
        with server.client() as client:
            client.patch(f"{API}/settings", {"setup_done": True})
        page = sign_in(new_context(), server)
        go(page, "/settings/library")
        page.get_by_role("button", name="Move to another folder or disk").click()
        dialog = page.get_by_role("dialog")
        field = dialog.get_by_label("Folder", exact=True)
        expect(field).to_have_value(re.compile("/library$"))
        field.fill(str(server.data / "inside"))
        dialog.get_by_role("button", name="Check this folder").click()
        expect(dialog.get_by_role("alert")).to_contain_text("inside the library")
        watch.expects(r"422 \(Unprocessable")
        field.fill(str(tmp_path / "disk" / "Timeline"))
        dialog.get_by_role("button", name="Check this folder").click()
        expect(dialog.get_by_text("will be moved")).to_be_visible()
        dialog.get_by_role("button", name="Move the library").click()
        expect(page.locator(".library-card .path")).to_have_text(str(tmp_path / "disk" / "Timeline"))
        expect(page.get_by_role("heading", name="Other libraries")).to_be_visible()
    finally:
        server.close()


def test_the_tray_asks_in_the_browser_whether_to_quit(page: Page) -> None:
    job = {"id": "0199a5c2-f3b7-7e5d-a1a0-c4a19a5c2f3b", "kind": "import", "state": "running"}
    running = job | {"progress": {"done": 62, "total": 100}}
    page.route("**/api/v1/jobs?state=running", lambda route: route.fulfill(json={"items": [running]}))
    go(page, "/settings/computer?quit=1")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("62 %")
    expect(dialog).to_contain_text("goes on the next time")
    expect(dialog.get_by_role("button", name="Quit; go on next time")).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    expect(page).to_have_url(re.compile("/settings/computer$"))
