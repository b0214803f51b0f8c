"""Bookmarks: every list makes the same memories; what has no date, or came with a move, is left out.

Shapes are those that browsers and services write; entries are ours.
"""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.bookmarks import Bookmarks

EXPECTED = Path(__file__).with_name("expected.json")
AT = 1_577_836_800  # 2020-01-01T00:00:00Z
NETSCAPE = """<!DOCTYPE NETSCAPE-Bookmark-file-1>
<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=UTF-8"><TITLE>Bookmarks</TITLE><H1>Bookmarks</H1>
<DL><p>
    <DT><H3 ADD_DATE="1577836700">Sea &amp; sand</H3>
    <DL><p>
        <DT><A HREF="https://example.org/a" ADD_DATE="1577836800" TAGS="sea,two words">The sea</A>
        <DD>Read this
        <DT><H3>Deeper</H3>
        <DL><p>
            <DT><A HREF="https://example.org/b?x=1&amp;y=2" ADD_DATE="1577836801000000">B</A>
        </DL><p>
    </DL><p>
    <DT><A HREF="javascript:void(0)" ADD_DATE="1577836800">Script</A>
    <DT><A HREF="https://example.org/c" ADD_DATE="0">No date</A>
    <DT><A HREF="https://example.org/d" ADD_DATE="1577836805">https://example.org/d</A>
</DL><p>
"""
POCKET = f"""<!DOCTYPE html><html><!--So long and thanks for all the fish--><head><title>Pocket Export</title></head>
<body><h1>Unread</h1><ul><li><a href="https://example.org/a" time_added="{AT}" tags="sea,two words">The sea</a></li>
</ul></body></html>"""
FIREFOX = {
    "title": "",
    "dateAdded": AT * 1_000_000,
    "type": "text/x-moz-place-container",
    "children": [
        {
            "title": "menu",
            "type": "text/x-moz-place-container",
            "children": [
                {
                    "title": "The sea",
                    "uri": "https://example.org/a",
                    "tags": "sea,two words",
                    "dateAdded": AT * 1_000_000,
                    "type": "text/x-moz-place",
                }
            ],
        }
    ],
}
CHROME = {
    "checksum": "x",
    "roots": {
        "bookmark_bar": {
            "name": "Bar",
            "type": "folder",
            "children": [
                {
                    "date_added": str((AT + 11_644_473_600) * 1_000_000),
                    "name": "The sea",
                    "type": "url",
                    "url": "https://example.org/a",
                }
            ],
        }
    },
}
PINBOARD = [
    {
        "href": "https://example.org/a",
        "description": "The sea",
        "extended": "",
        "time": "2020-01-01T00:00:00Z",
        "toread": "no",
        "tags": "sea",
    }
]
STARS = [
    {
        "starred_at": "2020-01-01T00:00:00Z",
        "repo": {
            "full_name": "ana/sea",
            "html_url": "https://github.com/ana/sea",
            "description": "Waves",
            "topics": ["sea"],
        },
    }
]
LISTS = {
    "pocket.html": POCKET,
    "pocket.csv": f"title,url,time_added,tags,status\nThe sea,https://example.org/a,{AT},sea|two words,unread\n",
    "firefox.json": json.dumps(FIREFOX),
    "Bookmarks": json.dumps(CHROME),
    "pinboard.json": json.dumps(PINBOARD),
    "raindrop.csv": "id,title,note,excerpt,url,folder,tags,created,cover,highlights,favorite\n"
    "1,The sea,,,https://example.org/a,Unsorted,sea,2020-01-01T00:00:00.000Z,,,false\n",
    "instapaper.csv": f"URL,Title,Selection,Folder,Timestamp,Tags\nhttps://example.org/a,The sea,,Archive,{AT},[]\n",
}
FILES = {"bookmarks.html": NETSCAPE, "stars.json": json.dumps(STARS), "pocket.html": POCKET}


