"""The markup of txt2tags as Markdown, as far as RedNotebook uses it. What has no sign there stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_TITLE = re.compile(r"\s*(?P<sign>={1,5}|\+{1,5})\s*(?P<text>[^=+\s](?:.*[^=+\s])?)\s*(?P=sign)(?:\[[\w-]*\])?\s*")
_NUMBERED = re.compile(r"(?P<indent>\s*)\+ (?P<text>.*)")
_RULE = re.compile(r"\s*(?:={20,}|-{20,}|_{20,})\s*")
_FENCE = re.compile(r"\s*```")
_COMMENT = re.compile(r"%(?!%).*")
_COMMENT_EDGE = re.compile(r"%%%\s*")
_FILE = r"(?P<file>\"\"(?P<quoted>[^\"\n]+)\"\"(?P<ending>\.\w{2,5})?|[^\s\[\]\"]+\.\w{2,5})(?:\?\d+)?"
_PICTURE = re.compile(rf"\[{_FILE}\]")
_LINK = re.compile(
    r"\[(?P<said>[^\[\]\n\"]*?)\s*(?:\"\"(?P<quoted>[^\"\n]+)\"\"(?P<ending>\.\w{2,5})?"
    r"|(?P<plain>(?:https?|ftp|file|mailto):[^\s\[\]]+|www\.[^\s\[\]]+))\]"
)
_ADDRESS = re.compile(r"(?:https?|ftp|file|mailto):[^\s\]\)]+|``.+?``|\"\".+?\"\"")
_DAY = re.compile(r"\[(?:[^\[\]\n]* )?(?P<day>\d{4}-\d\d-\d\d)\]")
_COLOUR = re.compile(r"\{(?P<text>[^{}|\n]*)\|color:[^{}\n]*\}")
_MARKS = (
    (re.compile(r"//(\S(?:[^\n]*?\S)?)//"), r"_\1_"),
    (re.compile(r"(?<![\w-])--([^\s-](?:[^\n]*?[^\s-])?)--(?![\w-])"), r"~~\1~~"),
    (re.compile(r"__(\S(?:[^\n]*?\S)?)__"), r"\1"),
)
_HELD = "\ue000"  # stands on both sides of the number of what is not looked at again
_HELD_AT = re.compile(f"{_HELD}(\\d+){_HELD}")


@dataclass(slots=True)
class Tagged:
    """markdown: the text.   files: what it shows or links of this computer, as written.   days: that it names."""

    markdown: str = ""
    files: list[str] = field(default_factory=list)
    days: list[str] = field(default_factory=list)


def tagged_text(text: str) -> Tagged:
    """The text as Markdown. Pictures are left out of it: they are shown with the memory."""
    found = Tagged()
    joined = "\n".join(_lines(text.replace("\r\n", "\n").split("\n"), found))
    found.markdown = re.sub(r"\n{3,}", "\n\n", joined).strip("\n").rstrip()
    return found


def _lines(lines: list[str], found: Tagged) -> Iterator[str]:
    is_code = is_comment = False
    for line in lines:
        if _FENCE.match(line):
            is_code = not is_code
            yield "```"
        elif is_code:
            yield line
        elif _COMMENT_EDGE.fullmatch(line):
            is_comment = not is_comment
        elif not (is_comment or _COMMENT.fullmatch(line)):
            yield _line(line, found).rstrip()
    if is_code:
        yield "```"


def _line(line: str, found: Tagged) -> str:
    if _RULE.fullmatch(line):
        return "---"
    title, numbered = _TITLE.fullmatch(line), _NUMBERED.fullmatch(line)
    if title is not None:
        return f"{'#' * len(title['sign'])} {title['text']}"
    if numbered is not None:
        return f"{numbered['indent']}1. {_inline(numbered['text'], found)}"
    return _inline(line.removesuffix("\\\\").rstrip(), found)


def _inline(text: str, found: Tagged) -> str:
    if not any(sign in text for sign in '/-_[`"{'):
        return text
    held: list[str] = []

    def hold(said: str) -> str:
        held.append(said)
        return f"{_HELD}{len(held) - 1}{_HELD}"

    def picture(match: re.Match[str]) -> str:
        found.files.append(_path(match["quoted"] or match["file"], match["ending"]))
        return ""

    def link(match: re.Match[str]) -> str:
        target = _path(match["quoted"] or match["plain"], match["ending"])
        if target.startswith("www."):
            target = f"http://{target}"
        if not re.match(r"(?:https?|ftp|mailto):", target):
            found.files.append(target)
            return hold(match["said"] or target.rpartition("/")[2])
        return hold(f"[{match['said']}]({target})" if match["said"] else target)

    text = _COLOUR.sub(r"\g<text>", text.replace(_HELD, ""))
    found.days += [match["day"] for match in _DAY.finditer(text)]
    text = _LINK.sub(link, _PICTURE.sub(picture, text))
    text = _ADDRESS.sub(lambda match: hold(_literal(match[0])), text)
    for marked, mark in _MARKS:
        text = marked.sub(mark, text)
    while _HELD in text:
        text = _HELD_AT.sub(lambda match: held[int(match[1])], text)
    return text


def _path(written: str, ending: str | None) -> str:
    return f"{written}{ending or ''}".removeprefix("file://")


def _literal(said: str) -> str:
    """Letters that stay as they are: code between two backticks, text between two quotes."""
    if said.startswith("``"):
        return f"`{said[2:-2]}`"
    return said[2:-2] if said.startswith('""') else said
