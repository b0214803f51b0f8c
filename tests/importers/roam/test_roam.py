"""Roam's pages: days and others, their blocks as lists, with what they show of each other."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.roam import Roam

EXPECTED = Path(__file__).with_name("expected.json")
MS = 1_592_095_527_164  # 2020-06-14 00:45:27 UTC


def block(string: str, uid: str = "", *children: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    told = {"string": string, "create-time": MS + 60_000, "edit-time": MS + 90_000, **more}
    return {**told, **({"uid": uid} if uid else {}), **({"children": list(children)} if children else {})}


def page(title: str, *children: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"title": title, "children": list(children), "edit-time": MS, **more}


GRAPH = [
    page(
        "January 1st, 2021",
        block("{{[[TODO]]}} Call [[Ana]] #family", "", block("{{DONE}} __really__ ^^now^^", "aaaaaaaaa")),
        block("Project:: [[Garden #1]]\nsecond line"),
        block("See ((aaaaaaaaa)) and ((zzzzzzzzz)) and {{[[embed]]: ((bbbbbbbbb))}}"),
        block("Work", "", block("```python\nx = __init__\n```"), heading=2),
        uid="01-01-2021",
    ),
    page(
        "Ana", block("Born in [[January 1st, 2021]] #[[old friends]]", "bbbbbbbbb"), **{"create-time": MS, "uid": "q1"}
    ),
    page("Garden #1", block("Soil")),
    page("January 2nd, 2021"),
    {"children": [block("lost")]},
]


def test_a_graph_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType) -> None:
    items = reading.read(Roam(), reading.make(tmp_path, {"my graph.json": json.dumps(GRAPH)}))
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


def test_a_page_without_a_time_of_its_own_is_as_old_as_its_first_block(tmp_path: Path, reading: ModuleType) -> None:
    told = [page("x", block("b"), {**block("a"), "create-time": MS - 1000})]
    (draft,) = reading.drafts(reading.read(Roam(), reading.make(tmp_path, {"a.json": json.dumps(told)}))).values()
    assert draft.evidence[0].instant == datetime.fromtimestamp((MS - 1000) / 1000, tz=UTC)


@pytest.mark.parametrize(
    ("name", "text", "is_told"),
    [
        ("a.json", '[{"title": "x", "children": []}]', False),
        ("a.json", json.dumps({"x": GRAPH}), False),
        ("a.edn", "#datascript/DB {:schema {}}", True),
    ],
)
def test_other_files_are_not_taken_for_a_graph(
    tmp_path: Path, reading: ModuleType, name: str, text: str, *, is_told: bool
) -> None:
    told = Roam().recognise(reading.make(tmp_path, {name: text}))
    assert (told.confidence, bool(told.hint)) == (0, is_told)


def test_a_graph_that_is_cut_off_gives_the_pages_before_the_cut(tmp_path: Path, reading: ModuleType) -> None:
    text = json.dumps(GRAPH)
    items = reading.read(Roam(), reading.make(tmp_path, {"a.json": text[: text.index("Soil")]}))
    assert (len(reading.drafts(items)), reading.problems(items)) == (2, {"a.json": "graph-broken"})


def test_blocks_that_show_each_other_end(tmp_path: Path, reading: ModuleType) -> None:
    told = [page("x", block("a ((bbbbbbbbb))", "aaaaaaaaa"), block("b ((aaaaaaaaa))", "bbbbbbbbb"))]
    many = [page("y", block("c" + "((ddddddddd))" * 90, "ccccccccc"), block("d" + "((ccccccccc))" * 90, "ddddddddd"))]
    items = reading.read(Roam(), reading.make(tmp_path, {"a.json": json.dumps(told + many)}))
    assert [each.body[:9] for each in reading.drafts(items).values()] == ["- a b a b"]
    assert reading.problems(items) == {"a.json#2": "note-too-long"}


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.sources.roam.ITEMS_PER_CHECKPOINT", 2)
    pages = [page(f"p{number % 4}", block(str(number))) for number in range(7)]
    folder = reading.make(tmp_path, {"a.json": json.dumps(pages)})
    whole = list(Roam().read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*Roam().read(folder, ReadOptions(), item.position)] for _, item in marks]
    assert len(marks) == 3
    assert [[each for each in rest if isinstance(each, Draft)] for rest in rests] == [
        [each for each in whole[index:] if isinstance(each, Draft)] for index, _ in marks
    ]
