"""The markup of Org as Markdown: emphasis, links, lists, tables, blocks. What has no sign there stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_BLOCK = re.compile(r"[ \t]*#\+(?P<edge>begin|end)_(?P<name>\S+)(?:[ \t]+(?P<more>\S+))?.*", re.IGNORECASE)
_COMMENT = re.compile(r"[ \t]*#(?: .*)?")
_SETTING = re.compile(r"[ \t]*#\+\w+(?:\[[^\]]*\])?:.*")
_CLOCKED = re.compile(r"[ \t]*CLOCK: *\[.*")
_FIXED = re.compile(r"[ \t]*:(?: (?P<text>.*))?")
_RULE = re.compile(r"[ \t]*-{5,}[ \t]*")
_ITEM = re.compile(r"(?P<indent>[ \t]*)(?P<sign>[-+]|(?<=[ \t])\*|\d+[.)])[ \t]+(?P<text>.*)")
_TERM = re.compile(r"(?P<box>\[[ xX-]\] +)?(?P<term>.+?) ::(?: +(?P<text>.*)|$)")
_TABLE_RULE = re.compile(r"[ \t]*\|-[-+|]*[ \t]*")
_LINK = re.compile(r"\[\[(?P<target>[^\[\]\n]+)\](?:\[(?P<said>[^\[\]\n]+)\])?\]")
_SCHEME = re.compile(r"(?P<scheme>[A-Za-z][\w.+-]*):(?P<rest>.*)")
_PICTURE = re.compile(
    r"\.(?:jpe?g|png|gif|webp|svg|heic|avif|bmp|tiff?|mp4|mov|webm|m4v|mp3|m4a|ogg|wav)$", re.IGNORECASE
)
_FILE_SEARCH = re.compile(r"::.*$")
# Marks stand beside spaces or signs, and hug what they mark.
_MARKED = re.compile(
    r"(?P<before>^|[\s\-({'\"])(?P<mark>[*/=~+])(?P<text>[^\s*/=~+](?:[^\n]{0,500}?\S)?)(?P=mark)(?=$|[\s\-.,:;!?'\")}\[])"
)
_MARKS = {"*": "**", "/": "_", "=": "`", "~": "`", "+": "~~"}
_FENCED = frozenset({"src", "example", "export", "comment"})
_QUOTED = frozenset({"quote", "verse"})
_LITERAL = "\ue000"  # stands on both sides of the number of what is not looked at again
_HELD = re.compile(f"{_LITERAL}(\\d+){_LITERAL}")


@dataclass(frozen=True, slots=True)
class OrgText:
    """markdown: the text.   files: what it links to in this computer, as written.   ids: of headings it links to."""

    markdown: str
    files: tuple[str, ...]
    ids: tuple[str, ...]


def org_text(lines: Sequence[str]) -> OrgText:
    """The lines as Markdown."""
    reader = _Reader()
    text = "\n".join(reader.all(lines))
    return OrgText(re.sub(r"\n{3,}", "\n\n", text).strip("\n"), tuple(reader.files), tuple(reader.ids))


@dataclass
class _Reader:
    files: dict[str, None] = field(default_factory=dict)
    ids: dict[str, None] = field(default_factory=dict)
    _block: str = ""
    _rows: int = 0  # of the table that is being read
    _held: list[str] = field(default_factory=list)  # of a line: what is not looked at again

    def all(self, lines: Sequence[str]) -> Iterator[str]:
        is_fixed = False
        for line in lines:
            edge = _BLOCK.fullmatch(line)
            fixed = _FIXED.fullmatch(line) if not self._block else None
            if (fixed is not None) != is_fixed:
                yield "```"
                is_fixed = not is_fixed
            if fixed is not None:
                yield fixed["text"] or ""
            elif edge is not None and self._is_edge(edge):
                yield from self._edge(edge)
            elif self._block in _FENCED:
                if self._block != "comment":
                    yield line.removeprefix(",") if line.startswith((",*", ",#+")) else line
            elif not (_COMMENT.fullmatch(line) or _SETTING.fullmatch(line) or _CLOCKED.fullmatch(line)):
                yield from self._line(line)
        if is_fixed or self._block in _FENCED - {"comment"}:
            yield "```"

    def _is_edge(self, edge: re.Match[str]) -> bool:
        name, is_begin = edge["name"].lower(), edge["edge"].lower() == "begin"
        return is_begin and not self._block if is_begin else name == self._block

    def _edge(self, edge: re.Match[str]) -> Iterator[str]:
        name, is_begin = edge["name"].lower(), edge["edge"].lower() == "begin"
        self._block = name if is_begin else ""
        if name in _FENCED and name != "comment":
            yield f"```{edge['more'] or ''}" if is_begin and name == "src" else "```"

    def _line(self, line: str) -> Iterator[str]:
        quote = "> " if self._block in _QUOTED else ""
        if line.lstrip().startswith("|"):
            yield from (quote + each for each in self._row(line.strip()))
            return
        self._rows = 0
        if _RULE.fullmatch(line):
            yield f"{quote}---"
            return
        item = _ITEM.fullmatch(line)
        if item is None:
            yield quote + self._inline(line.strip() if quote else line.rstrip())
            return
        sign = "-" if item["sign"] in "-+*" else item["sign"].replace(")", ".")
        term = _TERM.fullmatch(item["text"]) if sign == "-" else None
        said = self._inline(item["text"])
        if term is not None:
            said = f"{term['box'] or ''}**{self._inline(term['term'])}**: {self._inline(term['text'] or '')}".rstrip()
        yield f"{quote}{item['indent'].expandtabs(8)}{sign} {said}"

    def _row(self, line: str) -> Iterator[str]:
        """Markdown wants a rule behind the first row of a table, and no other one."""
        if _TABLE_RULE.fullmatch(line):
            return
        cells = [self._inline(cell.strip()) for cell in line[1:].removesuffix("|").split("|")]
        self._rows += 1
        yield f"| {' | '.join(cells)} |"
        if self._rows == 1:
            yield f"|{' --- |' * len(cells)}"

    def _inline(self, text: str) -> str:
        if not any(sign in text for sign in "*/=~+["):
            return text
        self._held = []
        text = _LINK.sub(lambda found: self._hold(self._link(found)), text.replace(_LITERAL, ""))
        text = _MARKED.sub(self._marked, text)
        while _LITERAL in text:
            text = _HELD.sub(lambda found: self._held[int(found[1])], text)
        return text

    def _hold(self, said: str) -> str:
        self._held.append(said)
        return f"{_LITERAL}{len(self._held) - 1}{_LITERAL}"

    def _marked(self, found: re.Match[str]) -> str:
        mark = _MARKS[found["mark"]]
        if mark == "`":
            return found["before"] + self._hold(f"`{found['text']}`")
        return f"{found['before']}{mark}{_MARKED.sub(self._marked, found['text'])}{mark}"

    def _link(self, found: re.Match[str]) -> str:
        target, said = found["target"].strip(), (found["said"] or "").strip()
        scheme = _SCHEME.fullmatch(target)
        kind = scheme["scheme"].lower() if scheme else ""
        if scheme is not None and kind == "id":
            self.ids[_FILE_SEARCH.sub("", scheme["rest"])] = None
            return said or target
        if scheme is not None and kind in {"file", "attachment"}:
            return self._file(_FILE_SEARCH.sub("", scheme["rest"]), said)
        if not kind and target.startswith(("./", "../", "/", "~/")):
            return self._file(_FILE_SEARCH.sub("", target), said)
        if kind in {"http", "https", "mailto"}:
            return f"[{said}]({target})" if said else target
        return said or target.lstrip("*#")

    def _file(self, path: str, said: str) -> str:
        self.files[path] = None
        address = f"<{path}>" if re.search(r"[\s()]", path) else path
        return f"![{said}]({address})" if _PICTURE.search(path) else f"[{said or path.rpartition('/')[2]}]({address})"