def test_lists_become_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Bookmarks(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize("name", LISTS)
def test_every_list_makes_the_same_bookmark(tmp_path: Path, reading: ModuleType, name: str) -> None:
    folder = reading.make(tmp_path, {name: LISTS[name]})
    assert Bookmarks().recognise(folder).confidence > 0.9
    items = reading.read(Bookmarks(), folder)
    (draft,) = reading.drafts(items).values()
    assert draft.source_key == f"https://example.org/a@{AT}"
    assert (draft.title, draft.body, set(draft.tags) <= {"sea", "two words"}) == (
        "The sea",
        "https://example.org/a",
        True,
    )
    assert reading.problems(items) == {}


def test_what_came_with_a_move_has_no_date(tmp_path: Path, reading: ModuleType) -> None:
    rows = "".join(f"T,https://example.org/{number},{AT},,unread\n" for number in range(11))
    text = f"title,url,time_added,tags,status\n{rows}T,https://example.org/own,{AT + 1},,unread\n"
    items = reading.read(Bookmarks(), reading.make(tmp_path, {"a.csv": text}))
    assert list(reading.drafts(items)) == [f"https://example.org/own@{AT + 1}"]
    assert set(reading.problems(items).values()) == {"no-time"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.html", "<html><body><a href='https://example.org'>x</a></body></html>"),
        ("a.json", '{"roots": 1}'),
        ("a.csv", "title,url\nx,https://example.org\n"),
        ("a.txt", NETSCAPE),
    ],
)
def test_other_files_are_nothing_to_it(tmp_path: Path, reading: ModuleType, name: str, text: str) -> None:
    assert Bookmarks().recognise(reading.make(tmp_path, {name: text})).confidence == 0


@pytest.mark.parametrize("name", ["firefox.json", "Bookmarks"])
def test_what_a_browser_cut_off_is_told(tmp_path: Path, reading: ModuleType, name: str) -> None:
    items = reading.read(Bookmarks(), reading.make(tmp_path, {name: LISTS[name][:-5]}))
    assert (reading.drafts(items), list(reading.problems(items).values())) == ({}, ["unreadable"])


def test_folders_in_folders_in_folders_end_nothing(tmp_path: Path, reading: ModuleType) -> None:
    text = NETSCAPE.replace("<DL><p>", "<DT><H3>x</H3><DL>" * 20_000, 1)
    assert len(reading.drafts(reading.read(Bookmarks(), reading.make(tmp_path, {"a.html": text})))) == 3


def test_a_page_of_more_bookmarks_than_memory_has_room_for_gives_the_first(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.bookmark_lists.MOST_OF_A_PAGE", 2)
    items = reading.read(Bookmarks(), reading.make(tmp_path, {"a.html": NETSCAPE}))
    assert [each.title for each in reading.drafts(items).values()] == ["The sea", "B"]
    assert reading.problems(items) == {"a.html": "unreadable"}


@pytest.mark.parametrize("is_page", [True, False], ids=["page", "json"])
def test_no_folder_is_called_longer_than_a_path_is(tmp_path: Path, reading: ModuleType, *, is_page: bool) -> None:
    page = NETSCAPE.replace("Sea &amp; sand", "x" * 2000)
    tree = json.dumps(FIREFOX).replace('"menu"', f'"{"x" * 2000}"')
    files = {"a.html": page} if is_page else {"a.json": tree}
    drafts = reading.drafts(reading.read(Bookmarks(), reading.make(tmp_path, files)))
    assert max(len(str(each.extra.get("folder", ""))) for each in drafts.values()) == 500


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    rows = "".join(f"T,https://example.org/{number},{AT + number},,unread\n" for number in range(450))
    folder = reading.make(tmp_path, {"a.csv": f"title,url,time_added,tags,status\n{rows}"})
    whole = list(Bookmarks().read(folder, ReadOptions(), None))
    places = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(places) == 2
    for index in places:
        rest = Bookmarks().read(folder, ReadOptions(), whole[index].position)  # type: ignore[union-attr]
        assert [each for each in rest if isinstance(each, Draft)] == [
            each for each in whole[index:] if isinstance(each, Draft)
        ]
