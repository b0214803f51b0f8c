"""Places in a list that is kept in order by numbers with gaps, so that moving one member rewrites one row."""

from __future__ import annotations

GAP = 1 << 20
"""Between two neighbours put in one after the other: twenty times something fits exactly between the same two."""


def spread(low: int | None, high: int | None, count: int) -> list[int] | None:
    """Numbers for `count` new members between two neighbours, rising; None when they do not fit and all must be
    numbered anew. low: the number of the one before, None at the beginning; high: of the one behind, None at the end.
    """
    if low is None and high is None:
        low = 0
    if high is None:
        return [(low or 0) + GAP * place for place in range(1, count + 1)]
    if low is None:
        return [high - GAP * place for place in range(count, 0, -1)]
    step = (high - low) // (count + 1)
    return None if step < 1 else [low + step * place for place in range(1, count + 1)]
