"""Lists of songs with the moment each began: Last.fm as four tools save it, ListenBrainz, and logs of players."""

from __future__ import annotations

import csv
import re
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.encodings import decode, decode_head
from timeline_local.importers.files import extension
from timeline_local.importers.json_stream import Letters, json_items
from timeline_local.importers.table_rows import csv_rows, json_lines
from timeline_local.importers.viewings import Viewing

HEAD_BYTES = 4096
_LINE_BYTES = 64 * 1024
COLUMNS, STATS, BARE, PAGES, STATS_JSON, LISTENS, LISTEN_LINES, LOG = (
    "columns", "stats", "bare", "pages", "stats-json", "listens", "listen-lines", "log",
)  # fmt: skip
_FIRST = datetime(2002, 1, 1, tzinfo=UTC)  # no list of songs is older
_MICROS, _MILLIS = 1_000_000, 1_000
_WORDED = re.compile(
    r"(?P<day>\d{1,2}) (?P<month>[A-Z][a-z]{2}) (?P<year>\d{4}),? (?P<hour>\d\d):(?P<minute>\d\d)", re.ASCII
)
_MONTHS = {name: number for number, name in enumerate("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}  # noqa: SIM905
_BARE_CELLS = 4
_KINDS = frozenset({"csv", "json", "jsonl", "log"})
_LOG_HEAD = b"#AUDIOSCROBBLER/1."
_LOG_CELLS = 7
_SKIPPED = "S"
_PAGES = re.compile(rb'"recenttracks"|"#text"')


@dataclass(frozen=True, slots=True)
class Skipped:
    """A row that is no song that was heard. slug, detail: as of a problem."""

    slug: str
    detail: str


_BROKEN = Skipped("play-broken", "This row names no song, or no time that can be read.")
_NOW = Skipped("no-time", "This was playing when the list was made, and has no time yet.")
_NOT_HEARD = Skipped("too-short", "The player marked it as skipped.")


def form_of(folder: Folder, file: File) -> str:
    """Which list a file is, "" for none. Cost: its head."""
    kind = extension(file.name)
    if kind not in _KINDS:
        return ""
    head = folder.head(file.locator, HEAD_BYTES)
    if kind == "log":
        return LOG if head.startswith(_LOG_HEAD) else ""
    if kind == "csv":
        return _table_form(head)
    return _json_form(head, is_lines=kind == "jsonl")


def _table_form(head: bytes) -> str:
    try:
        rows = list(csv.reader(decode_head(head).lstrip("\ufeff").split("\n")[:2]))
    except csv.Error:
        return ""
    cells = {cell.strip().casefold() for cell in rows[0]} if rows else set()
    if cells >= {"uts", "artist", "track"}:
        return COLUMNS
    if rows and len(rows[0]) == 1 and rows[0][0].casefold().startswith("artist;album;albumid;track;date#"):
        return STATS
    is_bare = bool(rows) and len(rows[0]) == _BARE_CELLS and _WORDED.fullmatch(rows[0][-1].strip()) is not None
    return BARE if is_bare else ""


def _json_form(head: bytes, *, is_lines: bool) -> str:
    if b'"listened_at"' in head and b'"track_metadata"' in head:
        return LISTENS if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[") and not is_lines else LISTEN_LINES
    if b'"scrobbles"' in head and b'"track"' in head and b'"artist"' in head:
        return STATS_JSON
    return PAGES if b'"uts"' in head and b'"artist"' in head and _PAGES.search(head) else ""


def songs(folder: Folder, file: File, form: str, letters: Letters) -> Generator[Viewing | Skipped, None, None]:
    """The songs of a list in its order. Memory: one of them, of saved pages one page.

    Raises BrokenJson, and what `csv_rows` raises.
    """
    if form == LOG:
        yield from _of_log(folder, file)
    elif form in {COLUMNS, STATS, BARE}:
        yield from _of_table(folder, file, form)
    elif form == LISTEN_LINES:
        for line in json_lines(folder, file.locator):
            yield _listen(loose.members(line))
    elif form == LISTENS:
        yield from (_listen(loose.members(each)) for each in json_items(folder, file.locator, "item", letters))
    elif form == STATS_JSON:
        for each in map(loose.members, json_items(folder, file.locator, "scrobbles.item", letters)):
            yield _song(each.get("track"), each.get("artist"), _millis(each.get("date")))
    else:
        yield from _of_pages(folder, file, letters)


def _of_table(folder: Folder, file: File, form: str) -> Generator[Viewing | Skipped, None, None]:
    with closing(csv_rows(folder, file.locator, delimiter=";" if form == STATS else ",")) as rows:
        names = (
            ["artist", "album", "track", "date"]
            if form == BARE
            else [each.strip().casefold() for each in next(rows, [])]
        )
        for row in rows:
            cells = dict(zip(names, row, strict=False))
            if form == COLUMNS:
                yield _song(cells.get("track"), cells.get("artist"), _seconds(cells.get("uts")))
            elif form == BARE:
                yield _song(cells.get("track"), cells.get("artist"), _worded(cells.get("date", "")))
            else:
                yield _song(cells.get("track"), cells.get("artist"), _millis(row[-1]))


def _of_log(folder: Folder, file: File) -> Generator[Viewing | Skipped, None, None]:
    """Tab-separated lines below a head that says whether the player's clock was UTC's."""
    is_wall_clock = True
    with folder.open_text(file.locator) as opened:
        while data := opened.readline(_LINE_BYTES):
            line = decode(data).rstrip("\r\n")
            if line.startswith("#"):
                is_wall_clock = is_wall_clock and not line.upper().startswith("#TZ/UTC")
                continue
            cells = line.split("\t")
            if not line.strip():
                continue
            if len(cells) < _LOG_CELLS:
                yield _BROKEN
            elif cells[5].strip().upper() == _SKIPPED:
                yield _NOT_HEARD
            else:
                found = _song(cells[2], cells[0], _seconds(cells[6]))
                yield (
                    Viewing(found.began_at, found.title, found.by, "", is_wall_clock)
                    if isinstance(found, Viewing)
                    else found
                )


def _of_pages(folder: Folder, file: File, letters: Letters) -> Generator[Viewing | Skipped, None, None]:
    """Answers of the API as they came: pages in a list or alone, or the songs of all of them in one list."""
    head = folder.head(file.locator, HEAD_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n")
    prefix = "item" if head.startswith(b"[") else "recenttracks.track.item"
    for each in json_items(folder, file.locator, prefix, letters):
        said = loose.members(each)
        page = loose.members(said.get("recenttracks")) or said
        told = page.get("track")
        for song in map(loose.members, told if isinstance(told, list) else [said]):
            date = loose.members(song.get("date"))
            artist = loose.members(song.get("artist"))
            name = loose.text(artist.get("#text")) or loose.text(artist.get("name")) or song.get("artist")
            is_now = loose.text(loose.members(song.get("@attr")).get("nowplaying")) == "true"
            yield _NOW if is_now and not date else _song(song.get("name"), name, _seconds(date.get("uts")))


def _listen(said: Mapping[str, Any]) -> Viewing | Skipped:
    song = loose.members(said.get("track_metadata"))
    return _song(song.get("track_name"), song.get("artist_name"), _seconds(said.get("listened_at")))


def _song(title: object, by: object, at: datetime | None) -> Viewing | Skipped:
    name = loose.text(title)
    return Viewing(at, name, loose.text(by), "") if name and at is not None and at >= _FIRST else _BROKEN


def _seconds(value: object) -> datetime | None:
    found = loose.number(value)
    return loose.instant_of_micros(found * _MICROS) if found else None


def _millis(value: object) -> datetime | None:
    found = loose.number(value)
    return loose.instant_of_micros(found * _MILLIS) if found else None


def _worded(text: str) -> datetime | None:
    found = _WORDED.fullmatch(text.strip())
    month = _MONTHS.get(found["month"], 0) if found else 0
    try:
        return (
            datetime(int(found["year"]), month, int(found["day"]), int(found["hour"]), int(found["minute"]), tzinfo=UTC)
            if found
            else None
        )
    except ValueError:
        return None
