"""Apple Journal: pages of HTML with their pictures, in the language of the phone; days, moods, people and places."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.domain.month_names import read_worded_date
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.apple_journal import AppleJournal

EXPECTED = Path(__file__).with_name("expected.json")
ROOT = "AppleJournalEntries"
PAGE = """<!DOCTYPE html>
<html dir="auto"><head><title></title><style>p.p1 {{margin: 0}} div.pageHeader {{font-weight: bold}}</style></head>
<body>
<p class="p1"><span class="s1"><div class='pageContainer'>    <div class="pageHeader">{header}</div>
<div class="assetGrid">{grid}</div>{more}<div class='title'>{title}</div><div class='bodyText'></span></p>
{body}
<p class="p1"><span class="s1"></div></div></span></p>
</body></html>
"""


def page(
    header: str = "Sunday, 3 November 2024", grid: str = "", title: str = "", body: str = "", more: str = ""
) -> str:
    return PAGE.format(header=header, grid=grid, title=title, body=body, more=more)


def item(kind: str, key: str, inner: str) -> str:
    return f'<div id="{key}" class="gridItem assetType_{kind}">{inner}</div>'


def picture(key: str, name: str) -> str:
    return item("photo", key, f'<img src="../Resources/{name}" class="asset_image"/>')


def test_an_export_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    grid = (
        picture("P1", "P1.jpg")
        + item("livePhoto", "L1", '<img src="../Resources/L1.HEIC"/>')
        + item("video", "V1", '<video><source src="../Resources/gone.mov"/></video>')
        + item("stateOfMind", "S1", '<div class="gridItemOverlayHeader">Sad</div><div>Overwhelmed</div>')
        + item("contact", "C1", '<div class="gridItemOverlayFooter">Mom</div>')
        + item("multiPinMap", "M1", '<div class="gridItemOverlayFooter">Old Town Market Place</div>')
    )
    body = (
        '<p class="p2"><span class="s2">First &amp; <b>best</b>.</span></p>\n'
        '<p class="p3"><span class="s2"></span><br></p>\n<p class="p4"><span class="s2">Second.</span></p>\n'
        "<ul><li>one</li><li>two</li></ul>"
    )
    prompt = "<div class='reflectionPrompt'>How was your day?</div>"
    place = {"date": 752025600.5, "visits": [{"placeName": "Old Town", "latitude": 50.08, "longitude": 14.42}]}
    files = {
        f"{ROOT}/index.html": '<div class="pageHeader">All</div><div class="assetGrid"></div>',
        f"{ROOT}/Entries/2024-11-03_A_title.html": page(grid=grid, title="A  title", body=body, more=prompt),
        f"{ROOT}/Entries/2024-11-04.html": page("Monday, November 4, 2024", body="<p>Only words</p>"),
        f"{ROOT}/Entries/2024-11-05.html": page("Tuesday, 5 November 2024"),
        f"{ROOT}/Resources/P1.jpg": b"1",
        f"{ROOT}/Resources/P1.json": json.dumps({"date": 752025600}),
        f"{ROOT}/Resources/L1.HEIC": b"2",
        f"{ROOT}/Resources/L1.mov": b"3",
        f"{ROOT}/Resources/M1.json": json.dumps(place),
    }
    options = ReadOptions()
    items = reading.read(AppleJournal(), reading.make(tmp_path, files), options)
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())
    assert {f"{ROOT}/index.html", f"{ROOT}/Resources/P1.json", f"{ROOT}/Resources/M1.json"} <= options.claimed


@pytest.mark.parametrize(
    ("header", "near", "day"),
    [
        ("Sunday, 3 November 2024", None, "2024-11-03"),
        ("Friday, May 10, 2024", None, "2024-05-10"),
        ("Sonntag, 3. März 2024", None, "2024-03-03"),
        ("jeudi 11 août 2022", None, "2022-08-11"),
        ("martes, 1 de septiembre de 2026", None, "2026-09-01"),
        ("2024年11月3日 星期日", None, "2024-11-03"),
        ("2024년 11월 3일 일요일", None, "2024-11-03"),
        ("воскресенье, 3 ноября 2024 г.", None, "2024-11-03"),
        ("niedziela, 3 listopada 2024", "2024-11-03", "2024-11-03"),
        ("neděle 3. listopadu 2024", None, "2024-11-03"),
        ("3 Ekim 2024 Perşembe", None, "2024-10-03"),
        ("الأحد، 3 نوفمبر 2024", "2024-11-03", "2024-11-03"),
        ("الأحد، 3 نوفمبر 2024", "2024-11-02", "2024-11-03"),
        ("الأحد، 3 نوفمبر 2024", None, None),
        ("Sunday, 31 November 2024", None, None),
        ("Not a date", "2024-11-02", None),
        ("", None, None),
    ],
)
def test_the_header_is_read_in_the_language_of_the_phone(header: str, near: str | None, day: str | None) -> None:
    known = date.fromisoformat(near) if near else None
    assert read_worded_date(header, known) == (date.fromisoformat(day) if day else None)


@pytest.mark.parametrize(
    ("name", "header", "local"),
    [
        ("2024-11-02_x.html", "Sunday, 3 November 2024", "2024-11-03T00:00:00"),
        ("2024-11-02_x.html", "???", "2024-11-02T00:00:00"),
        ("x.html", "???", None),
    ],
)
def test_the_day_is_the_headers_else_the_names(
    tmp_path: Path, reading: ModuleType, name: str, header: str, local: str | None
) -> None:
    folder = reading.make(tmp_path, {name: page(header, title="x")})
    (draft,) = reading.drafts(reading.read(AppleJournal(), folder)).values()
    told = [each.local_at.isoformat() for each in draft.evidence if each.local_at]
    assert told == ([local] if local else [])


def test_pages_taken_out_of_their_folders_find_their_files(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"x.html": page(grid=picture("P", "a%20b.jpg")), "deep/down/a b.jpg": b"x"})
    (draft,) = reading.drafts(reading.read(AppleJournal(), folder)).values()
    assert [each.locator for each in draft.media] == ["deep/down/a b.jpg"]


@pytest.mark.parametrize("text", ["", "<html><body>pageHeader</body></html>", "bodyText"])
def test_other_pages_are_no_entries(tmp_path: Path, reading: ModuleType, text: str) -> None:
    assert AppleJournal().recognise(reading.make(tmp_path, {"a.html": text})).confidence == 0


def test_broken_pages_end_nothing(tmp_path: Path, reading: ModuleType) -> None:
    files = {
        "a.html": page(body="<p>" + "word " * 30_000),
        "b.html": page(title="whole")[:-60],
        "c.html": page(body="</div></div></div><p>lost</p>", title="odd"),
    }
    items = reading.read(AppleJournal(), reading.make(tmp_path, files))
    assert reading.problems(items) == {"a.html": "note-too-long"}
    assert [draft.title for draft in reading.drafts(items).values()] == ["whole", "odd"]


def test_a_page_that_is_nested_deeply_takes_no_longer_than_its_length(tmp_path: Path, reading: ModuleType) -> None:
    deep = '<div class="gridItem">' * 60_000 + "<b>x</b>y" * 60_000
    items = reading.read(AppleJournal(), reading.make(tmp_path, {"a.html": page(title="deep", grid=deep)}))
    assert reading.problems(items) == {"a.html": "empty"}


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {f"{ROOT}/Entries/{number}.html": page(title=str(number)) for number in range(120)})
    whole = list(AppleJournal().read(folder, ReadOptions(), None))
    places = [index for index, found in enumerate(whole) if isinstance(found, Checkpoint)]
    assert len(places) == 2
    for index in places:
        rest = AppleJournal().read(folder, ReadOptions(), whole[index].position)  # type: ignore[union-attr]
        assert [each for each in rest if isinstance(each, Draft)] == [
            each for each in whole[index:] if isinstance(each, Draft)
        ]
