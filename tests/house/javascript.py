"""Just enough of JavaScript to measure its functions: braces outside strings, templates, comments and patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# What can stand before a slash that begins a pattern rather than a division.
_BEFORE_PATTERN = frozenset("(,=:[!&|?{};+-*%~^<>")
_WORDS_BEFORE_PATTERN = ("return", "typeof", "case", "in", "of", "await", "yield")
_SKIPPED = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'""",
    re.DOTALL,
)
_PATTERN = re.compile(r"/(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/[a-z]*")
_CALLED = re.compile(r"(?P<function>function\s*\*?\s*)?(?P<name>[\w$#]*)\s*$")
_NOT_METHODS = frozenset({"if", "for", "while", "switch", "catch", "with"})


@dataclass(frozen=True, slots=True)
class Function:
    """A function with a body in braces: its name if it says one, first line and number of lines."""

    name: str
    line: int
    lines: int


def functions(source: str) -> Iterator[Function]:
    """Every function of the source, inner ones too, as each ends."""
    open_braces: list[tuple[str, int]] = []  # (what it opens, offset); "" opens no function, "`" is inside a template
    at = 0
    while at < len(source):
        mark = source[at]
        if mark == "`" or (mark == "}" and open_braces and open_braces[-1][0] == "`"):
            if mark == "}":
                open_braces.pop()
            at = _end_of_template(source, at + 1)
            if source.startswith("${", at - 2):
                open_braces.append(("`", at))
            continue
        skipped = _SKIPPED.match(source, at) or (_PATTERN.match(source, at) if _may_be_pattern(source, at) else None)
        if skipped:
            at = skipped.end()
            continue
        if mark == "{":
            open_braces.append((_opened(source, at), at))
        elif mark == "}" and open_braces:
            what, begun = open_braces.pop()
            if what:
                first = source.count("\n", 0, begun) + 1
                yield Function(what, first, source.count("\n", begun, at) + 1)
        at += 1


def _end_of_template(source: str, at: int) -> int:
    """The offset just after the closing backtick, or just after the `${` that interrupts the template."""
    while at < len(source):
        if source[at] == "\\":
            at += 2
        elif source[at] == "`":
            return at + 1
        elif source.startswith("${", at):
            return at + 2
        else:
            at += 1
    return at


def _may_be_pattern(source: str, at: int) -> bool:
    if source[at] != "/":
        return False
    before = source[max(0, at - 200) : at].rstrip()
    return not before or before[-1] in _BEFORE_PATTERN or before.endswith(_WORDS_BEFORE_PATTERN)


def _opened(source: str, at: int) -> str:
    """The name of the function whose body begins here, "=>" for one without a name, "" for any other brace."""
    before = source[max(0, at - 2000) : at].rstrip()
    if before.endswith("=>"):
        return "=>"
    if not before.endswith(")"):
        return ""
    head = _CALLED.search(before[: _opening(before)].rstrip()[-200:])
    if head is None or (not head["function"] and (not head["name"] or head["name"] in _NOT_METHODS)):
        return ""
    return head["name"] or "function"


def _opening(text: str) -> int:
    """The offset of the parenthesis that the last character closes; braces and strings between do not matter."""
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        depth += (text[at] == ")") - (text[at] == "(")
        if depth == 0:
            return at
    return 0
