"""HTML as Markdown, as far as posts and journals use it: paragraphs, lists, quotes, links. Nothing is loaded."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from urllib.parse import urlsplit

from timeline_local.importers.html_tokens import read_html

MAX_CHARACTERS = 4 * 1024 * 1024
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_BLOCKS = HEADINGS | {"article", "blockquote", "div", "dl", "dt", "dd", "figure", "header", "hr", "main", "p", "pre"}
_BREAKS = frozenset({"br", "tr"})
_CELLS = frozenset({"td", "th"})
_LISTS = frozenset({"ol", "ul"})
_UNSEEN = frozenset({"head", "script", "style", "template", "title", "noscript"})
_MARKS = {"b": "**", "strong": "**", "i": "_", "em": "_", "del": "~~", "s": "~~", "strike": "~~", "code": "`"}
_SPACES = re.compile(r"[ \t\r\n\f\u00a0]+")
_LINES = re.compile(r"\n{3,}")
MAX_NESTED = 20


class Markdown:
    """Takes the parts of a document in order, and gives its text. Empty paragraphs part nothing more than full ones."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._lists: list[int] = []  # of each open list the number of its last item; below 0: not numbered
        self._quotes = 0
        self._unseen = 0
        self._links: list[tuple[str, int]] = []
        self._pre = 0
        self._open_marks = Counter[str]()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._unseen *= tag != "body"  # whatever was left open before it
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag in _CELLS:
            self._parts.append(" ")
        elif tag in _BREAKS:
            self._parts.append("\n" + "> " * min(self._quotes, MAX_NESTED))
        elif tag in _LISTS:
            self._lists.append(0 if tag == "ol" else -1)
        elif tag == "li":
            self._item()
        elif tag in _BLOCKS:
            self._quotes += tag == "blockquote"
            self._pre += tag == "pre"
            self._block()
            if tag in HEADINGS:
                self._parts.append("#" * int(tag[1]) + " ")
        elif tag == "a":
            self._links.append((attributes.get("href", ""), len(self._parts)))
        elif tag in _MARKS:
            self._open_marks[tag] += 1
            self._parts.append(_MARKS[tag])

    def end(self, tag: str) -> None:
        if tag in _UNSEEN:
            self._unseen = max(self._unseen - 1, 0)
        elif tag in _LISTS:
            if self._lists:
                self._lists.pop()
            if not self._lists:
                self._block()
        elif tag in _BLOCKS:
            self._quotes = max(self._quotes - (tag == "blockquote"), 0)
            self._pre = max(self._pre - (tag == "pre"), 0)
            self._block()
        elif tag == "a" and self._links:
            self._link(*self._links.pop())
        elif self._open_marks[tag] > 0:
            self._open_marks[tag] -= 1
            self._mark(_MARKS[tag])

    def text(self, data: str) -> None:
        if not self._unseen:
            self._parts.append(data if self._pre else _SPACES.sub(" ", data))

    def result(self) -> str:
        lines = (
            line.strip() if not line.startswith("  ") else line.rstrip() for line in "".join(self._parts).split("\n")
        )
        return _LINES.sub("\n\n", "\n".join(lines)).strip()

    def _block(self) -> None:
        if self._lists:
            return  # a paragraph in an item does not part the list
        self._parts.append("\n\n" + "> " * min(self._quotes, MAX_NESTED))

    def _item(self) -> None:
        depth = min(len(self._lists), MAX_NESTED)
        sign = "-"
        if self._lists and self._lists[-1] >= 0:
            self._lists[-1] += 1
            sign = f"{self._lists[-1]}."
        self._parts.append("\n" + "  " * (depth - 1) + sign + " ")

    def _mark(self, mark: str) -> None:
        """Weight around nothing is nothing."""
        if self._parts and self._parts[-1] == mark:
            self._parts.pop()
        else:
            self._parts.append(mark)

    def _link(self, target: str, since: int) -> None:
        if not target or not _is_web(target):
            return
        said = "".join(self._parts[since:])
        plain = said.strip()
        is_same = plain.rstrip("…/") in target and plain.count(".") > 0
        del self._parts[since:]
        self._parts.append(target if not plain or is_same else f"[{plain}]({target})")


def write_marked(markdown: Markdown, data: str, tags: Sequence[str]) -> None:
    """A text with the marks of these tags around its letters: around the spaces at its ends they would be none."""
    bare = data.strip()
    before, _, behind = data.partition(bare) if bare else (data, "", "")
    markdown.text(before)
    for tag in tags if bare else ():
        markdown.start(tag, {})
    markdown.text(bare)
    for tag in reversed(tags if bare else ()):
        markdown.end(tag)
    markdown.text(behind)


def _is_web(target: str) -> bool:
    try:
        return urlsplit(target).scheme in {"http", "https", "mailto"}
    except ValueError:
        return False


def html_text(html: str) -> str:
    """The text of a piece of HTML as Markdown; of more than 4 MiB characters what comes first."""
    markdown = Markdown()
    read_html(html[:MAX_CHARACTERS], markdown)
    return markdown.result()
