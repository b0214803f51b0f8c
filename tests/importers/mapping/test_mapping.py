"""Anybody's tables by a mapping: CSV and JSON, checked with clear words, streamed, gone on with, never run."""

from __future__ import annotations

import json
import re
import textwrap
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import Precision
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.registry import judge
from timeline_local.importers.sources.mapping import MappedTables

EXPECTED = Path(__file__).with_name("expected.json")

BOOKS = """
# The list of books I read, as the library exports it.
[source]
name = "Library"
file = "books.csv"
delimiter = ";"

[memory]
kind = "event"
key = "Id"
title = "{Title} by {Author}"
text = \"\"\"
Read in {{{Pages}}} pages.
> {Quote}
\"\"\"
tags = ["books", "{Shelves}"]
separator = ","
people = "{Author}"
rating = { column = "Stars", of = 10 }
mood = { column = "Mood", words = { good = 4, bad = 2 } }
media = "covers/{Cover}"

[time]
column = ["Day", "Clock"]
format = "%d.%m.%Y %H:%M"
zone = "Europe/Berlin"
duration = "Minutes"
duration_unit = "min"

[place]
name = "{Where}"
lat = "Lat"
lon = "Lon"

[only]
Status = ["read", "reread"]
"""
HEADER = "Id;Title;Author;Pages;Quote;Shelves;Stars;Mood;Cover;Day;Clock;Minutes;Where;Lat;Lon;Status\n"
ROWS = (
    '1;"Der Steppenwolf; a novel";Hesse;240;"Nur für\nVerrückte";novel, german;9;Good;1.jpg;'
    "03.04.2021;18:30;90;Café;52.5;13.4;read\n"
    "2;Emma;Austen;;;;11;bad;gone.jpg;29.03.2020;02:30;;;0;0;Reread\n"
    "3;Ulysses;Joyce;;;;;;;;;;;;;abandoned\n"
    "1;Siddhartha;Hesse;;;;;;;01.01.2021;10:00;;;;;read\n"
    "5;Faust;Goethe;;;;;;;1808;;;;;;read\n"
    "6;Faust II;Goethe;;;;;;;;;;;;;read\n"
)
SMALL = '[memory]\ntitle = "{what}"\n[time]\ncolumn = "when"\n'


def test_a_table_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    files = {"books.timeline.toml": BOOKS, "books.csv": HEADER + ROWS, "covers/1.jpg": b"cover"}
    items = reading.read(MappedTables(), reading.make(tmp_path, files))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


def when(reading: ModuleType, tmp_path: Path, said: str, told: str) -> Draft:
    row = json.dumps([{"what": "x", "when": said, "tz": "Asia/Tokyo", "end": said}])
    folder = reading.make(tmp_path, {"a.timeline.toml": SMALL + told, "a.json": row})
    (draft,) = reading.drafts(reading.read(MappedTables(), folder)).values()
    assert isinstance(draft, Draft)
    return draft


@pytest.mark.parametrize(
    ("said", "told", "instant", "local", "offset", "zone", "precision"),
    [
        ("2020-02-03T04:05:06Z", "", "2020-02-03T04:05:06+00:00", None, None, None, "instant"),
        ("2020-02-03T04:05:06+01:00", "", None, "2020-02-03T04:05:06", 60, None, "instant"),
        ("2020-02-03 04:05", "", None, "2020-02-03T04:05:00", None, None, "minute"),
        ("2020-02-03 04:05", 'zone = "UTC"', "2020-02-03T04:05:00+00:00", None, None, None, "minute"),
        ("2020-02-03 04:05", 'zone = "+05:30"', None, "2020-02-03T04:05:00", 330, None, "minute"),
        ("2020-02-03 04:05", 'zone_column = "tz"', None, "2020-02-03T04:05:00", None, "Asia/Tokyo", "minute"),
        ("2020-02", 'zone = "UTC"', None, "2020-02-01T00:00:00", None, None, "month"),
        ("1580702706", 'format = "unix"', "2020-02-03T04:05:06+00:00", None, None, None, "instant"),
        ("1580702706123", 'format = "unix_ms"', "2020-02-03T04:05:06.123000+00:00", None, None, None, "instant"),
        ("Feb 3, 2020", 'format = "%b %d, %Y"', None, "2020-02-03T00:00:00", None, None, "day"),
        ("3.2.20 4 PM +0100", 'format = "%d.%m.%y %I %p %z"', None, "2020-02-03T16:00:00", 60, None, "minute"),
        ("2020", 'format = "%Y"', None, "2020-01-01T00:00:00", None, None, "year"),
    ],
)
def test_times_are_read_as_the_mapping_says(
    tmp_path: Path,
    reading: ModuleType,
    said: str,
    told: str,
    instant: str | None,
    local: str | None,
    offset: int | None,
    zone: str | None,
    precision: str,
) -> None:
    (evidence,) = when(reading, tmp_path, said, told).evidence
    assert evidence.instant == (datetime.fromisoformat(instant) if instant else None)
    assert evidence.local_at == (datetime.fromisoformat(local) if local else None)
    assert (evidence.utc_offset_min, evidence.zone, evidence.precision) == (offset, zone, Precision(precision))


