"""Living in the timeline: scrolling, looking, writing, searching, throwing away and taking back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import PHONE, NewContext, Watch, go, sign_in
from tests.e2e.served import API, Server


def top(page: Page) -> float:
    """How far the timeline is scrolled, in pixels."""
    return float(page.evaluate("document.getElementById('feed').scrollTop"))


def first_seen(page: Page) -> list[float | str]:
    """The first tile of the window and where it stands."""
    found: list[float | str] = page.evaluate(
        """() => {
          const feed = document.getElementById('feed').getBoundingClientRect();
          for (const tile of document.querySelectorAll('#feed [data-p]')) {
            const box = tile.getBoundingClientRect();
            if (box.bottom > feed.top + 1) return [tile.dataset.p, box.top, box.left];
          }
          return [];
        }"""
    )
    return found


def settle(page: Page) -> None:
    page.wait_for_timeout(500)


def scroll(page: Page, pixels: int) -> None:
    page.mouse.move(700, 500)
    page.mouse.wheel(0, pixels)
    settle(page)


@pytest.fixture
def timeline(page: Page) -> Page:
    """The timeline, its first pictures there."""
    go(page, "/timeline")
    expect(page.locator("#feed .tile").first).to_be_visible()
    settle(page)
    return page


def write(
    page: Page, *, title: str, body: str, when: str = "", tags: str = "", files: list[Path] | None = None
) -> None:
    """Write a memory in the dialog that N opens."""
    page.keyboard.press("n")
    dialog = page.get_by_role("dialog", name="New memory")
    dialog.get_by_label("What happened").fill(body)
    dialog.get_by_label("Title").fill(title)
    if when:
        dialog.locator(".editor-chips .chips button").first.click()
        dialog.get_by_label("When did it happen?").fill(when)
    if tags:
        dialog.get_by_role("button", name="Tags").click()
        field = dialog.get_by_role("combobox", name="Tags").or_(dialog.get_by_role("textbox", name="Tags"))
        field.fill(tags)
        field.press("Enter")
    if files:
        dialog.locator("input[type=file]").set_input_files(files)
        expect(dialog.locator("figure img")).to_have_count(len(files))
        expect(dialog.locator("figure progress")).to_have_count(0)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)


def test_years_and_months_can_be_jumped_through(timeline: Page) -> None:
    slider = timeline.get_by_role("slider", name="Jump to a date")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("2026"))
    slider.focus()
    slider.press("PageDown")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("2025|2024|2021"))
    slider.press("End")
    expect(slider).to_have_attribute("aria-valuenow", "100")
    expect(slider).to_have_attribute("aria-valuetext", re.compile("2021"))
    slider.press("Home")
    settle(timeline)
    assert top(timeline) == 0


def test_the_scrubber_follows_the_pointer(timeline: Page) -> None:
    box = timeline.get_by_role("slider", name="Jump to a date").bounding_box()
    assert box is not None
    timeline.mouse.move(box["x"] + box["width"] / 2, box["y"] + 30)
    timeline.mouse.down()
    timeline.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.9, steps=12)
    timeline.mouse.up()
    settle(timeline)
    assert top(timeline) > 500
    expect(timeline.locator("#feed img").first).to_be_visible()


def test_a_day_can_be_gone_to(timeline: Page) -> None:
    timeline.keyboard.press("j")
    timeline.get_by_label("Day", exact=True).fill("2021-05-22")
    timeline.get_by_role("button", name="Go", exact=True).click()
    expect(timeline.get_by_role("heading", name=re.compile("22 May"))).to_be_visible()
    expect(timeline).to_have_url(re.compile(r"d=2021-05-2"))


def test_leaving_the_viewer_returns_to_the_same_pixel(timeline: Page) -> None:
    scroll(timeline, 900)
    before, seen = top(timeline), first_seen(timeline)
    timeline.mouse.click(600, 450)
    viewer = timeline.locator("dialog.viewer")
    expect(viewer.locator(".stage-img").last).to_be_visible()
    timeline.keyboard.press("ArrowRight")
    timeline.keyboard.press("ArrowRight")
    timeline.keyboard.press("i")
    expect(viewer.get_by_text("About this memory")).to_be_visible()
    timeline.keyboard.press("i")
    timeline.keyboard.press("Escape")
    expect(viewer).to_have_count(0)
    settle(timeline)
    assert (top(timeline), first_seen(timeline)) == (before, seen)
    expect(timeline.locator("#feed [data-p]:focus")).to_have_count(1)  # with the next frame


def test_a_reload_returns_to_the_same_pixel(timeline: Page) -> None:
    scroll(timeline, 1300)
    before = first_seen(timeline)
    timeline.reload()
    expect(timeline.locator("#feed .tile").first).to_be_visible()
    settle(timeline)
    assert first_seen(timeline) == before


def test_coming_back_from_another_screen_returns_to_the_same_pixel(timeline: Page) -> None:
    scroll(timeline, 1100)
    before = first_seen(timeline)
    timeline.get_by_role("link", name="Settings").click()
    expect(timeline.get_by_role("heading", name="Settings", level=1)).to_be_visible()
    timeline.go_back()
    expect(timeline.locator("#feed .tile").first).to_be_visible()
    settle(timeline)
    assert first_seen(timeline) == before


def test_a_favourite_made_in_the_viewer_is_kept(timeline: Page) -> None:
    timeline.locator("#feed .row .tile").first.click()
    heart = timeline.locator("dialog.viewer").get_by_role("button", name="Favourite")
    expect(timeline.get_by_role("link", name="Download the original")).to_be_visible()
    before = heart.get_attribute("aria-pressed")
    timeline.keyboard.press("f")
    after = "false" if before == "true" else "true"
    expect(heart).to_have_attribute("aria-pressed", after)
    settle(timeline)
    expect(timeline).to_have_url(re.compile("/m/"))
    timeline.reload()
    kept = timeline.get_by_role("main").get_by_role("button", name="Favourite")
    expect(kept).to_have_attribute("aria-pressed", after)


def test_a_back_dated_note_stands_on_its_day(timeline: Page, pictures: Path, library: Server) -> None:
    attachment = next(iter(sorted(pictures.rglob("*.jpg"))))
    write(
        timeline,
        title="Harbour lights",
        body="Counted **seven** boats. #boats",
        when="14 June 2018 9pm",
        tags="evening",
        files=[attachment],
    )
    with library.client() as client:
        found = client.get(f"{API}/memories", q='"Harbour lights"')["items"]
    assert [(one["local_at"][:16], sorted(one["tags"]), len(one["media"])) for one in found] == [
        ("2018-06-14T21:00", ["boats", "evening"], 1)
    ]
    go(timeline, "/timeline?d=2018-06-14")
    expect(timeline.get_by_role("heading", name="Thursday 14 June")).to_be_visible()
    expect(timeline.get_by_role("link", name=re.compile("Harbour lights"))).to_be_visible()


def test_a_memory_can_be_edited(timeline: Page, library: Server) -> None:
    write(timeline, title="Draft name", body="Some words.")
    with library.client() as client:
        found = client.get(f"{API}/memories", q='"Draft name"')["items"][0]
    go(timeline, f"/m/{found['id']}")
    timeline.get_by_role("button", name="Edit memory", exact=True).click()
    dialog = timeline.get_by_role("dialog", name="Edit memory")
    dialog.get_by_label("Title").fill("Final name")
    dialog.get_by_role("button", name="Save").click()
    expect(timeline.get_by_role("heading", name="Final name", level=1)).to_be_visible()
    with library.client() as client:
        assert client.get(f"{API}/memories/{found['id']}")["title"] == "Final name"


def test_words_are_found(timeline: Page) -> None:
    timeline.keyboard.press("/")
    timeline.keyboard.type("waterfalls")
    timeline.keyboard.press("Enter")
    expect(timeline.get_by_role("heading", name="1 memory")).to_be_visible()
    expect(timeline.get_by_role("link", name=re.compile("Ring road"))).to_be_visible()


def test_nothing_found_says_so(timeline: Page) -> None:
    go(timeline, "/search?q=xyzzyplugh")
    expect(timeline.get_by_role("heading", name=re.compile("Nothing found"))).to_be_visible()
    timeline.get_by_role("link", name="Show everything").click()
    expect(timeline.locator("#feed .tile").first).to_be_visible()


def test_kinds_can_be_filtered(timeline: Page) -> None:
    timeline.get_by_role("navigation", name="Show").get_by_role("link", name="Notes").click()
    expect(timeline).to_have_url(re.compile("kind=note"))
    expect(timeline.locator("#feed .tile").first).to_be_visible()
    expect(timeline.locator("#feed .tile:not(.words-note)")).to_have_count(0)


def test_what_is_thrown_away_can_come_back(timeline: Page, library: Server) -> None:
    write(timeline, title="Not needed", body="To be thrown away.", when="2017-03-03 10:00")
    go(timeline, "/search?q=%22Not+needed%22")
    timeline.get_by_role("link", name=re.compile("Not needed")).click()
    timeline.locator("dialog.viewer").get_by_role("button", name="Move to trash").click()
    expect(timeline.get_by_role("heading", name=re.compile("Nothing found"))).to_be_visible()
    go(timeline, "/trash")
    timeline.get_by_role("button", name="Restore Not needed").click()
    expect(timeline.get_by_role("heading", name="The trash is empty")).to_be_visible()
    with library.client() as client:
        assert [one["title"] for one in client.get(f"{API}/memories", q='"Not needed"')["items"]] == ["Not needed"]


def test_many_can_be_selected_and_thrown_away_with_a_way_back(timeline: Page, library: Server) -> None:
    with library.client() as client:
        before = client.get(f"{API}/bootstrap")["memories"]
    timeline.locator("#feed .row .tile").first.click(modifiers=["ControlOrMeta"])
    timeline.locator("#feed .row .tile").nth(3).click(modifiers=["Shift"])
    expect(timeline.get_by_text("4 selected")).to_be_visible()
    timeline.keyboard.press("Delete")
    expect(timeline.get_by_text("4 memories moved to the trash")).to_be_visible()
    timeline.get_by_role("button", name="Undo").click()
    expect(timeline.get_by_text("4 memories are back as they were")).to_be_visible()
    with library.client() as client:
        assert client.get(f"{API}/bootstrap")["memories"] == before


def test_the_keyboard_alone_is_enough(timeline: Page) -> None:
    timeline.keyboard.press("ArrowRight")
    timeline.keyboard.press("ArrowRight")
    expect(timeline.locator("#feed [data-p='1']")).to_be_focused()  # with the next frame
    timeline.keyboard.press("Enter")
    expect(timeline.locator("dialog.viewer")).to_be_visible()
    timeline.keyboard.press("Escape")
    expect(timeline.locator("dialog.viewer")).to_have_count(0)
    timeline.keyboard.press("Shift+?")
    expect(timeline.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    timeline.keyboard.press("Escape")
    expect(timeline.get_by_role("dialog")).to_have_count(0)
    timeline.keyboard.press("g")
    timeline.keyboard.press("i")
    expect(timeline.get_by_role("heading", name="Import", level=1)).to_be_visible()
    timeline.keyboard.press("g")
    timeline.keyboard.press("t")
    expect(timeline.locator("#feed .tile").first).to_be_visible()
    timeline.keyboard.press("n")
    expect(timeline.get_by_role("textbox", name="What happened")).to_be_focused()
    timeline.keyboard.type("Typed without a mouse.")
    timeline.keyboard.press("Control+Enter")
    expect(timeline.get_by_role("dialog", name="New memory")).to_have_count(0)


def test_shortcuts_sleep_while_one_types(timeline: Page) -> None:
    timeline.keyboard.press("/")
    timeline.keyboard.type("n t x delete")
    expect(timeline.get_by_role("combobox", name="Search your timeline")).to_have_value("n t x delete")
    expect(timeline.get_by_role("dialog")).to_have_count(0)


def test_the_list_shows_one_line_each(timeline: Page) -> None:
    timeline.get_by_role("button", name="List, one line each").click()
    settle(timeline)
    heights = timeline.locator("#feed [data-p]").evaluate_all("all => all.slice(0, 8).map((one) => one.offsetHeight)")
    timeline.get_by_role("button", name="Medium").click()
    assert max(heights) < 60


def test_a_phone_has_everything_in_reach(new_context: NewContext, library: Server) -> None:
    page = sign_in(new_context(viewport=PHONE), library)
    go(page, "/timeline")
    expect(page.locator("#feed .tile").first).to_be_visible()
    rail = page.get_by_role("navigation", name="Main").bounding_box()
    assert rail is not None
    assert rail["y"] > PHONE["height"] - 120
    page.locator("#feed .row .tile").first.click()
    expect(page.locator("dialog.viewer")).to_be_visible()
    page.go_back()
    expect(page.locator("dialog.viewer")).to_have_count(0)


def test_two_tabs_share_one_stream_of_events(new_context: NewContext, library: Server) -> None:
    context = new_context()
    streams: list[str] = []
    context.on("request", lambda request: streams.append(request.url) if "/api/v1/events" in request.url else None)
    page = sign_in(context, library)
    go(page, "/timeline")
    expect(page.locator("#feed .tile").first).to_be_visible()
    page.wait_for_timeout(1500)
    opened = len(streams)
    second = context.new_page()
    second.goto(page.url)
    expect(second.locator("#feed .tile").first).to_be_visible()
    second.wait_for_timeout(1500)
    assert len(streams) - opened == 0
    with library.client() as client:
        client.post(f"{API}/memories", {"title": "Seen in both", "body": "", "local_at": "2026-10-30T10:00:00"})
    expect(page.get_by_role("link", name=re.compile("Seen in both"))).to_be_visible()
    expect(second.get_by_role("link", name=re.compile("Seen in both"))).to_be_visible()


def test_a_lost_server_is_told_and_found_again(timeline: Page, watch: Watch, library: Server) -> None:
    watch.expects("Failed to load resource")
    watch.expects_an_end()
    library.stop()
    expect(timeline.locator(".banner")).to_be_visible(timeout=30_000)
    library.start()
    expect(timeline.locator(".banner")).to_have_count(0, timeout=30_000)
    scroll(timeline, 600)
    expect(timeline.locator("#feed img").first).to_be_visible()


def test_a_ride_is_shown_as_its_way_and_gives_its_recording_back(page: Page, library: Server, tmp_path: Path) -> None:
    points = "".join(f'<trkpt lat="46.{at}" lon="7.9"><time>1993-05-01T1{at}:00:00Z</time></trkpt>' for at in range(3))
    recording = f"<gpx><trk><name>Over the pass</name><trkseg>{points}</trkseg></trk></gpx>".encode()
    (tmp_path / "pass.gpx").write_bytes(recording)
    library.import_folder(tmp_path)
    with library.client() as client:
        (move,) = client.get(f"{API}/memories", q="kind:move", limit=500)["items"]
    go(page, f"/m/{move['id']}")
    expect(page.locator(".stage-paper h2")).to_have_text("Over the pass")
    expect(page.locator(".stage img, .stage video")).to_have_count(0)
    with page.expect_download() as given:
        page.locator(".info").get_by_role("link", name="Download").click()
    assert (given.value.suggested_filename, given.value.path().read_bytes()) == ("pass.gpx", recording)
    go(page, "/timeline?d=1993-05-01")
    tile = page.locator("#feed").get_by_role("link", name=re.compile("Over the pass"))
    expect(tile).to_be_visible()
    expect(tile.locator("img")).to_have_count(0)
