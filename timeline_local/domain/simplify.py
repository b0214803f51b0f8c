"""A way drawn with fewer points: those stay from which the line would stray the furthest (Douglas and Peucker)."""

import heapq
import math
from collections.abc import Sequence

Point = tuple[float, float]
"""(latitude, longitude) in degrees"""


def simplify(way: Sequence[Point], most: int) -> list[int]:
    """The places of the points to keep, in order: the ends, and those that matter most, `most` of them at the highest.

    Cost: about n log n for real ways; each split looks once at the points between its ends.
    """
    if len(way) <= max(2, most):
        return list(range(len(way)))
    flat = _flat(way)
    kept = {0, len(way) - 1}
    parts: list[tuple[float, int, int, int]] = []
    _split(flat, 0, len(way) - 1, parts)
    while parts and len(kept) < most:
        _, start, middle, end = heapq.heappop(parts)
        kept.add(middle)
        _split(flat, start, middle, parts)
        _split(flat, middle, end, parts)
    return sorted(kept)


def _flat(way: Sequence[Point]) -> list[Point]:
    """Degrees of latitude on both axes, the longitudes going on where the way crosses the date line."""
    narrow = math.cos(math.radians(way[0][0]))
    flat: list[Point] = []
    turns, before = 0, way[0][1]
    for lat, lon in way:
        if abs(lon - before) > 180:  # noqa: PLR2004 - half a turn
            turns += 1 if lon < before else -1
        before = lon
        flat.append(((lon + 360 * turns) * narrow, lat))
    return flat


def _split(flat: Sequence[Point], start: int, end: int, parts: list[tuple[float, int, int, int]]) -> None:
    """Remember the point between these two that is the furthest from their line."""
    if end - start < 2:  # noqa: PLR2004 - nothing lies between
        return
    (x, y), (other_x, other_y) = flat[start], flat[end]
    along_x, along_y = other_x - x, other_y - y
    length = along_x * along_x + along_y * along_y
    furthest, middle = -1.0, start + 1
    for place in range(start + 1, end):
        to_x, to_y = flat[place][0] - x, flat[place][1] - y
        share = 0.0 if length == 0 else min(1.0, max(0.0, (to_x * along_x + to_y * along_y) / length))
        off_x, off_y = to_x - share * along_x, to_y - share * along_y
        off = off_x * off_x + off_y * off_y
        if off > furthest:
            furthest, middle = off, place
    heapq.heappush(parts, (-furthest, start, middle, end))
