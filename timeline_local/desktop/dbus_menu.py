"""The menu as com.canonical.dbusmenu speaks of it. Pure functions: numbers and variants in, numbers and variants out.

The item of number n is the n-th of `numbered`; 0 is the root. A variant is a pair of signature and value.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from timeline_local.desktop.menu import SEPARATOR, Item, Menu, find, numbered

INTERFACE = "com.canonical.dbusmenu"
PATH = "/MenuBar"
ROOT = 0
LAYOUT = "(ia{sv}av)"
PROPERTIES = {
    "Version": ("u", 3),
    "TextDirection": ("s", "ltr"),
    "Status": ("s", "normal"),
    "IconThemePath": ("as", []),
}

Variant = tuple[str, Any]
Layout = tuple[int, dict[str, Variant], list[Variant]]


def properties(item: Item) -> dict[str, Variant]:
    """What a host needs to draw this item; what is left away has the protocol's default."""
    if item == SEPARATOR:
        return {"type": ("s", "separator")}
    found: dict[str, Variant] = {"label": ("s", item.label.replace("_", "__"))}  # one would underline the next letter
    if not item.is_enabled:
        found["enabled"] = ("b", False)
    if item.checked is not None:
        found |= {"toggle-type": ("s", "checkmark"), "toggle-state": ("i", int(item.checked))}
    if item.children:
        found["children-display"] = ("s", "submenu")
    return found


def layout(menu: Menu, parent: int, depth: int, names: Collection[str] = ()) -> Layout | None:
    """The item `parent` with what lies below it, `depth` levels of it (-1: all); None if there is no such item."""
    if parent == ROOT:
        shown = {"children-display": ("s", "submenu")}
        tops: list[tuple[int, Item]] = []
        number = 1
        for item in menu:
            tops.append((number, item))
            number += 1 + len(item.children)
        return (ROOT, _only(shown, names), _nodes(tops, depth, names))
    found = find(menu, parent)
    return None if found is None else _node(parent, found, depth, names)


def _node(number: int, item: Item, depth: int, names: Collection[str]) -> Layout:
    below = list(enumerate(item.children, start=number + 1))
    return (number, _only(properties(item), names), _nodes(below, depth, names))


def _nodes(items: Sequence[tuple[int, Item]], depth: int, names: Collection[str]) -> list[Variant]:
    if depth == 0:
        return []
    return [(LAYOUT, _node(number, item, depth - 1, names)) for number, item in items]


def _only(found: dict[str, Variant], names: Collection[str]) -> dict[str, Variant]:
    return {name: value for name, value in found.items() if name in names} if names else found


def group(menu: Menu, wanted: Collection[int], names: Collection[str] = ()) -> list[tuple[int, dict[str, Variant]]]:
    """The properties of these items, of all if none is named."""
    return [
        (number, _only(properties(item), names)) for number, item in numbered(menu) if not wanted or number in wanted
    ]