@pytest.mark.parametrize(
    ("said", "told", "until"),
    [
        ("2020-03-29 01:30:00", 'zone = "Europe/Berlin"\nduration = "length"', "2020-03-29T01:30:00+00:00"),
        ("2020-03-29T01:30:00Z", 'duration = "length"', "2020-03-29T02:30:00+00:00"),
        ("2020-03-29T01:30:00Z", 'until = "end"', None),
    ],
)
def test_an_end_is_told_by_a_column_or_a_length(
    tmp_path: Path, reading: ModuleType, said: str, told: str, until: str | None
) -> None:
    row = json.dumps({"what": "x", "when": said, "end": said, "length": 3600})
    folder = reading.make(tmp_path, {"a.timeline.toml": SMALL + told, "a.jsonl": row})
    (draft,) = reading.drafts(reading.read(MappedTables(), folder)).values()
    assert draft.evidence[0].until == (datetime.fromisoformat(until) if until else None)


@pytest.mark.parametrize(
    ("toml", "line", "said"),
    [
        ("[memory\n", 1, "It is no TOML"),
        ('[memory]\ntitle = "x"\n[time]\ncolumn = "d"\nformat = "%d.%d.%Y"', 5, "twice"),
        ('[memory]\ntitel = "x"\n[time]\ncolumn = "d"', 2, "Did you mean “title”?"),
        ('[memory]\ntitle = "{x"\n[time]\ncolumn = "d"', 2, "without its other half"),
        ('[memory]\ntitle = "{}"\n[time]\ncolumn = "d"', 2, "no name of a column"),
        ('[memory]\nkind = "move"\ntitle = "x"\n[time]\ncolumn = "d"', 2, "must be one of “photo”"),
        ('[memory]\nkind = "photo"\ntitle = "x"\n[time]\ncolumn = "d"', 2, "say in “memory.media”"),
        ('[memory]\ntitle = "x"\n', 0, "“time.column” is missing"),
        ('[memory]\ntags = ["a"]\n[time]\ncolumn = "d"', 1, "nothing to show"),
        ('[memory]\ntitle = "x"\nkey = "{id}"\n[time]\ncolumn = "d"', 3, "without braces"),
        ('[memory]\ntitle = "x"\n[time]\ncolumn = "d"\nformat = "%Q"', 5, "%Y %y"),
        ('[memory]\ntitle = "x"\n[time]\ncolumn = "d"\nformat = "%d.%m."', 5, "must hold the year"),
        ('[memory]\ntitle = "x"\n[time]\ncolumn = "d"\nzone = "Mars/Base"', 5, "Europe/Berlin"),
        ('[memory]\ntitle = "x"\n[time]\ncolumn = "d"\n[place]\nlat = "y"', 5, "both “lat” and “lon”"),
        ('[source]\nfile = "../a.csv"\n[memory]\ntitle = "x"\n[time]\ncolumn = "d"', 2, "below this file's folder"),
        ('[source]\nencoding = "hex"\n[memory]\ntitle = "x"\n[time]\ncolumn = "d"', 2, "no encoding"),
        (
            '[memory]\ntitle = "x"\nrating = { column = "r", of = 0 }\n[time]\ncolumn = "d"',
            3,
            "the best rating there is",
        ),
        (
            '[memory]\ntitle = "x"\nmood = { column = "r", words = { a = 9 } }\n[time]\ncolumn = "d"',
            3,
            "stand for 1 to 5",
        ),
        ('memory = 3\n[time]\ncolumn = "d"', 1, "must be a table"),
        ("a = " + "[" * 5000, 0, "nested too deeply"),
        ('[source]\nskip_lines = -1\n[memory]\ntitle = "x"\n[time]\ncolumn = "d"', 2, "at least 0"),
        ('[memory]\ntitle = 3\n[time]\ncolumn = "d"', 2, "must be a text"),
    ],
)
def test_a_broken_mapping_says_which_line_and_what_was_expected(
    tmp_path: Path, reading: ModuleType, toml: str, line: int, said: str
) -> None:
    folder = reading.make(tmp_path, {"a.timeline.toml": toml, "a.csv": "d\n2020-01-01\n"})
    problem, *_ = reading.read(MappedTables(), folder)
    assert problem.locator == (f"a.timeline.toml#line {line}" if line else "a.timeline.toml")
    assert problem.slug == "mapping-broken"
    assert said in problem.detail


