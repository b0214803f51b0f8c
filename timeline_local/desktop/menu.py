"""The tray's menu as plain data: every backend draws this, every choice in it is an Action."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from timeline_local.desktop.facts import Facts

LONGEST_LABEL = 60
COMPUTER = "/settings/computer"


class Action(StrEnum):
    """What a choice does; `show` opens the browser at the item's target."""

    SHOW = "show"
    AGAIN = "again"
    PAUSE = "pause"
    LOGIN = "login"
    FOLDER = "folder"
    LOGS = "logs"
    DIAGNOSTICS = "diagnostics"
    QUIT = "quit"


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the menu. checked None: no tick box. An item without action and children only tells something."""

    label: str
    action: Action | None = None
    target: str = "/"
    checked: bool | None = None
    is_default: bool = False
    children: tuple[Item, ...] = ()

    @property
    def is_enabled(self) -> bool:
        """Whether it can be chosen."""
        return self.action is not None or bool(self.children)


SEPARATOR = Item("")
AGAIN = Item("Try to start again", Action.AGAIN, is_default=True)
Menu = tuple[Item, ...]


def menu_of(facts: Facts) -> Menu:
    """The whole menu. What it needs a running server for is shown, but cannot be chosen while there is none.

    Only the first item always can: a click on the icon is heard at any time.
    """
    showing = Action.SHOW if facts.is_running else None
    told = (Item(facts.note, showing, COMPUTER),) if facts.note else _newer(facts, showing)
    login = () if facts.starts_at_login is None else (_login(is_on=facts.starts_at_login),)
    return (
        AGAIN if facts.is_stopped else Item("Open Timeline Local", Action.SHOW, is_default=True),
        Item("New memory…", showing, "/new"),
        Item("Import a folder…", showing, "/imports/new"),
        SEPARATOR,
        Item(facts.line),
        *told,
        Item("Pause background work", Action.PAUSE if facts.is_running else None, checked=facts.is_paused),
        SEPARATOR,
        Item("Recent imports", children=_recent(facts)),
        *login,
        Item("More", children=_more(showing)),
        Item("Quit Timeline Local", Action.QUIT),
    )


def _newer(facts: Facts, showing: Action | None) -> Menu:
    return (Item(f"Version {facts.update} is there", showing, COMPUTER),) if facts.update else ()


def _login(*, is_on: bool) -> Item:
    return Item("Start at login", Action.LOGIN, checked=is_on)


def _recent(facts: Facts) -> Menu:
    return tuple(Item(_short(each.label), Action.SHOW, f"/imports/{each.id}") for each in facts.recent)


def _more(showing: Action | None) -> Menu:
    return (
        Item("Settings", showing, "/settings"),
        Item("Open library folder", Action.FOLDER),
        Item("View logs", Action.LOGS),
        Item("Copy diagnostics", Action.DIAGNOSTICS),
    )


def _short(label: str) -> str:
    text = " ".join(label.split()) or "Import"
    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"


def find(menu: Menu, number: int) -> Item | None:
    """The item of this number, as `numbered` counts."""
    return dict(numbered(menu)).get(number)


def numbered(menu: Menu) -> tuple[tuple[int, Item], ...]:
    """Every item with a number from 1 on, children after their parent; the same for menus of the same shape."""
    flat: list[Item] = []
    for item in menu:
        flat += [item, *item.children]
    return tuple(enumerate(flat, start=1))
