"""X, formerly Twitter: the archive of an account, JavaScript files that each give a name to one JSON.

Posts are taken with their pictures and films, links as they were before they were shortened, replies, and what was
reposted; and so are messages. What the archive holds besides is told, not taken: likes have no date. Archives before
2019 have a file for each month, and the same posts once more as a table, which is read where it came alone.
"""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from timeline_local.domain.drafts import (
    JSON,
    Draft,
    MediaRef,
    PersonRef,
    PersonRole,
    PlaceRef,
    Problem,
    RelationKind,
    RelationRef,
)
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.times import Precision, TimeBasis, TimeEvidence
from timeline_local.importers import loose, x_messages, x_tables
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.conversations import is_there, record
from timeline_local.importers.encodings import CHUNK_BYTES, piece
from timeline_local.importers.json_stream import BrokenJson, Letters, json_items, json_parts
from timeline_local.importers.streams import Changed

HEAD_BYTES = 1024
ITEMS_PER_CHECKPOINT = 200
MAX_LONG_POSTS = 100_000

# Of what somebody made plain JSON of.
_PLAIN = re.compile(rb'\s*\[\s*\{\s*"(?P<what>tweet|dmConversation)"\s*:')
_NAMED = re.compile(
    rb"(?:window\.YTD\.(?P<what>\w+)\.part\d+|Grailbird\.data\.(?P<month>tweets)_\w+"
    rb"|var (?P<about>tweet_index|user_details|payload_details))\s*="
)
_POSTS = frozenset({b"tweet", b"tweets", b"community_tweet"})
_LONG = frozenset({b"note_tweet"})
_LEFT_OUT: Mapping[bytes, tuple[str, str]] = {
    b"like": ("no-time", "These are posts of others that you liked. The archive does not say when."),
    b"deleted_tweets": ("trashed-at-source", "These are posts that you deleted."),
}
_MEDIA_FOLDERS = frozenset({"tweets_media", "tweet_media", "community_tweet_media"})
_MEDIA_HOMES = _MEDIA_FOLDERS | x_messages.MEDIA_FOLDERS
MAX_NAMES = 100_000
_REPOST = re.compile(r"RT @(?P<user>\w{1,20}): (?P<text>.*)", re.DOTALL)
_CREATED = ("%a %b %d %H:%M:%S %z %Y", "%Y-%m-%d %H:%M:%S %z")
_FIRST = datetime(2006, 3, 21, tzinfo=UTC)  # the first post there was
_NUMBERED_FROM = datetime(2010, 11, 4, 1, 42, 54, 657_000, tzinfo=UTC)  # ids tell their time from then on
_FIRST_TIMED_ID = 29_700_859_247
_SERVICE = "x"
_HINT = "This is a part of an archive of X without its posts. Choose the whole archive, which holds data/tweets.js."


@dataclass(frozen=True, slots=True)
class XArchive:
    name: str = "x_archive"
    title: str = "X (Twitter)"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one file of posts is found; its name changed over the years."""
        sample = [file for file in folder.sample() if file.name.lower().endswith((".js", ".json", ".csv"))]
        if any(_is_read(folder, file) for file in sample):
            return Recognition(0.95, "It holds the posts of an account of X, or its messages.")
        has_parts = any(_what(folder, file) for file in sample)
        return Recognition(0.0, "There is no archive of X here.", _HINT if has_parts else "")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each post and message, in the order of the archive; then what was left out."""
        archive = _Archive(folder, options)
        for _, file, done in files_from(folder, _is_read, options, checkpoint):
            yield from archive.posts(file, done) if _is_posts(folder, file) else archive.messages(file, done)
        yield from archive.left_out()


