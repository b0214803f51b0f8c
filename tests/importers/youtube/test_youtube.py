"""YouTube: sittings out of JSON, web pages and old lists, in many languages; advertisements and searches left out.

Sentences by language, and some dates of pages with what they mean, are facts out of the tests of youtube-rewind and
google_takeout_parser (MIT).
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft, Problem
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.youtube import YouTube

EXPECTED = Path(__file__).with_name("expected.json")
WATCH = "https://www.youtube.com/watch?v="


def entry(number: int, time: str, title: str = "", **more: object) -> dict[str, Any]:
    return {
        "header": "YouTube",
        "title": title or f"Watched Video {number}",
        "titleUrl": f"{WATCH}{number}",
        "subtitles": [{"name": f"Channel {number % 3}", "url": "https://www.youtube.com/channel/UC1"}],
        "time": time,
        "products": ["YouTube"],
        "activityControls": ["YouTube watch history"],
        **more,
    }


HISTORY = [
    entry(5, "2022-04-25T20:30:00.784Z", header="YouTube Music", subtitles=[{"name": "Sault - Topic"}]),
    entry(4, "2022-04-25T18:09:04.784Z", "Watched [A] brackets \\ and more"),
    entry(3, "2022-04-25T17:30:00.000Z", details=[{"name": "From Google Ads"}]),
    entry(2, "2022-04-25T17:29:00.000Z", "Watched a video that has been removed", titleUrl=None, subtitles=None),
    entry(2, "2022-04-25T17:28:00.000Z", f"Watched {WATCH}2"),
    entry(9, "2022-04-25T17:27:00.000Z", "Viewed a post", titleUrl="https://www.youtube.com/post/Ug"),
    entry(1, "2022-04-25T17:20:00.100Z", subtitles=None),
    entry(0, "2022-04-25T17:20:00.200Z"),
    entry(0, "2022-04-25T17:10:00.200Z"),
    entry(7, "2022-04-24T09:00:00Z"),
    entry(8, "soon"),
]
SEARCHES = [
    entry(
        1, "2022-04-25T17:00:00Z", "Searched for boats", titleUrl="https://www.youtube.com/results?search_query=boats"
    )
]
DISCOVER = [{"header": "Discover", "title": "7 cards in your feed", "time": "2021-12-13T03:04:05.007Z", "products": []}]


def cell(sentence: str, when: str, *, by: str = "", header: str = "YouTube", remark: str = "") -> str:
    who = f'<a href="https://www.youtube.com/channel/x">{by}</a><br>' if by else ""
    more = f"<b>Details:</b><br>&emsp;{remark}<br>" if remark else ""
    return (
        '<div class="outer-cell mdl-cell mdl-cell--12-col mdl-shadow--2dp"><div class="mdl-grid">'
        f'<div class="header-cell mdl-cell mdl-cell--12-col"><p class="mdl-typography--title">{header}<br></p></div>'
        '<div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1">'
        f"{sentence}<br>{who}{when}<br></div>"
        '<div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1 mdl-typography--text-right"></div>'
        '<div class="content-cell mdl-cell mdl-cell--12-col mdl-typography--caption"><b>Products:</b><br>&emsp;YouTube'
        f"<br>{more}<b>Why is this here?</b><br>&emsp;This activity was saved to your Google Account because the "
        "following settings were on:&nbsp;YouTube watch history.</div></div></div>"
    )


def page(*cells: str) -> str:
    style = "<style>/** material-design-lite */ " + ".x{color:red}" * 12_000 + "</style>"
    return (
        f"<html><head><title>My Activity History</title>{style}</head><body><div>{''.join(cells)}</div></body></html>"
    )


def watched(number: int, title: str = "") -> str:
    return f'Watched&nbsp;<a href="{WATCH}{number}">{title or f"Video {number}"}</a>'


def begins(reading: ModuleType, root: Path, *whens: str) -> list[datetime | None]:
    cells = [cell(watched(number), when) for number, when in enumerate(whens)]
    drafts = reading.drafts(reading.read(YouTube(), reading.make(root, {"watch-history.html": page(*cells)})))
    return [each.evidence[0].instant or each.evidence[0].local_at for each in drafts.values()]


FILES = {
    "Takeout/YouTube/history/watch-history.json": json.dumps(HISTORY),
    "Takeout/YouTube/history/search-history.json": json.dumps(SEARCHES),
    "Takeout/My Activity/Discover/MyActivity.json": json.dumps(DISCOVER),
    "Takeout/My Activity/YouTube/MyActivity.html": page(
        cell(watched(7), "Apr 24, 2022, 11:00:00 AM CEST", by="Channel 1"),
        cell(watched(6), "Apr 24, 2022, 10:59:00 AM CEST", by="Channel 0", remark="From Google Ads"),
        cell("Watched a video that has been removed", "Apr 24, 2022, 10:58:00 AM CEST"),
    ),
}


def test_a_takeout_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(YouTube(), reading.make(tmp_path, FILES))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


def test_a_page_and_a_json_of_one_history_make_the_same_sittings(tmp_path: Path, reading: ModuleType) -> None:
    told = [entry(2, "2022-04-25T17:30:00.9Z"), entry(1, "2022-04-25T17:20:00Z"), entry(0, "2022-01-25T17:20:00Z")]
    cells = [
        cell(watched(2), "Apr 25, 2022, 6:30:00 PM BST", by="Channel 2"),
        cell(watched(1), "Apr 25, 2022, 6:20:00 PM BST", by="Channel 1"),
        cell(watched(0), "Jan 25, 2022, 6:20:00 PM BST", by="Channel 0"),
    ]
    one = reading.read(YouTube(), reading.make(tmp_path / "one", {"a.json": json.dumps(told)}))
    other = reading.read(YouTube(), reading.make(tmp_path / "other", {"a.html": page(*cells)}))
    assert reading.golden(one) == reading.golden(other)
    assert len(reading.drafts(one)) == 2


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("Jun 23, 2015, 2:43:45 PM", "2015-06-23T14:43:45+00:00"),
        ("Jan 25, 2019, 8:23:48 AM GMT", "2019-01-25T08:23:48+00:00"),
        ("Jan 22, 2020, 8:34:00 PM UTC", "2020-01-22T20:34:00+00:00"),
        ("Sep 10, 2019, 8:51:45 PM MSK", "2019-09-10T17:51:45+00:00"),
        ("Sep 10, 2019, 8:51:45 PM PST", "2019-09-11T04:51:45+00:00"),
        ("Sep 10, 2019, 7:51:45 PM PDT", "2019-09-11T02:51:45+00:00"),
        ("Jan 15, 2021, 6:54:12 PM BST", "2021-01-15T17:54:12+00:00"),
        ("Mar 3, 2026, 6:25:05\u202fAM GMT+05:30", "2026-03-03T00:55:05+00:00"),
        ("03.06.2021, 17:14:40 MESZ", "2021-06-03T15:14:40+00:00"),
        ("8 mars 2018, 17:14:40 CET", "2018-03-08T16:14:40+00:00"),
        ("8 mrt. 2018 17:14:40 CET", "2018-03-08T16:14:40+00:00"),
        ("2024. 10. 19. 오전 9:15:07 KST", "2024-10-19T00:15:07+00:00"),
        ("2024/10/19 9:15:07 JST", "2024-10-19T00:15:07+00:00"),
        ("Mar 3, 2021, 6:25:05 AM IST", "2021-03-03T06:25:05"),
    ],
)
def test_times_of_pages_are_read_with_the_zone_behind_them(
    tmp_path: Path, reading: ModuleType, when: str, expected: str
) -> None:
    (found,) = begins(reading, tmp_path, when)
    assert found is not None
    assert found.isoformat() == expected


def test_the_order_of_day_and_month_is_decided_over_the_page(tmp_path: Path, reading: ModuleType) -> None:
    whens = ("14/03/2021, 08:00:00 UTC", "03/03/2021, 08:00:00 UTC", "04/02/2021, 08:00:00 UTC")
    assert begins(reading, tmp_path, *whens) == [
        datetime(2021, month, day, 8, tzinfo=UTC) for month, day in ((2, 4), (3, 3), (3, 14))
    ]


@pytest.mark.parametrize(
    "sentence",
    [
        "Watched {}",
        "{} angesehen",
        "Vous avez regardé {}",
        "Has visto {}",
        "Hai guardato {}",
        "Je hebt naar {} gekeken",
        "Просмотрено видео {}",
        "{} adlı videoyu izlediniz",
        "{} を視聴しました",
        "{} 을(를) 시청했습니다.",
        "تمت مشاهدة {} .",
        "Blicked upon {}",  # a language that nobody here knows
        "{} a été vu",
    ],
)
def test_what_stands_around_a_title_is_taken_off_in_every_language(
    tmp_path: Path, reading: ModuleType, sentence: str
) -> None:
    names = ["One day", "Two", "Three Little Pigs", "Watched pots", "five", "Six of one"]
    told = [
        entry(number, f"2022-04-{number + 1:02}T10:00:00Z", sentence.format(name)) for number, name in enumerate(names)
    ]
    told.append(entry(9, "2022-04-20T10:00:00Z", "Aimé ?", titleUrl=f"{WATCH}9"))
    drafts = reading.drafts(reading.read(YouTube(), reading.make(tmp_path, {"verlauf.json": json.dumps(told)})))
    assert [each.title for each in drafts.values()] == names


def test_lists_of_before_2018_are_read(tmp_path: Path, reading: ModuleType) -> None:
    told = [
        {
            "contentDetails": {"videoId": "abc"},
            "kind": "youtube#playlistItem",
            "snippet": {
                "title": "Sugar song",
                "publishedAt": "2015-07-05T18:27:32.000Z",
                "resourceId": {"videoId": "abc"},
            },
        }
    ]
    files = {"history/watch-history.json": json.dumps(told), "playlists/likes.json": json.dumps(told)}
    items = reading.read(YouTube(), reading.make(tmp_path, files))
    (draft,) = reading.drafts(items).values()
    assert (draft.title, draft.body) == ("Sugar song", f"- [Sugar song]({WATCH}abc)")
    assert reading.problems(items) == {"playlists/likes.json": "unsupported"}


def test_a_pause_of_more_than_an_hour_parts_two_sittings(tmp_path: Path, reading: ModuleType) -> None:
    told = [entry(each, f"2022-04-25T{time}Z") for each, time in enumerate(("10:00:00", "11:00:00", "12:00:01"))]
    drafts = reading.drafts(reading.read(YouTube(), reading.make(tmp_path, {"a.json": json.dumps(told)})))
    assert [each.extra["plays"] for each in drafts.values()] == [2, 1]


def test_an_entry_that_breaks_off_keeps_what_came_before(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(YouTube(), reading.make(tmp_path, {"a.json": json.dumps(HISTORY[-2:] * 2)[:-40]}))
    assert list(reading.drafts(items)) == ["video:2022-04-24T09:00Z"]
    assert reading.problems(items)["a.json"] == "history-broken"


@pytest.mark.parametrize(
    ("name", "text", "is_ours", "has_hint"),
    [
        ("renamed.json", json.dumps(HISTORY), True, False),
        ("renamed.html", page(cell(watched(1), "Apr 24, 2022, 11:00:00 AM UTC")), True, False),
        ("a.json", json.dumps(HISTORY).replace("watch?v=", "watch?v\\u003d"), True, False),
        ("a.json", json.dumps(SEARCHES), False, True),
        ("MyActivity.json", json.dumps(DISCOVER), False, True),
        ("MyActivity.html", page(cell("Searched for boats", "Apr 24, 2022, 11:00:00 AM UTC")), False, True),
        ("a.html", "<html><body>watch?v=1</body></html>", False, False),
        ("a.json", '[{"title": "x"}]', False, False),
    ],
)
def test_it_is_recognised_by_what_it_says(
    tmp_path: Path, reading: ModuleType, name: str, text: str, *, is_ours: bool, has_hint: bool
) -> None:
    found = YouTube().recognise(reading.make(tmp_path, {name: text}))
    assert (found.confidence > 0, bool(found.hint)) == (is_ours, has_hint)


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    told = [entry(each, f"20{each // 300 + 10}-{each % 12 + 1:02}-{each % 25 + 1:02}T10:00:00Z") for each in range(900)]
    folder = reading.make(tmp_path, {"a.json": json.dumps(told)})
    whole = list(YouTube().read(folder, ReadOptions(), None))
    places = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(places) == 5
    for index in places:
        rest = YouTube().read(folder, ReadOptions(), whole[index].position)  # type: ignore[union-attr]
        drafts = [each for each in rest if isinstance(each, Draft | Problem)]
        assert drafts == [each for each in whole[index:] if isinstance(each, Draft | Problem)]
