"""Bear's backups and TextBundles of other apps: notes with their files, at the instants that Bear knows."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.archive import Folder
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.bear import Bear

EXPECTED = Path(__file__).with_name("expected.json")
ONE, TWO = "B1C5CA69-462B-45A9-A063-A046FD2A12A1", "0F0A7E11-1111-4222-8333-444455556666"


def info(identifier: str = ONE, **more: Any) -> str:  # noqa: ANN401 - any JSON
    told = {
        "archived": 0,
        "creationDate": "2024-06-07T10:08:13Z",
        "locked": 0,
        "modificationDate": "2024-06-14T05:56:56Z",
        "pinned": 0,
        "trashed": 0,
        "uniqueIdentifier": identifier,
        "version": 3,
        **more,
    }
    head = {"creatorIdentifier": "net.shinyfrog.bear", "net.shinyfrog.bear": told}
    return json.dumps({**head, "transient": False, "type": "net.daringfireball.markdown", "version": 2})


def test_a_backup_becomes_what_the_golden_file_says(tmp_path: Path, reading: ModuleType, packing: ModuleType) -> None:
    text = (
        "# At the sea\n#trips/north #on the road# and `#no tag`\n\n"
        '![](assets/a%20b.jpeg)<!-- {"width":300} -->\n[plan.pdf](assets/plan.pdf)<!-- {"embed":"true"} -->\n'
        f"![](assets/gone.png)\n[Other](bear://x-callback-url/open-note?id={TWO.lower()})\n"
    )
    packing.pack(
        tmp_path / "Bear Notes 2024-06-14 at 18.24.bear2bk",
        {
            "Bear Notes/tags.json": "[]",
            "Bear Notes/At the sea.textbundle/info.json": info(pinned=1),
            "Bear Notes/At the sea.textbundle/text.markdown": text,
            "Bear Notes/At the sea.textbundle/assets/a b.jpeg": b"\xff\xd8\xff a",
            "Bear Notes/At the sea.textbundle/assets/plan.pdf": b"%PDF",
            "Bear Notes/At the sea.textbundle/assets/more.png": b"\x89PNG",
            "Bear Notes/Old.textbundle/info.json": info(TWO, archived=1, creationDate=None),
            "Bear Notes/Old.textbundle/text.txt": "Seen\n[image:F8A4/x/a.png] and [file:F8A4/gone.zip]",
            "Bear Notes/Old.textbundle/assets/a.png": b"\x89PNG a",
            "Bear Notes/Out.textbundle/info.json": info("3", trashed=1),
            "Bear Notes/Out.textbundle/text.markdown": "gone",
            "Bear Notes/Shut.textbundle/info.json": info("4", locked=1),
            "Bear Notes/Shut.textbundle/text.markdown": "",
            "Bear Notes/Void.textbundle/info.json": info("5"),
            "Bear Notes/Void.textbundle/text.markdown": "\n",
            "Bear Notes/Broken.textbundle/info.json": "{",
            "Bear Notes/Broken.textbundle/text.markdown": "x",
        },
    )
    folder = Folder(tmp_path)
    assert Bear().recognise(folder).confidence > 0.8
    items = reading.read(Bear(), folder)
    assert reading.golden(items) == json.loads(EXPECTED.read_bytes())


@pytest.mark.parametrize("pack", ["2023-05-06 Walk.textpack", ""])
def test_a_bundle_of_another_app_has_its_day_and_title_from_its_name(
    tmp_path: Path, reading: ModuleType, packing: ModuleType, pack: str
) -> None:
    files = {"info.json": '{"version": 2, "type": "net.daringfireball.markdown"}', "text.md": "We #walked"}
    bundle = {f"2023-05-06 Walk.textbundle/{name}": content for name, content in files.items()}
    if pack:
        packing.pack(tmp_path / pack, bundle)
    else:
        reading.make(tmp_path, bundle)
    (draft,) = reading.drafts(reading.read(Bear(), Folder(tmp_path))).values()
    assert (draft.title, draft.body, draft.tags) == ("2023-05-06 Walk", "We #walked", ("walked",))
    assert draft.evidence[0].local_at == datetime(2023, 5, 6)  # noqa: DTZ001 - a day


def test_the_files_of_a_note_in_the_trash_are_nobodys(tmp_path: Path, reading: ModuleType) -> None:
    bundle = {"info.json": info(trashed=1), "text.md": "x", "assets/a.png": b"\x89PNG"}
    folder = reading.make(tmp_path, {f"a.textbundle/{name}": content for name, content in bundle.items()})
    options = ReadOptions()
    reading.read(Bear(), folder, options)
    assert options.is_claimed("a.textbundle/assets/a.png")


def test_a_note_is_at_the_instant_bear_says_and_comes_once(tmp_path: Path, reading: ModuleType) -> None:
    bundles = {f"{name}.textbundle/info.json": info() for name in "ab"}
    folder = reading.make(tmp_path, {**bundles, "a.textbundle/text.md": "one", "b.textbundle/text.md": "two"})
    items = reading.read(Bear(), folder)
    (draft,) = reading.drafts(items).values()
    assert draft.evidence[0].instant == datetime(2024, 6, 7, 10, 8, 13, tzinfo=UTC)
    assert reading.problems(items) == {"b.textbundle/text.md": "twice"}


@pytest.mark.parametrize("name", ["info.json", "x/info.json"])
def test_other_files_of_that_name_are_not_taken_for_bundles(tmp_path: Path, reading: ModuleType, name: str) -> None:
    assert Bear().recognise(reading.make(tmp_path, {name: '{"version": 1}', "text.md": "x"})).confidence == 0


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.sources.bear.ITEMS_PER_CHECKPOINT", 2)
    files: dict[str, str] = {}
    for number in range(1, 6):
        files |= {f"{number}.textbundle/info.json": info(str(number % 4)), f"{number}.textbundle/text.md": f"n{number}"}
    folder = reading.make(tmp_path, files)
    whole = list(Bear().read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*Bear().read(folder, ReadOptions(), item.position)] for _, item in marks]
    assert len(marks) == 2
    assert [[each for each in rest if isinstance(each, Draft)] for rest in rests] == [
        [each for each in whole[index:] if isinstance(each, Draft)] for index, _ in marks
    ]
