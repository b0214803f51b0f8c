"""The few numbers by which a timeline lays out a memory before anything else of it is known."""

NEUTRAL_TINT = 0b100_100_10  # RGB332 middle grey, where no picture gives a colour
PLAIN_RATIO = 70
FAVOURITE_BIT = 1 << 15
"""Of a whole tile: bit 7 of its kind."""

_LEAST_RATIO, _GREATEST_RATIO = 20, 150
_FAVOURITE = 1 << 7
_NOTE_STEPS = ((30, 50), (55, 60), (80, 70), (120, 80), (180, 90), (280, 100))
_LONG_NOTE = 110


def pack_tile(kind_code: int, favourite: bool, ratio: int, tint: int) -> int:  # noqa: FBT001 - four numbers of one tile
    """Pack ratio in the lowest byte, kind and bit 7 favourite in the next, the RGB332 tint in the third."""
    return ratio | (kind_code | (_FAVOURITE if favourite else 0)) << 8 | tint << 16


def unpack_tile(tile: int) -> tuple[int, bool, int, int]:
    """The inverse of `pack_tile`: kind code, favourite, ratio, tint."""
    kind = tile >> 8 & 0xFF
    return kind & ~_FAVOURITE, bool(kind & _FAVOURITE), tile & 0xFF, tile >> 16 & 0xFF


def picture_ratio(width: int | None, height: int | None) -> int:
    """Width by height in fiftieths, within 20..150; the plain ratio when either is unknown."""
    if not width or not height:
        return PLAIN_RATIO
    return max(_LEAST_RATIO, min(_GREATEST_RATIO, round(width / height * 50)))


def text_ratio(length: int) -> int:
    """The ratio of a note by its number of characters: 50, 60 … 110; the UI reads the height of the tile from it."""
    return next((ratio for most, ratio in _NOTE_STEPS if length <= most), _LONG_NOTE)
