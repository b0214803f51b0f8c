"""The few numbers of a tile."""

from __future__ import annotations

import pytest

from timeline_local.domain.tiles import pack_tile, picture_ratio, text_ratio, unpack_tile


@pytest.mark.parametrize(
    ("length", "ratio"),
    [(0, 50), (30, 50), (31, 60), (55, 60), (80, 70), (120, 80), (180, 90), (280, 100), (281, 110), (90_000, 110)],
)
def test_the_more_words_the_wider_the_note(length: int, ratio: int) -> None:
    assert text_ratio(length) == ratio


@pytest.mark.parametrize(
    ("width", "height", "ratio"),
    [(1500, 1000, 75), (1000, 1500, 33), (9000, 100, 150), (100, 9000, 20), (None, 100, 70), (100, 0, 70)],
)
def test_a_picture_keeps_its_shape_within_reason(width: int | None, height: int | None, ratio: int) -> None:
    assert picture_ratio(width, height) == ratio


@pytest.mark.parametrize("tile", [(12, False, 150, 255), (12, True, 150, 255), (0, True, 20, 0)])
def test_a_tile_comes_apart_as_it_was_packed(tile: tuple[int, bool, int, int]) -> None:
    assert unpack_tile(pack_tile(*tile)) == tile