def test_all_faults_of_a_mapping_are_told_at_once(tmp_path: Path, reading: ModuleType) -> None:
    toml = '[memory]\ntitel = "x"\nkind = "dream"\n[time]\nformat = "%Q"\n'
    items = reading.read(MappedTables(), reading.make(tmp_path, {"a.timeline.toml": toml}))
    assert [each.locator.rpartition("#")[2] for each in items] == ["line 2", "line 3", "line 4", "line 5"]


@pytest.mark.parametrize(
    ("name", "table", "problem"),
    [
        ("a.csv", "What,when\nx,2020-01-01\n", ("a.timeline.toml#line 2", "column-missing")),
        ("a.json", '[{"When": 1}]', ("a.timeline.toml#line 2", "column-missing")),
        ("a.json", '{"rows": [{"what": 1}]}', ("a.json", "empty")),
        ("a.csv", "what,when\n", ("a.csv", "empty")),
        ("a.json", '[{"what": "x", "when": "2020"}, 3]', ("a.json#row 2", "row-broken")),
        ("a.jsonl", '{"what": "x", "when": "2020"}\n{"what"\n', ("a.jsonl#row 2", "row-broken")),
        ("a.json", '[{"what": "x", "when": "2020"}', ("a.json", "unreadable")),
        ("a.csv", 'what,when\nx,2020\n"' + "y" * 200_000, ("a.csv", "unreadable")),
        ("a.csv", "what,when\nx,yesterday\n", ("a.csv#row 1", "time-broken")),
        ("a.csv", "what,when\n,2020\n", ("a.csv#row 1", "empty")),
        ("a.csv", f"what,when\n{'y ' * 60_000},2020\n", ("a.csv#row 1", "time-broken")),
        ("b.csv", "what,when\nx,2020\n", ("a.timeline.toml", "table-missing")),
    ],
)
def test_what_cannot_be_read_of_a_table_is_told(
    tmp_path: Path, reading: ModuleType, name: str, table: str, problem: tuple[str, str]
) -> None:
    if "y " in table:
        table = table.replace(",2020", ",")[:-1] + "never\n"
    items = reading.read(MappedTables(), reading.make(tmp_path, {"a.timeline.toml": SMALL, name: table}))
    assert problem in reading.problems(items).items()


def test_a_missing_column_is_answered_with_those_that_are_there(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"a.timeline.toml": SMALL, "a.csv": "What,when\nx,2020-01-01\n"})
    (problem,) = reading.read(MappedTables(), folder)
    assert problem.detail == "Line 2: “memory.title” names a column “what”; a.csv has none. It has “What”, “when”."


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_table_may_be_in_the_encodings_of_spreadsheets(tmp_path: Path, reading: ModuleType, encoding: str) -> None:
    table = "what\twhen\nKäse – gut\t2020-01-01\n".encode(encoding)
    folder = reading.make(tmp_path, {"a.timeline.toml": SMALL, "a.tsv": table})
    (draft,) = reading.drafts(reading.read(MappedTables(), folder)).values()
    assert draft.title == "Käse – gut"


