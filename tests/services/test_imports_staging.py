"""Names of dropped files: safe on every disk, and as near to the owner's as can be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.exceptions import BodyTooLarge, DiskFull, InvalidInput, TooMuch
from timeline_local.services.staging import receive, safe_name, settle


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("a/b.jpg", "a/b.jpg"),
        ("../../etc/passwd", "etc/passwd"),
        ("/abs/x", "abs/x"),
        ("C:\\Users\\x.jpg", "C_/Users/x.jpg"),
        ("a\\..\\b", "a/b"),
        ("con.txt", "_con.txt"),
        ("a\x00b\n.jpg", "a_b_.jpg"),
        ("x.jpg. .", "x.jpg"),
        ("\u202egpj.exe", "_gpj.exe"),
        ("e\u0301.jpg", "\u00e9.jpg"),
        ("~~/.hidden", "~~/.hidden"),
        ("ж" * 200 + ".jpeg", "ж" * 97 + ".jpeg"),
    ],
)
def test_unsafe_parts_of_a_name_are_replaced(given_name: str, kept: str) -> None:
    assert safe_name(given_name) == kept


@pytest.mark.parametrize("name", ["", "/", "..", "../..", ". .", "..."])
def test_a_name_without_anything_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        safe_name(name)


@given(st.text(max_size=300))
def test_no_name_leads_out_or_is_too_long(name: str) -> None:
    try:
        kept = safe_name(name)
    except InvalidInput:
        return
    parts = kept.split("/")
    assert not kept.startswith("/")
    assert all(part not in {"", ".", ".."} and len(part.encode()) <= 200 for part in parts)


async def test_a_file_is_received_and_settled(tmp_path: Path) -> None:
    part = await receive(tmp_path / "s", chunks(b"ab", b"c"), max_bytes=3, most_files=2, reserve_bytes=0)
    at = datetime(2019, 6, 14, tzinfo=UTC)
    assert settle(tmp_path / "s", part, "x/y.txt", at) == ("x/y.txt", 3)
    kept = tmp_path / "s" / "x" / "y.txt"
    assert (kept.read_bytes(), kept.stat().st_mtime) == (b"abc", at.timestamp())
    assert not part.exists()


@pytest.mark.parametrize(
    ("limits", "error"),
    [
        ({"max_bytes": 2, "most_files": 9, "reserve_bytes": 0}, BodyTooLarge),
        ({"max_bytes": 9, "most_files": 0, "reserve_bytes": 0}, TooMuch),
        ({"max_bytes": 9, "most_files": 9, "reserve_bytes": 2**62}, DiskFull),
    ],
)
async def test_what_does_not_fit_leaves_nothing_behind(
    tmp_path: Path, limits: dict[str, int], error: type[Exception]
) -> None:
    with pytest.raises(error):
        await receive(tmp_path, chunks(b"abc"), **limits)
    assert list(tmp_path.iterdir()) == []
