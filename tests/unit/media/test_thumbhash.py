"""Hashes fit in 25 bytes and decode, by the published format, to the picture's colours."""

import math

import pytest

from timeline_local.media.thumbhash import encode, tint

Pixels = list[tuple[int, int, int]]


def decoded(data: bytes, width: int, height: int) -> Pixels:
    """An independent decoder of opaque hashes, written from the format."""
    head, tail = int.from_bytes(data[:3], "little"), int.from_bytes(data[3:5], "little")
    waves = tail & 7
    nx, ny = (7, waves) if tail >> 15 else (waves, 7)
    nibbles = iter([half for byte in data[5:] for half in (byte & 15, byte >> 4)])

    def channel(mean: float, scale: float, count_x: int, count_y: int) -> list[float]:
        found = {(0, 0): mean}
        for cy in range(count_y):
            for cx in range(0 if cy else 1, count_x):
                found |= (
                    {(cx, cy): (next(nibbles) / 7.5 - 1) * scale} if cx * count_y < count_x * (count_y - cy) else {}
                )
        return [
            sum(
                value
                * (1 if cx == 0 else 2)
                * (1 if cy == 0 else 2)
                * math.cos(math.pi / width * (x + 0.5) * cx)
                * math.cos(math.pi / height * (y + 0.5) * cy)
                for (cx, cy), value in found.items()
            )
            for y in range(height)
            for x in range(width)
        ]

    light = channel((head & 63) / 63, (head >> 18 & 31) / 31, max(3, nx), max(3, ny))
    p = channel((head >> 6 & 63) / 31.5 - 1, (tail >> 3 & 63) / 63, 3, 3)
    q = channel((head >> 12 & 63) / 31.5 - 1, (tail >> 9 & 63) / 63, 3, 3)
    result: Pixels = []
    for lum, yellow, red_green in zip(light, p, q, strict=True):
        blue = lum - 2 / 3 * yellow
        red = (3 * lum - blue + red_green) / 2
        values = [min(255, max(0, round(v * 255))) for v in (red, red - red_green, blue)]
        result.append((values[0], values[1], values[2]))
    return result


def gradient(width: int, height: int) -> Pixels:
    return [(255 * x // width, 255 * y // height, 128) for y in range(height) for x in range(width)]


@pytest.mark.parametrize("size", [(32, 32), (32, 21), (24, 32), (32, 4), (3, 32), (1, 1), (32, 1), (2, 1)])
def test_a_hash_never_exceeds_25_bytes(size: tuple[int, int]) -> None:
    assert 5 < len(encode(*size, gradient(*size))) <= 25


@pytest.mark.parametrize("size", [(32, 32), (32, 24), (20, 32)])
def test_a_decoder_of_the_format_sees_the_picture_again(size: tuple[int, int]) -> None:
    original = gradient(*size)
    again = decoded(encode(*size, original), *size)
    errors = [abs(a - b) for left, right in zip(original, again, strict=True) for a, b in zip(left, right, strict=True)]
    assert sum(errors) / len(errors) < 16


@pytest.mark.parametrize("colour", [(255, 255, 255), (0, 0, 0), (200, 30, 30), (10, 90, 220)])
def test_a_plain_picture_keeps_its_colour(colour: tuple[int, int, int]) -> None:
    again = decoded(encode(8, 6, [colour] * 48), 8, 6)
    assert max(abs(a - b) for a, b in zip(colour, again[0], strict=True)) <= 10


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ((0, 0, 0), 0),
        ((255, 255, 255), 255),
        ((255, 0, 0), 0b11100000),
        ((0, 255, 0), 0b00011100),
        ((0, 0, 255), 0b00000011),
        ((128, 128, 128), 0b10010010),
    ],
)
def test_the_tint_is_three_three_and_two_bits_of_the_average(colour: tuple[int, int, int], expected: int) -> None:
    assert tint([colour, colour]) == expected
