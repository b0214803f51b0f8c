"""Markdown as a tree of plain tokens: what a client may show without ever building HTML from text.

Raw HTML stays text, pictures from elsewhere become links, links lead to http, https, mailto or a relative address.
Depth and number of tokens are capped; what is beyond is shown as plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

Block: TypeAlias = dict[str, Any]
Inline: TypeAlias = dict[str, Any]

MAX_DEPTH = 20
MAX_TOKENS = 15_000
MAX_CHARACTERS = 200_000

_SCHEMES = frozenset({"http", "https", "mailto"})
_MEDIA = re.compile(r"/?(?:api/v1/)?media/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:/.*)?")
# Not after a letter, digit, slash, & or another #: those are anchors, entities and colours.
_TAG = re.compile(r"(?<![\w/#&])#(?=[^\W\d_]|\d*[^\W\d_])((?:\w|[-/](?=\w))+)")

_LISTS = {"bullet_list_open": "ul", "ordered_list_open": "ol"}
_CONTAINERS = {
    **_LISTS,
    "list_item_open": "li",
    "blockquote_open": "quote",
    "table_open": "table",
    "tr_open": "tr",
    "th_open": "th",
    "td_open": "td",
}
_TRANSPARENT = frozenset({"thead_open", "tbody_open", "thead_close", "tbody_close"})
_SPANS = {"em_open": "em", "strong_open": "strong", "s_open": "del", "link_open": "link"}


def render(markdown: str) -> list[Block]:
    """The blocks of a note: {t, c, …} with inline tokens inside (see the API's description of `blocks`)."""
    if not markdown.strip():
        return []
    shown, rest = markdown[:MAX_CHARACTERS], markdown[MAX_CHARACTERS:]
    tokens = _parser().parse(shown)
    if len(tokens) > MAX_TOKENS or any(token.level >= MAX_DEPTH - 1 for token in tokens):
        return [_plain(markdown)]  # the parser drops what is nested deeper
    blocks = _blocks(iter(tokens), None, depth=0)
    return [*blocks, _plain(rest)] if rest else blocks


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_DEPTH}).enable(["table", "strikethrough"])


def _plain(text: str) -> Block:
    return {"t": "p", "c": [{"t": "text", "s": text}]}


def _blocks(tokens: Iterator[Token], closing: str | None, *, depth: int) -> list[Block]:
    """The blocks up to the closing token, or to the end."""
    found: list[Block] = []
    for token in tokens:
        if token.type == closing:
            break
        if token.type in _CONTAINERS:
            inner = _blocks(tokens, token.type.replace("_open", "_close"), depth=depth + 1)
            found.append(_container(token, inner))
        elif token.type not in _TRANSPARENT:
            found += _leaf(token, tokens)
    return found


def _container(token: Token, inner: list[Block]) -> Block:
    block: Block = {"t": _CONTAINERS[token.type]}
    start = token.attrGet("start")
    if token.type == "ordered_list_open" and start is not None:
        block["start"] = int(start)
    if token.type in {"th_open", "td_open"}:
        align = re.search(r"text-align:(\w+)", str(token.attrGet("style") or ""))
        if align:
            block["align"] = align[1]
        # A cell holds inline tokens, which come as one block without a name.
        inner = [each for block_ in inner for each in block_.get("c", ())]
    return {**block, "c": inner}


def _leaf(token: Token, tokens: Iterator[Token]) -> list[Block]:
    if token.type == "paragraph_open":
        return [{"t": "p", "c": _next_inline(tokens)}]
    if token.type == "heading_open":
        return [{"t": "h", "level": int(token.tag[1]), "c": _next_inline(tokens)}]
    if token.type == "inline":
        return [{"t": "p", "c": inline(token.children or ())}]
    if token.type in {"fence", "code_block"}:
        language = token.info.split()[0][:40] if token.info.strip() else ""
        return [{"t": "code", **({"lang": language} if language else {}), "s": token.content}]
    if token.type == "hr":
        return [{"t": "hr"}]
    return []


def _next_inline(tokens: Iterator[Token]) -> list[Inline]:
    """The inline content of a paragraph or heading, whose closing token is taken too."""
    token = next(tokens)
    next(tokens)
    return inline(token.children or ())


def inline(children: Sequence[Token]) -> list[Inline]:
    """Inline tokens: {t: text | em | strong | del | code | link | br | image | tag, s?, c?, href?}."""
    return _inline(iter(children), None, in_link=False)


def _inline(tokens: Iterator[Token], closing: str | None, *, in_link: bool) -> list[Inline]:
    found: list[Inline] = []
    for token in tokens:
        if token.type == closing:
            break
        if token.type in _SPANS:
            found += _span(token, tokens, in_link=in_link)
        elif token.type == "text":
            found += [{"t": "text", "s": token.content}] if in_link else _tagged(token.content)
        elif token.type == "code_inline":
            found.append({"t": "code", "s": token.content})
        elif token.type in {"softbreak", "hardbreak"}:
            found.append({"t": "br"} if token.type == "hardbreak" else {"t": "text", "s": "\n"})
        elif token.type == "image":
            found.append(_image(token, in_link=in_link))
        elif token.content:
            found.append({"t": "text", "s": token.content})
    return found


def _span(token: Token, tokens: Iterator[Token], *, in_link: bool) -> list[Inline]:
    name = _SPANS[token.type]
    inner = _inline(tokens, token.type.replace("_open", "_close"), in_link=in_link or name == "link")
    if name != "link":
        return [{"t": name, "c": inner}]
    href = safe_href(str(token.attrGet("href") or ""))
    return inner if href is None else [{"t": "link", "href": href, "c": inner}]


def _image(token: Token, *, in_link: bool) -> Inline:
    """A media file of ours by its id; anything else is a link with the description as its text."""
    source, said = str(token.attrGet("src") or ""), token.content
    media = _MEDIA.fullmatch(source)
    if media:
        return {"t": "image", "media": media[1], "s": said}
    href = None if in_link else safe_href(source)
    text = {"t": "text", "s": said or source}
    return text if href is None else {"t": "link", "href": href, "c": [text]}


def _tagged(text: str) -> list[Inline]:
    """The text with its #tags cut out."""
    found: list[Inline] = []
    at = 0
    for match in _TAG.finditer(text):
        if match.start() > at:
            found.append({"t": "text", "s": text[at : match.start()]})
        found.append({"t": "tag", "s": match[1]})
        at = match.end()
    return [*found, {"t": "text", "s": text[at:]}] if at < len(text) else found


def safe_href(href: str) -> str | None:
    """The address if a browser may be sent there: http, https, mailto or relative to us; else None."""
    plain = "".join(letter for letter in href if letter.isprintable() and not letter.isspace())
    if plain != href or not href or "\\" in href or href.startswith("//"):
        return None
    try:
        scheme = urlsplit(href).scheme.lower()
    except ValueError:
        return None
    has_scheme = ":" in href.split("/", 1)[0].split("?", 1)[0].split("#", 1)[0]
    return href if scheme in _SCHEMES or (not scheme and not has_scheme) else None
