"""Google Keep, as Google Takeout exports it: a JSON file and an HTML page for each note, its pictures beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from timeline_local.domain.drafts import JSON, Draft, MediaRef, Problem
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing, natural_key
from timeline_local.importers.base import Checkpoint, Item, ReadOptions, Recognition
from timeline_local.importers.files import file_date, source_key
from timeline_local.importers.html_text import HEADINGS, Markdown, write_marked
from timeline_local.importers.html_tokens import read_html

HEAD_BYTES = 8 * 1024
_LABELS = "Labels.txt"  # all labels there are, one a line; each note says its own
MAX_NOTE_BYTES = 4 * 1024 * 1024
ITEMS_PER_CHECKPOINT = 100

_FIELDS = (b'"isPinned"', b'"isArchived"', b'"textContent"', b'"listContent"', b'"userEditedTimestampUsec"')
_STYLES = (("font-weight:700", "b"), ("font-style:italic", "i"), ("text-decoration:line-through", "s"))
_BRACKETS = str.maketrans({"[": r"\[", "]": r"\]", "\\": r"\\"})
_KEPT = ("color", "isPinned", "annotations", "sharees")


@dataclass(frozen=True, slots=True)
class GoogleKeep:
    name: str = "google_keep"
    title: str = "Google Keep"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one note is found."""
        found = next((file for file in folder.sample() if _is_note(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There are no notes of Google Keep in this folder.")
        return Recognition(0.95, f"It holds notes of Google Keep, {found.name} for one.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each note. The page of HTML that says the same is left out."""
        start = checkpoint if isinstance(checkpoint, dict) else {}
        after_folder, after_file = str(start.get("folder", "")), str(start.get("file", ""))
        for listing in folder.walk(after=after_folder):
            notes = [file for file in listing.files if _is_note(folder, file)] if isinstance(listing, Listing) else []
            if isinstance(listing, Problem) or not notes:
                continue
            here = _Here.of(listing)
            options.claimed.update(locator for file in notes for locator in here.pages_of(file))
            after = natural_key(after_file) if listing.locator == after_folder and after_file else ()
            for count, file in enumerate(notes, 1):
                if natural_key(file.name) <= after:
                    continue
                yield from _read_note(folder, file, here, options)
                if count % ITEMS_PER_CHECKPOINT == 0:
                    yield Checkpoint({"folder": listing.locator, "file": file.name})
            yield Checkpoint({"folder": listing.locator, "file": notes[-1].name})


def _is_note(folder: Folder, file: File) -> bool:
    if not file.name.lower().endswith(".json"):
        return False
    head = folder.head(file.locator, HEAD_BYTES)
    is_keeps = b'"isTrashed"' in head or b'"userEditedTimestampUsec"' in head
    return is_keeps and sum(name in head for name in _FIELDS) >= 2  # noqa: PLR2004 - the text may hide the rest


@dataclass(frozen=True, slots=True)
class _Here:
    """The files of one folder by name, and by name without extension: Keep writes .jpeg for what it calls .jpg."""

    names: Mapping[str, str]
    stems: Mapping[str, str]

    @classmethod
    def of(cls, listing: Listing) -> _Here:
        pictures = [file for file in listing.files if not file.name.lower().endswith((".json", ".html"))]
        return cls(
            {file.name: file.locator for file in listing.files},
            {PurePosixPath(file.name).stem: file.locator for file in pictures},
        )

    def pages_of(self, note: File) -> Iterator[str]:
        yield note.locator
        if _LABELS in self.names:
            yield self.names[_LABELS]
        page = self.names.get(PurePosixPath(note.name).with_suffix(".html").name)
        if page is not None:
            yield page

    def find(self, path: str) -> str | None:
        name = PurePosixPath(path).name
        return self.names.get(name) or self.stems.get(PurePosixPath(name).stem)


def _read_note(folder: Folder, file: File, here: _Here, options: ReadOptions) -> Iterator[Item]:
    try:
        data = folder.read(file.locator, limit=MAX_NOTE_BYTES)
        note = loose.document(data)
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        yield Problem(file.locator, "unreadable", f"This file cannot be read ({why}).")
        return
    except ValueError:
        yield Problem(file.locator, "note-broken", "This note is no JSON, or too large to be a note.")
        return
    if loose.members(note).get("isTrashed") is True:
        yield Problem(file.locator, "trashed-at-source", "It lay in the trash of Google Keep.")
        return
    yield from _note(file, loose.members(note), data, here, options)


def _note(file: File, note: Mapping[str, Any], data: bytes, here: _Here, options: ReadOptions) -> Iterator[Item]:
    found = [
        (loose.text(each.get("filePath")), each) for each in map(loose.members, loose.items(note.get("attachments")))
    ]
    media: list[MediaRef] = []
    for path, _ in found:
        locator = here.find(path)
        if locator is None:
            yield Problem(f"{file.locator}#{path}", "file-missing", "The note names this file, but it is not here.")
        else:
            name = locator.rpartition("/")[2]
            media.append(MediaRef(locator=locator, role=MediaRole.ATTACHMENT, position=len(media), name=name))
    title, body = " ".join(loose.text(note.get("title")).split()), _body(note)
    if not (title or body or media):
        yield Problem(file.locator, "empty", "The note is empty.")
    elif len(body) > options.note_characters:
        fits = f"at most {options.note_characters:,} fit. Split it, then export again."
        yield Problem(file.locator, "note-too-long", f"The note has {len(body):,} characters; {fits}")
    else:
        yield Draft(
            source_key=source_key(file.name),  # Keep names its files, wherever the export lies
            kind=Kind.NOTE,
            title=title,
            body=body,
            evidence=_evidence(file, note),
            tags=tuple(
                filter(None, (loose.text(loose.members(each).get("name")) for each in loose.items(note.get("labels"))))
            ),
            archived=note.get("isArchived") is True,
            media=tuple(media),
            extra={name: note[name] for name in _KEPT if note.get(name)},
            raw=data,
        )


def _named(value: object, name: str) -> tuple[str, ...]:
    """One text of each object in a list."""
    return loose.texts([loose.members(each).get(name) for each in loose.items(value)])


def _body(note: Mapping[str, Any]) -> str:
    """The text, or the list as Markdown tasks, and the links that were saved with it and do not stand in it."""
    listed = [loose.members(each) for each in loose.items(note.get("listContent"))]
    tasks = [f"- [{'x' if each.get('isChecked') is True else ' '}] {_words(each, 'text')}" for each in listed]
    body = "\n".join(filter(None, (_words(note, "textContent"), "\n".join(tasks))))
    return "\n\n".join(filter(None, (body, "\n".join(_links(note, body)))))


def _links(note: Mapping[str, Any], body: str) -> Iterator[str]:
    for said in map(loose.members, loose.items(note.get("annotations"))):
        url = loose.text(said.get("url"))
        if url and url.rstrip("/") not in body:
            title = " ".join(loose.text(said.get("title")).split()).translate(_BRACKETS)
            yield f"[{title}](<{url}>)" if title else f"<{url}>"


def _words(said: Mapping[str, Any], name: str) -> str:
    """The text as it is; as Markdown where Keep tells beside it, in HTML, that something is bold or the like."""
    markup = _Markup()
    read_html(loose.text(said.get(f"{name}Html")), markup)
    plain = loose.text(said.get(name))
    return markup.markdown.result() if markup.has_any or not plain else plain


@dataclass(slots=True)
class _Markup:
    """Keep's HTML, which has no tags for what is bold, but styles."""

    markdown: Markdown = field(default_factory=Markdown)
    has_any: bool = False
    styles: list[str] = field(default_factory=list)
    headings: int = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "span":
            self.styles.append(attributes.get("style", "").replace(" ", ""))
            return
        if tag in HEADINGS:
            self.headings += 1
            self.has_any = True
        self.markdown.start(tag, attributes)

    def end(self, tag: str) -> None:
        if tag == "span":
            if self.styles:
                self.styles.pop()
            return
        self.headings = max(self.headings - (tag in HEADINGS), 0)
        self.markdown.end(tag)

    def text(self, data: str) -> None:
        style = self.styles[-1] if self.styles else ""
        tags = [tag for said, tag in _STYLES if said in style] if data.strip() and not self.headings else []
        self.has_any = self.has_any or bool(tags)
        write_marked(self.markdown, data, tags)


def _evidence(file: File, note: Mapping[str, Any]) -> tuple[TimeEvidence, ...]:
    """When it was written; exports of before 2021 tell only when it was last edited."""
    told = (
        ("createdTimestampUsec", "when Keep says it was written"),
        ("userEditedTimestampUsec", "last edited in Keep"),
    )
    dated = (
        TimeEvidence(basis=TimeBasis.SOURCE, instant=instant, origin=origin)
        for name, origin in told
        if (instant := loose.instant_of_micros(note.get(name))) is not None
    )
    return (*dated, file_date(file))
