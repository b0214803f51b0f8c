"""Posts, albums and comments of Facebook and Instagram in the form of web pages; see `meta_pages`.

Facebook's card says in its head who did what, and in its body what; Instagram's has the words in its head, and below it
the pictures with tables of what is known of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from timeline_local.domain.drafts import JSON, CollectionRef, Draft, MediaRef, PlaceRef, Problem
from timeline_local.domain.kinds import Kind
from timeline_local.importers import loose
from timeline_local.importers.archive import File, Folder, Listing
from timeline_local.importers.base import Item, ReadOptions
from timeline_local.importers.by_file import after
from timeline_local.importers.conversations import Alike, is_there, is_twice, is_unreadable, record, too_long
from timeline_local.importers.meta_pages import Card, Page, is_page
from timeline_local.importers.meta_posts import ITEMS_PER_CHECKPOINT, Files, Pictures, is_bare
from timeline_local.importers.seen import Seen

MOST_SHOWN = 200_000  # pictures whose names are held

_POST, _OTHER, _PICTURE = "post", "other", "picture"
_OF_FACEBOOK = {
    _POST: re.compile(r"your_posts?(?:_.*)?|archived_stories|status_updates"),
    _OTHER: re.compile(
        r"comments|your_comments_in_groups|group_posts_and_comments|your_posts_in_groups|posts_on_other_.*"
    ),
    _PICTURE: re.compile(r"\d{1,5}|your_(?:uncategorized_)?photos|your_videos"),
}
_OF_INSTAGRAM = {_POST: re.compile(r"posts_\d+|stories|reels|archived_posts|igtv_videos|profile_photos|other_content")}
_LATITUDES, _LONGITUDES = ("lat", "breit"), ("lon", "läng")


@dataclass(frozen=True, slots=True)
class Network:
    """Whose pages. where: one of these stands in their path."""

    name: str
    where: tuple[str, ...]
    forms: dict[str, re.Pattern[str]]
    has_words_in_head: bool


FACEBOOK = Network(
    "Facebook", ("facebook", "posts/", "photos_and_videos/", "comments"), _OF_FACEBOOK, has_words_in_head=False
)
INSTAGRAM = Network("Instagram", ("instagram", "media/", "content/"), _OF_INSTAGRAM, has_words_in_head=True)


def form_of_page(folder: Folder, file: File, network: Network) -> str:
    """What a page of posts holds; "" for any other file, and where the same lies beside it as JSON."""
    path = file.locator.casefold()
    if not path.endswith(".html") or not any(each in path for each in network.where):
        return ""
    if network is FACEBOOK and any(each in path for each in ("your_instagram_activity", "instagram-")):
        return ""
    name = PurePosixPath(path).stem
    found = next((what for what, names in network.forms.items() if names.fullmatch(name)), "")
    if found == _PICTURE and name.isdecimal() and "album/" not in path:
        return ""
    is_ours = bool(found) and not is_there(folder, f"{file.locator[: -len('.html')]}.json") and is_page(folder, file)
    return found if is_ours else ""


@dataclass
class PagePosts:
    """The pages of posts in a folder. Memory: one card, and the names of the pictures that posts show."""

    folder: Folder
    options: ReadOptions
    network: Network
    seen: Seen = field(default_factory=Seen)

    def __post_init__(self) -> None:
        self.files = Files(self.folder)

    def has(self, folder: Folder, file: File) -> bool:
        """Whether the file is one of them."""
        return bool(form_of_page(folder, file, self.network))

    def items(self, file: File, skip: int) -> Iterator[Item]:
        what, alike = form_of_page(self.folder, file, self.network), Seen()
        try:
            page = Page.of(self.folder, file)
            album = page.title if what == _PICTURE and "album/" in file.locator else ""
            for count, card in enumerate(page.cards(), 1):
                at = _At(page, file, f"{file.locator}#{count}", album, alike)
                found = list(self._picture(card, at) if what == _PICTURE else self._post(card, at, what))
                if count > skip:
                    yield from found
                    if count % ITEMS_PER_CHECKPOINT == 0:
                        yield after(file, count)
        except OSError as error:
            yield is_unreadable(file, error)

    def _post(self, card: Card, at: _At, what: str) -> Iterator[Item]:
        pictures = self._pictures(card, at)
        text = card.head if self.network.has_words_in_head else card.body
        sentence = "" if self.network.has_words_in_head else " ".join(card.head.split())
        if not (card.when or text or pictures.uris):
            return  # a heading, or what is in another card
        evidence = at.page.at(card)
        if evidence is None:
            yield Problem(at.where, "no-time", "This post says no time that could be read.")
            return
        key = Alike.of(at.alike, "page", what, str(evidence.local_at), sentence, text, *map(_tail, pictures.uris))
        if self.seen.number(key.key) > 1:
            yield is_twice(at.where)
            return
        yield from pictures.attached.problems
        media = tuple(pictures.attached.media)
        if not (text or media):
            if not pictures.attached.problems:
                yield is_bare(at.where, sentence)
            return
        has_heading = what == _OTHER or not text
        heading: dict[str, JSON] = {} if has_heading or not sentence else {"heading": sentence}
        yield too_long(at.where, text, self.options) or Draft(
            source_key=key.key,
            kind=Kind.POST,
            title=sentence if has_heading else "",
            body=text,
            evidence=(evidence,),
            place=_place(card),
            media=media,
            extra=heading | key.extra,
            raw=_record(card),
        )

    def _picture(self, card: Card, at: _At) -> Iterator[Item]:
        """A picture of an album, or of none; those that posts show were told with them."""
        pictures = self._pictures(card, at)
        uris = [uri for uri in pictures.uris if _tail(uri) not in self._shown]
        if not uris:
            return
        yield from pictures.attached.problems
        key = f"picture:{_tail(uris[0])}"
        if not pictures.attached.media:
            return
        if self.seen.number(key) > 1:
            yield Problem(at.where, "twice", "The same picture came before in this export; it is kept once.")
            return
        evidence = at.page.at(card)
        yield Draft(
            source_key=key,
            body=card.body,
            evidence=(evidence,) if evidence else (),
            place=_place(card),
            media=tuple(MediaRef(locator=each.locator, name=each.name) for each in pictures.attached.media),
            collections=(CollectionRef(key=f"album:{at.album}", name=at.album),) if at.album else (),
            raw=_record(card),
        )

    def _pictures(self, card: Card, at: _At) -> Pictures:
        pictures = Pictures.of(self.files, at.file, at.where)
        for uri in card.files:
            pictures.add({"uri": uri})
        return pictures

    @cached_property
    def _shown(self) -> frozenset[str]:
        """The pictures that posts show. Cost: every page of posts is read once more."""
        found: set[str] = set()
        for listing in self.folder.walk():
            for file in listing.files if isinstance(listing, Listing) else ():
                if form_of_page(self.folder, file, self.network) == _POST and len(found) < MOST_SHOWN:
                    found.update(self._shown_in(file))
        return frozenset(found)

    def _shown_in(self, file: File) -> Iterator[str]:
        try:
            for card in Page(self.folder, file).cards():
                yield from map(_tail, card.files)
        except OSError:
            return


@dataclass(frozen=True, slots=True)
class _At:
    """Where a card stands."""

    page: Page
    file: File
    where: str
    album: str
    alike: Seen


def _tail(uri: str) -> str:
    """The last two steps of a path: exports of different years begin differently."""
    return "/".join(PurePosixPath(uri).parts[-2:])


def _place(card: Card) -> PlaceRef | None:
    """By the rows that are called latitude and longitude."""
    told = [(label.casefold(), value.replace(",", ".")) for label, value in card.rows]
    lats = [value for label, value in told if label.startswith(_LATITUDES)]
    lons = [value for label, value in told if label.startswith(_LONGITUDES)]
    lat, lon = loose.coordinates(lats[0], lons[0]) if lats and lons else (None, None)
    return None if lat is None else PlaceRef(lat=lat, lon=lon)


def _record(card: Card) -> bytes:
    """What the card said, as there is no record that could be kept as it is."""
    rows = [list(row) for row in card.rows]
    return record({"head": card.head, "body": card.body, "when": card.when, "files": card.files, "rows": rows})
