"""Searching in a browser: suggestions, recent searches, terms, what results have in common, and finding nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import DESKTOP, PHONE, NewContext, Watch, go, sign_in
from tests.e2e.looking import NARROW, barriers, settle, sideways
from tests.e2e.served import API, Server


@pytest.fixture(scope="module")
def diary(library: Server) -> Server:
    """The library with people, places and tags to search for."""
    with library.client() as client:
        photos = client.get(f"{API}/memories", q="kind:photo", limit=5)["items"]
        place = client.post(f"{API}/locations", {"name": "Alfama", "city": "Lisbon", "country": "Portugal"})
        for number, photo in enumerate(photos):
            people = ["Ana Maria", "Miguel"] if number else ["Ana Maria"]
            client.patch(
                f"{API}/memories/{photo['id']}", {"people": people, "location": place["id"], "tags": ["tramcar"]}
            )
        long = "Nothing of the kind. " * 40
        words = {"title": "Harbour", "body": f"{long}\n\nThe *quayside* crane at dusk.\n\n{long}", "tags": ["harbour"]}
        client.post(f"{API}/memories", {**words, "people": ["Miguel"]})
    return library


@pytest.fixture
def home(new_context: NewContext, diary: Server) -> Page:
    page = sign_in(new_context(), diary)
    go(page, "/timeline")
    return page


def box(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search your timeline")


def option(page: Page, name: str) -> Locator:
    return page.get_by_role("option", name=re.compile(name))


def test_a_name_is_completed_by_the_keyboard_alone(home: Page) -> None:
    home.keyboard.press("/")
    home.keyboard.type("tramcar an")
    expect(option(home, "Ana Maria.*5 memories")).to_be_visible()
    expect(box(home)).to_have_attribute("aria-expanded", "true")
    home.keyboard.press("ArrowDown")
    expect(option(home, "Ana Maria")).to_have_attribute("aria-selected", "true")
    expect(box(home)).to_have_attribute("aria-activedescendant", "search-offers-0")
    home.keyboard.press("Enter")
    expect(box(home)).to_have_value('tramcar with:"Ana Maria" ')
    expect(box(home)).to_have_attribute("aria-expanded", "false")
    home.keyboard.press("Enter")
    expect(home).to_have_url(re.compile(r"/search\?q=tramcar"))
    expect(home.get_by_role("heading", name="5 memories", level=1)).to_be_visible()


def test_a_key_asks_for_its_value_at_once(home: Page) -> None:
    home.keyboard.press("Control+k")
    option(home, "in:.*a place").click()
    expect(box(home)).to_have_value("in:")
    expect(option(home, "Alfama.*Lisbon, Portugal")).to_be_visible()
    home.keyboard.press("ArrowUp")
    home.keyboard.press("ArrowUp")
    home.keyboard.press("Enter")
    expect(box(home)).to_have_value(re.compile(r"^in:\w+ $"))


def test_escape_closes_then_empties_then_leaves(home: Page) -> None:
    home.keyboard.press("/")
    home.keyboard.type("tra")
    expect(home.get_by_role("listbox")).to_be_visible()
    home.keyboard.press("Escape")
    expect(home.get_by_role("option")).to_have_count(0)
    expect(box(home)).to_have_value("tra")
    home.keyboard.press("Escape")
    expect(box(home)).to_have_value("")
    home.keyboard.press("Escape")
    home.keyboard.press("Escape")
    expect(box(home)).not_to_be_focused()


def test_an_older_question_is_given_up(home: Page) -> None:
    home.route(re.compile(r"/search/suggest\?q=mi&"), lambda _: None)  # never answered
    with home.expect_request(re.compile(r"/search/suggest\?q=mi&caret=2$")):
        box(home).fill("mi")
    with home.expect_event("requestfailed", lambda request: "suggest?q=mi&" in request.url):
        box(home).fill("mig")
    expect(option(home, "Miguel")).to_be_visible()


def test_recent_searches_stay_in_this_browser_and_can_be_cleared(home: Page) -> None:
    for words in ("tramcar", "harbour"):
        box(home).fill(words)
        box(home).press("Enter")
        expect(home).to_have_url(re.compile(f"q={words}"))
    box(home).fill("")
    recent = home.get_by_role("group", name="Recent searches")
    expect(recent.get_by_role("option")).to_have_text(["harbour", "tramcar"])
    recent.get_by_role("option", name="tramcar").click()
    expect(home).to_have_url(re.compile("q=tramcar"))
    box(home).fill("")
    home.get_by_role("button", name="Clear recent searches").click()
    expect(home.get_by_role("group", name="Recent searches")).to_have_count(0)
    assert home.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('tl-searches'))") == []


def test_every_term_can_be_taken_away(home: Page, watch: Watch) -> None:
    watch.expects(r"400 \(Bad Request\)")  # results and facets of what is not understood
    go(home, "/search?q=tramcar+with%3AMiguel+has%3A")
    terms = home.get_by_role("region", name="Terms of this search")
    expect(terms.get_by_role("listitem")).to_have_count(3)
    expect(terms.get_by_text("not understood")).to_be_attached()
    terms.get_by_role("button", name="Remove has:").click()
    expect(home.get_by_role("heading", name="4 memories", level=1)).to_be_visible()
    expect(box(home)).to_have_value("tramcar with:Miguel")
    expect(terms.get_by_role("button", name="Remove with:Miguel")).to_be_focused()
    home.keyboard.press("Enter")
    expect(home.get_by_role("heading", name="5 memories", level=1)).to_be_visible()


def test_results_are_narrowed_by_what_they_have_in_common(home: Page) -> None:
    go(home, "/search?q=tramcar")
    beside = home.get_by_role("complementary", name="Narrow down")
    expect(beside.get_by_role("heading", level=2).first).to_have_text("When")
    beside.get_by_role("link", name=re.compile("Miguel.*4 memories")).click()
    expect(home).to_have_url(re.compile("with%3AMiguel"))
    expect(home.get_by_role("heading", name="4 memories", level=1)).to_be_visible()
    expect(beside.get_by_role("link", name=re.compile("Miguel"))).to_have_count(0)
    home.get_by_role("button", name="Narrow down").click()
    expect(beside).to_be_hidden()


def test_where_nothing_is_found_the_term_to_drop_is_told(home: Page) -> None:
    go(home, "/search?q=tramcar+camera%3Aleica")
    expect(home.get_by_role("heading", name=re.compile("Nothing found"))).to_be_visible()
    home.get_by_role("link", name=re.compile("tramcar.*Without “camera:leica”.*5 memories")).click()
    expect(home.get_by_role("heading", name="5 memories", level=1)).to_be_visible()


def test_words_are_marked_where_they_were_found(home: Page) -> None:
    go(home, "/search?q=quayside+dusk")
    expect(home.locator("#feed mark")).to_have_text(["quayside", "dusk"])
    home.get_by_role("button", name="List, one line each").click()
    expect(home.locator("#feed .line mark")).to_have_text(["quayside", "dusk"])
    home.get_by_role("button", name="Medium").click()


def open_list(page: Page) -> None:
    box(page).fill("mi")
    expect(option(page, "Miguel")).to_be_visible()


def results(page: Page) -> None:
    go(page, "/search?q=tramcar")
    expect(page.get_by_role("button", name="Remove tramcar")).to_be_visible()


def narrowing(page: Page) -> None:
    results(page)
    toggle = page.get_by_role("button", name="Narrow down")
    if toggle.get_attribute("aria-expanded") == "false":
        toggle.click()
    expect(page.get_by_role("link", name=re.compile("Miguel"))).to_be_visible()


def marked(page: Page) -> None:
    go(page, "/search?q=quayside+dusk")
    expect(page.locator("#feed mark")).to_have_count(2)


def nothing(page: Page) -> None:
    go(page, "/search?q=tramcar+camera%3Aleica+with%3A%22Ana+Maria%22")
    expect(page.get_by_text("Without “camera:leica”")).to_be_visible()


def recents(page: Page) -> None:
    box(page).fill("tramcar with:miguel")
    box(page).press("Enter")
    box(page).fill("")
    expect(page.get_by_role("button", name="Clear recent searches")).to_be_visible()


STATES = {
    "list": open_list,
    "recents": recents,
    "results": results,
    "narrowing": narrowing,
    "marked": marked,
    "nothing": nothing,
}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_no_state_has_a_serious_barrier(new_context: NewContext, diary: Server, state: str, theme: str) -> None:
    page = sign_in(new_context(theme=theme, bypass_csp=True), diary)
    go(page, "/timeline")
    STATES[state](page)
    settle(page)
    assert barriers(page) == []


@pytest.mark.parametrize("width", [NARROW, PHONE], ids=["320", "390"])
@pytest.mark.parametrize("state", STATES)
def test_no_state_needs_sideways_scrolling(
    new_context: NewContext, diary: Server, state: str, width: dict[str, int]
) -> None:
    page = sign_in(new_context(viewport=width), diary)
    go(page, "/timeline")
    STATES[state](page)
    settle(page)
    assert sideways(page) <= 0


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1440", "390"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_every_state_can_be_pictured(
    new_context: NewContext,
    diary: Server,
    request: pytest.FixtureRequest,
    state: str,
    theme: str,
    size: dict[str, int],
) -> None:
    folder = request.config.getoption("--screenshots", default=None)
    if folder is None:
        pytest.skip("pictures are taken with --screenshots DIR")
    page = sign_in(new_context(viewport=size, theme=theme), diary)
    go(page, "/timeline")
    STATES[state](page)
    settle(page)
    page.screenshot(path=Path(folder) / f"search-{state}-{theme}-{size['width']}.png")
