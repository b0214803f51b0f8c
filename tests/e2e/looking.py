"""What every screen is held to: no barriers, no sideways scrolling, one heading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page, expect

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
NARROW = {"width": 320, "height": 640}


def settle(page: Page) -> None:
    """Wait until the screen stands still: fonts, pictures, no loading marks."""
    expect(page.locator("[aria-busy=true], .skeleton")).to_have_count(0)
    page.wait_for_load_state("load")
    page.evaluate("document.fonts.ready.then(() => true)")
    page.wait_for_timeout(700)


def barriers(page: Page) -> list[Any]:
    """Serious and critical findings of axe: (impact, rule, the first elements). Needs a context without CSP."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        (one["impact"], one["id"], [node["html"][:160] for node in one["nodes"][:3]])
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
    ]


def sideways(page: Page) -> int:
    """By how many pixels the screen is wider than its window; the part that scrolls counts, too."""
    return int(
        page.evaluate(
            "Math.max(document.scrollingElement.scrollWidth - innerWidth,"
            " ...[...document.querySelectorAll('main')].map((one) => one.scrollWidth - one.clientWidth))"
        )
    )
