"""The first words of a note without its Markdown, for tiles and lists."""

from __future__ import annotations

import re

_BLOCK_MARKS = re.compile(
    r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+][ \t]+(?:\[[ xX]\][ \t]+)?|\d{1,9}[.)][ \t]+|```.*$)", re.MULTILINE
)
_LINKS = re.compile(r"!?\[([^\]\n]{0,500})\]\([^)\n]{0,2000}\)|!?\[\[(?:[^\]|\n]{0,500}\|)?([^\]\n]{0,500})\]\]")
_EMPHASIS = re.compile(r"(\*\*|__|~~|`)(?=\S)|(?<=\S)(\*\*|__|~~|`)")
_EMPHASIS_MARKS = ("**", "__", "~~", "`")
_BLANKS = re.compile(r"\n{2,}")


def snippet(body: str, length: int = 280) -> str:
    """At most `length` characters of plain text; block marks, links and emphasis gone, paragraphs one line each."""
    text = body[: length * 4]
    # Looking for a mark costs a hundredth of looking for what it may mean; most notes hold none.
    if "[" in text:
        text = _LINKS.sub(lambda found: found[1] or found[2] or "", text)
    if "\n" in text:
        text = _BLOCK_MARKS.sub("", text)
    elif found := _BLOCK_MARKS.match(text):  # of one line only the beginning has to be looked at
        text = text[found.end() :]
    if any(mark in text for mark in _EMPHASIS_MARKS):
        text = _EMPHASIS.sub("", text)
    if "\n\n" in text:
        text = _BLANKS.sub("\n", text)
    text = text.strip()
    if len(text) <= length:
        return text
    return text[: length - 1].rsplit(" ", 1)[0].rstrip() + "…"
