"""Bluesky: the posts and reposts of a repository (`repo.car`), with files of blobs where a tool has saved them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from timeline_local.domain.drafts import JSON, Draft, MediaRef, PersonRef, Problem, RelationKind, RelationRef
from timeline_local.domain.kinds import Kind, MediaRole
from timeline_local.domain.stamps import read_instant
from timeline_local.domain.times import TimeBasis, TimeEvidence
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.atproto_repository import (
    BrokenRepository,
    Repository,
    is_repository,
    open_repository,
)
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import after, files_from
from timeline_local.importers.dag_cbor import Cid, Value, as_json
from timeline_local.importers.files import extension
from timeline_local.importers.tracks import ProblemLog
from timeline_local.importers.trees import why

ITEMS_PER_CHECKPOINT = 200
POST, REPOST, LIKE = "app.bsky.feed.post", "app.bsky.feed.repost", "app.bsky.feed.like"
_FIRST = datetime(1971, 1, 1, tzinfo=UTC)  # what is older is no date that anybody set
_AHEAD = timedelta(days=2)
_DIGITS = "234567abcdefghijklmnopqrstuvwxyz"
_TID_LENGTH = 13
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NO_BLOB = (
    "Bluesky's export has the post without this file. A tool that saves blobs can fetch it: put its files, named by"
    " their hashes, into the same import."
)
_LEFT_OUT = {
    LIKE: "posts that you liked",
    "app.bsky.graph.follow": "whom you follow",
    "app.bsky.graph.block": "whom you blocked",
    "app.bsky.graph.listitem": "who is on your lists",
}


@dataclass(frozen=True, slots=True)
class Bluesky:
    name: str = "bluesky"
    title: str = "Bluesky"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure of a CAR file with posts near its beginning; almost of any other one."""
        found = next((file for file in folder.sample() if _is_ours(folder, file)), None)
        if found is None:
            return Recognition(0.0, "There is no repository of Bluesky here.")
        return Recognition(0.95, f"It holds a repository of Bluesky, {found.name}.")

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each post and repost, in the order of their keys."""
        for _, file, done in files_from(folder, _is_ours, options, checkpoint):
            try:
                repository = open_repository(folder, file.locator)
            except OSError as error:
                yield Problem(file.locator, "unreadable", f"This file cannot be read ({why(error)}).")
                continue
            with closing(repository.file):
                yield from _Reading(folder, file, repository, options).items(done)


def _is_ours(folder: Folder, file: File) -> bool:
    return extension(file.name) == "car" and is_repository(folder.head(file.locator))


@dataclass(slots=True)
class _Reading:
    """The reading of one repository."""

    folder: Folder
    file: File
    repository: Repository
    options: ReadOptions
    others: Counter[str] = field(default_factory=Counter)
    log: ProblemLog = field(init=False)
    blobs: Mapping[str, File] = field(init=False)

    def __post_init__(self) -> None:
        self.log = ProblemLog(self.file.locator)
        self.blobs = _by_hash(self.folder)

    def items(self, skip: int) -> Iterator[Item]:
        """Memory: the places of all blocks, and one record."""
        count = 0
        try:
            for count, (key, value) in enumerate(self.repository.records(), 1):
                found = list(self._record(key, value))
                if count > skip:
                    yield from found
                    if count % ITEMS_PER_CHECKPOINT == 0:
                        yield after(self.file, count)
        except (BrokenRepository, OSError) as error:
            told = why(error) if isinstance(error, OSError) else str(error)
            detail = f"After {count:,} records this repository cannot be read any further: {told}."
            yield from self.log.problem("archive-broken", detail)
        yield from self.log.rest()
        yield from self._rest()

    def _rest(self) -> Iterator[Problem]:
        if self.repository.damage:
            detail = (
                f"This file was not read to its end ({self.repository.damage}); what is whole before that was taken."
            )
            yield Problem(f"{self.file.locator}#end", "archive-broken", detail)
        if self.repository.lost:
            detail = f"{self.repository.lost:,} records are named by this repository and not in it, or broken."
            yield Problem(f"{self.file.locator}#lost", "archive-broken", detail)
        for collection, count in sorted(self.others.items()):
            what = _LEFT_OUT.get(collection, "what is no post")
            detail = f"{count:,} records tell {what}; they are left out."
            yield Problem(f"{self.file.locator}#{collection}", "unsupported", detail)

    def _record(self, key: str, value: Value) -> Iterator[Draft | Problem]:
        collection, _, name = key.partition("/")
        if collection not in {POST, REPOST}:
            self.others[collection] += 1
            return
        said = loose.members(value)
        at = _when(said, name)
        if at is None:
            yield from self.log.note(key, "post-broken", "This post has no time that can be read.")
            return
        address = f"at://{self.repository.did}/{key}"
        if collection == REPOST:
            yield _repost(address, said, at)
        else:
            yield from self._post(address, said, at)

    def _post(self, address: str, said: Mapping[str, Any], at: datetime) -> Iterator[Draft | Problem]:
        body = _with_links(said)
        embed = loose.members(said.get("embed"))
        quoted = _quoted(embed)
        body = "\n\n".join(filter(None, (body, _card(_media_of(embed)))))
        media, captions = list[MediaRef](), dict[str, JSON]()
        for cid, caption in _blobs(_media_of(embed)):
            file = self.blobs.get(cid)
            if file is None:
                yield from self.log.note(cid, "not-in-export", _NO_BLOB)
                continue
            name = file.name
            self.options.claimed.add(file.locator)
            media.append(MediaRef(locator=file.locator, role=MediaRole.ATTACHMENT, position=len(media), name=name))
            if caption:
                captions[name] = caption
        answered = loose.text(loose.members(loose.members(said.get("reply")).get("parent")).get("uri"))
        extra: dict[str, JSON] = {"url": _page(address)}
        if captions:
            extra["captions"] = captions
        relations = [(RelationKind.REPLY, answered), (RelationKind.QUOTE, quoted)]
        if len(body) > self.options.note_characters:
            yield Problem(address, "note-too-long", f"The post has {len(body):,} characters.")
            return
        yield Draft(
            source_key=address,
            kind=Kind.POST,
            body=body,
            evidence=(TimeEvidence(basis=TimeBasis.SOURCE, instant=at, origin="when it was posted"),),
            tags=_tags(said),
            media=tuple(media),
            people=_mentioned(said),
            relations=tuple(RelationRef(kind=kind, source_key=key) for kind, key in relations if key),
            extra=extra,
            raw=loose.record(as_json(dict(said))),
        )


def _by_hash(folder: Folder) -> dict[str, File]:
    """Files that are called by a hash, as tools save blobs."""
    return {
        stem: file
        for listing in folder.walk()
        if isinstance(listing, Listing)
        for file in listing.files
        if (stem := file.name.partition(".")[0]).startswith("bafkrei")
    }


def _repost(address: str, said: Mapping[str, Any], at: datetime) -> Draft:
    target = loose.text(loose.members(said.get("subject")).get("uri"))
    return Draft(
        source_key=address,
        kind=Kind.BOOKMARK,
        title="Reposted",
        body=_page(target),
        evidence=(TimeEvidence(basis=TimeBasis.SOURCE, instant=at, origin="when it was reposted"),),
        relations=(RelationRef(kind=RelationKind.QUOTE, source_key=target),) if target else (),
        raw=loose.record(as_json(dict(said))),
    )


def _when(said: Mapping[str, Any], key: str) -> datetime | None:
    """What the post says; where that is no date, the moment that its key was made of."""
    found = read_instant(loose.text(said.get("createdAt")))
    made = _made(key)
    if found is not None and found[0] > _FIRST and (made is None or found[0] - made < _AHEAD):
        return found[0]
    return made


def _made(key: str) -> datetime | None:
    """Microseconds since 1970 and ten bits of a clock, in digits of five bits."""
    if len(key) != _TID_LENGTH or not set(key) <= set(_DIGITS):
        return None
    number = 0
    for digit in key:
        number = number * 32 + _DIGITS.index(digit)
    try:
        return _EPOCH + timedelta(microseconds=number >> 10)
    except OverflowError:
        return None


def _page(address: str) -> str:
    """The web page of a post; anything else as it is."""
    did, _, rest = address.removeprefix("at://").partition("/")
    collection, _, key = rest.partition("/")
    return f"https://bsky.app/profile/{did}/post/{key}" if collection == POST and key else address


def _with_links(said: Mapping[str, Any]) -> str:
    """The text, whose places of links are counted in bytes. A link whose words do not say where it leads gets it."""
    data = _text(said).encode()
    places = []
    for facet in map(loose.members, loose.items(said.get("facets"))):
        index = loose.members(facet.get("index"))
        start, end = index.get("byteStart"), index.get("byteEnd")
        links = (loose.text(loose.members(each).get("uri")) for each in loose.items(facet.get("features")))
        link = next(filter(None, links), "")
        if link and isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(data):
            places.append((start, end, link))
    parts, at = list[bytes](), 0
    for start, end, link in sorted(places):
        if start < at:
            continue
        words = data[start:end].decode("utf-8", "replace")
        is_same = words.rstrip("…./") in link
        parts += [data[at:start], link.encode() if is_same else f"[{words}]({link})".encode()]
        at = end
    return b"".join((*parts, data[at:])).decode("utf-8", "replace").strip()


def _text(said: Mapping[str, Any]) -> str:
    """With the spaces around it, which the places of links count."""
    text = said.get("text")
    return text if isinstance(text, str) else ""


def _media_of(embed: Mapping[str, Any]) -> Mapping[str, Any]:
    """The pictures, film or page of a post, also of one that quotes another."""
    return loose.members(embed.get("media")) or embed


def _quoted(embed: Mapping[str, Any]) -> str:
    record = loose.members(embed.get("record"))
    inner = loose.members(record.get("record")) or record
    return loose.text(inner.get("uri"))


def _card(embed: Mapping[str, Any]) -> str:
    """A page that the post shows."""
    page = loose.members(embed.get("external"))
    address, title = loose.text(page.get("uri")), loose.text(page.get("title"))
    return f"[{title}]({address})" if address and title else address


def _blobs(embed: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(hash, what it was described with) of pictures and a film."""
    told = [(loose.members(each), "image") for each in loose.items(embed.get("images"))]
    if isinstance(embed.get("video"), dict):
        told.append((embed, "video"))
    for each, name in told:
        cid = loose.members(each.get(name)).get("ref")
        if isinstance(cid, Cid):
            yield str(cid), loose.text(each.get("alt"))


def _features(said: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for facet in map(loose.members, loose.items(said.get("facets"))):
        yield from map(loose.members, loose.items(facet.get("features")))


def _tags(said: Mapping[str, Any]) -> tuple[str, ...]:
    found = [loose.text(each.get("tag")) for each in _features(said)]
    return tuple(dict.fromkeys(each for each in (*found, *loose.texts(said.get("tags"))) if each))


def _mentioned(said: Mapping[str, Any]) -> tuple[PersonRef, ...]:
    """Who is mentioned: the repository knows people by their lasting number alone, the text by the name they had."""
    data = _text(said).encode()
    found: dict[str, PersonRef] = {}
    for facet in map(loose.members, loose.items(said.get("facets"))):
        index = loose.members(facet.get("index"))
        start, end = index.get("byteStart"), index.get("byteEnd")
        for each in map(loose.members, loose.items(facet.get("features"))):
            did = loose.text(each.get("did"))
            if did and isinstance(start, int) and isinstance(end, int) and 0 <= start < end <= len(data):
                name = data[start:end].decode("utf-8", "replace")
                found[did] = PersonRef(name=name, kind="bluesky", value=did)
    return tuple(found.values())