def _what(folder: Folder, file: File) -> bytes:
    """What a file of an archive gives a name to: b"tweets"; b"" for any other file."""
    name = file.name.lower()
    if name.endswith(".csv"):
        return b"tweets" if x_tables.is_table(folder.head(file.locator, HEAD_BYTES)) else b""
    if not name.endswith((".js", ".json")):
        return b""
    head = folder.head(file.locator, HEAD_BYTES).lstrip(b"\xef\xbb\xbf \r\n")
    if name.endswith(".json"):
        plain = _PLAIN.match(head)
        return b"" if plain is None else b"tweets" if plain["what"] == b"tweet" else b"direct_messages"
    match = _NAMED.match(head)
    return b"" if match is None else (match["what"] or match["month"] or match["about"]).lower()


def _is_posts(folder: Folder, file: File) -> bool:
    return _what(folder, file) in _POSTS


def _is_read(folder: Folder, file: File) -> bool:
    return _what(folder, file) in _POSTS | x_messages.FILES and not _is_told_by_months(folder, file)


def _is_told_by_months(folder: Folder, file: File) -> bool:
    """A table beside whose months lie, which tell the same and more."""
    home = file.locator.rpartition("/")[0]
    return _is_table(file) and is_there(folder, f"{home}/data/js/tweet_index.js".lstrip("/"))


def _is_table(file: File) -> bool:
    return file.name.lower().endswith(".csv")


@dataclass(frozen=True, slots=True)
class _Assigned:
    """Opens a file behind the "=" with which it begins, and without the ";" with which some end."""

    folder: Folder

    def open_text(self, locator: str) -> BinaryIO:
        opened = self.folder.open_text(locator)
        if locator.lower().endswith(".json"):
            return opened
        try:
            for _ in range(HEAD_BYTES):
                if opened.read(1) in {b"=", b""}:
                    break
        except BaseException:
            opened.close()
            raise
        return cast("BinaryIO", io.BufferedReader(_Statement(opened)))


class _Statement(Changed):
    """A file without the semicolon at its end."""

    _held = b""  # what may be the end

    def following(self) -> bytes:
        found = b""
        while not found:
            chunk = piece(self._file, CHUNK_BYTES)
            if not chunk:
                return b""
            data = self._held + chunk
            found = data.rstrip(b"; \t\r\n")
            self._held = data[len(found) :]
        return found


