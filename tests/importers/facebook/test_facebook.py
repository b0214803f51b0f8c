"""Facebook's posts, albums, comments, events and visits, in the layouts of different years."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import Checkpoint, Item, ReadOptions
from timeline_local.importers.sources.facebook import Facebook

EXPECTED = Path(__file__).with_name("expected.json")
AT = 1_577_880_000  # 2020-01-01 12:00 UTC


def wrong(text: str) -> str:
    """As Facebook writes it."""
    return text.encode().decode("latin-1")


def media(uri: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"media": {"uri": uri, "creation_timestamp": AT, "title": "Mobile uploads", **more}}


def post(at: int, text: str, *attached: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    data = [{"post": wrong(text)}, {"update_timestamp": at}] if text else [{"update_timestamp": at}]
    attachments = [{"data": [each]} for each in attached]
    return {"timestamp": at, "data": data, "attachments": attachments, **more}


EXIF = {"photo_metadata": {"exif_data": [{"taken_timestamp": AT - 86_400, "latitude": 48.2, "longitude": 16.4}]}}
PLACE = {
    "name": wrong("Café Süd"),
    "coordinate": {"latitude": 48.2, "longitude": 16.37},
    "address": "Gasse 1",
    "url": "x",
}
HOME = "your_facebook_activity/posts"
POSTS = [
    post(AT, "Grüße an @[123:2048:Bo Berg] 🎉", media(f"{HOME}/media/MobileUploads_1/1.jpg", media_metadata=EXIF),
         title=wrong("Zoë added a new photo."), tags=[{"name": wrong("Ána")}]),
    post(AT + 60, "", media(f"{HOME}/media/MobileUploads_1/2.jpg", description=wrong("Schnee")),
         media("https://scontent.example/3.jpg"), title="Z added photos."),
    post(AT + 120, "Read this", {"external_context": {"name": "A paper", "url": "https://example.org/a"}},
         {"place": PLACE}),
    post(AT + 180, "", title="Z updated her status."),
    post(AT + 240, "long ago", title="x") | {"data": [{"post": "long ago"}, {"backdated_timestamp": AT - 10**8}]},
    post(AT + 300, "", {"life_event": {"title": "First job", "start_date": {"year": 2012, "month": 5, "day": 0}}}),
    post(AT + 300, "", {"note": {"title": "A note", "text": "Its text", "media": []}}),
    post(AT + 360, "", {"poll": {"question": "Tea?", "options": [{"option": "yes"}, {"option": "no"}]}}),
    post(0, "when?"),
]  # fmt: skip
ALBUM = {
    "name": wrong("Größe"),
    "photos": [
        {"uri": f"{HOME}/media/MobileUploads_1/1.jpg", "creation_timestamp": AT, "title": wrong("Größe")},
        {"uri": f"{HOME}/media/Gr_2/9.jpg", "creation_timestamp": AT + 5, "media_metadata": EXIF, "title": "Gr",
         "description": "by night", "comments": [{"timestamp": AT, "comment": "wow", "author": "Bo"}]},
        {"uri": f"{HOME}/media/Gr_2/lost.jpg", "creation_timestamp": AT + 5, "title": "Gr"},
    ],
    "cover_photo": {"uri": "x"}, "last_modified_timestamp": AT + 9, "description": "All of it",
}  # fmt: skip
OTHERS = {
    "comments_and_reactions/comments.json": {"comments_v2": [
        {"timestamp": AT, "data": [{"comment": {"timestamp": AT, "comment": wrong("schön"), "author": "Z"}}],
         "title": "Z commented on Bo's post."}]},
    "groups/your_comments_in_groups.json": {"group_comments_v2": [
        {"timestamp": AT, "title": "Z replied.",
         "data": [{"comment": {"timestamp": AT, "comment": "me too", "author": "Z", "group": "Bikes"}}]}]},
    "events/your_event_responses.json": {"event_responses_v2": {"events_joined": [
        {"name": "Fair", "start_timestamp": AT, "end_timestamp": AT + 3600},
        {"name": "", "start_timestamp": AT, "end_timestamp": 0}], "events_declined": [], "events_interested": []}},
    "posts/your_videos.json": {"videos_v2": [
        {"uri": f"{HOME}/media/videos/5.mp4", "creation_timestamp": AT + 7, "description": "Waves"}]},
    "posts/check-ins.json": {"timestamp": AT, "media": [], "fbid": "77", "label_values": [
        {"label": "Message", "value": " Here! "},
        {"dict": [{"label": "Coordinates", "value": "(48.575 , 16.48)"}, {"label": "Name", "value": "Pier 3"},
                  {"label": "Address", "value": "Kai 1"}], "title": "Place tags"}]},
    "other_activity/notes.json": {"notes_v2": [
        {"title": "Old", "text": "<p>One <b>two</b></p>", "media": [], "tags": [], "created_timestamp": AT}]},
}  # fmt: skip
FILES: dict[str, bytes | str] = {
    f"{HOME}/your_posts__check_ins__photos_and_videos_1.json": json.dumps(POSTS),
    f"{HOME}/album/0.json": json.dumps(ALBUM),
    **{f"your_facebook_activity/{name}": json.dumps(told) for name, told in OTHERS.items()},
    **{f"{HOME}/media/{name}": b"x" for name in ("MobileUploads_1/1.jpg", "MobileUploads_1/2.jpg", "Gr_2/9.jpg")},
    f"{HOME}/media/videos/5.mp4": b"film",
    "your_facebook_activity/comments_and_reactions/likes_and_reactions_1.json": json.dumps(
        [{"timestamp": AT, "data": [{"reaction": {"reaction": "LIKE", "actor": "Z"}}], "title": "Z likes Bo's photo."}]
    ),
}


def read(reading: ModuleType, tmp_path: Path, files: dict[str, bytes | str]) -> list[Item]:
    found: list[Item] = reading.read(Facebook(), reading.make(tmp_path, files))
    return found


def drafts(items: list[Item]) -> list[Draft]:
    return [each for each in items if isinstance(each, Draft)]


def test_an_export_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    assert reading.golden(read(reading, tmp_path, FILES)) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("posts/your_posts_1.json", "photos_and_videos/TimelinePhotos_x/1.jpg"),
        ("facebook-zoe/posts/your_posts.json", "photos_and_videos/TimelinePhotos_x/1.jpg"),
        ("renamed.json", "posts/media/TimelinePhotos_x/1.jpg"),
    ],
)
@pytest.mark.parametrize("home", ["", "facebook-zoe/", "facebook-zoe-part-2/"])
def test_the_files_of_old_layouts_are_found(
    tmp_path: Path, reading: ModuleType, name: str, uri: str, home: str
) -> None:
    items = read(reading, tmp_path, {name: json.dumps([post(AT, "x", media(uri))]), f"{home}{uri}": b"picture"})
    assert [[each.locator for each in draft.media] for draft in drafts(items)] == [[f"{home}{uri}"]]


def test_a_later_export_in_another_layout_gives_the_same_keys(tmp_path: Path, reading: ModuleType) -> None:
    old = post(AT, "Grüße", media("photos_and_videos/a/1.jpg"), title="Z updated her status.")
    new = post(
        AT, "Grüße", media("your_facebook_activity/posts/media/b/1.jpg"), title="Z hat ihren Status aktualisiert."
    )
    first = read(reading, tmp_path / "a", {"posts/your_posts_1.json": json.dumps([old])})
    again = read(reading, tmp_path / "b", {"x/your_posts_1.json": json.dumps([new, post(AT + 1, "more")])})
    assert [draft.source_key for draft in drafts(first)] == [draft.source_key for draft in drafts(again)][:1]


def test_a_post_that_stands_in_two_files_is_one(tmp_path: Path, reading: ModuleType) -> None:
    files = {
        "posts/your_posts_1.json": json.dumps([post(AT, "x"), post(AT, "x")]),
        "posts/2.json": json.dumps([post(AT, "x")]),
    }
    items = read(reading, tmp_path, dict(files))
    assert len(drafts(items)) == 2  # and two of one file are two
    assert list(reading.problems(items).values()) == ["twice"]


def test_chats_likes_and_posts_of_instagram_are_not_its_own(tmp_path: Path, reading: ModuleType) -> None:
    chat = {
        "participants": [{"name": "a"}],
        "messages": [{"sender_name": "a", "timestamp_ms": AT * 1000, "content": "x"}],
    }
    likes = FILES["your_facebook_activity/comments_and_reactions/likes_and_reactions_1.json"]
    posted = [{"media": [{"uri": "media/posts/1.jpg", "creation_timestamp": AT, "title": "x"}]}]
    files = {"message_1.json": json.dumps(chat), "likes.json": likes, "posts_1.json": json.dumps(posted)}
    assert Facebook().recognise(reading.make(tmp_path, files)).confidence == 0


CARD = (
    '<section class="_a6-g" aria-labelledby="u_0"><h2 class="_2ph_ _a6-h _a6-i" id="u_0">{0}</h2>'
    '<div class="_2ph_ _a6-p"><div class="_2pin"><div>{1}</div></div>{2}</div><footer class="_3-94 _a6-o">'
    '<a href="https://www.facebook.com/dyi/l/?l=A"><div class="_a72d">{3}</div></a></footer></section>'
)
SHOWN = '<div class="_2pin"><a href="{0}"><img src="{0}" class="_a6_o _3-96" /></a></div>'
UPDATED = '<div class="_2pin"><div>Updated May 02, 2011 8:12:17 am</div></div>'


def test_web_pages_are_read(tmp_path: Path, reading: ModuleType) -> None:
    home, album = "your_facebook_activity/posts", "your_facebook_activity/posts/media/Lakes_1"
    posts = (
        CARD.format("Ana B updated her status.", "Hello &amp; good morning.<br />Yes", "", "Dec 25, 2020 11:30:00 pm"),
        CARD.format(
            "Ana B shared a link.", '<a href="http://example.com/abc">http://example.com/abc</a>', UPDATED, "x"
        ),
        CARD.format("Ana B added a photo.", "", SHOWN.format(f"{album}/1.jpg"), "Dec 24, 2020 11:30:00 am"),
        CARD.format("Ana B was at home.", "", "", "Dec 24, 2020 11:31:00 am"),
    )
    pictures = (
        CARD.format("", "", SHOWN.format(f"{album}/1.jpg"), "Dec 24, 2020 11:30:00 am"),
        CARD.format("", "The other", SHOWN.format(f"{album}/2.jpg"), "Dec 24, 2020 11:30:00 am"),
    )
    folder = reading.make(
        tmp_path,
        {
            f"{home}/your_posts__check_ins__photos_and_videos_1.html": "<html><main>" + "".join(posts),
            f"{home}/album/0.html": "<title>Lakes</title>" + "".join(pictures),
            "your_facebook_activity/comments_and_reactions/comments.html": CARD.format(
                "Ana B commented on Bo's post.", "Nice", "", "Dec 26, 2020 1:00:00 am"
            ),
            f"{home}/no_posts.html": CARD.format("Ads", "x", "", "Dec 26, 2020 1:00:00 am"),
            f"{album}/1.jpg": b"1",
            f"{album}/2.jpg": b"2",
        },
    )
    assert Facebook().recognise(folder).confidence > 0
    items = reading.read(Facebook(), folder)
    found = sorted(drafts(items), key=lambda each: (each.evidence[0].local_at, each.body))
    assert [(str(each.evidence[0].local_at), each.title, each.body, len(each.media)) for each in found] == [
        ("2011-05-02 08:12:17", "", "http://example.com/abc", 0),
        ("2020-12-24 11:30:00", "Ana B added a photo.", "", 1),
        ("2020-12-24 11:30:00", "", "The other", 1),
        ("2020-12-25 23:30:00", "", "Hello & good morning.\nYes", 0),
        ("2020-12-26 01:00:00", "Ana B commented on Bo's post.", "Nice", 0),
    ]
    assert [each.name for each in found[2].collections] == ["Lakes"]
    assert found[3].extra == {"heading": "Ana B updated her status."}
    assert list(reading.problems(items).values()) == ["empty"]


def test_a_file_that_is_cut_off_gives_what_it_has(tmp_path: Path, reading: ModuleType) -> None:
    text = json.dumps([post(AT, "first"), post(AT + 1, "second")])
    items = read(reading, tmp_path, {"a.json": text[: text.index("second")]})
    assert [draft.body for draft in drafts(items)] == ["first"]
    assert reading.problems(items) == {"a.json": "export-broken"}


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.sources.facebook.ITEMS_PER_CHECKPOINT", 2)
    folder = reading.make(tmp_path, FILES)
    whole = list(Facebook().read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(marks) > 3
    assert [drafts([*Facebook().read(folder, ReadOptions(), mark.position)]) for _, mark in marks] == [
        drafts(whole[index:]) for index, _ in marks
    ]
