"""X: posts of every age of the archive, their links, files and replies; what was reposted; what is left out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import Precision
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.registry import SOURCES
from timeline_local.importers.sources.x_archive import XArchive

EXPECTED = Path(__file__).with_name("expected.json")


def post(number: int, text: str = "Hello", at: str = "Fri Mar 08 20:10:01 +0000 2019", **more: Any) -> Any:  # noqa: ANN401 - any JSON
    return {"tweet": {"id_str": str(number), "created_at": at, "full_text": text, "favorite_count": "3", **more}}


def part(name: str, *told: Any) -> str:  # noqa: ANN401 - any JSON
    return f"window.YTD.{name}.part0 = {json.dumps(list(told))}"


def test_an_archive_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    entities = {
        "urls": [{"url": "https://t.co/a", "expanded_url": "https://example.org/a?b=1&c=2"}],
        "hashtags": [{"text": "Sea"}, {"text": "Sea"}],
        "user_mentions": [{"screen_name": "anna", "name": "Anna B"}],
        "media": [{"url": "https://t.co/m", "media_url_https": "https://pbs.twimg.com/media/E1.jpg"}],
    }
    posts = [
        post(1104110001, "Waves &amp; wind https://t.co/a #Sea @anna https://t.co/m", entities=entities),
        post(1104110002, "RT @bo: Look at this https://t.co/a", entities={"urls": entities["urls"]}),
        post(1104110003, "@anna Yes", in_reply_to_status_id_str="99", coordinates={"coordinates": [13.4, 52.5]}),
        post(1104110004, "A long one that goes on and on and on and …", "Wed Mar 15 17:00:00 +0000 2023"),
        post(1104110005, "gone https://t.co/m", entities={"media": entities["media"]}),
        post(1104110006, ""),
        post(1104110007, "never", "Fri Mar 08 20:10:01 +0000 1919"),
    ]
    note = {
        "createdAt": "2023-03-15T17:00:00.000Z",
        "core": {
            "text": "A long one that goes on and on and on and on to https://t.co/z",
            "urls": [{"shortUrl": "https://t.co/z", "expandedUrl": "https://example.org/z"}],
        },
    }
    files = {
        "data/tweets.js": part("tweets", *posts),
        "data/tweets-part1.js": part("tweets", post(1104110008, "From the second part")),
        "data/note-tweet.js": part("note_tweet", {"noteTweet": note}),
        "data/like.js": part("like", {"like": {"tweetId": "5"}}),
        "data/direct-messages.js": part("direct_messages"),
        "data/deleted-tweets.js": part("deleted_tweets", {"tweet": {}}),
        "data/account.js": part("account", {}),
        "data/tweets_media/1104110001-E1.jpg": b"picture",
        "data/tweets_media/1104110001-clip.mp4": b"film",
        "data/tweets_media/77-of-nobody.jpg": b"x",
        "data/direct_messages_media/5-x.jpg": b"x",
        "photos/mine.jpg": b"x",
    }
    options = ReadOptions()
    items = reading.read(XArchive(), reading.make(tmp_path, files), options)
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())
    assert options.claimed == set(files) - {"photos/mine.jpg"}


@pytest.mark.parametrize(
    "text",
    [
        part("tweet", post(7)),
        part("tweet", post(7)["tweet"]),
        part("community_tweet", post(7)),
        "\ufeff" + part("tweets", post(7)).replace(" = ", "="),
    ],
)
def test_the_files_of_all_years_are_read(tmp_path: Path, reading: ModuleType, text: str) -> None:
    folder = reading.make(tmp_path, {"deep/renamed.js": text})
    assert XArchive().recognise(folder).confidence > 0.9
    assert list(reading.drafts(reading.read(XArchive(), folder))) == ["7"]


@pytest.mark.parametrize(
    ("number", "at", "instant"),
    [
        (1104111333447004160, "Fri Mar 08 20:10:01 +0000 2019", "2019-03-08T20:10:01+00:00"),
        (1104111333447004160, "Fri Mar 08 20:10:01 +0000 0219", "2019-03-08T20:07:09.947000+00:00"),
        (1104111333447004160, "", "2019-03-08T20:07:09.947000+00:00"),
        (1104111333447004160, "2019-03-08 00:00:00 +0000", "2019-03-08T20:07:09.947000+00:00"),
        (1104111333447004160, "2019-03-07 00:00:00 +0000", "2019-03-07T00:00:00+00:00"),
        (20, "2006-03-21T20:50:14.000Z", "2006-03-21T20:50:14+00:00"),
    ],
)
def test_an_impossible_time_is_told_by_the_number(
    tmp_path: Path, reading: ModuleType, number: int, at: str, instant: str
) -> None:
    folder = reading.make(tmp_path, {"tweets.js": part("tweets", post(number, at=at))})
    (draft,) = reading.drafts(reading.read(XArchive(), folder)).values()
    assert draft.evidence[0].instant == datetime.fromisoformat(instant)


TABLE = (
    '"tweet_id","in_reply_to_status_id","in_reply_to_user_id","timestamp","source","text","retweeted_status_id",'
    '"retweeted_status_user_id","retweeted_status_timestamp","expanded_urls"\n'
    '"340574928115998720","","","2013-05-31 21:06:05 +0000","<a href=""http://a"" rel=""nofollow"">iOS</a>",'
    '"Big &amp; https://t.co/u #wide #1\nnext, https://t.co/v","","","",'
    '"http://a.example/x?a=1,2,http://b.example/,http://b.example/"\n'
    '"28682892997","28666397094","422","2010-10-25 00:00:00 +0000","web","@anna hi https://t.co/w","","","",""\n'
    '"340574928115998721","","","2013-05-31 21:06:06 +0000","web","RT @bo: cut o…","77","5",'
    '"2013-05-31 20:00:00 +0000",""\n'
)
MONTHS: dict[str, bytes | str] = {
    "tweets.csv": TABLE,
    "data/js/tweet_index.js": 'var tweet_index =  [ {\n  "file_name" : "data/js/tweets/2013_05.js" } ]',
    "data/js/user_details.js": 'var user_details =  {\n  "screen_name" : "me",\n  "id" : "1"\n}',
    "data/js/payload_details.js": 'var payload_details =  {\n  "tweets" : 2\n}',
    "data/js/tweets/2013_05.js": "Grailbird.data.tweets_2013_05 = \n "
    + json.dumps(
        [
            {
                "id_str": "340574928115998720", "id": 340574928115998720, "text": "Big https://t.co/u #wide",
                "created_at": "2013-05-31 21:06:05 +0000", "geo": {"type": "Point", "coordinates": [40.7, -73.9]},
                "entities": {"hashtags": [{"text": "wide"}], "media": [], "user_mentions": [],
                             "urls": [{"url": "https://t.co/u", "expanded_url": "http://a.example/x"}]},
            },
            {
                "id_str": "340574928115998721", "text": "RT @bo: cut o…", "geo": {}, "entities": {},
                "created_at": "2013-05-31 21:06:06 +0000",
                "retweeted_status": {"text": "cut off https://t.co/z", "user": {"screen_name": "bo"}, "entities": {
                    "urls": [{"url": "https://t.co/z", "expanded_url": "http://z.example/"}]}},
            },
        ]
    ),
    "data/js/tweets/2010_10.js": "Grailbird.data.tweets_2010_10 =\n"
    + json.dumps([{"id_str": "28682892997", "text": "@anna hi", "created_at": "2010-10-25 00:00:00 +0000",
                   "in_reply_to_status_id_str": "28666397094", "geo": {}, "entities": {}}]),
}  # fmt: skip


def test_archives_before_2019_are_read_by_their_months(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, MONTHS)
    options = ReadOptions()
    assert XArchive().recognise(folder).confidence > 0.9
    items = reading.read(XArchive(), folder, options)
    found = reading.drafts(items)
    assert {key: each.body for key, each in found.items()} == {
        "340574928115998720": "Big http://a.example/x #wide",
        "340574928115998721": "cut off http://z.example/",
        "28682892997": "@anna hi",
    }
    place = found["340574928115998720"].place
    assert (place.lat, place.lon) == (40.7, -73.9)
    day = found["28682892997"].evidence[0]
    assert (day.precision, day.local_at, day.instant) == (Precision.DAY, datetime(2010, 10, 25), None)  # noqa: DTZ001 - a wall clock
    assert options.claimed == set(MONTHS)
    assert reading.problems(items) == {}


def test_their_table_alone_is_read(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"mine.csv": "\ufeff" + TABLE})
    assert next(each.name for each in SOURCES if each.recognise(folder).confidence > 0) == "x_archive"
    found = reading.drafts(reading.read(XArchive(), folder))
    assert {key: (each.kind, each.body, each.tags) for key, each in found.items()} == {
        "340574928115998720": (
            Kind.POST,
            "Big & http://a.example/x?a=1,2 #wide #1\nnext, http://b.example/",
            ("wide",),
        ),
        "28682892997": (Kind.POST, "@anna hi https://t.co/w", ()),
        "340574928115998721": (Kind.BOOKMARK, "cut o…", ()),
    }
    assert [each.source_key for each in found["28682892997"].relations] == ["28666397094"]


def test_a_table_that_breaks_gives_what_came_before(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"tweets.csv": TABLE + '"5","","","","","' + "x" * 200_000})
    items = reading.read(XArchive(), folder)
    assert reading.problems(items) == {"tweets.csv": "archive-broken"}
    assert len(reading.drafts(items)) == 3


def test_a_later_archive_says_the_same_of_a_post(tmp_path: Path, reading: ModuleType) -> None:
    told = [
        reading.read(XArchive(), reading.make(tmp_path / name, {"tweets.js": part("tweets", post(7, **more))}))
        for name, more in (("then", {}), ("now", {"favorite_count": "900", "lang": "en"}))
    ]
    assert reading.golden(told[0]) == reading.golden(told[1])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("data/tweets.js", part("tweets", post(1), post(2)) + " ;\n"),
        ("data/tweets.js", part("tweets", post(1), post(2, "Hello;")) + "\n"),
        ("tweets.json", json.dumps([post(1), post(2)])),
    ],
)
def test_posts_are_read_with_a_semicolon_and_as_plain_json(
    tmp_path: Path, reading: ModuleType, name: str, text: str
) -> None:
    folder = reading.make(tmp_path, {name: text})
    assert XArchive().recognise(folder).confidence > 0
    items = reading.read(XArchive(), folder)
    assert (list(reading.drafts(items)), reading.problems(items)) == (["1", "2"], {})


def test_a_part_without_posts_is_answered_with_the_right_one(tmp_path: Path, reading: ModuleType) -> None:
    found = XArchive().recognise(reading.make(tmp_path, {"like.js": part("like"), "a.js": "let a = 1"}))
    assert found.confidence == 0
    assert "data/tweets.js" in found.hint


def test_a_file_that_ends_in_the_middle_gives_what_came_before(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"tweets.js": part("tweets", post(7), post(8))[:-20]})
    items = reading.read(XArchive(), folder)
    assert reading.problems(items) == {"tweets.js": "archive-broken"}
    assert [draft.kind for draft in reading.drafts(items).values()] == [Kind.POST]


def sent(number: int, sender: str, text: str, recipient: str = "", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    said = {"id": str(number), "senderId": sender, "text": text, "createdAt": "2022-01-27T15:58:52.744Z", **more}
    return {"messageCreate": said | ({"recipientId": recipient} if recipient else {})}


def talk(number: str, *messages: dict[str, Any]) -> dict[str, Any]:
    return {"dmConversation": {"conversationId": number, "messages": list(messages)}}


@pytest.fixture
def talking() -> dict[str, str | bytes]:
    link = {"url": "https://t.co/1", "expanded": "https://a.example"}
    shown = {"url": "https://t.co/2", "expanded": "https://twitter.com/messages/media/8"}
    mention = {"user_mentions": [{"id_str": "2", "screen_name": "bob", "name": "Bob"}]}
    own = {"accountDisplayName": "Me"}
    return {
        "data/account.js": part("account", {"account": {"accountId": "1", "username": "me", **own}}),
        "data/tweets.js": part("tweets", post(1, "@bob hi", entities=mention)),
        "data/direct-messages.js": part(
            "direct_messages",
            talk("1-2", sent(7, "1", "A &amp; B https://t.co/1", "2", urls=[link]), sent(9, "2", "", "1"),
                 sent(8, "2", "look https://t.co/2", "1", urls=[shown])),
            talk("1-3", sent(6, "3", "who?", "1")),
        ),
        "data/direct-messages-group.js": part(
            "direct_messages_group",
            talk("77", {"conversationNameUpdate": {"name": "Choir"}}, sent(5, "2", "all"), {"joinConversation": {}}),
        ),
        "data/direct_messages_media/8-x.jpg": b"picture",
    }  # fmt: skip


def test_messages_are_conversations_with_whom_the_posts_name(
    tmp_path: Path, reading: ModuleType, talking: dict[str, str | bytes]
) -> None:
    items = reading.read(XArchive(), reading.make(tmp_path, talking))
    found = {key: draft for key, draft in reading.drafts(items).items() if draft.kind is Kind.MESSAGE}
    assert {
        key: (each.collections[0].name, each.people[0].name, each.body, [file.name for file in each.media])
        for key, each in found.items()
    } == {
        "message 5": ("Choir", "Bob", "all", []),
        "message 6": ("X user 3", "X user 3", "who?", []),
        "message 7": ("Bob", "Me", "A & B https://a.example", []),
        "message 8": ("Bob", "Bob", "look", ["8-x.jpg"]),
    }
    assert found["message 7"].evidence[0].instant == datetime(2022, 1, 27, 15, 58, 52, 744_000, tzinfo=UTC)
    assert sorted(reading.problems(items).values()) == ["empty", "system-message", "system-message"]


def test_messages_alone_are_an_archive_and_go_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.sources.x_archive.ITEMS_PER_CHECKPOINT", 2)
    talks = [talk(f"1-{n}", *(sent(10 * n + k, "1", f"{n}.{k}", str(n)) for k in range(3))) for n in (2, 3)]
    folder = reading.make(tmp_path, {"direct-messages.json": json.dumps(talks)})
    assert XArchive().recognise(folder).confidence > 0
    whole = list(XArchive().read(folder, ReadOptions(), None))
    assert sum(isinstance(each, Draft) for each in whole) == 6
    for index, item in enumerate(whole):
        if isinstance(item, Checkpoint):
            rest = list(XArchive().read(folder, ReadOptions(), item.position))
            assert [each for each in rest if isinstance(each, Draft)] == [
                each for each in whole[index:] if isinstance(each, Draft)
            ]


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"tweets.js": part("tweets", *(post(1000 + number) for number in range(450)))})
    whole = list(XArchive().read(folder, ReadOptions(), None))
    places = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(places) == 2
    for index in places:
        rest = XArchive().read(folder, ReadOptions(), whole[index].position)  # type: ignore[union-attr]
        assert [each for each in rest if isinstance(each, Draft)] == [
            each for each in whole[index:] if isinstance(each, Draft)
        ]
