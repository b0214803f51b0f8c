"""What stands in the text of a note: its first heading, inline tags, and the files it shows. Code is left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from timeline_local.domain.fingerprints import normalise_tag

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_INLINE_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)")
_ANY_HEADING = re.compile(r"^ {0,3}#{1,6} (?P<text>.+)$", re.MULTILINE)
# A tag begins after a space, a bracket or at the start of a line, so that #anchors in addresses are none.
_TAG = re.compile(r"(?:^|(?<=[\s(\[,;]))#(?P<tag>[\w][\w/-]*)")
_WIKI = re.compile(r"(?P<embed>!?)\[\[(?P<target>[^\[\]|#\n]+)(?:#[^\[\]|\n]*)?(?:\|[^\[\]\n]*)?\]\]")
_TARGET = r"\[[^\[\]\n]{0,500}\]\((?:<(?P<angled>[^<>\n]+)>|(?P<plain>(?:[^()\s]|\([^()\s]*\))+))(?:\s+[^)\n]*)?\)"
_IMAGE = re.compile("!" + _TARGET)
_LINK_TO_FILE = re.compile("(?<!!)" + _TARGET)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
MAX_TAGS = 100
MAX_EMBEDS = 200


@dataclass(frozen=True, slots=True)
class NoteText:
    """body: the whole text; heading: the `# ` heading if the text begins with one, `rest` what comes after it.

    any_heading  the first heading of any level, wherever it stands.
    embeds  what the note shows, as written, in order.   links  the notes it names.
    """

    body: str
    heading: str
    rest: str
    any_heading: str
    tags: tuple[str, ...]
    embeds: tuple[str, ...]
    links: tuple[str, ...]


def read_text(text: str) -> NoteText:
    """Look through a note's text once."""
    prose = "\n".join(_prose(text))
    heading, rest = _first_heading(text)
    found = _ANY_HEADING.search(prose)
    tags = (normalise_tag(match["tag"].rstrip("/-")) for match in _TAG.finditer(prose))
    wiki = list(_WIKI.finditer(prose))
    return NoteText(
        body=text,
        heading=heading,
        rest=rest,
        any_heading=found["text"].strip() if found else "",
        tags=tuple(dict.fromkeys(tag for tag in tags if _is_tag(tag)))[:MAX_TAGS],
        embeds=_embeds(prose, wiki),
        links=tuple(dict.fromkeys(match["target"].strip() for match in wiki if not match["embed"]))[:MAX_EMBEDS],
    )


def _prose(text: str) -> Iterator[str]:
    """The lines outside code blocks, with code spans taken out."""
    fence = ""
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if fence:
            if match and match[1].startswith(fence) and not line.strip(" `~"):
                fence = ""
        elif match:
            fence = match[1]
        else:
            yield _INLINE_CODE.sub(" ", line) if "`" in line else line


def _first_heading(text: str) -> tuple[str, str]:
    stripped = text.lstrip("\n")
    line, _, rest = stripped.partition("\n")
    heading = line[2:].strip().rstrip("#").rstrip() if line.startswith("# ") else ""
    return (heading, rest.lstrip("\n")) if heading else ("", text)


def _is_tag(tag: str) -> bool:
    """Numbers alone are no tags (#1 is a rank), as in Obsidian."""
    return any(letter.isalpha() for letter in tag)


def _embeds(prose: str, wiki: list[re.Match[str]]) -> tuple[str, ...]:
    shown = [(match.start(), match["target"].strip()) for match in wiki if match["embed"]]
    for pattern in (_IMAGE, _LINK_TO_FILE):
        for match in pattern.finditer(prose):
            target = unquote(match["angled"] or match["plain"]).split("#")[0].strip()
            if target and not _SCHEME.match(target):
                shown.append((match.start(), target))
    return tuple(dict.fromkeys(target for _, target in sorted(shown)))[:MAX_EMBEDS]
