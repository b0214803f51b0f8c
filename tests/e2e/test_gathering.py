"""People, collections and places: made, named, put together and taken apart in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import go
from tests.e2e.served import API, Server


def photos(server: Server, count: int) -> list[dict[str, Any]]:
    """Some photos of the library, newest first."""
    with server.client() as client:
        found: list[dict[str, Any]] = client.get(f"{API}/memories", q="kind:photo", limit=count)["items"]
    return found


def person(server: Server, name: str, memories: int) -> str:
    """Somebody of this name who is on so many photos; their id."""
    with server.client() as client:
        made = client.post(f"{API}/people", {"name": name})
        for memory in photos(server, memories):
            now = client.get(f"{API}/memories/{memory['id']}")
            people = [{"id": one["id"]} for one in now["people"]] + [{"id": made["id"]}]
            client.patch(f"{API}/memories/{memory['id']}", {"people": people})
    return str(made["id"])


def named(word: str) -> str:
    return f"{word} {uuid4().hex[:6]}"


@pytest.fixture
def filled(library: Server) -> dict[str, str]:
    """A collection of three photos: its id, its name, and the names of the photos in their order."""
    name = named("Lisbon")
    with library.client() as client:
        made = client.post(f"{API}/collections", {"name": name})
        client.post(f"{API}/collections/{made['id']}/memories", {"memories": [one["id"] for one in photos(library, 3)]})
    return {"id": str(made["id"]), "name": name}


def order(server: Server, collection: str) -> list[str]:
    with server.client() as client:
        return [one["id"] for one in client.get(f"{API}/collections/{collection}/memories")["items"]]


def test_somebody_is_added_to_a_photo_and_found_among_people(page: Page, library: Server) -> None:
    name = named("Oma")
    go(page, f"/m/{photos(library, 1)[0]['id']}")
    page.get_by_role("textbox", name="Add a person").or_(page.get_by_role("combobox", name="Add a person")).fill(name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=name)).to_be_visible()
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    expect(page.get_by_role("list", name=f"Memories with {name}").get_by_role("listitem")).to_have_count(1)
    go(page, "/people")
    expect(page.get_by_role("link", name=name)).to_be_visible()


def test_two_people_become_one_and_two_again(page: Page, library: Server) -> None:
    first, second = named("Anna"), named("Anna K.")
    person(library, first, 2)
    person(library, second, 1)
    go(page, "/people")
    page.get_by_role("checkbox", name=f"Choose {first}").check()
    page.get_by_role("checkbox", name=f"Choose {second}").check()
    page.get_by_role("button", name="Same person").click()
    page.get_by_role("dialog").get_by_role("button", name="Same person").click()
    expect(page.get_by_text(f"Merged into {first}")).to_be_visible()
    expect(page.get_by_role("link", name=second)).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name=second)).to_be_visible()


def test_a_person_is_renamed_and_gets_a_note_and_an_address(page: Page, library: Server) -> None:
    go(page, f"/people/{person(library, named('Jo'), 1)}")
    name = named("Josef")
    page.get_by_role("button", name="Edit: Name").click()
    page.get_by_role("textbox", name="Name", exact=True).fill(name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    page.get_by_role("button", name="Edit: Note").click()
    page.get_by_role("textbox", name="Note").fill("Met in Lisbon.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("button", name="Met in Lisbon.")).to_be_visible()
    address = f"{uuid4().hex[:8]}@example.org"
    page.get_by_role("button", name="Add a name or address").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name or address").fill(address)
    dialog.get_by_role("button", name="Add a name or address").click()
    expect(page.get_by_role("button", name=f"Remove {address}")).to_be_visible()
    page.get_by_role("button", name=f"{address} is somebody else").click()
    expect(page.get_by_role("button", name=f"Remove {address}")).to_have_count(0)


def test_what_is_selected_goes_into_a_new_collection(page: Page, library: Server) -> None:
    name = named("Best of")
    go(page, "/timeline")
    page.locator("#feed .row .tile").first.click(modifiers=["ControlOrMeta"])
    page.locator("#feed .row .tile").nth(2).click(modifiers=["Shift"])
    page.get_by_role("button", name="Add to collection").click()
    page.get_by_role("searchbox", name="Find a collection").fill(name)
    page.get_by_role("button", name=f"New collection “{name}”").click()
    expect(page.get_by_text(f"3 memories are in “{name}”")).to_be_visible()
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    expect(page.locator("ul.faces > li")).to_have_count(3)


def test_a_collection_is_put_in_order_with_the_keyboard(page: Page, library: Server, filled: dict[str, str]) -> None:
    before = order(library, filled["id"])
    go(page, f"/collections/{filled['id']}")
    page.get_by_role("button", name="Change the order").click()
    with page.expect_response(lambda answer: answer.url.endswith("/move")):
        page.locator("ul.faces > li").first.get_by_role("button").nth(1).press("Enter")
    expect(page.locator("ul.faces > li").nth(1).get_by_role("button").nth(1)).to_be_focused()
    assert order(library, filled["id"]) == [before[1], before[0], before[2]]
    with page.expect_response(lambda answer: answer.url.endswith("/move")):
        page.locator("ul.faces > li").nth(2).drag_to(page.locator("ul.faces > li").first)
    assert order(library, filled["id"]) == [before[2], before[1], before[0]]


def test_a_memory_is_taken_out_and_put_back_where_it_was(page: Page, library: Server, filled: dict[str, str]) -> None:
    before = order(library, filled["id"])
    go(page, f"/collections/{filled['id']}")
    page.locator("ul.faces > li").nth(1).get_by_role("button", name="Take out").click()
    expect(page.locator("ul.faces > li")).to_have_count(2)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("ul.faces > li")).to_have_count(3)
    assert order(library, filled["id"]) == before


def test_a_search_is_kept_as_a_collection(page: Page) -> None:
    name = named("Notes")
    go(page, "/search?q=kind%3Anote")
    page.get_by_role("button", name="Keep this search as a collection").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("button", name="Make the collection").click()
    page.get_by_role("button", name="Open", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    expect(page.get_by_text("Follows a search")).to_be_visible()
    expect(page.locator("ul.faces > li").first).to_be_visible()


def test_a_place_says_what_it_is_and_how_far_it_reaches(page: Page, library: Server) -> None:
    name = named("Alfama")
    with library.client() as client:
        made = client.post(f"{API}/locations", {"name": name, "lat": 38.713, "lon": -9.129, "country": "Portugal"})
        client.patch(f"{API}/memories/{photos(library, 1)[0]['id']}", {"location": made["id"]})
    go(page, "/places")
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("list", name=f"Memories at {name}").get_by_role("listitem")).to_have_count(1)
    page.get_by_label("Kind").select_option("home")
    page.get_by_label("Radius in metres").fill("250")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved").first).to_be_visible()
    page.reload()
    expect(page.get_by_label("Radius in metres")).to_have_value("250")
    expect(page.get_by_label("Kind")).to_have_value("home")


def test_stars_and_a_mood_are_given_and_taken_away(page: Page, library: Server) -> None:
    memory = photos(library, 2)[1]["id"]
    go(page, f"/m/{memory}")
    page.get_by_role("button", name="4 stars").click()
    expect(page.get_by_role("button", name="4 stars")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Very good").click()
    expect(page.get_by_role("button", name="Very good")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="4 stars").click()
    expect(page.get_by_role("button", name="4 stars")).to_have_attribute("aria-pressed", "false")
    with library.client() as client:
        now = client.get(f"{API}/memories/{memory}")
    assert (now["rating"], now["mood"]) == (None, 5)


def test_a_birthday_is_shown_on_its_day_until_it_is_hidden(page: Page, library: Server) -> None:
    name = named("Lena")
    with library.client() as client:
        made = client.post(f"{API}/people", {"name": name, "born": "1988-02-29"})
    go(page, f"/people/{made['id']}")
    expect(page.get_by_role("region", name="Birthday")).to_contain_text("29 February 1988")
    go(page, "/onthisday/02-29")
    born = page.get_by_role("region", name="Birthdays").get_by_role("listitem").filter(has_text=name)
    expect(born).to_contain_text("Born")
    born.get_by_role("button", name="No longer show").click()
    expect(born).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(born).to_be_visible()
    page.get_by_role("link", name="1 March").click()
    expect(page.get_by_role("heading", level=1, name="1 March")).to_be_visible()


def test_conversations_are_listed_apart_from_albums(page: Page, library: Server, filled: dict[str, str]) -> None:
    name = named("Choir")
    with library.client() as client:
        client.post(f"{API}/collections", {"name": name, "kind": "conversation"})
    go(page, "/collections")
    expect(page.get_by_role("link", name=filled["name"])).to_be_visible()
    expect(page.get_by_role("link", name=name)).to_have_count(0)
    page.get_by_role("link", name="Conversations").click()
    expect(page.get_by_role("link", name=name)).to_be_visible()
    expect(page.get_by_role("link", name=filled["name"])).to_have_count(0)


def test_a_memory_tells_what_it_was_put_into(page: Page, library: Server, filled: dict[str, str]) -> None:
    go(page, f"/m/{photos(library, 1)[0]['id']}")
    page.get_by_role("link", name=filled["name"]).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(filled["name"])


def test_a_journey_shows_its_way_and_says_it_in_words(page: Page, library: Server, tmp_path: Path) -> None:
    points = "".join(
        f'<trkpt lat="{46.5 + number / 1000}" lon="8.0"><ele>{900 + number}</ele>'
        f"<time>2018-06-15T08:{number:02}:00Z</time></trkpt>"
        for number in range(50)
    )
    (tmp_path / "hike.gpx").write_text(
        '<gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1"><trk><name>Hike</name>'
        f"<trkseg>{points}</trkseg></trk></gpx>"
    )
    assert library.import_folder(tmp_path)["state"] == "done"
    with library.client() as client:
        (move,) = client.get(f"{API}/memories", q="kind:move")["items"]
    go(page, f"/m/{move['id']}")
    way = page.get_by_role("figure")
    expect(way.get_by_role("img", name="The way, drawn")).to_be_visible()
    for words in ("about 5.4 km", "49 min", "900 to 949 m"):
        expect(way).to_contain_text(words)
