"""TextBundles: folders of a text, its files, and what an app says of both; Bear's backups are zips of them.

Bear says when a note was written, and its id. Of what other apps pack in this way the name tells the title, and perhaps
a day. Format: http://textbundle.org/spec/, Bear's own fields as of Bear 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from timeline_local.domain.drafts import (
    JSON,
    CollectionKind,
    CollectionRef,
    Draft,
    MediaRef,
    Problem,
    RelationKind,
    RelationRef,
)
from timeline_local.domain.filenames import date_from_path
from timeline_local.domain.fingerprints import normalise_tag
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Checkpoint, Item, ReadOptions, Recognition
from timeline_local.importers.encodings import decode
from timeline_local.importers.files import file_date, source_key
from timeline_local.importers.note_text import read_text
from timeline_local.importers.seen import Seen
from timeline_local.importers.trees import joined

HEAD_BYTES = 16 * 1024
MAX_INFO_BYTES = 1024 * 1024
MAX_TEXT_BYTES = 16 * 1024 * 1024
ITEMS_PER_CHECKPOINT = 100
MOST_FILES = 1_000  # of one note

_INFO = "info.json"
_TEXT = re.compile(r"text\.(?:md|markdown|txt|mdown|mkd|fountain)", re.IGNORECASE)
_BEAR = "net.shinyfrog.bear"
_JOURNAL = CollectionRef(key="bear", name="Bear", kind=CollectionKind.JOURNAL)
_SIGNS = (b'"net.shinyfrog.bear', b'"net.daringfireball.markdown"', b'"transient"', b'"public.plain-text"')
_SUFFIX = re.compile(r"\.textbundle$", re.IGNORECASE)
_SETTINGS = re.compile(r"<!-- ?\{[^{}\n]{0,500}\} ?-->")  # how wide a picture is shown
_OF_BEAR_1 = re.compile(r"\[(?P<kind>image|file):(?P<path>[^\]\n]{1,500})\]")
# A tag of several words ends in a second sign: "#on the road#".
_WORDS = re.compile(r"(?:^|(?<=[\s(\[,;]))#(?P<tag>[^\W\d_][^#\n]{0,98}[^\s#])#(?!\w)", re.MULTILINE)
_CODE = re.compile(r"```.*?```|~~~.*?~~~|`[^`\n]*`", re.DOTALL)
_NOTE_LINK = re.compile(r"bear://x-callback-url/open-note\?(?:[^\s)\"&]*&)*?id=(?P<id>[0-9A-Za-z-]{8,80})")


@dataclass(frozen=True, slots=True)
class Bear:
    name: str = "bear"
    title: str = "Bear and TextBundles"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as what an app says of a text is found."""
        found = next((file for file in folder.sample() if _is_info(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There are no TextBundles in this folder.")
        return Recognition(0.9, f"It holds notes as TextBundles, {found.locator.rpartition('/')[0] or found.name}.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each bundle."""
        done = str(checkpoint.get("folder", "")) if isinstance(checkpoint, dict) else ""
        is_done, seen = bool(checkpoint), Seen()
        for count, bundle in enumerate(_bundles(folder), 1):
            # Those of a note that lay in the trash, too: they are no pictures of their own.
            options.claimed.update(file.locator for file in (bundle.info, bundle.text, *bundle.files.values()))
            found = list(_note(folder, bundle, options, seen))
            if not is_done:
                yield from found
                if count % ITEMS_PER_CHECKPOINT == 0:
                    yield Checkpoint({"folder": bundle.locator})
            is_done = is_done and bundle.locator != done


def _is_info(folder: Folder, file: File) -> bool:
    if file.name.lower() != _INFO:
        return False
    head = folder.head(file.locator, HEAD_BYTES)
    is_bundle = _SUFFIX.search(file.locator.rpartition("/")[0]) is not None
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and (is_bundle or any(sign in head for sign in _SIGNS))


@dataclass(slots=True)
class _Bundle:
    """files: those beside the text and below it, by their paths inside of the bundle."""

    locator: str
    info: File
    text: File
    files: dict[str, File] = field(default_factory=dict)

    def find(self, target: str) -> str:
        """The path of what the text shows: as it is written, else by its name; "" where it is not here."""
        if target in self.files:
            return target
        name = PurePosixPath(target).name.casefold()
        return next((path for path in self.files if PurePosixPath(path).name.casefold() == name), "")


def _bundles(folder: Folder) -> Iterator[_Bundle]:
    """Each bundle with its files: folders come before what lies in them."""
    bundle: _Bundle | None = None
    for listing in folder.walk():
        if not isinstance(listing, Listing):
            continue
        if bundle is not None and listing.locator.startswith(f"{bundle.locator}/" if bundle.locator else ""):
            inside = listing.locator[len(bundle.locator) :].lstrip("/")
            if not any(_is_info(folder, file) for file in listing.files):
                bundle.files.update((joined(inside, file.name), file) for file in listing.files)
                continue
        if bundle is not None:
            yield bundle
        bundle = _bundle(folder, listing)
    if bundle is not None:
        yield bundle


def _bundle(folder: Folder, listing: Listing) -> _Bundle | None:
    info = next((file for file in listing.files if _is_info(folder, file)), None)
    text = next((file for file in listing.files if _TEXT.fullmatch(file.name)), None)
    if info is None or text is None:
        return None
    others = {file.name: file for file in listing.files if file not in (info, text)}
    return _Bundle(listing.locator, info, text, others)


def _note(folder: Folder, bundle: _Bundle, options: ReadOptions, seen: Seen) -> Iterator[Draft | Problem]:
    try:
        text = decode(folder.read(bundle.text.locator, limit=MAX_TEXT_BYTES))
        info = loose.members(loose.document(folder.read(bundle.info.locator, limit=MAX_INFO_BYTES)))
    except OSError as error:
        why = (error.strerror or type(error).__name__).lower()
        yield Problem(bundle.text.locator, "unreadable", f"This note cannot be read ({why}).")
        return
    except ValueError:
        detail = "What its app says of this note is no JSON, or it is too large to be a note."
        yield Problem(bundle.info.locator, "note-broken", detail)
        return
    told = loose.members(info.get(_BEAR))
    if told.get("trashed") == 1:
        yield Problem(bundle.text.locator, "trashed-at-source", "It lay in the trash of Bear.")
    elif told.get("locked") == 1 and not text.strip():
        yield Problem(bundle.text.locator, "encrypted", "The note is locked in Bear. Unlock it, then back up again.")
    else:
        yield from _told_note(bundle, text, told, info, options, seen)


def _told_note(
    bundle: _Bundle,
    text: str,
    told: Mapping[str, Any],
    info: Mapping[str, Any],
    options: ReadOptions,
    seen: Seen,
) -> Iterator[Draft | Problem]:
    name = _SUFFIX.sub("", PurePosixPath(bundle.locator).name)
    identifier = loose.text(told.get("uniqueIdentifier"))
    if identifier and seen.number(identifier.upper()) > 1:
        yield Problem(bundle.text.locator, "twice", "The same note came before in this import; it is kept once.")
        return
    text = _markdown(text, bundle)
    note = read_text(text)
    media, missing = _media(bundle, note.embeds)
    for target in missing:
        yield Problem(
            f"{bundle.text.locator}#{target}", "file-missing", "The note shows this file, but it is not here."
        )
    body = (note.rest if note.heading else note.body).strip()
    links = (found["id"].upper() for found in _NOTE_LINK.finditer(text))
    if not (note.heading or body or media):
        yield Problem(bundle.text.locator, "empty", "The note is empty.")
    elif len(body) > options.note_characters:
        fits = f"at most {options.note_characters:,} fit."
        yield Problem(bundle.text.locator, "note-too-long", f"The note has {len(body):,} characters; {fits}")
    else:
        yield Draft(
            source_key=source_key(identifier.upper() or seen.unique(f"bundle/{name}")),
            kind=Kind.NOTE,
            title=note.heading or ("" if identifier else name),
            body=body,
            evidence=_evidence(bundle, name, told),
            tags=_tags(text),
            archived=told.get("archived") == 1,
            media=media,
            collections=(_JOURNAL,) if told else (),
            relations=tuple(
                RelationRef(kind=RelationKind.RELATED, source_key=each)
                for each in dict.fromkeys(links)
                if each != identifier.upper()
            ),
            extra={"pinned": True} if told.get("pinned") == 1 else {},
            raw=loose.record({"info": info, "text": text}),
        )


def _evidence(bundle: _Bundle, name: str, told: Mapping[str, Any]) -> tuple[TimeEvidence, ...]:
    """When it was written; else when it was changed, the day in its name, and when the file was."""
    found: list[TimeEvidence] = []
    for field_name, origin in (
        ("creationDate", "when Bear says it was written"),
        ("modificationDate", "last changed in Bear"),
    ):
        instant: datetime | None = loose.instant(told.get(field_name))
        if instant is not None:
            found.append(TimeEvidence(basis=TimeBasis.SOURCE, instant=instant, origin=origin))
    named = date_from_path(PurePosixPath(name)) if name and not found else None
    if named is not None:
        found.append(named.evidence())
    return (*found, file_date(bundle.text))


def _markdown(text: str, bundle: _Bundle) -> str:
    """The text with the files of Bear 1 as links, and without what says how wide a picture is shown."""

    def linked(found: re.Match[str]) -> str:
        path = bundle.find(found["path"])
        shown = "" if found["kind"] == "image" else PurePosixPath(path).name
        return f"{'!' * (found['kind'] == 'image')}[{shown}]({quote(path)})" if path else found[0]

    return _SETTINGS.sub("", _OF_BEAR_1.sub(linked, text))


def _media(bundle: _Bundle, shown: Sequence[str]) -> tuple[tuple[MediaRef, ...], list[str]]:
    """The files in the order in which the text shows them, then the others; and what is shown but not here."""
    paths = {target: bundle.find(target) for target in shown}
    ordered = dict.fromkeys([*filter(None, paths.values()), *bundle.files])
    media = tuple(
        MediaRef(
            locator=bundle.files[path].locator,
            role=MediaRole.ATTACHMENT,
            position=position,
            name=PurePosixPath(path).name,
        )
        for position, path in enumerate([*ordered][:MOST_FILES])
    )
    return media, [target for target, path in paths.items() if not path and target.startswith("assets/")]


def _tags(text: str) -> tuple[str, ...]:
    prose = _CODE.sub(" ", text)
    several = [found for found in _WORDS.finditer(prose) if " " in found["tag"]]
    single = read_text(_WORDS.sub(lambda found: " " if " " in found["tag"] else f"#{found['tag']}", prose)).tags
    return tuple(dict.fromkeys((*(normalise_tag(found["tag"]) for found in several), *single)))
