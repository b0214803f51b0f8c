"""Journey (journey.cloud): a JSON file for each entry, its pictures, films and recordings beside it.

Two spellings: that of the apps (`date_journal` in thousandths of seconds) and that of the cloud (`dateOfJournal` as a
text). What is not known is the greatest number there is. The scale of `sentiment` is the one that Journey tells those
who connect other programs to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from timeline_local.domain.drafts import JSON, CollectionKind, CollectionRef, Draft, MediaRef, PlaceRef, Problem
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.files import source_key
from timeline_local.importers.html_text import html_text
from timeline_local.importers.note_text import read_text
from timeline_local.importers.seen import Seen
from timeline_local.importers.vault import Vault

HEAD_BYTES = 64 * 1024
MAX_ENTRY_BYTES = 16 * 1024 * 1024
ENTRIES_PER_CHECKPOINT = 100
MOST_FILES = 1_000  # of one entry; the app allows ten

_DATE = re.compile(rb'"date_journal"\s*:\s*\d|"dateOfJournal"\s*:\s*"')
_SIGNS = (b'"sentiment"', b'"favourite"', b'"preview_text"', b'"schemaVersion"')
_HTML = re.compile(r"\A\s*<(?:html|p|div|h[1-6]|ul|ol|blockquote|span|br)\b|</p>|<br ?/?>", re.IGNORECASE)
_ACTIVITIES = ("", "stationary", "eating", "walking", "running", "biking", "automotive", "flying")
_SCORES = ((0.5, 1), (0.9, 2), (1.1, 3), (1.5, 4))  # up to which sentiment; above these it is 5
_WARMEST = 100
_JOURNAL = CollectionRef(key="journey", name="Journey", kind=CollectionKind.JOURNAL)


@dataclass(frozen=True, slots=True)
class Journey:
    name: str = "journey"
    title: str = "Journey"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one entry is found."""
        found = next((file for file in folder.sample() if _is_entry(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There are no entries of Journey in this folder.")
        return Recognition(0.95, f"It holds entries of Journey, {found.name}.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each entry."""
        reading = _Reading(folder, options)
        for count, (_, file, done) in enumerate(files_from(folder, _is_entry, options, checkpoint), 1):
            if not done:
                yield from reading.entry(file)
                if count % ENTRIES_PER_CHECKPOINT == 0:
                    yield after(file, 1)


def _is_entry(folder: Folder, file: File) -> bool:
    if not file.name.lower().endswith(".json"):
        return False
    head = folder.head(file.locator, HEAD_BYTES)
    return _DATE.search(head) is not None and any(sign in head for sign in _SIGNS)


@dataclass
class _Reading:
    folder: Folder
    options: ReadOptions
    _seen: Seen = field(default_factory=Seen)
    _vault: Vault = field(init=False)

    def __post_init__(self) -> None:
        self._vault = Vault(self.folder)

    def entry(self, file: File) -> Iterator[Draft | Problem]:
        where = file.locator
        try:
            entry = loose.members(loose.document(self.folder.read(where, limit=MAX_ENTRY_BYTES)))
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            yield Problem(where, "unreadable", f"This entry cannot be read ({why}).")
            return
        except ValueError:
            yield Problem(where, "entry-broken", "This is no JSON, or it is too large to be an entry. Export it again.")
            return
        identifier = loose.text(entry.get("id")) or PurePosixPath(where).stem
        evidence = tuple(_evidence(entry))
        if self._seen.number(identifier) > 1:
            yield Problem(where, "twice", "The same entry came before in this import; it is kept once.")
        elif entry.get("encrypted") is True:
            detail = "The entry is encrypted. Export it from an app of Journey that is unlocked."
            yield Problem(where, "encrypted", detail)
        elif not evidence:
            yield Problem(where, "entry-broken", "The entry has no date that can be read.")
        else:
            yield from self._told(file, entry, identifier, evidence)

    def _told(
        self, file: File, entry: Mapping[str, Any], identifier: str, evidence: tuple[TimeEvidence, ...]
    ) -> Iterator[Draft | Problem]:
        note, score = read_text(_text(entry)), _score(entry.get("sentiment"))
        names = loose.texts(entry.get("photos")) or loose.texts(entry.get("attachments"))
        found = {name: self._vault.find(file.locator, name) for name in dict.fromkeys(names[:MOST_FILES])}
        for name in (name for name, locator in found.items() if locator is None):
            yield Problem(f"{file.locator}#{name}", "file-missing", "The entry names this file, but it is not here.")
        media = tuple(
            MediaRef(locator=locator, role=MediaRole.ATTACHMENT, position=place, name=PurePosixPath(locator).name)
            for place, locator in enumerate(filter(None, found.values()))
        )
        body = (note.rest if note.heading else note.body).strip()
        if not (note.heading or body or media):
            yield Problem(file.locator, "empty", "The entry is empty.")
        elif len(body) > self.options.note_characters:
            fits = f"at most {self.options.note_characters:,} fit."
            yield Problem(file.locator, "note-too-long", f"The entry has {len(body):,} characters; {fits}")
        else:
            yield Draft(
                source_key=source_key(identifier),
                kind=Kind.NOTE,
                title=note.heading,
                body=body,
                evidence=evidence,
                place=_place(entry),
                tags=tuple(dict.fromkeys((*loose.texts(entry.get("tags")), *note.tags))),
                favourite=entry.get("favourite") is True,
                mood=score,
                media=media,
                collections=(_JOURNAL,),
                extra=_extra(entry),
                raw=loose.record(entry),
            )


def _text(entry: Mapping[str, Any]) -> str:
    """Old entries do not say what they are written in."""
    told = entry.get("text")
    text = told if isinstance(told, str) else ""
    kind = loose.text(entry.get("type")).casefold()
    is_html = kind == "html" or (kind != "markdown" and _HTML.search(text) is not None)
    return html_text(text) if is_html else loose.text(text).replace("\r\n", "\n")


def _evidence(entry: Mapping[str, Any]) -> Iterator[TimeEvidence]:
    """When the entry is about, then when it was changed."""
    zone = loose.zone(entry.get("timezone"))
    for names, origin in (
        (("date_journal", "dateOfJournal"), "the entry's own date"),
        (("date_modified", "updatedAt"), "last changed in Journey"),
    ):
        millis = loose.number(entry.get(names[0]))
        instant = loose.instant_of_micros(millis * 1000) if millis else loose.instant(entry.get(names[1]))
        if instant is not None:
            yield TimeEvidence(basis=TimeBasis.SOURCE, instant=instant, zone=zone, origin=origin)
        elif names[0] == "date_journal":
            return  # when it was changed alone says nothing of the day that it is about


def _score(sentiment: object) -> int | None:
    found = loose.number(sentiment)
    return next((score for most, score in _SCORES if found <= most), 5) if found and found > 0 else None


def _place(entry: Mapping[str, Any]) -> PlaceRef | None:
    told = loose.members(entry.get("location"))
    lat, lon = loose.coordinates(entry.get("lat"), entry.get("lon"))
    if lat is None:
        lat, lon = loose.coordinates(told.get("lat"), told.get("lng"))
    return loose.place_or_none(PlaceRef(lat=lat, lon=lon, address=loose.text(entry.get("address"))))


def _extra(entry: Mapping[str, Any]) -> Mapping[str, JSON]:
    weather = loose.members(entry.get("weather"))
    degrees = loose.number(weather.get("degree_c", weather.get("degreeC")))
    activity = entry.get("mood", entry.get("activity"))
    song = loose.members(entry.get("music"))
    told: dict[str, JSON] = {
        "weather": {
            name: value
            for name, value in (
                ("description", loose.text(weather.get("description"))),
                ("degree_c", degrees if degrees is not None and abs(degrees) < _WARMEST else None),
                ("place", loose.text(weather.get("place"))),
            )
            if value not in (None, "")
        },
        "activity": _ACTIVITIES[activity] if isinstance(activity, int) and 0 < activity < len(_ACTIVITIES) else "",
        "music": {
            name: value
            for name in ("title", "artist")
            if (value := loose.text(entry.get(f"music_{name}")) or loose.text(song.get(name)))
        },
    }
    return {name: value for name, value in told.items() if value}
