"""ENML, the HTML that Evernote writes notes in, as Markdown: a line is a <div> there, and a box to tick is a tag.

Files stand in it by the MD5 of their bytes, tasks by the id of their group, each kept outside of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from timeline_local.importers.html_text import HEADINGS, Markdown, write_marked
from timeline_local.importers.html_tokens import read_html

MAX_CHARACTERS = 16 * 1024 * 1024

_CODE = re.compile(r"-en-codeblock\s*:\s*true")
_TASKS = re.compile(r"--en-task-group\s*:\s*true")
_ID = re.compile(r"--en-id\s*:\s*(?P<id>[0-9A-Za-z-]+)")
_TODO = re.compile(r"--en-todo\s*:\s*true")
_CHECKED = re.compile(r"--en-checked\s*:\s*true")
_STYLES = (
    (re.compile(r"font-weight\s*:\s*(?:bold|[6-9]00)"), "b"),
    (re.compile(r"font-style\s*:\s*italic"), "i"),
    (re.compile(r"text-decoration[^;]*:[^;]*line-through"), "s"),
)
# What begins a line by itself, and what ends one.
_BLOCKS = HEADINGS | {"p", "ul", "ol", "li", "blockquote", "pre", "table", "tbody", "tr", "td", "th", "dl", "dt", "dd"}


@dataclass(frozen=True, slots=True)
class NoteBody:
    """files: the MD5s of what it shows, in order, each once.   is_sealed: some of it is encrypted."""

    text: str
    files: tuple[str, ...]
    is_sealed: bool


def note_body(content: str, tasks: Mapping[str, Sequence[str]]) -> NoteBody:
    """The text of a note. tasks: lines of Markdown by the id of their group; those of unknown groups come last."""
    reader = _Reader(tasks)
    # Evernote itself writes sections inside of the one that holds the note.
    read_html(content[:MAX_CHARACTERS].replace("<![CDATA[", "").replace("]]>", ""), reader)
    reader.finish()
    return NoteBody(reader.markdown.result(), tuple(dict.fromkeys(reader.files)), reader.is_sealed)


@dataclass
class _Reader:
    """Tells Markdown of the lines.

    is_begun    letters stand in the line.   is_over  it ended: the next letters begin another one.
    hidden      open <div>s of what is not to be read.
    """

    tasks: Mapping[str, Sequence[str]]
    markdown: Markdown = field(default_factory=Markdown)
    files: list[str] = field(default_factory=list)
    is_sealed: bool = False
    is_begun: bool = False
    is_over: bool = False
    hidden: int = 0
    _sealed: int = 0
    _headings: int = 0
    _told: set[str] = field(default_factory=set)
    _divs: list[bool] = field(default_factory=list)  # whether each is a block of code
    _lists: list[bool] = field(default_factory=list)  # whether each is of boxes to tick
    _spans: list[tuple[str, ...]] = field(default_factory=list)

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        style = attributes.get("style", "").lower()
        if self.hidden:
            self.hidden += tag == "div"
        elif tag == "div":
            self._div(style)
        elif tag == "en-media":
            self.files.append(attributes.get("hash", "").lower())
        elif tag == "en-crypt":
            self._sealed += 1
            self.is_sealed = True
            self._write("[encrypted]")
        elif tag == "en-todo":
            box = "[x] " if attributes.get("checked", "").lower() in {"true", "checked"} else "[ ] "
            self._flush()
            self._write(box if self.is_begun or self._lists else f"- {box}")
        elif tag == "span":
            self._spans.append(tuple(mark for said, mark in _STYLES if said.search(style)))
        elif tag in _BLOCKS:
            self._block(tag, attributes, style)
        elif tag == "hr":
            self._rule()
        elif tag == "br":
            self._line()
        else:
            self._flush()
            self.markdown.start(tag, attributes)

    def end(self, tag: str) -> None:
        if self.hidden:
            self.hidden -= tag == "div"
        elif tag == "div":
            self._end_div()
        elif tag == "en-crypt":
            self._sealed = max(self._sealed - 1, 0)
        elif tag == "span":
            if self._spans:
                self._spans.pop()
        elif tag not in {"en-media", "en-todo", "hr", "br"}:
            if tag in {"ul", "ol"} and self._lists:
                self._lists.pop()
            self._headings = max(self._headings - (tag in HEADINGS), 0)
            self.markdown.end(tag)
            if tag in _BLOCKS:
                self._fresh()

    def text(self, data: str) -> None:
        if self.hidden or self._sealed:
            return
        if not data.strip() and not self._is_code:
            if self.is_begun and not self.is_over:
                self.markdown.text(" ")
            return
        self._flush()
        self._write(data)

    def finish(self) -> None:
        """Add the tasks of groups that the text does not show."""
        while self._divs:
            self.end("div")
        for group in self.tasks:
            self._group(group)

    @property
    def _is_code(self) -> bool:
        return any(self._divs)

    def _div(self, style: str) -> None:
        if _TASKS.search(style):
            named = _ID.search(style)
            self.hidden = 1
            self._group(named["id"] if named else "")
            return
        self.is_over = self.is_over or self.is_begun
        is_code = not self._is_code and _CODE.search(style) is not None
        self._divs.append(is_code)
        if is_code:
            self.markdown.start("pre", {})
            self.markdown.text("```\n")
            self._fresh()

    def _end_div(self) -> None:
        self.is_over = self.is_over or self.is_begun
        if self._divs and self._divs.pop():
            self.markdown.text("\n```" if self.is_begun else "```")
            self.markdown.end("pre")
            self._fresh()

    def _block(self, tag: str, attributes: dict[str, str], style: str) -> None:
        self._headings += tag in HEADINGS
        self.markdown.start(tag, attributes)
        if tag in {"ul", "ol"}:
            self._lists.append(_TODO.search(style) is not None)
        if tag == "li" and self._lists and self._lists[-1]:
            self.markdown.text("[x] " if _CHECKED.search(style) else "[ ] ")
        self._fresh()

    def _group(self, group: str) -> None:
        if group in self._told:
            return
        self._told.add(group)
        for task in self.tasks.get(group, ()):
            self.is_over = self.is_over or self.is_begun
            self._flush()
            self._write(task)
            self.is_over = True

    def _rule(self) -> None:
        self.markdown.start("hr", {})
        self.markdown.text("---")
        self.markdown.end("hr")
        self._fresh()

    def _line(self) -> None:
        self._flush()
        self._break()

    def _flush(self) -> None:
        """Begin the line that was waited for."""
        if self.is_over:
            self._break()

    def _break(self) -> None:
        if self._is_code:
            self.markdown.text("\n")
        else:
            self.markdown.start("br", {})
        self._fresh()

    def _fresh(self) -> None:
        self.is_begun = self.is_over = False

    def _write(self, data: str) -> None:
        self.is_begun = True
        if self._is_code:
            self.markdown.text(data.replace("\u00a0", " "))
        else:
            marks = [] if self._headings else [mark for span in self._spans for mark in span]
            write_marked(self.markdown, data, tuple(dict.fromkeys(marks)))
