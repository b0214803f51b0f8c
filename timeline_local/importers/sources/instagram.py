"""Instagram: the chats of an export, see `meta_chats`, and what was posted, see `instagram_posts`. JSON or pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from timeline_local.domain.drafts import JSON
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import files_from
from timeline_local.importers.instagram_posts import Posts, form_of
from timeline_local.importers.meta_chats import Reading, Service, recognise
from timeline_local.importers.meta_page_posts import INSTAGRAM, PagePosts, form_of_page


@dataclass(frozen=True, slots=True)
class Instagram:
    name: str = "instagram"
    title: str = "Instagram"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one chat or one file of posts is found."""
        found = next((file for file in folder.sample() if _is_posts(folder, file)), None)
        if found is not None:
            return Recognition(0.9, f"It holds posts of Instagram, {found.locator} for one.")
        return recognise(folder, Service.INSTAGRAM)

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each message, post, story and comment."""
        chats, posts = Reading.of(folder, Service.INSTAGRAM, options), Posts(folder, options)
        pages = PagePosts(folder, options, INSTAGRAM)

        def is_ours(folder: Folder, file: File) -> bool:
            return _is_posts(folder, file) or chats.has(folder, file)

        for _, file, done in files_from(folder, is_ours, options, checkpoint):
            if form_of(folder, file) is not None:
                yield from posts.items(file, done)
            elif pages.has(folder, file):
                yield from pages.items(file, done)
            else:
                yield from chats.items(file, done)


def _is_posts(folder: Folder, file: File) -> bool:
    return form_of(folder, file) is not None or bool(form_of_page(folder, file, INSTAGRAM))
