"""Markdown as tokens: nothing in a note can become script, a remote picture or a dangerous link."""

from __future__ import annotations

from typing import Any

import pytest

from timeline_local.services.render import render, safe_href

MEDIA = "01932f6e-7b1c-7d30-a111-3a2b4c5d6e7f"


def text(said: str) -> dict[str, Any]:
    return {"t": "text", "s": said}


@pytest.mark.parametrize(
    ("markdown", "blocks"),
    [
        ("", []),
        ("  \n ", []),
        ("plain", [{"t": "p", "c": [text("plain")]}]),
        ("## Two", [{"t": "h", "level": 2, "c": [text("Two")]}]),
        ("---", [{"t": "hr"}]),
        ("> said", [{"t": "quote", "c": [{"t": "p", "c": [text("said")]}]}]),
        ("```py title\nx = 1\n```", [{"t": "code", "lang": "py", "s": "x = 1\n"}]),
        ("    bare", [{"t": "code", "s": "bare\n"}]),
        ("- a", [{"t": "ul", "c": [{"t": "li", "c": [{"t": "p", "c": [text("a")]}]}]}]),
        ("3. a", [{"t": "ol", "start": 3, "c": [{"t": "li", "c": [{"t": "p", "c": [text("a")]}]}]}]),
        ("a\nb", [{"t": "p", "c": [text("a"), text("\n"), text("b")]}]),
        ("a  \nb", [{"t": "p", "c": [text("a"), {"t": "br"}, text("b")]}]),
        ("<script>alert(1)</script>", [{"t": "p", "c": [text("<script>alert(1)</script>")]}]),
    ],
)
def test_blocks_are_plain_tokens(markdown: str, blocks: list[Any]) -> None:
    assert render(markdown) == blocks


@pytest.mark.parametrize(
    ("markdown", "tokens"),
    [
        ("*a*", [{"t": "em", "c": [text("a")]}]),
        ("**a**", [{"t": "strong", "c": [text("a")]}]),
        ("~~a~~", [{"t": "del", "c": [text("a")]}]),
        ("`a`", [{"t": "code", "s": "a"}]),
        ("[a](https://b.c)", [{"t": "link", "href": "https://b.c", "c": [text("a")]}]),
        ("[a](/m/1)", [{"t": "link", "href": "/m/1", "c": [text("a")]}]),
        ("[a](//evil.example)", [text("a")]),
        ("[a](ftp://b.c)", [text("a")]),
        ("![a](https://b.c/d.png)", [{"t": "link", "href": "https://b.c/d.png", "c": [text("a")]}]),
        ("[![a](https://b.c/d.png)](https://e.f)", [{"t": "link", "href": "https://e.f", "c": [text("a")]}]),
        (f"![a](/api/v1/media/{MEDIA}/original)", [{"t": "image", "media": MEDIA, "s": "a"}]),
        (f"![a](media/{MEDIA})", [{"t": "image", "media": MEDIA, "s": "a"}]),
        ("at #travel/italy, now", [text("at "), {"t": "tag", "s": "travel/italy"}, text(", now")]),
        ("#été", [{"t": "tag", "s": "été"}]),
        ("#1 a#b ##c /#d", [text("#1 a#b ##c /#d")]),
    ],
)
def test_inline_tokens_lead_nowhere_dangerous(markdown: str, tokens: list[Any]) -> None:
    assert render(markdown) == [{"t": "p", "c": tokens}]


@pytest.mark.parametrize(
    "href",
    ["javascript:alert(1)", "JaVaScRiPt:x", "data:text/html,x", "vbscript:x", "\tjavascript:x", "a\\b", "//x", ""],
)
def test_dangerous_addresses_are_no_links(href: str) -> None:
    assert safe_href(href) is None


def test_a_table_has_cells_of_inline_tokens() -> None:
    (table,) = render("| a | b |\n|---|--:|\n| 1 | *2* |")
    assert table["c"][1] == {
        "t": "tr",
        "c": [
            {"t": "td", "c": [text("1")]},
            {"t": "td", "align": "right", "c": [{"t": "em", "c": [text("2")]}]},
        ],
    }


@pytest.mark.parametrize("markdown", [">" * 5000 + "deep", "- " * 500 + "deep", "a\n\n" * 9000])
def test_what_is_too_deep_or_too_much_stays_as_text(markdown: str) -> None:
    assert render(markdown) == [{"t": "p", "c": [text(markdown)]}]


def test_very_long_notes_keep_their_end_as_text() -> None:
    markdown = "x" * 250_000
    shown = "".join(block["c"][0]["s"] for block in render(markdown))
    assert shown == markdown
