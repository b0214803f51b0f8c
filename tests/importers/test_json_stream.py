"""Large JSON, one value at a time: whatever is in the file, memory and depth stay bounded."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.importers.archive import Folder
from timeline_local.importers.json_stream import (
    CHUNK_BYTES,
    MAX_DEPTH,
    MOST_TOLD,
    BrokenJson,
    Letters,
    json_items,
    json_parts,
)

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**80), 2**80) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def folder(tmp_path: Path, data: bytes) -> Folder:
    (tmp_path / "a.json").write_bytes(data)
    return Folder(tmp_path)


@given(st.lists(values, max_size=5))
def test_every_value_of_a_list_comes_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, written: list[object]
) -> None:
    data = json.dumps({"other": [{"entries": [1]}], "entries": written}).encode()
    assert list(json_items(folder(tmp_path_factory.mktemp("json"), data), "a.json", "entries.item")) == written


def test_the_outermost_list_can_be_asked_for_and_a_byte_order_mark_is_none_of_it(tmp_path: Path) -> None:
    assert list(json_items(folder(tmp_path, b'\xef\xbb\xbf[1, {"a": [2]}]'), "a.json", "item")) == [1, {"a": [2]}]


@pytest.mark.parametrize(
    "cut", [b"", b'{"entries": [1, 2', b'{"entries": [1, 2}', b'{"entries": [1, 2], "x": nonsense}']
)
def test_a_broken_file_gives_what_came_before_and_says_that_it_is_broken(tmp_path: Path, cut: bytes) -> None:
    found: list[int] = []
    with pytest.raises(BrokenJson):
        found.extend(json_items(folder(tmp_path, cut), "a.json", "entries.item"))
    assert found == [1, 2][: cut.count(b"1, 2") * 2]


def test_bytes_that_are_no_utf8_are_letters_of_windows_and_the_values_that_hold_them_are_told(tmp_path: Path) -> None:
    data = b'{"entries": ["a", {"\xfc": ["K\xf6ln \xed\xa0\x80"]}, "\xc3\xbc"], "others": ["\x81\xff"]}'
    letters = Letters("a.json")
    made = folder(tmp_path, data)
    found = list(json_items(made, "a.json", "entries.item", letters))
    assert found == ["a", {"ü": ["Köln í\xa0€"]}, "ü"]
    assert list(json_parts(made, "a.json", {"others.item"}, letters)) == [("others.item", "\x81ÿ")]
    assert [each.locator for each in letters.told()] == ["a.json#entries 2", "a.json#others 1"]


@pytest.mark.parametrize("before", range(CHUNK_BYTES - 6, CHUNK_BYTES))
def test_a_letter_may_be_divided_between_chunks(tmp_path: Path, before: int) -> None:
    text = "x" * (before - 2) + "é山😀" + "x"
    assert list(json_items(folder(tmp_path, json.dumps([text], ensure_ascii=False).encode()), "a.json", "item")) == [
        text
    ]


def test_of_many_values_with_other_letters_the_first_are_told(tmp_path: Path) -> None:
    letters = Letters("a.json")
    made = folder(tmp_path, b"[" + b'"\xff",' * (MOST_TOLD + 5) + b"1]")
    assert len(list(json_items(made, "a.json", "item", letters))) == MOST_TOLD + 6
    assert len(list(letters.told())) == MOST_TOLD + 1


def test_a_number_that_nothing_holds_is_a_broken_file(tmp_path: Path) -> None:
    found = json_items(folder(tmp_path, b"[1, 1e99999999999999999999]"), "a.json", "item")
    assert next(found) == 1
    with pytest.raises(BrokenJson):
        next(found)


def test_a_number_that_no_float_holds_ends_nothing(tmp_path: Path) -> None:
    assert list(json_items(folder(tmp_path, b"[1, 1e999, 2]"), "a.json", "item")) == [1, float("inf"), 2]


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 3_000_000])
def test_what_is_nested_without_end_is_refused_in_little_memory(tmp_path: Path, opening: bytes, levels: int) -> None:
    made = folder(tmp_path, b'{"entries": [' + opening * levels)
    tracemalloc.start()
    try:
        with pytest.raises(BrokenJson, match="nested too deeply"):
            list(json_items(made, "a.json", "entries.item"))
        assert tracemalloc.get_traced_memory()[1] < 8 * 1024 * 1024
    finally:
        tracemalloc.stop()


def test_brackets_in_texts_count_for_nothing(tmp_path: Path) -> None:
    text = '[{"' * CHUNK_BYTES
    assert list(json_items(folder(tmp_path, json.dumps([text, text]).encode()), "a.json", "item")) == [text, text]


def test_depth_is_counted_across_chunks(tmp_path: Path) -> None:
    filler = b" " * (CHUNK_BYTES - 10)
    deep = b"".join(b"[" + filler for _ in range(MAX_DEPTH + 1))
    with pytest.raises(BrokenJson, match="nested too deeply"):
        list(json_items(folder(tmp_path, deep), "a.json", "item"))


def test_a_closed_iterator_closes_its_file(tmp_path: Path) -> None:
    items = json_items(folder(tmp_path, b"[1, 2, 3]"), "a.json", "item")
    assert next(items) == 1
    items.close()
    assert list(items) == []


def test_values_at_several_places_come_in_the_order_of_the_file(tmp_path: Path) -> None:
    chats = [
        {"name": "a", "all": [1, {"name": "x"}]},
        {"name": None, "all": []},
        {"all": [[2**70]], "name": {"b": [1.5]}},
    ]
    data = json.dumps({"chats": chats, "name": "outer", "empty": []}).encode()
    wanted = ("chats.item.name", "chats.item.all.item", "empty")
    assert list(json_parts(folder(tmp_path, data), "a.json", wanted)) == [
        ("chats.item.name", "a"),
        ("chats.item.all.item", 1),
        ("chats.item.all.item", {"name": "x"}),
        ("chats.item.name", None),
        ("chats.item.all.item", [2**70]),
        ("chats.item.name", {"b": [1.5]}),
        ("empty", []),
    ]


def test_parts_of_a_broken_file_come_until_it_breaks(tmp_path: Path) -> None:
    found: list[tuple[str, int]] = []
    with pytest.raises(BrokenJson):
        found.extend(json_parts(folder(tmp_path, b'{"a": [1, 2'), "a.json", ("a.item",)))
    assert found == [("a.item", 1), ("a.item", 2)]
