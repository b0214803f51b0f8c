"""Mastodon: the archive of an account, whose outbox.json lists what was posted in the words of ActivityPub.

Posts come with their files, mentions, tags and warnings; a boost is a bookmark, for the archive holds its address only;
what was addressed to nobody but some people is a message.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from timeline_local.domain.drafts import (
    JSON,
    Draft,
    MediaRef,
    PersonRef,
    PersonRole,
    Problem,
    RelationKind,
    RelationRef,
)
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.conversations import record
from timeline_local.importers.html_text import html_text
from timeline_local.importers.json_stream import BrokenJson, Letters, json_items

HEAD_BYTES = 16 * 1024
ITEMS_PER_CHECKPOINT = 200

_PUBLIC = frozenset({"https://www.w3.org/ns/activitystreams#Public", "as:Public", "Public"})
_LISTS = frozenset({"likes.json", "bookmarks.json"})
_PICTURES = frozenset({"avatar", "header"})
_HINT = "This is an archive of Mastodon without its posts. Choose the archive that holds outbox.json."


@dataclass(frozen=True, slots=True)
class Mastodon:
    name: str = "mastodon"
    title: str = "Mastodon"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one outbox with something in it is found."""
        sample = folder.sample()
        if any(_is_outbox(folder, file) for file in sample):
            return Recognition(0.95, "It holds the posts of an account of Mastodon.")
        others = any(_is_list(folder, file) for file in sample)
        return Recognition(0.0, "There is no archive of Mastodon here.", _HINT if others else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each post and boost, in the order of the archive; then what was left out."""
        for _, file, done in files_from(folder, _is_outbox, options, checkpoint):
            yield from _Outbox(folder, file, options).items(done)
        yield from _left_out(folder, options)


def _is_outbox(folder: Folder, file: File) -> bool:
    if not file.name.lower().endswith(".json"):
        return False
    head = folder.head(file.locator, HEAD_BYTES)
    return b"activitystreams" in head and b'"orderedItems"' in head and (b'"Create"' in head or b'"Announce"' in head)


def _is_list(folder: Folder, file: File) -> bool:
    """The addresses of posts of others."""
    return file.name.lower() in _LISTS and b'"orderedItems"' in folder.head(file.locator, HEAD_BYTES)


def _left_out(folder: Folder, options: ReadOptions) -> Iterator[Problem]:
    for listing in folder.walk():
        if isinstance(listing, Problem):
            continue
        is_archive = any(_is_outbox(folder, file) for file in listing.files)
        for file in listing.files:
            if is_archive and file.name.lower() == "actor.json":
                options.claimed.add(file.locator)
            elif is_archive and PurePosixPath(file.name).stem.lower() in _PICTURES:
                options.claimed.add(file.locator)
                yield Problem(file.locator, "unsupported", "It is a picture of your profile, not of a post.")
            elif _is_list(folder, file):
                options.claimed.add(file.locator)
                detail = "These are addresses of posts of others. The archive does not say when you kept them."
                yield Problem(file.locator, "no-time", detail)


@dataclass
class _Outbox:
    folder: Folder
    file: File
    options: ReadOptions

    def items(self, skip: int) -> Iterator[Item]:
        """Memory: one post, and the names of all media files."""
        count, letters = 0, Letters(self.file.locator)
        try:
            for count, told in enumerate(json_items(self.folder, self.file.locator, "orderedItems.item", letters), 1):
                if count <= skip:
                    continue
                yield from self._activity(loose.members(told), f"{self.file.locator}#{count}")
                if count % ITEMS_PER_CHECKPOINT == 0:
                    yield after(self.file, count)
        except BrokenJson as error:
            detail = f"After {count:,} posts this file cannot be read any further: {error}."
            yield Problem(self.file.locator, "archive-broken", detail)
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            yield Problem(self.file.locator, "unreadable", f"This file cannot be read ({why}).")
        yield from letters.told()

    def _activity(self, activity: Mapping[str, Any], where: str) -> Iterator[Item]:
        kind, shared = loose.text(activity.get("type")), activity.get("object")
        if kind == "Announce":
            yield self._boost(activity, where)
        elif kind == "Create" and isinstance(shared, dict):
            yield from self._post(activity, shared, where)
        else:
            detail = f"It is no post but something else ({kind[:40] or 'of no kind'})."
            yield Problem(where, "unsupported", detail)

    def _boost(self, activity: Mapping[str, Any], where: str) -> Item:
        shared = activity.get("object")
        target = loose.text(shared) or loose.text(loose.members(shared).get("id"))
        evidence = _evidence(activity.get("published"), "when it was boosted")
        if not target or not evidence:
            return Problem(where, "post-broken", "This boost names no post, or no time that can be read.")
        author = _handle_of(target)
        return Draft(
            source_key=loose.text(activity.get("id")) or f"boost:{target}",
            kind=Kind.BOOKMARK,
            title=f"Boosted {author}" if author else "Boosted a post",
            body=target,
            evidence=evidence,
            people=(PersonRef(name=author, kind="mastodon", value=author.lstrip("@"), role=PersonRole.AUTHOR),)
            if author
            else (),
            relations=(RelationRef(kind=RelationKind.QUOTE, source_key=target),),
            raw=record(activity),
        )

    def _post(self, activity: Mapping[str, Any], post: Mapping[str, Any], where: str) -> Iterator[Item]:
        key = loose.text(post.get("id")) or loose.text(activity.get("id"))
        evidence = _evidence(post.get("published") or activity.get("published"), "when it was posted")
        if not key or not evidence:
            yield Problem(where, "post-broken", "This post has no address, or no time that can be read.")
            return
        media, captions, lost = self._media(post, where)
        yield from lost
        body = _body(post)
        title = " ".join(loose.text(post.get("summary")).split())
        readers = _readers(activity, post)
        is_message = bool(readers) and not any(each in _PUBLIC or _is_crowd(each) for each in readers)
        extra: dict[str, JSON] = {"url": loose.text(post.get("url")) or key}
        if captions:
            extra["captions"] = captions
        if not (title or body or media):
            yield Problem(where, "empty", "This post holds neither words nor files that are here.")
        elif len(body) > self.options.note_characters:
            yield Problem(where, "note-too-long", f"The post has {len(body):,} characters.")
        else:
            answered = loose.text(post.get("inReplyTo"))
            yield Draft(
                source_key=key,
                kind=Kind.MESSAGE if is_message else Kind.POST,
                title=title,
                body=body,
                evidence=evidence,
                tags=tuple(dict.fromkeys(each.lstrip("#") for each in _named(post, "Hashtag"))),
                people=_people(post, is_message=is_message),
                media=media,
                relations=(RelationRef(kind=RelationKind.REPLY, source_key=answered),) if answered else (),
                extra=extra,
                raw=record(activity),
            )

    def _media(
        self, post: Mapping[str, Any], where: str
    ) -> tuple[tuple[MediaRef, ...], dict[str, JSON], list[Problem]]:
        """(files that are there, what they were described with, problems of those that are not)."""
        found: list[MediaRef] = []
        captions: dict[str, JSON] = {}
        lost: list[Problem] = []
        for told in map(loose.members, loose.items(post.get("attachment"))):
            path = unquote(_path_of(loose.text(told.get("url"))))
            name = path.rpartition("/")[2]
            if not name:
                continue
            locator = self._find(path)
            if locator is None:
                lost.append(Problem(f"{where}#{name}", "file-missing", "The post names this file, but it is not here."))
                continue
            found.append(MediaRef(locator=locator, role=MediaRole.ATTACHMENT, position=len(found), name=name))
            if caption := loose.text(told.get("name")):
                captions[name] = caption
        return tuple(found), captions, lost

    def _find(self, path: str) -> str | None:
        """A file of the archive: servers write longer or shorter paths, but each ends alike."""
        named = self._by_name.get(path.rpartition("/")[2], ())
        exact = [each for each in named if each.endswith(path.lstrip("/")) or path.endswith(each)]
        return next(iter(exact or named), None)

    @cached_property
    def _by_name(self) -> Mapping[str, list[str]]:
        home = self.file.locator.rpartition("/")[0]
        found: dict[str, list[str]] = {}
        for listing in self.folder.walk():
            if isinstance(listing, Listing) and listing.locator.startswith(home) and listing.locator != home:
                for file in listing.files:
                    found.setdefault(file.name, []).append(file.locator)
        return found


def _path_of(url: str) -> str:
    """The path of an address, "" for one that is none."""
    try:
        return urlsplit(url).path
    except ValueError:
        return ""


def _evidence(told: object, origin: str) -> tuple[TimeEvidence, ...]:
    at = loose.instant(told)
    return (TimeEvidence(basis=TimeBasis.SOURCE, instant=at, origin=origin),) if at is not None else ()


def _body(post: Mapping[str, Any]) -> str:
    """The text, and the choices of a poll as a list."""
    choices = [*loose.items(post.get("oneOf")), *loose.items(post.get("anyOf"))]
    named = [loose.text(loose.members(each).get("name")) for each in choices]
    poll = "\n".join(f"- {each}" for each in named if each)
    return "\n\n".join(filter(None, (html_text(loose.text(post.get("content"))), poll)))


def _readers(activity: Mapping[str, Any], post: Mapping[str, Any]) -> set[str]:
    found: set[str] = set()
    for told in (activity.get("to"), activity.get("cc"), post.get("to"), post.get("cc")):
        found.update(loose.texts(told) or filter(None, [loose.text(told)]))
    return found


def _is_crowd(address: str) -> bool:
    """Everybody who follows somebody."""
    return address.rstrip("/").endswith("/followers")


def _named(post: Mapping[str, Any], kind: str) -> Iterator[str]:
    for each in map(loose.members, loose.items(post.get("tag"))):
        name = loose.text(each.get("name"))
        if each.get("type") == kind and name:
            yield name


def _people(post: Mapping[str, Any], *, is_message: bool) -> tuple[PersonRef, ...]:
    role = PersonRole.RECIPIENT if is_message else PersonRole.MENTIONED
    handles = dict.fromkeys(each.lstrip("@") for each in _named(post, "Mention"))
    return tuple(PersonRef(name=f"@{each}", kind="mastodon", value=each, role=role) for each in handles if each)


def _handle_of(address: str) -> str:
    """@name@server out of https://server/users/name/statuses/1 or https://server/@name/1; "" for other addresses."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    steps = [step for step in parts.path.split("/") if step]
    if len(steps) > 1 and steps[0] == "users":
        return f"@{steps[1]}@{parts.netloc}"
    return f"{steps[0]}@{parts.netloc}" if steps and steps[0].startswith("@") and parts.netloc else ""
