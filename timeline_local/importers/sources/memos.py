"""Memos (usememos): its database with the files beside or in it, and the lists of memos that its API gives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import PurePosixPath

from timeline_local.domain.drafts import JSON, CollectionKind, CollectionRef, Draft, MediaRef, Problem
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.conversations import is_there
from timeline_local.importers.files import source_key
from timeline_local.importers.json_stream import BrokenJson, Letters, json_items
from timeline_local.importers.memos_records import Memo, MemoFile, Stored, is_memos, memo_of, memos_in, stored_in
from timeline_local.importers.note_text import read_text
from timeline_local.importers.seen import Seen
from timeline_local.importers.sqlite_pages import MAGIC
from timeline_local.importers.trees import joined

HEAD_BYTES = 16 * 1024
ITEMS_PER_CHECKPOINT = 200

_DATABASE = re.compile(r"[^.]*|.*\.(?:db3?|sqlite3?)(?:[._~-].*)?", re.IGNORECASE | re.DOTALL)
_BESIDE = ("-wal", "-shm", "-journal")
_NEW = (re.compile(rb'"name"\s*:\s*"memos/'), re.compile(rb'"(?:createTime|displayTime)"'), re.compile(rb'"content"'))
_OLD = (
    *(re.compile(rb'"createdTs"\s*:\s*\d'), re.compile(rb'"content"'), re.compile(rb'"visibility"')),
    re.compile(rb'"(?:rowStatus|resourceList|creatorId)"'),
)  # fmt: skip
_LISTED = re.compile(rb'"(?P<name>memos|data)"\s*:\s*\[')
_LOG_ALONE = "This is the log beside a database, not the database. Choose memos_prod.db, and what lies beside it."


@dataclass(frozen=True, slots=True)
class Memos:
    name: str = "memos"
    title: str = "Memos"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one database or one list is found."""
        sample = folder.sample()
        found = next((file for file in sample if _is_ours(folder, file)), None)
        if found is not None:
            return Recognition(0.95, f"It holds memos of Memos, in {found.name}.")
        is_log = any("memos" in file.name.lower() and file.name.lower().endswith(_BESIDE) for file in sample)
        return Recognition(0.0, "There is nothing of Memos in this folder.", _LOG_ALONE if is_log else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each memo, and for each file that belongs to none."""
        seen = Seen()
        for listing, file, done in files_from(folder, _is_ours, options, checkpoint):
            options.claimed.update(f"{file.locator}{end}" for end in _BESIDE)
            yield from _Reading(folder, file, listing, options, seen).items(done)


def _is_ours(folder: Folder, file: File) -> bool:
    return _is_database(folder, file) or _is_list(folder, file)


def _is_database(folder: Folder, file: File) -> bool:
    if not _DATABASE.fullmatch(file.name) or folder.head(file.locator, len(MAGIC)) != MAGIC:
        return False
    try:
        with folder.open_database(file.locator) as pages:
            return is_memos(pages)
    except OSError:
        return False


def _is_list(folder: Folder, file: File) -> bool:
    if not file.name.lower().endswith(".json"):
        return False
    head = folder.head(file.locator, HEAD_BYTES)
    return any(all(sign.search(head) for sign in signs) for signs in (_NEW, _OLD))


@dataclass
class _Reading:
    """One database or list."""

    folder: Folder
    file: File
    listing: Listing
    options: ReadOptions
    seen: Seen
    _writers: dict[str, str] = field(default_factory=dict)

    def items(self, skip: int) -> Iterator[Item]:
        is_list = self.file.name.lower().endswith(".json")
        count = 0
        try:
            for count, read in enumerate(self._of_list() if is_list else self._of_database(), 1):
                found = list(read())
                if count > skip:
                    yield from found
                    if count % ITEMS_PER_CHECKPOINT == 0:
                        yield after(self.file, count)
        except BrokenJson as error:
            detail = f"After {count:,} memos this list cannot be read any further: {error}."
            yield Problem(self.file.locator, "memos-broken", detail)
            return
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            detail = f"After {count:,} memos this cannot be read any further ({why}). Stop Memos, and copy it again."
            yield Problem(self.file.locator, "unreadable", detail)
            return
        if not count:
            yield Problem(self.file.locator, "empty", "There is no memo in it.")

    def _of_database(self) -> Iterator[partial[Iterator[Item]]]:
        with self.folder.open_database(self.file.locator) as pages:
            stored = stored_in(pages, self.file.locator)
            self._writers = _names(stored)
            for table in set(stored.broken) - {"memo"}:
                detail = f"Of its table {table} not all could be read. Stop Memos, and copy the database again."
                yield partial(iter, (Problem(f"{self.file.locator}#{table}", "memos-broken", detail),))
            for memo in memos_in(pages, stored):
                yield partial(self._memo, memo, f"{self.file.locator}#memo {memo.key}")
            for file in stored.loose:
                yield partial(self._loose, file, f"{self.file.locator}#file {file.key}")

    def _of_list(self) -> Iterator[partial[Iterator[Item]]]:
        letters = Letters(self.file.locator)
        for number, told in enumerate(json_items(self.folder, self.file.locator, self._prefix(), letters), 1):
            yield partial(self._memo, memo_of(loose.members(told)), f"{self.file.locator}#{number}")
        for problem in letters.told():
            yield partial(iter, (problem,))

    def _prefix(self) -> str:
        """Where the memos stand: in a list alone, in one of an answer, or one memo is all there is."""
        head = self.folder.head(self.file.locator, HEAD_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n")
        listed = _LISTED.match(head, 1) or _LISTED.search(head[: head.find(b'"content"')])
        if head.startswith(b"["):
            return "item"
        return f"{listed['name'].decode()}.item" if listed else ""

    def _memo(self, memo: Memo, where: str) -> Iterator[Item]:
        if memo.written is None or not memo.key:
            yield Problem(where, "memo-broken", "The memo has no id, or no date that can be read.")
            return
        if self.seen.number(memo.key) > 1:
            yield Problem(where, "twice", "The same memo came before in this import; it is kept once.")
            return
        media: list[MediaRef] = []
        for file in memo.files:
            yield from self._attach(media, file, where)
        note = read_text(memo.content)
        body = (note.rest if note.heading else note.body).strip("\n")
        if not (note.heading or body or media):
            yield Problem(where, "empty", "The memo holds neither words nor a file that is here.")
        elif len(body) > self.options.note_characters:
            fits = f"at most {self.options.note_characters:,} fit."
            yield Problem(where, "note-too-long", f"The memo has {len(body):,} characters; {fits}")
        else:
            told: dict[str, JSON] = {"visibility": memo.visibility, "pinned": memo.is_pinned}
            told |= {"reactions": list(memo.reactions), "links": [file.link for file in memo.files if file.link]}
            yield Draft(
                source_key=source_key(memo.key),
                kind=Kind.NOTE,
                title=note.heading,
                body=body,
                evidence=(TimeEvidence(basis=TimeBasis.SOURCE, instant=memo.written, origin="when it was written"),),
                place=memo.place,
                tags=tuple(dict.fromkeys((*memo.tags, *note.tags))),
                archived=memo.is_archived,
                media=tuple(media),
                collections=(self._collection(memo.writer),),
                relations=memo.relations,
                extra={name: value for name, value in told.items() if value},
                raw=memo.record,
            )

    def _loose(self, file: MemoFile, where: str) -> Iterator[Item]:
        """A file that was sent to Memos, and belongs to no memo."""
        media: list[MediaRef] = []
        yield from self._attach(media, file, where)
        if media and file.written is not None:
            yield Draft(
                source_key=source_key(f"file/{file.key}"),
                kind=Kind.NOTE,
                title=file.name,
                evidence=(TimeEvidence(basis=TimeBasis.SOURCE, instant=file.written, origin="when it was uploaded"),),
                media=tuple(media),
            )

    def _attach(self, media: list[MediaRef], file: MemoFile, where: str) -> Iterator[Problem]:
        """Put a file to the others of its memo; one that lies with another service is not looked for."""
        if file.link:
            return
        places = [file.stored] if file.stored else self._places(file)
        found = next((each for each in places if is_there(self.folder, each)), None)
        if found is None:
            detail = "The memo has this file, but it is not here. Choose the whole folder of Memos with its assets."
            yield Problem(f"{where}/{file.name}", "file-missing", detail)
        else:
            name = file.name or PurePosixPath(found).name
            media.append(MediaRef(locator=found, role=MediaRole.ATTACHMENT, position=len(media), name=name))

    def _places(self, file: MemoFile) -> list[str]:
        """Where a file may lie: where Memos put it, seen from the database, or anywhere below under the same name."""
        path = file.path.replace("\\", "/")
        named = self._files.get(PurePosixPath(path).name or file.name, ())
        others = sorted(named, key=lambda each: (file.key not in each, each))
        return [joined(self.listing.locator, path), *others] if path else others

    def _collection(self, writer: str) -> CollectionRef:
        """The memos of one user; whose are met first are simply the memos."""
        name = self._writers.setdefault(writer, f"Memos of {writer}" if self._writers else "Memos")
        return CollectionRef(key=f"user:{writer}", name=name, kind=CollectionKind.JOURNAL)

    @cached_property
    def _files(self) -> dict[str, list[str]]:
        """The locators of all files below the folder by their names."""
        found: dict[str, list[str]] = {}
        for listing in self.folder.walk(after=self.listing.locator):
            if isinstance(listing, Listing) and listing.locator.startswith(self.listing.locator):
                for file in listing.files:
                    found.setdefault(file.name, []).append(file.locator)
        return found


def _names(stored: Stored) -> dict[str, str]:
    """What the memos of each user are called."""
    if len(stored.names) <= 1:
        return dict.fromkeys(stored.names, "Memos")
    return {number: f"Memos of {name or number}" for number, name in stored.names.items()}
