"""Facebook: what somebody posted, in the export as JSON or as web pages. Its chats are Messenger's.

Files are known by the name of their list, which outlived the folders: `posts/`, `photos_and_videos/`, and since 2023
`your_facebook_activity/`. Posts have no numbers; one is known by its second and its words. A picture that a post shows
and that lies in an album as well is one: the post stands in the album. Formats as of 2018 to 2025.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from timeline_local.domain.drafts import (
    JSON,
    CollectionRef,
    Draft,
    MediaRef,
    Problem,
)
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.conversations import Alike, is_twice, is_unreadable, record, too_long
from timeline_local.importers.facebook_posts import Told, event_of, media_in, visit_of
from timeline_local.importers.html_text import html_text
from timeline_local.importers.json_stream import BrokenJson, Letters, json_items
from timeline_local.importers.meta_chats import words
from timeline_local.importers.meta_page_posts import FACEBOOK, PagePosts, form_of_page
from timeline_local.importers.meta_posts import (
    HEAD_BYTES,
    ITEMS_PER_CHECKPOINT,
    Files,
    Pictures,
    evidence_at,
    is_bare,
    place_of_file,
    taken_at,
)
from timeline_local.importers.seen import Seen

MOST_PICTURES = 200_000  # in albums: their names are held
MOST_COMMENTS = 100


@dataclass(frozen=True, slots=True)
class _Form:
    """A kind of file. what: who reads it; prefix: where its things stand; signs: all are in its head.

    is_other  what is posted elsewhere than on one's own page: the sentence that says where is its title.
    """

    what: str
    prefix: str
    signs: tuple[re.Pattern[bytes], ...]
    is_other: bool = False


def _form(what: str, prefix: str, *signs: str, is_other: bool = False) -> _Form:
    return _Form(what, prefix, tuple(re.compile(sign.encode()) for sign in signs), is_other)


def _listed(what: str, name: str, *signs: str, is_other: bool = False) -> _Form:
    """An object with one list, as most files are."""
    return _form(what, f"{name}.item", rf'^\{{\s*"{name}"\s*:\s*\[', *signs, is_other=is_other)


_SECONDS = r'"timestamp"\s*:\s*-?\d{6,11}\b'
_FORMS = (
    _form("post", "item", r'^\[\s*\{\s*"(?:timestamp|attachments|data|title|tags)"\s*:', _SECONDS,
          r'"(?:attachments|data)"\s*:\s*\[', r'"(?:attachments|post|update_timestamp|backdated_timestamp)"\s*:'),
    _listed("post", "status_updates", _SECONDS),
    _listed("post", "archived_stories_v2", _SECONDS),
    _listed("post", "group_posts_v2", _SECONDS, is_other=True),
    _form("post", "group_posts.activity_log_data.item",
          r'^\{\s*"group_posts"\s*:\s*\{\s*"activity_log_data"', is_other=True),
    _form("post", "wall_posts_sent_to_you.activity_log_data.item",
          r'^\{\s*"wall_posts_sent_to_you"\s*:\s*\{\s*"activity_log_data"', is_other=True),
    _listed("post", "comments_v2", r'"comment"', _SECONDS, is_other=True),
    _listed("post", "comments", r'"comment"\s*:\s*\{', _SECONDS, is_other=True),
    _listed("post", "group_comments_v2", r'"comment"', _SECONDS, is_other=True),
    _listed("picture", "other_photos_v2", r'"uri"'),
    _listed("picture", "other_photos", r'"uri"'),
    _listed("picture", "videos_v2", r'"uri"'),
    _listed("picture", "videos", r'"uri"\s*:', r'"creation_timestamp"\s*:'),
    _form("album", "photos.item", r"^\{", r'"photos"\s*:\s*\[\s*\{\s*"uri"', r'"creation_timestamp"\s*:'),
    _listed("note", "notes_v2", r'"(?:created|updated)_timestamp"'),
    _listed("note", "notes", r'"(?:created|updated)_timestamp"'),
    _form("event", "event_responses_v2.events_joined.item", r'^\{\s*"event_responses_v2"\s*:'),
    _form("event", "event_responses.events_joined.item", r'^\{\s*"event_responses"\s*:'),
    _listed("event", "your_events_v2", r'"start_timestamp"'),
    _listed("event", "your_events", r'"start_timestamp"'),
)  # fmt: skip
_VISITS = re.compile(r"(?:check-?ins|places_you_have_been_tagged_in)\.json", re.IGNORECASE)
_VISIT, _VISIT_ALONE = _form("visit", "item"), _form("visit", "")  # one alone stands without its list


@dataclass(frozen=True, slots=True)
class Facebook:
    name: str = "facebook"
    title: str = "Facebook"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one file of posts, pictures, comments or events is found."""
        found = next((file for file in folder.sample() if _is_ours(folder, file)), None)
        if found is not None:
            return Recognition(0.9, f"It holds posts or pictures of Facebook, {found.locator} for one.")
        return Recognition(0.0, "There are no posts of Facebook in this folder.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each post, picture, comment, event and visit."""
        export, pages = _Export(folder, options), PagePosts(folder, options, FACEBOOK)
        for _, file, done in files_from(folder, _is_ours, options, checkpoint):
            yield from (pages if pages.has(folder, file) else export).items(file, done)


def _form_of(folder: Folder, file: File) -> _Form | None:
    if not file.name.lower().endswith(".json"):
        return None
    head = folder.head(file.locator, HEAD_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n")
    if head[:1] not in {b"{", b"["} or b'"sender_name"' in head:
        return None
    if _VISITS.fullmatch(file.name):
        return (_VISIT if head.startswith(b"[") else _VISIT_ALONE) if b'"label_values"' in head else None
    return next((form for form in _FORMS if all(sign.search(head) for sign in form.signs)), None)


def _is_ours(folder: Folder, file: File) -> bool:
    return _form_of(folder, file) is not None or bool(form_of_page(folder, file, FACEBOOK))


@dataclass
class _Export:
    """Everything of Facebook in a folder. Memory: one thing at a time, and the names of the pictures in albums."""

    folder: Folder
    options: ReadOptions
    seen: Seen = field(default_factory=Seen)

    def __post_init__(self) -> None:
        self.files = Files(self.folder)

    def items(self, file: File, skip: int) -> Iterator[Item]:
        form = _form_of(self.folder, file)
        if form is None:
            return
        letters, alike = Letters(file.locator), Seen()
        try:
            if form.what == "album" and not skip:
                yield from self._about_album(file)
            for count, said in enumerate(json_items(self.folder, file.locator, form.prefix, letters), 1):
                where = f"{file.locator}#{count}"
                found = list(self._read(form, loose.members(said), _Where(file, where, alike)))
                if count > skip:
                    yield from found
                    if count % ITEMS_PER_CHECKPOINT == 0:
                        yield after(file, count)
        except BrokenJson as error:
            detail = f"This file cannot be read to its end: {error}. Everything before that place is here."
            yield Problem(file.locator, "export-broken", detail)
        except OSError as error:
            yield is_unreadable(file, error)
        yield from letters.told()

    def _read(self, form: _Form, said: Mapping[str, Any], at: _Where) -> Iterator[Item]:
        if form.what == "post":
            yield from self._post(said, at, is_other=form.is_other)
        elif form.what in {"picture", "album"}:
            yield from self._picture(said, at)
        elif form.what == "event":
            yield from self._once(event_of(said, at.alike, at.where), at)
        elif form.what == "note":
            yield from self._once(self._note(said, at), at)
        else:
            yield from self._once(visit_of(said, at.alike, at.where), at)

    def _post(self, said: Mapping[str, Any], at: _Where, *, is_other: bool) -> Iterator[Item]:
        told = Told.of(said, Pictures.of(self.files, at.file, at.where))
        evidence = told.evidence
        key = at.key("comment" if told.is_comment else "post", str(said.get("timestamp")), told.text)
        if self.seen.number(key.key) > 1:
            yield is_twice(at.where)
            return
        if evidence is None:
            yield Problem(at.where, "no-time", "This post says no time that could be read.")
            return
        yield from told.pictures.attached.problems
        body = told.body
        media = tuple(told.pictures.attached.media)
        if not (body or media or told.place or told.name):
            if not told.pictures.attached.problems:
                yield is_bare(at.where, told.sentence)
            return
        problem = too_long(at.where, body, self.options)
        if problem is not None:
            yield problem
            return
        has_heading = is_other or not body
        extra = told.extra | ({} if has_heading or not told.sentence else {"heading": told.sentence})
        yield Draft(
            source_key=key.key,
            kind=Kind.POST,
            title=told.name or (told.sentence if has_heading else ""),
            body=body,
            evidence=(evidence,),
            place=told.place or told.pictures.place,
            people=told.people,
            media=media,
            collections=self._albums_of(told.pictures.uris),
            extra=extra | key.extra,
            raw=record(said),
        )

    def _picture(self, said: Mapping[str, Any], at: _Where) -> Iterator[Item]:
        """A picture of an album, or one of none. Those that posts show were told with them."""
        uri = words(said.get("uri"))
        if not uri or _tail(uri) in self._shown:
            return
        pictures = Pictures.of(self.files, at.file, at.where)
        pictures.add(said)
        yield from pictures.attached.problems
        if not pictures.attached.media:
            return
        name = PurePosixPath(uri).name
        if self.seen.number(f"picture:{_tail(uri)}") > 1:
            yield Problem(at.where, "twice", "The same picture came before in this export; it is kept once.")
            return
        yield Draft(
            source_key=f"picture:{_tail(uri)}",
            body=words(said.get("description")),
            evidence=_when(said),
            place=place_of_file(said),
            media=tuple(MediaRef(locator=each.locator, name=name) for each in pictures.attached.media),
            collections=self._albums_of([uri]),
            extra=_comments(said),
            raw=record(said),
        )  # fmt: skip

    def _note(self, said: Mapping[str, Any], at: _Where) -> Draft | Problem:
        evidence = evidence_at(said.get("created_timestamp") or said.get("updated_timestamp"), "when it was written")
        pictures = Pictures.of(self.files, at.file, at.where)
        for each in [said.get("cover_photo"), *loose.items(said.get("media"))]:
            pictures.add(loose.members(each))
        text = words(said.get("text"))
        body = html_text(text) if "<" in text else text
        title, media = words(said.get("title")), tuple(pictures.attached.media)
        if evidence is None or not (body or title or media):
            return Problem(at.where, "empty", "This note holds neither words nor a file, or says no time.")
        return too_long(at.where, body, self.options) or Draft(
            source_key=at.key("note", str(evidence.instant), title).key,
            kind=Kind.NOTE,
            title=title,
            body=body,
            evidence=(evidence,),
            media=media,
            raw=record(said),
        )

    def _once(self, found: Draft | Problem, at: _Where) -> Iterator[Item]:
        if isinstance(found, Draft) and self.seen.number(found.source_key) > 1:
            yield is_twice(at.where)
        else:
            yield found

    def _about_album(self, file: File) -> Iterator[Item]:
        """What is written of an album itself, as a note in it."""
        name, text = self._text(file, "name"), self._text(file, "description")
        at = evidence_at(self._value(file, "last_modified_timestamp"), "when the album was last changed")
        if text and at is not None:
            yield Draft(
                source_key=f"album:{name}", kind=Kind.NOTE, title=name, body=text, evidence=(at,),
                collections=(_album(name),),
            )  # fmt: skip

    def _albums_of(self, uris: list[str]) -> tuple[CollectionRef, ...]:
        names = dict.fromkeys(self._albums[tail] for uri in uris if (tail := _tail(uri)) in self._albums)
        return tuple(_album(name) for name in names)

    @cached_property
    def _albums(self) -> Mapping[str, str]:
        """The album of each picture."""
        found: dict[str, str] = {}
        for file in self._of("album"):
            name = self._text(file, "name")
            for said in self._values(file, "photos.item"):
                if name and len(found) < MOST_PICTURES:
                    found.setdefault(_tail(words(loose.members(said).get("uri"))), name)
        return found

    @cached_property
    def _shown(self) -> frozenset[str]:
        """The pictures that posts show. Cost: every post is read once more."""
        found: set[str] = set()
        for file in self._of("post"):
            form = _form_of(self.folder, file)
            for said in self._values(file, form.prefix if form else "item"):
                uris = [words(each.get("uri")) for each in media_in(loose.members(said))]
                found.update(_tail(uri) for uri in uris if self._is_here(file, uri))
                if len(found) > MOST_PICTURES:
                    return frozenset(found)
        return frozenset(found)

    def _is_here(self, file: File, uri: str) -> bool:
        return bool(uri) and bool(self.files.locate(file.locator.rpartition("/")[0], uri))

    def _of(self, what: str) -> Iterator[File]:
        for listing in self.folder.walk():
            for file in listing.files if isinstance(listing, Listing) else ():
                form = _form_of(self.folder, file)
                if form is not None and form.what == what:
                    yield file

    def _values(self, file: File, prefix: str) -> Iterator[Any]:
        """Up to where the file breaks, which is told by whoever reads it."""
        try:
            yield from json_items(self.folder, file.locator, prefix)
        except (BrokenJson, OSError):
            return

    def _value(self, file: File, name: str) -> object:
        return next(self._values(file, name), None)

    def _text(self, file: File, name: str) -> str:
        return words(self._value(file, name))


@dataclass(frozen=True, slots=True)
class _Where:
    """Where a thing stands. alike: those of its file that say the same."""

    file: File
    where: str
    alike: Seen

    def key(self, *said: str) -> Alike:
        return Alike.of(self.alike, *said)


def _when(said: Mapping[str, Any]) -> tuple[TimeEvidence, ...]:
    """When a picture was taken, as its own record said before it was taken out, and when it was added."""
    taken, added = taken_at(said), evidence_at(said.get("creation_timestamp"), "when it was added to Facebook")
    record_of_it = TimeEvidence(basis=TimeBasis.SIDECAR, instant=taken, origin="Facebook's record of the picture")
    return (*((record_of_it,) if taken else ()), *((added,) if added else ()))


def _tail(uri: str) -> str:
    """The last two steps of a path: exports of different years begin differently."""
    return "/".join(PurePosixPath(uri).parts[-2:])


def _album(name: str) -> CollectionRef:
    return CollectionRef(key=f"album:{name}", name=name)


def _comments(said: Mapping[str, Any]) -> dict[str, JSON]:
    told: list[JSON] = [
        {"by": words(each.get("author")), "text": text}
        for each in map(loose.members, loose.items(said.get("comments"))[:MOST_COMMENTS])
        if (text := words(each.get("comment")))
    ]
    return {"comments": told} if told else {}