def test_json_is_asked_by_paths_and_its_lists_are_many(tmp_path: Path, reading: ModuleType) -> None:
    toml = """
[source]
rows = "data.entries"
[memory]
kind = "play"
title = "{track.name} ({track.plays})"
people = "{track.artists}"
tags = "{labels}"
[time]
column = "at"
format = "unix"
"""
    entry = {"track": {"name": "So What", "plays": 2.0, "artists": ["Davis", "Evans"]}, "labels": ["jazz"], "at": 1e9}
    text = json.dumps({"data": {"entries": [entry]}})
    items = reading.read(MappedTables(), reading.make(tmp_path, {"a.timeline.toml": toml, "a.json": text}))
    (draft,) = reading.drafts(items).values()
    assert (draft.kind, draft.title, draft.tags) == (Kind.PLAY, "So What (2)", ("jazz",))
    assert [person.name for person in draft.people] == ["Davis", "Evans"]
    assert draft.evidence[0].instant == datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "of", "stars"),
    [("9", 10, 5), ("4,5", 10, 2), ("1", 100, 0), ("0", 5, None), ("11", 10, None), ("", 5, None), ("good", 5, None)],
)
def test_a_rating_is_brought_to_five_stars(
    tmp_path: Path, reading: ModuleType, said: str, of: int, stars: int | None
) -> None:
    toml = f'[memory]\ntitle = "x"\nrating = {{ column = "stars", of = {of} }}\n[time]\ncolumn = "when"\n'
    row = json.dumps({"stars": said, "when": "2020"})
    items = reading.read(MappedTables(), reading.make(tmp_path, {"a.timeline.toml": toml, "a.jsonl": row}))
    assert [draft.rating for draft in reading.drafts(items).values()] == [stars]


def test_nothing_in_a_template_is_evaluated(tmp_path: Path, reading: ModuleType) -> None:
    toml = '[memory]\ntitle = "{what.__class__}{what!r}{what:>9}!"\n[time]\ncolumn = "when"\n'
    row = json.dumps([{"what": "x", "when": "2020", "what!r": "{what}", "what:>9": "", "what.__class__": "plain"}])
    items = reading.read(MappedTables(), reading.make(tmp_path, {"a.timeline.toml": toml, "a.json": row}))
    assert [draft.title for draft in reading.drafts(items).values()] == ["plain{what}!"]


def test_rows_without_a_key_are_known_by_what_they_say(tmp_path: Path, reading: ModuleType) -> None:
    table = "what,when\ncoffee,2020-01-01\ntea,2020-01-01\ncoffee,2020-01-01\n"
    first = reading.make(tmp_path / "1", {"a.timeline.toml": SMALL, "a.csv": table})
    again = reading.make(tmp_path / "2", {"x/a.timeline.toml": SMALL, "x/a.csv": table + "water,2020-01-02\n"})
    keys = list(reading.drafts(reading.read(MappedTables(), first)))
    assert len(keys) == 3
    assert list(reading.drafts(reading.read(MappedTables(), again)))[:3] == keys


def test_a_row_that_was_left_out_takes_its_key_from_no_other(tmp_path: Path, reading: ModuleType) -> None:
    toml = SMALL.replace("[memory]", '[memory]\nkey = "id"')
    table = "id,what,when\n1,tea,\n1,tea,2020-01-01\n1,tea,2020-01-02\n"
    items = reading.read(MappedTables(), reading.make(tmp_path, {"a.timeline.toml": toml, "a.csv": table}))
    assert list(reading.drafts(items)) == ["a:1"]
    assert reading.problems(items) == {"a.csv#row 1": "no-time", "a.csv#row 3": "key-twice"}


