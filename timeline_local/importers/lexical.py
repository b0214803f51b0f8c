"""Lexical's state of a text as Markdown: headings, lists, tasks, quotes, code, tables, emphasis and links.

A state is a tree of nodes, each with its type. What is of no known type is read for what lies in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from timeline_local.importers import loose

MAX_DEPTH = 60
_MARKS = ((16, "`"), (4, "~~"), (2, "_"), (1, "**"))  # bits of the format, the innermost first
_HEADINGS = {f"h{level}": "#" * level + " " for level in range(1, 7)}
_INLINE = frozenset({"text", "code-highlight", "linebreak", "tab", "link", "autolink", "snbubble"})
_BLANK_LINES = re.compile(r"\n{3,}")
_FENCE = "```"

Node = Mapping[str, Any]


def lexical_text(state: object) -> str:
    """The text of a state; "" for anything else."""
    root = loose.members(loose.members(state).get("root"))
    return _BLANK_LINES.sub("\n\n", "\n\n".join(_blocks(root, 0))).strip()


def _kind(node: Node) -> str:
    return loose.text(node.get("type"))


def _children(node: Node) -> list[Node]:
    return [loose.members(each) for each in loose.items(node.get("children"))]


def _blocks(node: Node, depth: int) -> Iterator[str]:
    """The blocks in a node, each without the blank lines around it."""
    if depth > MAX_DEPTH:
        return
    inline: list[Node] = []
    for child in _children(node):
        if _kind(child) in _INLINE:
            inline.append(child)
            continue
        if inline:
            yield _inline(inline, depth)
            inline = []
        yield from _block(child, depth + 1)
    if inline:
        yield _inline(inline, depth)


def _block(node: Node, depth: int) -> Iterator[str]:
    kind, children = _kind(node), _children(node)
    if kind == "paragraph":
        yield _inline(children, depth)
    elif kind == "heading":
        yield _HEADINGS.get(str(node.get("tag")), "") + _inline(children, depth).replace("\n", " ")
    elif kind == "quote":
        yield "> " + _inline(children, depth).replace("\n", "\n> ")
    elif kind == "list":
        yield "\n".join(_items(node, 0, depth))
    elif kind == "code":
        yield f"{_FENCE}{loose.text(node.get('language'))}\n{_plain(children)}\n{_FENCE}"
    elif kind == "horizontalrule":
        yield "---"
    elif kind == "table":
        yield "\n".join(_table(children, depth))
    else:
        yield from _blocks(node, depth)


def _items(node: Node, level: int, depth: int) -> Iterator[str]:
    """The lines of a list. An item that holds a list has no words of its own."""
    for number, item in enumerate(_children(node), 1):
        words = [child for child in _children(item) if _kind(child) != "list"]
        if words or not _children(item):
            sign = "- "
            if node.get("listType") == "number":
                sign = f"{item.get('value') if isinstance(item.get('value'), int) else number}. "
            elif node.get("listType") == "check":
                sign = "- [x] " if item.get("checked") is True else "- [ ] "
            yield "  " * level + sign + _inline(words, depth).replace("\n", " ")
        for child in _children(item) if depth < MAX_DEPTH else ():
            if _kind(child) == "list":
                yield from _items(child, level + 1, depth + 1)


def _table(rows: list[Node], depth: int) -> Iterator[str]:
    for number, row in enumerate(rows):
        cells = [" ".join(_blocks(cell, depth)).replace("\n", " ").replace("|", "\\|") for cell in _children(row)]
        yield f"| {' | '.join(cells)} |"
        if number == 0:
            yield "|" + " --- |" * len(cells)


def _inline(nodes: list[Node], depth: int) -> str:
    return "".join(_word(node, depth) for node in nodes) if depth <= MAX_DEPTH else ""


def _word(node: Node, depth: int) -> str:
    kind, said = _kind(node), node.get("text")
    if kind == "linebreak":
        return "\n"
    if kind in {"link", "autolink"}:
        words, target = _inline(_children(node), depth + 1), loose.text(node.get("url"))
        return f"[{words}]({target})" if target and words != target else words
    if isinstance(said, str):
        return _emphasised(said, node.get("format"))
    return _inline([child for child in _children(node) if _kind(child) in _INLINE], depth + 1)


def _emphasised(text: str, how: object) -> str:
    bare = text.strip()
    if not bare or not isinstance(how, int):
        return text
    told = bare
    for bit, mark in _MARKS:
        told = f"{mark}{told}{mark}" if how & bit else told
    return text.replace(bare, told, 1)


def _plain(nodes: list[Node]) -> str:
    """Letters as they are, of code."""
    return "".join("\n" if _kind(node) == "linebreak" else str(node.get("text") or "") for node in nodes)
