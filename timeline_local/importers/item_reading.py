"""Files of many things alike, read one after the other: rows of a table, items of a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from timeline_local.importers.archive import File
from timeline_local.importers.base import Found, Item
from timeline_local.importers.by_file import after
from timeline_local.importers.json_stream import BrokenJson
from timeline_local.importers.track_reading import BROKEN
from timeline_local.importers.tracks import ProblemLog

ITEMS_PER_CHECKPOINT = 200
Value = TypeVar("Value")


def read_items(
    file: File, values: Iterable[Value], done: int, log: ProblemLog, read: Callable[[int, Value], Iterator[Found]]
) -> Iterator[Item]:
    """What `read` makes of each value and its number, and what the log counted; the first `done` values in silence.

    Values before `done` are read all the same, to know which keys they have. A file that breaks off is told after what
    came before it.
    """
    count = 0
    try:
        for count, value in enumerate(values, 1):
            found = list(read(count, value))
            if count <= done:
                continue
            yield from found
            if count % ITEMS_PER_CHECKPOINT == 0:
                yield after(file, count)
    except (*BROKEN, BrokenJson) as error:
        why = (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")
        detail = f"This file cannot be read to its end ({why}); the {count:,} items before it are taken."
        yield from log.problem("unreadable", detail)
    yield from log.rest()