def test_a_mapping_may_name_many_tables(tmp_path: Path, reading: ModuleType) -> None:
    toml = '[source]\nfile = "data/log-*.csv"\n' + SMALL
    rows = {f"data/log-{year}.csv": f"what,when\nx,{year}\n" for year in (2019, 2020)}
    options = ReadOptions()
    folder = reading.make(tmp_path, {"my.timeline.toml": toml, **rows, "data/other.csv": "what,when\nx,2021\n"})
    assert len(reading.drafts(reading.read(MappedTables(), folder, options))) == 2
    assert options.claimed == {"my.timeline.toml", *rows}


def test_two_mappings_of_one_name_are_not_mixed_up(tmp_path: Path, reading: ModuleType) -> None:
    files = {f"{name}/a.timeline.toml": SMALL for name in "xy"} | {
        f"{name}/a.csv": "what,when\nx,2020\n" for name in "xy"
    }
    items = reading.read(MappedTables(), reading.make(tmp_path, files))
    assert reading.problems(items) == {"y/a.timeline.toml": "mapping-twice"}
    assert len(reading.drafts(items)) == 1


def test_a_picture_needs_its_file(tmp_path: Path, reading: ModuleType) -> None:
    toml = '[memory]\nkind = "photo"\nmedia = "{file}"\n[time]\ncolumn = "when"\n'
    table = "file,when\nsub/1.jpg,2020\n../secret.jpg,2021\n,2022\n"
    folder = reading.make(tmp_path, {"a.timeline.toml": toml, "a.csv": table, "sub/1.jpg": b"x"})
    items = reading.read(MappedTables(), folder)
    assert [draft.media[0].locator for draft in reading.drafts(items).values()] == ["sub/1.jpg"]
    assert reading.problems(items) == {"a.csv#row 2/../secret.jpg": "file-missing", "a.csv#row 3": "empty"}


def test_a_read_goes_on_after_any_checkpoint(tmp_path: Path, reading: ModuleType) -> None:
    toml = '[source]\nfile = "log-*.csv"\n' + SMALL
    rows = "".join(f"thing {number % 7},2020-01-{number % 28 + 1:02}\n" for number in range(450))
    files = {"a.timeline.toml": toml, "log-1.csv": "what,when\n" + rows, "log-2.csv": "what,when\n" + rows}
    folder = reading.make(tmp_path, files)
    whole = list(MappedTables().read(folder, ReadOptions(), None))
    places = [index for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    assert len(places) >= 6
    for index in places:
        rest = list(MappedTables().read(folder, ReadOptions(), whole[index].position))  # type: ignore[union-attr]
        assert [each for each in rest if isinstance(each, Draft)] == [
            each for each in whole[index:] if isinstance(each, Draft)
        ]


def test_a_folder_with_a_mapping_is_recognised_as_that_alone(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"a.timeline.toml": SMALL, "a.csv": "what,when\nx,2020\n"})
    assert [each.source.name for each in judge(folder).recognised] == ["mapping"]


def test_a_table_that_nobody_knows_is_answered_with_what_to_write(tmp_path: Path, reading: ModuleType) -> None:
    judged = judge(reading.make(tmp_path, {"steps.csv": "day,steps\n2020-01-01,400\n"}))
    assert not judged.recognised
    assert judged.hint == (
        "steps.csv is a table that no source here knows. Say in a file steps.timeline.toml what its columns mean."
    )


def test_the_example_of_the_page_is_what_the_page_says(tmp_path: Path, reading: ModuleType) -> None:
    page = (Path(__file__).parents[3] / "docs" / "importers" / "mapping.md").read_text(encoding="utf-8")
    blocks = [
        textwrap.dedent(block) for block in re.findall(r"(?:^(?: {4}.*|)\n)+", page, re.MULTILINE) if block.strip()
    ]
    folder = reading.make(tmp_path, {"books.csv": blocks[0], "books.timeline.toml": blocks[1]})
    items = reading.read(MappedTables(), folder)
    (draft,) = reading.drafts(items).values()
    assert (draft.title, draft.rating, draft.tags) == ("Read Emma by Jane Austen", 5, ("books", "classics", "english"))
    assert draft.body == "474 pages\nThe picnic."
    assert reading.problems(items) == {"books.csv#row 2": "no-time"}
