"""Property lists of Apple's programs out of foreign databases, and the objects that are archived in them."""

from __future__ import annotations

import plistlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers.expat import ExpatError

from timeline_local.importers import loose

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 60
_NULL = "$null"


def read_plist(data: bytes) -> object:
    """The value of a property list, binary or XML; None for anything else."""
    if len(data) > MAX_BYTES:
        return None
    try:
        return plistlib.loads(data)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, ExpatError, RecursionError):
        return None  # plistlib raises what its reader happens to stumble over


def unarchived(data: bytes) -> object:
    """The object that NSKeyedArchiver wrote: dictionaries, lists and plain values, fields of others as dictionaries.

    None for anything else. An object that holds itself is None in there.
    """
    told = loose.members(read_plist(data))
    objects = loose.items(told.get("$objects"))
    top = loose.members(told.get("$top"))
    return _Archive(objects).value(next(iter(top.values()), None), 0) if objects else None


@dataclass(slots=True)
class _Archive:
    """objects by their places; each is made once, so that no archive unfolds to more than it holds."""

    objects: list[Any]
    made: dict[int, object] = field(default_factory=dict)

    def value(self, value: object, depth: int) -> object:
        if not isinstance(value, plistlib.UID):
            return value
        place = value.data
        if place not in self.made:
            self.made[place] = None
            if place < len(self.objects) and depth < MAX_DEPTH:
                self.made[place] = self._object(self.objects[place], depth + 1)
        return self.made[place]

    def _object(self, told: object, depth: int) -> object:
        if not isinstance(told, dict):
            return None if told == _NULL else told
        if "NS.keys" in told:
            keys = [self.value(each, depth) for each in loose.items(told["NS.keys"])]
            values = [self.value(each, depth) for each in loose.items(told.get("NS.objects"))]
            return {key: value for key, value in zip(keys, values, strict=False) if isinstance(key, str)}
        if "NS.objects" in told:
            return [self.value(each, depth) for each in loose.items(told["NS.objects"])]
        for name in ("NS.string", "NS.data", "NS.time"):
            if name in told:
                return self.value(told[name], depth)
        return {name: self.value(value, depth) for name, value in told.items() if name != "$class"}


def spoken(value: object, name: str) -> str:
    """A text of a dictionary; "" where there is none."""
    return loose.text(value.get(name)) if isinstance(value, Mapping) else ""
