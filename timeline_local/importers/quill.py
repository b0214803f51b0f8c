"""Quill's Delta as Markdown: headings, lists, tasks, quotes, code, emphasis and links.

A Delta is a list of inserted pieces. What a line is, stands with the line break that ends it. What is no text, such as
pictures and films, is left out: files belong to the memory itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from timeline_local.importers import loose

_MARKS = (("bold", "**"), ("italic", "_"), ("strike", "~~"), ("code", "`"))
_LISTS = {"bullet": "- ", "checked": "- [x] ", "unchecked": "- [ ] "}
_BLANK_LINES = re.compile(r"\n{3,}")
_DEEPEST = 20
_FENCE = "```"


def delta_text(delta: object) -> str:
    """The text of a Delta, or of its bare list of pieces; "" for anything else."""
    pieces = loose.items(loose.members(delta).get("ops", delta))
    return _BLANK_LINES.sub("\n\n", "\n".join(_lines(map(loose.members, pieces)))).strip()


def _lines(pieces: Iterator[Mapping[str, Any]]) -> Iterator[str]:
    begun: list[str] = []
    number, is_code = 0, False
    for piece in pieces:
        said, how = piece.get("insert"), loose.members(piece.get("attributes"))
        if not isinstance(said, str):
            continue
        *whole, rest = said.split("\n")
        for text in whole:
            line = "".join((*begun, _emphasised(text, how)))
            begun = []
            number = number + 1 if how.get("list") == "ordered" else 0
            if bool(how.get("code-block")) != is_code:
                is_code = not is_code
                yield _FENCE
            yield line if is_code else _lead(how, number) + line
        begun.append(_emphasised(rest, how))
    if is_code:
        yield _FENCE
    yield "".join(begun)


def _lead(how: Mapping[str, Any], number: int) -> str:
    """What a line of Markdown begins with. number: of an item in its list, from 1."""
    header, depth = how.get("header"), how.get("indent")
    if isinstance(header, int) and 1 <= header <= 6:  # noqa: PLR2004 - the headings that Markdown has
        return "#" * header + " "
    if how.get("blockquote"):
        return "> "
    sign = f"{number}. " if number else _LISTS.get(str(how.get("list")), "")
    return "  " * min(depth, _DEEPEST) + sign if isinstance(depth, int) and sign else sign


def _emphasised(text: str, how: Mapping[str, Any]) -> str:
    bare = text.strip()
    if not bare:
        return text
    marks = "".join(mark for name, mark in _MARKS if how.get(name))
    told = f"{marks}{bare}{marks[::-1]}"
    link = loose.text(how.get("link"))
    return text.replace(bare, f"[{told}]({link})" if link else told, 1)
