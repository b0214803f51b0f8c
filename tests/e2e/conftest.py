"""A real Chromium against a real server. Every page is watched: a console error or a CSP report fails the test."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.e2e.pictures import JOURNEYS, write_life, write_notes
from tests.e2e.served import API, Server

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", metavar="DIR", default=None, help="save pictures of every screen in this folder")


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the tests of this folder, for which alone this is called."""
    item.add_marker(pytest.mark.e2e)
    item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The Chromium of this computer."""
    found = next((path for path in map(shutil.which, CHROMIUM) if path), None)
    if found is None:
        pytest.skip(f"no Chromium here: none of {', '.join(CHROMIUM)} is on the PATH (apt-get install chromium)")
    expect.set_options(timeout=20_000)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=list(ARGUMENTS))
        yield opened
        opened.close()


class Watch:
    """What the browser complained about; a test names what it expects."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        # A revision that has passed is answered with 409 and asked for again; the browser reports every 4xx.
        self._expected = [r"409 \(Conflict\) \(\S+/timeline/items"]

    def follow(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))

    def expects(self, pattern: str) -> None:
        """Complaints that match are part of this test."""
        self._expected.append(pattern)

    def expects_an_end(self) -> None:
        """The server goes in the middle of this test: what Chromium then says depends on where each request was."""
        codes = "CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE_CHUNKED|SOCKET_NOT_CONNECTED"
        self.expects(f"ERR_({codes})|NetworkError")

    def unexpected(self) -> list[str]:
        return [line for line in self.complaints if not any(re.search(one, line) for one in self._expected)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")


@pytest.fixture
def watch() -> Iterator[Watch]:
    """Nothing may be complained about that the test does not expect."""
    watching = Watch()
    yield watching
    assert watching.unexpected() == []


NewContext = Callable[..., BrowserContext]


@pytest.fixture
def new_context(browser: Browser, watch: Watch) -> Iterator[NewContext]:
    """Browsers with separate storage; their pages are watched."""
    opened: list[BrowserContext] = []

    def make(*, viewport: dict[str, int] = DESKTOP, theme: str = "light", bypass_csp: bool = False) -> BrowserContext:
        context = browser.new_context(
            viewport={"width": viewport["width"], "height": viewport["height"]},
            locale="en-GB",
            timezone_id="Europe/Amsterdam",
            color_scheme="dark" if theme == "dark" else "light",
            bypass_csp=bypass_csp,
            reduced_motion="reduce",
        )
        context.on("page", watch.follow)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with an empty library, shared by a module."""
    running = Server(tmp_path_factory.mktemp("served"))
    yield running
    running.close()


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a few journeys in pictures."""
    folder = tmp_path_factory.mktemp("pictures")
    write_life(folder, (JOURNEYS[0], JOURNEYS[3], JOURNEYS[9], JOURNEYS[14]))
    return folder


@pytest.fixture(scope="session")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of notes."""
    folder = tmp_path_factory.mktemp("notes")
    write_notes(folder)
    return folder


@pytest.fixture(scope="module")
def library(server: Server, pictures: Path, notes: Path) -> Server:
    """The module's server, set up, with pictures and notes in it."""
    with server.client() as client:
        client.patch(f"{API}/settings", {"setup_done": True, "home_zone": "Europe/Amsterdam", "theme": "system"})
    assert server.import_folder(pictures)["state"] == "done"
    assert server.import_folder(notes)["state"] == "done"
    return server


def sign_in(context: BrowserContext, server: Server) -> Page:
    """A page that has redeemed a ticket, as the launch file does it."""
    page = context.new_page()
    page.goto(server.address())
    expect(page.locator("h1").first).to_be_attached()
    return page


def go(page: Page, path: str) -> None:
    """Open an address of the interface and wait for its heading."""
    page.goto("/".join(page.url.split("/", 3)[:3]) + path)
    expect(page.locator("h1").first).to_be_attached()


@pytest.fixture
def page(new_context: NewContext, library: Server) -> Page:
    """A signed-in page of a library with memories in it."""
    return sign_in(new_context(), library)