@dataclass
class _Archive:
    folder: Folder
    options: ReadOptions
    used: set[str] = field(default_factory=set)

    def posts(self, file: File, skip: int) -> Iterator[Item]:
        """Memory: one post, and the names of all media files."""
        letters = Letters(file.locator)
        told = self._told(file, letters)
        found = (
            self._post(loose.members(post), f"{file.locator}#{count}") if count > skip else ()
            for count, post in enumerate(told, 1)
        )
        yield from self._read(file, skip, found, letters)

    def _told(self, file: File, letters: Letters) -> Iterator[Any]:
        if _is_table(file):
            return x_tables.posts_of_table(self.folder, file.locator)
        return json_items(_Assigned(self.folder), file.locator, "item", letters)

    def messages(self, file: File, skip: int) -> Iterator[Item]:
        """Memory: one message, and the names of all media files and accounts."""
        letters = Letters(file.locator)
        told = json_parts(_Assigned(self.folder), file.locator, x_messages.PARTS, letters)
        yield from self._read(file, skip, self._messages(told, file), letters)

    def _messages(self, told: Iterator[tuple[str, Any]], file: File) -> Iterator[Iterable[Item]]:
        talk, count = x_messages.Conversation("", self._accounts), 0
        for part, value in told:
            if x_messages.PARTS[part] == "conversation":
                talk = x_messages.Conversation(loose.text(value), self._accounts)
                continue
            count += 1
            item = talk.read(loose.members(value), self._media_of, self.options, f"{file.locator}#{count}")
            if isinstance(item, Draft):
                self.options.claimed.update(each.locator for each in item.media)
            yield (item,)

    def _read(self, file: File, skip: int, found: Iterable[Iterable[Item]], letters: Letters) -> Iterator[Item]:
        count = 0
        try:
            for count, items in enumerate(found, 1):
                if count <= skip:
                    continue
                yield from items
                if count % ITEMS_PER_CHECKPOINT == 0:
                    yield after(file, count)
        except BrokenJson as error:
            detail = f"After {count:,} entries this file cannot be read any further: {error}."
            yield Problem(file.locator, "archive-broken", detail)
        except OSError as error:
            why = (error.strerror or type(error).__name__).lower()
            yield Problem(file.locator, "unreadable", f"This file cannot be read ({why}).")
        yield from letters.told()

    def left_out(self) -> Iterator[Problem]:
        """What the archive holds besides posts. Its files are no other source's."""
        for listing in self.folder.walk():
            if isinstance(listing, Problem):
                continue
            for file in listing.files:
                what = _what(self.folder, file)
                if what and not _is_read(self.folder, file):
                    self.options.claimed.add(file.locator)
                if what in _LEFT_OUT and not _is_empty(self.folder, file):
                    yield Problem(file.locator, *_LEFT_OUT[what])
            if listing.locator in self._media_homes:
                rest = [file.locator for file in listing.files if not self.options.is_claimed(file.locator)]
                self.options.claimed.update(rest)
                if rest:
                    detail = f"Files of this folder that belong to no post that was taken: {len(rest):,}."
                    yield Problem(listing.locator, "unsupported", detail)

    def _post(self, told: Mapping[str, Any], where: str) -> Iterator[Item]:
        post = loose.members(told.get("tweet")) or told
        number = loose.text(post.get("id_str")) or loose.text(post.get("id"))
        text = loose.text(post.get("full_text")) or loose.text(post.get("text"))
        at = _when(post, number)
        if not number.isdecimal() or at is None:
            yield Problem(where, "post-broken", "This post has no number, or no time that can be read.")
            return
        repost = _REPOST.fullmatch(text)
        whole = loose.members(post.get("retweeted_status"))  # whose text is not cut off
        shared = loose.text(whole.get("full_text")) or loose.text(whole.get("text"))
        media = self._media(number)
        self.options.claimed.update(each.locator for each in media)
        if repost and shared:
            body = self._text(whole, shared, at, has_media=bool(media))
        else:
            body = self._text(post, repost["text"] if repost else text, at, has_media=bool(media))
        if not (body or media):
            yield Problem(where, "empty", "This post holds neither words nor files that are here.")
        elif len(body) > self.options.note_characters:
            yield Problem(where, "note-too-long", f"The post has {len(body):,} characters.")
        else:
            yield Draft(
                source_key=number,
                kind=Kind.BOOKMARK if repost else Kind.POST,
                title=f"Reposted @{repost['user']}" if repost else "",
                body=body,
                evidence=(_evidence(at, number),),
                place=_place(post),
                tags=_tags(post) if not repost else (),
                people=_people(post, repost["user"] if repost else ""),
                media=media,
                relations=_relations(post),
                # Counts of likes change from archive to archive: a post would be another one each time.
                extra={"url": f"https://x.com/i/web/status/{number}"},
                raw=record(told),
            )

    def _text(self, post: Mapping[str, Any], text: str, at: datetime, *, has_media: bool) -> str:
        """Links as they were, names of characters as characters, without the links to files that are here."""
        whole = self._long_posts.get((int(at.timestamp()), _beginning(text)))
        text = whole or text
        entities = loose.members(post.get("entities"))
        for each in map(loose.members, loose.items(entities.get("urls"))):
            short, target = loose.text(each.get("url")), loose.text(each.get("expanded_url"))
            if short and target:
                text = text.replace(short, target)
        for each in map(loose.members, loose.items(entities.get("media"))):
            short = loose.text(each.get("url"))
            if short and has_media:
                text = text.replace(short, "")
        return html.unescape(text).strip()

    def _media(self, number: str) -> tuple[MediaRef, ...]:
        return tuple(
            MediaRef(locator=locator, role=MediaRole.ATTACHMENT, position=position, name=locator.rpartition("/")[2])
            for position, locator in enumerate(self._files.get(number, ()))
        )

    @cached_property
    def _media_of(self) -> Mapping[str, tuple[MediaRef, ...]]:
        return {number: self._media(number) for number in self._files}

    @cached_property
    def _accounts(self) -> x_messages.Accounts:
        """Whose archive it is, and whom its posts name. Cost: every post is read once more."""
        own, known = "", dict[str, PersonRef]()
        for listing in self.folder.walk():
            for file in listing.files if isinstance(listing, Listing) else ():
                what = _what(self.folder, file)
                for told in self._values(file) if what in _POSTS | {b"account"} and not _is_table(file) else ():
                    if what == b"account":
                        account = loose.members(told.get("account"))
                        own = loose.text(account.get("accountId")) or own
                        named = {"screen_name": account.get("username"), "name": account.get("accountDisplayName")}
                        known.update(filter(None, [x_messages.known_of(named, own)]))
                    elif len(known) < MAX_NAMES:
                        known.update(_named(loose.members(told.get("tweet")) or told))
        return x_messages.Accounts(own, known)

    def _values(self, file: File) -> Iterator[Mapping[str, Any]]:
        """The values of a file up to where it breaks, which is told by whoever reads it."""
        with suppress(BrokenJson, OSError):
            yield from map(loose.members, json_items(_Assigned(self.folder), file.locator, "item"))

    @cached_property
    def _files(self) -> Mapping[str, list[str]]:
        """The media of each post: their names begin with its number."""
        found: dict[str, list[str]] = {}
        for listing in self.folder.walk():
            if isinstance(listing, Listing) and PurePosixPath(listing.locator).name in _MEDIA_HOMES:
                for file in listing.files:
                    found.setdefault(file.name.partition("-")[0], []).append(file.locator)
        return found

    @cached_property
    def _media_homes(self) -> frozenset[str]:
        """The folders of media beside the posts: those of messages, profiles and deleted posts, too."""
        homes = {
            listing.locator
            for listing in self.folder.walk()
            if isinstance(listing, Listing) and any(_is_read(self.folder, file) for file in listing.files)
        }
        return frozenset(
            listing.locator
            for listing in self.folder.walk()
            if isinstance(listing, Listing)
            and listing.locator.rpartition("/")[0] in homes
            and listing.locator.endswith("_media")
        )

    @cached_property
    def _long_posts(self) -> Mapping[tuple[int, str], str]:
        """The whole text of posts that are longer than 280 characters, by their second and how they begin."""
        found: dict[tuple[int, str], str] = {}
        for listing in self.folder.walk():
            for file in listing.files if isinstance(listing, Listing) else ():
                if _what(self.folder, file) in _LONG:
                    found.update(self._long_of(file, MAX_LONG_POSTS - len(found)))
        return found

    def _long_of(self, file: File, most: int) -> Iterator[tuple[tuple[int, str], str]]:
        try:
            for count, told in enumerate(json_items(_Assigned(self.folder), file.locator, "item"), 1):
                note = loose.members(loose.members(told).get("noteTweet"))
                core = loose.members(note.get("core"))
                at, text = loose.instant(note.get("createdAt")), loose.text(core.get("text"))
                for each in map(loose.members, loose.items(core.get("urls"))):
                    short, target = loose.text(each.get("shortUrl")), loose.text(each.get("expandedUrl"))
                    text = text.replace(short, target) if short and target else text
                if at is not None and text:
                    yield (int(at.timestamp()), _beginning(text)), text
                if count >= most:
                    return
        except (BrokenJson, OSError):
            return


