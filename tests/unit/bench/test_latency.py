"""What is timed is what screens ask for."""

from __future__ import annotations

import re
from pathlib import Path

from bench.latency import AFTER_AN_EDIT, ROUTES
from timeline_local.main import WEB

ASKED = re.compile(r"api\.(?:get|raw)\((?P<quote>['`])(?P<path>/.*?)(?P=quote)")


def shape(path: str) -> str:
    """The route without its query, its names left blank."""
    return re.sub(r"\$?\{[^}]*\}", "{}", path.partition("?")[0])


def asked_by_screens() -> set[str]:
    sources = (path.read_text() for path in Path(WEB).rglob("*.js"))
    return {shape(found["path"]) for source in sources for found in ASKED.finditer(source)}


def test_every_route_that_a_screen_asks_is_timed() -> None:
    asked = asked_by_screens()
    assert len(asked) > 40
    assert asked - {shape(route) for route in ROUTES} == set()


def test_what_is_asked_after_an_edit_is_asked_before_it_too() -> None:
    assert {shape(route) for route in AFTER_AN_EDIT} <= {shape(route) for route in ROUTES}
