"""One JSON of ExifTool for a whole folder: each of its pieces finds its picture, and only it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.importers import exiftool_lists
from timeline_local.importers.sources.photo_folder import PhotoFolder

PICTURES = {"p/a.jpg": "a", "p/2019/a.jpg": "b", "p/2019/ä.jpg": "c"}


def listed(*paths: str, **tags: object) -> list[dict[str, Any]]:
    return [{"SourceFile": path, "Title": path.rpartition("p/")[2] or path, **tags} for path in paths]


def titles(reading: ModuleType, root: Path, files: Mapping[str, bytes | str]) -> dict[str, str]:
    drafts = reading.drafts(reading.read(PhotoFolder(), reading.make(root, files)))
    return {key: draft.title for key, draft in drafts.items()}


@pytest.mark.parametrize(
    ("where", "start"),
    [
        ("all.json", "p/"),  # exiftool -j -r p, written beside it
        ("all.json", "./p/"),
        ("p/all.json", ""),
        ("p/all.json", "./"),
        ("p/all.json", "/home/ana/p/"),
        ("p/all.json", "C:/Users/ana/p/"),
        ("all.json", "/mnt/disk/p/"),
    ],
)
def test_pieces_find_their_pictures_wherever_exiftool_was_run(
    tmp_path: Path, reading: ModuleType, where: str, start: str
) -> None:
    pieces = listed(f"{start}a.jpg", f"{start}2019/a.jpg", f"{start}2019/ä.jpg")
    for number, each in enumerate(pieces):
        each["Title"] = str(number)
    found = titles(reading, tmp_path, {**PICTURES, where: json.dumps(pieces, indent=2)})
    assert found == {"p/a.jpg": "0", "p/2019/a.jpg": "1", "p/2019/ä.jpg": "2"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_a_list_may_be_in_any_form_of_unicode(tmp_path: Path, reading: ModuleType, encoding: str) -> None:
    pieces = listed("p/a.jpg", "p/2019/a.jpg", "p/2019/ä.jpg", Comment='😀 „“ {[\\"')
    text = json.dumps(pieces, indent=2, ensure_ascii=False)
    found = titles(reading, tmp_path, {**PICTURES, "all.json": text.encode(encoding)})
    assert found == {"p/a.jpg": "a.jpg", "p/2019/a.jpg": "2019/a.jpg", "p/2019/ä.jpg": "2019/ä.jpg"}


@pytest.mark.parametrize("size", [1, 7, 64])
def test_where_the_file_is_cut_into_chunks_changes_nothing(
    tmp_path: Path, reading: ModuleType, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exiftool_lists, "CHUNK_BYTES", size)
    pieces = listed("p/a.jpg", "p/2019/a.jpg", "p/2019/ä.jpg", Comment='"{\\', Nested={"a": [{"b": "]"}]})
    found = titles(reading, tmp_path, {**PICTURES, "all.json": json.dumps(pieces)})
    assert found == {"p/a.jpg": "a.jpg", "p/2019/a.jpg": "2019/a.jpg", "p/2019/ä.jpg": "2019/ä.jpg"}


def test_a_picture_that_two_pieces_may_mean_is_taken_without_them(tmp_path: Path, reading: ModuleType) -> None:
    files = {"a.jpg": "a", "all.json": json.dumps(listed("/x/2019/a.jpg", "/x/2020/a.jpg"))}
    assert titles(reading, tmp_path, files) == {"a.jpg": ""}


def test_a_sidecar_of_its_own_goes_before_the_list(tmp_path: Path, reading: ModuleType) -> None:
    own = json.dumps([{"SourceFile": "a.jpg", "Title": "own"}])
    files = {**PICTURES, "p/a.jpg.json": own, "all.json": json.dumps(listed("p/a.jpg", "p/2019/a.jpg"))}
    assert titles(reading, tmp_path, files)["p/a.jpg"] == "own"


def test_the_list_that_lies_nearest_is_believed(tmp_path: Path, reading: ModuleType) -> None:
    near = json.dumps([{"SourceFile": "a.jpg", "Title": "near"}, {"SourceFile": "b.jpg"}])
    files = {**PICTURES, "p/2019/near.json": near, "all.json": json.dumps(listed("p/a.jpg", "p/2019/a.jpg"))}
    assert titles(reading, tmp_path, files)["p/2019/a.jpg"] == "near"


def test_pieces_without_a_picture_are_counted(tmp_path: Path, reading: ModuleType) -> None:
    files = {**PICTURES, "all.json": json.dumps(listed("p/a.jpg", "p/gone.jpg", "p/2018/gone.jpg", "p/notes.txt"))}
    items = reading.read(PhotoFolder(), reading.make(tmp_path, files))
    assert reading.problems(items) == {"all.json": "sidecar-without-media"}
    assert any("2 pictures that are not here, p/gone.jpg" in getattr(each, "detail", "") for each in items)


@pytest.mark.parametrize(
    "end",
    ["", "nonsense", '{"SourceFile": "p/2019/a', '{"a": "' + "x" * 2_000_000 + '"}]', '{"a": ' + "[" * 200],
    ids=["cut", "other", "text", "long", "deep"],
)
def test_what_stands_before_damage_is_taken(tmp_path: Path, reading: ModuleType, end: str) -> None:
    text = f"{json.dumps(listed('p/a.jpg'))[:-1]}, {end}"
    items = reading.read(PhotoFolder(), reading.make(tmp_path, {**PICTURES, "all.json": text}))
    assert reading.drafts(items)["p/a.jpg"].title == "a.jpg"
    assert reading.problems(items) == {"all.json": "sidecar-unreadable"}


def test_other_lists_are_told_as_before(tmp_path: Path, reading: ModuleType) -> None:
    files = {"a.jpg": "a", "x.json": '[{"SourceFile": 7}]', "y.json": '[1, "SourceFile"]', "z.json": '["SourceFile"'}
    items = reading.read(PhotoFolder(), reading.make(tmp_path, files))
    assert list(reading.drafts(items)) == ["a.jpg"]
    assert reading.problems(items) == {"x.json": "unsupported", "y.json": "unsupported", "z.json": "unreadable"}
