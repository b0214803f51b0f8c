"""What somebody posted on Instagram: posts, stories, reels, videos and comments, in the export as JSON.

Since 2021 every kind has a list of its own, whose name says what it is; posts are a list without a name. Before, one
file named all pictures, by kind. Posts have no numbers: one is known by its kind and its second, and of several of one
second by which it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from timeline_local.domain.drafts import JSON, Draft, MediaRef, PersonRef, Problem
from timeline_local.domain.kinds import Kind
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions
from timeline_local.importers.by_file import after
from timeline_local.importers.conversations import Alike, is_twice, is_unreadable, record, too_long
from timeline_local.importers.json_stream import BrokenJson, Letters, json_items, json_parts
from timeline_local.importers.meta_chats import words
from timeline_local.importers.meta_posts import (
    HEAD_BYTES,
    ITEMS_PER_CHECKPOINT,
    Files,
    Pictures,
    evidence_at,
    is_bare,
)
from timeline_local.importers.seen import Seen

_POST, _COMMENT, _OLD, _OLD_COMMENT = "post", "comment", "old", "old comment"
# The names of the lists, and what is in them.
_LISTS = {
    "ig_stories": "story",
    "ig_reels_media": "reel",
    "ig_igtv_media": "video",
    "ig_archived_post_media": "archived post",
    "ig_other_media": "other",
    "ig_profile_picture": "profile picture",
    "ig_recently_deleted_media": "deleted",
    "comments_media_comments": _COMMENT,
    "comments_reels_comments": _COMMENT,
    "media_comments": _OLD_COMMENT,
}
_NAMED = re.compile(rb'^\{\s*"(?P<name>' + "|".join(_LISTS).encode() + rb')"\s*:\s*\[')
_POSTS = re.compile(rb'^\[\s*\{\s*"(?:media|title|creation_timestamp)"\s*:')
_COMMENTS = re.compile(rb'^\[\s*\{\s*"(?:media_list_data|string_map_data)"\s*:')
_COMMENT_NAME = re.compile(r"(?:post|reels)_comments(?:_\d+)?\.json", re.IGNORECASE)
_OLD_SIGNS = (b'"taken_at"', b'"path"', b'"caption"')
_OLD_PARTS = {"photos.item": "post", "videos.item": "post", "stories.item": "story", "profile.item": "profile picture"}


@dataclass(frozen=True, slots=True)
class _Form:
    what: str
    prefix: str


def form_of(folder: Folder, file: File) -> _Form | None:
    """What a file of posts is; None for any other file. Cost: its head."""
    if not file.name.lower().endswith(".json"):
        return None
    head = folder.head(file.locator, HEAD_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n")
    named = _NAMED.match(head)
    if named is not None:
        name = named["name"].decode()
        return _Form(_LISTS[name], f"{name}.item")
    if _POSTS.match(head) and all(each in head for each in (b'"uri"', b'"creation_timestamp"', b'"media"')):
        return _Form(_POST, "item")
    if _COMMENTS.match(head) and _COMMENT_NAME.fullmatch(file.name):
        return _Form(_COMMENT, "item")
    is_old = head.startswith(b"{") and all(each in head for each in _OLD_SIGNS)
    return _Form(_OLD, "") if is_old else None


@dataclass
class Posts:
    """Everything that was posted in a folder. Memory: one post at a time."""

    folder: Folder
    options: ReadOptions
    seen: Seen = field(default_factory=Seen)

    def __post_init__(self) -> None:
        self.files = Files(self.folder)

    def items(self, file: File, skip: int) -> Iterator[Item]:
        form = form_of(self.folder, file)
        if form is None:
            return
        letters, alike = Letters(file.locator), Seen()
        try:
            for count, (what, said) in enumerate(self._told(form, file, letters), 1):
                found = list(self._item(what, said, _Where(file, f"{file.locator}#{count}", alike)))
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

    def _told(self, form: _Form, file: File, letters: Letters) -> Iterator[tuple[str, object]]:
        """Each thing with what it is; the pictures of one old post together."""
        if form.what != _OLD:
            for said in json_items(self.folder, file.locator, form.prefix, letters):
                yield form.what, said
            return
        parts = ((_OLD_PARTS[part], loose.members(said)) for part, said in self._parts(file, letters))
        for (what, at, text), group in groupby(parts, key=_same_post):
            pictures = [{**said, "uri": said.get("path"), "title": ""} for _, said in group]
            yield what, {"media": pictures, "title": text, "taken_at": at}

    def _parts(self, file: File, letters: Letters) -> Iterable[tuple[str, Any]]:
        return json_parts(self.folder, file.locator, _OLD_PARTS, letters)

    def _item(self, what: str, said: object, at: _Where) -> Iterator[Item]:
        if what == "deleted":
            yield Problem(at.where, "trashed-at-source", "It was in the trash of Instagram.")
        elif what in {_COMMENT, _OLD_COMMENT}:
            yield from self._once(self._comment(said, at), at)
        else:
            yield from self._post(what, loose.members(said), at)

    def _post(self, what: str, said: Mapping[str, Any], at: _Where) -> Iterator[Item]:
        media = [loose.members(each) for each in loose.items(said.get("media"))] or [said]
        evidence = _evidence(said, media)
        if evidence is None:
            yield Problem(at.where, "no-time", "This post says no time that could be read.")
            return
        key = at.key(what, str(evidence.instant))
        pictures = Pictures.of(self.files, at.file, at.where)
        for each in media:
            pictures.add(each)
        if self.seen.number(key.key) > 1:
            yield is_twice(at.where)
            return
        yield from pictures.attached.problems
        captions = {name: text for name, text in pictures.captions.items() if text != words(said.get("title"))}
        body = words(said.get("title")) or "\n\n".join(dict.fromkeys(map(str, captions.values())))
        if not (body or pictures.attached.media):
            if not pictures.attached.problems:
                yield is_bare(at.where, "")
            return
        yield too_long(at.where, body, self.options) or _draft(what, said, body, evidence, pictures, key)

    def _comment(self, said: object, at: _Where) -> Draft | Problem:
        text, owner, evidence = _old_comment(said) if isinstance(said, list) else _new_comment(loose.members(said))
        if evidence is None or not text:
            return Problem(at.where, "empty", "This comment holds no words, or says no time that could be read.")
        key = at.key(_COMMENT, str(evidence.instant), text)
        people = (PersonRef(name=f"@{owner}", kind="instagram", value=owner),) if owner else ()
        return too_long(at.where, text, self.options) or Draft(
            source_key=key.key,
            kind=Kind.POST,
            title=f"Comment to @{owner}" if owner else "Comment",
            body=text,
            evidence=(evidence,),
            people=people,
            extra=key.extra,
            raw=record(said),
        )

    def _once(self, found: Draft | Problem, at: _Where) -> Iterator[Item]:
        if isinstance(found, Draft) and self.seen.number(found.source_key) > 1:
            yield is_twice(at.where)
        else:
            yield found


@dataclass(frozen=True, slots=True)
class _Where:
    """Where a thing stands. alike: those of its file that say the same."""

    file: File
    where: str
    alike: Seen

    def key(self, *said: str) -> Alike:
        return Alike.of(self.alike, *said)


def _draft(
    what: str, said: Mapping[str, Any], body: str, evidence: TimeEvidence, pictures: Pictures, key: Alike
) -> Draft:
    """A post; a profile picture, which says nothing else, is a picture."""
    files = tuple(pictures.attached.media)
    is_picture = what == "profile picture" and len(files) == 1
    told: dict[str, JSON] = {} if what in {_POST, "other"} else {"what": what}
    return Draft(
        source_key=key.key,
        kind=None if is_picture else Kind.POST,
        body=body,
        evidence=(evidence,),
        place=pictures.place,
        media=tuple(MediaRef(locator=each.locator, name=each.name) for each in files) if is_picture else files,
        extra=told | key.extra,
        raw=record(said),
    )


def _evidence(said: Mapping[str, Any], media: list[Mapping[str, Any]]) -> TimeEvidence | None:
    taken = said.get("taken_at")
    if isinstance(taken, str):
        return _at(taken)
    times = [said.get("creation_timestamp"), *(each.get("creation_timestamp") for each in media)]
    return next(filter(None, (evidence_at(each, "when it was posted") for each in times)), None)


def _at(text: str) -> TimeEvidence | None:
    """ISO 8601; in files of before 2019 without a zone, which is UTC."""
    try:
        at = datetime.fromisoformat(text.strip())
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return TimeEvidence(basis=TimeBasis.SOURCE, instant=at, origin="when it was posted")


def _same_post(part: tuple[str, Mapping[str, Any]]) -> tuple[str, str, str]:
    what, said = part
    return what, loose.text(said.get("taken_at")), words(said.get("caption"))


def _old_comment(said: list[Any]) -> tuple[str, str, TimeEvidence | None]:
    """[time, words, whose post]"""
    at, text, owner = (words(each) for each in [*said, "", "", ""][:3])
    return text, owner, _at(at)


def _new_comment(said: Mapping[str, Any]) -> tuple[str, str, TimeEvidence | None]:
    """Fields whose names are in the language of the account: the words come first, then whose post, then when."""
    told = {name: loose.members(each) for name, each in loose.members(said.get("string_map_data")).items()}
    values = [text for each in told.values() if (text := words(each.get("value")))]
    times = (evidence_at(each.get("timestamp"), "when it was written") for each in told.values())
    text = words(told.get("Comment", {}).get("value")) or next(iter(values), "")
    owner = words(told.get("Media Owner", {}).get("value")) or next((each for each in values if each != text), "")
    return text, owner if re.fullmatch(r"[\w.]{1,40}", owner) else "", next(filter(None, times), None)
