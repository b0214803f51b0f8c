"""What a bulk edit can do to memories; the wire and the rules name the same actions."""

from __future__ import annotations

from typing import Literal, TypeAlias

BatchAction: TypeAlias = Literal[
    "favourite",
    "unfavourite",
    "trash",
    "restore",
    "tag",
    "untag",
    "archive",
    "unarchive",
    "rate",
    "mood",
    "shift",
    "locate",
    "add_people",
    "remove_people",
    "add_to_collection",
    "remove_from_collection",
]