def _beginning(text: str) -> str:
    """What a long post and its short form have in common."""
    return html.unescape(text)[:40]


def _is_empty(folder: Folder, file: File) -> bool:
    head = folder.head(file.locator, HEAD_BYTES)
    return head.partition(b"=")[2].strip() in {b"[]", b"[ ]", b""}


def _when(post: Mapping[str, Any], number: str) -> datetime | None:
    """What it says, else what its number tells: some rows carry years in which there was no such service."""
    said = _said(loose.text(post.get("created_at")))
    is_timed = number.isdecimal() and len(number) < 20 and int(number) >= _FIRST_TIMED_ID  # noqa: PLR2004 - 64 bits
    counted = _NUMBERED_FROM + timedelta(milliseconds=int(number) >> 22) if is_timed else None
    if said is None or said < _FIRST:
        return counted
    is_day = said.time() == time() and counted is not None and counted.date() == said.date()
    return counted if is_day and counted is not None and counted - said >= timedelta(seconds=1) else said


def _said(text: str) -> datetime | None:
    for form in _CREATED:
        with suppress(ValueError, OverflowError):
            return datetime.strptime(text, form).astimezone(UTC)
    return loose.instant(text)


def _evidence(at: datetime, number: str) -> TimeEvidence:
    """Archives of 2013 to 2018 lack the time of day of what was posted before November 2010."""
    origin = "when it was posted"
    if at.time() == time() and int(number) < _FIRST_TIMED_ID:
        day = at.replace(tzinfo=None)
        return TimeEvidence(basis=TimeBasis.SOURCE, local_at=day, precision=Precision.DAY, origin=origin)
    return TimeEvidence(basis=TimeBasis.SOURCE, instant=at, origin=origin)


