"""Roam Research's JSON: a list of pages, each a tree of blocks; a daily page is the day that its title is.

What blocks show of other blocks is put in their place. Pictures stay where Roam keeps them: an export has addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from timeline_local.domain.drafts import JSON, CollectionKind, CollectionRef, Draft, Problem, RelationKind, RelationRef
from timeline_local.domain.fingerprints import normalise_tag
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.files import extension, file_date, source_key
from timeline_local.importers.front_matter import day_in_words
from timeline_local.importers.json_stream import BrokenJson, Letters, json_items
from timeline_local.importers.note_text import MAX_TAGS, read_text
from timeline_local.importers.seen import Seen

HEAD_BYTES = 16 * 1024
ITEMS_PER_CHECKPOINT = 100
MOST_REFERRED = 200_000  # blocks whose text is held because others show it
MOST_LINKS = 100
MOST_NESTED = 2
MOST_SHOWN = 2_000  # blocks of others in one page

_TIMES = re.compile(rb'"(?:create|edit)-time"\s*:\s*\d{12,13}')
_BLOCK = re.compile(r"\(\((?P<uid>[\w-]{6,20})\)\)")
_EMBED = re.compile(r"\{\{(?:\[\[)?embed(?:\]\])?:\s*\(\((?P<uid>[\w-]{6,20})\)\)\s*\}\}")
_STATE = re.compile(r"^\{\{(?:\[\[)?(?P<state>TODO|DONE)(?:\]\])?\}\}\s*")
_PAGE = re.compile(r"\[\[(?P<title>[^\[\]]{1,300})\]\]")
_WORDS_TAG = re.compile(r"#\[\[(?P<tag>[^\[\]]{1,100})\]\]")
_SLANTED = re.compile(r"(?<!\w)__(?P<text>[^_\n]{1,500}?)__(?!\w)")
_LIT = re.compile(r"\^\^(?P<text>[^^\n]{1,500}?)\^\^")
_ATTRIBUTE = re.compile(r"^(?P<name>[^:`\n]{1,100})::(?P<value>\s|$)")
_OF_ROAM = frozenset({"todo", "done"})
_JOURNAL = CollectionRef(key="roam", name="Roam", kind=CollectionKind.JOURNAL)
_EDN = "This is an export of Roam as EDN. Export again and choose JSON as the format."


@dataclass(frozen=True, slots=True)
class Roam:
    name: str = "roam"
    title: str = "Roam Research"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one list of pages is found."""
        sample = folder.sample()
        found = next((file for file in sample if _is_graph(folder, file)), None)
        if found is not None:
            return Recognition(0.95, f"It holds pages of Roam Research, {found.name}.")
        is_edn = any(
            extension(file.name) == "edn" and b"datascript" in folder.head(file.locator, 100) for file in sample
        )
        return Recognition(0.0, "There are no pages of Roam Research in this folder.", _EDN if is_edn else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each page."""
        for _, file, done in files_from(folder, _is_graph, options, checkpoint):
            yield from _Graph(folder, file, options).items(done)


def _is_graph(folder: Folder, file: File) -> bool:
    if not file.name.lower().endswith(".json"):
        return False
    head = folder.head(file.locator, HEAD_BYTES)
    is_list = head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")
    return is_list and _TIMES.search(head) is not None and (b'"string"' in head or b'"children"' in head)


@dataclass
class _Graph:
    folder: Folder
    file: File
    options: ReadOptions
    seen: Seen = field(default_factory=Seen)
    _texts: dict[str, str] = field(default_factory=dict)  # of blocks that others show
    _keys: dict[str, str] = field(default_factory=dict)  # of pages by their titles
    _shown: int = 0  # blocks of others in the page that is being read

    def items(self, skip: int) -> Iterator[Item]:
        """Read three times: for what blocks show of others, for its text, and for the pages. Memory: a page."""
        count, letters = 0, Letters(self.file.locator)
        try:
            self._look_around()
            for count, told in enumerate(json_items(self.folder, self.file.locator, "item", letters), 1):
                item = self._page(loose.members(told), f"{self.file.locator}#{count}")
                if count > skip:
                    yield item
                    if count % ITEMS_PER_CHECKPOINT == 0:
                        yield after(self.file, count)
        except BrokenJson as error:
            detail = f"After {count:,} pages this graph cannot be read any further: {error}. Export it again."
            yield Problem(self.file.locator, "graph-broken", detail)
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            yield Problem(self.file.locator, "unreadable", f"This graph cannot be read ({why}).")
        yield from letters.told()

    def _look_around(self) -> None:
        wanted: set[str] = set()
        for page in self._pages():
            title = loose.text(page.get("title"))
            self._keys.setdefault(title, _key(page, title))
            for _, block in _blocks(page):
                wanted.update(found["uid"] for found in _BLOCK.finditer(loose.text(block.get("string"))))
        if not wanted:
            return
        for page in self._pages():
            for _, block in _blocks(page):
                uid = loose.text(block.get("uid"))
                if uid in wanted and len(self._texts) < MOST_REFERRED:
                    self._texts[uid] = loose.text(block.get("string"))

    def _pages(self) -> Iterator[Mapping[str, Any]]:
        """The pages up to where the file breaks, which whoever reads them tells."""
        try:
            yield from map(loose.members, json_items(self.folder, self.file.locator, "item"))
        except BrokenJson:
            return

    def _page(self, page: Mapping[str, Any], where: str) -> Item:
        title = loose.text(page.get("title"))
        if not title:
            return Problem(where, "page-broken", "This is no page: it has no title.")
        self._shown = 0
        day, body = day_in_words(title), "\n".join(self._lines(page)).strip("\n")
        if not body:
            return Problem(where, "empty", f"The page {title} is empty.")
        if len(body) > self.options.note_characters:
            fits = f"at most {self.options.note_characters:,} fit."
            return Problem(where, "note-too-long", f"The page {title} has {len(body):,} characters; {fits}")
        links = (self._keys.get(found["title"]) for found in _PAGE.finditer(body))
        key = _key(page, title)
        related = [each for each in dict.fromkeys(links) if each is not None and each != key][:MOST_LINKS]
        return Draft(
            source_key=source_key(self.seen.unique(key)),
            kind=Kind.NOTE,
            title="" if day is not None else title,
            body=body,
            evidence=(*_evidence(page, day), file_date(self.file)),
            tags=_tags(body),
            collections=(_JOURNAL,),
            relations=tuple(RelationRef(kind=RelationKind.RELATED, source_key=source_key(each)) for each in related),
            raw=loose.record(page),
        )

    def _lines(self, page: Mapping[str, Any]) -> Iterator[str]:
        """The blocks as a list; headings of the outermost stand for themselves."""
        for depth, block in _blocks(page):
            text = self._text(loose.text(block.get("string")))
            if not text:
                continue
            heading = block.get("heading")
            if depth == 0 and isinstance(heading, int) and 1 <= heading <= 3:  # noqa: PLR2004 - Roam has three
                yield f"\n{'#' * (heading + 1)} {text}\n"
                continue
            first, *more = text.split("\n")
            yield f"{'  ' * depth}- {first}"
            yield from (f"{'  ' * depth}  {line}".rstrip() for line in more)

    def _text(self, string: str, *, depth: int = 0) -> str:
        """A block's words as Markdown, with the words of blocks that it names in their place."""
        state = _STATE.match(string)
        box = f"[{'x' if state['state'] == 'DONE' else ' '}] " if state and not depth else ""
        text = string[state.end() :] if state else string

        def shown(found: re.Match[str]) -> str:
            other = self._texts.get(found["uid"])
            if other is None or depth > MOST_NESTED or self._shown >= MOST_SHOWN:
                return found[0]
            self._shown += 1
            return self._text(other, depth=depth + 1)

        text = _BLOCK.sub(shown, _EMBED.sub(shown, text))
        if "```" in text:
            return box + text
        text = _ATTRIBUTE.sub(lambda found: f"**{found['name'].strip()}**:{found['value']}", text)
        return box + _LIT.sub(r"**\g<text>**", _SLANTED.sub(r"_\g<text>_", text))


def _blocks(page: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The blocks of a page in their order, with how deep each lies."""
    ahead = [(0, loose.members(each)) for each in reversed(loose.items(page.get("children")))]
    while ahead:
        depth, block = ahead.pop()
        yield depth, block
        ahead += [(depth + 1, loose.members(each)) for each in reversed(loose.items(block.get("children")))]


def _key(page: Mapping[str, Any], title: str) -> str:
    """A day by its date; any other page by its id, which exports of before 2021 do not have."""
    day = day_in_words(title)
    if day is not None:
        return f"day/{day.date()}"
    return loose.text(page.get("uid")) or f"page/{title}"


def _evidence(page: Mapping[str, Any], day: datetime | None) -> Iterator[TimeEvidence]:
    if day is not None:
        yield TimeEvidence(basis=TimeBasis.SOURCE, local_at=day, precision=Precision.DAY, origin="title of the page")
        return
    told = [page.get("create-time"), *(block.get("create-time") for _, block in _blocks(page))]
    found = [instant for each in told if (instant := _instant(each)) is not None]
    own = _instant(page.get("create-time"))
    if own is not None or found:
        yield TimeEvidence(basis=TimeBasis.SOURCE, instant=own or min(found), origin="when Roam says it was written")


def _instant(millis: object) -> datetime | None:
    found = loose.number(millis)
    instant = loose.instant_of_micros(found * 1000) if found else None
    return instant if instant is not None and instant > datetime(2000, 1, 1, tzinfo=UTC) else None


def _tags(body: str) -> tuple[str, ...]:
    several = (normalise_tag(found["tag"]) for found in _WORDS_TAG.finditer(body))
    found = dict.fromkeys((*several, *read_text(_WORDS_TAG.sub(" ", body)).tags))
    return tuple(each for each in found if each and each.casefold() not in _OF_ROAM)[:MAX_TAGS]
