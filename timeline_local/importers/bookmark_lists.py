"""Bookmarks as browsers and services save them: web pages, JSON and tables, each with when it was kept."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from timeline_local.domain.stamps import read_instant
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.encodings import decode
from timeline_local.importers.files import extension
from timeline_local.importers.html_tokens import read_html
from timeline_local.importers.json_stream import Letters, json_items
from timeline_local.importers.table_rows import column_names, named_rows

HEAD_BYTES = 8 * 1024
MAX_BYTES = 64 * 1024 * 1024  # of a file that is read whole: some 300,000 bookmarks
MOST_OF_A_PAGE = 300_000
MAX_DEPTH = 100
LONGEST_FOLDER = 500  # characters of the path
PAGE, CHROME, FIREFOX, PINBOARD, STARS, TABLE = "page", "chrome", "firefox", "pinboard", "stars", "table"

_PAGE_SIGNS = (b"NETSCAPE-Bookmark-file", b"<title>Pocket Export</title>")
_SIGNS = {
    FIREFOX: (b'"text/x-moz-place', b'"dateAdded"'),
    CHROME: (b'"roots"', b'"date_added"'),
    PINBOARD: (b'"href"', b'"toread"', b'"time"'),
    STARS: (b'"starred_at"', b'"full_name"'),
}
_COLUMNS = (
    {"title", "url", "time_added", "tags"},  # Pocket
    {"url", "title", "selection", "folder", "timestamp"},  # Instapaper
    {"title", "note", "excerpt", "url", "folder", "created"},  # Raindrop
)
_OF_PAGES = frozenset({"href", "add_date", "time_added", "tags"})  # the picture of a page is kept beside these
_TIMES = ("time_added", "timestamp", "created")
_NOTES = ("note", "selection", "excerpt")
_1601 = datetime(1601, 1, 1, tzinfo=UTC)
_1970 = datetime(1970, 1, 1, tzinfo=UTC)
_MICROS, _MILLIS = 100_000_000_000_000, 100_000_000_000  # what is larger is no count of a coarser unit


@dataclass(frozen=True, slots=True)
class Kept:
    """One bookmark. at: aware UTC; None where the list does not say."""

    address: str
    title: str
    at: datetime | None
    note: str = ""
    tags: tuple[str, ...] = ()
    folder: str = ""


def form_of(folder: Folder, file: File) -> str:
    """Which list a file is, "" for none. Cost: its head."""
    kind = extension(file.name)
    if kind == "csv":
        names = column_names(folder, file.locator)
        return TABLE if any(names >= each for each in _COLUMNS) else ""
    if kind not in {"html", "htm", "json", "bak"} and file.name != "Bookmarks":
        return ""
    head = folder.head(file.locator, HEAD_BYTES)
    if kind in {"html", "htm"}:
        return PAGE if any(sign in head for sign in _PAGE_SIGNS) else ""
    return next((form for form, signs in _SIGNS.items() if all(sign in head for sign in signs)), "")


def bookmarks(folder: Folder, file: File, form: str, letters: Letters) -> Generator[Kept, None, None]:
    """The bookmarks of a file in its order. Raises OSError, ValueError, and what `named_rows` raises.

    Memory: one bookmark; of pages and of what browsers write for themselves the file.
    """
    if form == TABLE:
        yield from map(_of_row, named_rows(folder, file.locator))
    elif form in {PINBOARD, STARS}:
        read = _of_pinboard if form == PINBOARD else _of_star
        yield from (read(loose.members(each)) for each in json_items(folder, file.locator, "item", letters))
    elif form == PAGE:
        page = _Page()
        read_html(decode(folder.read(file.locator, limit=MAX_BYTES)), page)
        yield from page.found()
    else:
        said = loose.members(loose.document(folder.read(file.locator, limit=MAX_BYTES)))
        yield from _tree(said, form)


def _of_row(row: Mapping[str, str]) -> Kept:
    told = next(filter(None, (row.get(each, "") for each in _TIMES)), "")
    separator = "|" if "|" in row.get("tags", "") else ","
    notes = (row.get(each, "") for each in _NOTES)
    tags = row.get("tags", "").strip("[]").replace('"', "").split(separator)
    return Kept(
        row.get("url", ""),
        row.get("title", ""),
        _at(told),
        next(filter(None, notes), ""),
        _words(tags),
        row.get("folder", ""),
    )


def _of_pinboard(said: Mapping[str, Any]) -> Kept:
    return Kept(
        loose.text(said.get("href")),
        loose.text(said.get("description")),
        _at(said.get("time")),
        loose.text(said.get("extended")),
        _words(loose.text(said.get("tags")).split()),
    )


def _of_star(said: Mapping[str, Any]) -> Kept:
    """A star on GitHub, as its API tells them when it is asked with the times."""
    repository = loose.members(said.get("repo")) or said
    return Kept(
        loose.text(repository.get("html_url")),
        loose.text(repository.get("full_name")),
        _at(said.get("starred_at")),
        loose.text(repository.get("description")),
        loose.texts(repository.get("topics")),
        "GitHub",
    )


def _tree(root: Mapping[str, Any], form: str) -> Iterator[Kept]:
    """Bookmarks in folders in folders. Without recursion: nobody knows how deep."""
    roots = loose.members(root.get("roots")).values() if form == CHROME else [root]
    ahead = [(loose.members(each), "") for each in reversed(list(roots))]
    while ahead:
        node, folder = ahead.pop()
        name = loose.text(node.get("name")) or loose.text(node.get("title"))
        address = loose.text(node.get("url")) or loose.text(node.get("uri"))
        if address:
            at = _since_1601(node.get("date_added")) if form == CHROME else _at(node.get("dateAdded"))
            yield Kept(address, name, at, tags=_words(loose.text(node.get("tags")).split(",")), folder=folder)
        inside = f"{folder}/{name}".strip("/")[:LONGEST_FOLDER]
        ahead += [(loose.members(each), inside) for each in reversed(loose.items(node.get("children")))]


def _words(told: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for each in told if (word := each.strip())))


def _at(value: object) -> datetime | None:
    """Of a count since 1970 in seconds, thousandths or millionths of one, or of ISO 8601."""
    number = loose.number(value)
    if number is None:
        found = read_instant(loose.text(value))
        return found[0] if found else None
    micros = number if number > _MICROS else number * 1000 if number > _MILLIS else number * 1_000_000
    return loose.instant_of_micros(micros)


def _since_1601(value: object) -> datetime | None:
    micros = loose.number(value)
    try:
        found = _1601 + timedelta(microseconds=int(micros)) if micros else None
    except OverflowError:
        return None
    return found if found is not None and found > _1970 else None


@dataclass(slots=True)
class _Page:
    """Reads a page: folders are headings before lists, what is said of a bookmark stands behind it."""

    kept: list[tuple[dict[str, str], list[str], list[str], str]] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    into: list[str] | None = None
    is_full: bool = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.is_full = self.is_full or (tag == "a" and len(self.kept) >= MOST_OF_A_PAGE)
        if self.is_full:
            self.into = None
        elif tag == "a":
            told = {name: value for name, value in attributes.items() if name in _OF_PAGES}
            self.kept.append((told, [], [], self._folder()))
            self.into = self.kept[-1][1]
        elif tag in {"h1", "h3"}:
            self.into = []
            if tag == "h3":
                self.folders.append("")
        elif tag == "dd" and self.kept:
            self.into = self.kept[-1][2]
        elif tag in {"dt", "dl", "ul", "li"}:
            self.into = None

    def end(self, tag: str) -> None:
        if tag == "h3" and self.into is not None and self.folders:
            self.folders[-1] = " ".join("".join(self.into).split())
        if tag == "dl" and self.folders:
            self.folders.pop()
        if tag in {"a", "h1", "h3", "dl", "ul"}:
            self.into = None

    def text(self, data: str) -> None:
        if self.into is not None:
            self.into.append(data)

    def _folder(self) -> str:
        """Where a bookmark is; the same text for all that are in one folder."""
        found = "/".join(filter(None, self.folders[:MAX_DEPTH]))[:LONGEST_FOLDER]
        last = self.kept[-1][3] if self.kept else ""
        return last if found == last else found

    def found(self) -> Iterator[Kept]:
        """All of them. Raises ValueError behind the last one where the page holds more."""
        for attributes, title, note, folder in self.kept:
            told = attributes.get("add_date") or attributes.get("time_added")
            yield Kept(
                loose.text(attributes.get("href")),
                " ".join("".join(title).split()),
                _at(told),
                "".join(note).strip(),
                _words(attributes.get("tags", "").split(",")),
                folder,
            )
        if self.is_full:
            raise ValueError(f"it holds more than {MOST_OF_A_PAGE:,} bookmarks")
