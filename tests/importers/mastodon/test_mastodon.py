"""Mastodon: posts, polls, messages and boosts of an archive, their files and warnings; what is left out."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.domain.kinds import Kind
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.mastodon import Mastodon

EXPECTED = Path(__file__).with_name("expected.json")
ME = "https://example.social/users/me"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"


def create(
    number: int, content: str = "<p>Hello</p>", to: str = PUBLIC, cc: str = f"{ME}/followers", **more: object
) -> Any:  # noqa: ANN401 - any JSON
    note = {
        "id": f"{ME}/statuses/{number}",
        "type": "Note",
        "published": "2022-11-06T10:00:00Z",
        "url": f"https://example.social/@me/{number}",
        "to": [to],
        "cc": [cc] if cc else [],
        "content": content,
        **more,
    }
    return {"id": f"{ME}/statuses/{number}/activity", "type": "Create", "published": note["published"], "object": note}


def boost(target: Any, number: int = 9) -> Any:  # noqa: ANN401 - any JSON
    at = "2022-11-07T10:00:00Z"
    return {"id": f"{ME}/statuses/{number}/activity", "type": "Announce", "published": at, "object": target}


def outbox(*activities: Any) -> str:  # noqa: ANN401 - any JSON
    context = "https://www.w3.org/ns/activitystreams"
    return json.dumps(
        {"@context": context, "id": "outbox.json", "type": "OrderedCollection", "orderedItems": activities}
    )


def test_an_archive_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    mention = '<span class="h-card"><a href="https://b.example/@bo" class="u-url mention">@<span>bo</span></a></span>'
    tags = [{"type": "Mention", "name": "@bo@b.example"}, {"type": "Hashtag", "name": "#Sea"}]
    files_of_post = [
        {"type": "Document", "mediaType": "image/jpeg", "url": "/media_attachments/files/1/a.jpg", "name": "A wave"},
        {"type": "Document", "mediaType": "image/png", "url": "/media_attachments/files/1/gone.png", "name": None},
    ]
    activities = [
        create(1, f"<p>Hi {mention}<br>the &amp; sea</p><p>#Sea</p>", tag=tags, attachment=files_of_post),
        create(2, "<p>Which?</p>", type="Question", oneOf=[{"name": "This"}, {"name": "That"}], summary="Choices"),
        create(3, "<p>Only you</p>", to="https://b.example/users/bo", cc="", tag=tags[:1]),
        create(4, "<p>Yes</p>", to=f"{ME}/followers", cc="", inReplyTo=f"{ME}/statuses/1"),
        boost("https://b.example/users/bo/statuses/7"),
        boost({"id": "https://c.example/@cy/8"}, 10),
        boost("tag:nothing", 11),
        create(5, ""),
        create(6, published="soon"),
        {"type": "Delete", "object": "x"},
    ]
    lists = json.dumps({"orderedItems": ["https://b.example/users/bo/statuses/7"]})
    files = {
        "archive/outbox.json": outbox(*activities),
        "archive/actor.json": "{}",
        "archive/likes.json": lists,
        "archive/bookmarks.json": lists,
        "archive/avatar.png": b"me",
        "archive/media_attachments/files/1/a.jpg": b"wave",
        "archive/media_attachments/files/2/a.jpg": b"another",
    }
    options = ReadOptions()
    items = reading.read(Mastodon(), reading.make(tmp_path, files), options)
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())
    unread = {"archive/media_attachments/files/1/a.jpg", "archive/media_attachments/files/2/a.jpg"}
    assert options.claimed == set(files) - unread


@pytest.mark.parametrize(
    "url",
    [
        "/media_attachments/files/1/a%20b.jpg",
        "/example/media_attachments/files/1/a%20b.jpg",
        "https://files.example/cache/media_attachments/files/1/a%20b.jpg?x=1",
    ],
)
def test_files_are_found_whatever_the_server_calls_their_path(tmp_path: Path, reading: ModuleType, url: str) -> None:
    told = create(1, attachment=[{"url": url}])
    files = {"outbox.json": outbox(told), "media_attachments/files/1/a b.jpg": b"x"}
    (draft,) = reading.drafts(reading.read(Mastodon(), reading.make(tmp_path, files))).values()
    assert [each.locator for each in draft.media] == ["media_attachments/files/1/a b.jpg"]


@pytest.mark.parametrize(
    ("files", "confidence", "hint"),
    [
        ({"renamed.json": outbox(create(1))}, 0.95, ""),
        ({"renamed.json": outbox(boost("https://b.example/@bo/1"))}, 0.95, ""),
        ({"likes.json": '{"orderedItems": []}'}, 0, "outbox.json"),
        ({"outbox.json": "{}"}, 0, ""),
    ],
)
def test_it_is_recognised_by_its_content(
    tmp_path: Path, reading: ModuleType, files: dict[str, str], confidence: float, hint: str
) -> None:
    found = Mastodon().recognise(reading.make(tmp_path, files))
    assert found.confidence == confidence
    assert hint in found.hint


def test_a_file_that_ends_in_the_middle_gives_what_came_before(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Mastodon(), reading.make(tmp_path, {"outbox.json": outbox(create(1), create(2))[:-30]}))
    assert reading.problems(items) == {"outbox.json": "archive-broken"}
    assert [draft.kind for draft in reading.drafts(items).values()] == [Kind.POST]


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"outbox.json": outbox(*(create(number) for number in range(450)))})
    whole = list(Mastodon().read(folder, ReadOptions(), None))
    places = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(places) == 2
    for index in places:
        rest = Mastodon().read(folder, ReadOptions(), whole[index].position)  # type: ignore[union-attr]
        assert [each for each in rest if isinstance(each, Draft)] == [
            each for each in whole[index:] if isinstance(each, Draft)
        ]
