"""The text of a Day One entry: Markdown with more backslashes than it needs, or rich text alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

# ![](dayone-moment://ID), dayone-moment:/video/ID, and both with escaped slashes; the ID names a file of the entry.
_MOMENT = re.compile(r"!\[[^\]\n]*\]\(dayone-moment:(?:\\?/){1,2}(?:[A-Za-z]+\\?/)?(?P<id>[0-9A-Za-z-]+)\)")
_ENTRY_LINK = re.compile(r"(?:dayone2?|com\.dayone):(?:\\?/){2}view\?[eE]ntryI[dD]=(?P<id>[0-9A-Fa-f]{32})")
_CODE = re.compile(
    r"(?ms)(^ {0,3}(?P<fence>`{3,}|~{3,}).*?^ {0,3}(?P=fence)[`~]*[ \t]*$|(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))"
)
# A backslash may go where its character means nothing: these never do, the others not at these places.
_ALWAYS_PLAIN = re.compile(r"\\([.,:;?!(){}'\"/$%@^|-])")
_MARK_AT_START = re.compile(
    r"^(?P<lead>[ \t]*(?:\d+(?=\\[.)])|(?=\\[-+])))\\(?P<mark>[-+.)])(?=[ \t\\]|$)", re.MULTILINE
)
_INSIDE_A_WORD = re.compile(r"(?<=[^\W_])\\_(?=[^\W_])")
_PLUS = re.compile(r"\\\+")
_HASH = re.compile(r"(?<=\S)\\#")
_GREATER = re.compile(r"(?<=\S)\\>")
_KEPT = "\ue000"  # stands for a backslash that has to stay, while the others go
_BLANK_LINES = re.compile(r"\n{3,}")


def plain_markdown(text: str) -> str:
    """The text without the backslashes that Day One writes before every mark; those that Markdown needs stay.

    Code is left as it is: there a backslash is a backslash.
    """
    parts: list[str] = []
    end = 0
    for code in _CODE.finditer(text):
        parts += (_unescaped(text[end : code.start()]), code[0])
        end = code.end()
    return "".join((*parts, _unescaped(text[end:])))


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    text = _MARK_AT_START.sub(lambda found: f"{found['lead']}{_KEPT}{found['mark']}", text)
    text = re.sub(r"\\!(?=\[)", f"{_KEPT}!", text)
    text = re.sub(r"(?<=\])\\\(", f"{_KEPT}(", text)
    for pattern, plain in ((_ALWAYS_PLAIN, r"\1"), (_INSIDE_A_WORD, "_"), (_PLUS, "+"), (_HASH, "#"), (_GREATER, ">")):
        text = pattern.sub(plain, text)
    return text.replace(_KEPT, "\\")


def linked_entries(text: str) -> tuple[str, ...]:
    """The ids (32 hex digits, upper case) of the entries that a text links to, in order, each once."""
    return tuple(dict.fromkeys(found["id"].upper() for found in _ENTRY_LINK.finditer(text)))


def without_moments(text: str, is_here: Callable[[str], bool]) -> str:
    """The text without the places of files that the memory has; a place of an unknown file stays as it is."""
    bare = _MOMENT.sub(lambda found: "" if is_here(found["id"]) else found[0], text)
    return _BLANK_LINES.sub("\n\n", bare).strip()


def from_rich_text(document: Mapping[str, Any]) -> str:
    """Markdown of an entry that has rich text only: headings, lists, quotes, emphasis, rules and files."""
    contents = document.get("contents")
    runs = [each for each in contents if isinstance(each, dict)] if isinstance(contents, list) else []
    return _BLANK_LINES.sub("\n\n", "".join(_runs(runs))).strip()


def _runs(runs: list[dict[str, Any]]) -> Iterator[str]:
    is_line_start = True
    for run in runs:
        for embedded in run.get("embeddedObjects") or ():
            yield _embedded(embedded)
            is_line_start = False
        text = run.get("text")
        if not isinstance(text, str) or not text:
            continue
        attributes = _object(run.get("attributes"))
        for line in text.splitlines(keepends=True):
            lead = _line_lead(_object(attributes.get("line"))) if is_line_start and line.strip() else ""
            yield lead + _emphasised(line, attributes)
            is_line_start = line.endswith("\n")


def _embedded(thing: object) -> str:
    if not isinstance(thing, dict):
        return ""
    if thing.get("type") == "horizontalRuleLine":
        return "\n---\n"
    identifier = thing.get("identifier")
    return f"\n![](dayone-moment://{identifier})\n" if isinstance(identifier, str) else ""


def _line_lead(line: Mapping[str, Any]) -> str:
    """What a line begins with in Markdown."""
    indent = "  " * max(0, _number(line.get("indentLevel")) - 1)
    header = _number(line.get("header"))
    if 1 <= header <= 6:  # noqa: PLR2004 - the headings that Markdown has
        return "#" * header + " "
    if line.get("quote"):
        return "> "
    style = line.get("listStyle")
    if style == "checkbox":
        return f"{indent}- [{'x' if line.get('checked') else ' '}] "
    if style == "numbered":
        return f"{indent}{_number(line.get('listIndex')) or 1}. "
    return f"{indent}- " if style == "bulleted" else ""


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 100 else 0  # noqa: PLR2004


def _emphasised(line: str, attributes: Mapping[str, Any]) -> str:
    bare = line.strip()
    if not bare:
        return line
    marks = "".join(
        mark
        for name, mark in (("bold", "**"), ("italic", "*"), ("strikethrough", "~~"), ("inlineCode", "`"))
        if attributes.get(name)
    )
    link = attributes.get("linkURL")
    told = f"{marks}{bare}{marks[::-1]}"
    if isinstance(link, str) and link:
        told = f"[{told}]({link})"
    return line.replace(bare, told, 1)
