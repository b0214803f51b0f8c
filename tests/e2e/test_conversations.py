"""Conversations in the browser: a day is one tile, and opens as a chat that goes on in both directions."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewContext, go, sign_in
from tests.e2e.served import API, Server

CHAT = "".join(
    f"{day:02}/06/2019, {8 + number // 60:02}:{number % 60:02} - {('Anna Berg', 'Bo')[number % 3 > 0]}: "
    f"{('Good morning', 'Where shall we meet?', 'At the harbour, at nine')[number % 3]} {day}.{number}\n"
    for day in (13, 14, 15)
    for number in range(130)
)


QUOTE = "".join(f"> line {number} of what was said\n" for number in range(9))


def mail(own: str, minute: int, text: str, *answers: str) -> str:
    back = f"References: {' '.join(f'<{each}>' for each in answers)}\n" if answers else ""
    head = f"Message-ID: <{own}>\nFrom: {own[0].upper()} <{own}>\nSubject: {'Re: ' * bool(answers)}Lunch\n{back}"
    sent = f"Date: Fri, 10 May 2019 09:{minute:02}:00 +0200\n"
    return f"From a@example.org Fri May 10 09:01:02 2019\n{head}{sent}\n{text}\n\n"


THREAD = mail("a@x", 0, "Shall we?") + mail("b@x", 5, f"Yes, at noon.\n\nA wrote:\n{QUOTE}", "a@x")


@pytest.fixture(scope="module")
def chats(server: Server, tmp_path_factory: pytest.TempPathFactory, notes: Path) -> Server:
    """The module's server with notes and three days of a chat in it."""
    folder = tmp_path_factory.mktemp("chats")
    (folder / "WhatsApp Chat with Choir.txt").write_text(CHAT, encoding="utf-8")
    (folder / "Inbox.mbox").write_text(THREAD, encoding="utf-8")
    with server.client() as client:
        client.patch(f"{API}/settings", {"setup_done": True, "home_zone": "Europe/Amsterdam", "theme": "system"})
    assert server.import_folder(folder)["state"] == "done"
    assert server.import_folder(notes)["state"] == "done"
    return server


@pytest.fixture
def page(new_context: NewContext, chats: Server) -> Page:
    """A signed-in page of a library with chats in it."""
    return sign_in(new_context(), chats)


def test_a_day_of_a_chat_is_one_tile_with_its_first_and_last_words(page: Page) -> None:
    go(page, "/timeline?d=2019-06-14")
    found = page.locator('a.tile[href*="/conversations/"][href$="on=2019-06-14"]')
    expect(found).to_have_count(1)
    for words in ("Choir", "130 messages", "Good morning 14.0", "Good morning 14.129", "Anna Berg, Bo"):
        expect(found).to_contain_text(words)


def test_it_opens_as_a_chat_that_goes_on_in_both_directions_and_back(page: Page) -> None:
    go(page, "/timeline?d=2019-06-14")
    page.locator('a.tile[href$="on=2019-06-14"]').click()
    expect(page.get_by_role("heading", level=1, name="Choir")).to_be_visible()
    lines = page.get_by_role("list", name="Messages").locator("> li")
    expect(lines).to_have_count(100)
    expect(lines.first).to_contain_text("Good morning 14.0")
    page.get_by_role("button", name="Later messages").click()
    expect(lines).to_have_count(200)
    page.get_by_role("button", name="Later messages").click()
    expect(lines).to_have_count(260)
    expect(page.get_by_role("button", name="Later messages")).to_have_count(0)
    page.get_by_role("button", name="Earlier messages").click()
    expect(lines).to_have_count(360)
    expect(lines.nth(99)).to_contain_text("Good morning 13.129")
    page.get_by_role("button", name="Earlier messages").click()
    expect(page.get_by_role("button", name="Earlier messages")).to_have_count(0)
    expect(lines).to_have_count(390)
    expect(lines.first).to_contain_text("Good morning 13.0")
    page.go_back()
    expect(page.locator('a.tile[href$="on=2019-06-14"]')).to_be_visible()


def test_a_search_still_finds_the_single_message(page: Page) -> None:
    go(page, "/search?q=%2214.129%22")
    expect(page.locator("a.tile")).to_have_count(1)
    expect(page.locator("a.tile")).to_contain_text("Good morning 14.129")


def test_a_folded_tile_in_the_trash_takes_its_messages_along_and_brings_them_back(page: Page, chats: Server) -> None:
    go(page, "/timeline?d=2019-06-13")
    folded = page.locator('a.tile[href$="on=2019-06-13"]')
    folded.click(modifiers=["Control"])
    page.get_by_role("button", name="Move to trash").click()
    expect(folded).to_have_count(0)
    with chats.client() as client:
        assert client.get(f"{API}/memories", q="on:2019-06-13 kind:message", limit=5)["items"] == []
    page.get_by_role("button", name="Undo").click()
    expect(folded).to_contain_text("130 messages")


def test_a_mail_and_its_answers_open_as_a_conversation_without_what_they_quote(page: Page) -> None:
    go(page, "/timeline?d=2019-05-10")
    found = page.locator('a.tile[href$="on=2019-05-10"]')
    expect(found).to_contain_text("Lunch")
    found.click()
    expect(page.get_by_role("heading", level=1, name="Lunch")).to_be_visible()
    lines = page.get_by_role("list", name="Messages").locator("> li")
    expect(lines).to_have_count(2)
    expect(lines.nth(1)).to_contain_text("Yes, at noon.")
    expect(lines.nth(1)).not_to_contain_text("line 3")
    lines.nth(1).get_by_role("button", name="Show the whole message").click()
    expect(lines.nth(1)).to_contain_text("line 8 of what was said")
