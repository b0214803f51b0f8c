"""What is so for every program's chats: going on in the middle, broken files, what comes twice, what is no message."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from timeline_local.domain.drafts import Draft
from timeline_local.importers.base import Checkpoint, ReadOptions
from timeline_local.importers.sources.discord import Discord


def channel(*messages: dict[str, Any]) -> str:
    return json.dumps({
        "guild": {"id": "0"}, "channel": {"id": "7", "name": "Bo"}, "dateRange": {}, "messages": list(messages)
    })  # fmt: skip


def said(number: str, content: str) -> dict[str, Any]:
    at = "2021-03-04T21:00:00+00:00"
    return {"id": number, "type": "Default", "timestamp": at, "content": content, "author": {"name": "ana"}}


def test_a_read_goes_on_after_any_checkpoint(
    tmp_path: Path, reading: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timeline_local.importers.chat_reading.ITEMS_PER_CHECKPOINT", 2)
    told = [said("" if number % 2 else str(number), f"m{number % 3}") for number in range(9)]
    folder = reading.make(tmp_path, {"a.json": channel(*told), "b.json": channel(said("90", "x"), said("91", "y"))})
    whole = list(Discord().read(folder, ReadOptions(), None))
    marks = [(index, item) for index, item in enumerate(whole) if isinstance(item, Checkpoint)]
    rests = [[*Discord().read(folder, ReadOptions(), item.position)] for _, item in marks]
    assert len(marks) == 5
    assert [[each for each in rest if isinstance(each, Draft)] for rest in rests] == [
        [each for each in whole[index:] if isinstance(each, Draft)] for index, _ in marks
    ]


def test_a_message_is_taken_once_and_two_alike_are_two(tmp_path: Path, reading: ModuleType) -> None:
    first = channel(said("1", "a"), said("", "same"), said("", "same"))
    items = reading.read(Discord(), reading.make(tmp_path, {"a.json": first, "b.json": first}))
    assert [draft.body for draft in reading.drafts(items).values()] == ["a", "same", "same"]
    assert list(reading.problems(items).values()) == ["twice"] * 3


def test_a_chat_that_is_cut_off_gives_what_it_has(tmp_path: Path, reading: ModuleType) -> None:
    text = channel(said("1", "a"), said("2", "long enough"))
    items = reading.read(Discord(), reading.make(tmp_path, {"a.json": text[: text.index("enough")]}))
    assert [draft.body for draft in reading.drafts(items).values()] == ["a"]
    assert reading.problems(items) == {"a.json": "export-broken"}


def test_a_text_that_no_memory_holds_is_told(tmp_path: Path, reading: ModuleType) -> None:
    folder = reading.make(tmp_path, {"a.json": channel(said("1", "x" * 20))})
    items = reading.read(Discord(), folder, ReadOptions(note_characters=10))
    assert reading.problems(items) == {"a.json#1": "note-too-long"}
