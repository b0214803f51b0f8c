"""`/problems/<slug>`: a page for each problem type, made from problems.md beside this file."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from timeline_local.api.static import MIME_TYPES, Page
from timeline_local.exceptions import TimelineError

SOURCE = Path(__file__).with_name("problems.md")
_SECTION = re.compile(r"^## ([a-z][a-z-]*)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"\*\*(.+?)\*\*|`(.+?)`")


@dataclass(frozen=True, slots=True)
class Section:
    """What problems.md says about one slug."""

    slug: str
    paragraphs: tuple[str, ...]


def problem_types() -> dict[str, type[TimelineError]]:
    """Every error class that names a slug of its own, by slug."""
    found: dict[str, type[TimelineError]] = {TimelineError.slug: TimelineError}
    waiting = list(TimelineError.__subclasses__())
    while waiting:
        kind = waiting.pop()
        waiting.extend(kind.__subclasses__())
        if "slug" in vars(kind):
            found[kind.slug] = kind
    return found


def sections() -> dict[str, Section]:
    """The sections of problems.md by slug."""
    text = SOURCE.read_text(encoding="utf-8")
    return {slug: Section(slug, _paragraphs(body)) for slug, body in _SECTION.findall(text)}


@lru_cache(maxsize=1)
def problem_pages() -> Mapping[str, Page]:
    """The pages by path, made once: one for each problem type, and the list of all at `/problems/`."""
    told = sections()
    kinds = problem_types()
    pages = {f"/problems/{slug}": _page(_problem(kind, told.get(slug))) for slug, kind in kinds.items()}
    pages["/problems/"] = _page(_index(kinds))
    return pages


def _paragraphs(body: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in body.strip().split("\n\n") if part.strip())


def _page(document: str) -> Page:
    return Page(document.encode(), MIME_TYPES[".html"], b"no-cache")


def _problem(kind: type[TimelineError], section: Section | None) -> str:
    told = "".join(f"<p>{_inline(paragraph)}</p>" for paragraph in (section.paragraphs if section else ()))
    status = f'<p class="status">Status {kind.status} · <code>/problems/{kind.slug}</code></p>'
    return _document(kind.title, f"<h1>{html.escape(kind.title)}</h1>{status}{told}")


def _index(kinds: dict[str, type[TimelineError]]) -> str:
    items = "".join(
        f'<li><a href="/problems/{slug}">{html.escape(kinds[slug].title)}</a></li>' for slug in sorted(kinds)
    )
    return _document("Problems", f"<h1>Problems</h1><ul>{items}</ul>")


def _inline(text: str) -> str:
    return _INLINE.sub(
        lambda found: f"<strong>{found[1]}</strong>" if found[1] else f"<code>{found[2]}</code>",
        html.escape(text, quote=False),
    )


def _document(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" '
        f'content="light dark"><title>{html.escape(title)} · Timeline Local</title>'
        f'<link rel="icon" href="data:,"><link rel="stylesheet" href="/docs/reference.css"></head><body>'
        f'<main class="page"><p><a href="/">Back to the timeline</a></p>{body}</main></body></html>'
    )
