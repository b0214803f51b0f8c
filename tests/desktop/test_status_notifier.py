"""The tray over a real session bus, with a panel of the tests' own that speaks the protocol."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from jeepney import HeaderFields
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection

from tests.desktop.conftest import Launch, eventually
from tests.desktop.panel import ITEM, PROPERTIES, Panel, Visitor
from timeline_local.desktop.facts import Facts
from timeline_local.desktop.finding import find_tray
from timeline_local.desktop.menu import Item, menu_of
from timeline_local.desktop.status_notifier import StatusNotifier, connect


@pytest.fixture
def panel(session_bus: str) -> Iterator[Panel]:
    made = Panel(session_bus)
    yield made
    made.close()


@pytest.fixture
def chosen() -> list[str]:
    return []


@pytest.fixture
def tray(
    session_bus: str, panel: Panel, chosen: list[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[StatusNotifier]:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", session_bus)
    made = connect(lambda item: chosen.append(item.label))
    assert made
    facts = Facts(is_running=True, memories=3)
    made.show(facts.state, menu_of(facts), "three memories")
    thread = threading.Thread(target=made.run)
    thread.start()
    eventually(lambda: bool(panel.items), "the item was not registered")
    yield made
    made.stop()
    thread.join(10)
    assert not thread.is_alive()


@pytest.fixture
def visitor(session_bus: str, panel: Panel, tray: StatusNotifier) -> Iterator[Visitor]:
    made = Visitor(session_bus, panel.items[0])
    yield made
    made.close()


def test_a_panel_gets_an_icon_a_tip_and_a_menu(visitor: Visitor) -> None:
    found = visitor.properties()
    assert (found["Id"], found["Status"], found["Menu"]) == ("timeline-local", "Active", "/MenuBar")
    assert [(width, height, len(pixels)) for width, height, pixels in found["IconPixmap"]] == [
        (side, side, side * side * 4) for side in (16, 22, 32, 48)
    ]
    assert found["ToolTip"][2:] == ("Timeline Local", "three memories")
    assert {"Open Timeline Local", "Running — 3 memories", "Copy diagnostics", "Quit Timeline Local"} <= set(
        visitor.menu()
    )


def test_a_click_and_a_choice_reach_us(visitor: Visitor, chosen: list[str]) -> None:
    visitor.activate()
    visitor.click("New memory…")
    visitor.click("Copy diagnostics")
    visitor.click("Running — 3 memories")  # which only tells something
    assert chosen == ["Open Timeline Local", "New memory…", "Copy diagnostics"]


def test_what_changes_is_told(tray: StatusNotifier, visitor: Visitor, panel: Panel) -> None:
    facts = Facts(is_running=True, memories=3, trouble="backup failed")
    tray.show(facts.state, menu_of(facts), "trouble")
    eventually(lambda: {"NewIcon", "NewStatus", "NewToolTip", "LayoutUpdated"} <= set(panel.signals), "nothing told")
    assert visitor.properties()["Status"] == "NeedsAttention"
    assert "Needs attention: backup failed" in visitor.menu()


def test_a_panel_that_comes_back_is_registered_with_again(session_bus: str, tray: StatusNotifier, panel: Panel) -> None:
    panel.close()
    again = Panel(session_bus)
    eventually(lambda: bool(again.items), "the item was not registered with the new panel")
    assert again.items == panel.items
    again.close()


def test_a_panel_may_read_what_there_is_before_it_asks(visitor: Visitor) -> None:
    for path, name in (("/StatusNotifierItem", "Activate"), ("/MenuBar", "GetLayout")):
        told = visitor.call(path, "org.freedesktop.DBus.Introspectable", "Introspect")[0]
        assert f'<method name="{name}">' in told


@pytest.mark.parametrize(
    "wrong",
    [
        ("/MenuBar", "com.canonical.dbusmenu", "GetLayout", "iias", 4711, -1, []),
        ("/MenuBar", "com.canonical.dbusmenu", "NoSuchThing", ""),
        ("/nowhere", "org.freedesktop.DBus.Introspectable", "Introspect", ""),
        ("/StatusNotifierItem", PROPERTIES, "Get", "ss", ITEM, "Nothing"),
    ],
)
def test_a_wrong_question_is_refused_and_the_next_one_answered(visitor: Visitor, wrong: tuple[object, ...]) -> None:
    path, interface, name, signature, *body = wrong
    with pytest.raises(AssertionError, match="no such thing"):
        visitor.call(str(path), str(interface), str(name), str(signature), *body)
    assert visitor.properties()["Id"] == "timeline-local"


def choose(_: Item) -> None:
    raise AssertionError


def test_a_watcher_whose_panel_shows_nothing_is_no_tray(session_bus: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", session_bus)
    monkeypatch.delenv("DISPLAY", raising=False)
    assert find_tray(choose).name == "none"
    panel = Panel(session_bus, has_host=False)
    assert find_tray(choose).name == "none"
    panel.close()


def test_the_whole_program_shows_itself_in_the_panel_and_quits_from_its_menu(
    session_bus: str, panel: Panel, display: str, launch: Launch
) -> None:
    app = launch(DISPLAY=display, DBUS_SESSION_BUS_ADDRESS=session_bus)
    eventually(lambda: len(app.opened()) == 1, "the first page was not opened")
    eventually(lambda: bool(panel.items), "the item was not registered")
    visitor = Visitor(session_bus, panel.items[0])
    eventually(lambda: "Running — 0 memories" in visitor.menu(), "the menu does not say how it goes")
    visitor.click("New memory…")
    eventually(lambda: "/new#ticket=" in app.opened()[-1], "the new page was not opened")
    visitor.click("Pause background work")
    eventually(lambda: "Background work is paused" in visitor.menu(), "the work was not paused")
    visitor.click("Quit Timeline Local")
    visitor.close()
    assert app.process.wait(60) == 0
    assert not (app.data / "run" / "runtime.json").exists()


def test_a_notification_is_shown_by_who_shows_them(session_bus: str, tray: StatusNotifier) -> None:
    with open_dbus_connection(session_bus) as desktop:
        desktop.send_and_get_reply(message_bus.RequestName("org.freedesktop.Notifications"))
        tray.tell("Timeline Local lives in the tray.")
        while (call := desktop.receive(timeout=60)).header.fields.get(HeaderFields.member) != "Notify":
            pass
    assert call.body[3:5] == ("Timeline Local", "Timeline Local lives in the tray.")


def test_where_nobody_shows_notifications_the_tray_goes_on(visitor: Visitor, tray: StatusNotifier) -> None:
    tray.tell("Timeline Local lives in the tray.")
    assert visitor.properties()["Title"] == "Timeline Local"
