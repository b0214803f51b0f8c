"""Every screen, in every theme and width: it loads cleanly, fits, and can be used by everybody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.e2e.conftest import DESKTOP, PHONE, NewContext, go, sign_in
from tests.e2e.looking import NARROW, barriers, settle, sideways
from tests.e2e.served import API, Server

SCREENS = (
    "timeline",
    "search",
    "memory",
    "note",
    "new",
    "imports",
    "choose",
    "guides",
    "guide",
    "done",
    "jobs",
    "trash",
    "files",
    "settings",
    "setup",
    "people",
    "person",
    "collections",
    "collection",
    "thisday",
    "places",
    "place",
    "users",
    "invitations",
    "audit",
    "health",
    "maintenance",
)
ADMINISTRATION = {"users", "invitations", "audit", "health", "maintenance"}


def address(screen: str, server: Server) -> str:
    """The address of a screen; some need something that is in the library."""
    with server.client() as client:
        made: dict[str, Any] = {
            "memory": lambda: f"/m/{client.get(f'{API}/memories', limit=1)['items'][0]['id']}",
            "note": lambda: f"/m/{client.get(f'{API}/memories', q='kind:note', limit=1)['items'][0]['id']}",
            "done": lambda: f"/imports/{client.get(f'{API}/imports')['items'][0]['id']}",
            "person": lambda: f"/people/{client.get(f'{API}/people')['items'][0]['id']}",
            "collection": lambda: f"/collections/{client.get(f'{API}/collections')['items'][-1]['id']}",
            "place": lambda: f"/places/{client.get(f'{API}/locations')['items'][0]['id']}",
        }
        simple = {"choose": "/imports/new", "thisday": "/onthisday/06-14", "search": "/search?q=kind%3Anote"}
        simple |= {"guide": "/guides/google_takeout", "files": "/trash/files"}
        simple |= {name: f"/admin/{name}" for name in ADMINISTRATION}
        return str(made[screen]()) if screen in made else simple.get(screen, f"/{screen}")


@pytest.fixture(scope="module")
def gathered(library: Server) -> Server:
    """The library with somebody, a place and a collection in it."""
    with library.client() as client:
        photos = client.get(f"{API}/memories", q="kind:photo", limit=6)["items"]
        place = client.post(f"{API}/locations", {"name": "Alfama", "lat": 38.71, "lon": -9.13, "country": "Portugal"})
        for photo in photos:
            changes = {"people": ["Ana Maria", "Miguel"], "location": place["id"], "rating": 4}
            client.patch(f"{API}/memories/{photo['id']}", changes)
        made = client.post(f"{API}/collections", {"name": "Trip to Lisbon", "description": "Four days in autumn."})
        client.post(f"{API}/collections/{made['id']}/memories", {"memories": [one["id"] for one in photos]})
        client.post(f"{API}/collections", {"name": "All notes", "query": "kind:note"})
    return library


@pytest.fixture
def visit(new_context: NewContext, gathered: Server) -> Any:  # noqa: ANN401 - a function
    """Open a screen in a fresh browser."""

    def open_screen(screen: str, **context: Any) -> Page:  # noqa: ANN401 - passed on
        page = sign_in(new_context(**context), gathered)
        go(page, address(screen, gathered))
        settle(page)
        return page

    return open_screen


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_has_no_serious_barrier(visit: Any, screen: str, theme: str) -> None:  # noqa: ANN401
    page = visit(screen, theme=theme, bypass_csp=True)
    assert barriers(page) == []


@pytest.mark.parametrize("width", [NARROW, PHONE], ids=["320", "390"])
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_needs_no_sideways_scrolling(visit: Any, screen: str, width: dict[str, int]) -> None:  # noqa: ANN401
    page = visit(screen, viewport=width)
    assert sideways(page) <= 0


@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_has_one_heading_and_a_title(visit: Any, screen: str) -> None:  # noqa: ANN401
    page = visit(screen)
    assert page.locator("h1").count() == 1
    assert page.title().endswith("Timeline Local")
    assert page.locator("main").count() == 1


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["1440", "390"])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen", SCREENS)
def test_a_screen_can_be_pictured(
    visit: Any,  # noqa: ANN401
    request: pytest.FixtureRequest,
    screen: str,
    theme: str,
    size: dict[str, int],
) -> None:
    folder = request.config.getoption("--screenshots", default=None)
    if folder is None:
        pytest.skip("pictures are taken with --screenshots DIR")
    page = visit(screen, theme=theme, viewport=size)
    page.screenshot(path=Path(folder) / f"{screen}-{theme}-{size['width']}.png")
