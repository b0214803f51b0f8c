"""What our objects on the session bus can do, in the bus's own words; some hosts read it before they ask anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Interface:
    """Signatures by name. methods: what goes in, and what comes out."""

    methods: Mapping[str, tuple[str, str]]
    signals: Mapping[str, str]
    properties: Mapping[str, str]


_ITEM = Interface(
    methods={
        "Activate": ("ii", ""),
        "SecondaryActivate": ("ii", ""),
        "ContextMenu": ("ii", ""),
        "Scroll": ("is", ""),
    },
    signals={"NewIcon": "", "NewAttentionIcon": "", "NewToolTip": "", "NewStatus": "s"},
    properties={
        "Category": "s",
        "Id": "s",
        "Title": "s",
        "Status": "s",
        "WindowId": "i",
        "IconThemePath": "s",
        "IconName": "s",
        "IconPixmap": "a(iiay)",
        "OverlayIconName": "s",
        "OverlayIconPixmap": "a(iiay)",
        "AttentionIconName": "s",
        "AttentionIconPixmap": "a(iiay)",
        "AttentionMovieName": "s",
        "ToolTip": "(sa(iiay)ss)",
        "ItemIsMenu": "b",
        "Menu": "o",
    },
)
_MENU = Interface(
    methods={
        "GetLayout": ("iias", "u(ia{sv}av)"),
        "GetGroupProperties": ("aias", "a(ia{sv})"),
        "GetProperty": ("is", "v"),
        "Event": ("isvu", ""),
        "EventGroup": ("a(isvu)", "ai"),
        "AboutToShow": ("i", "b"),
        "AboutToShowGroup": ("ai", "aiai"),
    },
    signals={"LayoutUpdated": "ui"},
    properties={"Version": "u", "TextDirection": "s", "Status": "s", "IconThemePath": "as"},
)


def _types(signature: str) -> list[str]:
    """The complete types of a signature, one after the other."""
    found: list[str] = []
    start = depth = 0
    for end, letter in enumerate(signature, start=1):
        depth += (letter in "({") - (letter in ")}")
        if depth == 0 and letter != "a":
            found.append(signature[start:end])
            start = end
    return found


def _arguments(signature: str, direction: str) -> str:
    way = f' direction="{direction}"' if direction else ""
    return "".join(f'<arg type="{each}"{way}/>' for each in _types(signature))


def _described(name: str, has: Interface) -> str:
    methods = (
        f'<method name="{each}">{_arguments(given, "in")}{_arguments(back, "out")}</method>'
        for each, (given, back) in has.methods.items()
    )
    signals = (f'<signal name="{each}">{_arguments(kinds, "")}</signal>' for each, kinds in has.signals.items())
    properties = (f'<property name="{each}" type="{kind}" access="read"/>' for each, kind in has.properties.items())
    return f'<node><interface name="{name}">{"".join((*methods, *signals, *properties))}</interface></node>'


INTROSPECTION = {
    "/StatusNotifierItem": _described("org.kde.StatusNotifierItem", _ITEM),
    "/MenuBar": _described("com.canonical.dbusmenu", _MENU),
    "/": '<node><node name="StatusNotifierItem"/><node name="MenuBar"/></node>',
}