def _place(post: Mapping[str, Any]) -> PlaceRef | None:
    """GeoJSON puts the longitude first; `geo`, which alone is in old archives, the latitude."""
    told = loose.items(loose.members(post.get("coordinates")).get("coordinates"))
    told = told or loose.items(loose.members(post.get("geo")).get("coordinates"))[::-1]
    lon, lat = told if len(told) == 2 else (None, None)  # noqa: PLR2004 - a point
    found_lat, found_lon = loose.coordinates(lat, lon)
    name = loose.text(loose.members(post.get("place")).get("full_name"))
    return loose.place_or_none(PlaceRef(lat=found_lat, lon=found_lon, name=name))


def _tags(post: Mapping[str, Any]) -> tuple[str, ...]:
    entities = loose.members(post.get("entities"))
    named = (loose.text(loose.members(each).get("text")) for each in loose.items(entities.get("hashtags")))
    return tuple(dict.fromkeys(filter(None, named)))


def _people(post: Mapping[str, Any], author: str) -> tuple[PersonRef, ...]:
    """Who is named in it; whose it is, if it was reposted."""
    found: dict[str, PersonRef] = {}
    if author:
        found[author.casefold()] = PersonRef(name=author, kind=_SERVICE, value=author, role=PersonRole.AUTHOR)
    entities = loose.members(post.get("entities"))
    for each in map(loose.members, loose.items(entities.get("user_mentions"))):
        handle = loose.text(each.get("screen_name"))
        if handle:
            name = loose.text(each.get("name")) or handle
            found.setdefault(handle.casefold(), PersonRef(name=name, kind=_SERVICE, value=handle))
    return tuple(found.values())


def _named(post: Mapping[str, Any]) -> Iterator[tuple[str, PersonRef]]:
    """Whom a post names, by their numbers."""
    mentions = loose.items(loose.members(post.get("entities")).get("user_mentions"))
    found = (x_messages.known_of(each, loose.text(each.get("id_str"))) for each in map(loose.members, mentions))
    return filter(None, found)


def _relations(post: Mapping[str, Any]) -> tuple[RelationRef, ...]:
    answered = loose.text(post.get("in_reply_to_status_id_str")) or loose.spelled(post.get("in_reply_to_status_id"))
    return (RelationRef(kind=RelationKind.REPLY, source_key=answered),) if answered else ()
