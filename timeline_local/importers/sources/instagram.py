"""Instagram: the chats of an export in JSON, see `meta_chats`, and what was posted, see `instagram_posts`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from timeline_local.domain.drafts import JSON
from timeline_local.importers.archive import File, Folder
from timeline_local.importers.base import Item, ReadOptions, Recognition
from timeline_local.importers.by_file import files_from
from timeline_local.importers.instagram_posts import Posts, form_of
from timeline_local.importers.meta_chats import Reading, Service, recognise
from timeline_local.importers.meta_posts import has_pages

_HINT = (
    "These are posts of Instagram as web pages, which cannot be read back. Ask for the export again, with the format "
    "JSON."
)


@dataclass(frozen=True, slots=True)
class Instagram:
    name: str = "instagram"
    title: str = "Instagram"

    def recognise(self, folder: Folder) -> Recognition:
        """Sure as soon as one chat or one file of posts is found."""
        found = next((file for file in folder.sample() if form_of(folder, file) is not None), None)
        if found is not None:
            return Recognition(0.9, f"It holds posts of Instagram, {found.locator} for one.")
        told = recognise(folder, Service.INSTAGRAM)
        if told.confidence or told.hint or not has_pages(folder, ("instagram", "media/", "content/")):
            return told
        return Recognition(0.0, told.reason, _HINT)

    def read(self, folder: Folder, options: ReadOptions, checkpoint: JSON) -> Iterator[Item]:
        """One draft for each message, post, story and comment."""
        chats, posts = Reading.of(folder, Service.INSTAGRAM, options), Posts(folder, options)

        def is_ours(folder: Folder, file: File) -> bool:
            return form_of(folder, file) is not None or chats.has(folder, file)

        for _, file, done in files_from(folder, is_ours, options, checkpoint):
            if form_of(folder, file) is not None:
                yield from posts.items(file, done)
            else:
                yield from chats.items(file, done)
