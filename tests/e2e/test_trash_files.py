"""Files that no memory shows: into the trash, back, and away for ever."""

from __future__ import annotations

import io

import httpx
from PIL import Image
from playwright.sync_api import Page, expect

from tests.e2e.conftest import go
from tests.e2e.looking import barriers
from tests.e2e.served import API, Server


def keep(library: Server, name: str) -> None:
    """Send a picture of 40 by 30 pixels that gets no memory."""
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(picture, "JPEG")
    with library.client() as client:
        key = client.post(f"{API}/api-keys", {"name": "sender"})["key"]
    answer = httpx.post(
        f"http://127.0.0.1:{library.port}{API}/media?memory=false",
        files={"file": (name, picture.getvalue())},
        headers={"Authorization": f"Bearer {key}"},
    )
    assert answer.status_code == httpx.codes.CREATED, answer.text


def test_a_file_that_nothing_shows_goes_into_the_trash_comes_back_and_is_deleted(page: Page, library: Server) -> None:
    keep(library, "scan of a receipt.jpg")
    go(page, "/trash")
    page.get_by_role("link", name="Files without a memory").click()
    unused = page.get_by_role("region", name="Shown by nothing")
    trashed = page.get_by_role("region", name="In the trash")
    expect(unused.get_by_role("listitem")).to_contain_text("40 × 30")
    assert barriers(page) == []
    unused.get_by_role("button", name="Move scan of a receipt.jpg to the trash").click()
    expect(trashed.get_by_role("listitem")).to_contain_text("30 days left")
    expect(unused.get_by_text("Every file here is shown by something.")).to_be_visible()
    trashed.get_by_role("button", name="Restore scan of a receipt.jpg").click()
    expect(unused.get_by_role("listitem")).to_have_count(1)
    unused.get_by_role("button", name="Move scan of a receipt.jpg to the trash").click()
    trashed.get_by_role("button", name="Delete scan of a receipt.jpg for ever").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete for ever").click()
    expect(trashed.get_by_text("No file waits in the trash by itself.")).to_be_visible()
    with library.client() as client:
        assert client.get(f"{API}/media", state="trashed")["items"] == []
