"""The menu and the facts it is made of: data in, data out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from timeline_local.desktop import dbus_menu
from timeline_local.desktop.facts import Facts, Recent, State, facts_of, work
from timeline_local.desktop.icons import FACE, HANDS, argb, icon
from timeline_local.desktop.introspection import INTROSPECTION
from timeline_local.desktop.menu import SEPARATOR, Action, Item, Menu, find, menu_of, numbered

FAVICON = Path(__file__).parents[3] / "timeline_local" / "web" / "assets" / "favicon.svg"
RUNNING = Facts(is_running=True, memories=128431, starts_at_login=True)
STATUS: dict[str, Any] = {
    "version": "0.1.0",
    "memories": 2,
    "paused": False,
    "running": {"kind": "import", "done": 62, "total": 100, "eta_s": 240.0},
    "waiting": 0,
    "failed": None,
    "disk": "ok",
    "recent": [{"id": "0199", "label": "Takeout 2019", "state": "done"}],
    "port": 8766,
    "moved_port": None,
    "update": None,
    "url": None,
}


def labels(menu: Menu) -> list[str]:
    return [item.label for item in menu if item != SEPARATOR]


def item(menu: Menu, label: str) -> Item:
    return next(found for _, found in numbered(menu) if found.label == label)


def test_the_menu_of_a_running_library() -> None:
    assert labels(menu_of(RUNNING)) == [
        "Open Timeline Local",
        "New memory…",
        "Import a folder…",
        "Running — 128\u202f431 memories",
        "Pause background work",
        "Recent imports",
        "Start at login",
        "More",
        "Quit Timeline Local",
    ]


@pytest.mark.parametrize("more", [{"note": "Port 8765 is taken"}, {"update": "1.4"}, {"note": "x", "update": "1.4"}])
def test_every_menu_fits_a_linux_panel(more: dict[str, Any]) -> None:
    assert len(labels(menu_of(Facts(is_running=True, starts_at_login=False, **more)))) <= 10


def test_a_newer_version_stands_in_the_menu_and_leads_to_where_it_is_told() -> None:
    facts = facts_of(STATUS | {"update": "1.4.0"})
    assert item(menu_of(facts), "Version 1.4.0 is there").target == "/settings/computer"
    assert not any(label.startswith("Version") for label in labels(menu_of(facts_of(STATUS))))


def test_while_there_is_no_server_only_what_needs_none_or_can_wait_can_be_chosen() -> None:
    menu = menu_of(Facts(starts_at_login=False))
    usable = {found.label for _, found in numbered(menu) if found.action is not None}
    assert usable == {
        "Open Timeline Local",
        "Start at login",
        "Open library folder",
        "View logs",
        "Copy diagnostics",
        "Quit Timeline Local",
    }


def test_the_default_choice_opens_the_timeline() -> None:
    chosen = [found for _, found in numbered(menu_of(RUNNING)) if found.is_default]
    assert [(found.action, found.target) for found in chosen] == [(Action.SHOW, "/")]


def test_what_can_be_switched_shows_how_it_stands() -> None:
    menu = menu_of(Facts(is_running=True, is_paused=True, starts_at_login=True))
    assert item(menu, "Pause background work").checked is True
    assert item(menu, "Start at login").checked is True
    assert item(menu, "Open Timeline Local").checked is None


def test_where_starting_at_login_is_not_offered_it_is_not_in_the_menu() -> None:
    assert "Start at login" not in labels(menu_of(Facts(is_running=True)))


def test_recent_imports_lead_to_their_page_under_a_short_name() -> None:
    facts = Facts(is_running=True, recent=(Recent("0199", "A\nlong name " * 20), Recent("019a", "")))
    first, second = item(menu_of(facts), "Recent imports").children
    assert (first.action, first.target, len(first.label)) == (Action.SHOW, "/imports/0199", 60)
    assert "\n" not in first.label
    assert second.label == "Import"


@pytest.mark.parametrize(
    ("facts", "state", "line"),
    [
        (Facts(), "starting", "Starting…"),
        (Facts(is_running=True, memories=1), "normal", "Running — 1 memory"),
        (Facts(is_running=True, work="Importing 62 %"), "working", "Importing 62 %"),
        (Facts(is_running=True, work="Importing", is_paused=True), "paused", "Background work is paused"),
        (Facts(is_paused=True, trouble="export failed"), "attention", "Needs attention: export failed"),
    ],
)
def test_what_matters_most_is_what_icon_and_line_tell(facts: Facts, state: str, line: str) -> None:
    assert (facts.state, facts.line) == (state, line)


def test_facts_are_read_from_the_servers_answer() -> None:
    assert facts_of(STATUS) == Facts(
        is_running=True, memories=2, work="Importing 62 % – 4 min", recent=(Recent("0199", "Takeout 2019"),)
    )
    told = facts_of(STATUS | {"failed": "export", "moved_port": 8765, "paused": True, "running": None})
    assert (told.trouble, told.is_paused, told.work) == ("exporting failed", True, "")
    assert told.note == "Port 8765 is taken by another program, so it is 8766"
    assert item(menu_of(told), told.note).target == "/settings/computer"


@pytest.mark.parametrize(
    ("disk", "told"),
    [
        ("full", "Needs attention: the disk is full"),
        ("read-only", "Needs attention: the disk is read-only"),
        ("cannot be read", "Needs attention: the disk cannot be read"),
    ],
)
def test_a_disk_that_cannot_be_written_comes_before_what_failed_for_it(disk: str, told: str) -> None:
    facts = facts_of(STATUS | {"failed": "import", "disk": disk})
    assert (facts.state, facts.line) == ("attention", told)


@pytest.mark.parametrize(
    ("done", "total", "eta_s", "told"),
    [
        (0, None, None, "Exporting…"),
        (1, 3, None, "Exporting 33 %"),
        (1, 2, 41.6, "Exporting 50 % – 42 s"),
        (1, 2, 61.0, "Exporting 50 % – 1 min"),
    ],
)
def test_progress_is_told_as_far_as_it_is_known(done: int, total: int | None, eta_s: float | None, told: str) -> None:
    assert work({"kind": "export", "done": done, "total": total, "eta_s": eta_s}) == told


# --- as dbusmenu speaks of it ---------------------------------------------------------


def test_every_item_has_a_number_of_its_own_by_which_it_is_found() -> None:
    menu = menu_of(RUNNING)
    layout = dbus_menu.layout(menu, 0, -1)
    assert layout
    seen: list[int] = []

    def walk(node: Any) -> None:  # noqa: ANN401 - a node of the layout
        number, properties, children = node
        seen.append(number)
        found = find(menu, number)
        assert (number == 0) == (found is None)
        assert number == 0 or properties == dbus_menu.properties(found or SEPARATOR)
        for _, child in children:
            walk(child)

    walk(layout)
    assert sorted(seen) == list(range(len(numbered(menu)) + 1))


def test_a_panel_can_ask_for_one_level_and_for_some_properties_only() -> None:
    menu = menu_of(RUNNING)
    root = dbus_menu.layout(menu, 0, 1, ["label"])
    assert root
    assert all(children == [] for _, (_, _, children) in root[2])
    assert all(set(properties) <= {"label"} for _, (_, properties, _) in root[2])
    assert dbus_menu.layout(menu, 999, -1) is None
    assert [number for number, _ in dbus_menu.group(menu, [1, 3])] == [1, 3]


def test_properties_say_what_is_not_the_default() -> None:
    assert dbus_menu.properties(SEPARATOR) == {"type": ("s", "separator")}
    assert dbus_menu.properties(Item("a_b")) == {"label": ("s", "a__b"), "enabled": ("b", False)}
    ticked = dbus_menu.properties(Item("on", Action.LOGIN, checked=True))
    assert ticked == {"label": ("s", "on"), "toggle-type": ("s", "checkmark"), "toggle-state": ("i", 1)}


def test_what_the_objects_can_do_is_described_with_one_argument_for_each_type() -> None:
    layout = re.search('<method name="GetLayout">(.*?)</method>', INTROSPECTION["/MenuBar"])
    assert layout
    assert re.findall('type="([^"]+)" direction="([a-z]+)"', layout[1]) == [
        ("i", "in"),
        ("i", "in"),
        ("as", "in"),
        ("u", "out"),
        ("(ia{sv}av)", "out"),
    ]


# --- the icon ------------------------------------------------------------------------------


def test_the_icon_is_the_favicon() -> None:
    drawn = FAVICON.read_text()
    assert f'fill="{FACE}"' in drawn
    (x0, y0), (_, y1), (x2, y2) = HANDS
    assert f"M{x0:g} {y0:g}V{y1:g}l{x2 - x0:g} {y2 - y1:.1f}" in drawn


def test_the_five_states_look_different() -> None:
    assert len({argb(state, 22) for state in get_args(State)}) == 5


def test_the_icon_is_round_and_its_bytes_are_in_the_order_of_the_bus() -> None:
    picture = icon("normal", 32)
    assert picture.getpixel((0, 0)) == (0, 0, 0, 0)
    assert picture.getpixel((6, 16)) == (0x0B, 0x6E, 0x69, 0xFF)
    at = (16 * 32 + 6) * 4
    assert argb("normal", 32)[at : at + 4] == bytes((0xFF, 0x0B, 0x6E, 0x69))


def test_a_library_that_did_not_start_can_be_tried_again() -> None:
    stopped = Facts(is_stopped=True, trouble="it did not start")
    assert stopped.state == "attention"
    first = menu_of(stopped)[0]
    assert (first.action, first.is_default) == (Action.AGAIN, True)
    assert item(menu_of(stopped), "View logs").is_enabled
    assert not item(menu_of(stopped), "New memory…").is_enabled
