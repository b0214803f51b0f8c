"""HTML taken apart into tags and text, in time that grows with its length alone, whatever is in it.

The parser of the standard library is not used: 60 KB of `<a ` took it 57 s (Python 3.11, 2026-11), and what mail, posts
and journals hold is anybody's.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Protocol

_TAG = re.compile(r"<(?P<closes>/?)(?P<name>[a-zA-Z][^\s/>]*)")
# Possessive: what was a space or a name once is not looked at again.
_BETWEEN = re.compile(r"[\s/=\"']*+")
_ATTRIBUTE = re.compile(
    r"""(?P<name>[^\s/>="']++)(?:\s*+=\s*+(?:"(?P<double>[^"]*+)"|'(?P<single>[^']*+)'|(?P<plain>[^\s>"']++)))?"""
)
_VERBATIM = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style")}


class Reader(Protocol):
    """Who is told of the parts of a document in their order. Names are in small letters, entities undone."""

    def start(self, tag: str, attributes: dict[str, str]) -> None: ...

    def end(self, tag: str) -> None: ...

    def text(self, data: str) -> None: ...


def read_html(html: str, reader: Reader) -> None:
    """Tell the reader of every tag and text. What is no tag is text; a tag that never ends takes the rest with it."""
    at = 0
    while at < len(html):
        found = html.find("<", at)
        if found != at:
            reader.text(unescape(html[at : found if found >= 0 else len(html)]))
        if found < 0:
            return
        at = _read_tag(html, found, reader)


def _read_tag(html: str, at: int, reader: Reader) -> int:
    """Tell of what begins with "<" here; where it ends."""
    if html.startswith(("<!", "<?"), at):
        return _after(html, "-->" if html.startswith("<!--", at) else ">", at + 2)
    tag = _TAG.match(html, at)
    if tag is None:
        reader.text("<")
        return at + 1
    name = tag["name"].lower()
    attributes, end = _attributes(html, tag.end())
    if tag["closes"]:
        reader.end(name)
        return end
    reader.start(name, attributes)
    is_empty = html.endswith("/>", at, end)
    if is_empty:
        reader.end(name)
    elif name in _VERBATIM:
        closing = _VERBATIM[name].search(html, end)
        return closing.start() if closing else len(html)
    return end


def _attributes(html: str, at: int) -> tuple[dict[str, str], int]:
    """The attributes of a tag, the first of each name, and where the tag ends."""
    attributes: dict[str, str] = {}
    while True:
        between = _BETWEEN.match(html, at)
        at = between.end() if between else at
        if at >= len(html) or html[at] == ">":
            return attributes, min(at + 1, len(html))
        found = _ATTRIBUTE.match(html, at)
        if found is None:  # cannot be: what stands here is the first letter of a name
            return attributes, len(html)
        value = found["double"] or found["single"] or found["plain"] or ""
        attributes.setdefault(found["name"].lower(), unescape(value))
        at = found.end()


def _after(html: str, ending: str, at: int) -> int:
    found = html.find(ending, at)
    return len(html) if found < 0 else found + len(ending)
