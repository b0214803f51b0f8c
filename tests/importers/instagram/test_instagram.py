"""Instagram: the same chats as Messenger's, told apart by what lies around them."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.domain.kinds import Kind
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.facebook import Facebook
from timeline_local.importers.sources.instagram import Instagram
from timeline_local.importers.sources.messenger import Messenger

EXPECTED = Path(__file__).with_name("expected.json")
AT = 1_577_880_000  # 2020-01-01 12:00 UTC
CHAT = {
    "participants": [{"name": "Zoë".encode().decode("latin-1")}, {"name": "Bo"}],
    "messages": [
        {"sender_name": "Bo", "timestamp_ms": 1700000000500, "content": "Liked a message"},
        {"sender_name": "Zoë".encode().decode("latin-1"), "timestamp_ms": 1700000000000,
         "photos": [{"uri": "your_instagram_activity/messages/inbox/zoe_9/photos/7.jpg"}],
         "reactions": [{"reaction": "❤".encode().decode("latin-1"), "actor": "Bo", "timestamp": 1700000000}]},
    ],
    "title": "Zoë".encode().decode("latin-1"),
    "thread_path": "inbox/zoe_9",
}  # fmt: skip
HOME = "your_instagram_activity/messages/inbox/zoe_9"


def wrong(text: str) -> str:
    """As Instagram writes it."""
    return text.encode().decode("latin-1")


def picture(name: str, at: int = AT, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"uri": f"media/{name}", "creation_timestamp": at, "title": "", **more}


def comment(text: str, owner: str, *names: str) -> dict[str, Any]:
    said, whose, when = names or ("Comment", "Media Owner", "Time")
    told = {said: {"value": text}, whose: {"value": owner}, when: {"timestamp": AT}}
    return {"media_list_data": [{"uri": ""}], "string_map_data": told}


EXIF = {"photo_metadata": {"exif_data": [{"latitude": 48.2, "longitude": 16.4, "iso": 100}]}}
POSTED: dict[str, object] = {
    "media/posts_1.json": [
        {"media": [picture("posts/202001/1.jpg", title=wrong("Grüße 🎉"), media_metadata=EXIF)]},
        {
            "media": [picture("posts/202001/2.jpg"), picture("posts/202001/lost.jpg")],
            "title": "Two",
            "creation_timestamp": AT + 9,
        },
        {"media": [{"uri": "", "creation_timestamp": 0, "title": ""}]},
    ],
    "media/stories.json": {
        "ig_stories": [picture("stories/202001/3.mp4", AT + 20, title="s"), picture("stories/202001/4.jpg", AT + 20)]
    },
    "media/reels.json": {"ig_reels_media": [{"media": [picture("reels/202001/5.mp4", AT + 30, title="r")]}]},
    "media/archived_posts.json": {"ig_archived_post_media": [{"media": [picture("posts/6.jpg", AT + 40)]}]},
    "media/profile_photos.json": {"ig_profile_picture": [picture("profile/7.jpg", AT + 50)]},
    "media/recently_deleted_content.json": {"ig_recently_deleted_media": [{"media": [picture("posts/8.jpg")]}]},
    "comments/post_comments_1.json": [comment(wrong("schön"), "bo.berg")],
    "comments/reels_comments.json": {
        "comments_reels_comments": [comment("wow", "ana", "Kommentar", "Besitzer", "Zeit")]
    },
}
ALL: dict[str, bytes | str] = {
    f"{HOME}/message_1.json": json.dumps(CHAT),
    **{f"your_instagram_activity/{name}": json.dumps(told) for name, told in POSTED.items()},
    **{f"media/{name}": b"x" for name in ("posts/202001/1.jpg", "posts/202001/2.jpg", "stories/202001/3.mp4",
       "stories/202001/4.jpg", "reels/202001/5.mp4", "posts/6.jpg", "profile/7.jpg")},
}  # fmt: skip


def test_a_chat_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {f"{HOME}/message_1.json": json.dumps(CHAT), f"{HOME}/photos/7.jpg": b"picture"})
    assert reading.golden(reading.read(Instagram(), folder)) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize("nest", ["", "instagram-bo/"])
@pytest.mark.parametrize(
    "beside", ["followers_and_following/followers.json", "connections/followers_and_following/x.json",
               "account_information/a.json", "login_and_account_creation/a.json"]
)  # fmt: skip
def test_the_old_layout_is_instagrams_where_only_instagram_writes_what_lies_beside_it(
    tmp_path: Path, reading: ModuleType, nest: str, beside: str
) -> None:
    files = {f"{nest}messages/inbox/zoe_9/message_1.json": json.dumps(CHAT), f"{nest}{beside}": "{}"}
    folder = reading.make(tmp_path, files)
    assert Instagram().recognise(folder).confidence > 0
    assert Messenger().recognise(folder).confidence == 0


@pytest.mark.parametrize("name", ["message_1.json", "messages/inbox/zoe_9/message_1.json", "Zoë.json"])
def test_a_chat_alone_is_instagrams_by_what_is_in_it(tmp_path: Path, reading: ModuleType, name: str) -> None:
    folder = reading.make(tmp_path, {name: json.dumps(CHAT)})
    assert Instagram().recognise(folder).confidence > 0
    assert Messenger().recognise(folder).confidence == 0


def test_the_old_layout_alone_is_taken_for_messengers(tmp_path: Path, reading: ModuleType) -> None:
    text = json.dumps(CHAT).replace("your_instagram_activity/", "").replace("Liked a message", "Hello")
    folder = reading.make(tmp_path, {"messages/inbox/zoe_9/message_1.json": text})
    assert Instagram().recognise(folder).confidence == 0
    assert Messenger().recognise(folder).confidence > 0


def test_pages_of_an_unknown_form_are_answered_with_the_one_to_choose(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {f"{HOME}/message_1.html": "<html>"})
    assert "JSON" in Instagram().recognise(folder).hint
    assert Messenger().recognise(folder).hint == ""


def test_what_was_posted_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    """Chats and posts of one export, both."""
    items = reading.read(Instagram(), reading.make(tmp_path, ALL))
    assert reading.golden(items) == json.loads(EXPECTED.with_name("expected_posts.json").read_bytes())


@pytest.mark.parametrize("name", ["content/posts_1.json", "instagram-bo/content/posts_1.json", "renamed.json"])
def test_posts_of_any_layout_find_their_files(tmp_path: Path, reading: ModuleType, name: str) -> None:
    files = {name: json.dumps(POSTED["media/posts_1.json"]), "part-2/media/posts/202001/1.jpg": b"x"}
    items = reading.read(Instagram(), reading.make(tmp_path, files))
    [first, *_] = reading.drafts(items).values()
    assert (first.body, [each.locator for each in first.media]) == ("Grüße 🎉", ["part-2/media/posts/202001/1.jpg"])


def test_an_export_of_before_2021_is_read(tmp_path: Path, reading: ModuleType) -> None:
    def old(name: str, at: str, caption: str = "") -> dict[str, str]:
        return {"caption": caption, "taken_at": at, "path": name}

    told = {
        "photos": [old("photos/1.jpg", "2018-05-01T10:00:00", "Both"),
                   old("photos/2.jpg", "2018-05-01T10:00:00", "Both"),
                   old("photos/3.jpg", "2019-05-01T10:00:00+02:00")],
        "stories": [old("stories/4.mp4", "2019-05-01T10:00:00+00:00")],
        "profile": [old("profile/5.jpg", "2019-06-01T10:00:00+00:00")],
        "direct": [old("direct/6.jpg", "2019-06-01T10:00:00+00:00")],
    }  # fmt: skip
    files = {"media.json": json.dumps(told), **{f"{part}": b"x" for part in ("photos/1.jpg", "photos/2.jpg",
             "photos/3.jpg", "stories/4.mp4", "profile/5.jpg", "direct/6.jpg")}}  # fmt: skip
    files["comments.json"] = json.dumps({"media_comments": [["2018-05-02T10:00:00+00:00", "nice", "bo"]], "live": []})
    found = list(reading.drafts(reading.read(Instagram(), reading.make(tmp_path, files))).values())
    assert [
        (draft.title, draft.body, len(draft.media), f"{draft.evidence[0].instant:%m-%d %H}") for draft in found
    ] == [
        ("Comment to @bo", "nice", 0, "05-02 10"),
        ("", "Both", 2, "05-01 10"),
        ("", "", 1, "05-01 08"),
        ("", "", 1, "05-01 10"),
        ("", "", 1, "06-01 10"),
    ]
    assert found[-1].kind is None


def test_a_profile_picture_is_a_picture_and_all_else_a_post(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Instagram(), reading.make(tmp_path, ALL))
    assert {draft.kind for draft in reading.drafts(items).values()} == {None, Kind.POST, Kind.MESSAGE}


def test_posts_of_instagram_are_not_facebooks(tmp_path: Path, reading: ModuleType) -> None:
    assert Facebook().recognise(reading.make(tmp_path, ALL)).confidence == 0


CARD = (
    '<div class="pam _3-95 _2ph- _a6-g uiBoxWhite noborder"><h2 class="_3-95 _2pim _a6-h _a6-i">{0}</h2>'
    '<div class="_3-95 _a6-p"><table style="table-layout: fixed;"><tr><td colspan="2" class="_2pin _a6_q">Media<div>'
    '<img src="{1}" class="_a6_o _3-96" /><div><table><tr><td class="_2pin _a6_q">Latitude</td>'
    '<td class="_2pin _2piu _a6_r">{2}</td></tr><tr><td class="_2pin _a6_q">Longitude</td>'
    '<td class="_2pin _2piu _a6_r">16.4</td></tr></table></div></div></td></tr></table></div>'
    '<div class="_3-94 _a6-o">{3}</div></div>'
)


def test_posts_and_chats_as_web_pages_are_read(tmp_path: Path, reading: ModuleType) -> None:
    top = '<html><head><title>Posts</title></head><body><div class="_4t5n" role="main">'
    talk = (
        '<div class="pam _3-95 _2ph- _a6-g uiBoxWhite noborder"><h2 class="_3-95 _2pim _a6-h _a6-i">zoe</h2>'
        '<div class="_3-95 _a6-p"><div><div></div><div>hi</div></div></div>'
        '<div class="_3-94 _a6-o">Jun 07, 2024 5:44 am</div></div>'
    )
    posts = (
        CARD.format("At the lake<br />again", "media/posts/202406/1.jpg", "48.2", "Jun 07, 2024 5:44 am"),
        CARD.format("", "media/posts/202406/2.jpg", "0", "jun. 08, 2024 17:44"),
        CARD.format("gone", "media/posts/202406/3.jpg", "x", ""),
    )
    folder = reading.make(
        tmp_path,
        {
            "your_instagram_activity/media/posts_1.html": top + "".join(posts),
            "your_instagram_activity/media/stories.html": "<html><body>none</body></html>",
            f"{HOME}/message_1.html": top + talk,
            "media/posts/202406/1.jpg": b"1",
            "media/posts/202406/2.jpg": b"2",
        },
    )
    assert Instagram().recognise(folder).confidence > 0
    assert Messenger().recognise(folder).confidence == 0
    assert Facebook().recognise(folder).confidence == 0
    items = reading.read(Instagram(), folder)
    found = sorted(reading.drafts(items).values(), key=lambda each: (each.kind or "", str(each.evidence[0].local_at)))
    assert [(each.kind, each.body, str(each.evidence[0].local_at), len(each.media)) for each in found] == [
        (Kind.MESSAGE, "hi", "2024-06-07 05:44:00", 0),
        (Kind.POST, "At the lake\nagain", "2024-06-07 05:44:00", 1),
        (Kind.POST, "", "2024-06-08 17:44:00", 1),
    ]
    assert (found[1].place.lat, found[1].place.lon) == (48.2, 16.4)
    assert list(reading.problems(items).values()) == ["no-time"]


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.instagram_posts.ITEMS_PER_CHECKPOINT", 1)
    folder = reading.make(tmp_path, ALL)
    whole = list(Instagram().read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*Instagram().read(folder, ReadOptions(), mark.position)] for _, mark in marks]
    assert len(marks) > 5
    assert [[each for each in rest if isinstance(each, Draft)] for rest in rests] == [
        [each for each in whole[index:] if isinstance(each, Draft)] for index, _ in marks
    ]
