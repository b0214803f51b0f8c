"""One note, open for editing in two tabs: whoever saves last is asked, and nothing is lost until they choose."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import NewContext, Watch, go, sign_in
from tests.e2e.served import API, Server


@pytest.fixture
def server(tmp_path: Path, database_url: str | None) -> Iterator[Server]:
    """A server on each database in turn."""
    running = Server(tmp_path, {} if database_url is None else {"TIMELINE_DATABASE__URL": database_url})
    yield running
    running.close()


@pytest.fixture
def note(server: Server) -> str:
    """The id of a note in a library that is set up."""
    with server.client() as client:
        client.patch(f"{API}/settings", {"setup_done": True})
        made = client.post(f"{API}/memories", {"title": "Pier", "body": "as it was", "local_at": "2026-05-01T10:00:00"})
    return str(made["id"])


def editing(page: Page, note: str) -> Locator:
    """The editor of the note in this tab."""
    go(page, f"/m/{note}")
    page.get_by_role("button", name="Edit memory", exact=True).click()
    return page.get_by_role("dialog", name="Edit memory")


def kept(server: Server, note: str) -> tuple[str, str]:
    with server.client() as client:
        found = client.get(f"{API}/memories/{note}")
    return found["title"], found["body"]


@pytest.mark.parametrize(
    ("choice", "body"), [("Keep my version", "from the second tab"), ("Use the other version", "from the first tab")]
)
def test_the_second_tab_sees_both_versions_and_chooses(
    server: Server, note: str, new_context: NewContext, watch: Watch, choice: str, body: str
) -> None:
    watch.expects(r"412")
    context = new_context()
    first = sign_in(context, server)
    second = context.new_page()
    second.goto(first.url)
    one, other = editing(first, note), editing(second, note)
    one.get_by_label("Title").fill("Pier in May")
    one.get_by_label("What happened").fill("from the first tab")
    other.get_by_label("What happened").fill("from the second tab")
    one.get_by_role("button", name="Save").click()
    expect(one).to_have_count(0)
    other.get_by_role("button", name="Save").click()
    expect(second.get_by_text("from the first tab").first).to_be_visible()
    expect(second.get_by_text("from the second tab").first).to_be_visible()
    assert kept(server, note) == ("Pier in May", "from the first tab")
    second.get_by_role("button", name=choice).click()
    expect(other).to_have_count(0)
    assert kept(server, note) == ("Pier in May", body)  # what only one of them changed stays in any case
