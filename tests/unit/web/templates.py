"""A small reader of html`` templates: finds tags that do not balance, which htm itself never reports."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

VOID = frozenset({"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
_TAG = re.compile(r"<(/?)(/|\x00|[A-Za-z][\w.-]*)?((?:[^<>\"'\x00]|\"[^\"]*\"|'[^']*'|\x00)*?)(/?)>")


@dataclass(frozen=True, slots=True)
class Fault:
    """line: of the template's start, from 1."""

    line: int
    what: str


def faults(source: str) -> list[Fault]:
    """Every unbalanced tag in every html`` template of a module, nested ones included."""
    return [Fault(line, what) for line, body in templates(source) for what in unbalanced(body)]


def templates(source: str) -> Iterator[tuple[int, str]]:
    """(line, text) of each html`` template; what stands in ${…} is replaced by one NUL."""
    for found in re.finditer(r"\bhtml`", source):
        line = source.count("\n", 0, found.start()) + 1
        yield line, _body(source, found.end())[0]


def _body(source: str, at: int) -> tuple[str, int]:
    """The text of the template that starts at `at`, and where it ends."""
    out: list[str] = []
    while at < len(source) and source[at] != "`":
        if source.startswith("${", at):
            at = _skip_expression(source, at + 2)
            out.append("\0")
        else:
            step = 2 if source[at] == "\\" else 1
            out.append(source[at : at + step])
            at += step
    return "".join(out), at + 1


def _skip_expression(source: str, at: int) -> int:
    """Where the code of a ${…} ends; strings, comments, patterns and templates in it may hold braces of their own."""
    depth = 1
    while depth and at < len(source):
        char = source[at]
        if char == "`":
            at = _body(source, at + 1)[1]
        elif char in "'\"":
            at = _skip_string(source, at)
        elif source.startswith("/*", at):
            at = source.index("*/", at) + 2
        else:
            depth += {"{": 1, "}": -1}.get(char, 0)
            at += 1
    return at


def _skip_string(source: str, at: int) -> int:
    quote, at = source[at], at + 1
    while source[at] != quote:
        at += 2 if source[at] == "\\" else 1
    return at + 1


def unbalanced(body: str) -> list[str]:
    """What is wrong with the tags of one template: the first that closes wrongly, else all left open."""
    open_tags: list[str] = []
    for closing, name, _, selfclosing in _TAG.findall(body):
        wrong = _visit(open_tags, closing=closing, name=name or "", selfclosing=bool(selfclosing))
        if wrong:
            return wrong
    return [f"<{name.replace(chr(0), 'Component')}> is never closed" for name in open_tags]


def _visit(open_tags: list[str], *, closing: str, name: str, selfclosing: bool) -> list[str]:
    if closing:
        if not open_tags:
            return [f"</{name}> closes nothing"]
        opened = open_tags.pop()
        fits = opened == name or (opened == "\0" and name in ("/", "\0"))
        return [] if fits else [f"</{name}> closes <{opened}>"]
    if not selfclosing and name not in VOID:
        open_tags.append(name)
    return []
